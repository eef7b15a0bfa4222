"""Hostile and damaged answers: BadOutput or Missing(bad_output), never a crash, never a believable value."""

from __future__ import annotations

import base64
import gzip
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcaudit.collect import envelope
from vcaudit.collect.answer import Answer, decode
from vcaudit.errors import BadOutput
from vcaudit.snapshot.base import Missing

from . import samples

HEAD = '<snapshot v="1" utc="2007-06-19T10:00:00" host="N1" os="w" ps="2.0" clr="2.0" bits="64">'
TAIL = '<end ms="5" /></snapshot>'
GOOD = samples.stdout_of("01-typical")


def document(*probes: str) -> bytes:
    return samples.envelope((HEAD + "".join(probes) + TAIL).encode())


def probe(kind: str, data: str, status: str = "ok", error: str = "") -> str:
    because = f' error="{error}"' if error else ""
    return f'<probe kind="{kind}" id="x" status="{status}"{because} ms="1"><data>{data}</data></probe>'


def read(kind: str, data: str, **more: str) -> Any:
    answer = decode(document(probe(kind, data, **more)))
    reader = {"registry": answer.registry, "wmi": answer.wmi, "file": answer.files, "folder": answer.folders,
              "names": answer.names, "accounts": answer.accounts}[kind]  # fmt: skip
    return reader("x")


# The envelope


@pytest.mark.parametrize(
    ("stdout", "says"),
    [
        (b"", "wrote nothing"),
        (b"  \r\n", "wrote nothing"),
        (b"Access is denied.\r\n", "no answer of the collector in the 19 bytes"),
        (b"#< CLIXML\r\n<Objs/>", "no answer"),
        (GOOD[:3000], "cut after 3,000 bytes"),
        (GOOD.replace(b" VCA1>>>", b""), "cut after"),
        (GOOD + GOOD, "2 answers"),
        (b"<<<VCA1 ab=c VCA1>>>", "not base64"),
        (b"<<<VCA1 AAAA VCA1>>>", "damaged"),
        (b"<<<VCA1 " + base64.b64encode(gzip.compress(b"x", mtime=0)[:-3]) + b" VCA1>>>", "cut or followed"),
        (b"<<<VCA1 " + base64.b64encode(gzip.compress(b"x", mtime=0) + b"y") + b" VCA1>>>", "cut or followed"),
        (samples.envelope(b"<x/>"), "not a plain <snapshot>"),
    ],
)
def test_what_is_no_answer_is_refused(stdout: bytes, says: str) -> None:
    with pytest.raises(BadOutput, match=says):
        decode(stdout)


def test_noise_around_an_answer_does_no_harm() -> None:
    noisy = b"WARNING: profile\r\n<<<VCA0 x\r\n" + GOOD.replace(b"VCA1 H4s", b"VCA1 \r\nH4s") + b"\r\ngoodbye"
    assert decode(noisy).probes.keys() == decode(GOOD).probes.keys()


def test_one_wrong_byte_is_noticed() -> None:
    """The CRC of gzip holds every byte of the answer."""
    start = GOOD.index(b"VCA1 ") + 40
    for offset in range(0, 2000, 97):
        damaged = bytearray(GOOD)
        damaged[start + offset] = ord("A") if damaged[start + offset] != ord("A") else ord("B")
        with pytest.raises(BadOutput):
            decode(bytes(damaged))


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "MAX_XML", 1 << 20)
    packed = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packed.compress(b"\0" * (1 << 20)) for _ in range(50)) + packed.flush()
    assert len(bomb) < 100_000
    with pytest.raises(BadOutput, match="larger than 1 MB"):
        decode(b"<<<VCA1 " + base64.b64encode(bomb) + b" VCA1>>>")


# The document


