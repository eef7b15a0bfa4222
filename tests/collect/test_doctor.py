"""The ladder over real endpoints: the first step that fails, what it means, and the command that mends it."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from doctorkit import CREDENTIAL, examination, simulated, states, step
from localkit import install_node
from wirekit import PASSWORD

from vcaudit.collect.doctor import TITLES
from vcaudit.collect.doctor_mend import Advice, Words, quoted, single
from vcaudit.doctor import Interruptible, examine
from vcaudit.inventory import Cluster, CredentialSpec, Node, WinRM
from vcaudit.lab.scenario import load
from vcaudit.lab.server import TRANSPORT_FAULTS, Limits, authority
from vcaudit.secrets import Credentials
from vcaudit.snapshot.model import Declared

NOT_OVER_HTTP = {"tls"}
VC = r"SOFTWARE\VMware, Inc.\VMware VirtualCenter"
DATA = r"C:\Documents and Settings\All Users\Application Data\VMware\VMware VirtualCenter"


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VC_DOCTOR", PASSWORD)


@pytest.mark.parametrize("route", ["ntlm http", "ntlm https", "basic https"])
def test_a_healthy_node_has_every_step(route: str) -> None:
    found = examination(route=route)
    left_out = NOT_OVER_HTTP if route.endswith("http") else set()
    assert states(found) == dict.fromkeys([id for id in TITLES if id not in left_out], "ok")
    assert found.first is None
    assert all(not (each.means or each.mend) for each in found.steps)


FAULTS: dict[str, tuple[str, str, str, str]] = {
    # fault: first step that fails, its detail, what it means, a command
    "down": ("tcp", "no connection within", "firewall", "netsh advfirewall firewall add rule"),
    "refused": ("tcp", "refused", "nothing listens on port", "winrm quickconfig -q"),
    "wrong-password": ("authentication", "did not accept", "wrong name or password", "net user vcaudit /domain"),
    "slow": ("powershell", "before the deadline", "did not end in time", "sc query winmgmt"),
    "cut-output": ("powershell", "cut after", "ends in the middle", "MaxMemoryPerShellMB"),
    "garbage-output": ("powershell", "no answer of the collector", "did not run the script", "where powershell.exe"),
    "access-denied": ("shell", "fault 5", "Administrators", r"net localgroup Administrators CORP\vcaudit /add"),
    "quota": ("quota", "2150859173", "all shells of this account", '@{MaxShellsPerUser="10"}'),
    "drop-connection:1": ("identify", "closed the connection", "cannot answer", "Restart-Service WinRM"),
    "drop-after:1": ("", "", "", ""),
    "server-error": ("identify", "HTTP status 500", "in trouble", "Restart-Service WinRM"),
    "not-winrm": ("identify", "404", "another program", "netstat -ano | findstr :"),
    "redirect": ("identify", "portal.corp.example", "another program", "winrm enumerate winrm/config/listener"),
    "tls-expired": ("tls", "has expired", "expired", "winrm set winrm/config/listener?Address=*+Transport=HTTPS"),
    "tls-other-host": ("tls", "not made out to 127.0.0.1", "does not name 127.0.0.1", "address: othernode.corp.exa"),
    "tls-untrusted": ("tls", "signed by none", "nobody whom this machine trusts", 'winrm: {fingerprint: "'),
    "plain-http-on-tls": ("tls", "plain HTTP", "no secure connection", "winrm create winrm/config/listener?Address"),
    "channel-binding": ("authentication", "did not accept", "TLS proxy", "winrm get winrm/config/service/auth"),
}
SECURE = {fault for fault in FAULTS if fault.startswith(("tls-", "plain-", "channel-"))}
SHORT = {"down", "slow"}
"""Their time-outs are waited for."""


def test_no_fault_is_forgotten() -> None:
    assert {fault.partition(":")[0] for fault in FAULTS} == set(TRANSPORT_FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_way_is_found_at_its_step(fault: str) -> None:
    first, detail, means, mend = FAULTS[fault]
    begin = time.monotonic()
    timeout = 4.0 if fault in SHORT else 8.0
    found = examination(route="ntlm https" if fault in SECURE else "ntlm http", faults=[fault], timeout=timeout)
    assert time.monotonic() - begin < timeout + 2
    if not first:
        assert found.first is None
        return
    assert found.first is not None
    assert (found.first.id, found.first.state) == (first, "failed")
    assert detail in found.first.detail
    assert means in found.first.means
    assert mend in found.first.mend
    behind = list(states(found).values())[[each.id for each in found.steps].index(first) + 1 :]
    assert set(behind) == {"not_tried"}
    assert [each.id for each in found.steps] == [id for id in TITLES if fault in SECURE or id != "tls"]


NODES: dict[str, tuple[dict[str, Any], str, str, str, str]] = {
    # node: changes, first step, its state, what it means, a command
    "no PowerShell": ({"powershell": "none"}, "powershell", "failed", "no PowerShell", "where powershell.exe"),
    "PowerShell 1.0": ({"powershell": "1.0"}, "powershell", "failed", "1.0 is there", "KB968930"),
    "locked down": (
        {"language": "ConstrainedLanguage"}, "powershell", "failed", "ConstrainedLanguage", "__PSLockdownPolicy",
    ),
    "cimv2 denied": ({"denied": [r"root\cimv2"]}, "wmi.cimv2", "failed", "Remote Enable", "wmimgmt.msc"),
    "cimv2 broken": ({"broken": {r"root\cimv2": "80070422"}}, "wmi.cimv2", "failed", "WMI does not work",
                     "net start winmgmt"),
    "cluster denied": ({"denied": [r"root\MSCluster"]}, "wmi.mscluster", "failed", "access to the cluster",
                       "wmimgmt.msc"),
    "cluster away": ({"broken": {r"root\MSCluster": "8004100e"}}, "wmi.mscluster", "failed", "not registered",
                     r"mofcomp %SystemRoot%\system32\wbem\ClusWMI.mof"),
    "cluster down": ({"broken": {r"root\MSCluster": "800706ba"}}, "wmi.mscluster", "failed", "does not run",
                     "net start clussvc"),
    "cluster hangs": ({"hanging": [r"root\MSCluster"]}, "wmi.mscluster", "failed", "hangs",
                      "Restart-Service Winmgmt -Force"),
    "SSL folder denied": ({"denied": [rf"{DATA}\SSL"]}, "folder.ssl", "failed", "may not read it",
                          rf'cacls "{DATA}\SSL" /T /E /G CORP\vcaudit:R'),
    "one key file denied": ({"denied": [rf"{DATA}\SSL\rui.key"]}, "folder.ssl", "failed", "may not read it", "cacls"),
    "vpxd.cfg denied": ({"denied": [rf"{DATA}\vpxd.cfg"]}, "folder.vpxd_cfg", "failed", "may not read it",
                        rf'cacls "{DATA}\vpxd.cfg"'),
    "registry denied": ({"denied": [VC]}, "registry.native", "failed", "may not read it",
                        "RegistryAccessRule('CORP\\vcaudit','ReadKey'"),
    "a key below denied": ({"denied": [rf"{VC}\DB"]}, "registry.native", "failed", "may not read it", "Set-Acl"),
    "hive denied": ({"denied": ["Cluster"]}, "registry.cluster", "failed", "may not read it", "Set-Acl"),
    "accounts denied": ({"denied": ["accounts"]}, "accounts", "failed", "role holders", "net localgroup"),
    "clock": ({"clock_skew": 400}, "clock", "warning", "Kerberos", "w32tm /resync"),
}  # fmt: skip


@pytest.mark.parametrize("case", NODES)
def test_a_fault_of_the_node_is_found_at_its_step(case: str) -> None:
    changes, id, state, means, mend = NODES[case]
    found = examination(simulated(**changes))
    assert found.first is not None
    assert (found.first.id, found.first.state) == (id, state), states(found)
    assert means in found.first.means
    assert mend in found.first.mend


def test_what_needs_a_step_that_failed_is_not_tried_and_the_rest_is() -> None:
    found = states(examination(simulated(denied=[r"root\cimv2"])))
    assert found["wmi.cimv2"] == "failed"
    assert found["folder.upgrade"] == "not_tried"  # where it lies, a service's path says
    assert {found[id] for id in ("wmi.mscluster", "folder.ssl", "registry.native", "accounts", "clock")} == {"ok"}


def test_what_is_not_there_is_a_warning_and_no_failure() -> None:
    found = examination(simulated(registry={VC: None, rf"{VC}\DB": None, rf"{VC}\Tomcat": None}))
    assert states(found)["registry.native"] in ("ok", "warning")
    gone = {rf"{DATA}\SSL\{name}": None for name in ("rui.crt", "rui.key", "rui.pfx")}
    ssl = step(examination(simulated(files=gone)), "folder.ssl")
    assert ssl.state == "warning"
    assert "locations: {ssl: PATH}" in ssl.mend
    assert rf"{DATA}\SSL" in ssl.detail


def test_the_chain_is_shown_with_its_fingerprint_ready_to_pin() -> None:
    found = examination(route="ntlm https", faults=["tls-untrusted"])
    (shown,) = found.certificates
    tls = step(found, "tls")
    assert f'winrm: {{fingerprint: "{shown.sha256}"}}' in tls.mend
    assert all(part in tls.detail for part in (shown.subject, shown.issuer, shown.sha256, shown.not_after[:10]))
    assert examination(route="ntlm https", faults=["tls-untrusted"], fingerprint=shown.sha256).first is None


def test_another_certificate_than_the_pinned_one_is_no_reason_to_pin_blindly() -> None:
    tls = step(examination(route="ntlm https", fingerprint="ab" * 32), "tls")
    assert (tls.state, "somebody stands between" in tls.means) == ("failed", True)
    assert "certutil -store My" in tls.mend


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
def test_a_node_that_is_too_old_is_told_with_what_would_allow_it() -> None:
    with pytest.MonkeyPatch.context() as patch:
        # A node that speaks TLS 1.1 at most, as Windows 2008 does.
        identity = authority().identity()
        identity.context.maximum_version = ssl.TLSVersion.TLSv1_1
        patch.setattr("vcaudit.lab.server.endpoint.identity_for", lambda faults: identity)
        tls = step(examination(route="ntlm https"), "tls")
    assert tls.state == "failed"
    assert "minimum" in tls.means


def test_a_way_to_log_on_that_is_not_offered() -> None:
    logon = step(examination(route="basic https", schemes=("Negotiate",)), "authentication")
    assert logon.state == "failed"
    assert 'winrm set winrm/config/service/auth @{Basic="true"}' in logon.mend


def test_all_operations_in_use_is_told_from_all_shells() -> None:
    quota = step(examination(limits=Limits(operations=0)), "quota")
    assert "2150859174" in quota.detail
    assert "MaxConcurrentOperationsPerUser" in quota.mend


def test_a_name_that_nobody_knows() -> None:
    found = examination(address="vcnode2.invalid")
    assert states(found)["name"] == "failed"
    assert set(states(found).values()) == {"failed", "not_tried"}
    assert "ipconfig /registerdns" in step(found, "name").mend


def test_without_a_password_the_way_is_gone_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VC_DOCTOR")
    found = examination()
    assert [states(found)[id] for id in ("tcp", "identify", "authentication", "shell")] == [
        "ok", "ok", "failed", "not_tried",
    ]  # fmt: skip
    assert step(found, "authentication").mend == "on this machine: export VC_DOCTOR=…"


def test_a_local_account_is_told_about_its_filtered_token() -> None:
    local = CredentialSpec(name="local", user="helper", source="env", place="VC_DOCTOR")
    found = examination(credential=local, faults=["wrong-password"])
    assert "net user helper\n" in step(found, "authentication").mend


def test_the_commands_are_those_of_the_nodes_windows() -> None:
    old = step(examination(simulated(denied=[rf"{DATA}\SSL"])), "folder.ssl").mend
    assert (old.startswith("cacls"), "icacls" in old) == (True, False)
    new = simulated("quorum-disk-2008", denied=[r"C:\ProgramData\VMware\VMware VirtualCenter\SSL"])
    assert step(examination(new), "folder.ssl").mend.startswith("icacls")
    unasked = step(examination(faults=["down"], timeout=4.0), "tcp").mend
    assert all(f"on Windows {each}: " in unasked for each in ("2003", "2008 and later"))


def test_what_a_node_says_cannot_become_another_command() -> None:
    assert quoted('x" & del "y') == '"x & del y"'
    assert quoted("CORP\\vc audit") == '"CORP\\vc audit"'
    assert single("it's") == "it''s"
    assert Words("2003").commands(Advice("", ("a", "2003|b", "2008|c", "yaml|d"))) == "a\nb\nin the inventory: d"


def test_a_32_bit_shell_on_64_bits_is_a_warning() -> None:
    found = examination(simulated("quorum-disk-2008", bits=32))
    assert found.first is not None
    assert (found.first.id, found.first.state) == ("bits", "warning")
    assert "where powershell.exe" in found.first.mend
    assert states(found)["registry.native"] == "not_tried"


def test_this_machine_has_no_way_to_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    described = load("quorum-disk-2008").nodes["VCN-B"]
    install_node(monkeypatch, tmp_path / "bin", "VCN-B", described)
    local = Cluster(
        name="CORP-VC", nodes=(Node(name="VCN-B", address="192.0.2.1", port=5985),), credential=CREDENTIAL,
        winrm=WinRM(transport="local"), declared=Declared(nodes=("VCN-B",)), timeout=20.0,
    )  # fmt: skip
    (found,) = examine(local, Credentials(), Interruptible())
    assert (found.first, found.steps[0].id, found.route) == (None, "powershell", "local")
    monkeypatch.setenv("PATH", str(tmp_path))
    (found,) = examine(local, Credentials(), Interruptible())
    assert found.steps[0].state == "failed"
    assert "where powershell.exe" in found.steps[0].mend


def test_a_healthy_2008_node_is_healthy() -> None:
    assert examination(simulated("quorum-disk-2008")).first is None
