"""The lab's endpoint against an unmodified pywinrm: what works on Windows works, what Windows refuses is refused."""

from __future__ import annotations

import base64
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import spnego
import xmltodict
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)
from winrm.protocol import Protocol
from wirekit import PASSWORD, ROUTES, USER, USERS, endpoint

from vcaudit.lab.server import TRANSPORT_FAULTS, Endpoint, Limits, authority
from vcaudit.lab.server.accounts import Accounts


def client(node: Endpoint, route: str = "ntlm http", password: str = PASSWORD, **options) -> Protocol:
    authentication, scheme = route.split()
    return Protocol(
        f"{scheme}://127.0.0.1:{node.port}/wsman", transport=authentication, password=password,
        **{"username": USER, "ca_trust_path": str(authority().ca_file), "proxy": None, **options},
    )  # fmt: skip


def talk(protocol: Protocol, line: str, stdin: bytes | None = None) -> tuple[bytes, bytes, int]:
    shell = protocol.open_shell()
    command = protocol.run_command(shell, line)
    if stdin is not None:
        protocol.send_command_input(shell, command, stdin, end=True)
    answer = protocol.get_command_output(shell, command)
    protocol.cleanup_command(shell, command)
    protocol.close_shell(shell)
    return answer


@pytest.mark.parametrize("route", ROUTES)
def test_one_script_over_every_route(route):
    with endpoint(route) as node:
        assert talk(client(node, route), "hello", b"world") == (b"hello|world", b"", 0)
        assert node.open_shells == 0
        operations = {"Create": 1, "Command": 1, "Send": 1, "Receive": 1, "Signal": 1, "Delete": 1}
        assert {k: v for k, v in node.requests.items() if k != "auth"} == operations
        assert node.requests["auth"] == {"ntlm http": 3, "ntlm https": 2, "basic https": 0}[route]
        assert len({served.connection for served in node.served}) == 1


def test_a_command_without_stdin_runs():
    with endpoint() as node:
        assert talk(client(node), "hostname") == (b"hostname|", b"", 0)


def test_stderr_and_exit_code_come_through():
    with endpoint(run=lambda line, stdin: (b"", b"no such thing", 2**32 - 1)) as node:
        assert talk(client(node), "x", b"") == (b"", b"no such thing", 2**32 - 1)


def test_a_crashing_node_is_seen_by_client_and_lab():
    def crash(line, stdin):
        raise LookupError("not modelled")

    with endpoint(run=crash) as node:
        assert talk(client(node), "x", b"") == (b"", b"LookupError: not modelled", 1)
        assert isinstance(node.shells.crashes[0], LookupError)


@pytest.mark.parametrize("route", ROUTES)
def test_a_wrong_password_is_refused(route):
    with endpoint(route) as node, pytest.raises(InvalidCredentialsError):
        client(node, route, password="other").open_shell()


def test_names_ignore_case_as_windows_does():
    with endpoint("basic https", users={USER.upper(): PASSWORD}) as node:
        assert talk(client(node, "basic https"), "x", b"")[2] == 0
    with endpoint(users={USER.upper(): PASSWORD}) as node:
        assert talk(client(node), "x", b"")[2] == 0


def test_a_token_wrapped_in_spnego_is_understood():
    with endpoint() as node:
        context = spnego.client(
            USER, PASSWORD, protocol="negotiate", options=spnego.NegotiateOptions.use_negotiate,
            hostname="127.0.0.1", service="http",
        )  # fmt: skip
        session, token, status = requests.Session(), context.step(), 401
        for _ in range(3):
            header = {"Authorization": "Negotiate " + base64.b64encode(token or b"").decode()}
            reply = session.post(f"http://127.0.0.1:{node.port}/wsman", headers=header)
            status = reply.status_code
            if status != 401:
                break
            token = context.step(base64.b64decode(reply.headers["WWW-Authenticate"].split()[1]))
        assert status == 200


