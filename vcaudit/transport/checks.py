"""What can be wrong with a target before anything is sent: settings, files, libraries. It is the user who mends it."""

from __future__ import annotations

import importlib.util
import os
import stat

from vcaudit.errors import UsageError
from vcaudit.transport.base import Target


def check(target: Target) -> None:
    """Raises UsageError with what to do."""
    if target.authentication == "basic" and target.scheme != "https":
        raise UsageError(
            "Basic over http would send the password readable", where=target.place,
            hint="use `scheme: https`, or `transport: ntlm`, which encrypts its messages over http",
        )  # fmt: skip
    if target.authentication == "certificate":
        _check_certificate(target)
    if target.authentication == "kerberos":
        _check_kerberos(target)
    if target.ca:
        _check_ca(target)


def _check_ca(target: Target) -> None:
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(target.ca)
    except OSError as error:
        # ssl.SSLError (not PEM) is an OSError as well.
        what = "holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
        raise UsageError(f"{target.ca}: {what}", where=target.place, hint="see `ca` in the inventory") from None


def _check_kerberos(target: Target) -> None:
    if any(importlib.util.find_spec(name) is None for name in ("gssapi", "krb5")):
        raise UsageError(
            "Kerberos needs two more libraries", where=target.place,
            hint="pip install 'vcaudit[kerberos]'; they are compiled: apt-get install gcc python3-dev libkrb5-dev",
        )  # fmt: skip
    if target.keytab:
        _private(target, target.keytab)


def _check_certificate(target: Target) -> None:
    if target.scheme != "https":
        raise UsageError("a certificate is shown in TLS", where=target.place, hint="use `scheme: https`")
    if not target.certificate:
        raise UsageError("there is no certificate to show", where=target.place,
                         hint="name it with `certificate` in the credential")  # fmt: skip
    key = target.key or target.certificate
    _private(target, key)
    _load(target, target.certificate, key)


def _load(target: Target, certificate: str, key: str) -> None:
    import ssl

    asked: list[bool] = []

    def phrase() -> str:
        asked.append(True)
        return target.secret.reveal()

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, target.key, phrase)
    except (OSError, ValueError) as error:
        what, hint = _unusable(certificate, key, error, bool(asked))
        raise UsageError(what, where=target.place, hint=hint) from None


def _unusable(certificate: str, key: str, error: Exception, asked: bool) -> tuple[str, str]:
    reason = getattr(error, "reason", "") or ""
    if asked:
        return f"{key}: the pass phrase does not open this key", "the credential's password is its pass phrase"
    if reason == "KEY_VALUES_MISMATCH":
        return f"{key} is not the key of the certificate {certificate}", "see `certificate` and `key` in the credential"
    # ssl.SSLError (not PEM) is an OSError as well, without a number of the system.
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        return f"{certificate}: {error.strerror}", "see `certificate` in the credential"
    hint = f"openssl pkcs12 -in FILE.pfx -out {certificate} converts what Windows exports"
    return f"{certificate} or {key} holds no PEM (-----BEGIN …)", hint


def _private(target: Target, path: str) -> None:
    """Keys are for their owner only, as password files are."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", where=target.place, hint="see the credential's entry") from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise UsageError(f"{path} can be read by others", where=target.place, hint=f"chmod 600 {path}")
