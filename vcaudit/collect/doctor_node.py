"""The steps on the node itself, read from one run of the collector with the requests of a scan. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from vcaudit.capture import Capture
from vcaudit.collect import doctor_advice as advice
from vcaudit.collect.answer import Answer, decode
from vcaudit.collect.doctor import TITLES, Step, bad, ok, untried
from vcaudit.collect.doctor_mend import Words
from vcaudit.errors import TransportError
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import ConfigFile, Host, LicenseFolder, RegistryTree, SslFolder
from vcaudit.snapshot.model import NodeSnapshot
from vcaudit.transport.base import Target

SKEW = 60.0
"""Seconds by which clocks may differ without a word: Kerberos allows five minutes, logs of two nodes far less."""

IDS = tuple(TITLES)[tuple(TITLES).index("powershell") :]
FOLDERS = {thing: f"folder.{thing}" for thing in ("licenses", "vpxd_cfg", "ssl", "upgrade")}
"""Table 1, but for the registry: what `sections` calls it to the id of its step."""


def words_of(node: NodeSnapshot) -> Words:
    """5.2 is Windows Server 2003, everything later takes the commands of 2008."""
    version = None if isinstance(node.host, Missing) else node.host.os_version
    if not isinstance(version, str) or not version:
        return Words()
    return Words("2003" if version.startswith("5.") else "2008")


def on_the_node(target: Target, capture: Capture, node: NodeSnapshot, error: TransportError | None) -> tuple[Step, ...]:
    """Every step behind the shell. `error`: what the run ended with, where it did."""
    words = words_of(node)
    if isinstance(node.host, Missing):
        detail = error.what if error is not None else _said(node.host)
        first = bad("powershell", detail, advice.powershell(target, error, capture.stdout), words)
        return (first, *untried(IDS[1:], f"needs: {TITLES['powershell']}"))
    answer = decode(capture.stdout)
    host = node.host
    return (
        ok("powershell", f"{_plain(host.powershell)}, FullLanguage, .NET {answer.clr}"),
        _bits(host, words),
        _wmi("wmi.cimv2", host.os_name, _plain(host.os_name), target, words),
        _wmi("wmi.mscluster", *_cluster(node), target, words),
        *(_files(thing, node, _Places(answer, capture, target), words) for thing in FOLDERS),
        *_registry(node, answer, target, words),
        _accounts(node, words),
        _clock(host, words),
    )


def _plain(value: object) -> str:
    return value.detail or value.reason if isinstance(value, Missing) else str(value)


def _said(missing: Missing) -> str:
    return missing.detail or missing.reason.replace("_", " ")


def _bits(host: Host, words: Words) -> Step:
    if host.bits == 32 and host.architecture != "x86":
        known = "a 32-bit shell on 64-bit Windows" if host.architecture == "x64" else "a 32-bit shell"
        return bad("bits", known, advice.BITS, words, state="warning")
    return ok("bits", f"{_plain(host.bits)}-bit shell on {_plain(host.architecture)}")


def _cluster(node: NodeSnapshot) -> tuple[object, str]:
    """What root\\MSCluster said, the first part that could not be read before all others."""
    view = node.cluster
    if isinstance(view, Missing):
        return view, ""
    parts = (view.name, view.nodes, view.groups, view.resources, view.interfaces)
    unread = next((part for part in parts if isinstance(part, Missing)), None)
    members = "" if isinstance(view.nodes, Missing) else ", ".join(one.name for one in view.nodes)
    return unread or view.name, f"cluster {_plain(view.name)} of {members}"


def _wmi(id: str, read: object, shown: str, target: Target, words: Words) -> Step:
    if not isinstance(read, Missing):
        return ok(id, shown)
    return bad(id, _said(read), advice.wmi(id, read, target), words)


class _Places:
    """Where things were looked for, as paths for people and commands."""

    def __init__(self, answer: Answer, capture: Capture, target: Target) -> None:
        self._answer, self._capture, self.target = answer, capture, target

    def of(self, thing: str) -> Iterator[str]:
        """Every place that was looked at; as the node expands it, else as it was asked for."""
        for request in self._capture.asked:
            if request.id.rpartition(".")[0] != thing:
                continue
            look = self._answer.files if request.kind == "file" else self._answer.folders
            reads = look(request.id)
            if not isinstance(reads, Missing):
                yield from (read.path for read in reads)
            elif "${" not in request.args[0]:
                yield request.args[0]

    def denied(self, thing: str) -> str:
        """The place that could not be looked at; without one that is known, any of them."""
        for request in self._capture.asked:
            if request.id.rpartition(".")[0] == thing:
                look = self._answer.files if request.kind == "file" else self._answer.folders
                reads = look(request.id)
                for read in () if isinstance(reads, Missing) else reads:
                    failure = _unread(read)  # of the place itself, or of a file in it
                    if failure is not None and failure.reason != "not_found":
                        return str(read.path)
        return next(self.of(thing), "")


def _unread(value: Any) -> Missing | None:
    """The first thing inside that could not be read."""
    if isinstance(value, Missing):
        return value
    if isinstance(value, tuple):
        return next((found for each in value if (found := _unread(each)) is not None), None)
    if isinstance(value, msgspec.Struct):
        fields = (getattr(value, name) for name in value.__struct_fields__)
        return next((found for each in fields if (found := _unread(each)) is not None), None)
    return None


def _files(thing: str, node: NodeSnapshot, places: _Places, words: Words) -> Step:
    id = FOLDERS[thing]
    found = node.files if isinstance(node.files, Missing) else getattr(node.files, thing)
    if found is None:
        looked = ", ".join(dict.fromkeys(places.of(thing)))
        if thing == "upgrade":
            return ok(id, "none on this node")
        return bad(id, f"not there; looked in {looked}", advice.absent(thing), words, state="warning")
    # What a file says is not the doctor's: a licence or certificate that does not parse was read.
    within = found.files if isinstance(found, LicenseFolder | SslFolder) else found
    unread = _unread(within)
    if unread is None or (isinstance(found, ConfigFile) and unread.reason == "bad_output"):
        return ok(id, _size(found))
    if unread.detail.startswith("needs ${"):
        return untried((id,), _said(unread))[0]
    return bad(id, _said(unread), advice.place(places.denied(thing), unread, places.target), words)


def _size(found: Any) -> str:
    return found.path if isinstance(found, ConfigFile) else f"{found.path}, {len(found.files)} files"


def _registry(node: NodeSnapshot, answer: Answer, target: Target, words: Words) -> Iterator[Step]:
    both = node.registry
    native = both if isinstance(both, Missing) else both.native
    wow = both if isinstance(both, Missing) else both.wow6432
    key = r"SOFTWARE\VMware, Inc.\VMware VirtualCenter"
    if native is None and wow is None:
        yield bad("registry.native", f"there is no HKLM\\{key}", advice.absent("registry"), words, state="warning")
    else:
        yield _key("registry.native", key, native, answer, target, words)
    wow_key = key.replace("SOFTWARE", r"SOFTWARE\Wow6432Node")
    yield _key("registry.wow6432", wow_key, wow, answer, target, words)
    identity = both if isinstance(node.cluster, Missing) else node.cluster.identity
    if not isinstance(identity, Missing):
        yield ok("registry.cluster", r"HKLM\Cluster")
    elif identity.reason == "not_found":
        yield bad("registry.cluster", "there is no HKLM\\Cluster", advice.NO_HIVE, words, state="warning")
    else:
        yield bad("registry.cluster", _said(identity), advice.key("Cluster", identity, target), words)


def _key(
    id: str, key: str, tree: RegistryTree | None | Missing, answer: Answer, target: Target, words: Words
) -> Step:
    if tree is None:
        return ok(id, "not there, and not needed" if id == "registry.native" else "none on this node")
    unread = _unread(tree)
    if unread is None and isinstance(tree, RegistryTree) and isinstance(tree.keys, tuple):
        return ok(id, f"HKLM\\{tree.path}, {len(tree.keys)} keys")
    assert unread is not None
    if answer.bits == 32 and id == "registry.native" and unread.reason == "unavailable":
        return untried((id,), f"needs: {TITLES['bits']}")[0]
    return bad(id, _said(unread), advice.key(key, unread, target), words)


def _accounts(node: NodeSnapshot, words: Words) -> Step:
    accounts = node.accounts
    if isinstance(accounts, Missing) or isinstance(accounts.users, Missing) or isinstance(accounts.groups, Missing):
        unread = _unread(accounts)
        assert unread is not None
        return bad("accounts", _said(unread), advice.accounts(unread), words)
    return ok("accounts", f"{len(accounts.users)} users, {len(accounts.groups)} groups")


def _clock(host: Host, words: Words) -> Step:
    skew = host.clock_skew
    if isinstance(skew, Missing):
        return bad("clock", _said(skew), advice.CLOCK, words, state="warning")
    way = "ahead of" if skew > 0 else "behind"
    if abs(skew) > SKEW:
        return bad("clock", f"{abs(skew):,.0f} s {way} this machine's", advice.CLOCK, words, state="warning")
    return ok("clock", f"within {max(1, round(abs(skew)))} s of this machine's")
