"""From a snapshot to what rules see: roles bound, relations joined, one function a relation; pure.

The law of every function here: a fact that becomes Missing may make what is joined from it Missing, never give another
value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from vcaudit.evaluate import accounts, addresses, contents, database, licenses, managedip, regpath, resources, services
from vcaudit.evaluate.answers import answers
from vcaudit.evaluate.checkpoints import Checkpoints
from vcaudit.evaluate.choices import choices
from vcaudit.evaluate.cluster import Merged, merge
from vcaudit.evaluate.drills import Drills, of_cluster
from vcaudit.evaluate.hardware import hypervisor
from vcaudit.evaluate.holders import holder
from vcaudit.evaluate.hosts import Hosts
from vcaudit.evaluate.known import apply, same
from vcaudit.evaluate.license_group import license_groups
from vcaudit.evaluate.nodes import Node, identify
from vcaudit.evaluate.programs import installed, registered
from vcaudit.evaluate.quorum import quorum
from vcaudit.evaluate.roles import Roles, bind
from vcaudit.evaluate.schema import (
    ClusterVar,
    Conflict,
    DeclaredVar,
    Disagreement,
    InstalledView,
    ManagedIp,
    MemberView,
    NodeVar,
    RegistryCopy,
    Replication,
    ResourceVar,
    RuleView,
    VcVar,
    VpxdView,
)
from vcaudit.evaluate.sync import applications as sync_applications
from vcaudit.evaluate.synchronisation import Synchronising, alike
from vcaudit.evaluate.upkeep import upkeep
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.drills import Recorded
from vcaudit.snapshot.facts import Certificate, Program
from vcaudit.snapshot.model import Declared, Snapshot

SSL_FILES: Final = ("rui.crt", "rui.key", "rui.pfx")
"""The three files of Options 1 and 2 (names: field facts, section 1)."""
_NO_CERTIFICATE: Final = "rui.crt (it holds no certificate)"


def build_view(snapshot: Snapshot, recorded: Sequence[Recorded] = ()) -> RuleView:
    """All variables of expressions but `params` and `each`; `recorded`: drills beside those of the inventory."""
    merged = merge(snapshot.nodes)
    nodes = identify(snapshot, merged)
    roles = bind(merged, nodes, snapshot.declared)
    owner = spelled(resources.owner_of(roles.group, merged), nodes)
    hosts = Hosts(nodes, merged)
    bound = resources.bound_resources(roles, merged, snapshot.declared)
    groups = resources.groups(roles, bound, merged)
    checkpoints = Checkpoints(nodes, owner, _checkpoints(bound))
    drills = Drills(of_cluster(snapshot, recorded), groups, nodes, snapshot.taken_at, snapshot.declared)
    return RuleView(
        cluster=_cluster(snapshot, merged, nodes, owner, hosts),
        nodes=tuple(_node(node, owner, hosts, checkpoints) for node in nodes),
        vc=_vc(snapshot, merged, nodes, roles, owner, hosts, bound, checkpoints, drills),
        upkeep=upkeep(snapshot, merged, nodes, roles, owner, bound, groups),
        declared=_declared(snapshot.declared),
        drills=drills.all(),
        taken_at=snapshot.taken_at,
    )


def compared_nodes(snapshot: Snapshot) -> tuple[Node, ...]:
    """The nodes that comparing rules compare, under the names the view gives them."""
    return identify(snapshot, merge(snapshot.nodes))


def spelled(name: str | None | Missing, nodes: Sequence[Node]) -> str | None | Missing:
    """A node's name as `nodes` spells it."""
    if name is None or isinstance(name, Missing):
        return name
    return next((node.name for node in nodes if same(node.name, name)), name)


def _cluster(
    snapshot: Snapshot, merged: Merged, nodes: Sequence[Node], owner: str | None | Missing, hosts: Hosts
) -> ClusterVar:
    members = apply(lambda found: tuple(MemberView(name=m.name, state=m.state) for m in found), merged.nodes)
    return ClusterVar(
        name=snapshot.cluster,
        members=members,
        owner=owner,
        disagreements=_disagreements(merged, nodes),
        quorum_type=merged.quorum_type,
        quorum_resource=merged.quorum_resource,
        quorum=quorum(merged, hosts, snapshot.declared, snapshot.auditor),
    )


