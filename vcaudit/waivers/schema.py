"""The shape of waivers.yaml as a JSON Schema: what editors complete, what the docs list, what the loader walks.

Required is what makes an entry one at all. What else a waiver needs (a reason, a ticket, two persons, a pinned value)
is asked by `evaluate.waivers.objections`: an entry without it is kept, shown and does not apply.
"""

from __future__ import annotations

from typing import Any, Final

from vcaudit.inventory.schema import DAY, IDENTIFIER, NAME, Schema

LONGEST: Final = 3650
"""Days: what `max_days` may be raised to."""


def _text(description: str, pattern: str | None = NAME) -> Schema:
    return {"type": "string", "description": description} | ({"pattern": pattern} if pattern else {})


def _table(description: str, properties: dict[str, Schema], *required: str) -> Schema:
    out = {"type": "object", "description": description, "properties": properties, "additionalProperties": False}
    return out | ({"required": list(required)} if required else {})


_PIN = _table("One difference between nodes, as results name it", {
    "path": _text("Element, file, registry value, …", None),
    "change": {"type": "string", "enum": ["added", "removed", "changed"],
               "description": "As seen from the owner; left out: any"},
    "reference": _text("Value on the owner, or sha256: and its hash; left out: it is not there", None),
    "deviating": _text("Value on the other node, or sha256: and its hash; left out: it is not there", None),
}, "path")  # fmt: skip

_EXPECTED: Schema = {
    "description": "What was seen when it was granted; once something else is seen, the waiver does not apply",
    "anyOf": [
        _text("The observed value, or sha256: and its hash", None),
        {"type": "array", "items": _PIN, "description": "The differences between nodes, each of them"},
    ],
}

_SCOPE = _table("What it is about; what is left out is not narrowed", {
    "cluster": _text("Name of the cluster in the inventory"),
    "node": _text("Only on this node"),
    "subject": _text("Only this subject: a resource, a file, …", None),
})  # fmt: skip

_WAIVER = _table("A failure that somebody takes on until a day", {
    "id": _text("Name of the waiver, used once, such as W-12", IDENTIFIER),
    "rule": _text("Id of the rule"),
    "scope": _SCOPE,
    "expected": _EXPECTED,
    "justification": _text("Why it is taken on", None),
    "ticket": _text("Number of the change or of the ticket"),
    "requested_by": _text("Who asked for it"),
    "approved_by": _text("Who approved it: somebody else"),
    "created": _text("The day it was written, YYYY-MM-DD", DAY),
    "starts": _text("The first day, UTC; left out: the day it was created", DAY),
    "expires": _text("The last day, to its end, UTC", DAY),
    "recorded_by": _text("User of the system that wrote the entry; `vcaudit waivers add` fills it in"),
}, "id", "rule", "expires")  # fmt: skip

WAIVERS: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "vcaudit waivers",
    **_table("Failures that somebody takes on for a time", {
        "max_days": {"type": "integer", "minimum": 1, "maximum": LONGEST,
                     "description": "Days from its start after which a waiver must have ended; 365 when left out, "
                                    "anything else is shown in every report"},
        "waivers": {"type": "array", "items": _WAIVER, "description": "The waivers, in any order"},
    }, "waivers"),
}  # fmt: skip
