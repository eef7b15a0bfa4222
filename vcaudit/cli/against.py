"""What the clusters are held against: said once for every verb that judges, read once for all clusters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vcaudit.cli.options import compose, packs

if TYPE_CHECKING:
    from vcaudit.evaluate.against import Against
    from vcaudit.inventory import Inventory

PACKS = ("tn019",)
"""When none is named."""

against = compose(packs)
"""The options that choose it; `load` takes what they were given."""


def load(inventory: Inventory | None, given: Mapping[str, Any]) -> Against:
    """Reads everything the options name; all problems of a file at once.

    Raises RuleError, and InventoryError when the inventory says something about rules that do not exist.
    """
    from vcaudit import pipeline
    from vcaudit.evaluate.against import Against

    return Against(pack=pipeline.rules(inventory, given.get("packs") or PACKS))
