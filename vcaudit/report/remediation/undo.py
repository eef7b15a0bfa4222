"""The undo of a step as it runs by itself: with its resource offline where the step needs it."""

from __future__ import annotations

from collections.abc import Callable

from vcaudit.report.remediation.chains import Chains
from vcaudit.report.remediation.commands import Commands
from vcaudit.report.remediation.plan import ONLINE, WINDOW, Plan, Step


def around(step: Step, made: Plan, chains: Chains) -> tuple[str, ...]:
    """What goes offline for the undo: also what depends on the resource only since other steps."""
    added = [(other.action.on, other.action.add) for other in made.part(WINDOW) if other.action.do == "dependencies"]
    start = [step.action.on]
    while True:
        found = chains.over(start)
        more = [on for on, providers in added if on not in found and set(providers) & set(found)]
        if not more:
            return found
        start += more


def undo(
    step: Step, made: Plan, written: Commands, down: Callable[[str], str], up: Callable[[str], str]
) -> tuple[str, ...]:
    """Empty where there is none. Raises Unquotable."""
    if step.part != WINDOW or not written.undo:
        return written.undo
    chains = Chains(made.cluster)
    names = around(step, made, chains)
    started = {other.action.on for other in made.part(ONLINE)}
    again = chains.again(names)
    back = [name for name in reversed(names) if name in again or name in started]
    return (*map(down, names), *written.undo, *map(up, back))
