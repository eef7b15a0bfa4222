"""Where the VirtualCenter Server address is set on each node, in what vpxd reads there (Options 1 and 2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from vcaudit.evaluate import contents, regpath
from vcaudit.evaluate.hosts import is_ipv4
from vcaudit.evaluate.known import all_of, apply, same
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.schema import ManagedIp, ManagedIpCopy
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import RegistryTree, Setting

Place: TypeAlias = Literal["file", "registry", "both", "nowhere"]
_Found: TypeAlias = tuple[str, Literal["value", "key"]]
"""A value in the registry, and in which of the note's two forms."""
_NAME = "managedip"
PLACES = {"file": "vpxd.cfg", "registry": "the registry", "both": "vpxd.cfg and the registry", "nowhere": "nowhere"}


def managedip(nodes: Sequence[Node], owner: str | None | Missing, checkpoints: tuple[str, ...] | Missing) -> ManagedIp:
    """All copies, and whether they are in one and the same place."""
    places = {node.name: _place(_elements(node), _in_view(node)) for node in nodes}
    owner_place = _of_owner(places, owner)
    covered = _covered(nodes, owner, checkpoints)
    copies = tuple(_copy(node, owner, owner_place, covered, places[node.name]) for node in nodes)
    return ManagedIp(
        place=_overall(copies), owner_place=owner_place, at=_words(copies), covered=covered, copies=copies,
    )  # fmt: skip


def _of_owner(places: dict[str, Place | Missing], owner: str | None | Missing) -> Place | Missing:
    if isinstance(owner, Missing):
        return owner
    gap = Missing(reason="not_found", detail="no node holds the VirtualCenter group", where="cluster")
    return next((place for name, place in places.items() if same(name, owner)), gap)


def _covered(
    nodes: Sequence[Node], owner: str | None | Missing, checkpoints: tuple[str, ...] | Missing
) -> bool | Missing:
    wanted = regpath.vpxd_key(nodes, owner)
    if isinstance(wanted, Missing):
        return wanted
    return apply(lambda paths: any(regpath.covers(path, wanted) for path in paths), checkpoints)


def _copy(
    node: Node, owner: str | None | Missing, owner_place: Place | Missing, covered: bool | Missing,
    place: Place | Missing,
) -> ManagedIpCopy:  # fmt: skip
    elements, stored = _elements(node), _in_view(node)
    mine = apply(lambda name: same(name, node.name), owner)
    paths = apply(lambda found: tuple(s.path for s in found), elements)
    values: tuple[str, ...] | Missing
    if isinstance(elements, Missing) or isinstance(stored, Missing):
        values = elements if isinstance(elements, Missing) else stored if isinstance(stored, Missing) else ()
    else:
        values = (*(s.value.strip() for s in elements), *(value for value, _ in stored))
    return ManagedIpCopy(
        node=node.name,
        owner=mine,
        judged=_judged(mine, owner_place, covered, elements),
        everywhere=all_of((mine, covered, apply(lambda found: found == "registry", place))),
        place=place,
        values=values,
        file_paths=paths,
        misplaced=apply(lambda found: tuple(p for p in found if not _well_placed(p)), paths),
        valid=apply(lambda found: all(is_ipv4(v) for v in found), values),
        registry_form=apply(lambda found: found[0][1] if found else None, stored),
        ignored=_ignored(node),
    )


def _judged(
    owner: bool | Missing, owner_place: Place | Missing, covered: bool | Missing,
    elements: tuple[Setting, ...] | Missing,
) -> bool | Missing:  # fmt: skip
    """A standby's registry copy is renewed when the resource comes online there (E1); what its file says stays."""
    if owner is True:
        return True
    if not isinstance(elements, Missing) and elements:
        return True
    if covered is False or (not isinstance(owner_place, Missing) and owner_place != "registry"):
        return True
    for gap in (owner, owner_place, covered, elements):
        if isinstance(gap, Missing):
            return gap
    return False


