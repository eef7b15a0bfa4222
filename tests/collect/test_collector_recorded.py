"""The collector of today, run on the nodes of recorded runs, against what was recorded there: element by element.

The recordings are of an earlier collector on a real engine; where today's differs on purpose, DIFFERENT says so.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest

from vcaudit.collect.envelope import unwrap
from vcaudit.lab.node import Node
from vcaudit.lab.regdata import Data
from vcaudit.lab.windows import Session

from . import samples

DIFFERENT = {
    ("04-errors", "noproperties"): "a request that is not complete is told from a value that is $null",
    ("07-files", "badenv"): "a %VARIABLE% that is not set is named, instead of a file that is not there",
    ("07-files", "noflag"): "a file request without a mode is not complete; the recorded one took it for a hash",
    ("06-time-budget", "tree"): "how many keys fit into the time is not a fact",
}
"""Run and probe: why its status, error or data differ. The values of DIFFERENT_NOW are checked below."""
DIFFERENT_NOW = {
    ("04-errors", "noproperties"): "RuntimeException 80131501: argument missing",
    ("07-files", "noflag"): "RuntimeException 80131501: argument missing",
    ("07-files", "badenv"): None,
    ("06-time-budget", "tree"): "RuntimeException 80131501: time budget exhausted",
}
CODES = {
    "IOException 0000000b": "IOException 80070020",
    "IOException 80131620: The specified": "IOException 00000002",
    "IOException 80131620: Illegal": "IOException 000003fa",
}
"""Codes of the recording's own stand-ins and of Linux: those of Windows (samples' README)."""
NUL_NAME = "bgB1AGwAAABuAGEAbQBlAA=="
"""A value name with a NUL in it: the recording's stand-in read it, the Win32 API lists it and cannot open it."""
MODES = {"1": "text", "0": "hash"}


def rows(items: list[list[str]]) -> list[tuple[str, ...]]:
    """The recorded requests in today's words."""
    return [(*item[:3], *(MODES[mode] for mode in item[3:])) if item[0] == "file" else tuple(item) for item in items]


def shape(element: ET.Element) -> Any:
    """An element as plain data: times away, errors without their text, null properties as the recording has them."""
    attributes = {
        name: value for name, value in element.attrib.items() if name not in ("ms", "utc", "os", "ps", "clr")
    }
    for name in ("err", "error"):
        if name in attributes:
            attributes[name] = code(attributes[name])
    kept = (child for child in element if child.get("null") is None and child.get("n.u16") != NUL_NAME)
    children = [shape(child) for child in kept]
    return (element.tag, attributes, children)


def code(error: str) -> str:
    for begin, windows in CODES.items():
        if error.startswith(begin):
            return windows
    coded = re.match(r"(?!RuntimeException)(\w+ [0-9a-f]{8}): ", error)
    return coded[1] if coded else error


def probes(xml: bytes) -> list[tuple[str, ET.Element]]:
    return [(probe.get("id", ""), probe) for probe in ET.fromstring(xml) if probe.tag == "probe"]


def pairs(run: str) -> Iterator[tuple[str, ET.Element, ET.Element]]:
    asked = samples.recorded(run)
    limits = (asked["limits"]["seconds"], asked["limits"]["bytes"], asked["limits"]["values"])
    written = samples.collected(samples.session_of(asked["node"]), rows(asked["items"]), limits)
    then, now = probes(unwrap(samples.stdout_of(run))), probes(unwrap(written))
    assert [id for id, _ in then] == [id for id, _ in now]
    for (id, old), (_, new) in zip(then, now, strict=True):
        yield id, old, new


@pytest.mark.parametrize("run", samples.RUNS)
def test_every_probe_says_what_was_recorded(run: str) -> None:
    for id, old, new in pairs(run):
        if (run, id) in DIFFERENT:
            assert shape(new) != shape(old)
            assert new.get("error") == DIFFERENT_NOW[run, id]
        else:
            assert shape(new) == shape(old), id


def test_a_name_that_cannot_be_opened_has_no_value() -> None:
    _, _, new = next(pairs("03-odd-text"))
    (value,) = (value for value in new.iter("v") if value.get("n.u16") == NUL_NAME)
    assert (code(value.get("err", "")), value.get("d")) == ("IOException 00000002", None)


def test_null_properties_are_written_now() -> None:
    (_, old, new) = next(pairs("09-wmi-types"))
    nulls = [element.get("n") for element in new.iter("p") if element.get("null")]
    assert nulls == ["nul"]
    assert "nul" not in [element.get("n") for element in old.iter("p")][:10]


def test_a_cut_tree_begins_as_the_recorded_one() -> None:
    _, old, new = next(pairs("06-time-budget"))
    then, now = ([key.get("p") for key in probe.iter("k")] for probe in (old, new))
    shorter = min(len(then), len(now))
    assert shorter > 50
    assert then[:shorter] == now[:shorter]
    assert new.get("status") == old.get("status") == "partial"


# A real registry, read through its bytes


def registry_node(name: str) -> Session:
    node = Node("VCNODE1", powershell="5.1")
    for line in samples.text_of(f"wine_registry/{name}.jsonl").split("\n"):
        if line:
            entry = json.loads(line)
            key = node.make_key(entry["key"])
            if "name" in entry:
                key.values[entry["name"].lower()] = (entry["name"], Data(entry["type"], bytes.fromhex(entry["hex"])))
    if name == "raw":  # made through the native API: listed, and cannot be opened, so the raw bytes lack it
        node.make_key("SOFTWARE\\VCAuditRaw\\Keys\\nul\0key")
    return Session(node)


@pytest.mark.parametrize("name", ["node", "kinds", "raw"])
def test_the_stand_ins_show_bytes_as_a_real_registry_does(name: str) -> None:
    xml = samples.text_of(f"wine_registry/{name}.xml").encode()
    recorded = probes(xml)
    asked = [("registry", id, next(probe.iter("k")).get("p", "")) for id, probe in recorded]
    new = probes(unwrap(samples.collected(registry_node(name), asked, (60, 1 << 20, 200_000))))
    for (id, old), (_, now) in zip(recorded, new, strict=True):
        assert unordered(shape(now)) == unordered(shape(old)), id


def unordered(element: Any) -> Any:
    """Windows lists values as they were written, Wine sorts them: nothing may depend on it."""
    tag, attributes, children = element
    inner = [unordered(child) for child in children]
    return (tag, sorted(attributes.items()), sorted(inner, key=repr) if tag in ("data", "k") else inner)
