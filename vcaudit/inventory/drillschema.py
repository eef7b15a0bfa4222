"""The shape of a drill's record as a JSON Schema: what docs/drill.schema.json publishes and what the reader walks."""

from __future__ import annotations

import json
import sys

from vcaudit.inventory.schema import SHA256, TIME, Schema, table, text
from vcaudit.snapshot.drills import SCHEMA


def _step(description: str) -> Schema:
    return table(description, {
        "result": {"type": "string", "enum": ["pass", "fail"], "description": "What came of it"},
        "how": {
            "type": "string", "enum": ["api", "operator"],
            "description": "Read through VirtualCenter's API, or seen by a person",
        },
        "by": text("That person's name, or the program that asked; nobody verifies it"),
        "note": text("What was seen, in a line"),
    }, "result", "how", "by")  # fmt: skip


DRILL: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "vcaudit drill record",
    **table("One move of one group to another node, and what worked afterwards", {
        "schema": {"type": "integer", "minimum": 1, "maximum": SCHEMA, "description": "Version of this format"},
        "cluster": text("Name of the cluster in the inventory; left out: the one that names the file"),
        "group": text("Resource group that was moved, as the cluster calls it"),
        "from": text("Node that held the group"),
        "to": text("Node that took it over"),
        "started": text("When the move was asked for", TIME),
        "resources_online": text("When the last resource of the group was online on the other node", TIME),
        "address_answered": text("When VirtualCenter answered again at the virtual address", TIME),
        "checks": table("Steps of the note's test, those that the group's resources are for", {
            "esx_host_connected": _step("A managed ESX host is in the inventory, and connected"),
            "web_client": _step("The web client answers"),
            "license_server_up": _step("The license server reports UP"),
            "standalone_host_licensed": _step("A stand-alone ESX host that uses the license server is still licensed"),
        }),
        "operator": text("Who was responsible; nobody verifies it"),
        "tool": text("What wrote the record, with its version; left out: by hand"),
        "evidence": {
            "type": "array", "description": "Files that were kept: logs, screen shots",
            "items": table("A file", {
                "name": text("Its name"), "sha256": text("Its SHA-256", SHA256),
            }, "name", "sha256"),
        },
        "note": text("Anything else worth knowing, in a line"),
    }, "schema", "group", "from", "to", "started", "operator"),
}  # fmt: skip


def schema_text() -> str:
    """As docs/drill.schema.json has it."""
    return json.dumps(DRILL, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
