r"""What never leaves a node: the deny list that travels with the requests, applied again to what came back.

Five lists of regular expressions, in the part of the syntax that .NET and Python share, without regard to case:
  registry  searched in `key\value`; the value is withheld, its presence is reported
  data      searched in all other texts of the registry; what the first group matched becomes `***`
  wmi       searched in the path of a property (`PrivateProperties.ResourceData`)
  text      the same in files read as text
  command   the same in command lines: of services, of Generic Application resources, start parameters
Field facts, sections 1, 2 and 4, say where secrets were seen.
"""

from __future__ import annotations

from vcaudit.capture import Request
from vcaudit.withheld import DATA, ENDING, ENDS, SWITCH, URL, WORDS, compiled, covered
from vcaudit.withheld import REGISTRY as REGISTRY
from vcaudit.withheld import STARS as STARS
from vcaudit.withheld import WMI as WMI
from vcaudit.withheld import redact_data as redact_data
from vcaudit.withheld import registry_secret as registry_secret
from vcaudit.withheld import wmi_secret as wmi_secret

_NAME = (
    rf"(?=[\w:])(?:[\w:.-]{{0,64}}(?:(?:{WORDS})[\w:.-]{{0,64}}|{ENDS})"
    r"|(?:\w{1,32}:)?key_[\w.-]{0,64})"
)
# an opening tag: not one that closes itself, or the text behind it would be covered
_TAG = rf"<{_NAME}(?:\s(?:[^<>]*[^<>/])?)?>\s*"
# VirtualCenter's obfuscated passwords begin with an asterisk; `*` and `*.log` are wildcards
_STARRED = r"\*(?:[^<\s*.\"']|[^<\s\"'][^<\"']{7})"
_BASE64 = "[A-Za-z0-9+/]"
# Where a value begins: in an element, in CDATA, in an attribute. A licence's SIGN="…" is none of these.
_OPEN = r"(?:>\s{0,99}|\[|(?:^|[\s\"'])(?!SIGN)[\w:.-]{1,64}\s{0,9}=\s{0,9}[\"']\s{0,99})"

_TAKES_PASSWORDS = r"net1?(?:\.exe)?[ \t]{1,9}user?|psexec|schtasks|cmdkey|wmic|plink|pscp|psftp|runas|curl"
_ARGUMENTS = r"(?:\"[^\"\r\n]{0,200}\"|[^\r\n&|\"]){1,2000}"
# `-password x`, `password=x`; a blank alone would take the next attribute of an element for the value
_NAMED = (
    rf"(?:[-/][\w.-]{{0,32}}(?:{WORDS})[\w.-]{{0,32}}[ \t]|(?:{WORDS})[\w.-]{{0,32}}[ \t]{{0,9}}[=:]"
    rf"|{SWITCH}[ \t:=]|{ENDING}[ \t]{{0,9}}=)[ \t]{{0,9}}"
)
_PROPERTY = rf"ResourceData|Security(?: Descriptor)?|\w{{0,64}}(?:{WORDS})\w{{0,64}}"

# A pattern that may start anywhere has only bounded repetitions: a hostile megabyte costs milliseconds, not minutes.
TEXT = (
    # An element whose name says it: its text, also inside a comment, in CDATA, one level deeper, behind a comment.
    rf"{_TAG}([^<\s][^<]*)",
    rf"{_TAG}<!\[CDATA\[([^\]]+)",
    rf"{_TAG}<[^<>]*[^<>/]>\s*([^<\s][^<]*)",
    rf"[\s\"']{_NAME}\s{{0,9}}=\s{{0,9}}\"([^\"<]+)",
    rf"[\s\"']{_NAME}\s{{0,9}}=\s{{0,9}}'([^'<]+)",
    # The shape of a value: a long base64 (over several lines), an obfuscated password. What files hold openly is
    # spared: the lines of a certificate and the signatures of licences, which are hashed before they are kept.
    rf"{_OPEN}((?:{_BASE64}{{40,}}\s{{1,9}}){{0,999}}{_BASE64}{{40,}}={{0,2}}(?:\s{{1,9}}{_BASE64}{{1,39}}={{0,2}})?)",
    rf"{_OPEN}({_BASE64}{{20,39}}={{1,2}})",
    rf"[\s:;,]({_BASE64}{{80,}}={{0,2}})",
    rf">\s{{0,99}}({_STARRED}[^<]*)",
    rf"=\s{{0,9}}\"({_STARRED}[^\"<]*)",
    rf"=\s{{0,9}}'({_STARRED}[^'<]*)",
    # Command scripts: what such a program is told may be a password that no word announces; `-password x`, `set PW=x`.
    rf"(?:^|[\r\n&|(])[^\r\n&|<>(]{{0,200}}?\b(?:{_TAKES_PASSWORDS})(?:\.exe)?\"?[ \t]({_ARGUMENTS})",
    rf"{_NAMED}\"([^\"\r\n<>]{{1,999}})",
    rf"{_NAMED}([^\s\"'<>=][^\s\"<>]{{0,999}})",
    r"\bset[ \t]{1,9}\"?\w{0,32}(?:pass|pw)\w{0,32}[ \t]{0,9}=([^\r\n\"<>]{1,999})",
    URL,
    # A property of a resource as cluster.exe lists it: type, resource, name, value.
    rf"\n[A-Z]{{1,2}} {{1,2}}[^\r\n]{{1,256}} (?:{_PROPERTY}) {{1,99}}([^\r\n ][^\r\n]*)",
)

# Arguments of a program: `-password x`, `/pwd:x`, `PASSWORD="x y"`, and what stands before the @ of an address.
COMMAND = (
    rf"[\w.-]{{0,32}}(?:{WORDS})[\w.-]{{0,32}}(?:\s{{0,9}}[=:]\s{{0,9}}|\s{{1,9}})(\"[^\"]{{1,999}}\"?|[^\s\"]{{1,999}})",
    rf"(?:{ENDING}\s{{0,9}}[=:]\s{{0,9}}|{SWITCH}\s{{1,9}})(\"[^\"]{{1,999}}\"?|[^\s\"]{{1,999}})",
    URL,
)


def requests() -> tuple[Request, ...]:
    """The deny list as requests; it stands before everything else, so that nothing is read without it."""
    lists = (("registry", REGISTRY), ("data", DATA), ("wmi", WMI), ("text", TEXT), ("command", COMMAND))
    return tuple(
        Request("deny", f"deny_{kind}_{number}", (kind, pattern))
        for kind, patterns in lists
        for number, pattern in enumerate(patterns, 1)
    )


def name_secret(name: str) -> bool:
    """Whether the name of an element or attribute says that what it holds is a secret."""
    return compiled((rf"^{_NAME}$",))[0].search(name) is not None


def redact_command(line: str) -> str:
    """A command line with the secrets among its arguments replaced by `***`."""
    return covered(COMMAND, line)


def redact(text: str) -> str:
    """The text with everything that looks like a secret replaced by `***`."""
    return covered(TEXT, text)
