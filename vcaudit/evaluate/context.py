"""What the rules of one run share: the view, its converted variables, parameters, versions, and defects found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from vcaudit.evaluate import shapes
from vcaudit.evaluate.expression import Variables
from vcaudit.evaluate.rule import Pack, ParamValue, Rule
from vcaudit.evaluate.schema import RuleView
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.model import Declared, NodeSnapshot, Snapshot


@dataclass
class Context:
    """One snapshot under judgement."""

    snapshot: Snapshot
    view: RuleView
    pack: Pack
    defects: list[str] = field(default_factory=list)
    """Rules, parameters and exceptions that are wrong themselves."""

    @cached_property
    def variables(self) -> Variables:
        """The view as CEL reads it, converted once."""
        return Variables(self.view)

    @cached_property
    def owner(self) -> str | None:
        """The node that holds the VirtualCenter group, when it is known and there is one."""
        owner = self.view.cluster.owner
        return None if isinstance(owner, Missing) else owner

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
    def standby(self) -> tuple[str, ...] | None:
        """All nodes but the owner; None while nobody knows the owner."""
        return tuple(name for name in self.nodes if name != self.owner) if self.owner else None

    @cached_property
    def params(self) -> Mapping[str, Mapping[str, ParamValue]]:
        """Rule → parameters that the inventory sets; wrong ones become defects."""
        return _params(self.snapshot.declared, self.pack, self.defects.append)

    @cached_property
    def outside(self) -> bool | Missing:
        """Whether the software is outside the versions that the pack is about.

        One version inside is enough to judge. Missing when none is known to be inside and one is not known, because
        what is not known could be inside.
        """
        gap: Missing | None = None
        found: list[bool] = []
        for node in self.view.nodes:
            program = node.vpxd
            number = program if program is None or isinstance(program, Missing) else program.release
            if isinstance(number, Missing):
                gap = gap or number
            elif number is not None:
                found.append(self._is_outside(number))
        if self.pack.versions is None or False in found:
            return False
        return gap or bool(found)

    @cached_property
    def foreign_versions(self) -> tuple[str, ...]:
        """`VCNODE1 has 4.0.0`, for each node whose version the pack is not about."""
        out = []
        for node in self.view.nodes:
            if node.vpxd is None or isinstance(node.vpxd, Missing) or isinstance(node.vpxd.release, Missing):
                continue
            if self._is_outside(node.vpxd.release):
                out.append(f"{node.name} has {node.vpxd.version}")
        return tuple(out)

    def _is_outside(self, number: int) -> bool:
        versions = self.pack.versions
        return versions is not None and not versions.first <= number < versions.end

    def rule_params(self, rule: Rule) -> dict[str, ParamValue]:
        """The parameters of one rule: its defaults, and what the inventory sets."""
        return {**rule.params, **self.params.get(rule.id, {})}


def _params(declared: Declared, pack: Pack, defect: Callable[[str], None]) -> dict[str, dict[str, ParamValue]]:
    out: dict[str, dict[str, ParamValue]] = {}
    for param in declared.params:
        rule = pack.rule(param.rule)
        if rule is None:
            defect(f"the inventory sets {param.name} of {param.rule}, and there is no such rule in {pack.name}")
        elif param.name not in rule.params:
            known = ", ".join(rule.params) or "none"
            defect(f"the inventory sets {param.name} of {rule.id}, which has no such parameter (it has: {known})")
        elif not _fits(param.value, rule.params[param.name]):
            wanted = shapes.of_value(rule.params[param.name])
            defect(f"the inventory sets {param.name} of {rule.id} to {param.value!r}, and it must be {wanted}")
        else:
            out.setdefault(rule.id, {})[param.name] = param.value
    return out


def _fits(value: ParamValue, default: ParamValue) -> bool:
    if isinstance(default, float) and type(value) is int:
        return True
    return type(value) is type(default)
