"""Says what is wrong in a scenario, patch or fault file, all at once and each with its line (docs/lab-format.md)."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias

from vcaudit.yamlfile import Document, suggest

Path: TypeAlias = tuple[str | int, ...]
Check: TypeAlias = Callable[[Document, Path, Any], None]

SCENARIO_KEYS = frozenset(
    {"base", "name", "title", "extends", "vars", "every_node", "nodes", "auditor", "permissions", "drills", "inventory"}
)
FAULT_KEYS = frozenset([
    "name", "title", "kind", "requirements", "rules", "also", "shows", "drift", "scenarios", "nodes", "exit", "patch",
    "transport",
])  # fmt: skip
PERMISSION_KEYS = frozenset({"principal", "is_group", "role", "entity"})
TASK_KEYS = frozenset({"command", "arguments", "directory", "enabled", "running", "last_run", "last_result"})
_HEX = re.compile(r"[0-9a-fA-F]{1,8}\Z")
_REG_TYPE = re.compile(r"REG_[A-Z_]+\Z|0x[0-9a-fA-F]{1,8}\Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")


def check_scenario(document: Document) -> None:
    """Notes every mistake of a scenario or patch file in the document."""
    root = document.value
    if not isinstance(root, dict):
        document.add((), "a scenario is a mapping (name: value)")
        return
    _keys(document, (), root, SCENARIO_KEYS)
    check_body(document, (), root)


def check_body(document: Document, path: Path, body: Mapping[str, Any]) -> None:
    """The parts that a scenario and the `patch` of a fault have in common."""
    for key in ("name", "title", "extends"):
        _text(document, (*path, key), body.get(key))
    if _optional(document, (*path, "vars"), body.get("vars")):
        for word, value in body["vars"].items():
            _scalar(document, (*path, "vars", word), value)
    if _optional(document, (*path, "every_node"), body.get("every_node")):
        _node(document, (*path, "every_node"), body["every_node"])
    if _optional(document, (*path, "nodes"), body.get("nodes")):
        for name, node in body["nodes"].items():
            if node is not None and _mapping(document, (*path, "nodes", name), node, "a node"):
                _node(document, (*path, "nodes", name), node)
    if _optional(document, (*path, "auditor"), body.get("auditor")):
        _keys(document, (*path, "auditor"), body["auditor"], {"dns"})
        _dns(document, (*path, "auditor", "dns"), body["auditor"].get("dns"))
    _permissions(document, (*path, "permissions"), body.get("permissions"))
    for name, record in _items(document, (*path, "drills"), body.get("drills"), "records by name"):
        _optional(document, (*path, "drills", name), record)
    _optional(document, (*path, "inventory"), body.get("inventory"))


def _node(document: Document, path: Path, node: Mapping[str, Any]) -> None:
    _keys(document, path, node, NODE)
    for key, check in NODE.items():
        if node.get(key) is not None:
            check(document, (*path, key), node[key])


def _registry(document: Document, path: Path, value: Any) -> None:
    for key, values in _items(document, path, value, "registry keys"):
        if "/" in key and "\\" not in key:
            document.add((*path, key), "a registry key is written with backslashes")
        if key.upper().startswith(("HKEY_", "HKLM\\", "\\")):
            document.add((*path, key), "a registry key is written from below HKEY_LOCAL_MACHINE: SOFTWARE\\…")
        for name, data in _items(document, (*path, key), values, "values"):
            _registry_value(document, (*path, key, name), data)


def _registry_value(document: Document, path: Path, data: Any) -> None:
    if isinstance(data, Mapping):
        _keys(document, path, data, {"type", "data"})
        kind = data.get("type")
        if kind is not None and not (isinstance(kind, str) and _REG_TYPE.match(kind)):
            document.add((*path, "type"), f"`{kind}` is no registry type: REG_SZ, REG_DWORD, REG_BINARY, …")
        data = data.get("data")
    if isinstance(data, bool) or not isinstance(data, str | int | list | None):
        document.add(path, "data is text (REG_SZ), a number (REG_DWORD), a list (REG_MULTI_SZ) or {type, data}")
    elif isinstance(data, list):
        _texts(document, path, data)


def _files(document: Document, path: Path, value: Any) -> None:
    for name, content in _items(document, path, value, "files"):
        here = (*path, name)
        if not re.match(r"[A-Za-z]:\\|%\w|\$\{", name):
            document.add(here, "a file's path begins with a drive: C:\\…")
        if content is None or isinstance(content, str):
            continue
        if not _mapping(document, here, content, "a file"):
            continue
        _keys(document, here, content, {"text", "base64", "encoding", "newline", "modified", "size", "version"})
        _file(document, here, content)


def _file(document: Document, path: Path, content: Mapping[str, Any]) -> None:
    for key in ("text", "version", "base64"):
        _text(document, (*path, key), content.get(key))
    if isinstance(coded := content.get("base64"), str) and "${" not in coded:
        try:
            base64.b64decode(coded, validate=True)
        except binascii.Error:
            document.add((*path, "base64"), "is not base64")
    if isinstance(encoding := content.get("encoding"), str):
        try:
            codecs.lookup(encoding)
        except LookupError:
            document.add((*path, "encoding"), f"`{encoding}` is no encoding: utf-8, utf-16, latin-1, cp1252, …")
    if content.get("newline") not in (None, "lf", "crlf"):
        document.add((*path, "newline"), "newline is lf or crlf")
    if (modified := content.get("modified")) is not None and not _TIME.match(str(modified)):
        document.add((*path, "modified"), "modified is written as 2007-06-19T10:00:00Z")
    if (size := content.get("size")) is not None and (isinstance(size, bool) or not isinstance(size, int)):
        document.add((*path, "size"), "size is a number of bytes")


def _wmi(document: Document, path: Path, value: Any) -> None:
    for namespace, classes in _items(document, path, value, "namespaces"):
        for name, instances in _items(document, (*path, namespace), classes, "classes"):
            for key, row in _items(document, (*path, namespace, name), instances, "instances by name"):
                _items(document, (*path, namespace, name, key), row, "properties")


def _accounts(document: Document, path: Path, value: Any) -> None:
    if not _mapping(document, path, value, "accounts"):
        return
    _keys(document, path, value, {"users", "groups"})
    for name, user in _items(document, (*path, "users"), value.get("users"), "users"):
        if user is not None and _mapping(document, (*path, "users", name), user, "a user"):
            _keys(document, (*path, "users", name), user, {"sid", "disabled", "locked", "password_expired", "expires"})
    for name, group in _items(document, (*path, "groups"), value.get("groups"), "groups"):
        here = (*path, "groups", name)
        if group is not None and _mapping(document, here, group, "a group"):
            _keys(document, here, group, {"sid", "members"})
            for member, about in _items(document, (*here, "members"), group.get("members"), "members by name"):
                if about is not None and not isinstance(about, str):
                    _keys(document, (*here, "members", member), about, {"sid", "group"})


def _tasks(document: Document, path: Path, value: Any) -> None:
    for name, task in _items(document, path, value, "tasks by name"):
        here = (*path, name)
        if task is None or not _mapping(document, here, task, "a task"):
            continue
        _keys(document, here, task, TASK_KEYS)
        for key in ("command", "arguments", "directory"):
            _text(document, (*here, key), task.get(key))
        last_run, last_result = task.get("last_run"), task.get("last_result")
        if last_run is not None and not isinstance(last_run, int | float) and not _TIME.match(str(last_run)):
            document.add((*here, "last_run"), "last_run is a number of hours, or written as 2007-06-19T10:00:00Z")
        if last_result is not None and (isinstance(last_result, bool) or not isinstance(last_result, int)):
            document.add((*here, "last_result"), "last_result is a number")


def _dns(document: Document, path: Path, value: Any) -> None:
    for name, addresses in _items(document, path, value, "names"):
        if addresses is not None:
            _texts(document, (*path, name), addresses)


def _broken(document: Document, path: Path, value: Any) -> None:
    for name, code in _items(document, path, value, "error codes by name"):
        if code is not None and not _HEX.match(str(code)):
            document.add((*path, name), f"`{code}` is no error code in hex: 800706ba, 80070005, …")


def _listens(document: Document, path: Path, value: Any) -> None:
    for port, given in _items(document, path, value, "services by port"):
        here = (*path, port)
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            document.add(here, "a port is a number from 1 to 65535")
        if given is None or isinstance(given, str):
            continue
        if not _mapping(document, here, given, "a port"):
            continue
        _keys(document, here, given, {"service", "tls", "how"})
        if given.get("how") not in (None, "answers", "hung", "dropped"):
            document.add((*here, "how"), "how is answers, hung or dropped")
        if given.get("tls") not in (None, True, False):
            document.add((*here, "tls"), "tls is true or false")


def _environment(document: Document, path: Path, value: Any) -> None:
    for name, text in _items(document, path, value, "variables"):
        _text(document, (*path, name), text)


def _number(document: Document, path: Path, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        document.add(path, "is a number")


def _bits(document: Document, path: Path, value: Any) -> None:
    if value not in (32, 64):
        document.add(path, "bits is 32 or 64")


def _permissions(document: Document, path: Path, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, list):
        document.add(path, "permissions is a list of {principal, is_group, role, entity}")
        return
    for index, row in enumerate(value):
        if _mapping(document, (*path, index), row, "a permission"):
            _keys(document, (*path, index), row, PERMISSION_KEYS)
            for key in sorted(PERMISSION_KEYS - set(row)):
                document.add((*path, index), f"`{key}` is missing")


def _text(document: Document, path: Path, value: Any) -> None:
    if value is not None and not isinstance(value, str):
        document.add(path, "is a text")


def _scalar(document: Document, path: Path, value: Any) -> None:
    if not isinstance(value, str | int | float | None):
        document.add(path, "is a text or a number")


def _texts(document: Document, path: Path, value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        document.add(path, "is a list of texts")


def _mapping(document: Document, path: Path, value: Any, what: str) -> bool:
    if isinstance(value, Mapping):
        return True
    document.add(path, f"{what} is a mapping (name: value)")
    return False


def _optional(document: Document, path: Path, value: Any) -> bool:
    return value is not None and _mapping(document, path, value, str(path[-1]))


def _items(document: Document, path: Path, value: Any, what: str) -> list[tuple[str, Any]]:
    if value is None:
        return []
    return list(value.items()) if _mapping(document, path, value, what) else []


def _keys(document: Document, path: Path, value: Any, allowed: Collection[str]) -> None:
    if isinstance(value, Mapping):
        for key in value:
            if key not in allowed:
                known = ", ".join(sorted(allowed))
                document.add((*path, key), f"`{key}` is not known here{suggest(key, allowed)}: {known}")


NODE: Mapping[str, Check] = {
    "registry": _registry,
    "files": _files,
    "environment": _environment,
    "wmi": _wmi,
    "accounts": _accounts,
    "tasks": _tasks,
    "dns": _dns,
    "listens": _listens,
    "denied": _texts,
    "broken": _broken,
    "hanging": _texts,
    "bits": _bits,
    "powershell": _text,
    "language": _text,
    "clock_skew": _number,
    "user": _text,
}
"""What a node has, and what each part must look like."""
