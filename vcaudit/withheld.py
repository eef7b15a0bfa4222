r"""Names of registry values and WMI properties whose content never leaves a node.

Two lists of regular expressions, in the part of the syntax that .NET and Python share, without regard to case:
  registry  searched in `key\value`
  wmi       searched in the path of a property (`PrivateProperties.ResourceData`)
They travel to the node with every list of requests (`sections.secrets`), and no rule pack may ask for what they cover.
"""

from __future__ import annotations

import re
from functools import cache

WORDS = "password|passwd|passphrase|passcode|pwd|secret|credential|(?:private|encryption|session)[ _-]?key"

REGISTRY = (
    r"\\DB\\3$",
    r"\\(?:Serial|ProductKey|LicenseKey|DigitalProductId)$",
    rf"(?:{WORDS})[^\\]*(?:\\[^\\]*)?$",
    r"[\\]key_[^\\]*$",
    r"^Cluster\\(?:.*\\)?(?:ResourceData|Security|Security Descriptor)$",
)
WMI = (
    r"(?:^|\.)(?:ResourceData|Security|Security Descriptor)$",
    rf"(?:{WORDS})[^.]*$",
)


@cache
def compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """As they are searched."""
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


def registry_secret(key: str, value: str) -> bool:
    """Whether a registry value is withheld."""
    return any(pattern.search(f"{key}\\{value}") for pattern in compiled(REGISTRY))


def wmi_secret(path: str) -> bool:
    """Whether a property, by its path from the instance on, is withheld."""
    return any(pattern.search(path) for pattern in compiled(WMI))
