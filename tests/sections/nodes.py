"""Answers to read: real runs of the collector over the lab's nodes, and answers written by hand."""

from __future__ import annotations

import base64
import gzip
import re
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import quoteattr

import msgspec

from vcaudit import sections
from vcaudit.capture import Capture, Limits, Locations, Request
from vcaudit.collect.answer import Answer, decode
from vcaudit.collect.envelope import unwrap
from vcaudit.collect.script import BOOTSTRAP, build
from vcaudit.lab import scenario
from vcaudit.lab.node import Node
from vcaudit.lab.windows import execute
from vcaudit.snapshot.model import Auditor, Declared, NodeSnapshot, Snapshot

REQUESTS = sections.requests(Locations())
STARTED, FINISHED = "2026-11-22T12:00:00Z", "2026-11-22T12:00:02Z"


def capture(stdout: bytes, node: str = "VCNODE1", asked: tuple[Request, ...] = REQUESTS, **more: Any) -> Capture:
    """A capture with everything but the answer invented."""
    return Capture(
        node=node,
        route="recorded",
        address=more.pop("address", f"{node.lower()}:5985"),
        user="CORP\\vcaudit",
        started=STARTED,
        finished=FINISHED,
        seconds=2.0,
        requests=8,
        bytes_sent=1,
        bytes_received=2,
        script_sha256="0" * 64,
        asked=asked,
        stdout=stdout,
        **more,
    )


def merged(node: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """RFC 7396, for nodes that differ from a scenario's in one thing."""
    out = dict(node)
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict):
            out[key] = merged(old if isinstance(old := out.get(key), dict) else {}, value)
        else:
            out[key] = value
    return out


def lab_nodes(name: str) -> dict[str, dict[str, Any]]:
    """Descriptions of a scenario's nodes."""
    return {node: dict(about) for node, about in scenario.load(name).nodes.items()}


def run(name: str, about: dict[str, Any], locations: Locations | None = None) -> Capture:
    """The collector's own text over one described node."""
    asked = REQUESTS if locations is None else sections.requests(locations)
    stdout, stderr, code = execute(Node.from_description(name, about), BOOTSTRAP, build(asked, Limits()).text)
    assert code == 0, stderr
    return capture(stdout, name, asked)


@lru_cache
def captures(name: str) -> tuple[Capture, ...]:
    """Every node of a scenario, asked once per test process."""
    return tuple(run(node, about) for node, about in lab_nodes(name).items())


def patched(patch: dict[str, Any], name: str = "quorum-disk-2003", locations: Locations | None = None) -> NodeSnapshot:
    """The first node of a scenario with something changed."""
    node, about = next(iter(lab_nodes(name).items()))
    return snapshot((run(node, merged(about, patch), locations),)).nodes[0]


def snapshot(found: tuple[Capture, ...], **more: Any) -> Snapshot:
    """What `read` makes of captures."""
    declared = more.pop("declared", Declared(nodes=tuple(one.node for one in found)))
    auditor = more.pop("auditor", Auditor(version="0", names=(), resolver="system"))
    return sections.read(
        found, cluster="vc-prod", declared=declared, auditor=auditor, permissions=(), taken_at=FINISHED, **more
    )


def packed(xml: str) -> bytes:
    """An XML document as the collector sends it."""
    return b"<<<VCA1 " + base64.b64encode(gzip.compress(xml.encode())) + b" VCA1>>>\r\n"


def unpacked(one: Capture) -> str:
    """The XML document of a capture."""
    return unwrap(one.stdout).decode()


def without(xml: str, probe: str) -> str:
    """The document without the part of one request."""
    cut, count = re.subn(rf'<probe kind="\w+" id="{re.escape(probe)}".*?</probe>', "", xml, flags=re.DOTALL)
    assert count == 1, probe
    return cut


def failed(xml: str, probe: str, error: str = "ManagementException 80041003: Zugriff verweigert") -> str:
    """The document with one request denied by the node."""
    kind = re.search(rf'<probe kind="(\w+)" id="{re.escape(probe)}"', xml)
    assert kind
    part = f'<probe kind="{kind[1]}" id="{probe}" status="error" error="{error}" ms="1"><data /></probe>'
    return without(xml, probe).replace("<end ", part + "<end ")


def document(*parts: str, bits: int = 64, host: str = "VCNODE1") -> bytes:
    """An answer made of the given probes."""
    head = f'<snapshot v="1" utc="2026-11-22T12:00:01" host="{host}" os="Windows" ps="2.0" clr="2.0" bits="{bits}">'
    return packed(f'{head}{"".join(parts)}<end ms="500" /></snapshot>')


def probe(kind: str, id: str, inner: str) -> str:
    """A request that was answered."""
    return f'<probe kind="{kind}" id="{id}" status="ok" ms="1"><data>{inner}</data></probe>'


def answer(*parts: str, bits: int = 64) -> Answer:
    """The same, decoded."""
    return decode(document(*parts, bits=bits))


def rows(id: str, *instances: dict[str, Any]) -> str:
    """A WMI answer. None: no value; Ellipsis: this Windows has no such property; a mapping: an embedded object."""
    return probe("wmi", id, "".join(f"<o>{''.join(_property(*item) for item in one.items())}</o>" for one in instances))


def _property(name: str, value: Any) -> str:
    head = f"<p n={quoteattr(name)}"
    if value is None:
        return f'{head} null="1" />'
    if value is ...:
        return f'{head} err="ManagementException 80041002: Not found" />'
    if isinstance(value, dict):
        return f"{head}>{''.join(_property(*item) for item in value.items())}</p>"
    if isinstance(value, list):
        return f"{head}>{''.join(f'<i d={quoteattr(item)} />' for item in value)}</p>"
    return f"{head} d={quoteattr(str(value))} />"


def key(path: str, err: str = "", **values: str) -> str:
    """A registry key with text values."""
    inner = "".join(f'<v n={quoteattr(name)} t="String" d={quoteattr(data)} />' for name, data in values.items())
    failure = f" err={quoteattr(err)}" if err else ""
    return f"<k p={quoteattr(path)}{failure}>{inner}</k>"


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Facts by path; a Missing is a leaf."""
    plain = msgspec.to_builtins(value)
    if isinstance(plain, dict) and plain.get("fact") == "missing":
        return {path: ("missing", plain["reason"])}
    if isinstance(plain, dict):
        return {k: v for name, item in plain.items() for k, v in flat(item, f"{path}.{name}".strip(".")).items()}
    if isinstance(plain, list | tuple):
        return {k: v for i, item in enumerate(plain) for k, v in flat(item, f"{path}[{i}]").items()} | {path: "list"}
    return {path: plain}


def is_missing(leaf: Any) -> bool:
    """Whether a leaf of `flat` is a Missing."""
    return isinstance(leaf, tuple) and leaf[0] == "missing"
