"""The published JSON Schema of the results document, made from the types and their docstrings."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import msgspec

from vcaudit import results

PUBLISHED_AS = "docs/results.schema.json"


def results_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of AuditResults; unknown fields are allowed, because later versions add some."""
    (reference,), components = msgspec.json.schema_components([results.AuditResults], ref_template="#/$defs/{name}")
    for name, schema in components.items():
        for field, text in _field_docs(getattr(results, name)).items():
            schema["properties"][field]["description"] = text
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"vcaudit results, schema {results.SCHEMA}",
        **reference,
        "$defs": components,
    }


def published() -> bytes:
    """The file as it lies in the repository."""
    return msgspec.json.format(msgspec.json.encode(results_schema()), indent=2) + b"\n"


def _field_docs(cls: type) -> dict[str, str]:
    """The docstring below each field of a struct."""
    if not issubclass(cls, msgspec.Struct):
        return {}
    (definition,) = ast.parse(inspect.getsource(cls)).body
    assert isinstance(definition, ast.ClassDef)
    docs: dict[str, str] = {}
    for field, after in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            docs[field.target.id] = inspect.cleandoc(str(ast.literal_eval(after.value)))
    return docs


if __name__ == "__main__":
    import sys

    sys.stdout.buffer.write(published())