ENTITIES = '<!DOCTYPE snapshot [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE snapshot [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "xml",
    [
        ENTITIES + HEAD + "&b;" + TAIL,
        OUTSIDE + HEAD + "&a;" + TAIL,
        f"<?xml version='1.0'?>{OUTSIDE}{HEAD}{TAIL}",
        HEAD + "&a;" + TAIL,
        HEAD + '<?xml-stylesheet href="http://192.0.2.1/"?>' + TAIL,
        HEAD + "<!-- x -->" + TAIL,
        HEAD + "text" + TAIL,
        HEAD + "<x>" * 5000 + "</x>" * 5000 + TAIL,
        HEAD + "<probe>" + TAIL,
        HEAD + TAIL[:-5],
        HEAD + "</snapshot>",
        HEAD.replace('v="1"', 'v="2"') + TAIL,
        HEAD.replace(' v="1"', "") + TAIL,
        HEAD.replace('bits="64"', 'bits="sixty-four"') + TAIL,
        HEAD.replace('bits="64"', 'bits="-64"') + TAIL,
        HEAD.replace(' host="N1"', "") + TAIL,
        HEAD.replace("2007-06-19T10:00:00", "yesterday") + TAIL,
        HEAD.replace('os="w"', 'os.u16="AAAA!"') + TAIL,
        HEAD.replace('os="w"', 'os.u16="AA=="') + TAIL,
        HEAD.replace('os="w"', 'os="w" os.u16="YQA="') + TAIL,
        HEAD + '<probe kind="file" id="x" status="ok" ms="1" /></snapshot>',
        HEAD + '<probe kind="file" id="x" status="ok" ms="1" />' + TAIL,
        HEAD + '<probe kind="file" status="ok" ms="1"><data /></probe>' + TAIL,
        HEAD + '<probe kind="file" id="x" status="fine" ms="1"><data /></probe>' + TAIL,
        HEAD + '<probe kind="file" id="x" status="ok" ms="1e9"><data /></probe>' + TAIL,
        HEAD + '<other kind="file" id="x" status="ok" ms="1"><data /></other>' + TAIL,
        "<snapshot " + "x" * 200,
    ],
)  # fmt: skip
def test_a_document_of_another_shape_is_refused(xml: str) -> None:
    with pytest.raises(BadOutput, match="does not follow the contract"):
        decode(samples.envelope(xml.encode()))


def test_another_encoding_is_no_way_around() -> None:
    xml = ('<?xml version="1.0" encoding="utf-16"?>' + OUTSIDE + HEAD + TAIL).encode("utf-16")
    with pytest.raises(BadOutput):
        decode(samples.envelope(xml))


# The parts


def reason(found: Any) -> str:
    assert isinstance(found, Missing), found
    return found.reason


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("registry", "<o />"),
        ("registry", "<k />"),
        ("registry", '<k p="a"><v t="String" d="x" /></k>'),
        ("wmi", "<k />"),
        ("wmi", "<o><p /></o>"),
        ("wmi", "<o><i /></o>"),
        ("file", "<f />"),
        ("file", '<d p="C:\\x" />'),
        ("folder", "<d />"),
        ("folder", '<d p="C:\\x"><k /></d>'),
        ("names", "<h />"),
        ("names", '<h n="a"><i /></h>'),
        ("accounts", ""),
        ("accounts", '<l n="User" />'),
        ("accounts", '<l n="User" /><l n="User" /><l n="Group" />'),
        ("accounts", '<l n="User"><g n="x" /></l><l n="Group" />'),
    ],
)
def test_a_part_of_another_shape_is_missing(kind: str, data: str) -> None:
    assert reason(read(kind, data)) == "bad_output"


@pytest.mark.parametrize(
    "value",
    [
        't="String"',
        't="DWord" d="1"',
        't="DWord" d="0000000G"',
        't="DWord" d="-0000001"',
        't="DWord" d="000000001"',
        't="QWord"',
        't="Binary" d="00"',
        't="Binary" d="0g" size="1"',
        't="Binary" d="0000" size="1"',
        't="Binary" size="3"',
        't="Binary" size="x" d="00"',
        't="Binary" size="9999" sha256="abc"',
        "",
    ],
)
def test_a_damaged_registry_value_has_no_data(value: str) -> None:
    (key,) = read("registry", f'<k p="a"><v n="v" {value} /><v n="good" t="DWord" d="0000000a" /></k>')
    bad, good = key.values
    assert bad.data is None
    assert reason(bad.failure) == "bad_output"
    assert (good.data, good.failure) == (10, None)


def test_items_in_a_number_are_damage() -> None:
    (key,) = read("registry", '<k p="a"><v n="v" t="DWord" d="00000001"><i d="x" /></v></k>')
    assert reason(key.values[0].failure) == "bad_output"


