"""How a finding becomes a Result: every text filled in, commands only where they are safe, Missing explained."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from vcaudit.evaluate.context import Context
from vcaudit.evaluate.placeholders import Template, Unquotable, visible
from vcaudit.evaluate.rule import Advice, ParamValue, Rule
from vcaudit.results import Action, Difference, Outcome, Remediation, Result
from vcaudit.snapshot.base import Missing, Reason

REASONS: Mapping[Reason, str] = {
    "unreachable": "the node could not be reached",
    "authentication": "the node did not accept the logon",
    "access_denied": "access was denied",
    "timeout": "it took too long",
    "unavailable": "what should answer there is broken",
    "not_installed": "it is not installed there",
    "not_found": "it was not found",
    "bad_output": "what was read there is damaged",
    "refused": "the node had no room for the question",
    "not_asked": "only the owner can give it",
}
_BY_HAND = " (A name here holds characters that no command line can quote safely: use the console for this.)"
_NOBODY_KNOWS = Missing(reason="not_found")


def why(gap: Missing) -> str:
    """`access was denied (VCNODE2 registry vc: Access is denied)`."""
    said = ": ".join(visible(text.rstrip(". ")) for text in (gap.where, gap.detail) if text)
    return REASONS[gap.reason] + (f" ({said})" if said else "")


@dataclass
class Finding:
    """One rule on one subject, before its outcome is written down."""

    context: Context
    rule: Rule
    params: Mapping[str, ParamValue]
    subject: str = ""
    """Empty: the rule's title."""
    node: str | None = None
    role: str | None = None
    observed: str | None = None
    expected: str | None = None
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """Evidence that the engine adds."""
    each: object = None
    actions: tuple[Action, ...] = ()
    """What would mend it."""

    data_of: str | None = None
    """The role whose data is compared, where the finding itself is about no role."""

    @property
    def owner(self) -> str | None:
        """The node that holds the group of what the finding is about; None while nobody knows."""
        return self.context.holder(self.data_of or self.role)

    @property
    def standby(self) -> tuple[str, ...] | None:
        """All nodes but the owner; None while nobody knows the owner."""
        owner = self.owner
        return tuple(name for name in self.context.nodes if name != owner) if owner else None

    def value(self, name: str) -> object:
        """What a placeholder stands for; Missing when nobody knows."""
        first, _, rest = name.partition(".")
        if first == "params":
            return self.params[rest]
        if first == "each":
            return _field(self.each, rest)
        context = self.context
        if first in ("owner", "standby"):
            return (self.owner if first == "owner" else self.standby) or _NOBODY_KNOWS
        if first == "cluster":
            return context.view.cluster.name
        return (self.subject or self.rule.title) if first == "subject" else getattr(self, first)

    def render(self, template: Template | None) -> str | None:
        """A text with its values; None stays None."""
        return template.render(self.value) if template is not None else None

    def passed(self) -> Result:
        """It is as it should be."""
        return self.result(Outcome.PASS, self.render(self.rule.pass_message) or self.rule.title)

    def failed(self, message: str | None = None, advice: Advice | None = None) -> Result:
        """It is not; `advice`: the case of the remediation that suits."""
        found = self.result(Outcome.FAIL, message or self.render(self.rule.message) or self.rule.title)
        advice = advice or self.rule.remediation
        return msgspec.structs.replace(
            found, impact=self.render(self.rule.impact), remediation=self._advice(advice) if advice else None
        )

    def not_applicable(self, message: str | None = None) -> Result:
        """There is nothing here that the rule speaks of."""
        return self.result(Outcome.NOT_APPLICABLE, message or f"Not applicable here: {self.rule.title}")

    def undecided(self, gap: Missing) -> Result:
        """It could not be looked at: unknown, or not_asked when only the owner can give it."""
        asked = gap.reason == "not_asked"
        outcome = Outcome.NOT_ASKED if asked else Outcome.UNKNOWN
        said = f"not judged, {REASONS[gap.reason]}" if asked else f"cannot tell, {why(gap)}"
        message = f"{self.rule.title}: {said}"
        detail = visible(gap.detail) if asked and gap.detail else why(gap)
        return self.result(outcome, message, reason=gap.reason, detail=detail)

    def asked_for(self, give: Template) -> Result:
        """It needs something that the owner has not given."""
        message = f"{self.rule.title}: not judged, {REASONS['not_asked']}"
        return self.result(Outcome.NOT_ASKED, message, reason="not_asked", detail=self.render(give))

    def result(self, outcome: Outcome, message: str, *, reason: str | None = None, detail: str | None = None) -> Result:
        """The result, with everything that does not depend on its outcome."""
        rule = self.rule
        idle = outcome is Outcome.NOT_APPLICABLE
        return Result(
            cluster=self.context.snapshot.cluster, rule=rule.id, title=rule.title, severity=rule.severity,
            requirements=rule.requirements, subject=storable(self.subject or rule.title),
            node=storable(self.node), role=self.role, outcome=outcome, observed=self.observed,
            expected=self.expected, message=message, reason=reason, detail=detail, source=rule.source,
            evidence=() if idle else (*(item.render(self.value) for item in rule.evidence), *self.notes),
            differences=self.differences, pack=rule.pack,
        )  # fmt: skip

    def _advice(self, advice: Advice) -> Remediation:
        commands: list[str | None] = [None, None]
        by_hand = False
        # Commands do by hand what the actions do: where none of these fits what was found, no command does.
        if self.actions or not advice.actions:
            for index, template in enumerate((advice.cluster_exe, advice.powershell)):
                try:
                    commands[index] = self.render(template)
                except Unquotable:
                    by_hand = True
        return Remediation(
            text=advice.text.render(self.value) + _losses(self.actions) + (_BY_HAND if by_hand else ""),
            cluster_exe=commands[0], powershell=commands[1], actions=self.actions,
        )  # fmt: skip


