"""vpxd.cfg: settings, whatever the layout; damage and hostility become a problem with a line, never an access."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcaudit.sections.vpxdcfg import parse

FRAGMENTS = (Path(__file__).parents[1] / "data/sections/vpxd_fragments.xml").read_bytes()


def read(text: str | bytes) -> dict[str, str]:
    found = parse(text.encode() if isinstance(text, str) else text)
    assert found.settings is not None, found.problems
    return {setting.path: setting.value for setting in found.settings}


def problem(content: str | bytes) -> tuple[int, str]:
    found = parse(content.encode() if isinstance(content, str) else content)
    assert found.settings is None
    return found.problems[0].line, found.problems[0].text


def test_the_fragments() -> None:
    assert read(FRAGMENTS) == {
        "config/vpxd/cluster/VMOverheadGrowthLimit": "5",
        "config/vpxd/macAllocScheme/VMwareOUI": "true",
        "config/vpxd/network/rollback": "false",
        "config/vpxd/enableDebugBrowse": "false",
        "config/log/directory": "D:\\VMware\\Logs",
        "config/log/maxFileSize": "10485760",
        "config/log/maxFileNum": "10",
    }


@pytest.mark.parametrize(
    "text",
    [
        "<config><vpxd><managedip>192.0.2.50</managedip></vpxd></config>",
        "<config>\r\n <vpxd>\r\n  <managedip>\r\n192.0.2.50\r\n</managedip>\r\n </vpxd>\r\n</config>\r\n",
        "<config><!-- a --><vpxd><managedip>192.0.<!-- b -->2.50</managedip></vpxd><?x y?></config><!-- c -->",
        "<?xml version='1.0'?><config><vpxd><managedip><![CDATA[192.0.2.50]]></managedip></vpxd></config>",
        "<config><vpxd><managedip>192&#46;0.2.50</managedip></vpxd></config>",
    ],
)
def test_layout_and_comments_do_not_matter(text: str) -> None:
    assert read(text) == {"config/vpxd/managedip": "192.0.2.50"}


def test_attributes_repetition_empty_elements_and_mixed_text() -> None:
    text = "<config b='2' a='1'><ssl/><x>1</x><x>2</x><y>loose<z/>text</y><X>3</X></config>"
    assert read(text) == {
        "config/@a": "1",
        "config/@b": "2",
        "config/ssl": "",
        "config/x": "1",
        "config/x[2]": "2",
        "config/y": "loosetext",
        "config/y/z": "",
        "config/X": "3",
    }


@pytest.mark.parametrize(
    "content",
    [
        "<c>Müller</c>".encode(),
        b"\xef\xbb\xbf" + "<c>Müller</c>".encode(),
        "<c>Müller</c>".encode("utf-16"),
        "<c>Müller</c>".encode("utf-16-le"),
        "<?xml version='1.0' encoding='UTF-16'?><c>Müller</c>".encode("utf-16"),
        "<?xml version='1.0' encoding='windows-1252'?><c>Müller</c>".encode("cp1252"),
        "<?xml version='1.0' encoding='ISO-8859-1'?>\r\n<c>Müller</c>".encode("latin-1"),
        "<?xml version='1.0' encoding='utf-16'?><c>Müller</c>".encode(),
    ],
)
def test_encodings(content: bytes) -> None:
    assert read(content) == {"c": "Müller"}


@pytest.mark.parametrize(
    ("content", "line", "text"),
    [
        ("<config>\n<a>\n</b>\n</config>", 3, "not well-formed"),
        ("<?xml version='1.0'?>\n\n<config>\n<a></b></config>", 4, "not well-formed"),
        ("<config>", 1, "not well-formed"),
        ("", 1, "not well-formed"),
        ("<c>&nbsp;</c>", 1, "not well-formed"),
        ("<a/>\n<b/>", 2, "not well-formed"),
        (b"<c>\xe4</c>", 1, "encoding"),
        ("<?xml version='1.0' encoding='zlib'?><c/>", 1, "encoding"),
        ("<?xml version='1.0' encoding='punycode'?><c/>", 1, "encoding"),
        ("<a>" * 300 + "</a>" * 300, 1, "not well-formed"),
    ],
)
def test_damage_is_a_problem_with_its_line(content: str | bytes, line: int, text: str) -> None:
    found = problem(content)
    assert found[0] == line
    assert text in found[1]


BOMB = "<!DOCTYPE c [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {chr(98 + i)} '{f'&{chr(97 + i)};' * 10}'>" for i in range(9)
)


@pytest.mark.parametrize(
    "content",
    [
        BOMB + "]><c>&j;</c>",
        BOMB + "]><c x='&j;'/>",
        "<!DOCTYPE c [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><c>&x;</c>",
        "<!DOCTYPE c SYSTEM 'http://127.0.0.1:9/x.dtd'><c/>",
        "<!DOCTYPE c [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/x'> %p;]><c/>",
        "<!-- <!DOCTYPE x> -->\n<?y z?>\n<!DOCTYPE c [<!ENTITY x 'y'>]><c>&x;</c>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_not_processed(content: str, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the parser went out")

    monkeypatch.setattr(socket, "socket", refuse)
    began = time.monotonic()
    line, text = problem(content.encode(encoding))
    assert "document type" in text
    assert line == content[: content.rindex("<!DOCTYPE")].count("\n") + 1
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "content",
    ["<!--" * 200_000, "<?" * 200_000, " " * 1_000_000, "<!---->" * 100_000 + "<c/>", "<c>" + "<password>" * 90_000],
)
def test_hostile_megabytes_take_no_time(content: str) -> None:
    began = time.process_time()
    assert parse(content.encode()).problems or content.endswith("<c/>")
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<c><password>x</password></c>", {"c/password": "***"}),
        ("<c><dbPwd a='1'>x</dbPwd></c>", {"c/dbPwd/@a": "***", "c/dbPwd": "***"}),
        ("<c><secret><one><two>x</two></one></secret></c>", {"c/secret/one/two": "***"}),
        ("<c><x password='y'/></c>", {"c/x/@password": "***", "c/x": ""}),
        ("<c><password/></c>", {"c/password": ""}),
        ("<c><registry><key_1>QUJD</key_1></registry></c>", {"c/registry/key_1": "***"}),
        ("<c><x>*obfuscated</x><y>*.log</y></c>", {"c/x": "***", "c/y": "*.log"}),
        (f"<c><x>{'QUJD' * 12}</x></c>", {"c/x": "***"}),
    ],
)
def test_secrets_are_stars(text: str, expected: dict[str, str]) -> None:
    assert read(text) == expected


def test_a_file_that_does_not_parse_shows_nothing_of_itself() -> None:
    assert "hunter2" not in repr(parse(b"<c><password>hunter2</passwort></c>"))
    assert "hunter2" not in repr(parse(b"<c><password>hunter2"))


@settings(max_examples=80, deadline=None)
@given(content=st.one_of(st.binary(max_size=200), st.text("<>/!?-[]&;'\"= abCDATx\n", max_size=200).map(str.encode)))
def test_nothing_crashes(content: bytes) -> None:
    found = parse(content)
    assert (found.settings is None) == bool(found.problems)
