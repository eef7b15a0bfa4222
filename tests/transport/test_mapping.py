"""No error of the libraries underneath is forgotten: each class they have now is named here, with what it becomes."""

from __future__ import annotations

import http.client
import inspect
import socket
import ssl
import time
import xml.etree.ElementTree as ET
from typing import get_args

import gssapi
import krb5
import pytest
import requests.exceptions
import spnego.exceptions
import urllib3.exceptions
import winrm.exceptions
from wirekit import endpoint, target

from vcaudit.errors import (
    AccessDenied,
    AuthenticationFailed,
    BadOutput,
    Busy,
    Refused,
    TimedOut,
    TransportError,
    Unreachable,
)
from vcaudit.snapshot.base import Reason
from vcaudit.transport import kerberos_errors
from vcaudit.transport.base import Spent
from vcaudit.transport.mapping import chain, plain, translate
from vcaudit.transport.wire import Wire

WINRM = {
    "WinRMError": BadOutput,
    "WSManFaultError": BadOutput,
    "WinRMTransportError": Unreachable,
    "WinRMOperationTimeoutError": TimedOut,
    "AuthenticationError": AuthenticationFailed,
    "BasicAuthDisabledError": AuthenticationFailed,
    "InvalidCredentialsError": AuthenticationFailed,
}
REQUESTS = {
    "RequestException": Unreachable, "InvalidJSONError": BadOutput, "JSONDecodeError": BadOutput,
    "HTTPError": Unreachable, "ConnectionError": Unreachable, "ProxyError": Unreachable, "SSLError": Unreachable,
    "Timeout": TimedOut, "ConnectTimeout": Unreachable, "ReadTimeout": TimedOut, "URLRequired": Unreachable,
    "TooManyRedirects": Unreachable, "MissingSchema": Unreachable, "InvalidSchema": Unreachable,
    "InvalidURL": Unreachable, "InvalidHeader": BadOutput, "InvalidProxyURL": Unreachable,
    "ChunkedEncodingError": Unreachable, "ContentDecodingError": BadOutput, "StreamConsumedError": Unreachable,
    "RetryError": Unreachable, "UnrewindableBodyError": Unreachable,
}  # fmt: skip
URLLIB3 = {
    "HTTPError": Unreachable, "PoolError": Unreachable, "RequestError": Unreachable, "SSLError": Unreachable,
    "ProxyError": Unreachable, "DecodeError": BadOutput, "ProtocolError": Unreachable, "MaxRetryError": Unreachable,
    "HostChangedError": Unreachable, "TimeoutStateError": Unreachable, "TimeoutError": TimedOut,
    "ReadTimeoutError": TimedOut, "ConnectTimeoutError": Unreachable, "NewConnectionError": Unreachable,
    "NameResolutionError": Unreachable, "EmptyPoolError": Unreachable, "FullPoolError": Unreachable,
    "ClosedPoolError": Unreachable, "LocationValueError": Unreachable, "LocationParseError": Unreachable,
    "URLSchemeUnknown": Unreachable, "ResponseError": BadOutput, "ResponseNotChunked": Unreachable,
    "BodyNotHttplibCompatible": Unreachable, "IncompleteRead": Unreachable, "InvalidChunkLength": Unreachable,
    "InvalidHeader": BadOutput, "ProxySchemeUnknown": Unreachable, "ProxySchemeUnsupported": Unreachable,
    "HeaderParsingError": BadOutput, "UnrewindableBodyError": Unreachable,
}  # fmt: skip
SPNEGO = {
    "SpnegoError": AuthenticationFailed, "BadMechanismError": AuthenticationFailed,
    "BadNameError": AuthenticationFailed, "BadBindingsError": AuthenticationFailed, "BadMICError": BadOutput,
    "NoCredentialError": AuthenticationFailed, "NoContextError": AuthenticationFailed,
    "InvalidTokenError": AuthenticationFailed, "InvalidCredentialError": AuthenticationFailed,
    "CredentialsExpiredError": AuthenticationFailed, "ContextExpiredError": BadOutput,
    "UnsupportedQop": AuthenticationFailed, "OperationNotAvailableError": AuthenticationFailed,
}  # fmt: skip
NOT_RAISED = {
    "NativeError": "carries the system's own text inside a SpnegoError",
    "FeatureMissingError": "raised by GSSAPI's and SSPI's proxies, which are not asked for",
}
MODULES = [(winrm.exceptions, WINRM), (requests.exceptions, REQUESTS), (urllib3.exceptions, URLLIB3),
           (spnego.exceptions, SPNEGO)]  # fmt: skip


@pytest.fixture
def wire():
    with endpoint() as node:
        made = Wire(target(node), Spent(), time.monotonic() + 60)
        yield made
        made.close()


