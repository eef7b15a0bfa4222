"""The database of each node (Deploy the Database): one, and on a machine of its own (A8)."""

from __future__ import annotations

import re

from vcaudit.evaluate.checkpoints import Checkpoints
from vcaudit.evaluate.hosts import Hosts, is_address
from vcaudit.evaluate.known import apply, same
from vcaudit.evaluate.nodes import Node
from vcaudit.evaluate.schema import DatabaseView
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Database

_PROTOCOL = re.compile(r"^(tcp|np|lpc|admin|rpc|spx):", re.IGNORECASE)
_PIPE = re.compile(r"^\\\\([^\\]+)\\pipe\\", re.IGNORECASE)


def database(node: Node, hosts: Hosts, checkpoints: Checkpoints) -> DatabaseView | Missing:
    """The DSN, with the server's host told apart from what else the text says."""
    told = _told(node, checkpoints)
    if isinstance(told, Missing):
        return told
    host = apply(_host, told.server)
    return DatabaseView(
        dsn=told.dsn, server=told.server, database=told.database, driver=told.driver, host=host,
        on=_on(host, told.server, node, hosts),
    )  # fmt: skip


def _told(node: Node, checkpoints: Checkpoints) -> Database | Missing:
    r"""What vpxd would use there: a checkpoint renews `DB\1`, which names the DSN, and leaves the DSNs themselves."""
    own = node.facts.database
    giver = checkpoints.giver(node, _dsn, r"\DB")
    if isinstance(own, Missing) or giver is node:
        return own
    dsn = giver if isinstance(giver, Missing) else _dsn(giver)
    if isinstance(dsn, Missing):
        return dsn
    if dsn is None:
        return Database(dsn=None, server=None, database=None, driver=None)
    if not isinstance(own.dsn, Missing) and same(dsn, own.dsn):
        return own
    detail = f"the checkpoint will name data source {dsn} there, and only {own.dsn} was looked at"
    gap = own.dsn if isinstance(own.dsn, Missing) else Missing(reason="not_found", detail=detail, where=node.name)
    return Database(dsn=dsn, server=gap, database=gap, driver=gap)


def _dsn(node: Node) -> str | None | Missing:
    told = node.facts.database
    return told if isinstance(told, Missing) else told.dsn


def _on(
    host: str | None | Missing, server: str | None | Missing, node: Node, hosts: Hosts
) -> str | None | Missing:
    if host is None or isinstance(host, Missing) or server is None or isinstance(server, Missing):
        return host if isinstance(host, Missing) else None
    found = hosts.find(split(server)[0], node.name)
    return found if isinstance(found, Missing) else found.name


def _host(server: str | None) -> str | None:
    """`tcp:SQL1.corp.example\\VC,1433` is sql1."""
    if server is None:
        return None
    host = full(server)
    return host if is_address(host) else host.split(".")[0] or host


def full(server: str) -> str:
    """The host of a DSN's server as it is written, in lower case."""
    return split(server)[0].casefold().rstrip(".")


def split(server: str) -> tuple[str, str]:
    """Host and the rest (instance, port, Oracle service) of a DSN's server."""
    rest = _PROTOCOL.sub("", server.strip())
    pipe = _PIPE.match(rest)
    if pipe:
        return pipe.group(1), rest[pipe.end() :]
    rest = rest.lstrip("/")
    if rest.startswith("["):
        host, _, tail = rest[1:].partition("]")
        return host, tail
    # `host\instance`, `host,port`, Oracle's `host:port/service`; an IPv6 address without brackets has more colons.
    match = re.search(r"[\\,/;]" if rest.count(":") > 1 else r"[\\,/:;]", rest)
    return (rest.strip(), "") if match is None else (rest[: match.start()].strip(), rest[match.start() :].strip())


def instance(server: str) -> str:
    """What after the host still tells one database server from another: default ports and names left out."""
    rest = split(server)[1].casefold().replace(" ", "")
    rest = re.sub(r"^[\\](mssqlserver)?(?=,|$)", "", rest)
    return re.sub(r"^,1433$", "", rest)
