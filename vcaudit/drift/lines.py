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
_VALIDITY: Final = (("not_before", "valid from"), ("not_after", "until"))


@dataclass(frozen=True)
class Wording:
    """The words of a comparison: in time something is lost, between nodes it is only on one of them."""

    before: str = ""
    after: str = ""
    nodes: bool = False

    def one_sided(self, change: str, thing: str) -> str:
        """`lost VCNODE2`, `gone`; between nodes `only on VCNODE1: …`."""
        added = change == "added"
        if self.nodes:
            side = f"only on {self.after if added else self.before}"
            return f"{side}: {thing}" if thing else side
        return f"{'gained' if added else 'lost'} {thing}" if thing else ("new" if added else "gone")


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
    where = tuple(dict.fromkeys(node for node, _ in found if node is not None))
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
    certificate = any(fact.leaf.path[:3] == _CERTIFICATE for fact in facts)
    buckets: dict[Key, _Bucket] = {}
    for fact in facts:
        key, subject = _key(fact.leaf, certificate=certificate)
        buckets.setdefault(key, _Bucket(subject)).facts.append(fact)
    _fold_bytes(buckets)
    told = ((bucket, _text(key, bucket, wording)) for key, bucket in buckets.items())
    return [_Said(bucket.subject, text, tuple(bucket.facts)) for bucket, text in told]


def _fold_bytes(buckets: dict[Key, _Bucket]) -> None:
    """Other settings (or licences) mean other bytes: those are no news of their own then."""
    for content, inside in (("vpxd.cfg", ("files", "vpxd_cfg", "settings")),):
        first = next((b for b in buckets.values() if b.facts[0].leaf.path[:3] == inside), None)
        bytes_of = buckets.get(("content", content))
        if first is not None and bytes_of is not None:
            first.facts += bytes_of.facts
            del buckets["content", content]


def _key(leaf: Leaf, *, certificate: bool) -> tuple[Key, str]:
    """What belongs together, and its subject."""
    path, name = leaf.path, words.name_of(leaf.path)
    if path[:3] == _CERTIFICATE or (certificate and _is_certificate_file(path)):
        return ("certificate",), "SSL rui.crt"
    if path[0] == "files" and path[-1] in _CONTENT and leaf.change == "changed":
        return ("content", name.subject), name.subject
    if path[0] == "registry" and "values" in path[:-1] and len(path) > path.index("values") + 2:
        return ("value", *path[: path.index("values") + 2]), name.subject
    if leaf.change != "changed" and (len(name.what) > 1 or name.item):
        return ("list", name.subject, *name.what[:-1]), name.subject
    return ("fact", *path), name.subject if name.what else _whole(leaf)


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
    if key[0] == "list":
        return _list(" ".join(key[2:]), leaves, wording)
    leaf = leaves[0]
    what = " ".join(words.name_of(leaf.path).what)
    if leaf.change != "changed":
        return wording.one_sided(leaf.change, "")
    # Looked, and there is none: to people the same as a record that came or went.
    if leaf.before is None and isinstance(leaf.after, Record):
        return f"{what} {wording.one_sided('added', '')}".strip()
    if leaf.after is None and isinstance(leaf.before, Record):
        return f"{what} {wording.one_sided('removed', '')}".strip()
    return _arrow(what, leaf)


def _list(what: str, leaves: Sequence[Leaf], wording: Wording) -> str:
    """`possible owners lost VCNODE2, gained VCNODE3`."""
    said = []
    for change in ("removed", "added"):
        things = [words.element(leaf) for leaf in leaves if leaf.change == change]
        said += [wording.one_sided(change, ", ".join(things))] if things else []
    return f"{what} {', '.join(said)}".strip()


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
    """Whose it is now, or what else tells the two apart; all fields stand among the facts."""
    whole = next((leaf for leaf in leaves if leaf.path == _CERTIFICATE), None)
    if whole is not None:
        return f"certificate {wording.one_sided('removed' if whole.after is None else 'added', '')}"
    fields = {leaf.path[-1]: leaf for leaf in leaves if leaf.path[:3] == _CERTIFICATE}
    told = next((name for name in ("subject", "serial", "issuer", "sha256") if name in fields), None)
    said = [f"{told} {words.common_name(fields[told])}"] if told else []
    said += [_arrow(label, fields[name]) for name, label in _VALIDITY if name in fields]
    return f"other certificate ({', '.join(said)})"