def classes(module) -> set[str]:
    """Exceptions that are at home in the module, without warnings."""
    return {
        name for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, Exception) and not issubclass(value, Warning)
        and (value.__module__, value.__name__) == (module.__name__, name) and not name.startswith("_")
    }  # fmt: skip


@pytest.mark.parametrize(("module", "table"), MODULES, ids=lambda value: getattr(value, "__name__", ""))
def test_no_class_is_forgotten(module, table):
    assert classes(module) - set(NOT_RAISED) == set(table)


def make(module, name: str) -> Exception:
    """An instance as bare as it gets: a mapping must not lean on what a constructor would have set."""
    kind = getattr(module, name)
    error: Exception = kind.__new__(kind)
    if name == "WSManFaultError":
        error = kind(500, "m", "r", "reason")
    elif name == "WinRMTransportError":
        error = kind("http", 404, "")
    return error


@pytest.mark.parametrize(
    ("module", "name", "kind"), [(module, name, kind) for module, table in MODULES for name, kind in table.items()]
)
def test_every_class_becomes_one_of_ours(wire, module, name, kind):
    ours = translate(make(module, name), wire)
    assert type(ours) is kind
    assert ours.what
    assert ours.hint or ours.retry
    assert ours.where == wire.target.place


def kerberos_classes() -> list[type[Exception]]:
    """Every class of error that the two libraries of Kerberos have now."""
    homes = (gssapi.exceptions, gssapi.raw.exceptions, gssapi.raw.misc, krb5)
    found = {value for home in homes for value in vars(home).values()
             if inspect.isclass(value) and issubclass(value, Exception)
             and value.__module__.startswith(("gssapi", "krb5"))}  # fmt: skip
    return sorted(found, key=str)


@pytest.mark.parametrize("kind", kerberos_classes(), ids=lambda kind: kind.__name__)
def test_every_class_of_kerberos_is_a_failed_logon(wire, kind):
    for error in (kind.__new__(kind), spnego.exceptions.SpnegoError(13)):
        if not isinstance(error, kind):
            error.base_error = kind.__new__(kind)
        ours = translate(error, wire)
        assert type(ours) is AuthenticationFailed
        assert ours.what
        assert ours.hint
        assert ours.where == wire.target.place


def test_there_are_classes_of_kerberos():
    assert {"GSSError", "Krb5Error", "MissingCredentialsError", "ExpiredCredentialsError"} <= {
        kind.__name__ for kind in kerberos_classes()
    }


@pytest.mark.parametrize("number", sorted(kerberos_errors.TABLE))
@pytest.mark.parametrize("answered", [False, True])
def test_every_number_of_kerberos_says_what_to_do(wire, number, answered):
    code = number + kerberos_errors.BASE if number != kerberos_errors.NO_FILE else number
    wire.offered = "Negotiate YIIabc=" if answered else "Negotiate"
    ours = translate(krb5.Krb5Error(krb5.init_context(), code), wire)
    assert (type(ours), ours.code) == (AuthenticationFailed, number)
    assert "does not come about" not in ours.what
    assert len(ours.hint) > 10


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ET.ParseError("no element found"), BadOutput),
        (StopIteration(), BadOutput),
        (AssertionError(), BadOutput),
        (KeyError("content-type"), BadOutput),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), BadOutput),
        (AttributeError("None"), BadOutput),
        (ConnectionResetError(104, "reset"), Unreachable),
        (BrokenPipeError(32, "broken"), Unreachable),
        (OSError(113, "No route to host"), Unreachable),
        (TimeoutError("timed out"), TimedOut),
        (socket.gaierror(-2, "unknown"), Unreachable),
        (http.client.IncompleteRead(b""), BadOutput),
        (ssl.SSLError(1, "bad"), Unreachable),
    ],
)
def test_what_python_itself_raises(wire, error, kind):
    assert type(translate(error, wire)) is kind


def fault(code: int | None, subcode: str = "w:Other") -> winrm.exceptions.WSManFaultError:
    return winrm.exceptions.WSManFaultError(
        500, "m", "r", "Zugriff\x1b[31m verweigert\n", fault_subcode=subcode, wsman_fault_code=code
    )


