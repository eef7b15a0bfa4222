"""The shape of waivers.yaml as a JSON Schema: what editors complete, what the docs list, what the loader walks.

Required is what makes an entry one at all. What else a waiver needs (a reason, a ticket, two persons, a pinned value)
is asked by `evaluate.waivers.objections`: an entry without it is kept, shown and does not apply.
"""

from __future__ import annotations

from typing import Any, Final

from vcaudit.inventory.schema import DAY, IDENTIFIER, Schema, table, text

LONGEST: Final = 3650
"""Days: what `max_days` may be raised to."""


_PIN = table("One difference between nodes, as results name it", {
    "path": text("Element, file, registry value, …", None),
    "change": {"type": "string", "enum": ["added", "removed", "changed"],
               "description": "As seen from the owner; left out: any"},
    "reference": text("Value on the owner, or sha256: and its hash; left out: it is not there", None),
    "deviating": text("Value on the other node, or sha256: and its hash; left out: it is not there", None),
}, "path")  # fmt: skip

_EXPECTED: Schema = {
    "description": "What was seen when it was granted; once something else is seen, the waiver does not apply",
    "anyOf": [
        text("The observed value, or sha256: and its hash", None),
        {"type": "array", "items": _PIN, "description": "The differences between nodes, each of them"},
    ],
}

_SCOPE = table("What it is about; what is left out is not narrowed", {
    "cluster": text("Name of the cluster in the inventory"),
    "node": text("Only on this node"),
    "subject": text("Only this subject: a resource, a file, …", None),
})  # fmt: skip

_WAIVER = table("A failure that somebody takes on until a day", {
    "id": text("Name of the waiver, used once, such as W-12", IDENTIFIER),
    "rule": text("Id of the rule"),
    "scope": _SCOPE,
    "expected": _EXPECTED,
    "justification": text("Why it is taken on", None),
    "ticket": text("Number of the change or of the ticket"),
    "requested_by": text("Who asked for it"),
    "approved_by": text("Who approved it: somebody else"),
    "created": text("The day it was written, YYYY-MM-DD", DAY),
    "starts": text("The first day, UTC; left out: the day it was created", DAY),
    "expires": text("The last day, to its end, UTC", DAY),
    "recorded_by": text("User of the system that wrote the entry; `vcaudit waivers add` fills it in"),
}, "id", "rule", "expires")  # fmt: skip

WAIVERS: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "vcaudit waivers",
    **table("Failures that somebody takes on for a time", {
        "max_days": {"type": "integer", "minimum": 1, "maximum": LONGEST,
                     "description": "Days from its start after which a waiver must have ended; 365 when left out, "
                                    "anything else is shown in every report"},
        "waivers": {"type": "array", "items": _WAIVER, "description": "The waivers, in any order"},
    }, "waivers"),
}  # fmt: skip
