"""Why something could not be read: error codes of Windows to the reasons of Missing, in one table.

An error of the collector is `Type hhhhhhhh: message`, or one of the collector's own words. The code decides, never the
message: that is in the node's language. docs/collector.md shows the table; a test holds both together.
"""

from __future__ import annotations

import re

from vcaudit.snapshot.base import Missing, Reason

CODES: dict[str, tuple[Reason, str]] = {
    "80041003": ("access_denied", "WMI: access denied"),
    "80041062": ("access_denied", "WMI: a privilege is not held"),
    "80070005": ("access_denied", "access denied"),
    "8013150a": ("access_denied", "registry: access denied (SecurityException)"),
    "8004100e": ("not_installed", "WMI: no such namespace"),
    "80041010": ("not_installed", "WMI: no such class"),
    "80041002": ("not_found", "WMI: no such property or object"),
    "80070002": ("not_found", "no such file"),
    "80070003": ("not_found", "no such folder or drive"),
    "00000002": ("not_found", "registry: the value is gone since it was listed"),
    "000003fa": ("not_found", "registry: the key was deleted while it was read"),
    "00000534": ("not_found", "no account of this name, or no SID for it"),
    "00040004": ("timeout", "WMI: no answer within the time limit"),
    "80041032": ("timeout", "WMI: the call was cancelled"),
    "8004106c": ("refused", "WMI: a quota of the node is used up"),
    "80041069": ("timeout", "WMI: timed out"),
    "80070422": ("unavailable", "a service is disabled"),
    "80041315": ("unavailable", "the Task Scheduler service is not running"),
    "800706ba": ("unavailable", "RPC server unavailable"),
    "800706be": ("unavailable", "the remote procedure call failed"),
    "80041004": ("unavailable", "WMI: a provider failed"),
    "80041001": ("unavailable", "WMI: a general failure"),
    "80041013": ("unavailable", "WMI: a provider does not load"),
    "80041014": ("unavailable", "WMI: a component does not start"),
    "80041033": ("unavailable", "WMI: shutting down"),
    "80070020": ("unavailable", "another process holds the file"),
    "80070021": ("unavailable", "another process has locked a part of the file"),
    "8007010b": ("unavailable", "a file, where a folder was expected"),
    "8007007b": ("not_found", "no file can have such a name"),
    "80070035": ("unavailable", "network path not found"),
    "00002af9": ("not_found", "the name server knows no such name"),
    "00002afa": ("unavailable", "the name server did not answer"),
    "00002afb": ("unavailable", "the name server failed"),
    "00002afc": ("not_found", "the name has no address"),
}
"""Code in lower-case hexadecimal: reason, what it means. A code that is not here is bad_output."""

WORDS: dict[str, tuple[Reason, str]] = {
    "not found": ("not_found", "no such registry key"),
    "no value": ("not_found", "what the request refers to was read, and holds no value"),
    "variable not set": ("not_installed", "the path holds a %VARIABLE% that this node does not have"),
    "not an absolute path": ("bad_output", "the path does not begin with a drive or a share"),
    "is a directory": ("unavailable", "a folder, where a file was expected"),
    "no data": ("bad_output", "there is a value, and .NET gives no data for it"),
    "unexpected type": ("bad_output", "a value of a type that the collector does not know"),
    "time budget exhausted": ("timeout", "the run had no time left"),
    "namespace does not answer": ("timeout", "an earlier query of the same namespace had no answer in time"),
    "registry value limit reached": ("refused", "more registry values than the limit allows"),
    "file limit reached": ("refused", "more files than the limit allows"),
    "not needed": ("not_asked", "what this request stands in for was read whole"),
    "no such program": ("not_installed", "the node has no cluster.exe"),
    "program does not answer": ("timeout", "cluster.exe did not end within the time limit, and was ended"),
    "exit code": ("unavailable", "cluster.exe ended with a code that is not 0"),
    "output too long": ("refused", "cluster.exe lists more than the limit allows"),
    "unusable name": ("refused", "cluster.exe could take the name for an option, so it is not given to it"),
    "no task service": ("not_installed", "Server 2003 has no Task Scheduler that could be asked: its tasks are files"),
    "not given": ("not_asked", "what was imported does not hold it"),
    "argument missing": ("bad_output", "the request is not complete"),
    "unknown kind": ("bad_output", "the collector does not know this kind of request"),
    "unknown mode": ("bad_output", "the collector does not know this mode"),
}
"""The collector's own words: a path by which nothing of the node's language comes in."""

VARIABLE_NOT_SET = "variable not set"
"""Begins the detail of a path whose %VARIABLE% the node does not have: such a place does not exist there, which says
nothing about the same file elsewhere."""

_CODED = re.compile(r"(\w+) ([0-9a-f]{8}): (.*)", re.DOTALL)
_THROWN = ("RuntimeException", "80131501")
_SHOWN = 300


def missing(error: str, where: str) -> Missing:
    """The Missing for an error as the collector wrote it; what the node said goes into the detail, made harmless."""
    coded = _CODED.fullmatch(error)
    if coded and (coded[1], coded[2]) != _THROWN:
        reason, meaning = CODES.get(coded[2], ("bad_output", "an error that is not expected here"))
        return Missing(reason=reason, detail=f"{meaning} ({shown(error)})", where=where)
    own = coded[3] if coded else error
    for word, (reason, _) in WORDS.items():
        if own == word or own.startswith((f"{word}:", f"{word} ")):
            return Missing(reason=reason, detail=shown(own), where=where)
    return Missing(reason="bad_output", detail=shown(error), where=where)


def damaged(what: str, where: str) -> Missing:
    """The Missing for a part of an answer that does not follow the contract."""
    return Missing(reason="bad_output", detail=shown(what), where=where)


def shown(text: str) -> str:
    """A text of the node for people: short, and without anything that a terminal would obey."""
    visible = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text.strip())
    return visible if len(visible) <= _SHOWN else f"{visible[: _SHOWN - 1]}…"
