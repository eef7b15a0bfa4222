"""Who holds roles of VirtualCenter: from the owner's export, from VirtualCenter itself, or from both.

VirtualCenter is asked only when the inventory says so, while the nodes are looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias, cast

import msgspec

from vcaudit.errors import TransportError, UsageError
from vcaudit.inventory.types import Cluster, CredentialSpec
from vcaudit.secrets import Credential
from vcaudit.snapshot.base import Missing, Reason
from vcaudit.snapshot.facts import Permission
from vcaudit.snapshot.model import PermissionsOrigin

if TYPE_CHECKING:
    from vcaudit.collect.vi import Conversation

Permissions: TypeAlias = tuple[Permission, ...] | Missing
GRACE = 2.0
"""Seconds after the deadline until a conversation is given up that hangs where no time limit reaches (name look-up)."""
NAMED = 5
"""Principals that a warning names."""


class Answer(msgspec.Struct, frozen=True):
    """Role holders, and where they came from; both say why when they could not be had."""

    permissions: Permissions
    origin: PermissionsOrigin | None


class Asking:
    """VirtualCenter being asked, in a thread of its own; a context manager that leaves no conversation behind."""

    def __init__(self, cluster: Cluster, credential_of: Callable[[CredentialSpec], Credential]) -> None:
        """Asks nobody yet. Raises CredentialError, and UsageError when pyvmomi is not installed."""
        self._talk: Conversation | None = None
        self._failure: Missing | None = None
        self._defect: BaseException | None = None
        self._seconds = cluster.timeout
        center = cluster.virtualcenter
        if center is None:
            return
        if find_spec("pyVmomi") is None:
            raise UsageError(
                f"{cluster.name}: asking VirtualCenter for its role holders takes pyvmomi, which is not installed",
                hint="pip install 'vcaudit[vi]', or name an export as `permissions` instead of `virtualcenter`",
            )
        from vcaudit.collect.vi import Conversation

        self._talk = Conversation(center, credential_of(center.credential), cluster.timeout)
        # A daemon: a thread that hangs does not hold the program when everything else is done.
        self._thread = threading.Thread(target=self._run, name=f"virtualcenter {cluster.name}", daemon=True)

    def __enter__(self) -> Asking:
        if self._talk is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._talk is not None and error is not None:
            self.cancel()
            self._thread.join(GRACE)

    def cancel(self) -> None:
        """Ends it soon, from any thread; the session is still closed."""
        if self._talk is not None:
            self._talk.cancel()

    def _run(self) -> None:
        assert self._talk is not None
        try:
            self._talk.run()
        except TransportError as error:
            detail = f"{error.what}; {error.hint}" if error.hint else error.what
            self._failure = Missing(reason=cast(Reason, error.reason), detail=detail, where=error.where)
        except BaseException as error:
            # A defect of ours: raised where somebody sees it, by answer().
            self._defect = error

    def answer(self) -> Answer | None:
        """Waits for what came of it; None when VirtualCenter was not to be asked."""
        if self._talk is None:
            return None
        self._thread.join(self._seconds + GRACE)
        if self._defect is not None:
            raise self._defect
        if self._thread.is_alive():
            self.cancel()
            where = f"VirtualCenter ({self._talk.origin.place})"
            late = Missing(reason="timeout", detail=f"no answer within {self._seconds:g} s", where=where)
            return Answer(late, self._talk.origin)
        return Answer(self._failure or self._talk.permissions, self._talk.origin)


def settle(exported: Permissions, file: Path | None, asked: Answer | None) -> Answer:
    """What is judged: VirtualCenter's own answer, else the export; where both were given, how they differ.

    `exported` is Missing when there is no `file`.

    VirtualCenter deletes permissions whose principal it does not find, so its answer is what is left of them.
    """
    if isinstance(exported, Missing) or file is None:
        return asked or Answer(exported, None)
    if asked is None:
        return Answer(exported, PermissionsOrigin(source="file", place=file.name))
    assert asked.origin is not None
    if isinstance(asked.permissions, Missing):
        gap = asked.permissions
        said = f"VirtualCenter {asked.origin.place} was asked and could not answer ({gap.reason}: {gap.detail}): the " \
               f"export {file.name} was judged"  # fmt: skip
        origin = PermissionsOrigin(source="file", place=file.name, warnings=(*asked.origin.warnings, said))
        return Answer(exported, origin)
    warnings = (*asked.origin.warnings, *_disagree(exported, file.name, asked.permissions))
    return Answer(asked.permissions, msgspec.structs.replace(asked.origin, warnings=warnings))


def _disagree(exported: Iterable[Permission], file: str, told: Iterable[Permission]) -> tuple[str, ...]:
    old, now = _principals(exported), _principals(told)
    gone = [name for key, name in old.items() if key not in now]
    new = [name for key, name in now.items() if key not in old]
    out = []
    if gone:
        why = "it deleted their permissions, or the export is old"
        out.append(f"{file} names {_few(gone)}, to whom VirtualCenter grants nothing: {why}")
    if new:
        out.append(f"VirtualCenter names {_few(new)}, whom {file} does not")
    return tuple(out)


def _principals(permissions: Iterable[Permission]) -> dict[tuple[str, bool], str]:
    return {(one.principal.casefold(), one.is_group): one.principal for one in permissions}


def _few(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
