"""Private properties of resources, by name (field facts, section 4: names and defaults)."""

from __future__ import annotations

from vcaudit.evaluate.known import same
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Resource

IP_ADDRESS, NETWORK_NAME, GENERIC_SERVICE = "IP Address", "Network Name", "Generic Service"

Value = str | int | bool | tuple[str, ...] | None


def is_type(resource: Resource, wanted: str) -> bool | Missing:
    """Whether a resource is of a type; types are not translated by Windows."""
    return resource.type if isinstance(resource.type, Missing) else same(resource.type, wanted)


def value(resource: Resource, name: str) -> Value | Missing:
    """A private property; None: there is no such property, or it has no value."""
    if isinstance(resource.properties, Missing):
        return resource.properties
    return next((p.value for p in resource.properties if same(p.name, name)), None)


def text(resource: Resource, name: str) -> str | None | Missing:
    """A private property as text, white space and all; an empty one is None."""
    found = value(resource, name)
    if found is None or isinstance(found, Missing):
        return found
    return str(found) or None


def flag(resource: Resource, name: str, default: bool | Missing) -> bool | Missing:
    """A private property that is a switch: DWORD, boolean or their text."""
    found = value(resource, name)
    if isinstance(found, Missing):
        return found
    if found is None:
        return default
    return str(found).strip().casefold() not in {"0", "false", ""}