def _elements(node: Node) -> tuple[Setting, ...] | Missing:
    """Elements named managedip anywhere in vpxd.cfg, whatever their case."""
    files = node.facts.files
    if isinstance(files, Missing):
        return files
    config = files.vpxd_cfg
    if config is None or isinstance(config, Missing):
        return () if config is None else config
    if config.settings is None:
        where = f"{node.name} {config.path}"
        return Missing(reason="bad_output", detail="vpxd.cfg is not well-formed XML", where=where)
    return apply(_named, config.settings)


def _named(settings: tuple[Setting, ...]) -> tuple[Setting, ...]:
    return tuple(s for s in settings if same(_bare(s.path).split("/")[-1], _NAME))


def _bare(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)


def _well_placed(path: str) -> bool:
    # No real file is public (field facts, section 1): whether vpxd tells case apart nobody knows. It is shown as found.
    return re.fullmatch(r"[^/]+/vpxd/managedip", _bare(path), re.IGNORECASE) is not None


def _in_view(node: Node) -> tuple[_Found, ...] | Missing:
    """managedip in the registry view that vpxd reads: a value, or a key with a default value (E5)."""
    if isinstance(node.facts.registry, Missing):
        return node.facts.registry
    view = contents.view(node.facts)
    if isinstance(view, Missing):
        # Nothing in either view is nothing in the right one.
        found = [_in_tree(tree) for tree in (node.facts.registry.native, node.facts.registry.wow6432)]
        return () if found == [(), ()] else view
    return _in_tree(node.facts.registry.native if view == "native" else node.facts.registry.wow6432)


def _in_tree(tree: RegistryTree | None | Missing) -> tuple[_Found, ...] | Missing:
    if tree is None or isinstance(tree, Missing):
        return () if tree is None else tree
    if isinstance(tree.keys, Missing):
        return tree.keys
    out: list[_Found] = []
    for key in tree.keys:
        form: Literal["value", "key"] = "value" if key.path == "" else "key"
        if key.path and not same(key.path, _NAME):
            continue
        if isinstance(key.values, Missing):
            return key.values
        for value in key.values:
            if same(value.name, _NAME if form == "value" else ""):
                if isinstance(value.data, Missing):
                    return value.data
                out.append((_text(value.data), form))
    return tuple(out)


def _text(data: str | int | tuple[str, ...] | None) -> str:
    return " ".join(data).strip() if isinstance(data, tuple) else "" if data is None else str(data).strip()


def _ignored(node: Node) -> tuple[str, ...] | Missing:
    if isinstance(node.facts.registry, Missing):
        return node.facts.registry
    view = contents.view(node.facts)
    if isinstance(view, Missing):
        return view
    if _has_one_view(node):
        return ()
    found = _in_tree(node.facts.registry.wow6432 if view == "native" else node.facts.registry.native)
    return apply(lambda values: tuple(value for value, _ in values), found)


def _has_one_view(node: Node) -> bool:
    return not isinstance(node.host, Missing) and node.host.architecture == "x86"


def _place(elements: tuple[Setting, ...] | Missing, stored: tuple[_Found, ...] | Missing) -> Place | Missing:
    if isinstance(elements, Missing):
        return elements
    if isinstance(stored, Missing):
        return stored
    if elements and stored:
        return "both"
    return "file" if elements else "registry" if stored else "nowhere"


def _overall(copies: tuple[ManagedIpCopy, ...]) -> Literal["file", "registry", "both", "nowhere", "differs"] | Missing:
    """`differs` as soon as two judged places do; one place only when every copy that counts is known."""
    judged = [c.place for c in copies if c.judged is True and not isinstance(c.place, Missing)]
    if len(set(judged)) > 1:
        return "differs"
    for copy in copies:
        if copy.judged is False:
            continue
        for gap in (copy.place, copy.judged):
            if isinstance(gap, Missing):
                return gap
    gap_all = Missing(reason="not_found", detail="no copy counts")
    return judged[0] if judged else gap_all


def _words(copies: tuple[ManagedIpCopy, ...]) -> str | Missing:
    out = []
    for copy in copies:
        if isinstance(copy.place, Missing):
            return copy.place
        values = () if isinstance(copy.values, Missing) else copy.values
        shown = f" ({', '.join(values)})" if values else ""
        out.append(f"{copy.node}: {PLACES[copy.place]}{shown}")
    return "; ".join(out)
