"""Facts that differ → lines: what is one thing is one line, and what is the same on all nodes is said once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from vcaudit.drift import document, words
from vcaudit.drift.facts import Fact, Pair
from vcaudit.snapshot.base import Fact as Record
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.tree import ABSENT, Leaf

Key: TypeAlias = tuple[str, ...]

_CONTENT: Final = frozenset({"sha256", "size", "modified"})
"""Of a file: other bytes are one thing, however many of these they change."""
_CERTIFICATE: Final = ("files", "ssl", "certificate")


@dataclass(frozen=True)
class Wording:
    """The words of a comparison: in time something is lost, between nodes it is only on one of them."""

    before: str = ""
    after: str = ""
    nodes: bool = False

    def one_sided(self, leaf: Leaf, what: str, thing: str) -> str:
        """`possible owners lost VCNODE2`; `possible owners only on VCNODE1: VCNODE2`."""
        if self.nodes:
            side = self.after if leaf.change == "added" else self.before
            return f"{what} only on {side}: {thing}".strip() if thing else f"{what} only on {side}".strip()
        verb = "gained" if leaf.change == "added" else "lost"
        return f"{what} {verb} {thing}".strip() if thing else ("new" if leaf.change == "added" else "gone")


@dataclass
class _Bucket:
    """Facts of one node that are one thing."""

    subject: str
    facts: list[Fact] = field(default_factory=list)


@dataclass(frozen=True)
class _Said:
    subject: str
    text: str
    facts: tuple[Fact, ...]
    reason: str = ""


def lines(facts: Iterable[tuple[Fact, str]], pairs: Sequence[Pair], wording: Wording) -> tuple[document.Line, ...]:
    """The lines of some facts, each with the reason for which it is volatile (or none)."""
    per_node: dict[str | None, list[_Said]] = {}
    by_node: dict[tuple[str | None, str], list[Fact]] = {}
    for fact, reason in facts:
        by_node.setdefault((fact.node, reason), []).append(fact)
    for (node, reason), own in by_node.items():
        per_node.setdefault(node, []).extend(replace(said, reason=reason) for said in _said(own, wording))
    merged: dict[tuple[str, str, str, bool], list[tuple[str | None, _Said]]] = {}
    for node, told in per_node.items():
        for said in told:
            of_cluster = said.facts[0].leaf.path[0] == "cluster"
            merged.setdefault((said.subject, said.text, said.reason, of_cluster), []).append((node, said))
    return tuple(sorted((_line(found, pairs) for found in merged.values()), key=_order))


def _line(found: Sequence[tuple[str | None, _Said]], pairs: Sequence[Pair]) -> document.Line:
    said = found[0][1]
    where = tuple(node for node, _ in found if node is not None)
    if said.facts[0].leaf.path[0] == "cluster" and set(where) >= _told(pairs):
        where = ()
    facts = tuple(fact_of(fact) for _, each in found for fact in each.facts)
    return document.Line(nodes=where, subject=said.subject, text=said.text, facts=facts, reason=said.reason)


def _told(pairs: Sequence[Pair]) -> set[str]:
    """Nodes whose view of the cluster is known on both sides."""
    return {
        pair.name
        for pair in pairs
        if pair.before and pair.after and not any(isinstance(n.cluster, Missing) for n in (pair.before, pair.after))
    }


def _order(line: document.Line) -> tuple[object, ...]:
    """The cluster first, then what is everywhere, then node by node; inside in the order of the sections."""
    section = line.facts[0].path[0]
    return bool(line.nodes), -len(line.nodes), line.nodes, section != "node", section, line.subject, line.text


def fact_of(fact: Fact) -> document.Fact:
    """A fact for the document."""
    leaf = fact.leaf
    before, after = (None if value is ABSENT else words.shown(value) for value in (leaf.before, leaf.after))
    return document.Fact(node=fact.node, path=leaf.path, change=leaf.change, before=before, after=after)


def _said(facts: Sequence[Fact], wording: Wording) -> list[_Said]:
    buckets: dict[Key, _Bucket] = {}
    certificate = any(fact.leaf.path[:3] == _CERTIFICATE for fact in facts)
    settings = any(fact.leaf.path[:3] == ("files", "vpxd_cfg", "settings") for fact in facts)
    for fact in facts:
        key, subject = _key(fact.leaf, certificate=certificate, settings=settings)
        buckets.setdefault(key, _Bucket(subject)).facts.append(fact)
    told = ((bucket, _text(key, bucket, wording)) for key, bucket in buckets.items())
    return [_Said(bucket.subject, text, tuple(bucket.facts)) for bucket, text in told]


def _key(leaf: Leaf, *, certificate: bool, settings: bool) -> tuple[Key, str]:
    """What belongs together, and its subject."""
    path, name = leaf.path, words.name_of(leaf.path)
    if path[:3] == _CERTIFICATE or (certificate and _is_certificate_file(path)):
        return ("certificate",), "SSL rui.crt"
    if path[0] == "files" and path[-1] in _CONTENT and leaf.change == "changed":
        # Other settings mean other bytes: the bytes are no news of their own then.
        return ("content", name.subject, "settings" if settings else ""), name.subject
    if path[0] == "registry" and "values" in path[:-1] and len(path) > path.index("values") + 2:
        return ("value", *path[: path.index("values") + 2]), name.subject
    if leaf.change != "changed" and (len(name.what) > 1 or name.item):
        return (leaf.change, name.subject, *name.what[:-1]), name.subject
    return ("fact", *path), _whole(leaf) if not name.what else name.subject


def _is_certificate_file(path: Key) -> bool:
    return path[:3] == ("files", "ssl", "files") and len(path) == 5 and path[3].casefold() == "rui.crt"


def _whole(leaf: Leaf) -> str:
    """A record that came or went says what it is: `resource VC Server`."""
    kind = words.WHOLE.get(leaf.path[-2], "") if len(leaf.path) > 1 else ""
    return f"{kind} {leaf.path[-1]}" if kind else words.name_of(leaf.path).subject


def _text(key: Key, bucket: _Bucket, wording: Wording) -> str:
    leaves = [fact.leaf for fact in bucket.facts]
    if key[0] == "certificate":
        return _certificate(leaves, wording)
    if key[0] == "content":
        return _content(leaves)
    if key[0] == "value":
        return _value(leaves)
    leaf = leaves[0]
    name = words.name_of(leaf.path)
    what = " ".join(name.what)
    if key[0] in ("added", "removed"):
        things = ", ".join(words.element(each) for each in leaves)
        return wording.one_sided(leaf, " ".join(name.what[:-1]), things)
    if leaf.change != "changed":
        return wording.one_sided(leaf, "", "")
    if leaf.before is None and isinstance(leaf.after, Record):
        return wording.one_sided(Leaf(leaf.path, ABSENT, leaf.after), what, "")
    if leaf.after is None and isinstance(leaf.before, Record):
        return wording.one_sided(Leaf(leaf.path, leaf.before, ABSENT), what, "")
    return _arrow(what, leaf)


def _arrow(what: str, leaf: Leaf) -> str:
    return f"{what} {words.shown(leaf.before)} → {words.shown(leaf.after)}".strip()


def _content(leaves: Sequence[Leaf]) -> str:
    sizes = next((leaf for leaf in leaves if leaf.path[-1] == "size"), None)
    if not any(leaf.path[-1] == "sha256" for leaf in leaves):
        return "; ".join(_arrow(leaf.path[-1], leaf) for leaf in leaves)
    return "other content" + (f" ({words.shown(sizes.before)} → {words.shown(sizes.after)} bytes)" if sizes else "")


def _value(leaves: Sequence[Leaf]) -> str:
    """A registry value: what it holds, its type, whether it is withheld."""
    path = leaves[0].path
    what = " ".join(words.name_of(path[: path.index("values") + 2]).what)
    by_field = {leaf.path[-1]: leaf for leaf in leaves}
    if "redacted" in by_field:
        leaf = by_field["redacted"]
        return f"{what} {'withheld' if leaf.before else 'shown'} → {'withheld' if leaf.after else 'shown'}"
    said = [_arrow("", by_field["data"])] if "data" in by_field else []
    said += [_arrow(field, leaf) for field, leaf in by_field.items() if field != "data"]
    return f"{what} {'; '.join(said)}"


def _certificate(leaves: Sequence[Leaf], wording: Wording) -> str:
    whole = next((leaf for leaf in leaves if leaf.path == _CERTIFICATE), None)
    if whole is not None and (whole.before is None or whole.after is None):
        return wording.one_sided(
            Leaf(whole.path, ABSENT if whole.before is None else whole.before, ABSENT), "certificate", ""
        )
    fields = {leaf.path[-1]: leaf for leaf in leaves if leaf.path[:3] == _CERTIFICATE}
    told = [name for name in ("subject", "issuer", "serial", "not_before", "not_after") if name in fields]
    said = [_arrow(name.replace("_", " "), fields[name]) for name in told]
    return "other certificate" + (f" ({'; '.join(said)})" if said else "")
