"""Table 1: license files, vpxd.cfg, the SSL folder, upgrade files. Keys are hashed on the node and never leave it."""

from __future__ import annotations

from typing import TypeVar

from vcaudit.capture import Capture, Locations, Request
from vcaudit.collect.answer import Answer, FileRead, FolderRead
from vcaudit.sections import certificate, flexlm, flexoptions, places, vpxdcfg
from vcaudit.sections.reading import same, whole
from vcaudit.sections.services import VPXD
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import (
    Certificate,
    ConfigFile,
    File,
    Files,
    Folder,
    LicenseFile,
    LicenseFolder,
    SslFolder,
)

_T = TypeVar("_T")

SHELL = "shell_folders"
FLEX = "flex"
FLEX_WOW = "flex32"
FLEX_KEYS = {FLEX: r"SOFTWARE\FLEXlm License Manager", FLEX_WOW: r"SOFTWARE\Wow6432Node\FLEXlm License Manager"}
CERTIFICATE = "rui.crt"
KEY = "rui.key"
PROGRAMS = ("%ProgramFiles%", "%ProgramFiles(x86)%")
INSTALLED = tuple(
    rf"{programs}\VMware\{folder}"
    for folder in ("VMware VirtualCenter 2.0", r"Infrastructure\VirtualCenter Server")
    for programs in PROGRAMS
)
"""Where VirtualCenter 2.0 and 2.5 are installed by default, on 32 and on 64 bits."""

_SHELL_KEY = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\Shell Folders"
# The first says it in every language: on a German 2003 the folder is called Anwendungsdaten.
_DATA = tuple(
    rf"{common}\VMware\VMware VirtualCenter"
    for common in (f"${{{SHELL}:Common AppData}}", r"%ALLUSERSPROFILE%\Application Data", "%ALLUSERSPROFILE%")
)
_LICENSES = (
    *(rf"${{{probe}:VMware License Server\License|list}}" for probe in FLEX_KEYS),
    *(rf"{programs}\VMware\VMware License Server\Licenses" for programs in PROGRAMS),
)
_UPGRADE = (rf"${{{VPXD}:PathName|folder}}\upgrade", *(rf"{folder}\upgrade" for folder in INSTALLED))


