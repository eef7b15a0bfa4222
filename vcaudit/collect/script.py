"""Requests and limits to the text that goes to a node: collector.ps1 as shipped, with the request list in front."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

from vcaudit.capture import Kind, Limits, Request
from vcaudit.resources import package_file
from vcaudit.transport.base import BOOTSTRAP, Script

__all__ = ["ARGUMENTS", "BOOTSTRAP", "REFERENCE", "build", "collector", "read_list", "request_list"]

ARGUMENTS: dict[Kind, int] = {
    "deny": 2,
    "registry": 1,
    "key": 2,
    "wmi": 3,
    "file": 2,
    "folder": 3,
    "names": 1,
    "accounts": 1,
    "program": 2,
    "tasks": 2,
}
"""How many arguments a request of each kind has."""

REFERENCE = re.compile(r"\$\{([^{}:|]+):([^{}|]+)(?:\|(\w+))?\}")
"""`${id:name}` or `${id:name|filter}`: id, name, filter."""
FILTERS = frozenset({"program", "folder", "list", "script", "beside", "code"})
LISTINGS = frozenset({"node", "group", "resource"})
"""What cluster.exe lists of the whole cluster."""
LISTINGS_OF_ONE = frozenset({"priv", "listowners"})
"""What it lists of one resource."""
FILE_MODES = frozenset({"hash", "text", "version", "key"})
DENIED = frozenset({"registry", "data", "wmi", "text", "command"})
MAX_FILE_BYTES = 7_000_000
"""Content travels in one XML attribute, base64; the decoder's parser takes 10,000,000 characters."""

_ID = re.compile(r"[A-Za-z0-9_.-]+")


@lru_cache(maxsize=1)
def collector() -> bytes:
    """The script as shipped."""
    return package_file("collect/collector.ps1").read_bytes()


def build(requests: Sequence[Request], limits: Limits) -> Script:
    """What is sent to a node.

    Raises ValueError for a list that the collector could misunderstand: a doubled id, a reference forwards, a break
    in an argument, a deny row behind a read. Such a list is a mistake in our own code, never in what a user wrote.
    """
    listed = request_list(requests, limits)
    head = b"$CfgB64 = '" + base64.b64encode(listed) + b"'\n"
    return Script(
        text=head + collector(),
        sha256=hashlib.sha256(collector()).hexdigest(),
        requests_sha256=hashlib.sha256(listed).hexdigest(),
    )


def request_list(requests: Sequence[Request], limits: Limits) -> bytes:
    """The lines that the collector gets as base64. Raises ValueError as `build` does."""
    _check(requests, limits)
    rows = [f"{limits.seconds}\t{limits.file_bytes}\t{limits.registry_values}\t{limits.wmi_seconds}"]
    rows += [request.line for request in requests]
    rows.append(f"end\t{len(requests)}")
    return "\n".join(rows).encode()


def read_list(listed: bytes) -> tuple[tuple[Request, ...], Limits]:
    """The requests and limits of such lines, which came from outside. Raises ValueError when they are not whole."""
    first, *rows = listed.decode("utf-8").split("\n")
    numbers = [int(number) for number in first.split("\t")]
    end = rows.pop().split("\t") if rows else []
    if len(numbers) != 4 or end != ["end", str(len(rows))]:
        raise ValueError("the request list is not whole")
    requests: list[Request] = []
    for row in rows:
        kind, id, *args = [*row.split("\t"), "", ""][: max(2, row.count("\t") + 1)]
        kind, _, unless = kind.partition("?")
        known = next((known for known in ARGUMENTS if known == kind), None)
        if known is None:
            raise ValueError(f"the request list has a kind {kind[:20]!r}")
        requests.append(Request(known, id, tuple(args), tuple(unless.split(",")) if unless else ()))
    limits = Limits(*numbers)
    _check(requests, limits)
    return tuple(requests), limits


def _check(requests: Sequence[Request], limits: Limits) -> None:
    if not 0 < limits.file_bytes <= MAX_FILE_BYTES or limits.registry_values < 0:
        raise ValueError(f"limits out of range: {limits}")
    if limits.seconds < 1 or limits.wmi_seconds < 1:
        raise ValueError(f"limits out of range: {limits}")
    before: set[str] = set()
    reading = False
    for request in requests:
        _check_request(request)
        if request.id.lower() in before:
            raise ValueError(f"request {request.id}: the id is used twice")
        if request.kind == "deny" and reading:
            raise ValueError(f"request {request.id}: deny comes before everything that is read")
        reading = reading or request.kind != "deny"
        if unknown := [id for id in request.unless if id.lower() not in before]:
            raise ValueError(f"request {request.id}: stands in for {unknown[0]}, which is no earlier request")
        for argument in request.args:
            _check_references(request, argument, before)
        before.add(request.id.lower())


def _check_request(request: Request) -> None:
    where = f"request {request.id}"
    if not _ID.fullmatch(request.id):
        raise ValueError(f"{where}: an id is letters, digits, dots, dashes and underscores")
    if len(request.args) != ARGUMENTS[request.kind]:
        raise ValueError(f"{where}: {request.kind} takes {ARGUMENTS[request.kind]} arguments, not {len(request.args)}")
    if any(re.search(r"[\x00-\x1f\ud800-\udfff]", argument) for argument in request.args):
        raise ValueError(f"{where}: a control character or half a character in an argument")
    if not request.args[0]:
        raise ValueError(f"{where}: the first argument is empty")
    _check_values(request, where)


def _check_values(request: Request, where: str) -> None:
    """What single arguments may be; patterns must compile here too, which catches most slips."""
    kind, args = request.kind, request.args
    if kind == "deny":
        if args[0] not in DENIED:
            raise ValueError(f"{where}: deny knows {', '.join(sorted(DENIED))}")
        _check_pattern(args[1], where)
    elif kind == "file" and args[1] not in FILE_MODES:
        raise ValueError(f"{where}: file modes are {', '.join(sorted(FILE_MODES))}")
    elif kind == "folder":
        _check_pattern(args[1], where)
        if not args[2].isascii() or not args[2].isdigit():
            raise ValueError(f"{where}: the depth of a folder is a number")
    elif kind == "program":
        if args[0] not in LISTINGS | LISTINGS_OF_ONE:
            raise ValueError(f"{where}: cluster.exe lists {', '.join(sorted(LISTINGS | LISTINGS_OF_ONE))}")
        if bool(args[1]) != (args[0] in LISTINGS_OF_ONE):
            raise ValueError(f"{where}: a resource is named for {' and '.join(sorted(LISTINGS_OF_ONE))} only")
    elif kind in ("tasks", "key"):
        _check_pattern(args[1], where)
    elif kind == "accounts" and args[0] != "local":
        raise ValueError(f"{where}: accounts knows `local` only")
    elif kind == "wmi" and not all(name.strip() == name and name for name in args[2].split(",")):
        raise ValueError(f"{where}: properties are names with commas between them, without blanks")


def _check_pattern(pattern: str, where: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{where}: {pattern} is no regular expression: {error}") from error


def _check_references(request: Request, argument: str, before: set[str]) -> None:
    for source, _, filter_ in REFERENCE.findall(argument):
        if source.lower() not in before:
            raise ValueError(f"request {request.id}: ${{{source}:…}} refers to no earlier request")
        if filter_ and filter_ not in FILTERS:
            raise ValueError(f"request {request.id}: the filters are {', '.join(sorted(FILTERS))}, not {filter_}")
    if "${" in REFERENCE.sub("", argument):
        raise ValueError(f"request {request.id}: a reference is ${{id:name}} or ${{id:name|filter}}")
