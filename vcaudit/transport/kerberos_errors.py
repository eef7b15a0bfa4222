"""What Kerberos' error numbers mean to someone who wants to log on, down to the command that mends it.

Neither of its libraries is imported here: they are an extra, and their errors are told by what they carry.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from vcaudit.errors import AuthenticationFailed
from vcaudit.transport.base import Target
from vcaudit.transport.tls_errors import is_address

if TYPE_CHECKING:
    from vcaudit.transport.wire import Wire

BASE = -1765328384
"""Of MIT's error table `krb5`: protocol errors (RFC 4120, 7.5.9) from 0 on, the library's own from 128 on."""
NO_CREDENTIAL, EXPIRED = 7, 11
"""Major codes of GSS-API (RFC 2744, 3.9.1)."""
NO_FILE = 2


class Said(NamedTuple):
    """What an error says."""

    minor: int
    """Number within MIT's table, or an errno."""
    major: int
    """GSS-API's number; 0 where it is not one of GSS-API."""


def said(error: BaseException) -> Said | None:
    """The numbers in an error of gssapi or krb5, also inside pyspnego's; None for any other."""
    for each in (getattr(error, "base_error", None), error):
        home = type(each).__module__.partition(".")[0]
        if home == "krb5":
            return Said(_number(getattr(each, "err_code", 0)), 0)
        if home == "gssapi":
            return Said(_number(getattr(each, "min_code", 0)), int(getattr(each, "maj_code", 0) or 0) >> 16 & 0xFF)
    return None


def _number(code: object) -> int:
    value = int(code) if isinstance(code, int) else 0
    # Signed where krb5 says it, unsigned where gssapi does.
    value = value - (1 << 32) if value >= 1 << 31 else value
    return value - BASE if BASE <= value < BASE + 512 else value


def explain(error: BaseException, wire: Wire) -> AuthenticationFailed:
    """Our error for one of theirs."""
    numbers, target = said(error) or Said(0, 0), wire.target
    # Without a token the node has only said what it takes.
    answered = bool(re.search(r"\b(?:Negotiate|Kerberos) [A-Za-z0-9+/=]", wire.offered))
    text = TABLE.get(numbers.minor) or MAJOR.get(numbers.major)
    if text:
        what, hint = text(target, answered)
    else:
        from vcaudit.transport.mapping import plain

        what = f"Kerberos does not come about: {plain(getattr(error, 'base_error', None) or type(error).__name__)}"
        hint = "KRB5_TRACE=/dev/stderr shows what Kerberos does; krb5.conf says where it looks"
    return AuthenticationFailed(what, where=target.place, hint=hint, code=numbers.minor or numbers.major or None)


def spn(target: Target) -> str:
    """Under which name the node is known to the KDC: `HTTP/vcnode1.corp.example`."""
    return f"{target.service}/{target.hostname_override or target.address}"


Text = Callable[[Target, bool], tuple[str, str]]
"""Target, and whether it was the node that said so (else the KDC or our own library): what happened, what to do."""


def _no_ticket(target: Target, answered: bool) -> tuple[str, str]:
    return f"there is no Kerberos ticket of {target.user}", f"kinit {target.user}; `klist` shows what tickets there are"


def _expired(target: Target, answered: bool) -> tuple[str, str]:
    return f"the Kerberos ticket of {target.user} has expired", f"kinit {target.user}"


def _unknown_service(target: Target, answered: bool) -> tuple[str, str]:
    name = spn(target)
    if is_address(target.hostname_override or target.address):
        hint = "Kerberos knows machines by name, not by address: write the node's full name as `address`, or as "
        hint += "`hostname_override` of winrm.kerberos"
    else:
        hint = f"look for it with `setspn -Q {name}` on a domain member; register it with `setspn -S {name} COMPUTER`, "
        hint += "or name another with winrm.kerberos in the inventory"
    return f"the KDC knows no service {name}", hint


