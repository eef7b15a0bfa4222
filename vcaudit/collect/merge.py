"""Several answers about one node (a kit's, a folder's) as one: what is there wins over what is not.

Where two have the same fact and it differs, the fresher one counts and a warning names both. Facts are compared as the
collector wrote them, element by element; times and paths of copies are not facts about the node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from vcaudit.capture import Capture, Request
from vcaudit.collect.answer import VARIABLE_NOT_SET, Answer, decode
from vcaudit.collect.element import Element
from vcaudit.collect.files_places import ELSEWHERE
from vcaudit.collect.writer import Part, answer, part

MOST_SHOWN = 5
"""Differences of one request that are named one by one."""
_ABSENT = ("not found", "no value", "variable not set", "FileNotFoundException", "DirectoryNotFoundException")
_KEYS = {"k": "p", "v": "n", "p": "n", "f": "n", "h": "n", "l": "n", "u": "n", "g": "n", "m": "n", "t": "n"}
"""What tells elements of one kind apart."""
_NOT_COMPARED = {"p", "n", "mtime", "ms", "deeper", "oem"}


@dataclass(frozen=True)
class _Source:
    capture: Capture
    answer: Answer

    @property
    def live(self) -> bool:
        """Whether a shell answered, so that the answer tells of itself."""
        return self.answer.bits != 0

    @property
    def name(self) -> str:
        """As warnings call it."""
        told = self.capture.warnings[0] if self.capture.warnings else self.capture.route
        files = told.removeprefix("read from files in ")
        return files.partition(": ")[0] if files != told else told.rpartition(": ")[2]


def merge(captures: Sequence[Capture]) -> Capture:
    """One capture of the node that all of these are about. Raises BadOutput for an answer that cannot be decoded."""
    if len(captures) == 1:
        return captures[0]
    sources = [_Source(capture, decode(capture.stdout)) for capture in captures]
    sources.sort(key=lambda source: source.capture.started, reverse=True)
    warnings: list[str] = []
    asked: list[Request] = []
    probes: list[Part] = []
    for requests in _things(sources):
        source = _best(requests, sources, warnings)
        for request in source.capture.asked:
            if _thing(request.id) in {_thing(one) for one in requests}:
                asked.append(request)
                probes.append(_probe(request.id, source, sources, warnings))
    head = next((source for source in sources if source.live), sources[0])
    routes = dict.fromkeys(capture.route for capture in captures)
    total = [source.capture for source in sources]
    return Capture(
        node=captures[0].node,
        route=" + ".join(routes),
        address=next((one.address for one in total if one.address), ""),
        user=next((one.user for one in total if one.user), ""),
        started=head.capture.started,
        finished=head.capture.finished,
        seconds=sum(one.seconds for one in total),
        requests=sum(one.requests for one in total),
        bytes_sent=sum(one.bytes_sent for one in total),
        bytes_received=sum(one.bytes_received for one in total),
        script_sha256=next((one.script_sha256 for one in total if one.script_sha256), ""),
        requests_sha256=next((one.requests_sha256 for one in total if one.requests_sha256), ""),
        asked=tuple(asked),
        stdout=answer(head.answer.host, probes, _said(head.answer)),
        warnings=(*(line for one in captures for line in one.warnings), *dict.fromkeys(warnings)),
    )


def _said(found: Answer) -> dict[str, str | None]:
    """What an answer says of itself."""
    return {
        "utc": found.utc.removesuffix("Z"), "os": found.os, "ps": found.powershell, "clr": found.clr,
        "bits": str(found.bits),
    }  # fmt: skip


def _thing(id: str) -> str:
    """Requests that differ in their number only are places of one thing: they are taken from one source together."""
    thing, _, number = id.rpartition(".")
    return thing if thing and number.isdigit() else id


def _things(sources: Sequence[_Source]) -> Iterator[list[str]]:
    """Ids of all requests, those of one thing together, in the order of the fresher source."""
    things: dict[str, list[str]] = {}
    for source in sources:
        for request in source.capture.asked:
            ids = things.setdefault(_thing(request.id), [])
            if request.id not in ids:
                ids.append(request.id)
    yield from things.values()


def _best(ids: Sequence[str], sources: Sequence[_Source], warnings: list[str]) -> _Source:
    """The fresher of those that know; what another knows differently is said."""
    states = {id(source): _state(source, ids) for source in sources}
    knowing = [source for source in sources if states[id(source)] != "unknown"] or list(sources)
    best = knowing[0]
    for other in knowing[1:]:
        one, two = states[id(best)], states[id(other)]
        if one != two:
            warnings.append(f"{_thing(ids[0])}: {one} in {best.name}, {two} in {other.name}: {best.name} is fresher")
    return best


def _state(source: _Source, ids: Sequence[str]) -> Literal["there", "not there", "unknown"]:
    """What a source knows of a thing: a place that it could not look at hides what the others do not hold."""
    states = [_one(source, id) for id in ids]
    return "there" if "there" in states else "unknown" if "unknown" in states else "not there"


def _one(source: _Source, id: str) -> Literal["there", "not there", "unknown"]:
    failure, probe = source.answer.failure(id), source.answer.probes.get(id)
    if failure is not None or probe is None:
        # A place that was only guessed is unknown where nothing was found in any.
        absent = failure is not None and (failure.reason == "not_found" or failure.detail.startswith(VARIABLE_NOT_SET))
        return "not there" if absent and probe is not None and probe.error != ELSEWHERE else "unknown"
    if probe.kind not in ("registry", "key", "file", "folder"):
        return "there"
    if any(child.get("err") is None or child.children for child in probe.data.children):
        return "there"
    return "not there" if all(map(_absent, probe.data.children)) else "unknown"


def _absent(element: Element) -> bool:
    return (element.get("err") or "").startswith(_ABSENT)


def _probe(id: str, best: _Source, sources: Sequence[_Source], warnings: list[str]) -> Part:
    """A probe of the best source, its gaps filled from the others."""
    own = best.answer.probes.get(id)
    if own is None:
        head: dict[str, str | None] = {"kind": _kind(id, best), "id": id, "status": "skipped", "ms": "0"}
        return part("probe", head | {"error": "not given: nobody asked"}, [part("data", {})])
    data = own.data
    for other in sources:
        theirs = other.answer.probes.get(id)
        if other is not best and theirs is not None and other.answer.failure(id) is None and own.status == "ok":
            differences: list[str] = []
            data = _filled(data, theirs.data, "", differences)
            _warn(id, differences, best, other, warnings)
    head = {"kind": own.kind, "id": id, "status": own.status, "error": own.error, "ms": str(own.milliseconds)}
    return part("probe", head, [_part(data)])


def _kind(id: str, source: _Source) -> str:
    return next((request.kind for request in source.capture.asked if request.id == id), "wmi")


def _warn(id: str, differences: list[str], best: _Source, other: _Source, warnings: list[str]) -> None:
    if not differences:
        return
    shown = ", ".join(differences[:MOST_SHOWN])
    more = f" and {len(differences) - MOST_SHOWN} more" if len(differences) > MOST_SHOWN else ""
    warnings.append(f"{id}: {shown}{more}: unlike in {best.name} and {other.name}: {best.name} is fresher")


def _filled(own: Element, other: Element, where: str, differences: list[str]) -> Element:
    """An element of the better source; where it failed and the other did not, the other's."""
    if own.get("err") is not None and other.get("err") is None and not _absent(own):
        return other if own.tag != "d" or not own.children else own
    if own.get("err") is not None or other.get("err") is not None:
        return own  # that one of them is not there was said where the source was chosen
    if _facts(own) != _facts(other) and not _is_name(own):
        differences.append(where or own.tag)
        return own
    theirs = {_key(child, number): child for number, child in enumerate(other.children)}
    mine = {_key(child, number) for number, child in enumerate(own.children)}
    children: list[Element] = []
    for number, child in enumerate(own.children):
        match = theirs.get(_key(child, number))
        children.append(_filled(child, match, _place(where, child), differences) if match else child)
    named = own.children and own.children[0].tag in (*_KEYS, "o")
    if mine != set(theirs) and (named or not own.children):
        differences.append(f"the contents of {where or 'it'}")
    return Element(own.tag, own.attributes, children)


def _place(where: str, child: Element) -> str:
    name = child.get(_KEYS.get(child.tag, "")) or (child.get("p") if child.tag in ("f", "d") else None)
    return name or where or child.tag


def _key(element: Element, number: int) -> tuple[str, str]:
    """An element among its like: by its name, an instance by its property Name, all else by its place."""
    if element.tag == "o":
        named = next((one.get("d") for one in element.children if (one.get("n") or "").lower() == "name"), None)
        return element.tag, (named or str(number)).lower()
    name = element.get(_KEYS.get(element.tag, ""))
    return element.tag, str(number) if name is None else name.lower()


def _is_name(element: Element) -> bool:
    """What instances are told apart by, without regard to case."""
    return element.tag == "p" and (element.get("n") or "").lower() == "name"


def _facts(element: Element) -> dict[str, str]:
    """Attributes that say something of the node; the content of a file is in its hash."""
    skipped = _NOT_COMPARED | ({"b64", "withheld", "redacted", "version"} if element.get("sha256") else set())
    return {name: value for name, value in element.attributes.items() if name not in skipped}


def _part(element: Element) -> Part:
    return part(element.tag, dict(element.attributes), [_part(child) for child in element.children])
