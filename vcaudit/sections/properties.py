"""Private properties of resources: the same value whether WMI, cluster.exe or the hive tells it."""

from __future__ import annotations

from typing import TypeAlias

from vcaudit.collect.answer import Properties
from vcaudit.sections.reading import items, number, text
from vcaudit.sections.secrets import STARS, redact_command, redact_data, wmi_secret
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Property

Told: TypeAlias = str | int | tuple[str, ...] | None | Missing
_COMMANDS = {"commandline", "startupparameters"}
# DWORDs among the private properties that rules read; everything else stays the text that it is
_NUMBERS = {"usenetworkname", "enablenetbios", "enabledhcp", "requiredns", "requirekerberos"}


def of_wmi(found: Properties) -> tuple[Property, ...]:
    """Of the embedded object PrivateProperties."""
    return tuple(_property(found, name) for name in found)


def _property(found: Properties, name: str) -> Property:
    if wmi_secret(f"PrivateProperties.{name}"):
        return Property(name=name, value=STARS)
    if isinstance(found[name], tuple):
        return Property(name=name, value=_bare(name, items(found, name)))
    value = text(found, name)
    if isinstance(value, str) and name.lower() in _NUMBERS and value != STARS:
        switch = {"true": 1, "false": 0}.get(value.lower())
        return Property(name=name, value=number(found, name) if switch is None else switch)
    return Property(name=name, value=_bare(name, value))


def as_property(name: str, value: str | int | tuple[str, ...] | None) -> Property:
    """Of a typed value: numbers become text where WMI's are taken as text."""
    if wmi_secret(f"PrivateProperties.{name}"):
        return Property(name=name, value=STARS)
    if isinstance(value, int) and name.lower() not in _NUMBERS:
        return Property(name=name, value=str(value))
    return Property(name=name, value=_bare(name, value))


def _bare(name: str, value: Told) -> Told:
    """As the hive tells it, too: command lines and all other texts without the secrets in them."""
    if isinstance(value, tuple):
        return tuple(redact_data(name, item) for item in value)
    if not isinstance(value, str):
        return value
    return redact_command(value) if name.lower() in _COMMANDS else redact_data(name, value)


def unlike(one: Property, other: Property) -> bool:
    """Whether two sources tell it differently, as far as both tell it at all."""
    values = (one.value, other.value)
    if any(isinstance(value, Missing) or value == STARS for value in values):
        return False
    first, second = (plain(value) for value in values)
    return first != second


def plain(value: object) -> str:
    """One text for what is the same thing."""
    if isinstance(value, tuple):
        return ", ".join(plain(item) for item in value)
    return "" if value is None else str(value).strip().casefold()
