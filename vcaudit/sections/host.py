"""The machine itself: name, domain, Windows, hardware, addresses, clock (Table 3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from vcaudit.capture import Capture, Locations, Request
from vcaudit.collect.answer import Answer
from vcaudit.sections import hotfixes, upkeep
from vcaudit.sections.reading import flag, items, needed, number, only_row, query, where
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Host

CIMV2 = r"root\cimv2"
SYSTEM = "os"
COMPUTER = "computer"
ADAPTERS = "adapters"


def requests(locations: Locations) -> tuple[Request, ...]:
    """Three classes of root\\cimv2; Win32_Product, which repairs what it lists, never."""
    adapters = "Win32_NetworkAdapterConfiguration WHERE IPEnabled=TRUE"
    computer = "Name,Domain,PartOfDomain,Manufacturer,Model,SystemType"
    return (
        query(SYSTEM, CIMV2, "Win32_OperatingSystem", "Caption,Version,ServicePackMajorVersion"),
        query(COMPUTER, CIMV2, "Win32_ComputerSystem", computer),
        query(ADAPTERS, CIMV2, adapters, "IPAddress,MACAddress"),
    )


def read(answer: Answer, capture: Capture) -> Host:
    """The capture adds when the answer came, by the auditor's clock."""
    system, computer = only_row(answer, SYSTEM), only_row(answer, COMPUTER)
    pack = number(system, "ServicePackMajorVersion")
    addresses, macs = _addresses(answer)
    return Host(
        computer_name=answer.host or needed(computer, "Name"),
        domain=_domain(answer),
        os_name=needed(system, "Caption"),
        os_version=needed(system, "Version"),
        service_pack=0 if pack is None else pack,
        architecture=architecture(answer),
        maker=needed(computer, "Manufacturer"),
        model=needed(computer, "Model"),
        clock=_clock(answer, capture),
        clock_skew=_skew(answer, capture),
        addresses=addresses,
        mac_addresses=macs,
        powershell=answer.powershell or _unsaid(capture),
        bits=answer.bits or _unsaid(capture),
        hotfixes=hotfixes.read(answer),
        disks=upkeep.disks(answer),
        system_drive=upkeep.system_drive(answer),
        restarts=upkeep.restarts(answer, architecture(answer)),
    )


def architecture(answer: Answer) -> Literal["x86", "x64"] | Missing:
    """Of Windows. SystemType begins with x86 or x64 in every language; a 64-bit shell proves x64 by itself."""
    if answer.bits == 64:
        return "x64"
    kind = needed(only_row(answer, COMPUTER), "SystemType")
    if isinstance(kind, Missing):
        return kind
    if kind.casefold().startswith("x64"):
        return "x64"
    if kind.casefold().startswith("x86"):
        return "x86"
    where_ = where(answer, "wmi", COMPUTER)
    return Missing(reason="bad_output", detail=f"a machine that VirtualCenter does not run on: {kind}", where=where_)


def _domain(answer: Answer) -> str | None | Missing:
    computer = only_row(answer, COMPUTER)
    member = flag(computer, "PartOfDomain")
    if isinstance(member, Missing):
        return member
    return needed(computer, "Domain") if member else None


def _unsaid(capture: Capture) -> Missing:
    """What every shell says of itself; a folder of files has none (`finished` is known of live answers only)."""
    if not capture.finished:
        return Missing(reason="not_asked", detail="no shell was asked: the facts come from files", where=capture.node)
    return Missing(reason="bad_output", detail="the answer does not say", where=capture.node)


def _clock(answer: Answer, capture: Capture) -> str | Missing:
    moment = _moment(answer.utc)
    if moment is None and not capture.finished:
        return _unsaid(capture)
    if moment is None:
        return Missing(reason="bad_output", detail="the node's clock reads no date", where=answer.host)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _skew(answer: Answer, capture: Capture) -> float | Missing:
    """The node's clock when its script ended against ours when the answer was there: late by the way back, at most."""
    if not capture.finished:
        detail = "nobody compared the clocks: the answer was carried by hand"
        return Missing(reason="not_asked", detail=detail, where=capture.node)
    node, here = _moment(answer.utc), _moment(capture.finished)
    if node is None or here is None:
        return Missing(reason="bad_output", detail="one of the clocks reads no date", where=answer.host)
    # No script runs longer than we have waited for it, whatever a stopwatch in a halted machine says.
    ran = min((answer.milliseconds or 0) / 1000, capture.seconds)
    return round((node - here).total_seconds() + ran, 3)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _addresses(answer: Answer) -> tuple[tuple[str, ...] | Missing, tuple[str, ...] | Missing]:
    """Of the adapters with IP; each once."""
    rows = answer.wmi(ADAPTERS)
    if isinstance(rows, Missing):
        return rows, rows
    addresses: dict[str, None] = {}
    macs: dict[str, None] = {}
    bad_address = bad_mac = None
    for row in rows:
        found, mac = items(row, "IPAddress"), items(row, "MACAddress")
        if isinstance(found, Missing):
            bad_address = found
        else:
            addresses |= dict.fromkeys(one for one in found or () if one != "0.0.0.0")  # noqa: S104  (a lease not had)
        if isinstance(mac, Missing):
            bad_mac = mac
        else:
            macs |= dict.fromkeys(one.replace(":", "").replace("-", "").lower() for one in mac or ())
    return bad_address or tuple(addresses), bad_mac or tuple(macs)
