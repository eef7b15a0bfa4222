"""What a rule says would mend its failure (`remediation: {actions: […]}`), read and filled in.

A closed list of operations whose fields are expressions: a rule pack names things and values, and never writes a
command that a script would run. What is not known for certain makes no action, and is then done by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from vcaudit.evaluate.copies import WHAT, copies
from vcaudit.evaluate.expression import Expression
from vcaudit.evaluate.findings import Finding, storable
from vcaudit.evaluate.reader import Reader
from vcaudit.evaluate.rule import ActionSpec
from vcaudit.results import Action
from vcaudit.snapshot.base import Missing

Plain: TypeAlias = "str | int | tuple[str, ...] | None"


@dataclass(frozen=True)
class Kind:
    """The fields of one operation."""

    needed: tuple[str, ...]
    """Expressions."""
    may: tuple[str, ...] = ()
    named: bool = False
    """`name`, of a property, is needed."""
    offline: bool = False
    """It may say that the resource must be offline."""


KINDS: Final[Mapping[str, Kind]] = {
    "parameter": Kind(("on", "value"), ("group", "was"), named=True, offline=True),
    "property": Kind(("on", "value"), ("group", "was"), named=True, offline=True),
    "group_property": Kind(("on", "value"), ("was",), named=True),
    "owner": Kind(("on", "node"), ("group",)),
    "dependencies": Kind(("on",), ("group", "add", "remove")),
    "create": Kind(("on", "group", "type", "service", "add")),
    "checkpoints": Kind(("on",), ("group", "add", "remove")),
    "preferred_owners": Kind(("on", "remove")),
    "online": Kind(("on",), ("group",)),
    "online_group": Kind(("on",)),
    "start_mode": Kind(("on", "node"), ("was", "value")),
    "stop_service": Kind(("on", "node", "group")),
    "resume": Kind(("node",)),
    "move": Kind(("on", "node", "was")),
    "copy": Kind(()),
}
_OFFLINE = frozenset({"dependencies"})
"""A dependency cannot be changed while the resource is online."""


Compile: TypeAlias = Callable[[Reader, str], Expression | None]


def read_actions(advice: Reader, compiled: Compile, *, identical: bool) -> tuple[ActionSpec, ...]:
    """`actions:` of a remediation; what is wrong is noted. A rule of kind identical has no expressions."""
    return tuple(_read(item, compiled, identical) for item in advice.items("actions"))


def _read(reader: Reader, compiled: Compile, identical: bool) -> ActionSpec:
    do = reader.choice("do", tuple(KINDS))
    kind = KINDS[do]
    expressions = () if identical else (*kind.needed, *kind.may, "when")
    literals = [name for name, wanted in
                (("name", kind.named), ("offline", kind.offline), ("what", do == "copy")) if wanted]  # fmt: skip
    if identical and do != "copy":
        reader.problem("do", "a rule of kind identical has nothing but its copies: its action is copy")
        return ActionSpec(do)
    reader.keys(("do", *literals, *expressions))
    for key in kind.needed:
        if key not in reader.value:
            reader.lacking(key)
    if "add" in kind.may and not {"add", "remove"} & set(reader.value):
        reader.problem("do", "says what to add or what to remove")
    found = {key: compiled(reader, key) for key in expressions if key in reader.value}
    return ActionSpec(
        do=do,
        fields={key: item for key, item in found.items() if item is not None},
        name=reader.text("name", required=True) if kind.named else "",
        what=reader.choice("what", WHAT) if do == "copy" else "",
        offline=do in _OFFLINE or (kind.offline and reader.truth("offline")),
    )


def filled(specs: Sequence[ActionSpec], finding: Finding, value: Callable[[Expression], object]) -> tuple[Action, ...]:
    """The actions with the names that were observed; none at all when one of them is not known for certain."""
    out: list[Action] = []
    for spec in specs:
        # What `when` rules out may be null, so nothing is evaluated before it.
        when = _plain(value(spec.fields["when"])) if "when" in spec.fields else 1
        if when == 0:
            continue
        told = {key: _plain(value(item)) for key, item in spec.fields.items()} if when == 1 else {}
        found = _filled(spec, finding, told) if when == 1 else None
        if not found:
            return ()
        out += found
    return tuple(out)


def _filled(spec: ActionSpec, finding: Finding, told: Mapping[str, Plain]) -> Sequence[Action] | None:
    if spec.do == "copy":
        return [Action(do="copy", on=spec.what, node=copy.target, group=copy.group, copies=copy)
                for copy in copies(spec.what, finding)]  # fmt: skip
    lists = {key: _names(told[key]) if key in told else () for key in ("add", "remove")}
    one = {key: told.get(key) for key in ("on", "group", "node", "value", "was", "type", "service")}
    if None in lists.values() or any(told.get(key) is None for key in KINDS[spec.do].needed):
        return None
    if "value" in told and one["value"] is None:
        return None
    if any(isinstance(item, tuple) for item in one.values()) or (set(lists) & set(told) and not any(lists.values())):
        return None
    on = one.pop("on") or one["node"]
    return [Action(do=spec.do, on=str(on), name=spec.name or None, offline=spec.offline, **lists, **one)]  # type: ignore[arg-type]  # every field was looked at


def _names(value: Plain) -> tuple[str, ...] | None:
    """None: not known."""
    if value == "":
        return ()
    return value if isinstance(value, tuple) else None if value is None else (str(value),)


def _plain(value: object) -> Plain:
    """What CEL gave; None for what is not known, absent, or holds what no results file can hold."""
    if value is None or isinstance(value, Missing):
        return None
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, list | tuple):
        texts = tuple(map(str, value))
        return texts if all(storable(text) == text for text in texts) else None
    text = str(value)
    return text if storable(text) == text else None
