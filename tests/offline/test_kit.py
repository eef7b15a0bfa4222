"""The kit: the reviewed collector and nothing else, whole or refused, and its answer however it was carried."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collect.test_collector_readonly import FIXED, own_functions, uses
from tests.inprocess import cluster, snapshot
from vcaudit import sections
from vcaudit.capture import Limits, Locations, Request
from vcaudit.cli.app import run as cli
from vcaudit.collect.kit import build_kit, verify
from vcaudit.collect.kitfile import is_kit_output, read_kit
from vcaudit.collect.script import build, collector, read_list, request_list
from vcaudit.errors import SourceError
from vcaudit.lab.harness import Lab
from vcaudit.lab.node import Node
from vcaudit.lab.powershell.lint import lint
from vcaudit.lab.scenario import load
from vcaudit.lab.windows import Session, run

REQUESTS = sections.requests(Locations())
KIT = build_kit(REQUESTS, Limits())
ALLOWED = json.loads((Path(__file__).parents[1] / "collect" / "collector_allowed.json").read_text())


def answer_of(description: dict[str, object], kit: bytes = KIT, name: str = "VCNODE1") -> bytes:
    """What a kit prints on a node of the lab."""
    stdout, stderr, code = run(Session(Node.from_description(name, description)), kit)
    assert (stderr, code) == (b"", 0)
    return stdout


ANSWER = answer_of({"registry": {r"SOFTWARE\VMware, Inc.\VMware VirtualCenter": {"InstalledVersion": "2.0.1"}}})


# The file


def test_it_is_ascii_with_windows_line_ends_and_short_enough_for_any_editor():
    text = KIT.decode("ascii")
    assert text.replace("\r\n", "") == text.replace("\r\n", "").replace("\r", "").replace("\n", "")
    assert text.endswith("}\r\n")


def test_the_collector_in_it_is_the_reviewed_one_byte_for_byte():
    unix = KIT.replace(b"\r\n", b"\n")
    assert unix.count(collector()) == 1
    assert hashlib.sha256(collector()).hexdigest().encode() in unix


def test_its_requests_are_those_of_a_scan():
    baked = KIT.decode().partition("$CfgB64 = '")[2].partition("'")[0]
    listed = base64.b64decode(baked)
    assert listed == request_list(REQUESTS, Limits())
    assert read_list(listed) == (REQUESTS, Limits())
    assert hashlib.sha256(listed).hexdigest() == build(REQUESTS, Limits()).requests_sha256


def test_a_reader_sees_what_it_asks():
    text = KIT.decode()
    for request in REQUESTS:
        assert f"#   {' | '.join((request.kind, request.id, *request.args))}\r\n" in text


def test_its_head_says_how_to_run_and_to_sign_it():
    head = KIT.decode().partition("$CfgB64")[0]
    for words in ("-ExecutionPolicy Bypass -File collect.ps1 >", r".\collect.ps1 >", "Set-AuthenticodeSignature",
                  "vcaudit import", "--verify"):  # fmt: skip
        assert words in head


def test_old_powershell_knows_every_word_of_it():
    assert lint(KIT.replace(b"\r\n", b"\n")) == []


@pytest.mark.parametrize("kind", list(ALLOWED))
def test_it_does_nothing_more_than_the_collector(kind: str):
    """But for taking and printing its answer."""
    more = {
        "types": {"Console", "Globalization.CultureInfo", "Math", "System.IO.StringWriter"},
        "methods": {
            "[Console]::SetOut", "$CfgB64.Trim", "$CfgB64.Trim().Split", '"`n".ToCharArray', "$VcaLine.Trim",
            "$VcaAnswer.ToString", "[Math]::Min",
            "$VcaText.Substring", "$VcaText.Substring($VcaAt, [Math]::Min(64, $VcaText.Length - $VcaAt)).Trim",
        },
        "properties": {"Out", "InvariantCulture", "Length"},
        "other": set(), "commands": set(), "written": set(),
    }  # fmt: skip
    used = uses(KIT)[kind] - (own_functions(KIT) if kind == "commands" else set())
    assert used - set(ALLOWED[kind]) <= more[kind]


def test_no_call_in_it_could_write():
    import re

    assert [why for pattern, why in FIXED if re.search(pattern, KIT.decode())] == []


def test_letters_of_any_country_leave_it_ascii():
    kit = build_kit([Request("folder", "licenses.1", ("D:\\Lizenzen für Übung\U0001f600", "", "8"))], Limits())
    assert kit.isascii()
    assert read_kit("x", answer_of({}, kit)).asked[0].args[0] == "D:\\Lizenzen für Übung\U0001f600"


# Whether it was changed


def test_an_unchanged_kit_is_told_so():
    found = verify(KIT)
    assert found is not None
    assert (found.differs, found.signed, found.requests) == ("", False, REQUESTS)
    assert found.collector_sha256 == hashlib.sha256(collector()).hexdigest()


@pytest.mark.parametrize("carried", [
    KIT.replace(b"\r\n", b"\n"),
    b"\xef\xbb\xbf" + KIT,
    build_kit(REQUESTS, Limits(), "0.0.9"),
], ids=["line ends", "mark", "another version with the same collector"])  # fmt: skip
def test_what_does_not_change_what_runs_is_no_change(carried: bytes):
    found = verify(carried)
    assert found is not None
    assert found.differs == ""


SIGNATURE = b"\r\n# SIG # Begin signature block\r\n# MIIabc\r\n# SIG # End signature block\r\n"


def test_a_signature_is_no_change():
    found = verify(KIT + SIGNATURE)
    assert found is not None
    assert (found.differs, found.signed) == ("", True)


@pytest.mark.parametrize(("old", "new"), [
    (b"opens, lists", b"0pens, lists"),
    (b"[IO.FileMode]::Open", b"[IO.FileMode]::Create"),
    (b"#   deny | deny_registry_1 |", b"#   deny | deny_registry_x |"),
    (b"[Console]::SetOut($VcaConsole)", b"Remove-Item C:\\"),
    (b"<<<VCAKIT1;", b"<<<VCAKIT2;"),
])  # fmt: skip
def test_any_change_is_found(old: bytes, new: bytes):
    assert KIT.count(old) >= 1
    found = verify(KIT.replace(old, new, 1))
    assert found is None or found.differs.startswith("line ")


@pytest.mark.parametrize("tail", [b"Remove-Item C:\\\r\n", SIGNATURE + b"Remove-Item C:\\\r\n"])
def test_more_behind_it_is_found(tail: bytes):
    found = verify(KIT + tail)
    assert found is not None
    assert found.differs


@given(st.integers(0, len(KIT) - 1), st.integers(1, 255))
@settings(max_examples=40, deadline=None)
def test_every_changed_byte_is_found(at: int, flip: int):
    changed = KIT[:at] + bytes([KIT[at] ^ flip]) + KIT[at + 1 :]
    found = verify(changed)
    same = changed.replace(b"\r\n", b"\n").rstrip(b"\n") == KIT.replace(b"\r\n", b"\n").rstrip(b"\n")
    assert found is None or same or found.differs or found.version != "0.1.0"


def test_something_else_is_no_kit():
    assert verify(b"") is None
    assert verify(collector()) is None
    assert verify(b"\xff" * 1000) is None


# Its answer, carried


def test_the_answer_reads_as_over_the_wire():
    """All facts of a scenario, but for what the route itself is about."""
    scenario = load("quorum-disk-2003")
    declared = cluster(scenario)
    script = build_kit(sections.requests(declared.locations), declared.limits)
    for node in snapshot(scenario).nodes:
        capture = read_kit("x.vca", answer_of(scenario.nodes[node.name], script, node.name))
        assert capture.requests_sha256 == build(capture.asked, declared.limits).requests_sha256
        again = sections.read(
            [capture], cluster="x", declared=declared.declared, auditor=snapshot(scenario).auditor, permissions=(),
            taken_at="2026-11-24T06:00:00Z",
        ).nodes[0]  # fmt: skip
        for part in ("software", "services", "files", "registry", "database", "accounts", "names", "cluster"):
            assert getattr(again, part) == getattr(node, part), part
        assert again.host.computer_name == node.host.computer_name  # type: ignore[union-attr]
        assert again.host.clock_skew.reason == "not_asked"  # type: ignore[union-attr]


def wrapped(width: int) -> bytes:
    text = ANSWER.decode().replace("\r\n", "")
    return "\r\n".join(text[at : at + width] for at in range(0, len(text), width)).encode()


CARRIED = {
    "cmd.exe": ANSWER,
    "PowerShell": ANSWER.decode().encode("utf-16"),
    "UTF-16 without a mark": ANSWER.decode().encode("utf-16-le"),
    "UTF-16 the other way": b"\xfe\xff" + ANSWER.decode().encode("utf-16-be"),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + ANSWER,
    "Unix": ANSWER.replace(b"\r\n", b"\n"),
    "mail": ANSWER.replace(b"\r\n", b"  \r\n\t"),
    "wrapped at 80": wrapped(80),
    "wrapped within its marks": wrapped(7),
    "copied from a screen": b"C:\\>powershell -File collect.ps1\r\n" + ANSWER + b"\r\nC:\\>",
    "with umlauts around": "Gerät läuft\r\n".encode("cp850") + ANSWER,
}


@pytest.mark.parametrize("how", CARRIED)
def test_it_survives(how: str):
    assert is_kit_output(CARRIED[how])
    capture = read_kit("x.vca", CARRIED[how])
    assert capture.node == "VCNODE1"
    assert capture.stdout == read_kit("x.vca", ANSWER).stdout
    assert (capture.route, capture.finished, capture.requests) == ("kit", "", 0)
    assert capture.warnings == ("answer of a kit, carried by hand: x.vca",)


def test_no_line_of_it_is_wrapped_by_a_console():
    assert max(map(len, ANSWER.decode().splitlines())) < 80


@pytest.mark.parametrize(("data", "said"), [
    (b"", "is empty"),
    (b"\xff\xfe", "is empty"),
    (ANSWER + ANSWER, "several answers"),
    (ANSWER[:-200], "the answer is cut"),
    (ANSWER[ANSWER.index(b"<<<VCA1 ") :], "not what was asked for"),
    (ANSWER[: ANSWER.index(b"<<<VCA1 ")], "no answer: the script ended early"),
    (KIT, "is the kit itself"),
    (b"<html>", "is no answer of a kit"),
    (ANSWER[:-100] + b"A" + ANSWER[-99:], "on the way"),
    (b"\r\n".join(line[:60] for line in ANSWER.split(b"\r\n")), ""),
])  # fmt: skip
def test_what_was_lost_on_the_way_is_said(data: bytes, said: str):
    with pytest.raises(SourceError) as caught:
        read_kit("NODE.vca", data)
    assert str(caught.value).startswith("NODE.vca: ")
    assert said in str(caught.value)


def test_another_collector_is_said():
    known = hashlib.sha256(collector()).hexdigest()
    changed = ANSWER.replace(b"\r\n", b"").replace(known.encode(), b"0" * 64)
    assert "another collector (SHA-256 000" in read_kit("x", changed).warnings[1]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damage_is_never_a_wrong_answer(data: st.DataObject):
    """A byte changed, cut, or put in between: the same answer as before, or an error."""
    at = data.draw(st.integers(0, len(ANSWER) - 1))
    cut = data.draw(st.integers(0, 3))
    more = data.draw(st.binary(max_size=3))
    damaged = ANSWER[:at] + more + ANSWER[at + cut :]
    try:
        capture = read_kit("x", damaged)
    except SourceError:
        return
    assert capture.stdout == read_kit("x", ANSWER).stdout


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_anything_at_all_is_an_error_with_words(data: bytes):
    with pytest.raises(SourceError):
        read_kit("x", data)


# The verb


def test_the_verb_writes_and_checks(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VCAUDIT_INVENTORY", raising=False)
    assert cli(["kit", "-o", "collect.ps1"]) == 0
    assert Path("collect.ps1").read_bytes() == KIT
    assert cli(["kit", "--verify", "collect.ps1"]) == 0
    assert "as this version of vcaudit writes it" in capsys.readouterr().out
    Path("collect.ps1").write_bytes(KIT.replace(b"lists", b"1ists", 1))
    assert cli(["kit", "--verify", "collect.ps1"]) == 3
    assert "CHANGED: line 2" in capsys.readouterr().out


def test_the_verb_takes_locations_from_the_inventory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("vcaudit.yaml").write_text(r"""
clusters:
  A: {nodes: {N1: 192.0.2.1, N2: 192.0.2.2}, locations: {licenses: 'D:\Flexlm'}}
  B: {nodes: {N3: 192.0.2.3, N4: 192.0.2.4}}
