"""vcaudit.yaml: what is enough, what everything means, and every mistake with its line."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from vcaudit.capture import Limits, Locations
from vcaudit.errors import InventoryError
from vcaudit.inventory import Cluster, Inventory, WinRM, load_inventory
from vcaudit.inventory.schema import INVENTORY
from vcaudit.inventory.types import Tls, VirtualCenter

SMALL = r"""
clusters:
  CORP-VC:
    nodes:
      VCNODE1: 192.0.2.11
      VCNODE2: vcnode2.corp.example
credentials:
  admin: {user: CORP\vcaudit, password_env: VCAUDIT_PASSWORD}
"""
WHOLE = r"""
clusters:
  CORP-VC:
    nodes:
      VCNODE1: 192.0.2.11
      VCNODE2: {address: "2001:db8::12", port: 443, credential: local, winrm: {transport: basic, fingerprint: FINGER}}
    credential: admin
    winrm: {transport: ntlm, scheme: https, port: 15986, ca: ca.pem}
    virtual_address: 192.0.2.50
    netmask: 255.255.255.0
    license_netmask: 255.255.0.0
    network_name: VCVIRTUAL
    managedip: registry
    locations: {licenses: 'D:\Licenses', ssl: '%ProgramData%\VMware\SSL'}
    witness: FILESRV
    synchronisation: manual
    minimum_build: 33505
    license_server: 27000@vcvirtual
    permissions: roles.csv
    virtualcenter:
      {address: vc.corp.example, port: 8443, credential: local, fingerprint: FINGER,
       tls: {minimum: "1.0", security_level: 0}}
    params: {VC-RES-003: {accept: true, names: [a, b]}}
    exceptions: [{rule: VC-DATA-005, subject: InstallDate, reason: differs by design}]
    limits: {seconds: 30}
    timeout: 45.5
  OTHER:
    nodes: {N1: 192.0.2.21, N2: 192.0.2.22}
    credential: local
credentials:
  admin: {user: CORP\vcaudit, password_file: secret.txt}
  local: {user: Administrator, prompt: true}