def test_a_logon_that_is_not_tied_to_the_tls_connection_is_refused():
    with endpoint("ntlm https") as node:
        protocol = client(node, "ntlm https", send_cbt=False)
        with pytest.raises(InvalidCredentialsError):
            protocol.open_shell()


def test_without_encryption_only_what_is_safe():
    with endpoint() as node:
        assert node.schemes == ("Negotiate",)
        with pytest.raises(WinRMTransportError, match="500"):
            client(node, message_encryption="never").open_shell()
    with endpoint(allow_unencrypted=True) as node:
        assert talk(client(node, "basic http"), "x", b"y") == (b"x|y", b"", 0)


def test_garbage_in_the_authorization_header_is_no_logon():
    with endpoint("ntlm https") as node:
        for header in ("Negotiate !!", "Negotiate AAAA", "Basic \xff", "Kerberos AAAA", "Negotiate"):
            reply = requests.post(
                f"https://127.0.0.1:{node.port}/wsman", headers={"Authorization": header.encode("latin-1")},
                verify=str(authority().ca_file), timeout=5,
            )  # fmt: skip
            assert reply.status_code == 401


def test_two_labs_in_one_process_know_their_own_passwords():
    with endpoint(users={USER: "one"}) as first, endpoint(users={USER: "two"}) as second:
        jobs = [(first, "one"), (second, "two")] * 8
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda job: talk(client(job[0], password=job[1]), "x", b"")[2], jobs))
        assert answers == [0] * len(jobs)
        with pytest.raises(InvalidCredentialsError):
            client(first, password="two").open_shell()


@pytest.mark.parametrize(("length", "stdout"), [(8191, True), (8192, False)])
def test_a_command_line_too_long_is_cut_and_says_nothing(length, stdout):
    with endpoint() as node:
        out, err, code = talk(client(node), "x" * length, b"stdin")
        assert (bool(out), err, code) == (stdout, b"", 0)


def test_five_shells_per_user():
    with endpoint(users={**USERS, "other": "pw"}) as node:
        protocol = client(node)
        shells = [protocol.open_shell() for _ in range(5)]
        with pytest.raises(WSManFaultError) as caught:
            protocol.open_shell()
        assert caught.value.wsman_fault_code == 2150859173
        other = client(node, password="pw", username="other")
        assert other.open_shell()
        protocol.close_shell(shells[0], close_session=False)
        assert protocol.open_shell()


def test_operations_per_user_are_limited():
    release = threading.Event()
    with endpoint(run=lambda line, stdin: (b"", b"", not release.wait(5)), limits=Limits(operations=1)) as node:
        waiting, protocol = client(node), client(node)
        shell = waiting.open_shell()
        command = waiting.run_command(shell, "x")
        thread = threading.Thread(target=waiting.get_command_output, args=(shell, command))
        thread.start()
        while not node.shells._busy.get(USER):
            time.sleep(0.005)
        with pytest.raises(WSManFaultError) as caught:
            protocol.open_shell()
        release.set()
        thread.join()
        assert caught.value.wsman_fault_code == 2150859174


def test_an_idle_shell_is_deleted():
    with endpoint(limits=Limits(idle=0.05)) as node:
        protocol = client(node)
        shell = protocol.open_shell()
        assert node.open_shells == 1
        time.sleep(0.1)
        assert node.open_shells == 0
        with pytest.raises(WSManFaultError) as caught:
            protocol.run_command(shell, "x")
        assert caught.value.wsman_fault_code == 2150858843


def test_a_shell_asks_for_its_own_idle_time_within_the_limit():
    with endpoint() as node:
        protocol = client(node)
        protocol.open_shell(idle_timeout="PT0.05S")
        protocol.open_shell(idle_timeout="PT2H")
        time.sleep(0.1)
        assert node.open_shells == 1


