"""Members of local groups, told apart as they would be on another node (F6)."""

from __future__ import annotations

from vcaudit.evaluate.known import among
from vcaudit.evaluate.nodes import Node
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Group, Member


def keys(group: Group, node: Node) -> dict[str, str] | Missing:
    """A key that is the same on every node → what to show; Missing when one member cannot be told."""
    members = group.members
    if isinstance(members, Missing):
        return members
    out: dict[str, str] = {}
    for member in members:
        key = _key(member, node)
        if isinstance(key, Missing):
            return key
        out[key] = member.name if _is_local(member, node) else f"{member.domain}\\{member.name}"
    return out


def _key(member: Member, node: Node) -> str | Missing:
    """Domain members by SID; built-in accounts by RID, their names are translated; local ones by bare name."""
    if isinstance(member.sid, Missing):
        return member.sid
    if not _is_local(member, node):
        return f"sid {member.sid.upper()}"
    rid = member.sid.rpartition("-")[2]
    return f"rid {rid}" if rid.isdigit() and int(rid) < 1000 else f"local {member.name.casefold()}"


def _is_local(member: Member, node: Node) -> bool:
    return member.domain is not None and among(member.domain, node.names)
