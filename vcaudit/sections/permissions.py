"""The owner's export of VirtualCenter role holders: a CSV file (field facts, section 8; requirement F6).

Columns `principal,is_group,role,entity` in any order, others ignored; comma, semicolon or tab; UTF-8 or UTF-16. What
stands in a field is text and nothing else, whatever a spreadsheet would make of it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from vcaudit.errors import PermissionsError, Problem
from vcaudit.sections.text import decode, lines
from vcaudit.snapshot.facts import Permission

COLUMNS = ("principal", "is_group", "role", "entity")
MOST_BYTES = 16 << 20
_MOST_PROBLEMS = 50
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_HINT = "The file's first line must read principal,is_group,role,entity; docs/permissions.md says how to export it."
_UNREAD = "`permissions` of the cluster in the inventory names the file; docs/permissions.md says how to export it."
_RECODE = "Excel saves it as \"CSV UTF-8\"; in PowerShell: Export-Csv -Encoding UTF8."


def read_permissions(path: Path) -> tuple[Permission, ...]:
    """The role holders, in the order of the file.

    Raises PermissionsError with every line that is wrong.
    """
    problems: list[Problem] = []
    try:
        rows = list(_rows(_text(path), str(path), problems))
    except OSError as error:
        raise PermissionsError([Problem(str(path), 0, f"cannot be read: {error.strerror}")], hint=_UNREAD) from None
    if problems:
        shown = problems[:_MOST_PROBLEMS]
        if len(problems) > len(shown):
            shown.append(Problem(str(path), 0, f"{len(problems) - len(shown)} more lines are wrong"))
        raise PermissionsError(shown, hint=_HINT)
    return tuple(rows)


def _text(path: Path) -> str:
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        what = f"is larger than {MOST_BYTES >> 20} MB: not an export of permissions"
        raise PermissionsError([Problem(str(path), 0, what)], hint=_UNREAD)
    decoded = decode(content)
    if decoded.encoding == "latin-1" or "\ufffd" in decoded.text:
        what = "is neither UTF-8 nor UTF-16: save it as UTF-8, so that no letter of a name is guessed"
        raise PermissionsError([Problem(str(path), 0, what)], hint=_RECODE)
    return decoded.text


def _rows(text: str, name: str, problems: list[Problem]) -> Iterator[Permission]:
    """Good rows; what is wrong with the others goes into `problems`."""
    every = lines(text)
    skipped = 1 if every and every[0].lower().startswith("sep=") else 0
    reader = csv.reader([f"{line}\n" for line in every[skipped:]], delimiter=_delimiter(every[skipped:]), strict=True)
    header: list[str] | None = None
    number = skipped + 1
    try:
        for row in reader:
            if header is None and row:
                header = [field.strip().lower() for field in row]
                if wrong := _header(header):
                    problems.append(Problem(name, number, wrong))
                    return
            elif header is not None and any(field.strip() for field in row):
                good = _permission(dict(zip(header, row, strict=False)), len(row) - len(header))
                if isinstance(good, Permission):
                    yield good
                else:
                    problems.append(Problem(name, number, good))
            number = skipped + reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(name, number, f"is no CSV: {error}"))
    if header is None and not problems:
        problems.append(Problem(name, 1, f"is empty; the first line names the columns {','.join(COLUMNS)}"))


def _delimiter(every: list[str]) -> str:
    """Of the header: its own names hold neither of them."""
    head = next((line for line in every if line.strip()), "")
    return max(",;\t", key=head.count)


def _header(header: list[str]) -> str:
    missing = [column for column in COLUMNS if column not in header]
    doubled = [column for column in COLUMNS if header.count(column) > 1]
    if missing:
        return f"no column {', '.join(missing)}; the first line names the columns {','.join(COLUMNS)}"
    return f"column {doubled[0]} twice" if doubled else ""


def _permission(row: dict[str, str], surplus: int) -> Permission | str:
    """A row, or what is wrong with it."""
    if surplus:
        return f"{abs(surplus)} fields too {'many' if surplus > 0 else 'few'}: quote a field that holds the separator"
    fields = {column: row[column].strip() for column in COLUMNS}
    group = _BOOLEANS.get(fields["is_group"].lower())
    if group is None:
        return "is_group: allowed are true and false (also yes, no, 1, 0)"
    empty = [column for column in ("principal", "role") if not fields[column]]
    if empty:
        return f"{empty[0]} is empty"
    return Permission(principal=fields["principal"], is_group=group, role=fields["role"], entity=fields["entity"])
