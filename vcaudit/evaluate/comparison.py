"""Table 1 as a table: a row a thing, a column a node, so that one look tells what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from vcaudit.evaluate import contents
from vcaudit.evaluate.contents import Contents
from vcaudit.evaluate.findings import REASONS
from vcaudit.evaluate.managedip import PLACES
from vcaudit.evaluate.oddity import odd_one_out
from vcaudit.evaluate.schema import ManagedIpCopy, NodeVar, RuleView, ServiceCopy
from vcaudit.evaluate.view import compared_nodes
from vcaudit.results import Comparison, Row
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import NodeSnapshot, Snapshot

MOST_ROWS: Final = 40
"""Differing elements of one thing that get a row; how many more there are is said."""
ABSENT: Final = "not there"

_THINGS: Final[tuple[tuple[str, Callable[[NodeSnapshot], Contents], str], ...]] = (
    ("Licences", contents.licenses, "licence"),
    ("License files", contents.license_files, "file"),
    ("vpxd.cfg", contents.vpxd_settings, "setting"),
    ("SSL files", contents.ssl, "file"),
    ("Upgrade files", contents.upgrade, "file"),
    ("Registry", contents.registry, "value"),
)
"""Name, contents, and what its elements are called. SSL files get a row each in any case."""


def comparison(snapshot: Snapshot, view: RuleView) -> Comparison:
    """Everything that should be alike, with what is on each node."""
    facts = [node.facts for node in compared_nodes(snapshot)]
    rows = [*_machines(view.nodes), *_software(view)]
    for thing, read, unit in _THINGS:
        rows += _contents(thing, [read(node) for node in facts], unit, every=read is contents.ssl)
    return Comparison(nodes=tuple(node.name for node in view.nodes), rows=tuple(rows))


def _machines(nodes: Sequence[NodeVar]) -> Iterator[Row]:
    yield _row("Operating system", [_joined(node.os_name, node.os_version, node.service_pack) for node in nodes])
    yield _row("Domain", [node.domain for node in nodes])


def _joined(name: str | Missing, version: str | Missing, pack: int | Missing) -> str | Missing:
    for part in (name, version, pack):
        if isinstance(part, Missing):
            return part
    return f"{name} {version}" + (f" SP{pack}" if pack else "")


def _software(view: RuleView) -> Iterator[Row]:
    yield _row("VirtualCenter", [_version(node) for node in view.nodes])
    yield _row("Database", [_database(node) for node in view.nodes])
    # What a checkpoint renews on a standby (E1) is no difference.
    copies = view.vc.managedip.copies
    judged = [_managedip(copy) for copy in copies if copy.judged is not False]
    yield _row("managedip", [_managedip(copy) for copy in copies], judged)
    if not isinstance(view.vc.services, Missing):
        names = dict.fromkeys(service.service for service in view.vc.services)
        for name in names:
            own = [service for service in view.vc.services if service.service == name]
            yield _row(f"Service {name}", [_service(s) for s in own], [_as_it_should_be(s) for s in own])


def _version(node: NodeVar) -> str | None | Missing:
    if node.vpxd is None or isinstance(node.vpxd, Missing):
        return node.vpxd
    version, build = node.vpxd.version, node.vpxd.build
    if isinstance(version, Missing):
        return version
    return f"{version} build {'unknown' if isinstance(build, Missing) else build}"


def _database(node: NodeVar) -> str | None | Missing:
    told = node.database
    if isinstance(told, Missing):
        return told
    for part in (told.dsn, told.server, told.database):
        if isinstance(part, Missing):
            return part
    return None if told.dsn is None else f"{told.dsn}: {told.database or 'no database'} on {told.server or 'no server'}"


def _managedip(copy: ManagedIpCopy) -> str | Missing:
    if isinstance(copy.place, Missing):
        return copy.place
    values = () if isinstance(copy.values, Missing) else copy.values
    return f"{PLACES[copy.place]}: {', '.join(values)}" if values else PLACES[copy.place]


def _service(service: ServiceCopy) -> str | None | Missing:
    if service.exists is not True:
        return None if service.exists is False else service.exists
    for part in (service.state, service.start_mode):
        if isinstance(part, Missing):
            return part
    return f"{service.state}, {service.start_mode}"


def _as_it_should_be(service: ServiceCopy) -> str | Missing:
    """Equal for services that are alike but for running where their group is."""
    wanted = service.running if service.owner is True else service.stopped
    for part in (service.exists, wanted, service.owner, service.start_mode):
        if isinstance(part, Missing):
            return part
    return f"{service.exists} {wanted} {service.start_mode}"


def _contents(thing: str, told: Sequence[Contents], unit: str, *, every: bool) -> Iterator[Row]:
    """A row for the whole, then one for each element that differs (for all of them with `every`)."""
    yield _row(thing, [_summary(found, unit) for found in told], [_whole(found) for found in told])
    known = [found for found in told if found is not None and not isinstance(found, Missing)]
    names = list(dict.fromkeys(name for found in known for name in found))
    shown = [name for name in names if every or _differs(name, known)]
    for name in shown[:MOST_ROWS]:
        yield _row(f"{thing}: {name}", [_element(found, name) for found in told])
    if len(shown) > MOST_ROWS:
        more = f"{len(shown) - MOST_ROWS} more that differ"
        yield Row(thing=f"{thing}: …", same=False, cells=(more,) * len(told))


def _differs(name: str, known: Sequence[Mapping[str, str]]) -> bool:
    return len({found.get(name) for found in known}) > 1


def _summary(found: Contents, unit: str) -> str | None | Missing:
    if found is None or isinstance(found, Missing):
        return found
    # What the certificate says stands among the SSL files and is no file; what SERVER says is no licence.
    count = sum(": " not in name for name in found) if unit in ("file", "licence") else len(found)
    return f"{count} {unit}" + ("" if count == 1 else "s")


def _whole(found: Contents) -> str | None | Missing:
    return found if found is None or isinstance(found, Missing) else repr(sorted(found.items()))


def _element(found: Contents, name: str) -> str | None | Missing:
    return found if found is None or isinstance(found, Missing) else found.get(name)


def _row(
    thing: str, cells: Sequence[str | None | Missing], compared: Sequence[str | None | Missing] | None = None
) -> Row:
    """`compared` where other texts than the shown ones say whether the nodes are alike."""
    values = cells if compared is None else compared
    known = {value for value in values if not isinstance(value, Missing)}
    alike: bool | None = len(known) <= 1
    if alike and any(isinstance(value, Missing) for value in values):
        alike = None
    told = {at: value for at, value in enumerate(values) if not isinstance(value, Missing)}
    odd = odd_one_out(told) if len(told) == len(cells) else None
    return Row(thing=thing, same=alike, cells=tuple(map(_cell, cells)), odd=odd)


def _cell(value: str | None | Missing) -> str:
    if isinstance(value, Missing):
        return f"unknown: {REASONS[value.reason]}"
    return ABSENT if value is None else value
