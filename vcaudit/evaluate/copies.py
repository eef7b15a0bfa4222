"""What has to be copied from the node that holds the group to one that does not, so that Table 1 is the same on both.

Only ever in this direction: the owner's key alone decrypts the passwords of the ESX hosts in the database (field
facts, section 1), and its files are the ones that VirtualCenter works with now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast, get_args

from vcaudit.evaluate import contents
from vcaudit.evaluate.known import same
from vcaudit.evaluate.schema import GroupVar
from vcaudit.results import Copy, RegistryEntry
from vcaudit.results.actions import Table1
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ConfigFile, File, Files, RegistryTree, RegistryValue
from vcaudit.snapshot.model import NodeSnapshot

if TYPE_CHECKING:
    from vcaudit.evaluate.findings import Finding

WHAT: Final[tuple[str, ...]] = get_args(Table1)
_CONTENTS: Final[dict[str, Callable[[NodeSnapshot], contents.Contents]]] = {
    "ssl": contents.ssl, "vpxd.cfg": contents.vpxd_settings, "licenses": contents.licenses, "upgrade": contents.upgrade,
}  # fmt: skip
"""How a finding that is about no node tells which nodes differ."""
_FIELDS: Final = {"ssl": "ssl", "vpxd.cfg": "vpxd_cfg", "licenses": "licenses", "upgrade": "upgrade"}

_OF_VERSION: Final = ("registry", "upgrade", "vpxd.cfg")
_INSTALLED: Final = ("installedversion", "installpath")
"""Registry values that tell what is installed on a node: copied, they would lie about the other."""


@dataclass(frozen=True)
class _Place:
    path: str
    files: tuple[str, ...]
    """Names below the folder; of a file none."""


def copies(what: str, finding: Finding) -> tuple[Copy, ...]:
    """The copies that mend a finding; none where the owner, a path or a content is not known."""
    context = finding.context
    group = _group(what, context.view.vc.groups)
    if group is None or not isinstance(group.owner, str):
        return ()
    facts = dict(context.compared)
    source = next((name for name in facts if same(name, str(group.owner))), None)
    if source is None:
        return ()
    targets = _differing(what, source, facts) if finding.node is None else [finding.node]
    if not all(target in facts and not same(target, source) for target in targets):
        return ()  # its own copy is the one that counts
    found = [_copy(what, finding, group.name, source, facts[source], target, facts[target]) for target in targets]
    return tuple(copy for copy in found if copy is not None) if None not in found else ()


def _differing(what: str, source: str, facts: Mapping[str, NodeSnapshot]) -> list[str]:
    """None where that is not known of all nodes."""
    if (told := _CONTENTS.get(what)) is None:
        return []
    seen = {name: told(node) for name, node in facts.items()}
    if any(isinstance(found, Missing) for found in seen.values()):
        return []
    return [name for name, found in seen.items() if found != seen[source]]


def _group(what: str, groups: Sequence[GroupVar] | Missing) -> GroupVar | None:
    """The group whose owner holds the copy that counts: in design G the license files are the other group's."""
    if isinstance(groups, Missing):
        return None
    role = "license" if what == "licenses" else "vpxd"
    return next((group for group in groups if role in group.roles), None)


def _copy(
    what: str, finding: Finding, group: str, source: str, held: NodeSnapshot, target: str, other: NodeSnapshot
) -> Copy | None:
    if what in _OF_VERSION and (
        contents.version(held) != (told := contents.version(other)) or not isinstance(told, dict)
    ):
        return None  # they belong to the software: that is made alike first
    if what == "registry":
        return _registry(finding, group, source, held, target, other)
    here, there = _place(what, held), _place(what, other)
    if not isinstance(here, _Place) or isinstance(there, bool) or (what != "vpxd.cfg" and not here.files):
        return None
    if what == "ssl" and _lacking(contents.SSL_FILES, here.files):
        return None  # an owner without its own key has nothing to give
    if what == "licenses" and not any(name.casefold().endswith(".lic") for name in here.files):
        return None
    absent, there = there is None, there or _Place(here.path, ())
    return Copy(
        what=cast("Table1", what), source=source, target=target, source_path=here.path, target_path=there.path,
        group=group, files=here.files, new=_lacking(here.files, there.files), absent=absent,
        extra=_lacking(there.files, here.files),
        lost=_lost(held, other) if what == "licenses" else (),
    )  # fmt: skip