credentials: {a: {user: u, prompt: true}}
""")
    assert cli(["kit", "-o", "collect.ps1"]) == 3
    assert cli(["kit", "-o", "collect.ps1", "--cluster", "A"]) == 0
    assert b"folder | licenses.1 | D:\\Flexlm |" in Path("collect.ps1").read_bytes()


@pytest.mark.parametrize("arguments", [[], ["-o", "x", "--verify", "y"], ["--verify", "no-such-file"]])
def test_the_verb_says_what_is_wrong(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli(["kit", *arguments]) == 3
    assert capsys.readouterr().err.startswith("vcaudit: ")


def test_a_reviewer_finds_the_hash_of_the_requests_in_kit_snapshot_and_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    with Lab(load("quorum-disk-2003")) as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        assert cli(["collect", "-o", str(tmp_path / "s.json")]) == 0
        assert cli(["kit", "-o", str(tmp_path / "kit.ps1")]) == 0
    capsysbinary.readouterr()
    assert cli(["kit", "--verify", str(tmp_path / "kit.ps1")]) == 0
    told = re.search(rb"requests SHA-256  ([0-9a-f]{64})", capsysbinary.readouterr().out)
    assert told
    digest = told[1].decode()
    taken = json.loads((tmp_path / "s.json").read_bytes())
    assert {node["provenance"]["requests_sha256"] for node in taken["nodes"]} == {digest}
    cli(["evaluate", str(tmp_path / "s.json"), "--format", "json", "--format", f"text:{tmp_path / 'r.txt'}", "--full"])
    results = json.loads(capsysbinary.readouterr().out)
    assert {node["requests_sha256"] for node in results["clusters"][0]["provenance"]["nodes"]} == {digest}
    text = "".join((tmp_path / "r.txt").read_text().split())  # long words are broken at the width
    assert text.count(f"requests:sha256{digest}") == 2
    assert text.count(f"script:sha256{hashlib.sha256(collector()).hexdigest()}") == 2
