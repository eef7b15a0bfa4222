"""What is installed, and where VirtualCenter looks for its license server (Server Components, Fig. 1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vcaudit.capture import Capture, Locations, Request
from vcaudit.collect.answer import Answer, FileRead
from vcaudit.sections import files, places, registry
from vcaudit.sections.reading import same
from vcaudit.sections.services import VPXD, registered
from vcaudit.sections.services import read as services
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import LicenseSource, Program, RegistryTree, Software

WEB_SERVICE = "webAccess"
LICENSE_SERVICE = "VMware License Server"
ENVIRONMENT = "environment"
_ENVIRONMENT_KEY = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
# Flex looks for VMWARELM_LICENSE_FILE, named after the vendor daemon, and then for LM_LICENSE_FILE
_VARIABLES = ("VMWARELM_LICENSE_FILE", "LM_LICENSE_FILE")
_SOURCE = re.compile(r"\d{1,5}@[^@\s;,]{1,255}")
_VERSION = re.compile(r"\s*(\d+)[.,]\s*(\d+)[.,]\s*(\d+)(?:[.,]\s*(\d+))?")
_STARTED = "vpxd_exe.1"
"""The program that service vpxd starts: the first place that is looked at."""


def requests(locations: Locations) -> tuple[Request, ...]:
    """The program that the service starts, then where it is installed by default; the machine's variables."""
    paths = (f"${{{VPXD}:PathName|program}}", *(rf"{folder}\vpxd.exe" for folder in files.INSTALLED))
    return (
        *places.files("vpxd_exe", paths, "version"),
        Request("registry", ENVIRONMENT, (_ENVIRONMENT_KEY,)),
    )


def read(answer: Answer, capture: Capture) -> Software:
    """Installed: its service is registered, or its program is there; vpxd: its program is there, or not looked at."""
    return Software(
        vpxd=_vpxd(answer, capture),
        web=registered(answer, WEB_SERVICE),
        license=registered(answer, LICENSE_SERVICE),
        view=registry.view(answer),
        license_sources=_sources(answer, capture),
    )


def _vpxd(answer: Answer, capture: Capture) -> Program | None | Missing:
    if _gone(answer):
        return None
    found = places.file(answer, capture, "vpxd_exe")
    if isinstance(found, FileRead):
        return _program(answer, found)
    path = _registered_path(answer)
    if path is None:
        return found
    if isinstance(path, Missing):
        return path
    reason = found or Missing(reason="not_found", detail="the program of the service was not found", where=path)
    return Program(path=path, version=_installed_version(answer, reason), build=reason)


def _gone(answer: Answer) -> bool:
    """Whether the very program that the service starts was looked for and is not there, whatever lies elsewhere."""
    reads = answer.files(_STARTED)
    if isinstance(reads, Missing) or not reads:
        return False
    return all(read.failure is not None and read.failure.reason == "not_found" for read in reads)


def _registered_path(answer: Answer) -> str | None | Missing:
    """The program of service vpxd; None: there is no such service."""
    known = services(answer)
    if isinstance(known, Missing):
        return known
    path = next((service.path for service in known if same(service.name, "vpxd")), None)
    if path is None or isinstance(path, Missing):
        return path
    quoted = re.match(r'\s*"([^"]+)"|\s*(\S.*?\.exe)(?=\s|$)', path, re.IGNORECASE)
    return (quoted[1] or quoted[2]) if quoted else path.strip()


def _program(answer: Answer, found: FileRead) -> Program:
    numbers = _VERSION.match(found.version or "")
    if numbers is None:
        reason = Missing(reason="bad_output", detail="the program says no version", where=found.path)
        return Program(path=found.path, version=_installed_version(answer, reason), build=reason)
    build = int(numbers[4] or 0)
    unsaid = Missing(reason="not_found", detail="the program's version has no build number", where=found.path)
    return Program(path=found.path, version=_three(numbers), build=build or unsaid)


def _installed_version(answer: Answer, reason: Missing) -> str | Missing:
    """What the installer noted: a second best, because a patch may have replaced the program since."""
    noted = registry.text_of(registry.seen(answer), "", "InstalledVersion")
    numbers = _VERSION.match(noted) if isinstance(noted, str) else None
    return _three(numbers) if numbers else reason


def _three(numbers: re.Match[str]) -> str:
    return ".".join(str(int(number)) for number in numbers.groups()[:3])


def _sources(answer: Answer, capture: Capture) -> tuple[LicenseSource, ...] | Missing:
    """Every `port@host` that VirtualCenter could find; Missing when one of the places could not be looked at, because
    the one that is not seen may be the one that counts."""
    found: dict[tuple[str, str], LicenseSource] = {}
    for place in _texts(answer, capture):
        if isinstance(place, Missing):
            return place
        text, name = place
        for part in re.split(r"[;\s]+", text):
            if _SOURCE.fullmatch(part):
                found[part, name] = LicenseSource(value=part, place=name)
    return tuple(found.values())


def _texts(answer: Answer, capture: Capture) -> Iterator[tuple[str, str] | Missing]:
    """Texts and where they stand: VirtualCenter's key, vpxd.cfg, Flex's own key, the machine's variables."""
    yield from _tree(registry.seen(answer))
    config = files.config(answer, capture)
    if isinstance(config, Missing):
        yield config
    elif config is not None:
        if config.settings is None:
            yield Missing(reason="bad_output", detail="vpxd.cfg is not well-formed", where=config.path)
        elif isinstance(config.settings, Missing):
            yield config.settings
        else:
            yield from ((setting.value, f"{config.path} {setting.path}") for setting in config.settings)
    for probe, key in files.FLEX_KEYS.items():
        yield from _tree(registry.tree(answer, probe, key))
    environment = registry.tree(answer, ENVIRONMENT, _ENVIRONMENT_KEY)
    for variable in _VARIABLES:
        text = registry.text_of(environment, "", variable)
        if text is not None:
            yield text if isinstance(text, Missing) else (text, f"variable {variable}")


def _tree(found: RegistryTree | None | Missing) -> Iterator[tuple[str, str] | Missing]:
    if found is None:
        return
    texts = registry.texts(found) if isinstance(found, RegistryTree) else found
    if isinstance(texts, Missing):
        yield texts
    else:
        yield from texts
