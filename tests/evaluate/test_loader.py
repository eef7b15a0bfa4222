"""A rule file that is wrong is refused when it loads, with every mistake and its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.evaluate.packs import IDENTICAL, RULE, cluster_rule, pack, rule, write
from vcaudit.errors import RuleError
from vcaudit.evaluate.loader import load_pack, release
from vcaudit.evaluate.packfiles import read_folder
from vcaudit.evaluate.rule import Identical, Judgement
from vcaudit.evaluate.rulefile import load_rule
from vcaudit.results import Severity


def said(folder: Path, *rules: dict[str, Any], **head: Any) -> str:
    with pytest.raises(RuleError) as error:
        pack(folder, *rules, **head)
    return str(error.value)


def test_a_rule_loads_whole(tmp_path: Path) -> None:
    (loaded,) = pack(tmp_path, rule(blocks=["ip"], params={"hours": 24, "names": ["a"]})).rules
    assert (loaded.id, loaded.severity, loaded.requirements) == ("VC-RES-001", Severity.HIGH, ("C1",))
    assert loaded.blocks == {"ip"}
    assert loaded.params == {"hours": 24, "names": ("a",)}
    assert isinstance(loaded.body, Judgement)
    assert loaded.body.subject.text == "each.name"
    assert [example.outcome for example in loaded.examples] == ["pass", "fail"]
    assert loaded.lines["title"] == 2
    assert loaded.scored


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"tilte": "x"}, "tilte: unknown key (did you mean title?)"),
        ({"title": None}, "title is missing"),
        ({"title": " "}, "title: must be a text that is not empty"),
        ({"title": ["x"]}, "title: must be a text"),
        ({"severity": "hihg"}, "severity: must be one of critical, high, medium, low, info (did you mean high?)"),
        ({"severity": None}, "severity is missing"),
        ({"requirements": []}, "requirements: must not be empty"),
        ({"requirements": ["C-1"]}, "C-1 is no requirement id"),
        ({"requirements": "C1"}, "requirements: must be a list of texts"),
        ({"blocks": ["vpx"]}, "blocks: vpx is none of ip, name, vpxd"),
        ({"source": None}, "source is missing"),
        ({"source": {"table": "Table 1"}}, "section is missing in source"),
        ({"source": {"section": "x", "page": "3"}}, "page: unknown key"),
        ({"source": "x"}, "source: is written as `key: value` lines"),
        ({"params": {"Hours": 3}}, "params.Hours: a parameter is written in small letters"),
        ({"params": {"hours": {"a": 1}}}, "params.hours: must be a text, a number"),
        ({"versionBound": "yes"}, "versionBound: must be true or false"),
        ({"kind": "unchanged"}, "forEach: does not belong to a rule of kind unchanged"),
        ({"kind": "same"}, "kind: must be one of expression, identical, unchanged"),
        ({"path": "ssl"}, "path: does not belong to a rule of kind expression"),
        ({"forEach": "vc.resources[0]"}, "forEach: must be a list, and is ResourceVar"),
        ({"forEach": None}, "`each` needs a forEach"),
        ({"subject": "each.separate"}, "subject: must be string, and is bool"),
        ({"node": "3"}, "node: must be string, and is int"),
        ({"when": "each.name"}, "when: must be bool, and is string"),
        ({"expression": None}, "expression is missing"),
        ({"expression": "each.seperate"}, "expression: each has no field seperate (did you mean separate?)"),
        ({"observed": "each"}, "observed: is ResourceVar: name the fields"),
        ({"observed": None}, "observed is missing"),
        ({"expected": None}, "expected is missing"),
        ({"message": None}, "message (or messageExpression) is missing"),
        ({"messageExpression": "each.name"}, "message says it already"),
        ({"message": "{nmae} is bad"}, "there is no placeholder {nmae}"),
        ({"message": "{subjct} is bad"}, "(did you mean subject?)"),
        ({"message": "{each.nme}"}, "each has no field nme"),
        ({"message": "{params.x}"}, "no parameter x"),
        ({"message": "{each}"}, "{each} is a whole ResourceVar: name a field"),
        ({"message": "a { b"}, "a single {: write it twice"),
        ({"message": "{0}"}, "{0} is no placeholder"),
        ({"message": "{subject!r}"}, "is no placeholder"),
        ({"message": "{subject.__class__}"}, "there is no placeholder"),
        ({"message": "{subject|cmd}"}, "written {subject} here"),
        ({"impact": None}, "impact is missing"),
        ({"remediation": None}, "remediation is missing"),
        ({"remediation": {"powershell": "x"}}, "text is missing in remediation"),
        ({"remediation": {"text": "x", "cluster_exe": "res {subject|cmd}"}}, 'must stand between " and "'),
        ({"remediation": {"text": "x", "cluster_exe": 'res "{subject}"'}}, "written {subject|cmd} here"),
        ({"remediation": {"text": "x", "powershell": "Get '{subject|cmd}'"}}, "written {subject|ps} here"),
        ({"remediation": {"text": "x", "powershell": 'Get "{subject|ps}"'}}, "must stand between ' and '"),
        ({"remediation": {"text": "x", "cases": [{"text": "y"}]}}, "when is missing in cases"),
        ({"remediation": {"text": "x", "cases": [{"when": "each.name", "text": "y"}]}}, "must be bool"),
        ({"remediation": {"text": "x", "cases": [{"when": "true"}]}}, "text is missing in cases"),
        ({"remediation": {"text": "x", "cases": [{"when": "true", "text": "{each.nme}"}]}}, "each has no field nme"),
        ({"remediation": {"text": "x", "cases": [{"when": "true", "text": "y", "actions": []}]}}, "actions: unknown"),
        ({"evidence": ["{nope}"]}, "there is no placeholder {nope}"),
        ({"asks": {"give": "x"}}, "when is missing in asks"),
        ({"asks": {"when": "true"}}, "give is missing in asks"),
        ({"asks": {"when": "each.name", "give": "x"}}, "must be bool"),
        ({"examples": None}, "examples: one that must pass is needed"),
        ({"examples": {"pass": [{"each": {}}]}}, "examples: one that must fail is needed"),
        ({"examples": {"pass": [{"eech": {}}], "fail": [{}]}}, "eech: unknown key"),
        ({"examples": {"pass": [{"vars": {"node": 1}}], "fail": [{}]}}, "vars.node: is no variable"),
        ({"examples": {"pass": [{"vars": 3}], "fail": [{}]}}, "vars: is written as"),
        ({"examples": {"pass": {}, "fail": [{}]}}, "pass: must be"),
        ({"severity": "info"}, 'a rule of severity info never fails: its expression is "true"'),
        ({"severity": "info", "expression": "true"}, "a rule of severity info never fails"),
        ({"id": "vc-res-001"}, "is written in capitals with dashes"),
    ],
)
def test_refused_with_its_line(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    text = said(tmp_path, rule(**changes))
    assert problem in text, text
    file = tmp_path / f"{changes.get('id', RULE['id'])}.yaml"
    line = next(item for item in text.splitlines() if problem in item)
    assert line.startswith(f"{file}:")
    assert int(line.removeprefix(f"{file}:").split(":")[0]) >= 1


def test_the_line_is_the_keys_line(tmp_path: Path) -> None:
    write(tmp_path, rule())
    file = tmp_path / "VC-RES-001.yaml"
    text = file.read_text().replace("expression: each.separate", "expression: each.seperate").replace("- C1", "- 3rd")
    file.write_text(text)
    lines = text.splitlines()
    with pytest.raises(RuleError) as error:
        load_pack(tmp_path)
    assert {(problem.line, problem.message.split(":")[0]) for problem in error.value.problems} == {
        (lines.index("expression: each.seperate") + 1, "expression"),
        (lines.index("- 3rd") + 1, "requirements"),
    }


def test_all_problems_of_all_files_at_once(tmp_path: Path) -> None:
    text = said(tmp_path, rule(title=None, expression="has(each.name)"), rule(id="VC-B-2", severity="none"), titel="x")
    for part in ("title is missing", "has() is refused", "severity: must be one of", "titel: unknown key"):
        assert part in text
    assert "docs/rules.md" in text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id: A\nid: B\n", "id is given twice (first in line 1)"),
        ("title: no\n", "is not what it looks like"),
        ("- a\n", "a rule is written as `key: value` lines"),
        ("a: [\n", "is not YAML"),
        ("", "a rule is written as"),
        ("a: &x [*x]\n", "VC-A-1.yaml"),
    ],
)
def test_broken_yaml(text: str, problem: str) -> None:
    loaded, problems = load_rule(Path("VC-A-1.yaml"), text)
    assert loaded is None
    assert any(problem in str(item) for item in problems), problems


def test_the_id_is_the_files_name(tmp_path: Path) -> None:
    write(tmp_path, rule())
    (tmp_path / "VC-RES-001.yaml").rename(tmp_path / "VC-RES-009.yaml")
    with pytest.raises(RuleError, match=r"VC-RES-009.yaml:1: id: must be the name of the file"):
        load_pack(tmp_path)


def test_one_id_once(tmp_path: Path) -> None:
    write(tmp_path, rule())
    write(tmp_path / "more", rule())
    (tmp_path / "more" / "pack.yaml").unlink()
    with pytest.raises(RuleError, match="VC-RES-001 is also in"):
        load_pack(tmp_path)


def test_an_info_rule_needs_less(tmp_path: Path) -> None:
    plain = dict.fromkeys(("message", "impact", "remediation", "expected", "examples"))
    (loaded,) = pack(tmp_path, rule(severity="info", expression="true", **plain)).rules
    assert not loaded.scored


def test_true_and_numbers_need_no_quotes(tmp_path: Path) -> None:
    (loaded,) = pack(tmp_path, rule(when=True, expected=3)).rules
    assert loaded.when is None
    assert isinstance(loaded.body, Judgement)
    assert loaded.body.expected is not None
    assert loaded.body.expected.text == "3"


def test_identical(tmp_path: Path) -> None:
    ignore = [{"path": r"\.tmp$", "reason": "scratch"}]
    (loaded,) = pack(tmp_path, rule(IDENTICAL, ignore=ignore)).rules
    assert isinstance(loaded.body, Identical)
    assert loaded.body.path == "ssl"
    assert loaded.body.ignore[0].path.search("x.TMP")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"path": "sll"}, "path: must be one of"),
        ({"path": None}, "path is missing"),
        ({"subject": None}, "subject is missing"),
        ({"subject": "{each.name}"}, "a rule of kind identical has no each"),
        ({"ignore": [{"path": "("}]}, "path: is no regular expression"),
        ({"ignore": [{"path": "x"}]}, "reason is missing"),
        ({"ignore": "x"}, "ignore: must be a list"),
        ({"expression": "true"}, "expression: does not belong to a rule of kind identical"),
        ({"when": "each.name == ''"}, "`each` needs a forEach"),
        ({"examples": {"pass": [{}]}}, "a rule of kind identical has none"),
    ],
)
def test_identical_refused(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    assert problem in said(tmp_path, rule(IDENTICAL, **changes))


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ({"name": None}, "name is missing"),
        ({"versions": {"from": "2"}}, "below is missing"),
        ({"versions": {"from": 2, "below": "4.0"}}, "from: must be a text"),
        ({"versions": {"from": "2.x", "below": "4.0"}}, "must be a version in quotes"),
        ({"roles": ["vpx"]}, "vpx is none of"),
        ({"notLooked": [{"requirement": "H2"}]}, "what is missing"),
        ({"rules": []}, "rules: unknown key"),
    ],
)
def test_pack_refused(tmp_path: Path, head: dict[str, Any], problem: str) -> None:
    text = said(tmp_path, rule(), **head)
    assert problem in text
    assert "pack.yaml:" in text


def test_a_pack_loads_whole(tmp_path: Path) -> None:
    loaded = pack(
        tmp_path, rule(id="VC-RES-002"), cluster_rule(id="VC-A-001"), versions={"from": "2.0.1", "below": "4.0"},
        roles=["vpxd", "ip"], notLooked=[{"what": "cabling", "reason": "nobody can see it"}],
    )  # fmt: skip
    assert [item.id for item in loaded.rules] == ["VC-A-001", "VC-RES-002"]
    assert loaded.roles == ("vpxd", "ip", "name", "web", "license", "license_ip", "license_name")
    assert loaded.versions is not None
    assert (loaded.versions.first, loaded.versions.end) == (2000001, 4000000)
    assert loaded.not_looked[0].requirement is None
    assert loaded.rule("vc-a-001") is loaded.rules[0]
    assert loaded.rule("VC-A-002") is None


def test_a_folder_without_a_head_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="it has no pack"):
        load_pack(tmp_path)


def test_the_hash_is_of_every_file_and_its_name(tmp_path: Path) -> None:
    hashes = [pack(tmp_path, rule()).sha256]
    (tmp_path / "notes.txt").write_text("x")
    hashes.append(read_folder(tmp_path).sha256)
    (tmp_path / "notes.txt").rename(tmp_path / "other.txt")
    hashes.append(read_folder(tmp_path).sha256)
    (tmp_path / "other.txt").write_text("y")
    hashes.append(read_folder(tmp_path).sha256)
    assert len(set(hashes)) == 4
    assert hashes[-1] == read_folder(tmp_path).sha256


def test_a_file_that_cannot_be_read_is_a_problem_like_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, flags: int) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("vcaudit.evaluate.packfiles.os.open", refuse)
    assert "VC-RES-001.yaml: cannot be read: Permission denied" in said(tmp_path, rule())


@pytest.mark.parametrize(("text", "number"), [("2.0.1", 2000001), ("4.0", 4000000), ("x", 0)])
def test_versions_are_numbers(text: str, number: int) -> None:
    assert release(text) == number


@pytest.mark.parametrize("text", ['"(vpxd"', "params.like", '"a" + "("'])
def test_a_pattern_that_is_none_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    broken = rule(expression=f"[each.name].exists(n, n.matches({text}))", params={"like": "[a"})
    if "+" in text:  # only judging can tell
        assert load_pack(write(tmp_path, broken)).rules
        return
    with pytest.raises(RuleError) as caught:
        load_pack(write(tmp_path, broken))
    (problem,) = caught.value.problems
    assert problem.line == 11
    assert "is no regular expression of RE2: missing" in problem.message


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(RuleError) as caught:
        load_pack(folder)
    return [str(problem).removeprefix(str(folder)) for problem in caught.value.problems]


def test_what_looks_like_a_rule_and_is_not_read_is_said(tmp_path: Path) -> None:
    folder = write(tmp_path / "ours", rule())
    (folder / "CC-003.yml").write_text("id: CC-003")
    (folder / "CC-004.YAML").write_text("id: CC-004")
    (folder / "X-002.yaml").mkdir()
    (folder / "README.md").write_text("ours")
    assert problems_of(folder) == [
        "/CC-003.yml: is not read: rename it to CC-003.yaml",
        "/CC-004.YAML: is not read: rename it to CC-004.yaml",
        "/X-002.yaml: is a folder, and a rule is a file",
    ]


def test_a_pack_of_nothing_is_a_mistake_and_one_of_overrides_is_none(tmp_path: Path) -> None:
    (said,) = problems_of(write(tmp_path / "empty"))
    assert said == "/pack.yaml:1: the pack holds nothing: neither rules nor overrides"
    change = {"rule": "VC-RES-001", "severity": "low", "reason": "rarely matters"}
    assert load_pack(write(tmp_path / "ours", overrides=[change])).rules == ()


def test_of_a_folder_that_is_no_pack_nothing_else_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1")
    (tmp_path / "b.yml").write_text("b: 1")
    assert problems_of(tmp_path) == [": is no rule pack: it has no pack.yaml"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "VC-RES-001.yaml: a rule is written as `key: value` lines"),
        ("- a\n", "VC-RES-001.yaml:1: a rule is written as `key: value` lines"),
        ("a: [\n", "is not YAML"),
        ("just words\n", "VC-RES-001.yaml:1: a rule is written as `key: value` lines"),
        ("x: " + "a" * (65 << 10), "VC-RES-001.yaml: is larger than 64 kB"),
    ],
)
def test_what_is_no_rule_at_all_is_said_once(tmp_path: Path, text: str, problem: str) -> None:
    folder = write(tmp_path / "ours", rule())
    (folder / "VC-RES-001.yaml").write_text(text)
    (said,) = problems_of(folder)
    assert problem in said


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "pack.yaml is written as `key: value` lines"),
        ("- a\n", "pack.yaml is written as `key: value` lines"),
        ("a: [\n", "is not YAML"),
        ("x: " + "a" * (65 << 10), "/pack.yaml: is larger than 64 kB"),
    ],
)
def test_a_head_that_is_none_is_said_once(tmp_path: Path, text: str, problem: str) -> None:
    folder = write(tmp_path / "ours", rule(), cluster_rule(id="VC-X-001", tilte="x"))
    (folder / "pack.yaml").write_text(text)
    said = problems_of(folder)
    assert [problem in each or "is written as" in each for each in said] == [True] * len(said)
    assert any(problem in each for each in said)


@pytest.mark.parametrize("text", ["vc.resourcs", "vc.owner", "vc.resources[0]"])
def test_a_wrong_for_each_is_the_only_thing_that_is_said(tmp_path: Path, text: str) -> None:
    folder = write(tmp_path / "ours", rule(forEach=text, message="{each.name} shares", evidence=["{each.name}"]))
    (said,) = problems_of(folder)
    assert said.startswith("/VC-RES-001.yaml:8: forEach: ")


def test_a_mistake_beside_a_wrong_for_each_is_said_too(tmp_path: Path) -> None:
    folder = write(tmp_path / "ours", rule(forEach="vc.resourcs", expression="each.separate && clustr.owner == 'x'"))
    assert [said.partition(": ")[2].partition(":")[0] for said in problems_of(folder)] == ["forEach", "expression"]


def test_the_order_of_what_is_wrong_is_always_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path / "ours", rule(title=None, severity=None, source=None, impact=None, message=None))
    said = problems_of(folder)
    assert len(said) > 4
    assert said == sorted(said)


def test_rules_that_see_what_a_wrong_pack_collects_are_not_to_blame(tmp_path: Path) -> None:
    seeing = cluster_rule(id="OURS-001", expression="extra.hosts.all(h, h.present)")
    wrong = cluster_rule(id="OURS-002", tilte="x")
    hosts = {"regsitry": r"SOFTWARE\Acme\Tool", "values": {"a": {"value": "A", "type": "text"}}}
    folder = write(tmp_path / "ours", seeing, wrong, collect={"hosts": hosts})
    assert [each.split(":")[0] for each in problems_of(folder)] == ["/OURS-002.yaml", "/pack.yaml"]
