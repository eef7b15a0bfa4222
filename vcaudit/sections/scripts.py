"""Scripts that a scheduled task or a Generic Application names, read in the same run as what names them.

The resources are told by WMI and by the hive; where one of them fails the other is enough.
"""

from __future__ import annotations

import codecs

from vcaudit.capture import Request
from vcaudit.collect.answer import VARIABLE_NOT_SET, Answer, FileRead
from vcaudit.sections.hive import HIVE
from vcaudit.sections.reading import same
from vcaudit.sections.resources import RESOURCES
from vcaudit.sections.secrets import redact, redact_command
from vcaudit.sections.tasks import JOBS, TASKS
from vcaudit.sections.text import decode, lines
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import Script

CODE_PAGE = "code_page"
LARGEST = 64 << 10
"""Bytes of a script that is taken into a snapshot."""

_CODE_PAGE_KEY = r"SYSTEM\CurrentControlSet\Control\Nls\CodePage"
_LINE, _FOLDER = "PrivateProperties.CommandLine", "PrivateProperties.CurrentDirectory"
_SCRIPTS = {
    "script_tasks": f"${{{TASKS}:Command|script}}",
    "script_tasks_beside": rf"${{{TASKS}:Directory}}\${{{TASKS}:Command|beside}}",
    "script_jobs": f"${{{JOBS}:content|script}}",
    "script_resources": f"${{{RESOURCES}:{_LINE}|script}}",
    "script_resources_beside": rf"${{{RESOURCES}:{_FOLDER}}}\${{{RESOURCES}:{_LINE}|beside}}",
    "code_resources": f"${{{RESOURCES}:{_LINE}|code}}",
    "code_hive": rf"${{{HIVE}:Resources\*\Parameters\CommandLine|code}}",
    "script_hive": rf"${{{HIVE}:Resources\*\Parameters\CommandLine|script}}",
    "script_hive_beside": (
        rf"${{{HIVE}:Resources\*\Parameters\CurrentDirectory}}\${{{HIVE}:Resources\*\Parameters\CommandLine|beside}}"
    ),
}


def requests() -> tuple[Request, ...]:
    """Behind what they refer to. Of other languages than cmd.exe's the hash is enough."""
    return (
        Request("registry", CODE_PAGE, (_CODE_PAGE_KEY,)),
        *(
            Request("file", probe, (path, "hash" if probe.startswith("code") else "text"))
            for probe, path in _SCRIPTS.items()
        ),
    )


def read(answer: Answer) -> tuple[Script, ...] | Missing:
    """All that were named anywhere, each once. A list that could not be had leaves open which others there are."""
    found: dict[str, Script] = {}
    page = _code_page(answer)
    gaps = {probe: _add(answer.files(probe), found, page) for probe in _SCRIPTS}
    # what WMI does not tell of the resources the hive does, and the other way round
    for one in ("script_resources", "script_resources_beside", "code_resources"):
        other = one.replace("resources", "hive")
        if gaps[one] is None or gaps[other] is None:
            gaps[one] = gaps[other] = None
    return next((gap for gap in gaps.values() if gap is not None), None) or tuple(found.values())


def _code_page(answer: Answer) -> str | None:
    """The one that cmd.exe reads scripts in."""
    keys = answer.registry(CODE_PAGE)
    if isinstance(keys, Missing) or not keys:
        return None
    value = next((value.data for value in keys[0].values if same(value.name, "OEMCP")), None)
    try:
        return codecs.lookup(f"cp{value!s}").name
    except LookupError:
        return None


def _text(content: bytes, page: str | None) -> str | None:
    """None: it holds more than ASCII, and nobody knows in which code page."""
    told = decode(content)
    if told.marked or content.isascii():
        return told.text
    return None if page is None else content.decode(page, "replace")


def _add(read: tuple[FileRead, ...] | Missing, found: dict[str, Script], page: str | None) -> Missing | None:
    if isinstance(read, Missing):
        return None if read.reason in ("not_found", "not_installed") else read
    for one in read:
        script = _script(one, page)
        if script is not None:
            found.setdefault(script.path.casefold(), script)
    return None


def _script(one: FileRead, page: str | None) -> Script | None:
    """None: what was put together from a folder and a name is no path."""
    path = one.path.replace("\\\\", "\\") if not one.path.startswith("\\\\") else one.path
    gap = one.failure
    if gap is not None and (gap.detail.startswith((VARIABLE_NOT_SET, "not an absolute path"))):
        return None
    if gap is not None:
        there = gap.reason != "not_found"
        return Script(path=path, sha256=gap if there else None, lines=gap if there else ())
    if not path.lower().endswith((".cmd", ".bat")):
        return Script(path=path, sha256=one.sha256 or Missing(reason="bad_output", where=path), lines=())
    if one.content is None or len(one.content) > LARGEST:
        gap = Missing(reason="refused", detail=one.withheld or "a script of more than 64 KiB", where=path)
        return Script(path=path, sha256=one.sha256 or gap, lines=gap)
    told = _text(one.content, page)
    if told is None:
        gap = Missing(reason="bad_output", detail="the code page of the script is not known", where=path)
        return Script(path=path, sha256=one.sha256 or gap, lines=gap)
    clean = [redact_command(line) for line in lines(redact(told))]
    return Script(path=path, sha256=one.sha256 or Missing(reason="bad_output", where=path), lines=tuple(clean))