auditor: {dns: "127.0.0.1:5353"}
""".replace("FINGER", '"' + ":".join(["AB"] * 32) + '"')


def whole(folder: Path) -> Inventory:
    for name in ("ca.pem", "roles.csv"):
        (folder / name).write_text("")
    return load_inventory(folder / "vcaudit.yaml", WHOLE)


def mistakes(text: str, folder: Path = Path("/nowhere")) -> list[str]:
    with pytest.raises(InventoryError) as caught:
        load_inventory(folder / "vcaudit.yaml", text)
    return [str(problem).removeprefix(f"{folder}/vcaudit.yaml:") for problem in caught.value.problems]


def small(**cluster: Any) -> str:
    """SMALL with more keys in its cluster, written as YAML."""
    value = yaml.safe_load(SMALL)
    value["clusters"]["CORP-VC"].update(cluster)
    return yaml.safe_dump(value)


def test_two_addresses_and_a_credential_are_enough() -> None:
    inventory = load_inventory(Path("/somewhere/vcaudit.yaml"), SMALL)
    (cluster,) = inventory.clusters
    assert [(node.name, node.address, node.port) for node in cluster.nodes] == [
        ("VCNODE1", "192.0.2.11", 5985), ("VCNODE2", "vcnode2.corp.example", 5985),
    ]  # fmt: skip
    assert (cluster.credential.user, cluster.credential.place) == ("CORP\\vcaudit", "VCAUDIT_PASSWORD")
    assert (cluster.winrm, cluster.limits, cluster.timeout) == (WinRM(), Limits(), 120.0)
    assert cluster.declared.nodes == ("VCNODE1", "VCNODE2")
    assert (cluster.permissions, cluster.dns, cluster.locations) == (None, None, Locations())


def test_everything_is_understood(tmp_path: Path) -> None:
    cluster, other = whole(tmp_path).clusters
    first, second = cluster.nodes
    assert cluster.winrm == WinRM(scheme="https", ca=tmp_path / "ca.pem")
    assert (first.port, cluster.winrm_of(first), cluster.credential_of(first).source) == (15986, cluster.winrm, "file")
    assert cluster.credential.place == str(tmp_path / "secret.txt")
    assert (second.port, cluster.credential_of(second).source) == (443, "prompt")
    assert cluster.declared.managedip_place == "registry"
    assert [(p.rule, p.name, p.value) for p in cluster.declared.params] == [
        ("VC-RES-003", "accept", True), ("VC-RES-003", "names", ("a", "b")),
    ]  # fmt: skip
    assert cluster.declared.exceptions[0].subject == "InstallDate"
    assert (cluster.locations.licenses, cluster.locations.vpxd_cfg) == ("D:\\Licenses", None)
    assert (cluster.limits.seconds, cluster.timeout, cluster.dns) == (30, 45.5, "127.0.0.1:5353")
    assert (other.credential.name, other.dns, other.timeout) == ("local", "127.0.0.1:5353", 120.0)


def test_virtualcenter_is_asked_where_the_inventory_says_so_and_nowhere_else(tmp_path: Path) -> None:
    cluster, other = whole(tmp_path).clusters
    assert cluster.virtualcenter == VirtualCenter(
        address="vc.corp.example", port=8443, credential=other.credential, fingerprint="ab" * 32,
        tls=Tls(minimum="1.0", security_level=0),
    )  # fmt: skip
    assert other.virtualcenter is None
    given = small(virtual_address="192.0.2.50", virtualcenter={"credential": "admin"})
    asked = load_inventory(Path("x"), given).clusters[0].virtualcenter
    assert asked
    assert (asked.address, asked.port, asked.ca, asked.tls) == ("192.0.2.50", 443, None, Tls())


def test_a_nodes_own_winrm_settings_lie_over_the_clusters(tmp_path: Path) -> None:
    cluster = whole(tmp_path).clusters[0]
    assert cluster.nodes[1].winrm == WinRM(transport="basic", scheme="https", fingerprint="ab" * 32)
    text = WHOLE.replace("transport: basic, fingerprint: ", "scheme: http}} #")
    plain = load_inventory(tmp_path / "vcaudit.yaml", text)
    assert plain.clusters[0].nodes[1].winrm == WinRM()


def test_https_is_the_default_where_only_https_makes_sense() -> None:
    node = load_inventory(Path("x"), small(winrm={"transport": "basic"})).clusters[0].nodes[0]
    assert node.port == 5986


def test_a_shorter_deadline_cuts_the_scripts_budget() -> None:
    cluster: Cluster = load_inventory(Path("x"), small(timeout=20)).clusters[0]
    assert cluster.limits.seconds == 15
    assert cluster.with_timeout(8).limits.seconds == 6
    assert cluster.with_timeout(8).timeout == 8
    assert cluster.with_timeout(500).limits.seconds == 15


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"virtual_adress": "192.0.2.50"}, "has no key virtual_adress (did you mean virtual_address?); allowed: nodes"),
        ({"virtual_address": "192.0.2.300"}, "virtual_address must be an IPv4 address such as"),
        ({"virtual_address": "192.0.2.11"}, "virtual_address is the address of VCNODE1"),
        ({"license_netmask": "255.0.255.0"}, "license_netmask must be a netmask such as 255.255.255.0"),
        ({"netmask": "255.0.255.0"}, "netmask must be a netmask such as 255.255.255.0"),
        ({"managedip": "regstry"}, "managedip must be file or registry (did you mean registry?)"),
        ({"synchronisation": "dfs"}, "synchronisation must be manual"),
        ({"minimum_build": "33505"}, "minimum_build must be a whole number from 1 to"),
        ({"minimum_build": True}, "minimum_build must be a whole number"),
        ({"network_name": 5}, "1 to 200 characters (put it in quotes if it is meant as text)"),
        ({"network_name": "a\nb"}, "network_name must be text without control characters"),
        ({"network_name": "ab\n"}, "network_name must be text without control characters"),
        ({"license_server": "vcvirtual"}, "license_server must be port@host"),
        ({"permissions": "no.csv"}, "permissions: there is no readable file /nowhere/no.csv"),
        ({"locations": {"ssl": "/etc/ssl"}}, "locations.ssl must be a Windows path"),
        ({"params": {"VC-1": {"x": {}}}}, "params.VC-1.x must be text or a number or true or false or a list"),
        ({"params": {"VC-1": {"x": [1]}}}, "params.VC-1.x[1] must be text"),
        ({"exceptions": [{"rule": "VC-1"}]}, "exceptions[1] lacks reason: Why it is accepted"),
        ({"exceptions": {"rule": "VC-1"}}, "exceptions must be a list"),
        ({"limits": {"seconds": 120}}, "limits.seconds must be less than timeout (120)"),
        ({"timeout": 0}, "timeout must be a number from 1 to 3600"),
        ({"winrm": {"transport": "digest"}}, "winrm.transport must be ntlm or kerberos or certificate or credssp or"),
        ({"winrm": {"tls": {"minimum": "1.0"}, "scheme": "http"}}, "tls is about TLS: scheme must be https"),
        ({"winrm": {"tls": {"verify": False}}}, "tls has no key verify; allowed: minimum, security_level"),
        ({"winrm": {"tls": {"security_level": 9}}}, "security_level must be a whole number from 0 to 5"),
        ({"winrm": {"transport": "certificate", "scheme": "http"}}, "a certificate is shown in TLS"),
        ({"winrm": {"kerberos": {"service": "HTTP"}}}, "transport must be kerberos"),
        ({"winrm": {"transport": "kerberos", "kerberos": {"service": "HTTP/x"}}}, "must be a service class such as"),
        ({"winrm": {"transport": "kerberos"}}, "CORP-VC: user of credential admin must be name@REALM"),
        ({"winrm": {"transport": "certificate"}}, "takes a credential with certificate, which admin lacks"),
        ({"nodes": {"A": {"address": "a", "winrm": {"transport": "kerberos"}}}}, "A: user of credential admin must be"),
        ({"virtualcenter": {"credential": "admin"}}, "virtualcenter has no address, and there is no virtual_address"),
        ({"virtualcenter": {"address": "vc"}}, "virtualcenter lacks credential: Name of an entry of credentials"),
        ({"virtualcenter": {"address": "vc", "credential": "x"}}, "credentials has no x; allowed: admin"),
        ({"virtualcenter": {"address": "vc", "credential": "admin", "ca": "no.pem"}}, "no readable file /nowhere/no"),
        ({"virtualcenter": {"address": "vc", "tls": {"minimum": 1.0}}}, "(put it in quotes if it is meant as text)"),
        ({"virtualcenter": {"address": "vc", "password": "x"}}, "a password does not belong in this file"),
        ({"winrm": {"transport": "basic", "scheme": "http"}}, "Basic over http would send the password readable"),
        ({"winrm": {"scheme": "http", "fingerprint": "ab" * 32}}, "fingerprint is about certificates"),
        ({"winrm": {"ca": "ca.pem"}}, "ca: there is no readable file /nowhere/ca.pem"),
        ({"winrm": {"ca": "x", "fingerprint": "ab" * 32}}, "a fingerprint takes the place of ca"),
        ({"winrm": {"fingerprint": "ab"}}, "fingerprint must be the SHA-256 of the certificate"),
        ({"winrm": {"port": 0}}, "winrm.port must be a whole number from 1 to 65535"),
        ({"credential": "admn"}, "credentials has no admn (did you mean admin?); allowed: admin"),
        ({"nodes": {}}, "clusters.CORP-VC.nodes is empty"),
        ({"nodes": {"A": {"port": 1}}}, "nodes.A lacks address: Host name or IP address"),
        ({"nodes": {"A": None}}, "without scheme, user or port or a mapping (key: value)"),
        ({"nodes": {"A": "https://a"}}, "nodes.A must be a host name or an IP address, without scheme"),
        ({"nodes": {"A": "192.0.2.1:5985"}}, "A: write the port apart: {address: …, port: …}"),
        ({"nodes": {"A": "192.0.2.1", "a": "192.0.2.2"}}, "a and A are the same name to Windows"),
        ({"nodes": {"A": "vc.example", "B": "VC.example."}}, "B has the address and port of A (line"),
        ({"nodes": {"A": "::1", "B": {"address": "0::1", "port": 5985}}}, "B has the address and port of A"),
    ],
)  # fmt: skip
def test_mistakes_say_what_is_allowed(change: dict[str, Any], said: str) -> None:
    found = mistakes(small(**change))
    assert any(said in message for message in found), found
    assert all(message.partition(":")[0].isdigit() for message in found), found


def test_two_ports_of_one_address_are_two_machines() -> None:
    nodes = {"A": {"address": "127.0.0.1", "port": 1}, "B": {"address": "127.0.0.1", "port": 2}}
    assert len(load_inventory(Path("x"), small(nodes=nodes)).clusters[0].nodes) == 2


def test_a_machine_belongs_to_one_cluster_only() -> None:
    value = yaml.safe_load(SMALL)
    value["clusters"]["B"] = {"nodes": {"X": "192.0.2.11"}}
    (said,) = mistakes(yaml.safe_dump(value, sort_keys=False))
    assert "X has the address and port of VCNODE1 (line 4)" in said


@pytest.mark.parametrize(
    ("credential", "said"),
    [
        ({"user": "x"}, "does not say where the password is; allowed: password_env, password_file, keyring"),
        ({"user": "x", "prompt": True, "password_env": "A"}, "has password_env and prompt: keep one of them"),
        ({"prompt": True}, "lacks user"),
        ({"user": "x", "prompt": False}, "prompt must be true"),
        ({"user": "x", "password_env": "hunter2!"}, "password_env must be the name of an environment variable"),
        ({"user": "x", "Password": "hunter2!"}, "a password does not belong in this file"),
        ({"user": "x", "pwd": 22.5}, "a password does not belong in this file"),
        ({"user": "x", "hunter2!": None}, "has no key like this"),
    ],
)
def test_credentials_are_checked_and_never_repeated(credential: dict[str, Any], said: str) -> None:
    value = yaml.safe_load(SMALL)
    value["credentials"]["admin"] = credential
    found = mistakes(yaml.safe_dump(value))
    assert any(said in message for message in found), found
    assert not any("hunter2" in message or "22.5" in message for message in found)


@pytest.mark.parametrize("dns", ["dns.example", "192.0.2.1:0", "192.0.2.1:x", "192.0.2.1:99999", "::1:53:x"])
def test_the_auditors_name_server_is_an_address(dns: str) -> None:
    value = yaml.safe_load(SMALL) | {"auditor": {"dns": dns}}
    assert "auditor.dns must be an IP address" in mistakes(yaml.safe_dump(value))[0]


@pytest.mark.parametrize("dns", ["192.0.2.1", "192.0.2.1:5353", "::1", "[::1]:5353"])
def test_the_auditors_name_server_may_have_a_port(dns: str) -> None:
    value = yaml.safe_load(SMALL) | {"auditor": {"dns": dns}}
    assert load_inventory(Path("x"), yaml.safe_dump(value)).clusters[0].dns == dns


def test_a_wrong_shape_does_not_hide_the_next_mistake() -> None:
    found = mistakes(
        "clusters:\n  C:\n    nodes: {A: 192.0.2.1, B: 192.0.2.1}\n    managedip: x\n    witness: no\n"
        "credentials:\n  a: {user: x}\nextra: 1\n"
    )
    assert [message.partition(":")[0] for message in found] == ["3", "4", "5", "7", "8"]


NONSENSE = (
    "", "# nothing\n", "[]", "text", "a: [", "clusters: []", "clusters: {}\ncredentials: {}",
    "clusters: {a: {nodes: 5}}", "credentials: {a: 1}", "auditor: 1",
)  # fmt: skip


@pytest.mark.parametrize("text", NONSENSE)
def test_anything_else_is_a_mistake_and_never_a_crash(text: str) -> None:
    assert mistakes(text)


def test_an_empty_file_is_told_how_to_begin() -> None:
    assert "`vcaudit init` writes a starter" in mistakes("")[0]


def test_editors_and_the_loader_agree(tmp_path: Path) -> None:
    """What the published schema refuses, the loader refuses; what the loader takes, the schema takes."""
    validator = jsonschema.Draft202012Validator(INVENTORY)
    validator.check_schema(INVENTORY)
    whole(tmp_path)
    for text in (SMALL, WHOLE):
        assert not list(validator.iter_errors(yaml.safe_load(text)))
    changes: list[dict[str, Any]] = [
        {"virtual_adress": "x"}, {"managedip": "x"}, {"minimum_build": "1"}, {"nodes": {}}, {"timeout": 0},
        {"nodes": {"A": {"port": 1}}}, {"nodes": {"A": None}}, {"exceptions": [{"rule": "x"}]},
        {"winrm": {"fingerprint": "ab"}}, {"params": {"x": {"y": {}}}}, {"locations": {"ssl": "/x"}},
    ]  # fmt: skip
    for change in changes:
        assert list(validator.iter_errors(yaml.safe_load(small(**change)))), change
        assert mistakes(small(**change))


ODD: tuple[Any, ...] = (
    None, True, -1, 1.5, 10**25, "", "x", "\x1b[2J", "a" * 300, "192.0.2.1", "::1", [], [1], {}, {"a": 1},
)  # fmt: skip


def damaged(value: Any) -> Iterator[Any]:
    """The value with one part of it taken out or replaced by something odd, for every part."""
    yield from ODD
    if isinstance(value, dict):
        for key in value:
            yield {name: each for name, each in value.items() if name != key}
            yield from ({**value, key: each} for each in damaged(value[key]))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from ([*value[:index], each, *value[index + 1 :]] for each in damaged(item))


def test_any_damage_is_told_and_what_editors_refuse_is_refused(tmp_path: Path) -> None:
    """Never a crash; and the published schema is not stricter than the loader."""
    whole(tmp_path)
    refuses = jsonschema.Draft202012Validator(INVENTORY)
    refused = []
    for value in damaged(yaml.safe_load(WHOLE)):
        text = yaml.safe_dump(value)
        try:
            load_inventory(tmp_path / "vcaudit.yaml", text)
        except InventoryError as error:
            refused.append(str(error))
        else:
            assert refuses.is_valid(value), text
    assert len(refused) > 500
    assert not any("\x1b" in text for text in refused)


def test_any_damaged_text_is_told(tmp_path: Path) -> None:
    random_ = random.Random(7)
    pieces = ("", ":", "{", "}", "[", "-", "&a ", "*a", "!x ", "\t", "'", '"', "\n", "#", "---\n", "\x00")
    for _ in range(400):
        start = random_.randrange(len(WHOLE))
        text = WHOLE[:start] + random_.choice(pieces) + WHOLE[start + random_.randrange(6) :]
        with suppress(InventoryError):
            assert load_inventory(tmp_path / "vcaudit.yaml", text).clusters
