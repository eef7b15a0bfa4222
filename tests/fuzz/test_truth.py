"""Where there is a truth to hold a parser against: what was written comes back, and what was changed does not."""

from __future__ import annotations

import csv
import io
import re
import string
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import assume
from hypothesis import strategies as st

from tests.fuzz.damage import LENGTHS, tried
from tests.fuzz.test_parsers import answer
from tests.inprocess import judged
from vcaudit import sections
from vcaudit.capture import Limits, Request
from vcaudit.collect import clusterexe
from vcaudit.collect.answer import decode
from vcaudit.collect.element import Damaged
from vcaudit.collect.envelope import unwrap
from vcaudit.collect.regfile import parse_reg
from vcaudit.collect.script import build, read_list, request_list
from vcaudit.errors import BadOutput, ResultsError, SnapshotError
from vcaudit.lab.node import Node
from vcaudit.lab.scenario import load
from vcaudit.lab.windows import execute, wql
from vcaudit.report import json as results_json
from vcaudit.results import AuditResults
from vcaudit.sections import flexlm, references, vpxdcfg
from vcaudit.snapshot import codec
from vcaudit.snapshot.facts import Permission
from vcaudit.snapshot.model import Snapshot
from vcaudit.transport.base import BOOTSTRAP

pytestmark = pytest.mark.parametrize("length", LENGTHS)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
"""Lone surrogates, NUL and all."""
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
WORD = st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=12)


# Snapshots and results


def facts_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type, as the model declares it: a new field is covered on the day it is added."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return st.one_of([facts_of(each) for each in get_args(hint)])
    if origin is tuple:
        return st.lists(facts_of(get_args(hint)[0]), max_size=2).map(tuple)
    if origin is Mapping:
        keys, values = get_args(hint)
        return st.dictionaries(facts_of(keys), facts_of(values), max_size=2)
    if origin is Literal:
        return st.sampled_from(get_args(hint))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return struct_of(hint)
    known: dict[Any, st.SearchStrategy[Any]] = {
        str: ANY_TEXT, int: st.integers(-(2**63), 2**64 - 1), bool: st.booleans(), NoneType: st.none(),
        float: st.floats(allow_nan=False, allow_infinity=False, width=32),
    }  # fmt: skip
    return known[hint]


@cache
def struct_of(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    fields = {name: facts_of(hints[name]) for name in kind.__struct_fields__ if name != "schema"}
    if kind is Snapshot:  # the one text that is no name from a node
        moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31))
        fields["taken_at"] = moments.map(lambda when: f"{when:%Y-%m-%dT%H:%M:%SZ}")
    return st.deferred(lambda: st.builds(kind, **fields))


def test_any_snapshot_comes_back(length: str) -> None:
    def check(seen: Snapshot) -> None:
        assert codec.decode(codec.encode(seen), "s.json") == seen

    tried(length, 40, struct_of(Snapshot), check)


