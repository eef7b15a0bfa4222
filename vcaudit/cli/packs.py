"""Rule packs as verbs about rules name them: the shipped ones, and those that are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vcaudit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from vcaudit.errors import Problem
    from vcaudit.evaluate.rule import Pack, Rule


def folders(packs: Sequence[str]) -> list[Path]:
    """Of the packs that are named; of all shipped ones when none is. Raises UsageError."""
    from vcaudit.evaluate.packs import find
    from vcaudit.resources import rules_dir

    shipped = rules_dir()
    return find(packs, shipped) if packs else sorted(head.parent for head in shipped.glob("*/pack.yaml"))


def loaded(packs: Sequence[str]) -> list[Pack]:
    """The same, read: each by itself, as its files say. Raises UsageError, RuleError."""
    from vcaudit.evaluate.loader import load_pack

    return [load_pack(folder) for folder in folders(packs)]


def as_one(packs: Sequence[Pack]) -> Pack:
    """As they leave each other's rules; what one overrides in a shipped pack that was not named is not about these.

    Raises RuleError.
    """
    from vcaudit.evaluate.packs import together
    from vcaudit.resources import shipped_rules

    return together(packs, shipped_rules())


def wrong_overrides(packs: Sequence[Pack]) -> list[Problem]:
    """What is wrong with their overrides, whichever of these and of the shipped packs will be named beside them."""
    from vcaudit.evaluate.packs import wrong_overrides as found

    if not any(pack.overrides for pack in packs):
        return []
    others = (*packs, *loaded(()))
    return [problem for pack in packs for problem in found(pack, others)]


def chosen(packs: Sequence[Pack], rule_id: str) -> tuple[Pack, Rule]:
    """One rule and its pack, whatever the case of its id. Raises UsageError."""
    from vcaudit.yamlfile import suggest

    for pack in packs:
        if (rule := pack.rule(rule_id)) is not None:
            return pack, rule
    known = [rule.id for pack in packs for rule in pack.rules]
    hint = "`vcaudit rules list` shows all of them; those of a pack of your own with --pack ./ours"
    raise UsageError(f"there is no rule {rule_id}{suggest(rule_id, known)}", hint=hint)