def _disagreements(merged: Merged, nodes: Sequence[Node]) -> tuple[Disagreement, ...] | Missing:
    """What is said differently; that nothing is said differently takes everybody's complete view."""
    if merged.disagreements:
        return merged.disagreements
    for node in nodes:
        if node.member is not False and isinstance(node.facts.cluster, Missing):
            return node.facts.cluster
    if sum(not isinstance(node.facts.cluster, Missing) for node in nodes) < 2:
        return Missing(reason="not_found", detail="fewer than two nodes told their view of it", where="cluster")
    return merged.unseen or ()


def _node(node: Node, owner: str | None | Missing, hosts: Hosts, checkpoints: Checkpoints) -> NodeVar:
    host = node.host

    def of_host(name: str) -> str | int | None | Missing:
        found: str | int | None | Missing = host if isinstance(host, Missing) else getattr(host, name)
        return found

    return NodeVar(
        name=node.name,
        declared=node.declared,
        owner=apply(lambda name: same(name, node.name), owner),
        state=node.state,
        domain=of_host("domain"),  # type: ignore[arg-type]  # the fields of Host have the types of NodeVar's
        os_name=of_host("os_name"),  # type: ignore[arg-type]
        os_version=of_host("os_version"),  # type: ignore[arg-type]
        service_pack=of_host("service_pack"),  # type: ignore[arg-type]
        architecture=of_host("architecture"),  # type: ignore[arg-type]
        maker=of_host("maker"),  # type: ignore[arg-type]
        model=of_host("model"),  # type: ignore[arg-type]
        hypervisor=host if isinstance(host, Missing) else hypervisor(host.maker, host.model),
        hotfixes=host if isinstance(host, Missing) else host.hotfixes,
        installed=InstalledView(
            vpxd=installed("vpxd", node), vpxd_service=registered("vpxd", node),
            web=installed("web", node), license=installed("license", node),
        ),
        vpxd=_vpxd(node),
        database=database.database(node, hosts, checkpoints),
        ssl_missing=_ssl_missing(node),
        conflicts=_conflicts(node),
    )


def _conflicts(node: Node) -> tuple[Conflict, ...] | Missing:
    view = node.facts.cluster
    found = view if isinstance(view, Missing) else view.conflicts
    return apply(lambda all_: tuple(Conflict(subject=one.subject, said=one.said) for one in all_), found)


def _vpxd(node: Node) -> VpxdView | None | Missing:
    software = node.facts.software
    program = software if isinstance(software, Missing) else software.vpxd
    if not isinstance(program, Program):
        return program
    return VpxdView(
        path=program.path, version=program.version, build=program.build, release=_release(program.version, node.name)
    )


def _release(version: str | Missing, node: str) -> int | Missing:
    """2.0.1 as one number, so that versions compare."""
    if isinstance(version, Missing):
        return version
    parts = re.match(r"(\d{1,6})(?:\.(\d{1,3}))?(?:\.(\d{1,3}))?", version.strip())
    if parts is None:
        return Missing(reason="bad_output", detail=f"{version!r} is not a version", where=f"{node} vpxd.exe")
    major, minor, patch = (int(part or 0) for part in parts.groups())
    return major * 10**6 + minor * 10**3 + patch


def _ssl_missing(node: Node) -> tuple[str, ...] | Missing:
    files = node.facts.files
    ssl = files if isinstance(files, Missing) else files.ssl
    if ssl is None or isinstance(ssl, Missing):
        return SSL_FILES if ssl is None else ssl
    if isinstance(ssl.files, Missing):
        return ssl.files
    lacking = tuple(n for n in SSL_FILES if not any(same(n, f.name) for f in ssl.files))
    if SSL_FILES[0] in lacking or isinstance(ssl.certificate, Certificate):
        return lacking
    # a file of that name in which there is none is no certificate
    return (_NO_CERTIFICATE, *lacking) if ssl.certificate is None else lacking or ssl.certificate


