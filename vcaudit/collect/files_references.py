"""References between requests, resolved from files: what a value of the registry or of WMI would have been."""

from __future__ import annotations

import ntpath
import re
from collections.abc import Mapping, Sequence

from vcaudit.capture import Request
from vcaudit.collect import files_wmi
from vcaudit.collect.deny import Deny
from vcaudit.collect.files_wmi import NOT_GIVEN, Tables
from vcaudit.collect.hive import Hive, shown
from vcaudit.collect.script import REFERENCE

_PROGRAM = re.compile(r'^\s*(?:"([^"]+)"|(\S.*?\.exe)(?=\s|$)|(\S.*?)\s*$)', re.IGNORECASE)
_NAMED = (
    r'"((?:[a-z]:|[\\/][\\/]|%)[^":<>|*?\x00-\x1f]*\.(?:KIND))"'
    r'|((?:[a-z]:|[\\/][\\/]|%)[^":<>|*?&,;=\s\x00-\x1f]*\.(?:KIND))(?![\w.])'
)
_SCRIPTS = {
    "script": re.compile(_NAMED.replace("KIND", "cmd|bat"), re.IGNORECASE),
    "code": re.compile(_NAMED.replace("KIND", "vbs|vbe|js|jse|wsf|ps1"), re.IGNORECASE),
    "beside": re.compile(r"""(?:^|[\s"&|(=])([^\s":<>|*?&,;=%\\/()\x00-\x1f]+\.(?:cmd|bat))(?![\w.])""", re.IGNORECASE),
}
"""As the collector has them; of several scripts the first."""
_PARENT = re.compile(r"^(.+)[\\/][^\\/]*$")


class References:
    """Of one source. Where a value is not known, the reference stays in the text."""

    def __init__(self, requests: Sequence[Request], hive: Hive, tables: Tables, deny: Deny) -> None:
        self._requests = {request.id.lower(): request for request in requests}
        self._hive, self._tables, self._deny = hive, tables, deny

    def path(self, path: str) -> str:
        """A path with what is known put in; what is not stays as it is, as the folder that a file is named beside."""
        whole = self.whole(path)
        if "\\..\\" in whole:
            whole = whole.replace("}\\..\\", "}\\") if REFERENCE.search(whole) else ntpath.normpath(whole)
        return files_wmi.expand(self._hive, whole)

    def whole(self, text: str) -> str:
        """A text with its references put in."""
        return REFERENCE.sub(lambda found: self._value(found[1], found[2], found[3]) or found[0], text)

    def _value(self, id: str, name: str, filter_: str | None) -> str | None:
        """What a reference stands for; None: nobody knows, or it has no value."""
        source = self._requests.get(id.lower())
        if source is None:
            return None
        value = self._of_registry(source, name) if source.kind == "registry" else self._of_wmi(source, name)
        return _filtered(value, filter_) if value else None

    def _of_registry(self, source: Request, name: str) -> str | None:
        key, _, value_name = f"{self.whole(source.args[0])}\\{name}".rpartition("\\")
        value = self._hive.value(key.strip("\\"), value_name)
        if value is None or self._deny.registry(key, value_name):
            return None
        data = shown(value).data
        if isinstance(data, tuple):
            data = data[0] if data else None
        return None if data is None or isinstance(data, bytes) else str(data).split("\0", 1)[0]

    def _of_wmi(self, source: Request, name: str) -> str | None:
        if source.kind != "wmi":
            return None
        rows = files_wmi.answer(self._tables, self._hive, source.args[0], self.whole(source.args[1])) or []
        for row in rows:
            cell: object = {key.lower(): value for key, value in row.items()}
            for step in name.lower().split("."):
                cell = {k.lower(): v for k, v in cell.items()}.get(step) if isinstance(cell, Mapping) else None
            if isinstance(cell, str) and not self._deny.wmi(name):
                return cell
        return None


def unmet(text: str) -> str:
    """As the collector says it; who reads the answer finds out whether its source was given."""
    found = REFERENCE.search(text)
    return f"no value: {found[0]}" if found else NOT_GIVEN


def _filtered(value: str, filter_: str | None) -> str:
    """The program of a command line, the folder it lies in, or the first item of a list."""
    if not filter_:
        return value
    if filter_ in _SCRIPTS:
        named = _SCRIPTS[filter_].search(value)
        return next((group for group in named.groups() if group), "") if named else ""
    if filter_ == "list":
        return value.split(";")[0].strip(' "')
    found = _PROGRAM.match(value)
    path = next((group for group in found.groups() if group), "") if found else ""
    if filter_ == "folder":
        parent = _PARENT.match(path)
        path = parent[1] if parent else ""
    return path
