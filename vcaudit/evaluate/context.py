"""What the rules of one run share: the view, its converted variables, parameters, versions, and defects found."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from vcaudit.evaluate import shapes
from vcaudit.evaluate.collect import fill
from vcaudit.evaluate.holders import holder
from vcaudit.evaluate.known import same
from vcaudit.evaluate.rule import Pack, PackHead, ParamValue, Rule
from vcaudit.evaluate.schema import RuleView, VpxdView
from vcaudit.evaluate.variables import Variables
from vcaudit.snapshot.base import Fact, Missing
from vcaudit.snapshot.model import Declared, NodeSnapshot, Snapshot

if TYPE_CHECKING:
    from vcaudit.evaluate.baseline import Baseline, Since

SECONDS = 120
"""For judging one snapshot, which the shipped rules do in a tenth of one; what is left then is a defect, not a pass."""


@dataclass
class Context:
    """One snapshot under judgement."""

    snapshot: Snapshot
    view: RuleView
    pack: Pack
    baseline: Baseline | None = None
    """The approved snapshot, for rules of kind unchanged."""
    defects: list[str] = field(default_factory=list)
    """Rules, parameters and exceptions that are wrong themselves."""
    _outside: dict[str, bool | Missing] = field(default_factory=dict)
    """Answers of `outside`."""

    extras: dict[str, Fact] = field(default_factory=dict)
    """Pack → its variable `extra`; made when a rule names it."""
    started: float = field(default_factory=time.monotonic)

    @property
    def late(self) -> bool:
        """Whether the time for judging is up: the one thing that no clock in the snapshot can say."""
        return time.monotonic() - self.started > SECONDS

    @cached_property
    def since(self) -> Since | None:
        """What has changed since the approval; None without an approved snapshot."""
        from vcaudit.evaluate.baseline import Since

        return Since(self.baseline, self.snapshot) if self.baseline is not None else None

    def variable(self, name: str, pack: str) -> object:
        """A variable of expressions, for the rules of a pack."""
        if name != "extra":
            return getattr(self.view, name)
        if pack not in self.extras:
            collect = next(each for each in self.pack.collect if each.pack == pack)
            owners = {node.name: node.owner for node in self.view.nodes}
            self.extras[pack] = fill(collect, ((name, owners[name], facts) for name, facts in self.compared))
        return self.extras[pack]

    @cached_property
    def variables(self) -> Variables:
        """The view as CEL reads it, converted once."""
        return Variables(self.view)

    @cached_property
    def owner(self) -> str | None:
        """The node that holds the VirtualCenter group, when it is known and there is one."""
        owner = self.view.cluster.owner
        return None if isinstance(owner, Missing) else owner

    def holder(self, role: str | None) -> str | None:
        """The node that holds the group of a role, by the name it has among `nodes`; None while nobody knows."""
        vc = self.view.vc
        found = holder(role, vc.required, vc.groups, self.view.cluster.owner) if role else self.owner
        return None if isinstance(found, Missing) else next((n for n in self.nodes if same(n, found)), found)

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Names of all nodes: the declared ones in the inventory's order, then other members."""
        return tuple(node.name for node in self.view.nodes)

    @cached_property
    def compared(self) -> tuple[tuple[str, NodeSnapshot], ...]:
        """All nodes with their facts, for rules that compare; everything is Missing of members nobody declared."""
        from vcaudit.evaluate.view import compared_nodes

        return tuple((node.name, node.facts) for node in compared_nodes(self.snapshot))

    @cached_property
    def params(self) -> Mapping[str, Mapping[str, ParamValue]]:
        """Rule → parameters that the inventory sets; wrong ones become defects."""
        return _params(self.snapshot.declared, self.pack, self.defects.append)

    @cached_property
    def _releases(self) -> Sequence[tuple[str, str | Missing, int | Missing]]:
        """Node, version and release of the software that is installed, where it is."""
        programs = [(node.name, node.vpxd) for node in self.view.nodes]
        return [(name, found.version, found.release) if isinstance(found, VpxdView) else (name, found, found)
                for name, found in programs if found is not None]  # fmt: skip

    def outside(self, pack: str) -> bool | Missing:
        """Whether the software is outside the versions that a pack is about.

        One version inside is enough to judge. Missing when none is known to be inside and one is not known, because
        what is not known could be inside.
        """
        if pack not in self._outside:
            self._outside[pack] = self._is_outside(pack)
        return self._outside[pack]

    def _is_outside(self, pack: str) -> bool | Missing:
        versions = next((head.versions for head in self.pack.heads if head.name == pack), None)
        numbers = [number for _, _, number in self._releases]
        found = [not versions.first <= n < versions.end for n in numbers if versions and not isinstance(n, Missing)]
        if versions is None or False in found:
            return False
        return next((number for number in numbers if isinstance(number, Missing)), None) or bool(found)

    def foreign_versions(self, head: PackHead) -> tuple[str, ...]:
        """`VCNODE1 has 4.0.0`, for each node whose version a pack is not about."""
        versions = head.versions
        return tuple(f"{name} has {version}" for name, version, number in self._releases
                     if versions and not isinstance(number, Missing)
                     and not versions.first <= number < versions.end)  # fmt: skip

    def rule_params(self, rule: Rule) -> dict[str, ParamValue]:
        """The parameters of one rule: its defaults, and what the inventory sets."""
        return {**rule.params, **self.params.get(rule.id, {})}


def _params(declared: Declared, pack: Pack, defect: Callable[[str], None]) -> dict[str, dict[str, ParamValue]]:
    out: dict[str, dict[str, ParamValue]] = {}
    for param in declared.params:
        rule = pack.rule(param.rule)
        if rule is None and param.rule in pack.elsewhere:
            continue  # of a pack that this run does without
        if rule is None:
            defect(f"the inventory sets {param.name} of {param.rule}, and there is no such rule in {pack.name}")
        elif param.name not in rule.params:
            known = ", ".join(rule.params) or "none"
            defect(f"the inventory sets {param.name} of {rule.id}, which has no such parameter (it has: {known})")
        elif not shapes.fits(param.value, rule.params[param.name]):
            wanted = shapes.of_value(rule.params[param.name])
            defect(f"the inventory sets {param.name} of {rule.id} to {param.value!r}, and it must be {wanted}")
        else:
            out.setdefault(rule.id, {})[param.name] = param.value
    return out
