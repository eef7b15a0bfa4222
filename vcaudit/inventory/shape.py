"""Walks a value along a JSON Schema and says in words, with the line, everything that does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from vcaudit.inventory.schema import ALLOWED, Schema
from vcaudit.yamlfile import SECRET_KEY, Document, Key, Value, suggest

_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
    "array": (list,), "object": (dict,),
}  # fmt: skip
_WORDS = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list", "object": "a mapping (key: value)",
}  # fmt: skip


BAD: Final = object()
"""Stands for a value that does not fit, until it is left out of what is around it."""


def check(
    document: Document, schema: Schema, starter: str = "`vcaudit init` writes a starter"
) -> dict[str, Any]:
    """Notes every mistake in the document; returns what fits, so that its relations can be looked at all the same."""
    if document.value is None:
        if not document.problems:
            document.add((), f"is empty; {starter}")
        return {}
    value = _check(document, document.value, schema, ())
    return value if isinstance(value, dict) else {}


def _check(document: Document, value: Value, schema: Schema, path: tuple[Key, ...]) -> Any:
    if "anyOf" in schema:
        return _any_of(document, value, schema["anyOf"], path)
    if not _is(value, schema["type"]):
        document.add(path, f"{_name(path)} must be {_allowed(schema)}{_quote_it(value, schema)}")
        return BAD
    if isinstance(value, dict):
        return _mapping(document, value, schema, path)
    if isinstance(value, list):
        items = [_check(document, item, schema["items"], (*path, index)) for index, item in enumerate(value)]
        return [item for item in items if item is not BAD]
    if (wrong := _scalar(value, schema)) is not None:
        document.add(path, f"{_name(path)} must be {wrong}")
        return BAD
    return value


def _is(value: Value, kind: str) -> bool:
    # True is an int in Python, and never meant as one.
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _any_of(document: Document, value: Value, schemas: Sequence[Schema], path: tuple[Key, ...]) -> Any:
    """Goes into the branch of the value's kind, so that the message is about what was meant."""
    for schema in schemas:
        if _is(value, schema["type"]):
            return _check(document, value, schema, path)
    hint = _quote_it(value, {"type": "string"} if any(schema["type"] == "string" for schema in schemas) else schemas[0])
    document.add(path, f"{_name(path)} must be {' or '.join(_allowed(schema) for schema in schemas)}{hint}")
    return BAD


def _mapping(document: Document, value: dict[str, Value], schema: Schema, path: tuple[Key, ...]) -> dict[str, Any]:
    known: Mapping[str, Schema] = schema.get("properties", {})
    each: Schema | None = schema["additionalProperties"] or None
    out: dict[str, Any] = {}
    for key, item in value.items():
        expected = known.get(key, each)
        if expected is None:
            document.add((*path, key), _unknown(key, item, known, path))
            continue
        if key not in known and (wrong := _scalar(key, schema["propertyNames"])) is not None:
            document.add((*path, key), f"a name in {_name(path)} must be {wrong}")
        out[key] = _check(document, item, expected, (*path, key))
    for key in schema.get("required", ()):
        if key not in value:
            document.add(path, f"{_name(path)} lacks {key}: {known[key]['description']}")
    if len(value) < schema.get("minProperties", 0):
        document.add(path, f"{_name(path)} is empty: {schema['description']}")
    return {key: item for key, item in out.items() if item is not BAD}


def _unknown(key: str, value: Value, known: Mapping[str, Schema], path: tuple[Key, ...]) -> str:
    if SECRET_KEY.match(key):
        return (
            "a password does not belong in this file: name where it is with password_env, password_file, keyring, "
            "password_command or prompt, remove it here, and change it if others could read this file"
        )
    # A bare word where `key: value` belongs could be a password.
    shown = "like this" if value is None else _printable(key)
    return f"{_name(path)} has no key {shown}{suggest(key, known)}; allowed: {', '.join(known)}"


def _scalar(value: Value, schema: Schema) -> str | None:
    if "enum" in schema and value not in schema["enum"]:
        hint = suggest(value, schema["enum"]) if isinstance(value, str) else ""
        return _allowed(schema) + hint
    # `$` also matches before a last line break, which no value here may hold.
    if isinstance(value, str) and "pattern" in schema and ("\n" in value or not re.search(schema["pattern"], value)):
        return _allowed(schema)
    if isinstance(value, (int, float)) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return _allowed(schema)
    return None


def _allowed(schema: Schema) -> str:
    if "enum" in schema:
        return " or ".join(str(value).lower() for value in schema["enum"])
    if "pattern" in schema:
        return ALLOWED[schema["pattern"]]
    if "minimum" in schema:
        return f"{_WORDS[schema['type']]} from {schema['minimum']} to {schema['maximum']}"
    return _WORDS[schema["type"]]


def _quote_it(value: Value, schema: Schema) -> str:
    scalar = isinstance(value, (bool, int, float))
    return " (put it in quotes if it is meant as text)" if scalar and schema["type"] == "string" else ""


def _name(path: tuple[Key, ...]) -> str:
    """`clusters.CORP-VC.nodes`; for a list item its position, counted from 1."""
    words = [f"[{key + 1}]" if isinstance(key, int) else f".{_printable(key)}" for key in path]
    return "".join(words).removeprefix(".") or "the file"


def _printable(key: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in key[:60])
