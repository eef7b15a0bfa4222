"""Whom we trust on TLS, and what we show ourselves: ssl's contexts for a target, read once for many nodes."""

from __future__ import annotations

import os
import ssl
import threading

from vcaudit.transport.base import Target


def tls_context(target: Target) -> ssl.SSLContext:
    """Whom we trust: one certificate, the inventory's authorities, or the system's. Raises OSError for a bad file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    target.tls.apply(context)
    if target.certificate:
        context.load_cert_chain(target.certificate, target.key, password=target.secret.reveal)
        # http.sys asks for the certificate once it knows the URL, which in TLS 1.3 is after the handshake.
        context.post_handshake_auth = True
    if target.fingerprint:
        # Names and dates of a pinned certificate say nothing more; it is compared in _TlsConnection.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif target.ca:
        context.load_verify_locations(target.ca)
    else:
        context.load_default_certs()
    return context


def shared_context(target: Target) -> ssl.SSLContext:
    """`tls_context`, one for all nodes with the same settings: reading the system's authorities takes 15 ms of CPU.

    Nobody may change it. A client's private key is in no context but its own node's.
    """
    if target.certificate:
        return tls_context(target)
    stamp = (os.stat(target.ca).st_mtime_ns, os.stat(target.ca).st_size) if target.ca else None
    with _contexts_lock:
        key = (bool(target.fingerprint), target.ca, stamp, target.tls)
        if key not in _contexts:
            _contexts[key] = tls_context(target)
        return _contexts[key]


_contexts: dict[object, ssl.SSLContext] = {}
_contexts_lock = threading.Lock()
