"""rui.crt of each node: how long it is valid, whom it names, and whether rui.key belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from vcaudit.evaluate.known import any_of, apply, first_missing, same
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.schema import ResourceVar
from vcaudit.evaluate.schema_upkeep import CertificateView
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Certificate, SslFolder
from vcaudit.snapshot.model import Declared

Wanted = Sequence["str | Missing"]


def certificates(
    nodes: Sequence[Node], bound: tuple[ResourceVar, ...] | Missing, declared: Declared, taken_at: str
) -> tuple[CertificateView, ...]:
    """One for each node; `taken_at` is the only clock."""
    now = datetime.fromisoformat(taken_at)
    return tuple(_view(node, _wanted(node, bound, declared), now) for node in nodes)


def _moment(text: str, node: Node) -> datetime | Missing:
    """A snapshot from elsewhere may hold anything."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return Missing(reason="bad_output", detail=f"{text[:40]!a} is no date", where=f"{node.name} rui.crt")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _view(node: Node, wanted: Wanted, now: datetime) -> CertificateView:
    folder = node.facts.files if isinstance(node.facts.files, Missing) else node.facts.files.ssl
    found = folder.certificate if isinstance(folder, SslFolder) else folder
    known = [name for name in wanted if not isinstance(name, Missing)]
    shown = first_missing(*wanted) or tuple(dict.fromkeys(known))
    if not isinstance(found, Certificate):
        gap = found if isinstance(found, Missing) else None
        return CertificateView(
            node=node.name, exists=gap or False, subject=gap or "", names=gap or (), wanted=shown, covers=gap or False,
            begins=gap or "", ends=gap or "", begun=gap or False, days_left=gap or 0, has_key=gap or False,
            key_fits=gap or False,
        )  # fmt: skip
    key = folder.key_modulus if isinstance(folder, SslFolder) else None
    has_key = _both(found.modulus, key)
    return CertificateView(
        node=node.name,
        exists=True,
        subject=found.subject,
        names=found.names,
        wanted=shown,
        covers=_covers(found.names, wanted),
        begins=found.not_before,
        ends=found.not_after,
        begun=apply(lambda day: day <= now, _moment(found.not_before, node)),
        days_left=apply(lambda day: (day - now).days, _moment(found.not_after, node)),
        has_key=has_key,
        key_fits=has_key if has_key is not True else found.modulus == key,
    )


def _both(one: str | None | Missing, other: str | None | Missing) -> bool | Missing:
    """Whether both are there: one that is known to be absent settles it."""
    if one is None or other is None:
        return False
    return first_missing(one, other) or True


def _wanted(node: Node, bound: tuple[ResourceVar, ...] | Missing, declared: Declared) -> Wanted:
    """What the virtual server is called and reached at: bare, in the node's domain, as declared, and its address."""
    host = node.host
    domain = host if isinstance(host, Missing) else host.domain
    out: list[str | Missing] = [one for one in (declared.network_name, declared.virtual_address) if one]
    name = apply(lambda found: next((r.network_name for r in found if r.role == "name"), None), bound)
    address = apply(lambda found: next((r.address for r in found if r.role == "ip"), None), bound)
    out += [one for one in (name, address) if one is not None]
    if isinstance(name, str) and domain is not None:
        out.append(domain if isinstance(domain, Missing) else f"{name}.{domain}")
    return out


def _covers(names: tuple[str, ...] | Missing, wanted: Wanted) -> bool | Missing:
    if isinstance(names, Missing):
        return names
    return any_of(w if isinstance(w, Missing) else any(_is_for(name, w) for name in names) for w in wanted)


def _is_for(name: str, wanted: str) -> bool:
    """A name, or a wildcard, which stands for one part."""
    if name.startswith("*."):
        first, _, rest = wanted.partition(".")
        return bool(first and rest) and same(name[2:], rest)
    return same(name, wanted)
