"""Each parser on damaged files of its own kind: nothing but our own errors, in time, and never a traceback."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fuzz.damage import LENGTHS, damaged, tried
from tests.inprocess import judged, snapshot
from vcaudit import sections, yamlfile
from vcaudit.capture import Capture, Limits, Locations
from vcaudit.collect import clusterexe
from vcaudit.collect.answer import decode
from vcaudit.collect.element import Damaged
from vcaudit.collect.envelope import unwrap
from vcaudit.collect.kit import build_kit, verify
from vcaudit.collect.kitfile import is_kit_output, read_kit
from vcaudit.collect.regfile import is_reg, parse_reg
from vcaudit.collect.script import build, read_list, request_list
from vcaudit.errors import (
    BadOutput,
    InventoryError,
    PermissionsError,
    ResultsError,
    ScenarioError,
    SnapshotError,
    SourceError,
    UsageError,
    VcauditError,
)
from vcaudit.evaluate.rulefile import load_rule
from vcaudit.inventory.loader import load_inventory
from vcaudit.lab import scenario as lab
from vcaudit.lab.node import Node
from vcaudit.lab.powershell.errors import Unsupported
from vcaudit.lab.windows import Session, execute, run, wql
from vcaudit.report import json as results_json
from vcaudit.resources import package_file, rules_dir
from vcaudit.sections import certificate, flexlm, references, vpxdcfg
from vcaudit.sections.secrets import redact
from vcaudit.snapshot import codec
from vcaudit.snapshot.model import Auditor, Declared
from vcaudit.transport.base import BOOTSTRAP

DATA = Path(__file__).parents[1] / "data"
REQUESTS = sections.requests(Locations())


def files(*patterns: str) -> Callable[[], tuple[bytes, ...]]:
    """Recorded samples, with both line ends."""

    def read() -> tuple[bytes, ...]:
        every = [path.read_bytes() for pattern in patterns for path in sorted(DATA.glob(pattern))]
        return (*every, *(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for data in every))

    return read


@cache
def node() -> Node:
    """The first node of a healthy cluster."""
    name, description = next(iter(lab.load("quorum-disk-2003").nodes.items()))
    return Node.from_description(name, description)


@cache
def answer() -> bytes:
    """What the collector writes on it."""
    return execute(node(), BOOTSTRAP, build(REQUESTS, Limits()).text)[0]


def document() -> bytes:
    """The XML in that answer, unpacked."""
    packed = re.findall(rb"VCA1 ([A-Za-z0-9+/=]+) ", answer())[0]
    return gzip.decompress(base64.b64decode(packed))


def packed(xml: bytes) -> bytes:
    """As the collector packs it: what is damaged inside arrives whole."""
    return b"<<<VCA1 " + base64.b64encode(gzip.compress(xml, 1)) + b" VCA1>>>\r\n"


def read_answer(stdout: bytes) -> None:
    """Down to the facts: whatever the answer says, there is a node, and a snapshot that can be kept."""
    seen = sections.read(
        [Capture(node="N", route="r", address="a", user="u", started="2026-11-24T06:00:00Z",
                 finished="2026-11-24T06:00:01Z", seconds=1, requests=1, bytes_sent=1, bytes_received=1,
                 script_sha256="s", asked=REQUESTS, stdout=stdout)],
        cluster="c", declared=Declared(nodes=("N",)), auditor=Auditor(version="1", names=(), resolver="r"),
        permissions=(), taken_at="2026-11-24T06:00:00Z",
    )  # fmt: skip
    assert codec.decode(codec.encode(seen), "s.json") == seen


def kit_answer() -> tuple[bytes, ...]:
    stdout, _, _ = run(Session(node()), build_kit(REQUESTS, Limits()))
    return stdout, stdout.decode("ascii").encode("utf-16")


def read_kit_output(data: bytes) -> None:
    is_kit_output(data)
    read_kit("kit.txt", data)


def parse_scenario(data: bytes) -> None:
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(suffix=".yaml") as file:
        file.write(data)
        file.flush()
        lab.load(file.name)


def permissions(data: bytes) -> None:
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(suffix=".csv") as file:
        file.write(data)
        file.flush()
        sections.read_permissions(Path(file.name))


def inventory(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    load_inventory(Path("vcaudit.yaml"), text)


def rule(data: bytes) -> None:
    made, problems = load_rule(Path("VC-X-001.yaml"), data.decode("utf-8", "surrogateescape"))
    assert (made is None) == bool(problems)


def listings(data: bytes) -> None:
    """Each listing is read as each kind: a file's name need not say the truth."""
    text, read = data.decode("cp437"), 0
    for parse in (clusterexe.nodes, clusterexe.groups, clusterexe.resources, clusterexe.owners,
                  lambda text: clusterexe.properties(text, "Cluster IP Address")):  # fmt: skip
        try:
            parse(text)
            read += 1
        except Damaged:
            continue
    if not read:
        raise Damaged("is no listing")


def text_of(parse: Callable[[str], object]) -> Callable[[bytes], None]:
    def check(data: bytes) -> None:
        parse(data.decode("utf-16-le", "surrogatepass") if len(data) % 2 == 0 and data[1:2] == b"\0" else
              data.decode("latin-1"))  # fmt: skip

    return check


class Parser(NamedTuple):
    """One kind of input."""

    check: Callable[[bytes], object]
    seeds: Callable[[], tuple[bytes, ...]]
    errors: tuple[type[Exception], ...] = ()
    examples: int = 60