@pytest.mark.parametrize(
    ("code", "subcode", "kind", "retry"),
    [
        (5, "w:Other", AccessDenied, False),
        (0x80070005, "w:Other", AccessDenied, False),
        (None, "w:AccessDenied", AccessDenied, False),
        (2150859180, "w:Other", AccessDenied, False),
        (2150858815, "w:Other", Busy, False),
        (2150859173, "w:Other", Busy, False),
        (2150859174, "w:Other", Busy, False),
        (2150859179, "w:Other", Busy, False),
        (2150859240, "w:Other", Busy, False),
        (None, "w:QuotaLimit", Busy, False),
        (2150858843, "w:InvalidSelectors", Unreachable, True),
        (995, "w:InternalError", Unreachable, True),
        (1, "w:SchemaValidationError", BadOutput, False),
        (None, "", BadOutput, False),
    ],
)
def test_faults_are_told_by_code_never_by_their_localised_text(wire, code, subcode, kind, retry):
    ours = translate(fault(code, subcode), wire)
    assert (type(ours), ours.retry) == (kind, retry)
    assert "Zugriff [31m verweigert" in ours.what


@pytest.mark.parametrize(
    ("status", "kind", "word", "retry"),
    [
        (400, Unreachable, "closed", True),
        (403, AccessDenied, "forbidden", False),
        (404, Unreachable, "something else", False),
        (413, Refused, "too long", False),
        (500, BadOutput, "without an explanation", False),
        (502, BadOutput, "without an explanation", False),
        (503, Busy, "no requests just now", False),
    ],
)
def test_http_statuses(wire, status, kind, word, retry):
    ours = translate(winrm.exceptions.WinRMTransportError("http", status, ""), wire)
    assert (type(ours), ours.retry) == (kind, retry)
    assert word in ours.what


@pytest.mark.parametrize(
    ("code", "words"),
    [(9, "not valid yet"), (10, "expired"), (18, "signed by none"), (19, "signed by none"), (20, "signed by none"),
     (62, "not made out to"), (64, "not made out to"), (23, "not accepted: revoked")],
)  # fmt: skip
def test_certificates(wire, code, words):
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_code, error.verify_message = code, "revoked"
    ours = translate(requests.exceptions.SSLError(urllib3.exceptions.SSLError(error)), wire)
    assert words in ours.what
    assert ours.hint.startswith("nothing was sent")


@pytest.mark.parametrize(
    ("reason", "words"),
    [("WRONG_VERSION_NUMBER", "plain HTTP"), ("UNSUPPORTED_PROTOCOL", "no common TLS"),
     ("SSLV3_ALERT_HANDSHAKE_FAILURE", "no common TLS"), ("DH_KEY_TOO_SMALL", "no common TLS"),
     ("SOMETHING_NEW", "handshake failed (something_new)")],
)  # fmt: skip
def test_handshakes(wire, reason, words):
    error = ssl.SSLError(1, "x")
    error.reason = reason
    assert words in translate(error, wire).what


@pytest.mark.parametrize("kind", [ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLError])
def test_behind_the_handshake_a_tls_error_is_a_broken_connection(wire, kind):
    # A peer that goes without a farewell is an SSLEOFError in the middle of reading.
    wire.reached = True
    ours = translate(requests.exceptions.SSLError(urllib3.exceptions.SSLError(kind(8, "EOF"))), wire)
    assert (type(ours), ours.retry) == (Unreachable, True)


def test_http_spoken_to_a_tls_port_that_answers_with_an_alert(wire):
    error = requests.exceptions.ConnectionError(
        urllib3.exceptions.ProtocolError("Connection aborted.", http.client.BadStatusLine("\x15\x03\x01"))
    )
    ours = translate(error, wire)
    assert "HTTPS is spoken" in ours.what
    assert not ours.retry


def test_before_a_connection_the_cut_is_no_connection(wire):
    wire.cut()
    ours = translate(requests.exceptions.ConnectionError(), wire)
    assert isinstance(ours, Unreachable)
    assert not ours.retry


def test_after_the_cut_everything_is_the_deadline(wire):
    wire.reached = True
    wire.cut()
    assert isinstance(translate(requests.exceptions.ConnectionError(), wire), TimedOut)
    assert isinstance(translate(ET.ParseError(), wire), TimedOut)


def test_our_own_errors_pass(wire):
    ours = Refused("x")
    assert translate(ours, wire) is ours


def test_every_reason_is_one_of_missing():
    kinds = [kind for kind in TransportError.__subclasses__() if kind.__module__ == "vcaudit.errors"]
    assert len(kinds) == 6
    assert {kind.reason for kind in kinds} <= set(get_args(Reason))


def test_a_chain_that_bites_its_tail_ends():
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert list(chain(first)) == [first, second]


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\r\n  b\tc", "a b c"), ("\x1b[2J\x07x", "[2J x"), ("é", "é"), ("x" * 300, "x" * 199 + "…"),
     (None, "None"), ("\u202eabc", "abc")],
)  # fmt: skip
def test_text_from_outside_is_one_printable_line(text, line):
    assert plain(text) == line
