"""Scenario files → one simulated cluster, at Windows' own level (docs/lab-format.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vcaudit.errors import Problem, ScenarioError, UsageError
from vcaudit.lab.check import check_scenario
from vcaudit.lab.merge import fill, merge
from vcaudit.resources import package_file
from vcaudit.yamlfile import Document, suggest
from vcaudit.yamlfile import load as load_yaml

SCENARIOS = "lab/data/scenarios"


@dataclass(frozen=True)
class Scenario:
    """A cluster whole: nothing in it refers to anything outside it."""

    name: str
    title: str
    words: Mapping[str, str]
    """What `${word}` stands for in patches and faults."""
    nodes: Mapping[str, Mapping[str, Any]]
    """Each as `lab.node.Node.from_description` takes it."""
    auditor: Mapping[str, Any]
    permissions: Sequence[Mapping[str, Any]] | None
    inventory: Mapping[str, Any]

    @property
    def auditor_names(self) -> dict[str, list[str]]:
        """Names as the auditor's name server answers them: its own table, or all that any node knows."""
        names: dict[str, list[str]] = {}
        if "dns" in self.auditor:
            return dict(self.auditor["dns"])
        for node in self.nodes.values():
            for name, addresses in node.get("dns", {}).items():
                names.setdefault(name, addresses)
        return names

    def document(self) -> dict[str, Any]:
        """The scenario as a file of its own, as `lab show` prints it."""
        out: dict[str, Any] = {"name": self.name, "title": self.title, "vars": dict(self.words), "nodes": self.nodes}
        if self.auditor:
            out["auditor"] = self.auditor
        if self.permissions is not None:
            out["permissions"] = self.permissions
        return {**out, "inventory": self.inventory}

    def patched(self, patch: Mapping[str, Any], origin: Document | str = "patch", **words: str) -> Scenario:
        """The scenario after a merge patch; `words` stand beside the scenario's own."""
        known = {**self.words, **{k: str(v) for k, v in (patch.get("vars") or {}).items()}, **words}
        document = merge(self.document(), _filled(_without(patch, "vars", "every_node"), known, origin))
        nodes = document.get("nodes") or {}
        if every := patch.get("every_node"):
            nodes = {
                name: merge(node, _filled(every, {**known, "node": name}, origin)) for name, node in nodes.items()
            }
        return _build(document, nodes, {**self.words, **_filled(patch.get("vars") or {}, known, origin)})


def load(name: str, patches: Sequence[Path | str] = ()) -> Scenario:
    """A shipped scenario by its name, or one of your own by its path, with patches merged over it.

    Raises:
        UsageError: no scenario of that name.
        ScenarioError: all mistakes of a file, each with its line.
    """
    chain = list(_chain(_find(name), ()))
    raw: dict[str, Any] = {}
    for document in reversed(chain):
        raw = merge(raw, _without(document.value, "extends", "base"))
    scenario = _expand(raw, chain[0])
    for path in patches:
        document = load_yaml(path, lenient=True)
        document.raise_if_any(ScenarioError)
        check_scenario(document)
        document.raise_if_any(ScenarioError)
        assert isinstance(document.value, dict)
        scenario = scenario.patched(document.value, document)
    return scenario


def shipped() -> list[str]:
    """Names of the scenarios that come with vcaudit, all of them healthy."""
    names = []
    for path in sorted(package_file(SCENARIOS).glob("*.yaml")):
        document = load_yaml(path, lenient=True)
        if isinstance(document.value, dict) and not document.value.get("base"):
            names.append(path.stem)
    return names


def _find(name: str) -> Path:
    own = Path(name)
    if own.suffix in (".yaml", ".yml") or own.is_file():
        return own
    path = package_file(SCENARIOS) / f"{name}.yaml"
    if not path.is_file():
        known = shipped()
        hint = f"known: {', '.join(known)}; or a YAML file"
        raise UsageError(f"no scenario `{name}`{suggest(name, known)}", hint=hint)
    return path


def _chain(path: Path, seen: tuple[Path, ...]) -> Iterator[Document]:
    document = load_yaml(path, lenient=True)
    document.raise_if_any(ScenarioError)
    check_scenario(document)
    document.raise_if_any(ScenarioError)
    yield document
    assert isinstance(document.value, dict)
    parent = document.value.get("extends")
    if parent is None:
        return
    beside = path.parent / str(parent)
    target = beside if beside.is_file() else package_file(SCENARIOS) / f"{parent}.yaml"
    if not target.is_file():
        document.add(("extends",), f"no scenario `{parent}`, neither as a file beside this one nor among the shipped")
    elif target.resolve() in (p.resolve() for p in (*seen, path)):
        document.add(("extends",), "a scenario cannot extend itself")
    document.raise_if_any(ScenarioError)
    yield from _chain(target, (*seen, path))


def _expand(raw: Mapping[str, Any], origin: Document) -> Scenario:
    words = {key: str(value) for key, value in (raw.get("vars") or {}).items()}
    words = _filled(words, words, origin)
    every = raw.get("every_node") or {}
    nodes = {}
    for name, node in (_filled(raw.get("nodes") or {}, words, origin, keep="node")).items():
        own = {**words, "node": name}
        nodes[name] = merge(_filled(every, own, origin), _filled(node, own, origin))
    if not nodes:
        raise ScenarioError([Problem(origin.path, 0, "has no nodes: give at least one below `nodes`")])
    document = _filled(_without(raw, "vars", "every_node", "nodes"), words, origin)
    return _build({"name": Path(origin.path).stem, **document}, nodes, words)


def _build(document: Mapping[str, Any], nodes: Mapping[str, Any], words: Mapping[str, str]) -> Scenario:
    return Scenario(
        name=str(document.get("name") or ""),
        title=str(document.get("title") or ""),
        words=dict(words),
        nodes=dict(nodes),
        auditor=document.get("auditor") or {},
        permissions=document.get("permissions"),
        inventory=document.get("inventory") or {},
    )


def _filled(value: Any, words: Mapping[str, str], origin: Document | str, *, keep: str = "") -> Any:
    """`value` with its words filled in; an unknown word is a mistake of the file, with its line."""
    problems: list[Problem] = []
    if keep and keep not in words:
        words = {**words, keep: f"$${{{keep}}}"}

    def missing(word: str, path: tuple[str | int, ...]) -> None:
        line = origin.line(path) if isinstance(origin, Document) else 0
        name = origin.path if isinstance(origin, Document) else origin
        problems.append(Problem(name, line, f"`${{{word}}}` stands for nothing{suggest(word, words)}: see `vars`"))

    out = fill(value, words, missing)
    if problems:
        raise ScenarioError(problems)
    return out


def _without(value: Any, *keys: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in keys}


def renamed(scenario: Scenario, name: str, title: str) -> Scenario:
    """The same cluster under another name."""
    return replace(scenario, name=name, title=title)
