"""The licences of each node by what they are for and how long they last (field facts, section 3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from vcaudit.evaluate.contents import parsed_licenses
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.programs import installed
from vcaudit.evaluate.schema_upkeep import LicenseEnd, LicenseSetView
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import License, LicenseFile

VIRTUALCENTER = "PROD_VC"
NO_DATE = Missing(reason="bad_output", detail="a licence whose last day is no date")
_KIND = re.compile(r"\blicenseType=(\w+)", re.IGNORECASE)


def license_sets(nodes: Sequence[Node], taken_at: str) -> tuple[LicenseSetView, ...]:
    """One for each node."""
    today = date.fromisoformat(taken_at[:10])
    return tuple(_set(node, today) for node in nodes)


def _set(node: Node, today: date) -> LicenseSetView:
    parsed = parsed_licenses(node.facts)
    here = installed("license", node)
    if isinstance(parsed, Missing):
        return LicenseSetView(
            node=node.name, installed=here, expired=parsed, ending=parsed, virtualcenter=parsed, host_based=parsed,
            server_based=parsed,
        )  # fmt: skip
    found = [licence for file in parsed or () for licence in file.licenses]
    unclear = _unclear(node, parsed or ()) or _undated(node, found)
    expired = _expired(found, today)
    count = len({one.identity for one in found if one.feature.upper() == VIRTUALCENTER})
    return LicenseSetView(
        node=node.name,
        installed=here,
        # A line that is not understood may be a valid licence of the same feature, or another one of VirtualCenter.
        expired=unclear if expired and unclear else expired,
        ending=tuple(
            LicenseEnd(feature=one.feature, ends=day.isoformat(), days_left=(day - today).days)
            for one in found if isinstance(day := _last_day(one), date) and day >= today
        ),
        virtualcenter=unclear if count < 2 and unclear else count,
        host_based=_features(found, "host"),
        server_based=_features(found, "server"),
    )


def _unclear(node: Node, files: Sequence[LicenseFile]) -> Missing | None:
    for file in files:
        for problem in file.problems:
            detail = f"{file.name} line {problem.line}: {problem.text}"
            return Missing(reason="bad_output", detail=detail, where=f"{node.name} license files")
    return None


def _undated(node: Node, found: Sequence[License]) -> Missing | None:
    """Our own reading gives dates only; a snapshot from elsewhere may hold anything."""
    for one in found:
        if _last_day(one) is NO_DATE:
            detail = f"{one.feature} expires on {str(one.expires)[:20]!a}"
            return Missing(reason="bad_output", detail=detail, where=f"{node.name} license files")
    return None


def _last_day(licence: License) -> date | None | Missing:
    """On which it is still good; None: permanent."""
    if licence.expires is None:
        return None
    try:
        return date.fromisoformat(licence.expires[:10])
    except ValueError:
        return NO_DATE


def _over(licence: License, today: date) -> bool:
    day = _last_day(licence)
    return isinstance(day, date) and day < today


def _expired(found: Sequence[License], today: date) -> tuple[str, ...]:
    alive = {one.feature.upper() for one in found if not _over(one, today)}
    return tuple(dict.fromkeys(one.feature for one in found if one.feature.upper() not in alive))


def _features(found: Sequence[License], kind: str) -> tuple[str, ...]:
    """By the licence's own word, in its VENDOR_STRING."""
    named = ((one.feature, _KIND.search(one.identity)) for one in found)
    return tuple(dict.fromkeys(feature for feature, match in named if match and match[1].lower() == kind))