@cache
def healthy() -> tuple[AuditResults, bytes]:
    results = judged(load("quorum-disk-2003"))
    return results, results_json.render(results)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all single values of a JSON document."""
    if isinstance(value, dict):
        return [leaf for key, each in value.items() for leaf in leaves(each, (*path, key))]
    if isinstance(value, list):
        return [leaf for number, each in enumerate(value) for leaf in leaves(each, (*path, number))]
    return [path]


OTHER_VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), TEXT, st.just([]), st.just({}), st.floats(0, 1))


def test_results_with_one_other_value_are_refused_or_other_results(length: str) -> None:
    results, data = healthy()
    document = msgspec.json.decode(data)
    places = leaves(document)

    def check(change: tuple[int, Any]) -> None:
        path, value = places[change[0]], change[1]
        changed = msgspec.json.decode(data)
        inner = changed
        for step in path[:-1]:
            inner = inner[step]
        assume(type(inner[path[-1]]) is not type(value) or inner[path[-1]] != value)
        inner[path[-1]] = value
        try:
            seen = results_json.load(msgspec.json.encode(changed), "r.json")
        except ResultsError:
            return
        # A field that has a default may stand there as that: nothing else is taken for what it is not.
        assert seen != results or value in (None, [], 0, 0.0, 1.0, inner[path[-1]])

    assert results_json.load(data, "r.json") == results
    tried(length, 60, st.tuples(st.integers(0, len(places) - 1), OTHER_VALUES), check)


def test_no_cut_snapshot_is_read(length: str) -> None:
    def check(pair: tuple[Snapshot, float]) -> None:
        data = codec.encode(pair[0])
        cut = data[: int(len(data.rstrip()) * pair[1])]
        with pytest.raises(SnapshotError):
            codec.decode(cut, "s.json")

    tried(length, 20, st.tuples(struct_of(Snapshot), st.floats(0, 0.999)), check)


# What nodes answer


NAMES = st.text(st.characters(exclude_categories=(), exclude_characters="\0"), max_size=12)
REGISTRY_DATA = st.one_of(
    TEXT,
    st.integers(0, 2**32 - 1),
    st.lists(NAMES.filter(bool), max_size=4),
    st.builds(lambda data: {"type": "REG_EXPAND_SZ", "data": data}, TEXT),
    st.builds(lambda data: {"type": "REG_QWORD", "data": data}, st.integers(0, 2**63 - 1)),
    st.builds(lambda data: {"type": "REG_BINARY", "data": data.hex(" ")}, st.binary(max_size=20)),
)


def test_registry_values_come_back_through_the_collector(length: str) -> None:
    script = build([Request("registry", "vc", ("SOFTWARE\\X",))], Limits())

    def check(values: dict[str, Any]) -> None:
        # Names are one name when their case alone differs; not every character has one other case that all agree on.
        assume(len({name.upper() for name in values}) == len({name.lower() for name in values}) == len(values))
        node = Node.from_description("N", {"registry": {"SOFTWARE\\X": values}})
        stdout, stderr, code = execute(node, BOOTSTRAP, script.text)
        assert (stderr, code) == (b"", 0)
        keys = decode(stdout).registry("vc")
        assert isinstance(keys, tuple)
        seen = {value.name: value.data for value in keys[0].values}
        assert seen == {name: held(value) for name, value in values.items()}

    tried(length, 25, st.dictionaries(NAMES, REGISTRY_DATA, max_size=6), check)


def held(value: Any) -> Any:
    """What a value of the lab's description is to whoever reads it."""
    if isinstance(value, list):
        return tuple(value)
    if not isinstance(value, dict):
        return value
    return bytes.fromhex(value["data"]) if value["type"] == "REG_BINARY" else value["data"]


def test_an_answer_survives_noise_and_wrapping_and_nothing_else(length: str) -> None:
    whole = unwrap(answer())
    line = answer().strip()
    noise = st.binary(max_size=30).filter(lambda data: b"VCA1" not in data)

    def check(parts: tuple[bytes, bytes, int, int]) -> None:
        before, after, width, cut = parts
        wrapped = b"\r\n".join(line[at : at + width] for at in range(0, len(line), width))
        body = line[:8] + wrapped[8:] if width > 8 else line
        if b"VCA1>>>" in body:
            assert unwrap(before + b"\r\n" + body + b"\r\n" + after) == whole
        with pytest.raises(BadOutput):
            unwrap(before + line[: cut % len(line)] + after)

    tried(length, 40, st.tuples(noise, noise, st.integers(20, 200), st.integers(0, 10**6)), check)


def test_a_request_list_comes_back(length: str) -> None:
    letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="${}")
    argument = st.text(letters, min_size=1, max_size=20)
    kinds = st.one_of(
        st.builds(lambda text: ("registry", (text,)), argument),
        st.builds(lambda text, mode: ("file", (text, mode)), argument, st.sampled_from(["hash", "text", "version"])),
        st.builds(lambda text, depth: ("folder", (text, "", str(depth))), argument, st.integers(0, 9)),
        st.builds(lambda text: ("names", (text,)), argument),
    )

    def check(asked: list[tuple[str, tuple[str, ...]]]) -> None:
        requests = tuple(Request(kind, f"r{number}", args) for number, (kind, args) in enumerate(asked))  # type: ignore[arg-type]
        assert read_list(request_list(requests, Limits())) == (requests, Limits())

    tried(length, 60, st.lists(kinds, max_size=8), check)


# Licences


