"""Faults: named patches of a healthy scenario, and what a scan must say of each (docs/lab-format.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from vcaudit.errors import ScenarioError, UsageError
from vcaudit.lab.check import FAULT_KEYS, check_body
from vcaudit.lab.scenario import Scenario, shipped
from vcaudit.resources import package_file
from vcaudit.yamlfile import Document, suggest
from vcaudit.yamlfile import load as load_yaml

FAULTS = "lab/data/faults"
TRANSPORT = ("down", "refused", "wrong-password", "slow", "hanging-wmi", "cut-output", "garbage-output")
_ROLES = ("standby", "owner")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and what it must lead to."""

    name: str
    title: str
    kind: Literal["model", "transport"]
    requirements: tuple[str, ...]
    rules: tuple[str, ...]
    """They fail; for kind transport they are unknown."""
    also: tuple[str, ...]
    """What it rightly drags along."""
    scenarios: tuple[str, ...]
    """Names of the shipped scenarios it can be put into."""
    nodes: tuple[str, ...]
    """Where it can be put: standby, owner; empty: it is about the cluster."""
    exit: int
    patch: Mapping[str, Any]
    transport: str | None
    document: Document
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why it drags each rule of `also` along."""
    shows: tuple[str, ...] = ()
    """Rules that never fail (severity info) and show something else with it."""
    drift: tuple[str, ...] = ()
    """Rules of kind `unchanged` that fail when the healthy cluster is the approved one."""


def load_faults() -> dict[str, Fault]:
    """All shipped faults, by name.

    Raises:
        ScenarioError: all mistakes of a file, each with its line.
    """
    return {path.stem: load_fault(path) for path in _files()}


def _files() -> list[Path]:
    return sorted(package_file(FAULTS).glob("*.yaml"))


@lru_cache(maxsize=256)
def load_fault(path: Path) -> Fault:
    """One fault file."""
    document = load_yaml(path, lenient=True)
    document.raise_if_any(ScenarioError)
    body = document.value
    if not isinstance(body, dict):
        document.add((), "a fault is a mapping (name: value)")
    else:
        _check(document, body)
    document.raise_if_any(ScenarioError)
    assert isinstance(body, dict)
    patterns = _list(body.get("scenarios")) or ("*",)
    reasons = _consequences(body.get("also", []))
    return Fault(
        name=path.stem,
        title=str(body["title"]),
        kind="transport" if body.get("kind") == "transport" else "model",
        requirements=_list(body.get("requirements")),
        rules=_list(body.get("rules")),
        also=tuple(reasons),
        scenarios=tuple(name for name in shipped() if _matches(name, patterns)),
        nodes=_list(body.get("nodes")) if "nodes" in body else ("standby", "owner"),
        exit=int(str(body["exit"])),
        patch=body.get("patch") or {},  # type: ignore[arg-type]
        transport=str(body["transport"]) if body.get("transport") else None,
        document=document,
        reasons=reasons,
        shows=_list(body.get("shows")),
        drift=_list(body.get("drift")),
    )


def parse(text: str) -> tuple[str, str | None]:
    """`NAME[:NODE]` of the command line."""
    name, _, node = text.partition(":")
    return name, node or None


def apply(scenario: Scenario, name: str, node: str | None = None) -> tuple[Scenario, dict[str, str]]:
    """The scenario with a fault in it, and the transport faults by node that the server has to play.

    Args:
        node: a node's name, `standby` or `owner`; None: the first place the fault names.

    Raises:
        UsageError: no such fault or node, or a node for what is about the cluster.
    """
    known = [path.stem for path in _files()]
    if name not in known:
        raise UsageError(f"no fault `{name}`{suggest(name, known)}", hint="`vcaudit lab faults` lists them")
    fault = load_fault(package_file(FAULTS) / f"{name}.yaml")
    target = _target(scenario, fault, node)
    transport = {target: fault.transport} if fault.transport and target else {}
    if not fault.patch:
        return scenario, transport
    others = [n for n in scenario.nodes if n != target]
    words = {"target": target or "", "other": others[0] if others else ""}
    try:
        return scenario.patched(fault.patch, below_patch(fault.document), **words), transport
    except ScenarioError as error:
        # Most likely the scenario has nothing of what the fault breaks: say where there is.
        raise ScenarioError(error.problems, hint=unfit(scenario, name) or error.hint or "") from error


def unfit(scenario: Scenario, name: str) -> str:
    """A sentence where a fault was not made for this shipped scenario; else empty. One of one's own is not judged."""
    made_for = load_fault(package_file(FAULTS) / f"{name}.yaml").scenarios
    if scenario.name not in shipped() or scenario.name in made_for:
        return ""
    return f"the fault {name} is made for {', '.join(made_for)}, not for {scenario.name}"


