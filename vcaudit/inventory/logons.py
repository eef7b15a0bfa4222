"""Whether a credential is one for the way in which a node is logged on to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from vcaudit.yamlfile import Document, Key

Table: TypeAlias = Mapping[str, Any]

KERBEROS_KEYS = ("keytab", "ticket")
"""Of a credential: ways to do without a password that only Kerberos has."""


def check_logons(
    document: Document,
    cluster: Table,
    at: tuple[Key, ...],
    credentials: Table,
    nodes: Mapping[str, Table],
    winrm_of: Callable[[Table, Table], Table],
) -> None:
    """Notes each thing that does not fit, once, where it was said: in the cluster, or in the node's own settings."""
    told: set[str] = set()
    for name, node in nodes.items():
        own = "credential" in node or "winrm" in node
        chosen = node.get("credential", cluster.get("credential", next(iter(credentials), None)))
        transport = winrm_of(cluster, node).get("transport", "ntlm")
        for wrong in _unfit(transport, str(chosen), credentials.get(chosen, {})):
            if own:
                document.add((*at, "nodes", name), f"{name}: {wrong}")
            elif wrong not in told:
                told.add(wrong)
                document.add(at, f"{at[-1]}: {wrong}")


def _unfit(transport: str, name: str, credential: Table) -> Iterator[str]:
    if not credential or transport == "local":
        return
    for key in KERBEROS_KEYS:
        if key in credential and transport != "kerberos":
            yield f"{key} of credential {name} is for transport: kerberos, and this is {transport}"
    if transport == "kerberos" and "\\" in str(credential.get("user", "")):
        yield f"user of credential {name} must be name@REALM for transport: kerberos"
    if transport == "certificate" and "certificate" not in credential:
        yield f"transport: certificate takes a credential with certificate, which {name} lacks"
    if "certificate" in credential and transport != "certificate":
        yield f"certificate of credential {name} is for transport: certificate, and this is {transport}"