@st.composite
def licences(draw: st.DrawFn) -> list[list[str]]:
    """Words of some license lines."""
    signature = " ".join(draw(st.lists(st.text("0123456789ABCDEF", min_size=4, max_size=4), min_size=3, max_size=9)))
    lines = []
    for number in range(draw(st.integers(1, 4))):
        words = [draw(st.sampled_from(["INCREMENT", "FEATURE"])), draw(st.sampled_from(["PROD_VC", "VC_DAS"])),
                 "VMWARELM", draw(st.sampled_from(["2005.05", "2.0"])),
                 draw(st.sampled_from(["permanent", "31-dec-2027"])), str(draw(st.integers(1, 99)))]  # fmt: skip
        words += draw(st.sampled_from([[], ["TS_OK"], ['VENDOR_STRING="a b;c=d"'], ["HOSTID=0017a4000011"]]))
        lines.append([*words, f"ISSUED=0{1 + number}-jul-2006", f'SIGN="{signature}"'])
    return lines


@st.composite
def flowed(draw: st.DrawFn, lines: list[list[str]]) -> bytes:
    """The same licences, laid out in another way."""
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    out = [draw(st.sampled_from(["", "# a comment", "SERVER this_host ANY 27000", "  "]))]
    for words in lines:
        parts: list[str] = []
        for word in words:
            # Within quotes a line may be continued as well.
            pieces = word.split(" ") if draw(st.booleans()) else [word]
            parts += pieces
        text = parts[0]
        for part in parts[1:]:
            text += draw(st.sampled_from([" ", " ", "  ", " \\\n\t", " \\\n# between\n  "])) + part
        out += [text, *draw(st.lists(st.sampled_from(["", "# more", "\t"]), max_size=2))]
    text = "\n".join(out) + draw(st.sampled_from(["", "\n"]))
    return text.replace("\n", newline).encode(draw(st.sampled_from(["ascii", "utf-8-sig", "utf-16"])))


def identities(data: bytes) -> list[str]:
    found = flexlm.parse("a.lic", data, "0" * 64)
    assert not found.problems, found.problems
    return [one.identity for one in found.licenses]


def test_a_licence_is_the_same_however_it_is_laid_out(length: str) -> None:
    plain = licences().flatmap(lambda lines: st.tuples(st.just(lines), flowed(lines)))

    def check(pair: tuple[list[list[str]], bytes]) -> None:
        lines, data = pair
        assert identities(data) == identities("\n".join(" ".join(words) for words in lines).encode())

    tried(length, 80, plain, check)


def test_a_licence_with_one_other_character_is_another_licence(length: str) -> None:
    def check(given: tuple[list[list[str]], int, str]) -> None:
        lines, place, sign = given
        text = " ".join(lines[0])
        at = place % len(text)
        assume(text[at].isalnum() and text[at].lower() != sign.lower())
        changed = text[:at] + sign + text[at + 1 :]
        before = flexlm.parse("a.lic", text.encode(), "0" * 64)
        after = flexlm.parse("a.lic", changed.encode(), "0" * 64)
        same = [one.identity for one in after.licenses] == [one.identity for one in before.licenses]
        assert not same or after.problems, changed

    tried(length, 150, st.tuples(licences(), st.integers(0, 500), st.sampled_from("0123456789ABCDEFXYZ")), check)


# vpxd.cfg


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> tuple[str, dict[str, str], str, list[Any]]:
    """Name, attributes, text, children."""
    name = draw(st.sampled_from(["vpxd", "ssl", "managedip", "log", "a-b", "level", "HttpsPort"]))
    attributes = draw(st.dictionaries(st.sampled_from(["id", "value", "x-y"]), PLAIN, max_size=3))
    below = draw(st.lists(elements(depth + 1), max_size=3)) if depth < 3 else []
    return name, attributes, "" if below else draw(PLAIN), below


PLAIN = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12).map(str.strip)


def written(element: tuple[str, dict[str, str], str, list[Any]], tidy: bool, depth: int = 0) -> str:
    """As XML: tidy, or with comments, other quotes and attributes the other way round."""
    name, attributes, text, below = element
    pairs = list(attributes.items()) if tidy else list(reversed(attributes.items()))
    quote = '"' if tidy else "'"
    head = name + "".join(f" {key}={quote}{escaped(value)}{quote}" for key, value in pairs)
    blank = "\n" + "  " * depth if tidy else "\r\n\t"
    if not text and not below:
        return f"{blank}<{head}/>" if tidy else f"{blank}<{head}  ></{name}>"
    comment = "" if tidy else "<!-- <no/> -->"
    body = "".join(written(child, tidy, depth + 1) for child in below) or (
        escaped(text) if tidy else f"{blank}{escaped(text)}{comment}{blank}"
    )
    return f"{blank}<{head}>{comment}{body}{blank if below else ''}</{name}>"


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("'", "&#39;")