def _losses(actions: Iterable[Action]) -> str:
    """What a copy takes from where it goes: the owner's copy counts, and the owner may be the one that lacks it."""
    said = []
    for copy in (action.copies for action in actions if action.copies is not None):
        lost = [f"the licences {visible(', '.join(copy.lost))}"] if copy.lost else []
        lost += [f"the files {visible(', '.join(copy.extra))}"] if copy.extra else []
        if lost:
            said.append(f" {copy.target} then loses {' and '.join(lost)}, which {copy.source} does not have: where "
                        f"they are wanted, copy them to {copy.source} first.")  # fmt: skip
    return "".join(said)


def _field(value: object, path: str) -> object:
    for name in path.split(".") if path else ():
        if value is None or isinstance(value, Missing):
            return value
        value = getattr(value, name)
    return value


Text = TypeVar("Text", str, "str | None")
_LONE = re.compile("[\0\ud800-\udfff]")


def storable(text: Text) -> Text:
    """Names stay as they are but for what no JSON text can hold."""
    return _LONE.sub(lambda match: visible(match[0]), text) if text else text


def with_anchors(results: Iterable[Result]) -> tuple[Result, ...]:
    """Gives each result its anchor, unique among them and the same in every run that finds the same."""
    taken: set[str] = set()
    out = []
    for result in results:
        parts = [result.rule.lower() + "-", _slug(result.subject)] + ([_slug(result.node)] if result.node else [])
        base = anchor = "-".join(parts)
        number = 2
        while anchor in taken:
            anchor, number = f"{base}-{number}", number + 1
        taken.add(anchor)
        out.append(msgspec.structs.replace(result, anchor=anchor))
    return tuple(out)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]
    # What was not ASCII is gone from the slug, and two such names must not fall together.
    return slug if slug and text.isascii() else f"{slug}-{hashlib.sha256(text.encode()).hexdigest()[:6]}".strip("-")