def _lost(held: NodeSnapshot, other: NodeSnapshot) -> tuple[str, ...]:
    have, had = contents.licenses(held), contents.licenses(other)
    if not isinstance(have, dict) or not isinstance(had, dict):
        return ()
    return _lacking([name for name in had if not name.startswith(contents.NO_LICENCE)], tuple(have))


def _place(what: str, node: NodeSnapshot) -> _Place | None | bool:
    """None: it is not there, or there is nothing in it; False: nobody knows."""
    files: Files | Missing = node.files
    found = files if isinstance(files, Missing) else getattr(files, _FIELDS[what])
    if found is None:
        return None
    if isinstance(found, ConfigFile):
        return _Place(found.path, ())
    if isinstance(found, Missing):
        return False
    listed: tuple[File, ...] | Missing = found.files
    if isinstance(listed, Missing):
        return False
    # Each license server writes its own logs.
    names = (file.name for file in listed if what != "licenses" or not file.name.casefold().endswith(".log"))
    return _Place(found.path, tuple(names))


def _lacking(these: Sequence[str], those: Sequence[str]) -> tuple[str, ...]:
    known = {name.casefold() for name in those}
    return tuple(name for name in these if name.casefold() not in known)


def _registry(
    finding: Finding, group: str, source: str, held: NodeSnapshot, target: str, other: NodeSnapshot
) -> Copy | None:
    """Value by value, and only those that differ: what is accepted to differ stays as it is."""
    here, there = _tree(held), _tree(other)
    if here is None or there is None:
        return None
    wanted, present = dict(_values(here)), dict(_values(there))
    entries, left = [], []
    for item in finding.differences:
        found = wanted.get(item.path) or present.get(item.path)
        if (
            found is None
            or item.path in _INSTALLED
            or (item.change != "added" and (found[1].redacted or isinstance(found[1].data, Missing)))
        ):
            left.append(item.path)
            continue
        key = "\\".join(part for part in (there.path, found[0]) if part)
        value = found[1] if item.change != "added" else None
        entries.append(RegistryEntry(key=key, name=found[1].name, type=value.type if value else None,
                                     data=_data(value) if value else (), new=item.change == "removed"))  # fmt: skip
    if not entries:
        return None
    return Copy(what="registry", source=source, target=target, source_path=here.path, target_path=there.path,
                group=group, entries=tuple(entries), left=tuple(left))  # fmt: skip


def _tree(node: NodeSnapshot) -> RegistryTree | None:
    """The view that vpxd reads."""
    seen = contents.view(node)
    if isinstance(node.registry, Missing) or isinstance(seen, Missing):
        return None
    tree = node.registry.native if seen == "native" else node.registry.wow6432
    return tree if isinstance(tree, RegistryTree) else None


def _values(tree: RegistryTree) -> Iterator[tuple[str, tuple[str, RegistryValue]]]:
    """Each value under the name that differences give it."""
    for key in () if isinstance(tree.keys, Missing) else tree.keys:
        for value in () if isinstance(key.values, Missing) else key.values:
            name = value.name.casefold() or "(default)"
            yield (f"{key.path.casefold()}\\{name}" if key.path else name), (key.path, value)


def _data(value: RegistryValue) -> tuple[str, ...]:
    if isinstance(value.data, tuple):
        return value.data
    return () if value.data is None or isinstance(value.data, Missing) else (str(value.data),)