def requests(locations: Locations) -> tuple[Request, ...]:
    """What names the places, then every place, or only the one that the owner names."""

    def tried(owner: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
        return (owner.rstrip("\\"),) if owner else known

    keys = tuple(rf"{folder}\{KEY}" for folder in tried(locations.ssl, tuple(rf"{folder}\SSL" for folder in _DATA)))
    return (
        Request("registry", SHELL, (_SHELL_KEY,)),
        *(Request("registry", probe, (key,)) for probe, key in FLEX_KEYS.items()),
        *places.folders("licenses", tried(locations.licenses, _LICENSES), r"^[^\\]+\.(lic|opt)$"),
        *places.files("license_files", tried(locations.licenses, _LICENSES[: len(FLEX_KEYS)]), "text"),
        *places.files("license_options", _options(locations.licenses), "text"),
        *places.files("vpxd_cfg", tried(locations.vpxd_cfg, tuple(rf"{folder}\vpxd.cfg" for folder in _DATA)), "text"),
        *places.folders("ssl", tried(locations.ssl, tuple(rf"{folder}\SSL" for folder in _DATA)), r"^rui\.crt$"),
        *places.files("ssl_key", keys, "key"),
        *places.folders("upgrade", tried(locations.upgrade, _UPGRADE), ""),
    )


def read(answer: Answer, capture: Capture) -> Files:
    """The four of Table 1, each by itself."""
    return Files(
        licenses=_licenses(places.named(answer, capture, "licenses", "license_files"), answer, capture),
        vpxd_cfg=config(answer, capture),
        ssl=_ssl(places.folder(answer, capture, "ssl", spellings=True), _key_modulus(answer, capture)),
        upgrade=_upgrade(places.folder(answer, capture, "upgrade")),
    )


def config(answer: Answer, capture: Capture) -> ConfigFile | None | Missing:
    """vpxd.cfg; its settings are Missing when the node withheld the content."""
    found = places.file(answer, capture, "vpxd_cfg", spellings=True)
    if found is None or isinstance(found, Missing):
        return found
    content = _content(found)
    parsed = vpxdcfg.parse(content) if isinstance(content, bytes) else None
    return ConfigFile(
        path=found.path,
        size=_known(found.size, found.path),
        modified=_known(found.modified, found.path),
        sha256=_known(found.sha256, found.path),
        settings=parsed.settings if parsed else _withheld(found),
        problems=parsed.problems if parsed else (),
    )


def _options(owner: str | None) -> tuple[str, ...]:
    """Beside each license file that is named itself; what lies in a license folder is listed with it."""
    if owner is not None:
        folder, _, name = owner.rpartition("\\")
        return (rf"{folder}\{flexoptions.DEFAULT}",) if folder and "." in name else ()
    return tuple(rf"{named}\..\{flexoptions.DEFAULT}" for named in _LICENSES[: len(FLEX_KEYS)])


def _licenses(
    found: tuple[FolderRead | FileRead, ...] | None | Missing, answer: Answer, capture: Capture
) -> LicenseFolder | None | Missing:
    """The set of license files, whether a folder holds it or they are named one by one (field facts, section 3)."""
    if found is None or isinstance(found, Missing):
        return found
    listed = whole([_files(one) if isinstance(one, FolderRead) else (_file(one),) for one in found])
    parsed = whole([_parsed(one) if isinstance(one, FolderRead) else whole([_license(one)]) for one in found])
    asked = flexoptions.beside(answer, places.asked(capture, "license_options"))
    return LicenseFolder(
        path=";".join(one.path for one in found),
        files=listed if isinstance(listed, Missing) else tuple(file for part in listed for file in part),
        parsed=parsed if isinstance(parsed, Missing) else tuple(file for part in parsed for file in part),
        options=flexoptions.options(found, asked, _content),
    )


def _parsed(found: FolderRead) -> tuple[LicenseFile, ...] | Missing:
    if found.failure is not None:
        return found.failure
    return whole([_license(one) for one in flexlm.among(found.files)])


def _license(found: FileRead) -> LicenseFile | Missing:
    content = _content(found)
    if isinstance(content, Missing):
        return content
    return flexlm.parse(found.name, content, _known(found.sha256, found.path))


def _ssl(
    found: FolderRead | None | Missing, key_modulus: str | None | Missing
) -> SslFolder | None | Missing:
    if found is None or isinstance(found, Missing):
        return found
    return SslFolder(
        path=found.path, files=_files(found), certificate=_certificate(found), key_modulus=key_modulus
    )  # fmt: skip


def _key_modulus(answer: Answer, capture: Capture) -> str | None | Missing:
    """Encrypted, of another kind than RSA, or damaged: there, and nothing can be said of what it belongs to."""
    found = places.file(answer, capture, "ssl_key", spellings=True)
    if found is None or isinstance(found, Missing):
        return found
    gap = Missing(reason="bad_output", detail="no RSA private key could be read in it", where=found.path)
    return found.failure or found.modulus or gap


def _certificate(found: FolderRead) -> Certificate | None | Missing:
    """Of rui.crt, which lies in the folder itself; in a folder that was listed in part it may be and not be seen."""
    for one in found.files:
        if same(one.name, CERTIFICATE):
            content = _content(one)
            return content if isinstance(content, Missing) else certificate.read(content, one.path)
    return found.failure


def _upgrade(found: FolderRead | None | Missing) -> Folder | None | Missing:
    if found is None or isinstance(found, Missing):
        return found
    return Folder(path=found.path, files=_files(found))


def _files(found: FolderRead) -> tuple[File, ...] | Missing:
    """All of them, or Missing: a list that lacks some would compare as if they were not there."""
    if found.failure is not None:
        return found.failure
    if found.deeper:
        detail = f"folders more than {places.DEPTH} levels deep were not looked at"
        return Missing(reason="refused", detail=detail, where=found.path)
    return tuple(_file(one) for one in found.files)


def _file(one: FileRead) -> File:
    if one.failure is not None:
        return File(name=one.name, size=one.failure, modified=one.failure, sha256=one.failure)
    return File(
        name=one.name,
        size=_known(one.size, one.path),
        modified=_known(one.modified, one.path),
        sha256=_known(one.sha256, one.path),
    )


def _content(found: FileRead) -> bytes | Missing:
    if found.failure is not None:
        return found.failure
    return _withheld(found) if found.content is None else found.content


def _withheld(found: FileRead) -> Missing:
    """Too large, a private key, an encoding that could not be searched for secrets: read, and not usable."""
    return Missing(reason="bad_output", detail=found.withheld or "the node sent no content", where=found.path)


def _known(value: _T | None, where: str) -> _T | Missing:
    """What every file that was read has."""
    return Missing(reason="bad_output", detail="the node did not say", where=where) if value is None else value
