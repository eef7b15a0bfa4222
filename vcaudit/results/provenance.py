"""When, from where, with what, and what it cost each node."""

from __future__ import annotations

import msgspec

from vcaudit.results.waivers import WaiverFileUsed


class NodeBudget(msgspec.Struct, frozen=True, kw_only=True):
    """What one scan was allowed to spend on one node."""

    seconds: float
    """From connecting to closing."""
    requests: int
    received_bytes: int
    script_seconds: int
    """Run time of the script on the node."""
    wmi_seconds: int
    """One question to WMI or to cluster.exe."""
    registry_values: int
    file_bytes: int


class NodeProvenance(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent on one node."""

    node: str
    route: str
    address: str
    user: str
    started: str
    seconds: float
    requests: int
    bytes_sent: int
    bytes_received: int
    collector_milliseconds: int | None
    script_sha256: str
    warnings: tuple[str, ...]
    budget: NodeBudget | None = None
    """None: nothing was asked of the node itself."""
    sources: tuple[str, ...] = ()
    """Facts of the cluster that WMI did not give, and what gave them: `possible owners: cluster.exe`."""
    requests_sha256: str = ""
    """Of the request list that was sent along with the script, limits included; empty: nobody knows, or none was."""


class PackUsed(msgspec.Struct, frozen=True, kw_only=True):
    """A rule pack that was applied."""

    name: str
    title: str
    version: str
    sha256: str
    """Of all its files."""


class BaselineUsed(msgspec.Struct, frozen=True, kw_only=True):
    """The approved snapshot that the cluster was held against."""

    file: str
    taken_at: str
    sha256: str
    """Of the file."""


class ProvenanceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """When, from where, with what."""

    taken_at: str
    judged_by: str
    """vcaudit and its version."""
    rule_pack: str
    """Name and version; of several packs, all of them."""
    rule_pack_sha256: str
    """Of several packs, of all together."""
    snapshot_sha256: str
    nodes: tuple[NodeProvenance, ...]
    resolver: str
    declared: tuple[str, ...] = ()
    """What the owner declared, a line each."""
    packs: tuple[PackUsed, ...] = ()
    """Every rule pack; empty in results of versions that had only one."""
    overrides: tuple[str, ...] = ()
    """What packs changed in rules, with the reason, a line each."""
    waiver_files: tuple[WaiverFileUsed, ...] = ()
    """Every file of waivers."""
    run_as: str = ""
    """User of the system that read them; empty without waivers."""
    baseline: BaselineUsed | None = None
    """None: none was given."""
