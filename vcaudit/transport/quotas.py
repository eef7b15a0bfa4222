"""WS-Management's quotas by the number of their fault (wsmerror.h): which setting each is, how to see and raise it."""

from __future__ import annotations

from typing import NamedTuple


class Quota(NamedTuple):
    """A limit of the node's WinRM."""

    setting: str
    place: str
    """Below winrm/config."""
    what: str


_SHELLS = Quota("MaxShellsPerUser", "winrs", "shells of this account")
_OPERATIONS = Quota("MaxConcurrentOperationsPerUser", "service", "operations of this account")
_USERS = Quota("MaxConcurrentUsers", "winrs", "users of remote shells")
QUOTAS: dict[int, Quota | None] = {
    2150858815: None,
    2150859173: _SHELLS,
    2150859174: _OPERATIONS,
    2150859175: _OPERATIONS,
    2150859176: Quota("MaxConcurrentOperations", "service", "operations of all accounts"),
    2150859179: _USERS,
    2150859236: _SHELLS,
    2150859237: _USERS,
    2150859238: _SHELLS,
    2150859239: _OPERATIONS,
    2150859240: _OPERATIONS,
    2150859241: Quota("MaxProcessesPerShell", "winrs", "commands in one shell"),
    2150859242: None,
}
"""None: the fault does not say which."""


def hint(code: int | None) -> str:
    """What to look at on the node, and what to type."""
    quota = QUOTAS.get(code or 0)
    left = "wait some minutes, for what other sessions of this account have left over"
    if quota is None:
        return f"`winrm get winrm/config` on the node shows its limits; {left}"
    where = f"winrm/config/{quota.place}"
    return (
        f"the {quota.what} are used up ({quota.setting}): `winrm get {where}` on the node shows the limit, "
        f"`winrm set {where} @{{{quota.setting}=\"…\"}}` raises it; {left}"
    )
