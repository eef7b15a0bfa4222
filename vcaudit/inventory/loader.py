"""vcaudit.yaml → Inventory: its shape, then what its parts say of each other, then the types; all mistakes at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from vcaudit.capture import Locations
from vcaudit.errors import InventoryError
from vcaudit.inventory.operation import drill_files
from vcaudit.inventory.relations import (
    file_of,
    limits_of,
    nodes_of,
    port_of,
    protocol_of,
    relate,
    scheme_of,
    winrm_of,
    words_of,
)
from vcaudit.inventory.schema import INVENTORY
from vcaudit.inventory.shape import check
from vcaudit.inventory.types import (
    DEFAULT_TIMEOUT,
    DEFAULT_VI_PORT,
    Cluster,
    CredentialSpec,
    Inventory,
    Node,
    Probing,
    Tls,
    VirtualCenter,
    WinRM,
)
from vcaudit.snapshot.drills import Recorded
from vcaudit.snapshot.model import AcceptedException, Declared, Param
from vcaudit.yamlfile import load

Table: TypeAlias = Mapping[str, Any]


def load_inventory(path: Path, text: str | None = None) -> Inventory:
    """Reads and checks an inventory, and the records of drills that it names.

    Raises InventoryError with every mistake, each with its line; DrillError with those of all records.
    """
    document = load(path, text)
    folder = path.absolute().parent
    value = check(document, INVENTORY)
    relate(document, value, folder)
    document.raise_if_any(InventoryError)
    dns = value.get("auditor", {}).get("dns")
    credentials = {name: _credential(name, entry, folder) for name, entry in value["credentials"].items()}
    recorded = _drills(value["clusters"], folder)
    clusters = [_cluster(name, entry, credentials, folder, dns, recorded) for name, entry in value["clusters"].items()]
    return Inventory(path=path, clusters=tuple(clusters), document=document, waivers=_waivers(value, path.parent))


def _waivers(value: Table, folder: Path) -> tuple[Path, ...]:
    """As the inventory is named, so that reports call them as the user does."""
    named = value.get("waivers", [])
    return tuple(folder / each for each in ([named] if isinstance(named, str) else named))


def _drills(clusters: Mapping[str, Table], folder: Path) -> tuple[Recorded, ...]:
    """Each record belongs to the cluster that it names, whichever names the file."""
    files = [(file, name) for name, entry in clusters.items() for file in drill_files(entry, folder)]
    if not files:
        return ()
    from vcaudit.inventory.drillfile import load_drills

    return load_drills(files, tuple(clusters), folder)


def _credential(name: str, entry: Table, folder: Path) -> CredentialSpec:
    keytab, certificate, key = (file_of(entry, each, folder) for each in ("keytab", "certificate", "key"))
    return CredentialSpec(
        name=name,
        user=entry["user"],
        **_source(entry, folder),
        ticket="ticket" in entry,
        keytab=str(keytab) if keytab else None,
        certificate=str(certificate) if certificate else None,
        key=str(key) if key else None,
    )


def _source(entry: Table, folder: Path) -> dict[str, Any]:
    file = file_of(entry, "password_file", folder)
    if file is not None:
        return {"source": "file", "place": str(file)}
    if "password_env" in entry:
        return {"source": "env", "place": entry["password_env"]}
    if "password_command" in entry:
        return {"source": "command", "place": str(folder), "words": words_of(entry["password_command"])}
    if "keyring" in entry:
        keyring = {"service": entry["keyring"]} if isinstance(entry["keyring"], str) else entry["keyring"]
        user = str(keyring.get("user", entry["user"]))
        return {"source": "keyring", "place": keyring["service"], "words": (user,)}
    # A key that is not encrypted, a ticket and a keytab take no password.
    return {"source": "prompt" if "prompt" in entry else "none"}


def _cluster(
    name: str, entry: Table, credentials: Mapping[str, CredentialSpec], folder: Path, dns: str | None,
    recorded: Sequence[Recorded],
) -> Cluster:  # fmt: skip
    return Cluster(
        name=name,
        nodes=tuple(_node(node, value, entry, credentials, folder) for node, value in nodes_of(entry).items()),
        credential=credentials[entry["credential"]] if "credential" in entry else next(iter(credentials.values())),
        winrm=_winrm(entry.get("winrm", {}), folder),
        declared=_declared(name, entry, recorded),
        locations=Locations(**entry.get("locations", {})),
        permissions=file_of(entry, "permissions", folder),
        virtualcenter=_virtualcenter(entry, credentials, folder),
        probe=_probing(entry.get("probe", {})),
        dns=dns,
        limits=limits_of(entry),
        timeout=float(entry.get("timeout", DEFAULT_TIMEOUT)),
    )


def _node(
    name: str, entry: Table, cluster: Table, credentials: Mapping[str, CredentialSpec], folder: Path
) -> Node:
    return Node(
        name=name,
        address=entry["address"],
        port=port_of(cluster, entry),
        credential=credentials[entry["credential"]] if "credential" in entry else None,
        winrm=_winrm(winrm_of(cluster, entry), folder) if "winrm" in entry else None,
    )


def _virtualcenter(
    cluster: Table, credentials: Mapping[str, CredentialSpec], folder: Path
) -> VirtualCenter | None:
    entry = cluster.get("virtualcenter")
    if entry is None:
        return None
    return VirtualCenter(
        address=entry.get("address") or cluster["virtual_address"],
        port=entry.get("port", DEFAULT_VI_PORT),
        credential=credentials[entry["credential"]],
        ca=file_of(entry, "ca", folder),
        fingerprint=_fingerprint(entry),
        tls=Tls(**entry.get("tls", {})),
    )


def _fingerprint(entry: Table) -> str | None:
    return str(entry["fingerprint"]).replace(":", "").lower() if "fingerprint" in entry else None


def _winrm(entry: Table, folder: Path) -> WinRM:
    return WinRM(
        transport=entry.get("transport", "ntlm"),
        scheme=scheme_of(entry),
        protocol=protocol_of(entry),
        configuration_name=entry.get("configuration_name"),
        ca=file_of(entry, "ca", folder),
        fingerprint=_fingerprint(entry),
        tls=Tls(**entry.get("tls", {})),
        **entry.get("kerberos", {}),
    )


def _witness(entry: str | Table | None) -> dict[str, Any]:
    """A name alone is short for a machine of which nothing more is said."""
    told: Table = {"host": entry} if entry is None or isinstance(entry, str) else entry
    return {"witness": told["host"], "witness_runs_virtualcenter": told.get("runs_virtualcenter")}


def _probing(entry: Table) -> Probing:
    roles = {"virtualcenter": "vpxd"}
    ports = ((roles.get(name, name), tuple(numbers)) for name, numbers in entry.get("ports", {}).items())
    return Probing(ports=tuple(ports), through=tuple(entry.get("through", {}).items()))


def _declared(name: str, entry: Table, recorded: Sequence[Recorded]) -> Declared:
    params = [Param(rule=rule, name=name, value=tuple(value) if isinstance(value, list) else value)
              for rule, values in entry.get("params", {}).items() for name, value in values.items()]  # fmt: skip
    return Declared(
        nodes=tuple(entry["nodes"]),
        virtual_address=entry.get("virtual_address"),
        netmask=entry.get("netmask"),
        license_netmask=entry.get("license_netmask"),
        network_name=entry.get("network_name"),
        managedip_place=entry.get("managedip"),
        **_witness(entry.get("witness")),
        synchronisation=entry.get("synchronisation"),
        minimum_build=entry.get("minimum_build"),
        license_server=entry.get("license_server"),
        drills=tuple(each for each in recorded if each.drill.cluster == name),
        drill_max_age=entry.get("drill_max_age"),
        params=tuple(params),
        exceptions=tuple(AcceptedException(**one) for one in entry.get("exceptions", [])),
    )