@pytest.mark.parametrize(
    "cell",
    ['n="a" d="x"><i d="y" /></p>', 'n="a"><i d="x" /><p n="b" /></p>', 'n="a"><i><p n="b" d="x" /></i></p>'],
)
def test_a_damaged_property_is_missing(cell: str) -> None:
    (row,) = read("wmi", f'<o><p {cell}<p n="b" d="x" /></o>')
    assert reason(row["a"]) == "bad_output"
    assert row["B"] == "x"


def test_a_property_that_comes_twice_is_missing() -> None:
    (row,) = read("wmi", '<o><p n="State" d="2" /><p n="state" d="3" /></o>')
    assert reason(row["State"]) == "bad_output"


@pytest.mark.parametrize(
    "attributes",
    ["", 'size="1"', 'size="one" mtime="2007-06-19T10:00:00"', 'size="1" mtime="now"',
     'size="1" mtime="2007-06-19T10:00:00" sha256="12"', 'size="1" mtime="2007-06-19T10:00:00" b64="!"',
     'size="1" mtime="2007-06-19T10:00:00" version="two"'],
)  # fmt: skip
def test_a_damaged_file_says_nothing(attributes: str) -> None:
    (file,) = read("file", f'<f p="C:\\x\\y.z" {attributes} />')
    assert reason(file.failure) == "bad_output"
    assert (file.name, file.size, file.sha256, file.content) == ("y.z", None, None, None)


def test_a_file_that_failed_gives_no_content() -> None:
    (file,) = read("file", '<f p="C:\\x" err="IOException 80070020: in use" b64="eA==" />')
    assert reason(file.failure) == "unavailable"
    assert file.content is None


@pytest.mark.parametrize("address", ["", "fe80::1", "192.0.2.256", "192.0.2", "192.0.2.1\x0b", "0192.0.2.1"])
def test_only_addresses_are_addresses(address: str) -> None:
    value = f'd.u16="{base64.b64encode(address.encode("utf-16-le")).decode()}"'
    (name,) = read("names", f'<h n="a"><i {value} /></h>')
    assert reason(name.addresses) == "bad_output"


def test_accounts_without_their_facts() -> None:
    found = read(
        "accounts",
        '<l n="User"><u n="a" sid="S-1-5" /><u n="b" sid="nonsense" flags="x" pwexpired="0" />'
        '<u n="c" err="COMException 800706ba: gone" /></l>'
        '<l n="Group"><g n="g" sid="S-1-5-32-544"><m n="m" sid="x" class="Printer" /></g>'
        '<g n="h" err="UnauthorizedAccessException 80070005: no" /></l>',
    )
    a, b, c = found.users
    assert a.sid == "S-1-5"
    assert {reason(a.disabled), reason(a.must_change_password)} == {"bad_output"}
    assert {reason(b.sid), reason(b.disabled)} == {"bad_output"}
    assert {reason(c.sid), reason(c.disabled), reason(c.expired)} == {"unavailable"}
    g, h = found.groups
    assert reason(g.members[0].sid) == "bad_output"
    assert (g.members[0].is_group, g.members[0].domain) == (None, None)
    assert {reason(h.sid), reason(h.members)} == {"access_denied"}


@pytest.mark.parametrize("status", ["error", "partial", "skipped"])
def test_what_was_not_read_whole_is_missing(status: str) -> None:
    found = read("registry", '<k p="a" />', status=status, error="COMException 800706ba: RPC")
    assert reason(found) == "unavailable"
    assert reason(read("registry", '<k p="a" />', status=status)) == "bad_output"


def test_the_wrong_reader_gets_nothing() -> None:
    answer = decode(document(probe("registry", '<k p="a" />')))
    assert reason(answer.wmi("x")) == "bad_output"
    assert reason(answer.registry("y")) == "bad_output"
    assert answer.failure("x") is None


def test_folder_wants_one() -> None:
    two = decode(document(probe("folder", '<d p="C:\\a" /><d p="C:\\b" />')))
    assert reason(two.folder("x")) == "bad_output"
    one = decode(document(probe("folder", '<d p="C:\\a" />'))).folder("x")
    assert not isinstance(one, Missing)
    assert one.path == "C:\\a"


# References


