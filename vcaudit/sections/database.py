"""The DSN that VirtualCenter uses, read in the ODBC view that vpxd reads (Deploy the Database; requirement A8)."""

from __future__ import annotations

from vcaudit.capture import Locations, Request
from vcaudit.collect.answer import Answer
from vcaudit.sections import registry
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Database, RegistryTree, View

_ODBC: dict[View, tuple[str, str]] = {
    "native": ("dsn", r"SOFTWARE\ODBC\ODBC.INI"),
    "wow6432": ("dsn32", r"SOFTWARE\Wow6432Node\ODBC\ODBC.INI"),
}
"""A program finds its DSN in the same view as its own key."""


def requests(locations: Locations) -> tuple[Request, ...]:
    r"""The DSN is named by value `1` of sub key DB (field facts, section 2)."""
    return tuple(
        Request("registry", probe, (rf"{key}\${{{registry.PROBES[view]}:DB\1}}",))
        for view, (probe, key) in _ODBC.items()
    )


def read(answer: Answer) -> Database:
    """Name of the DSN, and what it says."""
    view = registry.view(answer)
    if isinstance(view, Missing):
        return Database(dsn=view, server=view, database=view, driver=view)
    dsn = registry.text_of(registry.seen(answer), "DB", "1")
    if not isinstance(dsn, str):
        return Database(dsn=dsn, server=dsn, database=dsn, driver=dsn)
    probe, key = _ODBC[view]
    found = registry.tree(answer, probe, rf"{key}\{dsn}")
    return Database(
        dsn=dsn,
        server=_either(found, "Server", "ServerName"),
        database=registry.text_of(found, "", "Database"),
        driver=registry.text_of(found, "", "Driver"),
    )


def _either(found: RegistryTree | None | Missing, first: str, second: str) -> str | None | Missing:
    """Oracle's driver calls it ServerName."""
    value = registry.text_of(found, "", first)
    return registry.text_of(found, "", second) if value is None else value
