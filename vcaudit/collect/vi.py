"""Role holders from VirtualCenter itself, through its API (requirement F6; field facts, section 8).

Six requests however many permissions there are, the role Read-only suffices, and the session is closed whatever
happens. The API of VirtualCenter 2.0 (urn:vim2) and that of all later versions (urn:vim25) have the same calls for it.

Imports pyvmomi, the extra `vi`: only `holders.py` imports this module, and only when VirtualCenter is asked.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import Any
from urllib.parse import unquote

from pyVmomi import SoapStubAdapter, vim, vmodl

from vcaudit.collect.vi_errors import READ_ONLY, kind_of, plain, translate
from vcaudit.collect.vi_wire import Connection, Watch, place_of, tls_context, weakened
from vcaudit.errors import AccessDenied, BadOutput, UsageError
from vcaudit.inventory.types import VirtualCenter
from vcaudit.secrets import Credential
from vcaudit.snapshot.facts import Permission
from vcaudit.snapshot.model import PermissionsOrigin

VERSIONS = ("vim.version.version2", "vim.version.version1", "vim.version.version9")
"""Of the API, tried in this order: 2.5, which all later ones understand; 2.0; 5.5, should 2.5 be given up one day."""
OLDEST = "vim.version.version1"
LEAVING = 2.0
"""Seconds for closing the session, out of the time for all, also when the rest is used up."""
SEES_ALL = "System.Read"
BARELY = frozenset({-3, -4, -5})
"""Roles View (which holders of a role on a branch have above it), Anonymous, No access."""

Collector = vmodl.query.PropertyCollector
Values = Mapping[str, Any]


class Conversation:
    """One conversation with VirtualCenter; `cancel` ends it from another thread."""

    def __init__(self, center: VirtualCenter, credential: Credential, seconds: float) -> None:
        """Takes `seconds` from now on in all. Raises UsageError when the file of authorities cannot be used."""
        self.center, self._credential = center, credential
        self.permissions: tuple[Permission, ...] = ()
        self.warnings = list(weakened(center.tls))
        self._version = ""
        self._drop: Callable[[], object] = _nothing
        self._started = time.monotonic()
        try:
            context = tls_context(center)
        except OSError as error:
            hint = "give a PEM file with the certificates of the authorities"
            raise UsageError(f"{center.ca} cannot be used: {error.strerror or 'no certificate'}", hint=hint) from None
        self._leaving = min(LEAVING, seconds / 5)
        self._watch = Watch(center, seconds - self._leaving)
        self._connect = functools.partial(Connection, self._watch, context)

    def cancel(self) -> None:
        """Ends it soon; the session is still closed."""
        self._watch.cut()

    @property
    def origin(self) -> PermissionsOrigin:
        """Where the role holders came from and what that cost, also after a failure."""
        return PermissionsOrigin(
            source="virtualcenter",
            place=f"{self.center.address}:{self.center.port}",
            user=self.center.credential.user,
            version=", ".join(part for part in (self._version, self._watch.version) if part),
            requests=self._watch.requests,
            seconds=round(time.monotonic() - self._started, 3),
            warnings=tuple(self.warnings),
        )

    def run(self) -> None:
        """Fills `permissions`. Raises TransportError, never an error of the library underneath."""
        try:
            with ExitStack() as stack:
                content = self._greet(stack)
                name = self._enter(stack, content)
                self._read(content, name)
        except Exception as error:
            raise translate(error, self._watch, self._credential.secret.reveal()) from None
        finally:
            self._watch.close()

    def _greet(self, stack: ExitStack) -> Any:
        """What VirtualCenter says of itself, in the first version of the API that it understands."""
        for version in VERSIONS:
            stub = SoapStubAdapter(self.center.address, self.center.port, version=version,
                                   acceptCompressedResponses=False)  # fmt: skip
            # pyvmomi makes its connections with `scheme`: ours trusts whom the inventory trusts, and knows the time.
            stub.scheme, stub.schemeArgs = lambda **_: self._connect(), {}
            if version == OLDEST:
                stub.requestModifierList.append(_in_urn_vim2)
            stack.callback(stub.DropConnections)
            self._drop = stub.DropConnections
            try:
                content = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
            except vmodl.RuntimeFault as fault:
                refused = fault
                continue
            about = content.about
            if about.apiType != "VirtualCenter":
                raise BadOutput(f"{plain(about.name)} ({plain(about.apiType)}) answers, not VirtualCenter",
                                where=place_of(self.center), hint="give VirtualCenter's own address")  # fmt: skip
            self._version = plain(f"{about.name} {about.version} build-{about.build}, API {about.apiVersion}")
            return content
        raise refused

    def _enter(self, stack: ExitStack, content: Any) -> str:
        """Opens the session, and sees to it that it is closed. Returns the account as VirtualCenter names it."""
        leave = stack.enter_context(ExitStack())
        leave.callback(self._leave, content.sessionManager)
        try:
            session = content.sessionManager.Login(self._credential.user, self._credential.secret.reveal())
        except vmodl.MethodFault:
            leave.pop_all()  # a refusal leaves no session; an answer that broke off may
            raise
        return str(session.userName)

    def _leave(self, manager: Any) -> None:
        if self._watch.late:
            self._drop()  # they were cut
        self._watch.limit(self._leaving)
        try:
            manager.Logout()
        except Exception as error:
            self.warnings.append(
                f"the session could not be closed ({kind_of(error)}): VirtualCenter ends it when it has been idle"
            )

    def _read(self, content: Any, account: str) -> None:
        granted = content.authorizationManager.RetrieveAllPermissions()
        manager, root = content.authorizationManager, content.rootFolder
        found = _properties(content, [
            _filter([(vim.AuthorizationManager, ["roleList"])], [manager]),
            _filter([(vim.Folder, ["name", "effectiveRole"])], [root]),
        ])  # fmt: skip
        roles = found.get(manager._moId, {}).get("roleList") or []
        self._sees_all(found.get(root._moId, {}), roles, [p for p in granted if p.entity._moId == root._moId], account)
        labels = {role.roleId: (role.info and role.info.label) or role.name for role in roles}
        paths = self._paths(content, {p.entity._moId: p.entity for p in granted})
        self.permissions = tuple(sorted(
            (
                Permission(principal=each.principal, is_group=bool(each.group), entity=paths[each.entity._moId],
                           role=labels.get(each.roleId) or f"role {each.roleId}")
                for each in granted
            ),
            key=lambda one: (one.principal.casefold(), one.is_group, one.entity, one.role),
        ))  # fmt: skip

    def _sees_all(self, root: Values, roles: Iterable[Any], at_root: Iterable[Any], account: str) -> None:
        """Raises AccessDenied when not all may have been told: the API leaves out what the account cannot see."""
        mine = set(root.get("effectiveRole") or ())
        reads = {role.roleId for role in roles if SEES_ALL in role.privilege}
        own = [one for one in at_root if one.principal.casefold() == account.casefold()]
        stays_there = own and not any(one.propagate for one in own)
        # VirtualCenter never lets go of its last administrator, so an empty root is one that is not shown whole.
        if "name" not in root or not at_root or (mine and not mine & (reads - BARELY)) or stays_there:
            raise AccessDenied(f"{account} sees a part of the inventory only, so a part of the permissions only",
                               where=place_of(self.center), hint=READ_ONLY)  # fmt: skip

    def _paths(self, content: Any, entities: Mapping[str, Any]) -> dict[str, str]:
        """Path of each entity below the root folder, as the client shows it; where it is not told, its identifier."""
        up = Collector.TraversalSpec(name="up", type=vim.ManagedEntity, path="parent", skip=False,
                                     selectSet=[Collector.SelectionSpec(name="up")])  # fmt: skip
        try:
            told = _properties(content, [_filter([(vim.ManagedEntity, ["name", "parent"])], entities.values(), [up])])
        except vmodl.MethodFault as fault:
            # One entity that was deleted meanwhile spoils the whole answer; the role holders are known all the same.
            self.warnings.append(f"names of inventory objects were not told ({kind_of(fault)})")
            told = {}
        return {key: _path(key, told) for key in entities}


def _nothing() -> None:
    """Nothing is open yet."""


def _in_urn_vim2(request: bytes) -> bytes:
    """pyvmomi knows the calls of API 2.0 and writes them into the later namespace, which VirtualCenter 2.0 lacks."""
    return request.replace(b' xmlns="urn:vim25"', b' xmlns="urn:vim2"').replace(b' versionId="2.0"', b"")


def _filter(wanted: Iterable[tuple[Any, list[str]]], objects: Iterable[Any], above: Iterable[Any] = ()) -> Any:
    return Collector.FilterSpec(
        propSet=[Collector.PropertySpec(type=kind, pathSet=paths) for kind, paths in wanted],
        objectSet=[Collector.ObjectSpec(obj=each, skip=False, selectSet=list(above)) for each in objects],
    )


def _properties(content: Any, filters: list[Any]) -> dict[str, Values]:
    """Identifier → name → value, in one request; what may not be read is not there."""
    answer = content.propertyCollector.RetrieveProperties(filters)
    return {each.obj._moId: {one.name: one.val for one in each.propSet} for each in answer}


def _path(key: str, told: Mapping[str, Values]) -> str:
    names: list[str] = []
    here: str | None = key
    while here and len(names) < len(told) + 1:
        values = told.get(here, {})
        # The API escapes /, \ and % in names.
        names.append(unquote(str(values["name"])) if "name" in values else here)
        above = values.get("parent")
        here = above._moId if above is not None else None
    # The root folder stands for itself only.
    return "/".join(reversed(names[:-1] if len(names) > 1 else names))
