r"""The VirtualCenter key in both registry views, and which of them vpxd reads (field facts, section 2; Table 1).

VirtualCenter 2.x is a 32-bit program: on x64 it reads `SOFTWARE\Wow6432Node`, whatever a 64-bit shell sees elsewhere.
A 32-bit shell on x64 sees that view under both paths, so from there the native one was not looked at.
"""

from __future__ import annotations

from vcaudit.capture import Locations, Request
from vcaudit.collect.answer import Answer, KeyRead, ValueRead
from vcaudit.sections.host import architecture
from vcaudit.sections.reading import first_text, root, where
from vcaudit.sections.secrets import registry_secret
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Registry, RegistryKey, RegistryTree, RegistryValue, View

NATIVE = "vc"
WOW = "vc32"
KEY = r"VMware, Inc.\VMware VirtualCenter"
ROOTS: dict[str, str] = {NATIVE: rf"SOFTWARE\{KEY}", WOW: rf"SOFTWARE\Wow6432Node\{KEY}"}
PROBES: dict[View, str] = {"native": NATIVE, "wow6432": WOW}

_TEXTS = {"REG_SZ", "REG_EXPAND_SZ"}


def requests(locations: Locations) -> tuple[Request, ...]:
    """The whole tree in both views."""
    return tuple(Request("registry", probe, (path,)) for probe, path in ROOTS.items())


def read(answer: Answer) -> Registry:
    """Both views as trees."""
    built = _built(answer)
    return Registry(native=_native(answer, built), wow6432=_wow(answer, built))


def view(answer: Answer) -> View | Missing:
    """The view that vpxd reads: the 32-bit one wherever VirtualCenter's key is in it."""
    wow = _wow(answer, _built(answer))
    if isinstance(wow, Missing):
        return wow
    return "native" if wow is None else "wow6432"


def seen(answer: Answer) -> RegistryTree | None | Missing:
    """The tree of the view that vpxd reads."""
    which = view(answer)
    if isinstance(which, Missing):
        return which
    both = read(answer)
    return both.native if which == "native" else both.wow6432


def _built(answer: Answer) -> str | Missing:
    """x86 or x64. Where WMI does not say: on x64 a 32-bit shell finds the same key under both paths, so one that finds
    it under the first path only is on x86."""
    built = architecture(answer)
    if isinstance(built, Missing) and tree(answer, WOW, ROOTS[WOW]) is None:
        return "x86" if isinstance(tree(answer, NATIVE, ROOTS[NATIVE]), RegistryTree) else built
    return built


def _native(answer: Answer, built: str | Missing) -> RegistryTree | None | Missing:
    if answer.bits == 32 and built != "x86":
        detail = "the shell is a 32-bit program: the 64-bit view was not looked at"
        return Missing(reason="unavailable", detail=detail, where=where(answer, "registry", NATIVE))
    return tree(answer, NATIVE, ROOTS[NATIVE])


def _wow(answer: Answer, built: str | Missing) -> RegistryTree | None | Missing:
    return None if built == "x86" else tree(answer, WOW, ROOTS[WOW])


def tree(answer: Answer, probe: str, path: str) -> RegistryTree | None | Missing:
    """A tree as facts. None: looked, no such key; Missing: the key could not be opened or the probe did not run."""
    keys = answer.registry(probe)
    if isinstance(keys, Missing):
        return keys
    top = root(keys, where(answer, "registry", probe))
    if top is None or isinstance(top, Missing):
        return top
    return RegistryTree(path=path, keys=tuple(_key(key, top.path) for key in keys))


def _key(key: KeyRead, top: str) -> RegistryKey:
    path = key.path[len(top) :].strip("\\")
    if key.failure is not None:
        return RegistryKey(path=path, values=key.failure)
    return RegistryKey(path=path, values=tuple(_value(value, key.path) for value in key.values))


def _value(value: ValueRead, key: str) -> RegistryValue:
    kind = value.type or "unknown"
    if value.redacted or registry_secret(key, value.name):
        return RegistryValue(name=value.name, type=kind, data=None, redacted=True)
    return RegistryValue(name=value.name, type=kind, data=_data(value))


def _data(value: ValueRead) -> str | int | tuple[str, ...] | Missing:
    if value.failure is not None:
        return value.failure
    if value.data is None:
        return f"sha256:{value.sha256}"
    return value.data.hex() if isinstance(value.data, bytes) else value.data


def value_of(found: RegistryTree | None | Missing, key: str, name: str) -> RegistryValue | None | Missing:
    """One value of a tree; names and keys without regard to case. None: looked, not there."""
    if found is None or isinstance(found, Missing):
        return found
    if isinstance(found.keys, Missing):
        return found.keys
    for one in found.keys:
        if one.path.casefold() == key.casefold():
            if isinstance(one.values, Missing):
                return one.values
            return next((value for value in one.values if value.name.casefold() == name.casefold()), None)
    return None


def text_of(found: RegistryTree | None | Missing, key: str, name: str) -> str | None | Missing:
    """A text value, trimmed; None: not there, or empty."""
    value = value_of(found, key, name)
    if value is None or isinstance(value, Missing):
        return value
    return first_text(value.data)


def texts(found: RegistryTree) -> tuple[tuple[str, str], ...] | Missing:
    r"""Every text of a tree with its place (`HKLM\…\name`); Missing when one of them could not be read."""
    if isinstance(found.keys, Missing):
        return found.keys
    out: list[tuple[str, str]] = []
    for key in found.keys:
        if isinstance(key.values, Missing):
            return key.values
        place = "\\".join(filter(None, (found.path, key.path)))
        for value in key.values:
            if isinstance(value.data, Missing) and value.type in {*_TEXTS, "REG_MULTI_SZ"}:
                return value.data
            if isinstance(value.data, str) and value.type in _TEXTS:
                out.append((value.data, rf"{place}\{value.name}"))
            elif isinstance(value.data, tuple):
                out += [(item, rf"{place}\{value.name}") for item in value.data]
    return tuple(out)
