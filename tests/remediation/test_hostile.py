"""Names that try to break out of their quotes: only what the action says is done, or it is left to people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from markdown_it import MarkdownIt

from tests.remediation.batch import Batch
from tests.remediation.hostile import OWNER, PIECES, Recorder, actions, dependent, names, results
from tests.remediation.model import World
from tests.remediation.pwsh import Script
from vcaudit.lab.powershell.syntax import parse
from vcaudit.report.remediation import cluster_exe, cmd_actions, markdown, plan, powershell, ps_actions
from vcaudit.report.remediation.chains import WhyNot, goes_offline
from vcaudit.report.remediation.quote import Unquotable, cmd, ps
from vcaudit.report.remediation.undo import undo
from vcaudit.results import Action, AuditResults, Copy

Calls = list[tuple[Any, ...]]
MODES = {"start_mode": "Manual"}


def wanted(action: Action, text: str) -> Calls:
    """What an action is, as changes of the model."""
    on, node = action.on, action.node
    simple: dict[str, Calls] = {
        "parameter": [("parameter", on, action.name, action.value)],
        "property": [("common", on, action.name, action.value)],
        "group_property": [("group_property", on, action.name, [action.value])],
        "owner": [("add_owner", on, node)],
        "dependencies": [("add_dependency", on, name) for name in action.add],
        "checkpoints": [("checkpoints", on, ("add", name)) for name in action.add],
        "preferred_owners": [("set_preferred", on, [])],
        "online": [("online", on)],
        "online_group": [("online_group", on)],
        "start_mode": [("set_start_mode", node, on, "Manual")],
        "stop_service": [("stop_service", node, on)],
        "resume": [("node_state", node, 0)],
        "move": [("move_group", on, node)],
        "create": [("create", on, action.group, "Generic Service"), ("parameter", on, "ServiceName", action.service),
                   ("parameter", on, "UseNetworkName", 1), *(("add_dependency", on, name) for name in action.add),
                   ("online", on)],
    }  # fmt: skip
    calls = simple[action.do]
    around = [name for name in (dependent(action, text), on) if name is not None]
    down, up = [("offline", name) for name in around], [("online", name) for name in reversed(around)]
    return [*down, *calls, *up] if goes_offline(action) else calls


def check(action: Action, text: str, calls: Calls) -> None:
    if action.copies is not None:
        copied(action.copies, calls)
    else:
        assert calls == wanted(action, text)


def copied(copy: Copy, calls: Calls) -> None:
    """Backup and copy, on the target only, below the one path; extra files go, and nothing else."""
    assert calls
    assert {call[1] for call in calls} == {copy.target}
    assert copy.target != OWNER
    if copy.what == "registry":
        written = [call for call in calls if not call[2].startswith(f"{copy.target_path} before ")]
        kinds = [
            ("delete_value" if entry.type is None else "set_value", entry.key, entry.name) for entry in copy.entries
        ]
        assert [(call[0], call[2], call[3]) for call in written] == kinds
        for call, entry in zip(written, copy.entries, strict=True):
            assert entry.type != "REG_SZ" or call[4] == "".join(entry.data)
        return
    path = copy.target_path
    for call in calls:
        assert call[0] in ("write", "delete")
        assert call[2] == path or call[2].startswith((path + "\\", path + ".before-"))
    deleted = [call[2] for call in calls if call[0] == "delete"]
    assert deleted == [f"{path}\\{name}" for name in (copy.extra if copy.what != "vpxd.cfg" else ())]


def one_step(found: AuditResults, why: Any) -> bool:
    return bool(plan.make(found, None, why).steps)


@settings(max_examples=400, deadline=None)
@given(actions(), names)
@example(Action(do="online", on="VC Server"), "x")
def test_a_batch_file_does_what_the_action_says_or_nothing(action: Action, text: str) -> None:
    found = results(action, text)
    why = cluster_exe.why_not(cluster_exe.page(found), found.clusters[0])
    recorder = Recorder(action, text)
    batch = Batch(cast("World", recorder))
    assert batch.run(cluster_exe.render(found)) == 0, (batch.said, batch.ran)
    if one_step(found, why):
        check(action, text, recorder.calls)
    else:
        assert recorder.calls == []


@settings(max_examples=400, deadline=None)
@given(actions(), names)
@example(Action(do="online", on="VC Server"), "x")
@example(Action(do="online", on="a\u2019; calc; \u2018b"), "x")
def test_a_powershell_script_does_what_the_action_says_or_nothing(action: Action, text: str) -> None:
    found = results(action, text)
    recorder = Recorder(action, text)
    Script(cast("World", recorder)).run(powershell.render(found))
    if one_step(found, powershell.why_not):
        check(action, text, recorder.calls)
    else:
        assert recorder.calls == []


@settings(max_examples=200, deadline=None)
@given(actions(), names)
def test_a_document_shows_the_commands_and_nothing_that_acts(action: Action, text: str) -> None:
    found = results(action, text)
    page = markdown.render(found).decode()
    tokens = MarkdownIt("commonmark").enable("table").parse(page)
    inline = [child.type for token in tokens for child in token.children or ()]
    assert not {"html_inline", "link_open", "image", "code_inline", "em_open", "strong_open"} & set(inline)
    assert not {"html_block", "code_block"} & {token.type for token in tokens}
    titles = [token.content for token, before in zip(tokens[1:], tokens, strict=False) if before.type == "heading_open"]
    known = {*plan.TITLES, "Waived, and left out", "Not covered: it could not be judged", "Approval"}
    batch, shell = markdown.whether(found.clusters[0])
    made = plan.make(found, None, lambda one: shell(one) and batch(one))
    steps, functions = len(made.steps), powershell.called(made)
    assert len([title for title in titles if title in known]) == 3 + steps
    assert len(titles) == 5 + 2 * steps + bool(functions)
    blocks = [token.content.rstrip("\n") for token in tokens if token.type == "fence"]
    last = ["\n".join(functions).rstrip("\n")] if functions else []
    assert blocks == [*expected_blocks(action, made, batch, shell), *last]
    assert "goto" not in "".join(line for block in blocks for line in block.split("\n") if '"' not in line)


def expected_blocks(action: Action, made: plan.Plan, batch: WhyNot, shell: WhyNot) -> list[str]:
    """Down, step, up; each in the languages that can write it."""
    if not made.steps:
        return []
    out: list[Sequence[str]] = []
    window = [(cluster_exe.offline, cluster_exe.online, batch), (powershell.offline, powershell.online, shell)]
    names = [Action(do="online", on=name) for name in made.offline]
    can = [(down, up) for down, up, why in window if names and not any(map(why, names))]
    out += [down(made) for down, _ in can]
    for language, why in ((cmd_actions, batch), (ps_actions, shell)):
        if not why(action):
            written = language.commands(action)
            back = undo(made.steps[0], made, written, language.take_offline, language.bring_online)
            out += [lines for lines in (markdown.acting(written.do), written.check, back) if lines]
    out += [up(made) for _, up in can]
    return ["\n".join(lines).rstrip("\n") for lines in out]


@pytest.mark.parametrize("piece", PIECES)
def test_every_piece_alone_is_quoted_or_refused(piece: str) -> None:
    name = f"a{piece}b"
    try:
        literal = ps(name)
    except Unquotable:
        pass
    else:
        tree = parse(f"Write-Host {literal}".encode()).root_node
        assert not tree.has_error
        assert Script(cast("World", None)).v_string_literal(first(tree, "string_literal")) == name
    if '"' in piece or "%" in piece:
        with pytest.raises(Unquotable):
            cmd(name)


def first(node: Any, kind: str) -> Any:
    if node.type == kind:
        return node
    return next((found for child in node.children if (found := first(child, kind))), None)


def test_most_names_can_be_quoted() -> None:
    """Refusing everything would be safe too."""
    for name in ("VC's Server", "a & b", "x | y", "$(calc)", "back`tick", "100 ^ 2 !", "(group)", "K\u00f6ln"):
        assert cmd(name) == f'"{name}"'
        assert ps(name)[1:-1].replace("''", "'") == name
