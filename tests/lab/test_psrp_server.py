"""The lab's PowerShell remoting against an unmodified pypsrp: its own HTTP, logon, sealing and TLS."""

from __future__ import annotations

import threading
import time

import pytest
from psrpkit import remoting, told
from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import AuthenticationError, WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.shell import Process, WinRS
from pypsrp.wsman import WSMan
from wirekit import PASSWORD, ROUTES, USER

from vcaudit.capture import Limits as Budget
from vcaudit.capture import Locations
from vcaudit.collect.answer import decode
from vcaudit.collect.jea import JEA_COMMAND, PSRP_BOOTSTRAP
from vcaudit.collect.script import build
from vcaudit.lab.node import Node
from vcaudit.lab.scenario import load
from vcaudit.lab.server import Endpoint, Limits, authority
from vcaudit.lab.server.psrp import Outcome
from vcaudit.lab.windows.remoting import LOCKED, sessions
from vcaudit.sections import requests


def client(node: Endpoint, route: str = "ntlm http", password: str = PASSWORD, **options) -> WSMan:
    authentication, scheme = route.split()
    return WSMan(
        "127.0.0.1", port=node.port, username=USER, password=password, ssl=scheme == "https", auth=authentication,
        cert_validation=str(authority().ca_file), no_proxy=True, **options,
    )  # fmt: skip


def run(wsman: WSMan, *, configuration: str = "Microsoft.PowerShell", script: str = "", command: str = "", **given):
    """Output, errors and state of one pipeline."""
    with RunspacePool(wsman, configuration_name=configuration) as pool:
        shell = PowerShell(pool)
        if script:
            shell.add_script(script).add_argument(given["argument"])
        else:
            shell.add_cmdlet(command).add_parameters(given)
        output = shell.invoke()
        return output, [error.fq_error for error in shell.streams.error], shell.state


@pytest.mark.parametrize("route", ROUTES)
def test_a_pipeline_over_every_route(route):
    with remoting(route) as node:
        output, errors, state = run(client(node, route), script="some script", argument="ü 'text'\n<&>")
        assert output == ["Call(text='some script', is_script=True, arguments=((None, \"ü 'text'\\n<&>\"),))"]
        assert (errors, state) == ([], PSInvocationState.COMPLETED)
        assert node.open_shells == 0


def test_both_kinds_of_shells_at_one_endpoint():
    with remoting() as node:
        wsman = client(node)
        with WinRS(wsman) as shell:
            process = Process(shell, "hostname")
            process.invoke()
            assert (process.stdout, process.rc) == (b"hostname|", 0)
            assert run(wsman, script="x", argument="y")[2] == PSInvocationState.COMPLETED
            assert node.open_shells == 1


def test_without_sessions_there_is_no_remoting():
    with Endpoint(lambda line, stdin: (b"", b"", 0), {USER: PASSWORD}) as node, pytest.raises(WSManFaultError):
        run(client(node), script="x", argument="y")


def test_a_configuration_that_is_not_there():
    with remoting() as node:
        with pytest.raises(WSManFaultError) as caught:
            run(client(node), configuration="Other", script="x", argument="y")
        assert caught.value.code == 2150858811
        assert node.open_shells == 0


def test_configurations_ignore_case():
    with remoting() as node:
        assert run(client(node), configuration="VCAUDIT", script="x", argument="y")[0]


def test_a_wrong_password_is_refused():
    with remoting() as node, pytest.raises(AuthenticationError):
        run(client(node, password="other"), script="x", argument="y")


def test_an_error_ends_a_pipeline():
    with remoting(sessions={"microsoft.powershell": lambda calls: Outcome(("before",), "broke", "Broken")}) as node:
        assert run(client(node), script="x", argument="y") == (["before"], ["Broken"], PSInvocationState.FAILED)


def test_a_session_that_crashes_is_seen_by_client_and_lab():
    def crash(calls):
        raise LookupError("not modelled")

    with remoting(sessions={"microsoft.powershell": crash}) as node:
        assert run(client(node), script="x", argument="y")[1:] == (["LookupError"], PSInvocationState.FAILED)
        assert isinstance(node.shells.crashes[0], LookupError)


