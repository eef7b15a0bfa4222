"""JSON: the results document itself, whole, in the published schema; the same results give the same bytes."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

from vcaudit.errors import Problem, ResultsError
from vcaudit.results import SCHEMA, AuditResults
from vcaudit.results.moments import moment_problem

_SURROGATES = re.compile("[\ud800-\udfff]")


def render(results: AuditResults) -> bytes:
    """Indented UTF-8 with a line feed at the end, fields in the order of the schema."""
    try:
        compact = msgspec.json.encode(results, order="deterministic")
    except UnicodeEncodeError:  # a registry can hold half of a surrogate pair, UTF-8 cannot
        compact = msgspec.json.encode(_without_surrogates(msgspec.to_builtins(results)), order="deterministic")
    return msgspec.json.format(compact, indent=2) + b"\n"


def sha256(results: AuditResults) -> str:
    """Of the JSON: names these very results on every other format."""
    return hashlib.sha256(render(results)).hexdigest()


def load(text: bytes, name: str) -> AuditResults:
    """Reads what `render` wrote, and what later versions add to it; `name` is the file's, for the message.

    Raises ResultsError: not results, damaged, or of a schema this version does not know.
    """
    hint = "give the file that `--format json` wrote"
    try:
        head = msgspec.json.decode(text, type=dict[str, Any])
        schema = head.get("schema")
        if isinstance(schema, int) and schema > SCHEMA:
            problem = Problem(name, 0, f"written by a newer vcaudit (results schema {schema}, this one reads {SCHEMA})")
            raise ResultsError([problem], hint="update vcaudit, or write the results again with this version")
        read = msgspec.convert(head, AuditResults)
    except msgspec.DecodeError as error:  # ValidationError is one of them
        raise ResultsError([Problem(name, 0, f"not a results document: {error}")], hint=hint) from None
    except RecursionError:
        raise ResultsError([Problem(name, 0, "not a results document: nested too deeply")], hint=hint) from None
    except UnicodeDecodeError as error:
        raise ResultsError([Problem(name, 0, f"not UTF-8 at byte {error.start}")], hint=hint) from None
    problems = [
        Problem(name, 0, f"not a results document: {wrong} - at `$.clusters[{number}].taken_at`")
        for number, cluster in enumerate(read.clusters) if (wrong := moment_problem(cluster.taken_at))
    ]  # fmt: skip
    if problems:
        raise ResultsError(problems, hint=hint)
    return read


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATES.sub(lambda match: f"\\u{ord(match[0]):04x}", value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_surrogates(item) for item in value]
    return value
