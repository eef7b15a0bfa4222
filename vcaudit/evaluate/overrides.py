"""Parameters of rules, and what a pack's `overrides` say about rules: read here, put into effect by `packs`."""

from __future__ import annotations

import re

from vcaudit.evaluate.reader import Reader
from vcaudit.evaluate.rule import Override, ParamValue
from vcaudit.results import Severity

_PARAM = re.compile(r"[a-z][a-z0-9_]*\Z")
_KEYS = ("rule", "severity", "params", "off", "reason")


def read_params(reader: Reader) -> dict[str, ParamValue]:
    """`params`: name → text, number, true or false, or a list of texts."""
    inner = reader.inner("params")
    out: dict[str, ParamValue] = {}
    for name, value in (inner.value if inner else {}).items():
        if not _PARAM.match(name):
            reader.problem(("params", name), "a parameter is written in small letters, digits and _")
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            out[name] = tuple(value)
        elif isinstance(value, str | int | float):
            out[name] = value
        else:
            reader.problem(("params", name), "must be a text, a number, true or false, or a list of texts")
    return out


def read_override(entry: Reader) -> Override:
    """One entry of `overrides`; what is wrong with it is noted."""
    entry.keys(_KEYS)
    off = entry.truth("off")
    known = [item.value for item in Severity]
    severity = Severity(entry.choice("severity", known)) if "severity" in entry.value else None
    params = read_params(entry)
    if off and (severity or params):
        entry.problem("off", "a rule that is switched off takes neither severity nor parameters")
    if not (off or severity or params):
        entry.lacking("severity, params or off: true")
    return Override(
        rule=entry.text("rule", required=True), reason=entry.text("reason", required=True), severity=severity,
        params=params, off=off,
        lines={key: entry.document.line((*entry.path, key)) for key in (*_KEYS, "")},
    )  # fmt: skip