def _target(scenario: Scenario, fault: Fault, node: str | None) -> str | None:
    if not fault.nodes:
        if node:
            raise UsageError(f"{fault.name} is about the cluster, not about one node", hint=f"write {fault.name} alone")
        return None
    wanted = node or fault.nodes[0]
    wanted = scenario.words.get(wanted, wanted) if wanted in _ROLES else wanted
    found = next((name for name in scenario.nodes if name.casefold() == wanted.casefold()), None)
    if found is None:
        nodes = ", ".join((*_ROLES, *scenario.nodes))
        raise UsageError(f"no node `{wanted}` to put {fault.name} on", hint=f"nodes: {nodes}")
    return found


def below_patch(document: Document) -> Document:
    """The same lines, with paths from below `patch`."""
    lines = {path[1:]: line for path, line in document.lines.items() if path[:1] == ("patch",)}
    return Document(document.path, lines=lines)


def _check(document: Document, body: Mapping[str, Any]) -> None:
    for key in body:
        if key not in FAULT_KEYS:
            known = ", ".join(sorted(FAULT_KEYS))
            document.add((key,), f"`{key}` is not known here{suggest(key, FAULT_KEYS)}: {known}")
    for key in ("title", "exit"):
        if key not in body:
            document.add((), f"`{key}` is missing")
    if body.get("kind") not in (None, "model", "transport"):
        document.add(("kind",), "kind is model or transport")
    if body.get("exit") not in (0, 1, 2, 3, None):
        document.add(("exit",), "exit is 0, 1, 2 or 3")
    if (transport := body.get("transport")) is not None and transport not in TRANSPORT:
        document.add(("transport",), f"`{transport}` is no transport fault: {', '.join(TRANSPORT)}")
    for key in ("requirements", "rules", "also", "shows", "drift", "scenarios", "nodes"):
        if not isinstance(body.get(key, []), list):
            document.add((key,), f"{key} is a list")
    _check_also(document, body.get("also"))
    patch = body.get("patch")
    if patch is not None and not isinstance(patch, Mapping):
        document.add(("patch",), "patch is a mapping (name: value)")
    elif patch is not None:
        check_body(document, ("patch",), patch)


def _check_also(document: Document, also: Any) -> None:
    for index, group in enumerate(also if isinstance(also, list) else ()):
        if isinstance(group, str):
            continue  # a rule without a reason: no shipped fault has one, tests see to that
        if not isinstance(group, Mapping) or set(group) != {"rules", "why"} or not isinstance(group["rules"], list):
            document.add(("also", index), "write what it drags along as {rules: [VC-…], why: …}")


def _consequences(also: Any) -> dict[str, str]:
    """Rule → why it is dragged along, in the order of the file."""
    out: dict[str, str] = {}
    for group in also if isinstance(also, list) else ():
        if isinstance(group, Mapping):
            out |= dict.fromkeys(_list(group["rules"]), str(group["why"]))
        else:
            out.setdefault(str(group), "")
    return out


def _list(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _matches(name: str, patterns: Sequence[str]) -> bool:
    """Patterns of file names; one that begins with `!` takes names out again."""
    return any(fnmatchcase(name, p) for p in patterns if not p.startswith("!")) and not any(
        fnmatchcase(name, p[1:]) for p in patterns if p.startswith("!")
    )
