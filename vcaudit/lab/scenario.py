"""Scenario files → one simulated cluster, at Windows' own level (docs/lab-format.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from vcaudit.errors import Problem, ScenarioError, UsageError
from vcaudit.lab.check import check_scenario
from vcaudit.lab.instances import complete
from vcaudit.lab.merge import compose, escaped, fill, merge
from vcaudit.resources import package_file
from vcaudit.yamlfile import Document, suggest
from vcaudit.yamlfile import load as load_yaml

SCENARIOS = "lab/data/scenarios"
_VARS = ("vars",)
"""Where words are given: the one place where they stand for each other."""


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
    drills: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Records of failovers that were tried, by the name of their file."""

    @property
    def drill_records(self) -> dict[str, dict[str, Any]]:
        """The same, each whole; of the cluster whose inventory names it, unless it says otherwise."""
        return {name: {"schema": 1, **record} for name, record in self.drills.items() if record is not None}

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
        if self.drills:
            out["drills"] = self.drills
        return {**out, "inventory": self.inventory}

    def patched(self, patch: Mapping[str, Any], origin: Document, **words: str) -> Scenario:
        """The scenario after a merge patch; `words` stand beside the scenario's own."""
        own = {key: str(value) for key, value in (patch.get("vars") or {}).items() if value is not None}
        known = {**self.words, **_filled(own, {**self.words, **own, **words}, origin, _VARS), **words}
        given = _nodes_of(patch, known, origin, {name.casefold(): name for name in self.nodes})
        nodes: dict[str, Any] = {}
        for name in dict.fromkeys((*self.nodes, *given)):
            every = _filled(patch.get("every_node") or {}, {**known, "node": name}, origin, ("every_node",))
            nodes[name] = merge(merge(self.nodes.get(name), every), given.get(name, {}))
        rest = _filled(_without(patch, "vars", "every_node", "nodes"), known, origin)
        words = {key: known[key] for key in (*self.words, *own)}
        return _build(merge(self.document(), rest), nodes, words, origin)


def load(name: str, patches: Sequence[Path | str] = ()) -> Scenario:
    """A shipped scenario by its name, or one of your own by its path, with patches merged over it.

    Raises:
        UsageError: no scenario of that name.
        ScenarioError: all mistakes of a file, each with its line.
    """
    scenario = _expand(tuple(reversed(list(_chain(_find(name), ())))))
    for path in patches:
        document = _checked(Path(path))
        assert isinstance(document.value, dict)
        scenario = scenario.patched(document.value, document)
    return scenario


@lru_cache(maxsize=1)
def shipped() -> tuple[str, ...]:
    """Names of the scenarios that come with vcaudit, all of them healthy."""
    names = []
    for path in sorted(package_file(SCENARIOS).glob("*.yaml")):
        document = load_yaml(path, lenient=True)
        if isinstance(document.value, dict) and not document.value.get("base"):
            names.append(path.stem)
    return tuple(names)


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


def _checked(path: Path) -> Document:
    document = load_yaml(path, lenient=True)
    document.raise_if_any(ScenarioError)
    check_scenario(document)
    document.raise_if_any(ScenarioError)
    return document


def _chain(path: Path, seen: tuple[Path, ...]) -> Iterator[Document]:
    """The file, what it extends, what that extends, …"""
    document = _checked(path)
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


def _expand(chain: Sequence[Document]) -> Scenario:
    """Files that extend each other, the first one first. Words are filled in before anything is merged: a file may
    name a key in full that the one it extends names by a word."""
    words = _words(chain)
    rest: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for document in chain:
        body = _body(document)
        rest = merge(rest, _filled(_without(body, "name", "vars", "every_node", "nodes"), words, document))
        given = compose(given, _nodes_of(body, words, document, {name.casefold(): name for name in given}))
    nodes = {}
    for name, node in given.items():
        every: dict[str, Any] = {}
        for document in chain:
            own = _body(document).get("every_node") or {}
            every = compose(every, _filled(own, {**words, "node": name}, document, ("every_node",)))
        nodes[name] = merge(merge({}, every), node)
    last = chain[-1]
    return _build({**rest, "name": _body(last).get("name") or Path(last.path).stem}, nodes, words, last)


def _words(chain: Sequence[Document]) -> dict[str, str]:
    """All words, each filled in with the others; a later file's word counts in an earlier file too."""
    given: dict[str, tuple[str, Document]] = {}
    for document in chain:
        for word, value in (_body(document).get("vars") or {}).items():
            given.pop(word, None)
            if value is not None:
                given[word] = str(value), document
    raw = {word: text for word, (text, _) in given.items()}
    return {word: _filled({word: text}, raw, document, _VARS)[word] for word, (text, document) in given.items()}


def _nodes_of(
    body: Mapping[str, Any], words: Mapping[str, str], origin: Document, spelling: Mapping[str, str]
) -> dict[str, Any]:
    """What one file says of each node, by the name the node already has."""
    out: dict[str, Any] = {}
    for key, node in (body.get("nodes") or {}).items():
        name = _filled(key, words, origin, ("nodes", key))
        name = spelling.get(name.casefold(), name)
        filled = _filled(node, {**words, "node": name}, origin, ("nodes", key))
        out[name] = compose(out[name], filled) if name in out else filled
    return out


def _body(document: Document) -> dict[str, Any]:
    assert isinstance(document.value, dict)
    return document.value


def _build(
    document: Mapping[str, Any], nodes: Mapping[str, Any], words: Mapping[str, str], origin: Document
) -> Scenario:
    left = {name: complete(name, node) for name, node in nodes.items() if node is not None}
    if not left:
        raise ScenarioError([Problem(origin.path, 0, "has no nodes: give at least one below `nodes`")])
    return Scenario(
        name=str(document.get("name") or ""),
        title=str(document.get("title") or ""),
        words=dict(words),
        nodes=left,
        auditor=document.get("auditor") or {},
        permissions=document.get("permissions"),
        inventory=document.get("inventory") or {},
        drills=document.get("drills") or {},
    )


def _filled(value: Any, words: Mapping[str, str], origin: Document, at: tuple[str | int, ...] = ()) -> Any:
    """`value` (which stands `at` a path of its file) with its words filled in; an unknown word has its line."""
    problems: list[Problem] = []

    def missing(word: str, path: tuple[str | int, ...]) -> None:
        what = f"`${{{word}}}` stands for nothing{suggest(word, words)}: see `vars`"
        problems.append(Problem(origin.path, origin.line((*at, *path)), what))

    # Words stand for plain text by now: a `${` in one is part of it.
    out = fill(value, words if at == _VARS else escaped(words), missing)
    if problems:
        raise ScenarioError(problems)
    return out


def _without(value: Any, *keys: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in keys}

