"""What no library signs any more: a certificate whose signature is SHA-1, made by the openssl program."""

from __future__ import annotations

import hashlib
import ssl
import subprocess
from pathlib import Path

from vcaudit.lab.server.tls import Identity


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def sha1(folder: Path) -> tuple[Identity, str]:
    """TLS settings of 127.0.0.1 with such a certificate, and the file of the authority that has signed it."""
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    _openssl(folder, "req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=old CA", "-days", "9")
    _openssl(folder, "req", *curve, "-keyout", "node.key", "-out", "node.csr", "-subj", "/CN=127.0.0.1")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    _openssl(folder, "x509", "-req", "-in", "node.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
             "-sha1", "-extfile", "names", "-out", "node.pem", "-days", "9")  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The level by which Debian's OpenSSL would not even show it.
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.load_cert_chain(folder / "node.pem", folder / "node.key")
    der = ssl.PEM_cert_to_DER_cert((folder / "node.pem").read_text())
    return Identity(context, hashlib.sha256(der).digest()), str(folder / "ca.pem")
