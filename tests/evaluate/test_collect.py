"""`collect` of a pack: what may be asked, the types it gives, and that a gap of one node stays that node's gap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.evaluate.packs import pack, rule, write
from vcaudit.errors import RuleError
from vcaudit.evaluate import askable, shapes
from vcaudit.evaluate.collect import fill
from vcaudit.evaluate.context import Context
from vcaudit.evaluate.engine import judge
from vcaudit.evaluate.lint import lint
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.packs import together
from vcaudit.evaluate.reference import view
from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.shapes import Shape
from vcaudit.results import Outcome, Result
from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.codec import decode, encode
from vcaudit.snapshot.facts.extra import Ask, ExtraCell, ExtraFact, ExtraRow
from vcaudit.snapshot.model import Auditor, Declared, NodeSnapshot, Provenance, Snapshot

KEY = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management"
VC = r"SOFTWARE\VMware, Inc.\VMware VirtualCenter"
CONTROL = r"SYSTEM\CurrentControlSet"
REGISTRY: dict[str, Any] = {
    "registry": KEY,
    "values": {"files": {"value": "PagingFiles", "type": "texts"}, "cleared": {"value": "Clear", "type": "number"}},
}
WMI: dict[str, Any] = {
    "wmi": "Win32_LogicalDisk", "where": {"DriveType": 3},
    "columns": {"letter": {"property": "DeviceID", "type": "text"},
                "free": {"property": "FreeSpace", "type": "number"}},
}  # fmt: skip
HOSTS: dict[str, Any] = {"file": r"%SystemRoot%\system32\drivers\etc\hosts", "read": "lines"}
RULE = rule(
    id="OURS-001", requirements=None, forEach="extra.disks", subject="each.node", node="each.node", role=None,
    expression="each.rows.all(d, d.free == null || d.free > 10)", observed="each.rows.map(d, d.letter)",
    examples={"pass": [{"each": {"rows": []}}], "fail": [{"each": {"rows": [{"free": 1}]}}]},
)  # fmt: skip
GAP = Missing(reason="access_denied", where="VCNODE1 wmi")
PROVENANCE = Provenance(route="", address="", user="", started="", seconds=0, requests=0, bytes_sent=0,
                        bytes_received=0, script_sha256="", requests_sha256="")  # fmt: skip


def asking(folder: Path, *rules: dict[str, Any], **parts: dict[str, Any]) -> Pack:
    return pack(folder, *rules, collect=parts or {"memory": REGISTRY, "disks": WMI, "hosts": HOSTS})


def refused(folder: Path, part: dict[str, Any]) -> str:
    with pytest.raises(RuleError) as error:
        asking(folder, part=part)
    return str(error.value)


def node(*facts: ExtraFact, gap: Missing | None = None) -> NodeSnapshot:
    dark = Missing(reason="unreachable")
    sections = dict.fromkeys(
        ("host", "software", "services", "files", "registry", "database", "accounts", "names", "cluster"), dark
    )
    return NodeSnapshot(name="VCNODE1", provenance=PROVENANCE, extra=gap or facts, **sections)


def row(**cells: Any) -> ExtraRow:
    return ExtraRow(cells=tuple(ExtraCell(name=name, value=value) for name, value in cells.items()))


def fact(loaded: Pack, name: str, *rows: ExtraRow, gap: Missing | None = None) -> ExtraFact:
    part = next(part for part in loaded.collect[0].parts if part.name == name)
    return ExtraFact(ask=part.ask, rows=gap or rows)


def extra(loaded: Pack, *nodes: NodeSnapshot) -> Any:
    return fill(loaded.collect[0], [(f"VCNODE{number}", True, each) for number, each in enumerate(nodes, 1)])


def judged(loaded: Pack, *nodes: NodeSnapshot) -> list[Result]:
    snapshot = Snapshot(cluster="C", taken_at="2026-01-01T00:00:00Z", declared=Declared(nodes=("VCNODE1",)),
                        auditor=Auditor(version="", names=(), resolver=""), nodes=(), permissions=())  # fmt: skip
    under = Context(snapshot, view(), loaded)
    under.extras["demo"] = extra(loaded, *nodes)
    found = judge(loaded.rules[0], under)
    assert under.defects == []
    return found


def test_what_is_asked(tmp_path: Path) -> None:
    assert asking(tmp_path).asks == (
        Ask(kind="registry", target=(KEY,), names=("PagingFiles", "Clear")),
        Ask(kind="wmi", target=(r"root\cimv2", "Win32_LogicalDisk WHERE DriveType = 3"),
            names=("DeviceID", "FreeSpace")),
        Ask(kind="file", target=(r"%SystemRoot%\system32\drivers\etc\hosts", "text")),
    )  # fmt: skip


def struct(shape: Shape) -> type[Fact]:
    """Of the elements of a list."""
    assert shape.item is not None
    assert shape.item.struct is not None
    return shape.item.struct


def test_the_types_are_those_that_were_declared(tmp_path: Path) -> None:
    known = shapes.fields(asking(tmp_path).collect[0].kind)
    memory, disks, hosts = (struct(known[name]) for name in ("memory", "disks", "hosts"))
    fields = shapes.fields(memory)
    assert list(fields) == ["node", "owner", "present", "files", "cleared"]
    assert (str(fields["files"]), fields["files"].nullable, fields["files"].missing) == ("list of string", True, True)
    assert str(shapes.fields(disks)["rows"].item) == "row of disks"
    assert list(shapes.fields(hosts)) == ["node", "owner", "present", "size", "modified", "sha256", "lines"]


def test_rules_see_it_and_examples_are_laid_over_it(tmp_path: Path) -> None:
    assert lint(asking(tmp_path, RULE)) == []
    whole = rule(RULE, forEach=None, subject=None, node=None, expression="extra.memory.all(m, m.present)", examples={
        "pass": [{"vars": {"extra": {"memory": [{"present": True}]}}}],
        "fail": [{"vars": {"extra": {"memory": [{"present": False}]}}}],
    }, observed="extra.memory.map(m, m.node)", message="it is not there")  # fmt: skip
    assert lint(asking(tmp_path, whole)) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"forEach": "extra.disk"}, "extra has no field disk (did you mean disks?)"),
        ({"expression": "each.rows.all(d, d.fre > 1)"}, "d has no field fre (did you mean free?)"),
        ({"expression": "each.rows.all(d, d.free > 'x')"}, "cannot be compared"),
    ],
)
def test_a_slip_in_it_is_told(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(RuleError) as error:
        asking(tmp_path, rule(RULE, **changes))
    assert problem in str(error.value)


def test_without_collect_there_is_no_extra(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"`extra` needs a collect in pack\.yaml"):
        load_pack(write(tmp_path, RULE))


def test_a_null_that_a_rule_does_not_expect_is_told(tmp_path: Path) -> None:
    careless = rule(RULE, expression="each.rows.all(d, d.free > 10)")
    assert any("where free of row of disks is null" in str(found) for found in lint(asking(tmp_path, careless)))


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ({**REGISTRY, "registry": r"SAM\SAM\Domains\Account"}, "is read below SOFTWARE"),
        ({**REGISTRY, "registry": r"SECURITY\Policy\Secrets"}, "is read below SOFTWARE"),
        ({**REGISTRY, "registry": r"Cluster\Resources"}, "is read below SOFTWARE"),
        ({**REGISTRY, "registry": "SOFTWARE"}, "is a key below HKEY_LOCAL_MACHINE"),
        ({**REGISTRY, "registry": r"HKLM\SOFTWARE\X\Y"}, "is read below SOFTWARE"),
        ({**REGISTRY, "registry": r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"}, "holds too much"),
        ({**REGISTRY, "registry": r"software\classes"}, "holds too much"),
        ({**REGISTRY, "registry": r"SYSTEM\CurrentControlSet\Services"}, "is read below SOFTWARE"),
        ({**REGISTRY, "registry": r"SYSTEM\CurrentControlSet\Services\SNMP\Parameters\ValidCommunities"},
         "can hold secrets"),
        ({**REGISTRY, "registry": r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"}, "can hold secrets"),
        ({**REGISTRY, "registry": r"SYSTEM\CurrentControlSet\Control\Lsa\JD"}, "can hold secrets"),
        ({**REGISTRY, "registry": r"SOFTWARE\Vendor\Passwords"}, "can hold secrets"),
        ({**REGISTRY, "registry": r"SOFTWARE\Vendor\${host:Name}"}, "takes no variables"),
        ({"registry": VC, "values": {"x": {"value": r"DB\3", "type": "text"}}}, r"DB\3 can hold a secret"),
        ({"registry": rf"{VC}\DB", "values": {"x": {"value": "3", "type": "text"}}}, "3 can hold a secret"),
        ({"registry": r"SOFTWARE\Vendor\Product", "values": {"x": {"value": "Serial", "type": "text"}}},
         "Serial can hold a secret"),
        ({"registry": r"SOFTWARE\Vendor\Product", "values": {"x": {"value": r"Sub\DbPwd", "type": "text"}}},
         r"Sub\DbPwd can hold a secret"),
        ({**WMI, "wmi": "Win32_Proces"}, "quick and change nothing (did you mean Win32_Processor?): "),
        ({**WMI, "wmi": "Win32_Product"}, "Win32_Product is none of the classes that are quick and change nothing"),
        ({**WMI, "wmi": "CIM_DataFile"}, "CIM_DataFile is none of the classes"),
        ({**WMI, "wmi": "Win32_LogicalDisk; x"}, "is none of the classes"),
        ({**WMI, "namespace": r"root\SecurityCenter"}, r"namespace root\SecurityCenter is none of root\cimv2"),
        ({**WMI, "namespace": r"\\evil\root\cimv2"}, "is none of root"),
        ({**WMI, "where": {"DriveType = 3 OR 1": 1}}, "is no name of a property"),
        ({**WMI, "where": {"Name": ["x"]}}, "must be a text, a whole number, true or false"),
        ({**WMI, "where": {"Name": "${x:y}"}}, "must be a text, a whole number, true or false"),
        ({**WMI, "columns": {"x": {"property": "a, b", "type": "text"}}}, "a, b is no name of a property"),
        ({"wmi": "MSCluster_Resource", "namespace": r"root\MSCluster",
          "columns": {"x": {"property": "ResourceData", "type": "text"}}}, "ResourceData can hold a secret"),
        ({"file": r"\\evil\share\x.txt"}, "is a path on the node itself"),
        ({"file": r"\\.\PhysicalDrive0"}, "is a path on the node itself"),
        ({"file": r"%TEMP%\x"}, "%TEMP% is none of %SystemRoot%"),
        ({"file": r"C:\a\..\b"}, "leads out of its folder"),
        ({"file": r"C:\a\*.txt"}, "is a path on the node itself"),
        ({"file": r"C:\a\b:stream"}, "is a path on the node itself"),
        ({"file": r"relative\x"}, "is a path on the node itself"),
        ({"file": r"C:\${x:y}"}, "is a path on the node itself"),
        ({"file": r"C:\ProgramData\VMware\SSL\rui.key"}, "can hold secrets"),
        ({"file": r"C:\x\store.PFX", "read": "hash"}, "can hold secrets"),
        ({"file": r"%SystemRoot%\system32\config\SAM"}, "can hold secrets"),
        ({"file": r"%SystemRoot%\repair\sam"}, "can hold secrets"),
        *(({"file": rf"C:\Acme\{name}", "read": "hash"}, "can hold secrets") for name in (
            "passwords.txt", "secret.txt", "my.credentials.xml", "unattend.xml", "sysprep.inf", "rui.key.txt",
            "dbPass.ini", "api_token.txt", "id_rsa.txt", "Passwort.txt",
        )),
        *(({"registry": r"SOFTWARE\Acme\Tool", "values": {"x": {"value": name, "type": "text"}}},
           f"{name} can hold a secret") for name in ("ApiKey", "AuthToken", "ServicePass", "BindPw", "PreSharedKey")),
        ({"file": r"C:\vpxd.cfg", "read": "lines"}, "lines are read of"),
        ({"file": r"C:\disk.vmdk", "read": "hash"}, "a hash is made of small kinds of files only"),
        ({"file": r"C:\a.txt", "read": "text"}, "read: must be one of version, hash, lines"),
        ({"file": r"C:\a.txt", "registry": KEY}, "says one of registry, wmi, file"),
        ({}, "says one of registry, wmi, file"),
        ({"registry": KEY}, "values is missing in part"),
        ({"registry": KEY, "values": {"node": {"value": "x", "type": "text"}}}, "node: is a word of its own here"),
        ({"registry": KEY, "values": {"Big": {"value": "x", "type": "text"}}}, "Big: is written in small letters"),
        ({"registry": KEY, "values": {"x": {"value": "x", "type": "flag"}}}, "must be one of text, number, texts"),
        ({"registry": KEY, "values": {"x": {"vlaue": "x", "type": "text"}}}, "unknown key (did you mean value?)"),
        ({"registry": KEY, "values": {f"x{n}": {"value": "x", "type": "text"} for n in range(31)}}, "30 are the most"),
        ({**REGISTRY, "vlaues": {}}, "vlaues: unknown key (did you mean values?)"),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, part: dict[str, Any], problem: str) -> None:
    text = refused(tmp_path, part)
    assert problem in text, text
    assert text.startswith(f"{tmp_path}/pack.yaml:")


@pytest.mark.parametrize(
    "part",
    [
        {"registry": r"SOFTWARE\Vendor\Product", "values": {"x": {"value": r"Sub\Name", "type": "text"}}},
        {"registry": r"SOFTWARE\Wow6432Node\Vendor\Product", "values": {"x": {"value": "", "type": "text"}}},
        {"registry": rf"{CONTROL}\Control\Lsa", "values": {"x": {"value": "LmCompatibilityLevel", "type": "number"}}},
        {"registry": rf"{CONTROL}\Services\W32Time", "values": {"x": {"value": r"Parameters\Type", "type": "text"}}},
        {"wmi": "Win32_Service", "columns": {"x": {"property": "State", "type": "text"}}},
        {"file": r"%ProgramFiles(x86)%\Vendor\app.exe"},
        {"file": r"D:\boot.ini", "read": "hash"},
        *({"file": rf"C:\Acme\{name}", "read": "hash"} for name in (
            "bypass.ini", "PassiveMode.ini", "compass.txt", "Passfilt.dll", "keypass.exe", "tokens.xml", "web.config")),
        {"file": r"C:\Acme\passwords.txt"},
        *({"registry": r"SOFTWARE\Acme\Tool", "values": {"x": {"value": name, "type": "text"}}} for name in (
            "PassiveMode", "KeyPass through", "ProxyBypass", "TokenSize", "ConnectionString")),
        {"file": r"%systemroot%\System32\drivers\etc\HOSTS", "read": "lines"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not(tmp_path: Path, part: dict[str, Any]) -> None:
    assert asking(tmp_path, part=part).asks


def test_a_text_cannot_leave_its_quotes(tmp_path: Path) -> None:
    part = {**WMI, "where": {"Name": "x' OR '1' = '1", "Path": "a\\", "Started": True}}
    (ask,) = asking(tmp_path, part=part).asks
    assert ask.target[1] == r"Win32_LogicalDisk WHERE Name = 'x\' OR \'1\' = \'1' AND Path = 'a\\' AND Started = TRUE"


def test_every_class_is_one_that_answers_at_once() -> None:
    """Those that repair, walk disks or enumerate a domain are in none of the lists."""
    known = {name for classes in askable.CLASSES.values() for name in classes}
    slow = ("Product", "Software", "DataFile", "Directory", "UserAccount", "Group", "Account", "LogEvent", "Patch")
    assert [name for name in known if name.removeprefix("Win32_").startswith(slow) or name.startswith("CIM_")] == []


def test_numbers_of_requests_have_an_end(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="21 requests, and 20 are the most"):
        asking(tmp_path / "a", **{f"x{n}": HOSTS for n in range(21)})
    packs = [pack(tmp_path / f"p{n}", name=f"p{n}", collect={f"x{k}": HOSTS for k in range(20)}) for n in range(4)]
    with pytest.raises(RuleError, match="80 requests in all packs, and 60 are the most"):
        together(packs)


def test_values_become_what_the_pack_says_they_are(tmp_path: Path) -> None:
    loaded = asking(tmp_path)
    seen = extra(loaded, node(
        fact(loaded, "memory", row(PagingFiles=("a", "b"), Clear=1)),
        fact(loaded, "disks", row(DeviceID="C:", FreeSpace="123"), row(deviceid="D:", freespace=None)),
        fact(loaded, "hosts"),
    ))  # fmt: skip
    (memory,), (disks,), (hosts,) = seen.memory, seen.disks, seen.hosts
    assert (memory.node, memory.owner, memory.present) == ("VCNODE1", True, True)
    assert (memory.files, memory.cleared) == (("a", "b"), 1)
    assert [(each.letter, each.free) for each in disks.rows] == [("C:", 123), ("D:", None)]
    assert (hosts.present, hosts.size, hosts.lines) == (False, None, None)


def test_a_value_of_another_type_is_unknown(tmp_path: Path) -> None:
    loaded = asking(tmp_path)
    seen = extra(loaded, node(fact(loaded, "memory", row(PagingFiles=3, Clear="much"))))
    assert {seen.memory[0].files.reason, seen.memory[0].cleared.reason} == {"bad_output"}
    assert seen.memory[0].present is True


def test_what_was_not_asked_says_how_to_ask(tmp_path: Path) -> None:
    loaded = asking(tmp_path, RULE)
    for snapshot in (node(), node(fact(loaded, "hosts"))):
        (found,) = judged(loaded, snapshot)
        assert found.outcome is Outcome.NOT_ASKED
        assert "vcaudit collect --pack" in str(found.detail)
    fewer = ExtraFact(ask=loaded.asks[0], rows=(row(PagingFiles=()),))
    assert extra(loaded, node(fewer)).memory[0].cleared.reason == "not_asked"


def test_a_gap_of_one_node_is_its_own(tmp_path: Path) -> None:
    loaded = asking(tmp_path, RULE)
    good = node(fact(loaded, "disks", row(DeviceID="C:", FreeSpace="100")))
    gaps = node(gap=GAP), node(fact(loaded, "disks", gap=GAP))
    outcomes = [(each.node, each.outcome) for each in judged(loaded, good, *gaps)]
    assert outcomes == [
        ("VCNODE1", Outcome.PASS), ("VCNODE2", Outcome.UNKNOWN), ("VCNODE3", Outcome.UNKNOWN),
    ]  # fmt: skip


@pytest.mark.parametrize("free", ["100", "1", None])
@pytest.mark.parametrize("field", ["DeviceID", "FreeSpace"])
def test_a_gap_never_becomes_another_answer(tmp_path: Path, free: str | None, field: str) -> None:
    loaded = asking(tmp_path, RULE)
    cells = {"DeviceID": "C:", "FreeSpace": free}
    (before,) = judged(loaded, node(fact(loaded, "disks", row(**cells))))
    (after,) = judged(loaded, node(fact(loaded, "disks", row(**{**cells, field: GAP}))))
    assert after.outcome in (before.outcome, Outcome.UNKNOWN)


def test_each_pack_sees_its_own(tmp_path: Path) -> None:
    one = pack(tmp_path / "one", rule(RULE, id="ONE-1"), name="one", collect={"disks": WMI})
    two = pack(tmp_path / "two", rule(RULE, id="TWO-1"), name="two",
               collect={"disks": {**WMI, "where": {"DriveType": 2}}})  # fmt: skip
    both = together([one, two])
    snapshot = Snapshot(
        cluster="C", taken_at="2026-01-01T00:00:00Z", declared=Declared(nodes=("VCNODE1",)), permissions=(),
        auditor=Auditor(version="", names=(), resolver=""),
        nodes=(node(fact(one, "disks", row(DeviceID="C:", FreeSpace="100")),
                    fact(two, "disks", row(DeviceID="A:", FreeSpace="1"))),),
    )  # fmt: skip
    from vcaudit.evaluate.view import build_view

    under = Context(snapshot, build_view(snapshot), both)
    assert [judge(each, under)[0].outcome for each in both.rules] == [Outcome.PASS, Outcome.FAIL]


def test_a_snapshot_keeps_it(tmp_path: Path) -> None:
    loaded = asking(tmp_path)
    seen = node(fact(loaded, "memory", row(PagingFiles=("a",), Clear=None)), fact(loaded, "hosts", gap=GAP))
    snapshot = Snapshot(cluster="C", taken_at="2026-01-01T00:00:00Z", declared=Declared(nodes=()), nodes=(seen,),
                        auditor=Auditor(version="", names=(), resolver=""), permissions=())  # fmt: skip
    assert decode(encode(snapshot), "x") == snapshot
    assert isinstance(msgspec.structs.replace(seen, extra=()), Fact)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"regsitry": r"SOFTWARE\Acme\Tool", "values": {}}, "6: regsitry: unknown key (did you mean registry?)"),
        ({"where": {}, "wmmi": "Win32_Service"}, "7: wmmi: unknown key (did you mean wmi?)"),
        ({"path": "x"}, "5: says one of registry, wmi, file"),
        ({"file": "x", "wmi": "Win32_Service"}, "5: says one of registry, wmi, file"),
    ],
)
def test_a_kind_that_is_misspelt_is_named(tmp_path: Path, entry: dict[str, Any], said: str) -> None:
    with pytest.raises(RuleError) as error:
        asking(tmp_path, thing=entry)
    assert [f"{each.line}: {each.message}" for each in error.value.problems] == [said]


def test_a_text_in_the_registry_is_no_number(tmp_path: Path) -> None:
    """Only WMI hands out numbers as texts: what is stored as text under a number's name is another thing."""
    loaded = asking(tmp_path)
    seen = extra(loaded, node(
        fact(loaded, "memory", row(PagingFiles=("a",), Clear="1")),
        fact(loaded, "disks", row(DeviceID="C:", FreeSpace="123")),
    ))  # fmt: skip
    assert seen.memory[0].cleared.reason == "bad_output"
    assert seen.disks[0].rows[0].free == 123