def test_envelopes_end_at_150_kb():
    size = 400_000
    with endpoint(run=lambda line, stdin: (b"x" * size, b"", 0)) as node:
        out, _, _ = talk(client(node), "x", b"")
        assert len(out) == size
        assert node.requests["Receive"] == 4
        assert max(served.sent for served in node.served) <= 153_600
        with pytest.raises(WinRMTransportError, match="413"):
            talk(client(node), "x", b"y" * 120_000)


def test_an_operation_times_out_while_the_command_goes_on():
    release = threading.Event()
    with endpoint(
        run=lambda line, stdin: (b"late", b"", 0 if release.wait(5) else 1), limits=Limits(operation_timeout=0.05)
    ) as node:
        protocol = client(node)
        shell = protocol.open_shell()
        command = protocol.run_command(shell, "x")
        protocol.send_command_input(shell, command, b"", end=True)
        with pytest.raises(WinRMOperationTimeoutError):
            protocol.get_command_output_raw(shell, command)
        release.set()
        assert protocol.get_command_output(shell, command) == (b"late", b"", 0)


def test_deleting_a_shell_ends_what_waits_for_it():
    with endpoint(run=lambda line, stdin: (b"", b"", int(time.sleep(2) or 0))) as node:
        waiting, other = client(node), client(node)
        shell = waiting.open_shell()
        command = waiting.run_command(shell, "x")
        with ThreadPoolExecutor(1) as pool:
            receiving = pool.submit(waiting.get_command_output_raw, shell, command)
            while node.requests["Command"] == 0 or not node.shells._busy.get(USER):
                time.sleep(0.005)
            other.close_shell(shell)
            with pytest.raises(WSManFaultError) as caught:
                receiving.result(1)
        assert caught.value.wsman_fault_code == 995


def test_the_end_may_come_in_an_answer_of_its_own():
    with endpoint(late_done=True) as node:
        assert talk(client(node), "x", b"y") == (b"x|y", b"", 0)
        assert node.requests["Receive"] == 2


@pytest.mark.parametrize("action", ["http://schemas.xmlsoap.org/ws/2004/09/transfer/Get", "nonsense"])
def test_other_operations_are_refused(action):
    with endpoint() as node:
        protocol = client(node)
        header = protocol.build_wsman_header(action, "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd")
        with pytest.raises(WSManFaultError) as caught:
            protocol.send_message(xmltodict.unparse({"env:Envelope": {**header, "env:Body": {}}}))
        assert caught.value.fault_subcode == "a:ActionNotSupported"


def test_get_is_no_winrm():
    with endpoint() as node:
        assert requests.get(f"http://127.0.0.1:{node.port}/wsman", timeout=5).status_code == 405


def test_starting_costs_next_to_nothing():
    endpoint("ntlm https")  # the certificates of this process
    best = 1.0
    for _ in range(5):
        begin = time.perf_counter()
        with endpoint("ntlm https"):
            best = min(best, time.perf_counter() - begin)
    assert best < 0.05


def test_leaving_closes_connections_and_forgets_passwords(monkeypatch):
    monkeypatch.delenv("NTLM_USER_FILE", raising=False)
    with endpoint() as node:
        protocol = client(node)
        protocol.open_shell()
        file = node.accounts._path
    with pytest.raises(requests.exceptions.RequestException):
        client(node).open_shell()
    assert not os.path.exists(file)
    assert "NTLM_USER_FILE" not in os.environ


@pytest.mark.parametrize("name", ["nonsense", "slow:3", "drop-after", "drop-connection:x"])
def test_an_unknown_fault_names_the_known_ones(name):
    with pytest.raises(ValueError, match="access-denied, channel-binding, cut-output") as caught:
        endpoint(faults=[name])
    assert name in str(caught.value)
    assert all(known in str(caught.value) for known in TRANSPORT_FAULTS)


@pytest.mark.parametrize("pair", [("a:b", "pw"), ("a", "p:w"), ("a", "p\nw")])
def test_accounts_that_the_acceptor_could_misread_are_refused(pair):
    with pytest.raises(ValueError, match="no colon"):
        Accounts(dict([pair]))