def skipped(id: str, reference: str) -> str:
    return probe("registry", "", "skipped", f"no value: ${{{reference}}}").replace('id="x"', f'id="{id}"')


def source(data: str, status: str = "ok", error: str = "", kind: str = "registry") -> str:
    return probe(kind, data, status, error).replace('id="x"', 'id="src"')


@pytest.mark.parametrize(
    ("first", "name", "expected"),
    [
        (source('<k p="r"><v n="other" t="String" d="" /></k>'), "1", "not_found"),
        (source('<k p="r" err="not found" />'), "DB\\1", "not_found"),
        (source('<k p="r" err="SecurityException 8013150a: no" />'), "DB\\1", "access_denied"),
        (source('<k p="r" /><k p="r\\DB" err="SecurityException 8013150a: no" />'), "DB\\1", "access_denied"),
        (source('<k p="r" /><k p="r\\DBX" err="SecurityException 8013150a: no" />'), "DB\\1", "not_found"),
        (source('<k p="r" /><k p="r\\DB"><v n="1" err="no data" /></k>'), "db\\1", "bad_output"),
        (source('<k p="r" /><k p="r\\DB"><v n="1" t="String" redacted="1" /></k>'), "DB\\1", "bad_output"),
        (source('<k p="r" />', "partial", "RuntimeException 80131501: time budget exhausted"), "1", "timeout"),
        (source("", kind="wmi"), "PathName", "not_found"),
        (source('<o><p n="PathName" null="1" /></o>', kind="wmi"), "PathName", "not_found"),
        (source('<o><p n="A" err="COMException 800706ba: x" /></o>', kind="wmi"), "A.B", "unavailable"),
        (source('<o><p n="A"><p n="B" redacted="1" /></p></o>', kind="wmi"), "A.B", "bad_output"),
        (source("", "error", "ManagementException 8004100e: x", "wmi"), "A", "not_installed"),
        ("", "A", "bad_output"),
    ],
)
def test_no_value_is_not_found_only_where_its_source_was_read(first: str, name: str, expected: str) -> None:
    answer = decode(document(first, skipped("x", f"src:{name}"), skipped("z", "x:y|folder")))
    assert reason(answer.registry("x")) == expected
    assert reason(answer.registry("z")) == expected, "and what refers to that"


def test_references_in_a_circle_end() -> None:
    answer = decode(document(skipped("x", "z:a"), skipped("z", "x:a")))
    assert reason(answer.registry("x")) == "not_found"


# Anything at all


def every_reader(answer: Answer) -> None:
    for id in answer.probes:
        answer.folder(id)
        answer.accounts(id)
        for look in (answer.registry, answer.wmi, answer.files, answer.folders, answer.names):
            found = look(id)
            assert isinstance(found, (tuple, Missing))


def decoded(stdout: bytes) -> Answer | None:
    try:
        return decode(stdout)
    except BadOutput:
        return None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_never_crash(content: bytes) -> None:
    assert decoded(content) is None
    assert decoded(samples.envelope(content)) is None
    answer = decoded(samples.envelope(HEAD.encode() + content + TAIL.encode()))
    assert answer is None or not answer.probes


ATTRIBUTES = st.sampled_from(
    ["n", "t", "d", "p", "err", "size", "sha256", "b64", "d.u16", "sid", "flags", "null", "mtime"]
)
TEXTS = st.sampled_from(
    ["", "x", "1", "String", "DWord", "0000000a", "AAAA", "YQA=", "User", "Group", "S-1-5-1", "no value: ${x:y}"]
)
TAGS = st.sampled_from(["k", "v", "i", "o", "p", "f", "d", "h", "l", "u", "g", "m"])


def markup(tag: str, attributes: dict[str, str], inner: list[str]) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{written}>{''.join(inner)}</{tag}>"


def elements(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(markup, TAGS, st.dictionaries(ATTRIBUTES, TEXTS, max_size=4), st.lists(children, max_size=3))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["registry", "wmi", "file", "folder", "names", "accounts"]),
    st.lists(st.recursive(elements(st.just("")), elements, max_leaves=8), max_size=4),
)
def test_elements_in_any_order_never_crash(kind: str, data: list[str]) -> None:
    answer = decoded(document(probe(kind, "".join(data))))
    assert answer is None or answer.host == "N1"
    if answer is not None:
        every_reader(answer)