def _skew(target: Target, answered: bool) -> tuple[str, str]:
    whom = "the node's" if answered else "the KDC's"
    return (f"this machine's clock and {whom} are too far apart for Kerberos (5 minutes)",
            "set both by the domain: `w32tm /resync` on Windows, `chronyc makestep` here")  # fmt: skip


def _unknown_user(target: Target, answered: bool) -> tuple[str, str]:
    hint = "the user is written name@REALM, the realm as Active Directory has it, in capitals"
    return f"the KDC knows no account {target.user}", hint


def _wrong_password(target: Target, answered: bool) -> tuple[str, str]:
    if answered:
        return _other_key(target, answered)
    if target.keytab:
        what = f"the key in {target.keytab} is not that of {target.user} any more"
        return what, "make the keytab anew: a change of the password makes it useless"
    return f"the KDC did not accept the password of {target.user}", f"try it with `kinit {target.user}`"


def _other_key(target: Target, answered: bool) -> tuple[str, str]:
    name = spn(target)
    hint = f"the name is registered for another account, or twice: `setspn -Q {name}`; `setspn -X` finds duplicates"
    return f"the node cannot open the ticket for {name}", hint


def _locked(target: Target, answered: bool) -> tuple[str, str]:
    return f"the account {target.user} is disabled or locked", f"net user {target.user.partition('@')[0]} /domain"


def _password_expired(target: Target, answered: bool) -> tuple[str, str]:
    return f"the password of {target.user} has expired", f"kpasswd {target.user}"


def _no_kdc(target: Target, answered: bool) -> tuple[str, str]:
    realm = target.user.rpartition("@")[2] if "@" in target.user else "the default realm"
    return (f"there is no KDC known for {realm}",
            "write the realm as Active Directory has it, in capitals; name its domain controllers in [realms] of "
            "krb5.conf where DNS does not (`host -t SRV _kerberos._tcp.REALM`)")  # fmt: skip


def _silent(target: Target, answered: bool) -> tuple[str, str]:
    hint = "a domain controller must be reachable on port 88; [realms] of krb5.conf says which are asked"
    return "no Kerberos server (KDC) of the realm answers", hint


def _keytab(target: Target, answered: bool) -> tuple[str, str]:
    place = target.keytab
    if place is None:
        return _no_ticket(target, answered)
    return f"{place} holds no key of {target.user}", f"`klist -k {place}` shows whose keys it holds"


def _ciphers(target: Target, answered: bool) -> tuple[str, str]:
    return ("the KDC and this machine have no encryption type in common",
            "Server 2003 knows RC4 only: `allow_weak_crypto = true` and rc4-hmac in `permitted_enctypes` of "
            "krb5.conf, or use transport: ntlm")  # fmt: skip


def _generic(target: Target, answered: bool) -> tuple[str, str]:
    hint = "see the node's System event log, source Kerberos"
    if target.scheme == "https":
        hint = "a TLS proxy between here and the node has this effect (channel binding); " + hint
    return "the node refused the Kerberos ticket", hint


def _configuration(target: Target, answered: bool) -> tuple[str, str]:
    return "krb5.conf cannot be read", "see /etc/krb5.conf, or the file that KRB5_CONFIG names"


TABLE: dict[int, Text] = {
    6: _unknown_user, 7: _unknown_service, 14: _ciphers, 18: _locked, 23: _password_expired, 24: _wrong_password,
    31: _wrong_password, 32: _expired, 33: _skew, 35: _other_key, 36: _other_key, 37: _skew, 41: _other_key,
    60: _generic, 68: _no_kdc, 135: _configuration, 136: _configuration, 141: _no_ticket, 154: _no_kdc, 156: _silent,
    181: _keytab, 195: _no_ticket, 210: _wrong_password, 220: _no_kdc, NO_FILE: _keytab,
}  # fmt: skip
"""Number within MIT's table → what to say."""
MAJOR: dict[int, Text] = {NO_CREDENTIAL: _no_ticket, EXPIRED: _expired}
"""Where the minor code says nothing."""