def _vc(
    snapshot: Snapshot, merged: Merged, nodes: Sequence[Node], roles: Roles, owner: str | None | Missing, hosts: Hosts,
    bound: tuple[ResourceVar, ...] | Missing, checkpoints: Checkpoints, drills: Drills,
) -> VcVar:  # fmt: skip
    address = managedip.managedip(nodes, owner, checkpoints.keys)
    required = resources.required(roles, nodes)
    synchronising = Synchronising.find(nodes, hosts, roles)
    return VcVar(
        design=roles.design,
        scattered=roles.scattered,
        required=required,
        resources=bound,
        groups=drills.groups,
        sync_resources=sync_applications.resources(synchronising.applications, roles, merged),
        sync_scripts=sync_applications.scripts(synchronising.applications),
        sync_script_sets=sync_applications.script_sets(synchronising.applications, owner),
        sync_things=synchronising.things(),
        sync_ways=synchronising.ways,
        sync_unclear=synchronising.unclear,
        owner_pairs=resources.owner_pairs(bound, merged),
        address=apply(lambda found: next((r.address for r in found if r.role == "ip"), None), bound),
        managedip=address,
        replication=_replication(address, nodes, owner, checkpoints.keys),
        lookups=services.lookups(bound, nodes),
        auditor_lookups=services.auditor_lookups(bound, snapshot.auditor),
        services=services.services(roles, merged, nodes),
        node_addresses=addresses.node_addresses(nodes, merged, snapshot.declared),
        principals=accounts.principals(snapshot.permissions, nodes, owner),
        account_differences=accounts.account_differences(nodes),
        settings_alike=alike(nodes, contents.vpxd_settings),
        licenses_alike=alike(nodes, contents.licenses),
        registry_copies=_registry_copies(nodes, owner),
        license_servers=licenses.license_servers(nodes, licenses.Servers(hosts, roles)),
        license_sources=licenses.license_sources(nodes, snapshot.declared, licenses.Servers(hosts, roles), checkpoints),
        choices=choices(nodes, owner, spelled(holder("license", required, drills.groups, owner), nodes)),
        license_groups=license_groups(roles, merged),
        answers=answers(snapshot.auditor, bound, nodes),
        takeovers=drills.takeovers(),
        drill_steps=drills.steps(),
    )


def _checkpoints(bound: tuple[ResourceVar, ...] | Missing) -> tuple[str, ...] | Missing:
    if isinstance(bound, Missing):
        return bound
    return next((r.checkpoints for r in bound if r.role == "vpxd"), ())


def _replication(
    address: ManagedIp, nodes: Sequence[Node], owner: str | None | Missing, checkpoints: tuple[str, ...] | Missing
) -> Replication:
    """What vpxd's resource has to replicate, by where its owner keeps the address (Table 4, step 6)."""
    place, key = address.owner_place, regpath.vpxd_key(nodes, owner)
    required: tuple[str, ...] | Missing
    if isinstance(place, Missing):
        required = place
    elif place in {"registry", "both"}:
        required = apply(lambda path: (path,), key)
    else:
        required = ()
    if isinstance(required, Missing) or isinstance(checkpoints, Missing):
        gap = required if isinstance(required, Missing) else checkpoints
        assert isinstance(gap, Missing)
        return Replication(required=required, missing=gap, extra=gap)
    return Replication(
        required=required,
        missing=tuple(r for r in required if not any(regpath.covers(c, r) for c in checkpoints)),
        extra=tuple(c for c in checkpoints if regpath.normal(c) not in [regpath.normal(r) for r in required]),
    )


def _registry_copies(nodes: Sequence[Node], owner: str | None | Missing) -> tuple[RegistryCopy, ...] | Missing:
    """What a registry checkpoint will bring to each standby: shown, because F5 judges the owner's copy then."""
    if isinstance(owner, Missing):
        return owner
    held = next((contents.registry(node.facts) for node in nodes if same(node.name, owner)), None)
    return tuple(
        RegistryCopy(node=node.name, differs_in=_differs(held, contents.registry(node.facts)))
        for node in nodes if not same(node.name, owner)
    )  # fmt: skip


def _differs(held: contents.Contents, other: contents.Contents) -> tuple[str, ...] | Missing:
    if isinstance(held, Missing):
        return held
    if isinstance(other, Missing):
        return other
    held, other = held or {}, other or {}
    return tuple(name for name in dict.fromkeys((*held, *other)) if held.get(name) != other.get(name))


def _declared(declared: Declared) -> DeclaredVar:
    return DeclaredVar(**{name: getattr(declared, name) for name in DeclaredVar.__struct_fields__})
