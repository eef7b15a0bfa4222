"""Names that try to break out, and a cluster that only writes down what is done to it."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from hypothesis import strategies as st

from tests.inprocess import judged
from vcaudit.lab.scenario import load
from vcaudit.results import (
    Action,
    AuditResults,
    Copy,
    Depends,
    Outcome,
    Pictures,
    RegistryEntry,
    Remediation,
    Severity,
)
from vcaudit.results.core import Result

PIECES = [
    '"', "'", "''", "$(calc)", "`", "`n", "%PATH%", "%", "%ERRORLEVEL%", "&", "&&calc", "|", "||", ">", "<", "^", "!",
    "\n", "\r\n", "\r", "\t", "\u2028", "\u202e", "\u200b", "\ufeff", "\0", "\ud800", "\u2018", "\u2019", "\u201a",
    "\u201b", "!x!", "\u201c", "\uff02", "\\", "\\\\", '\\"', "/", "-", "/off", "--%", ";", "#", "#>", "<#", "@'", "'@",
    "$x", "${x}", "{", "}", "(", ")", "*", "?", "[a-z]", ",", ":", "=", "~", "```", "````", "<script>", "[x](http://x)",
    "|---|", "# h", "rem", " ", "VC", "A", "\u00fc", "\u0141", "\u6f22", "C:\\", "..", "\u2013",
]  # fmt: skip
LEGAL = ["'", "''", "$(calc)", "`", "`n", "&", "&&calc", "^", "!", "!x!", "-", "--%", ";", "#", "@'", "'@", "$x",
         "${x}", "{", "}", "(", ")", "[a-z]", ",", "=", "~", "```", "# h", "rem", " ", "VC", "A", "\u00fc"]  # fmt: skip
"""Pieces that can stand in any name of a file or a resource, and mean something to a shell."""
wild = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
tricky = st.lists(st.sampled_from(LEGAL), max_size=5).map(lambda parts: "x" + "".join(parts) + "x")
names = st.one_of(tricky, tricky, tricky, wild)
OWNER = "VCNODE1"
Names: TypeAlias = st.SearchStrategy[str]


def nodes(named: Names) -> Names:
    good = st.sampled_from(["VCNODE2", "VCNODE3"])
    return good if named is tricky else st.one_of(good, good, named)


def copies(named: Names) -> st.SearchStrategy[Action]:
    data = st.lists(named, min_size=1, max_size=2).map(tuple)
    kinds = st.sampled_from(["REG_SZ", "REG_MULTI_SZ", "REG_EXPAND_SZ", None])
    entry = st.builds(RegistryEntry, key=named.map(lambda name: f"SOFTWARE\\{name}"), name=named, type=kinds, data=data)
    paths = st.lists(named, min_size=1, max_size=3).map(lambda parts: "C:\\" + "\\".join(parts))
    files = st.lists(named, max_size=2).map(tuple)
    copy = st.builds(
        Copy, what=st.sampled_from(["ssl", "vpxd.cfg", "licenses", "registry"]), source=st.just(OWNER),
        target=nodes(named), source_path=paths, target_path=paths, group=st.just("VC Group"), extra=files, new=files,
        entries=st.lists(entry, min_size=1, max_size=2).map(tuple),
    )  # fmt: skip
    return copy.map(lambda one: Action(do="copy", on=one.what, node=one.target, group=one.group, copies=one))


def plain_actions(named: Names) -> st.SearchStrategy[Action]:
    values = st.one_of(named, st.just(""), st.integers(0, 9))
    lists = st.lists(named, min_size=1, max_size=2, unique=True).map(tuple)
    some: list[st.SearchStrategy[Action]] = []
    for do, known in (
        ("parameter", "Address"),
        ("property", "SeparateMonitor"),
        ("group_property", "AntiAffinityClassNames"),
    ):
        value = named if do == "group_property" else values
        property_ = st.just(known) if named is tricky else st.one_of(st.just(known), named)
        some.append(st.builds(Action, do=st.just(do), on=named, name=property_, value=value,
                              was=st.one_of(st.none(), value),
                              offline=st.just(False) if do == "group_property" else st.booleans()))  # fmt: skip
    some.append(
        st.builds(
            Action, do=st.sampled_from(["dependencies", "checkpoints"]), on=named, add=lists, offline=st.just(True)
        )
    )
    before = st.lists(nodes(named), min_size=1, max_size=2).map(tuple)
    some.append(st.builds(Action, do=st.just("preferred_owners"), on=named, remove=before))
    some.append(st.builds(Action, do=st.sampled_from(["online", "online_group"]), on=named))
    for do in ("owner", "start_mode", "stop_service", "move"):
        was = st.just("VCNODE1" if do == "move" else "Auto")
        some.append(st.builds(Action, do=st.just(do), on=named, node=nodes(named), group=st.just("VC Group"), was=was))
    some.append(nodes(named).map(lambda node: Action(do="resume", on=node, node=node)))
    some.append(
        st.builds(
            Action,
            do=st.just("create"),
            on=named,
            group=named,
            type=st.just("Generic Service"),
            service=named,
            add=lists,
        )
    )
    return st.one_of(*some)


def actions() -> st.SearchStrategy[Action]:
    return st.one_of(plain_actions(tricky), copies(tricky), plain_actions(names), copies(names))


HEALTHY: list[AuditResults] = []


def results(action: Action, text: str) -> AuditResults:
    """A healthy cluster in which one thing failed, and everything said about it is hostile too."""
    if not HEALTHY:
        HEALTHY.append(judged(load("quorum-disk-2003")))
    healthy = HEALTHY[0]
    bad = Result(
        cluster=healthy.clusters[0].name, rule="X-1", title=text, severity=Severity.HIGH, requirements=("C1",),
        subject=text, node=text, role=None, outcome=Outcome.FAIL, observed=text, expected=text, message=text,
        reason=text, anchor="x-1",
        remediation=Remediation(text=text, cluster_exe=text, powershell=text, actions=(action,)),
    )  # fmt: skip
    unknown = msgspec.structs.replace(bad, outcome=Outcome.UNKNOWN, detail=text, anchor="x-2")
    waived = msgspec.structs.replace(bad, outcome=Outcome.WAIVED, anchor="x-3")
    by_hand = msgspec.structs.replace(bad, remediation=Remediation(text=text), anchor="x-4")
    cluster = msgspec.structs.replace(healthy.clusters[0], pictures=pictures(healthy, action, text))
    return msgspec.structs.replace(healthy, clusters=(cluster,), results=(bad, unknown, waived, by_hand))


def dependent(action: Action, text: str) -> str | None:
    """What depends on the resource of the action, where one is needed that is not itself."""
    return text if text.casefold() != action.on.casefold() else None


def pictures(healthy: AuditResults, action: Action, text: str) -> Pictures:
    """The resource of the action, one that depends on it, and a second group on its node: hostile names as well."""
    told = healthy.clusters[0].pictures
    first = told.groups[0]
    groups = (first, msgspec.structs.replace(first, name=text, boxes=(), arrows=()))
    rows = [Depends(resource=action.on, group=first.name, on=())]
    if name := dependent(action, text):
        rows.append(Depends(resource=name, group=first.name, on=(action.on,)))
    return msgspec.structs.replace(told, groups=groups, depends=tuple(rows))


class Recorder:
    """Stands in for the model: everything is there, every change is written down."""

    def __init__(self, action: Action, text: str) -> None:
        self.action = action
        self.text = text
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **named: Any) -> int:
            self.calls.append((name, *args, *named.items()))
            return 0

        return call

    def names(self, kind: str) -> list[str]:
        of = {"ResourceGroup": ["VC Group", self.action.on, self.text], "Node": ["VCNODE1", self.action.node or ""],
              "Resource": [self.action.on, "VC Server", "VC Web Access", self.text]}  # fmt: skip
        return list({name.casefold(): name for name in reversed(of[kind])}.values())

    def service(self, node: str, name: str) -> dict[str, str]:
        return {"State": "Stopped" if ("stop_service", node, name) in self.calls else "Running"}

    def is_online(self, resource: str) -> bool:
        return True

    def row(self, kind: str, name: str) -> dict[str, Any]:
        return {"Name": name}

    def owner_of(self, group: str) -> str:
        return OWNER

    def possible(self, resource: str) -> list[str]:
        return [OWNER]

    def preferred(self, group: str) -> list[str]:
        return []

    def node(self, name: str) -> dict[str, Any]:
        return {"wmi": {"root\\cimv2": {"Win32_Service": {"x": {"Name": self.action.on, "StartMode": "Auto"}}}}}

    def exists(self, node: str, path: str) -> bool:
        return ".before-" not in path and ("delete", node, path) not in self.calls

    def is_file(self, node: str, path: str) -> bool:
        return self.exists(node, path)

    def below(self, node: str, path: str) -> dict[str, str]:
        return {"rui.key": f"{path}\\rui.key"} if self.exists(node, path) else {}

    def read(self, node: str, path: str) -> str:
        return "content"

    def key(self, node: str, path: str, *, create: bool = False) -> dict[str, Any] | None:
        return None if " before " in path and not create else {}

    def registry(self, node: str) -> dict[str, Any]:
        return {}

    def subkeys(self, node: str, path: str) -> list[str]:
        return []
