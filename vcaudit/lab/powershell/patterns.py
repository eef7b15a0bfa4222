"""-match and -like with plain patterns: those that .NET's and Python's expressions read alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vcaudit.lab.powershell.errors import Unsupported
from vcaudit.lab.powershell.objects import CI
from vcaudit.lab.powershell.values import is_arr, items, text

if TYPE_CHECKING:
    from vcaudit.lab.powershell.machine import Machine

PatternOperator = Callable[["Machine", Any, Any], Any]

_SAFE = re.compile(
    r"""(?: [\w\ "'`~!@\#%&=:;,<>/-]        # itself
          | [.^$|)] | \((?!\?)
          | \(\?:                             # a group without a number
          | \(\?<[A-Za-z]\w*>                 # a group with a name
          | [*+?] (?![*+])                    # possessive quantifiers are Python's alone
          | \{\d+(?:,\d*)?\} (?![*+])
          | \[\^?(?:[\w\ ./:;,=@\#%_]|\\[dws.\\-])(?:[\w\ ./:;,=@\#%_-]|\\[dws.\\-])*\]
          | \\[dwsDWSb.\\/$^|()\[\]{}*+?-]
        )*""",
    re.VERBOSE | re.ASCII,
)
_UNSEEN = re.compile(r"[^\x20-\x7e\t\r\n]")


@lru_cache(maxsize=256)
def _expression(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    if not _SAFE.fullmatch(pattern):
        raise Unsupported(f"regular expression {pattern}")
    names = len(re.findall(r"\(\?<", pattern))
    try:
        compiled = re.compile(pattern.replace("(?<", "(?P<"), (re.IGNORECASE if ignore_case else 0) | re.ASCII)
    except re.error as error:
        raise Unsupported(f"regular expression {pattern}: {error}") from error
    if names and compiled.groups != names:
        raise Unsupported("named and numbered groups: .NET numbers the named ones last")
    return compiled


@lru_cache(maxsize=256)
def _wildcard(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """A wildcard pattern: * ? [a-z], and a backtick that takes the next character as it is."""
    out: list[str] = []
    for escaped, group, char in re.findall(r"`(.)|(\[[A-Za-z0-9-]+\])|(.)", pattern, re.DOTALL):
        if char in ("[", "]", "`"):
            raise Unsupported(f"wildcard pattern {pattern}")
        out.append({"*": ".*", "?": "."}.get(char) or group or re.escape(escaped or char))
    return re.compile("".join(out), (re.IGNORECASE if ignore_case else 0) | re.ASCII | re.DOTALL)


def _seen(value: Any) -> str:
    shown = text(value)
    if _UNSEEN.search(shown):
        raise Unsupported("pattern against control or non-ASCII characters")
    return shown


def match(ignore_case: bool, wanted: bool) -> PatternOperator:
    """-match and its relatives; a match of a single value sets $matches."""

    def apply(machine: Machine, left: Any, right: Any) -> Any:
        expression = _expression(_seen(right), ignore_case)
        if is_arr(left):
            return [item for item in items(left) if (expression.search(_seen(item)) is not None) == wanted]
        found = expression.search(_seen(left))
        if found is not None and wanted:
            machine.scopes[-1]["matches"] = _groups(found)
        elif found is not None:  # whether -notmatch sets $matches was not measured
            machine.scopes[-1].pop("matches", None)
        return (found is not None) == wanted

    return apply


def _groups(found: re.Match[str]) -> CI:
    """$matches: the groups that took part, by number or by name."""
    names = {number: name for name, number in found.re.groupindex.items()}
    table = CI()
    for number in range(found.re.groups + 1):
        if found[number] is not None:
            table[names.get(number, number)] = found[number]
    return table


def like(ignore_case: bool, wanted: bool) -> PatternOperator:
    """-like and its relatives."""

    def apply(machine: Machine, left: Any, right: Any) -> Any:
        pattern = _wildcard(_seen(right), ignore_case)
        if is_arr(left):
            return [item for item in items(left) if (pattern.fullmatch(_seen(item)) is not None) == wanted]
        return (pattern.fullmatch(_seen(left)) is not None) == wanted

    return apply


PATTERN_OPERATORS: dict[str, PatternOperator] = {
    f"-{case}{'' if wanted else 'not'}{name}": make(case != "c", wanted)
    for name, make in (("match", match), ("like", like))
    for case in ("", "i", "c")
    for wanted in (True, False)
}
"""Operators as they are written, in lower case."""