def test_settings_are_the_same_however_the_file_is_laid_out(length: str) -> None:
    def check(given: tuple[Any, str]) -> None:
        element, encoding = given
        tidy = vpxdcfg.parse(f"<config>{written(element, True)}</config>".encode())
        other = f'<?xml version="1.0"?>\r\n<!-- c --><config\r\n>{written(element, False)}\r\n</config>\r\n'
        assert tidy.settings is not None, tidy.problems
        assert vpxdcfg.parse(other.encode(encoding)) == tidy

    tried(length, 60, st.tuples(elements(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])), check)


# Small languages


def test_a_reference_gives_back_class_and_keys(length: str) -> None:
    def check(given: tuple[str, str, dict[str, str]]) -> None:
        node, classname, keys = given
        keys = {**keys, "Name": keys.get("Name", "x")}
        # Inside the quotes a backslash stands before itself and before a quote.
        quoted = {key: re.sub(r'(["\\])', r"\\\1", value) for key, value in keys.items()}
        pairs = ",".join(f'{key}="{value}"' for key, value in quoted.items())
        for head in ("", "root\\MSCluster:", f"\\\\{node}\\root\\MSCluster:"):
            found = references.parse(f"{head}{classname}.{pairs}")
            assert found == references.Reference(classname, {key.lower(): value for key, value in keys.items()})

    names = st.text(string.ascii_letters + "_", min_size=1, max_size=9)
    keys = st.dictionaries(st.sampled_from(["Name", "Id", "Group"]), TEXT, min_size=1)
    tried(length, 80, st.tuples(WORD, names, keys), check)


def test_what_stands_in_a_query_is_what_is_asked(length: str) -> None:
    def check(given: tuple[list[str], str, str]) -> None:
        names, cls, value = given
        text = value.replace("\\", "\\\\").replace("'", "\\'")
        query = wql.parse(f"SELECT {', '.join(names)} FROM {cls} WHERE Name = '{text}'")
        assert query == (frozenset(name.lower() for name in names), cls.lower(), (("name", value.lower()),))

    names = st.text(string.ascii_letters, min_size=1, max_size=8)
    value = TEXT.filter(lambda text: "\n" not in text)
    tried(length, 60, st.tuples(st.lists(names, min_size=1, max_size=4), names, value), check)


def test_role_holders_come_back_from_any_spreadsheet(length: str, tmp_path: Path) -> None:
    field = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip).filter(bool)
    row = st.builds(Permission, principal=field, is_group=st.booleans(), role=field, entity=field)
    rows = st.lists(row, max_size=5)

    def check(given: tuple[list[Permission], str, int, str]) -> None:
        wanted, delimiter, quoting, encoding = given
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
        writer.writerow(["entity", "is_group", "Comment", "Principal", "role"])
        for one in wanted:
            writer.writerow([one.entity, "yes" if one.is_group else "0", "x", one.principal, one.role])
        path = tmp_path / "p.csv"
        path.write_bytes(out.getvalue().encode(encoding))
        assert sections.read_permissions(path) == tuple(wanted)

    tried(length, 60, st.tuples(rows, st.sampled_from(",;\t"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
                                st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])), check)  # fmt: skip


# Exports of the registry


@st.composite
def exports(draw: st.DrawFn) -> tuple[dict[str, dict[str, tuple[int, bytes]]], list[str]]:
    """Keys with the bytes of their values, and the lines regedit writes for them, an empty one at the end."""
    content = {}
    lines = ["Windows Registry Editor Version 5.00", ""]
    names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=8)
    for key in draw(st.lists(WORD, min_size=1, max_size=3, unique_by=str.lower)):
        path = f"SOFTWARE\\{key}"
        lines.append(f"[HKEY_LOCAL_MACHINE\\{path}]")
        values: dict[str, tuple[int, bytes]] = {}
        for name in draw(st.lists(names, max_size=4, unique_by=str.lower)):
            kind = draw(st.sampled_from([1, 4, 3, 7, 2]))
            quoted = f'"{name.replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34))}"' if name else "@"
            if kind == 1:
                text = draw(names)
                raw = text.encode("utf-16-le") + b"\0\0"
                shown = f'"{text.replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34))}"'
            elif kind == 4:
                number = draw(st.integers(0, 2**32 - 1))
                raw, shown = number.to_bytes(4, "little"), f"dword:{number:08x}"
            else:
                raw = draw(st.binary(max_size=60))
                shown = wrapped("hex:" if kind == 3 else f"hex({kind}):", raw, len(quoted))
            values[name.lower()] = (kind, raw)
            lines += f"{quoted}={shown}".split("\n")
        content[path.lower()] = values
        lines.append("")
    return content, [*lines, ""]


