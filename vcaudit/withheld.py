r"""Names of registry values and WMI properties whose content never leaves a node, and what is covered in texts.

Three lists of regular expressions, in the part of the syntax that .NET and Python share, without regard to case:
  registry  searched in `key\value`
  data      searched in the texts of the registry; what the first group matched becomes `***`
  wmi       searched in the path of a property (`PrivateProperties.ResourceData`)
They travel to the node with every list of requests (`sections.secrets`), and no rule pack may ask for what they cover.
"""

from __future__ import annotations

import re
from functools import cache

STARS = "***"

WORDS = (
    "passw(?:or[dt]|d)|passphrase|passcode|kennwort|pwd|secret|credential"
    "|(?:private|encryption|session|api|access|account|auth|master|shared|signing)[ _-]?key"
)
"""Anywhere in a name."""
ENDS = r"(?:[^\Wym]|[^\Wb]y|[^\Wo]m|\b)pass|pw|(?:[^\Wy]|[^\We]y|\b)token"
"""At its end: `ServicePass`, not `PassiveMode` and `TokenSize`, nor `ProxyBypass`, `Compass` and `PublicKeyToken`."""

REGISTRY = (
    r"\\DB\\3$",
    r"\\(?:Serial|ProductKey|LicenseKey|DigitalProductId)$",
    rf"(?:{WORDS})[^\\]*(?:\\[^\\]*)?$",
    rf"\\[^\\]*(?:{ENDS})\\?$",
    r"[\\]key_[^\\]*$",
    r"^Cluster\\(?:.*\\)?(?:ResourceData|Security|Security Descriptor)$",
)
WMI = (
    r"(?:^|\.)(?:ResourceData|Security|Security Descriptor)$",
    rf"(?:{WORDS})[^.]*$",
    rf"(?:^|\.)[^.]*(?:{ENDS})$",
)

ENDING = rf"(?:^|[^\w.-])(?=[\w-])[\w.-]{{0,32}}(?:{ENDS})"
"""A name of that kind among other text."""
SWITCH = rf"(?:^|\s)[-/]{{1,2}}(?=\w)[\w.-]{{0,32}}(?:{ENDS})"
"""The same as an option: `-token x`."""
# Up to the end of an entry of a connection string: a password may hold blanks. What is covered already stays as it is.
_ENTRY = r"(\"[^\"]{1,999}\"?|'[^']{1,999}'?|\{[^}]{1,999}\}?|(?!\*{3}(?:\W|$))[^\s;&\"'{][^;&\"'\r\n]{0,999})"
_IS = r"[\"']?\s{0,9}[=:]\s{0,9}"
URL = r"://[^/\s:@]{1,99}:([^@\s/]{1,999})@"

DATA = (
    rf"(?:{WORDS})[\w.-]{{0,32}}{_IS}{_ENTRY}",
    rf"{ENDING}{_IS}{_ENTRY}",
    rf"(?:^|\s)[-/]{{1,2}}[\w.-]{{0,32}}(?:{WORDS})[\w.-]{{0,32}}\s{{1,9}}(\"[^\"]{{1,999}}\"?|[^\s\"]{{1,999}})",
    rf"{SWITCH}\s{{1,9}}(\"[^\"]{{1,999}}\"?|[^\s\"]{{1,999}})",
    URL,
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


def is_command(name: str) -> bool:
    """Whether a registry value is a command line, which has patterns of its own."""
    return re.search(r"(?:^|\.)(?:PathName|CommandLine|StartupParameters)$", name, re.IGNORECASE) is not None


def redact_data(name: str, text: str) -> str:
    """A text of the registry with the secrets in it replaced by `***`; a command line as it is."""
    return text if is_command(name) else covered(DATA, text)


def covered(patterns: tuple[str, ...], text: str) -> str:
    """A text in which what the first group of each pattern matched is `***`."""
    for pattern in compiled(patterns):
        text = pattern.sub(_cover, text)
    return text


def _cover(match: re.Match[str]) -> str:
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    return match[0][:start] + STARS + match[0][end:]