PARSERS: dict[str, Parser] = {
    "answer": Parser(decode, lambda: (answer(),), (BadOutput,)),
    "answer, damaged inside": Parser(lambda xml: read_answer(packed(xml)), lambda: (document(),), (), 50),
    "answers of a real engine": Parser(lambda xml: read_answer(packed(xml)), lambda: tuple(
        unwrap(path.read_bytes()) for path in sorted(DATA.glob("powershell/collector_runs/*.stdout.txt"))), (), 50),
    "licences": Parser(lambda data: flexlm.parse("a.lic", data, "0" * 64), files("sections/*.lic")),
    "vpxd.cfg": Parser(vpxdcfg.parse, files("sections/*.xml")),
    "secrets in text": Parser(text_of(redact), files("sections/*")),
    "certificate": Parser(lambda data: certificate.read(data, "x"), lambda: tuple(certificates())),
    "references": Parser(text_of(references.parse), lambda: (
        rb'\\N\root\MSCluster:MSCluster_Resource.Name="a \"b\" \\ c"', b'MSCluster_Node.Name="x",Id=4', b'A.B="c"')),
    "WQL of the lab": Parser(text_of(wql.parse), lambda: (
        b"SELECT * FROM Win32_Service",
        b"SELECT Name, State FROM MSCluster_Resource WHERE Name='a' AND Type = \"b\\'\""),
        (Unsupported,)),
    "cluster.exe": Parser(listings, files("clusterexe/*.txt"), (Damaged,)),
    "reg": Parser(lambda data: (is_reg(data), parse_reg(data)), files("powershell/wine_registry/*.reg"), (), 40),
    "kit": Parser(verify, lambda: (build_kit(REQUESTS, Limits()),)),
    "kit answer": Parser(read_kit_output, kit_answer, (SourceError,)),
    "request list": Parser(read_list, lambda: (request_list(REQUESTS, Limits()),), (ValueError,)),
    "permissions": Parser(permissions, lambda: (
        b"principal,is_group,role,entity\r\nAdministrators,true,Administrator,Datacenters\r\n\"a;b\",no,x,\r\n",
        b"sep=;\nrole;entity;principal;is_group\nr;e;CORP\\x;1\n",
        b"principal\tis_group\trole\tentity\n"), (PermissionsError,)),
    "YAML": Parser(lambda data: yamlfile.load("x.yaml", data), lambda: yaml_files("lab/data/scenarios")),
    "inventory": Parser(inventory, lambda: (INVENTORY,), (InventoryError,)),
    "scenario": Parser(parse_scenario, lambda: yaml_files("lab/data/scenarios"), (ScenarioError, UsageError), 25),
    "rule": Parser(rule, lambda: tuple(path.read_bytes() for path in sorted((rules_dir() / "tn019").glob("VC-*.yaml"))),
                   (), 25),
    "snapshot": Parser(lambda data: codec.decode(data, "s"), lambda: (codec.encode(whole()),), (SnapshotError,), 30),
    "results": Parser(lambda data: results_json.load(data, "r.json"), lambda: (
        results_json.render(judged(lab.load("quorum-disk-2003"))),), (ResultsError,), 30),
}  # fmt: skip


@cache
def whole():  # type: ignore[no-untyped-def]
    """A snapshot of a healthy cluster."""
    return snapshot(lab.load("quorum-disk-2003"))


def yaml_files(folder: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(package_file(folder).glob("*.yaml")))


def certificates() -> list[bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = next(file.content for path, file in node().files.items() if path.endswith("rui.crt"))
    return [pem, x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)]


INVENTORY = b"""\
credentials:
  vc: {user: CORP\\vcaudit, password_env: VCAUDIT_PASSWORD}
  pass: {user: CORP\\x, password_file: secret.txt}
auditor: {dns: "192.0.2.53"}
clusters:
  vc-prod:
    nodes:
      VCNODE1: {address: 192.0.2.11}
      VCNODE2: {address: vcnode2.corp.example, port: 5986, winrm: {scheme: https}}
    credential: vc
    winrm: {transport: ntlm}
    virtual_address: 192.0.2.50
    netmask: 255.255.255.0
    network_name: vcvirtual
    managedip: file
    timeout: 90
    limits: {seconds: 60, file_bytes: 1000000}
    params: {VC-SYNC-002: {max_age_hours: 24}}
    locations: {ssl: 'D:\\VC\\SSL', vpxd_cfg: 'D:\\VC\\vpxd.cfg'}
    exceptions: [{rule: VC-DATA-006, subject: x, reason: "told so"}]
"""


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", PARSERS)
def test_no_error_but_ours(name: str, length: str) -> None:
    parser = PARSERS[name]

    def check(data: bytes) -> None:
        try:
            parser.check(data)
        except parser.errors as error:
            if isinstance(error, VcauditError):
                told = str(error)
                assert told
                assert "Traceback" not in told

    tried(length, parser.examples, damaged(parser.seeds()), check)


@pytest.mark.parametrize("name", PARSERS)
def test_the_seeds_themselves_are_read(name: str) -> None:
    # Otherwise the fuzzing above never gets behind the first line of the parser.
    parser, good = PARSERS[name], 0
    for data in parser.seeds():
        try:
            parser.check(data)
            good += 1
        except parser.errors:
            continue
    assert good


