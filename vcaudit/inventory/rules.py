"""What an inventory says about rules, held against the rules there are."""

from __future__ import annotations

from collections.abc import Container, Mapping

from vcaudit.errors import InventoryError
from vcaudit.inventory.types import Cluster, Inventory
from vcaudit.yamlfile import Document, Key, suggest


def check_rules(
    inventory: Inventory, known: Mapping[str, Mapping[str, object]], elsewhere: Container[str] = frozenset()
) -> None:
    """Raises InventoryError for parameters and exceptions that no rule takes; `known`: rule id → its defaults.

    `elsewhere`: ids of rules in packs that this run does without; nothing that is said about them can be told wrong.

    A misspelt exception would accept nothing, and a misspelt parameter change nothing, without anybody noticing.
    """
    for cluster in inventory.clusters:
        _check(inventory.document, cluster, known, elsewhere)
    inventory.document.raise_if_any(InventoryError)


def _check(
    document: Document, cluster: Cluster, known: Mapping[str, Mapping[str, object]], elsewhere: Container[str]
) -> None:
    at: tuple[Key, ...] = ("clusters", cluster.name)
    for param in cluster.declared.params:
        here = (*at, "params", param.rule, param.name)
        default = known.get(param.rule, {}).get(param.name)
        if param.rule not in known and param.rule in elsewhere:
            continue
        if param.rule not in known:
            document.add(here, _no_rule(param.rule, known))
        elif default is None:
            allowed = ", ".join(known[param.rule]) or "none"
            near = suggest(param.name, known[param.rule])
            document.add(here, f"{param.rule} has no parameter {param.name}{near}; allowed: {allowed}")
        elif not _same_kind(param.value, default):
            document.add(here, f"{param.rule} {param.name} must be of the kind of its default, {default!r}")
        elif isinstance(param.value, int | float) and isinstance(default, int | float) and param.value < 0 < default:
            document.add(here, f"{param.rule} {param.name} is below zero; its default is {default}")
    for index, exception in enumerate(cluster.declared.exceptions):
        if exception.rule not in known and exception.rule not in elsewhere:
            document.add((*at, "exceptions", index, "rule"), _no_rule(exception.rule, known))


def _no_rule(name: str, known: Mapping[str, object]) -> str:
    near = suggest(name, known)
    return f"there is no rule {name}{near}; `vcaudit rules list` shows them; of a pack of your own, name it with --pack"


def _same_kind(value: object, default: object) -> bool:
    numbers = (int, float)
    if isinstance(value, numbers) and isinstance(default, numbers):
        return isinstance(value, bool) == isinstance(default, bool)
    return type(value) is type(default)
