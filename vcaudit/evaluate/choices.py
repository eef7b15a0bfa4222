"""What was chosen at the installation, node by node (Install VirtualCenter Software on the Secondary Node; A9).

Ports of VirtualCenter itself stand in vpxd.cfg and in the registry, which F2 and F5 compare whole: what is compared
here is what no file of Table 1 holds, and the license server's port, which is no part of a licence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, cast

from vcaudit.evaluate.contents import parsed_licenses
from vcaudit.evaluate.known import all_of, among, apply, same
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.programs import SERVICE_NAMES
from vcaudit.evaluate.schema_cluster import ChoiceCopy
from vcaudit.evaluate.spellings import account, program, same_account, same_path
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Service

Part = Literal["vpxd", "web", "license"]
Told = str | None | Missing
"""What a node has; None: the thing is not there."""

_PARTS: Final[dict[Part, str]] = {
    "vpxd": "VirtualCenter Server", "web": "Web access", "license": "VMware License Server",
}  # fmt: skip
_DEFAULT_PORT: Final = 27000
_UNSAID: Final = "LocalSystem"


def choices(
    nodes: Sequence[Node], owner: str | None | Missing, license_owner: str | None | Missing
) -> tuple[ChoiceCopy, ...] | Missing:
    """Every choice on every node but the one compared with: the group's owner, or the first where nobody holds it.

    `license_owner`: who holds the license server's group, with which its choices are compared.
    """
    if isinstance(owner, Missing):
        return owner
    if isinstance(license_owner, Missing):
        return license_owner
    return (*_others(nodes, owner, ("vpxd", "web")), *_others(nodes, license_owner, ("license",)))


def _others(nodes: Sequence[Node], owner: str | None, parts: Sequence[Part]) -> tuple[ChoiceCopy, ...]:
    reference = next((n for n in nodes if same(n.name, owner)), nodes[0] if nodes else None)
    others = [node for node in nodes if node is not reference]
    return tuple(row for node in others if reference for row in _rows(parts, node, reference))


def _rows(parts: Sequence[Part], node: Node, reference: Node) -> list[ChoiceCopy]:
    out = []
    for role in parts:
        words = _PARTS[role]
        out.append(_row("account", f"Service account of {words}", role, node, reference, _account, _alike_accounts))
        out.append(_row("path", f"Program of {words}", role, node, reference, _program, _alike_paths))
    if "license" in parts:
        out.append(_row("path", "Folder of the license files", "license", node, reference, _folder, _alike_paths))
        out.append(_row("port", "Port of VMware License Server", "license", node, reference, _port, _alike_ports))
    return out


def _row(
    kind: Literal["account", "path", "port"], what: str, role: Part, node: Node, reference: Node,
    told: Callable[[Part, Node], Told], alike: Callable[[str, Node, str, Node], bool | Missing],
) -> ChoiceCopy:  # fmt: skip
    here, there = told(role, node), told(role, reference)
    both = isinstance(here, str) and isinstance(there, str)
    gap = next((value for value in (here, there) if isinstance(value, Missing)), None)
    return ChoiceCopy(
        kind=kind,
        what=what,
        role=role,
        node=node.name,
        applies=all_of(apply(lambda value: value is not None, each) for each in (here, there)),
        value=_qualified(here, node, reference) if kind == "account" else here or "",
        reference=there if there is not None else "",
        same=gap or (not both or alike(cast("str", here), node, cast("str", there), reference)),
    )


def _service(role: Part, node: Node) -> Service | None | Missing:
    services = node.facts.services
    if isinstance(services, Missing):
        return services
    return next((one for one in services if same(one.name, SERVICE_NAMES[role])), None)


def _account(role: Part, node: Node) -> Told:
    found = _service(role, node)
    if found is None or isinstance(found, Missing):
        return found
    return _UNSAID if found.account is None else found.account


def _alike_accounts(here: str, node: Node, there: str, reference: Node) -> bool | Missing:
    return same_account(account(here, node), account(there, reference))


def _qualified(here: Told, node: Node, reference: Node) -> str | Missing:
    """An account of the other machine bears the same words there, and is not the same account here."""
    if here is None or isinstance(here, Missing):
        return here or ""
    found = account(here, node)
    if found.kind != "domain" or not among(found.domain, reference.names):
        return here
    return f"{here} (local to {reference.name}: another account, or none, on {node.name})"


def _program(role: Part, node: Node) -> Told:
    found = _service(role, node)
    if found is None or isinstance(found, Missing):
        return found
    return found.path if isinstance(found.path, Missing) else program(found.path)


def _folder(role: Part, node: Node) -> Told:
    files = node.facts.files
    folder = files if isinstance(files, Missing) else files.licenses
    return folder if folder is None or isinstance(folder, Missing) else folder.path


def _alike_paths(here: str, node: Node, there: str, reference: Node) -> bool | Missing:
    return same_path(here, there)


def _port(role: Part, node: Node) -> Told:
    parsed = parsed_licenses(node.facts)
    if parsed is None or isinstance(parsed, Missing):
        return parsed
    ports = {line.port or _DEFAULT_PORT for file in parsed for line in file.servers}
    return ", ".join(map(str, sorted(ports))) or None


def _alike_ports(here: str, node: Node, there: str, reference: Node) -> bool | Missing:
    return here == there