def wrapped(head: str, raw: bytes, indent: int) -> str:
    """Octets as regedit folds them at 80 columns."""
    out, line = "", " " * indent + head
    for number, octet in enumerate(raw):
        line += f"{octet:02x}" + ("," if number < len(raw) - 1 else "")
        if len(line) > 76 and number < len(raw) - 1:
            out, line = out + line + "\\\n", "  "
    return (out + line)[indent:]


def test_an_export_comes_back(length: str) -> None:
    def check(given: tuple[Any, str]) -> None:
        (content, lines), newline = given
        found = parse_reg(("\ufeff" + newline.join(lines)).encode("utf-16-le"))
        assert not found.problems, found.problems
        seen = {path: {name: (value.type, value.raw) for name, value in key.values.items()}
                for path, key in found.keys.items()}  # fmt: skip
        assert seen == content

    tried(length, 60, st.tuples(exports(), st.sampled_from(["\r\n", "\n"])), check)


def test_a_damaged_export_gives_no_other_bytes_unsaid(length: str) -> None:
    """Lines lost or cut: what is still given is what was there, or the file says where it is damaged."""

    def check(given: tuple[Any, int, bool]) -> None:
        (content, lines), place, cut = given
        at = 2 + place % max(1, len(lines) - 2)
        assume(at < len(lines))
        # A line that vanishes whole is one value less, which nothing can show; a continuation's is told.
        continued = lines[at - 1].endswith("\\") or lines[at].endswith("\\")
        assume(cut or continued)
        lost = [*lines[:at], *([lines[at][: len(lines[at]) // 2]] if cut else []), *([] if cut else lines[at + 1 :])]
        found = parse_reg(("\ufeff" + "\r\n".join(lost)).encode("utf-16-le"))
        for path, key in found.keys.items():
            for name, value in key.values.items():
                true = content.get(path, {}).get(name)
                assert true == (value.type, value.raw) or value.raw is None or key.damaged

    tried(length, 80, st.tuples(exports(), st.integers(0, 99), st.booleans()), check)


# Listings of cluster.exe


def test_a_listing_comes_back_or_says_that_it_is_ambiguous(length: str) -> None:
    name = st.text(string.ascii_letters + string.digits + " ()-", min_size=1, max_size=30).map(
        lambda text: " ".join(text.split())).filter(bool)  # fmt: skip
    rows = st.lists(st.tuples(name, name, WORD, st.sampled_from(["Online", "Offline", "Failed", "Online Pending"])),
                    max_size=6, unique_by=lambda row: row[0].lower())  # fmt: skip

    def check(given: tuple[list[tuple[str, str, str, str]], str]) -> None:
        wanted, newline = given
        head = ["Listing status for all available resources:", "",
                f"{'Resource':<20} {'Group':<20} {'Node':<15} Status",
                f"{'-' * 20} {'-' * 20} {'-' * 15} ------"]  # fmt: skip
        lines = [f"{one:<20} {group:<20} {node:<15} {status}" for one, group, node, status in wanted]
        text = newline.join(["", *head, *lines, ""])
        try:
            seen = clusterexe.resources(text, [row[1] for row in wanted], [row[0] for row in wanted])
        except Damaged:
            return
        assert [tuple(row) for row in seen] == wanted

    tried(length, 80, st.tuples(rows, st.sampled_from(["\n", "\r\n"])), check)


def test_base64_of_the_envelope_is_strict(length: str) -> None:
    def check(sign: str) -> None:
        line = answer()
        at = len(line) // 2
        with pytest.raises(BadOutput):
            unwrap(line[:at] + sign.encode() + line[at:])

    tried(length, 20, st.sampled_from(string.ascii_letters + "=+/!*"), check)