@pytest.mark.parametrize("size", [400_000, 2_000_000])
def test_what_is_long_goes_in_pieces_both_ways(size):
    with remoting(sessions={"microsoft.powershell": lambda calls: Outcome((calls[0].arguments[0][1],))}) as node:
        # Below the envelope that this Windows takes, by as much as sealing adds.
        text = "ab" * (size // 2)
        assert run(client(node, max_envelope_size=150_000), script="x", argument=text)[0] == [text]
        assert node.requests["Send"] > 1
        assert node.requests["Receive"] > 2
        assert max(max(served.received, served.sent) for served in node.served) <= Limits().envelope


def test_shells_of_both_kinds_count_together():
    with remoting(limits=Limits(shells=2)) as node:
        wsman = client(node)
        with WinRS(wsman), RunspacePool(wsman):
            for third in (WinRS(wsman), RunspacePool(wsman)):
                with pytest.raises(WSManFaultError) as caught:
                    third.open()
                assert caught.value.code == 2150859173
        assert node.open_shells == 0


def test_a_runspace_that_nobody_uses_is_closed():
    with remoting(limits=Limits(idle=0.2)) as node:
        RunspacePool(client(node)).open()
        assert node.open_shells == 1
        time.sleep(0.4)
        assert node.open_shells == 0


def test_several_pipelines_one_after_the_other():
    with remoting() as node, RunspacePool(client(node)) as pool:
        for number in range(3):
            shell = PowerShell(pool).add_script(f"script {number}")
            assert f"script {number}" in shell.invoke()[0]
            shell.close()


def test_closing_a_pool_ends_what_waits_for_it():
    def session(calls):
        time.sleep(1)
        return told(calls)

    with remoting(sessions={"microsoft.powershell": session}) as node:
        pool = RunspacePool(client(node))
        pool.open()
        shell = PowerShell(pool).add_script("x")
        shell.begin_invoke()
        other = RunspacePool(client(node))
        other.id, other.state = pool.id, pool.state
        other.shell.opened, other.shell._selector_set = True, pool.shell._selector_set
        threading.Timer(0.1, other.close).start()
        begin = time.monotonic()
        with pytest.raises(WSManFaultError):
            shell.end_invoke()
        assert time.monotonic() - begin < 1


NODES = load("quorum-disk-2008").nodes
ASKED = requests(Locations())
SCRIPT = build(ASKED, Budget())


def windows(powershell: str = "5.1", **more: str) -> Node:
    name = next(iter(NODES))
    return Node.from_description(name, {**NODES[name], "powershell": powershell, **more})


@pytest.fixture(scope="module")
def machine():
    with remoting(sessions=sessions(windows(), [ASKED])) as node:
        yield node


def given(**changes: str) -> dict[str, str]:
    return {"Request": SCRIPT.request, "Collector": SCRIPT.sha256, **changes}


def test_the_usual_configuration_runs_the_collector(machine):
    output, errors, _ = run(client(machine), script=PSRP_BOOTSTRAP, argument=SCRIPT.text.decode())
    assert errors == []
    assert len(decode(output[0].encode()).probes) == len(ASKED)


def test_the_jea_endpoint_answers_its_function(machine):
    output, errors, _ = run(client(machine), configuration="Vcaudit", command=JEA_COMMAND, **given())
    assert errors == []
    assert len(decode(output[0].encode()).probes) == len(ASKED)


def test_its_limits_may_be_chosen(machine):
    patient = build(ASKED, Budget(seconds=7, file_bytes=2048)).request
    output, errors, _ = run(client(machine), configuration="Vcaudit", command=JEA_COMMAND, **given(Request=patient))
    assert errors == []
    assert decode(output[0].encode())


@pytest.mark.parametrize("script", [PSRP_BOOTSTRAP, "Get-Process", f"{JEA_COMMAND} x y", "& { 1 }"])
def test_the_jea_endpoint_runs_no_script(machine, script):
    output, errors, state = run(client(machine), configuration="Vcaudit", script=script, argument="x")
    assert (output, errors, state) == ([], ["ScriptsNotAllowed"], PSInvocationState.FAILED)


@pytest.mark.parametrize("command", ["Get-Process", "Invoke-Expression", "Remove-Item", "cmd.exe", "Elapsed"])
def test_the_jea_endpoint_has_no_other_command(machine, command):
    output, errors, _ = run(client(machine), configuration="Vcaudit", command=command, Name="x")
    assert (output, errors) == ([], ["CommandNotFoundException"])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (given(Request="$(Get-Date)"), "ParameterArgumentValidationError"),
        (given(Request="'; Get-Date; '"), "ParameterArgumentValidationError"),
        (given(Collector="'x'"), "ParameterArgumentValidationError"),
        ({"Request": SCRIPT.request}, "ParameterArgumentValidationError"),
        ({**given(), "ScriptBlock": "x"}, "NamedParameterNotFound"),
        (given(Collector="ab" * 32), "other collector " + SCRIPT.sha256),
        (given(Request=build(ASKED[:-1], Budget()).request), "other requests"),
        (given(Request=build(requests(Locations(ssl="C:\\Windows\\NTDS")), Budget()).request), "other requests"),
        (given(Request="AAAA"), ""),
    ],
)
def test_the_jea_endpoint_answers_nothing_else(machine, arguments, error):
    output, errors, state = run(client(machine), configuration="Vcaudit", command=JEA_COMMAND, **arguments)
    assert (output, state) == ([], PSInvocationState.FAILED)
    assert errors[0].startswith(error)


def test_a_script_that_is_cut_gives_nothing(machine):
    text = SCRIPT.text.decode()
    half = text.index("{", len(text) // 2) + 1
    output, errors, _ = run(client(machine), script=PSRP_BOOTSTRAP, argument=text[:half])
    assert output == []
    assert "cannot be parsed" in errors[0]


@pytest.mark.parametrize("nothing", ["none", "1.0"])
def test_without_a_powershell_of_today_there_is_no_remoting(nothing):
    assert sessions(windows(nothing), [ASKED]) == {}


@pytest.mark.parametrize(("configuration", "what"), [
    ("Microsoft.PowerShell", {"script": PSRP_BOOTSTRAP, "argument": "x"}),
    ("Vcaudit", {"command": JEA_COMMAND, "Request": SCRIPT.request, "Collector": SCRIPT.sha256}),
])  # fmt: skip
def test_a_node_that_is_locked_down_runs_nothing(configuration, what):
    with remoting(sessions=sessions(windows(language="ConstrainedLanguage"), [ASKED])) as node:
        output, errors, _ = run(client(node), configuration=configuration, **what)
    assert (output, errors) == ([], [LOCKED])


@pytest.mark.parametrize("old", ["2.0", "3.0", "4.0"])
def test_older_nodes_have_no_jea_endpoint(old):
    assert set(sessions(windows(old), [ASKED])) == {"microsoft.powershell"}
    assert set(sessions(windows(), [])) == {"microsoft.powershell"}
    assert set(sessions(windows(), [ASKED])) == {"microsoft.powershell", "vcaudit"}
