"""Imports go one way, and each third-party library has named importers."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from vcaudit import __file__ as package_file

PACKAGE = Path(package_file).parent
ROOT = PACKAGE.parent
LEAVES = {"errors", "resources", "yamlfile", "withheld"}

MAY_IMPORT = {
    "redaction": set(),
    "errors": {"redaction"},
    "resources": set(),
    "withheld": set(),
    "yamlfile": {"errors"},
    "snapshot": {"errors", "results"},
    "capture": {"snapshot"},
    "results": {"errors"},
    "inventory": {"errors", "yamlfile", "capture", "snapshot"},
    "password_command": {"errors", "redaction"},
    "secrets": {"errors", "redaction", "password_command", "inventory"},
    "output": {"errors"},
    "parallel": {"errors"},
    "transport": {"errors", "capture", "snapshot"},
    "collect": {*LEAVES, "capture", "snapshot", "inventory", "secrets", "transport"},
    "sections": {*LEAVES, "capture", "snapshot", "collect"},
    "drift": {"errors", "snapshot"},
    "evaluate": {*LEAVES, "snapshot", "results", "drift"},
    "report": {*LEAVES, "results"},
    "waivers": {*LEAVES, "results", "inventory", "evaluate"},
    "pipeline": {*LEAVES, "capture", "snapshot", "results", "inventory", "secrets", "output", "parallel", "transport",
                 "collect", "sections", "evaluate", "report"},
    "offline": {*LEAVES, "capture", "snapshot", "inventory", "collect", "sections"},
    "doctor": {*LEAVES, "capture", "snapshot", "inventory", "secrets", "transport", "collect", "sections"},
    "lab": {*LEAVES, "capture", "collect", "inventory"},
    "cli": {*LEAVES, "capture", "snapshot", "results", "inventory", "secrets", "output", "collect", "evaluate",
            "drift", "report", "redaction", "pipeline", "offline", "doctor", "waivers", "lab"},
    "__main__": {"cli"},
}  # fmt: skip
"""Top-level module → what it may import of vcaudit, besides itself and the version."""

IMPORTERS = {
    "winrm": ("transport/",),
    "requests": ("transport/",),
    "requests_ntlm": ("transport/",),
    "tenacity": ("transport/backoff.py",),
    "urllib3": ("transport/",),
    "cel_expr_python": ("evaluate/expression.py",),
    "deepdiff": ("snapshot/diff.py",),
    "weasyprint": ("report/pdf.py",),
    "jinja2": ("report/",),
    "markupsafe": ("report/",),
    "rich": ("cli/", "report/text.py", "report/text_layout.py"),
    "tree_sitter": ("lab/powershell/",),
    "tree_sitter_powershell": ("lab/powershell/",),
    "spnego": ("transport/", "lab/server/"),
    "lxml": ("collect/", "sections/"),
    "cryptography": ("sections/", "lab/", "transport/"),
    "dns": ("collect/", "lab/"),
    "pypsrp": ("transport/psrp",),
    "psrpcore": ("lab/server/psrp.py",),
    "pyVmomi": ("collect/vi.py", "collect/vi_errors.py"),
    "keyring": ("secrets.py",),
    "click": ("cli/",),
    "yaml": ("yamlfile.py",),
    "platformdirs": ("cli/", "lab/", "report/compiled.py"),
}
"""Library → where alone it is imported."""

FILES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are written in full"
            if node.module == "vcaudit":
                yield from ((node.lineno, f"vcaudit.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module or ""


def top(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        assert list(imported(path)) == []
        return
    here = top(path)
    assert here in MAY_IMPORT, f"{here} has no place in the order of the stages: give it one"
    for line, name in imported(path):
        parts = name.split(".")
        if parts[0] == "vcaudit" and len(parts) > 1 and parts[1] not in ("__version__", here):
            assert parts[1] in MAY_IMPORT[here], f"{path}:{line}: {here} must not import {parts[1]}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libraries_have_named_importers(path: Path) -> None:
    where = path.relative_to(PACKAGE).as_posix()
    for line, name in imported(path):
        library = name.split(".")[0]
        if library in IMPORTERS:
            allowed = IMPORTERS[library]
            assert where.startswith(allowed), f"{path}:{line}: {library} is imported in {' and '.join(allowed)} only"


def named(requirements: list[str]) -> set[str]:
    """Names of what is required, as they are imported."""
    return {re.split(r"[><=\[ ]", each)[0].lower().replace("-", "_") for each in requirements}


DISTRIBUTIONS = {"winrm": "pywinrm", "spnego": "pyspnego", "dns": "dnspython", "yaml": "pyyaml"}
"""Where a library's package is called otherwise."""


EXTRAS = {
    "keyring": ("secrets.py",),
    "lab": ("lab/",),
    "psrp": ("transport/psrp",),
    "vi": ("collect/vi.py", "collect/vi_errors.py"),
}
"""Extra → who may import its libraries."""


def test_what_is_imported_is_declared() -> None:
    """Not left to whatever another library happens to bring along; some libraries are an extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    always, extras = named(project["dependencies"]), project["optional-dependencies"]
    for path in FILES:
        where = path.relative_to(PACKAGE).as_posix()
        own = [named(extras[extra]) for extra, places in EXTRAS.items() if where.startswith(places)]
        declared = always.union(*own)
        for line, name in imported(path):
            library = name.split(".")[0]
            if library not in sys.stdlib_module_names and library != "vcaudit":
                needed = DISTRIBUTIONS.get(library, library).lower().replace("-", "_")
                assert needed in declared, f"{path}:{line}: {library} is not among the dependencies"


def test_the_order_has_no_circle() -> None:
    def reach(name: str, seen: tuple[str, ...]) -> None:
        assert name not in seen, " imports ".join((*seen, name))
        for other in MAY_IMPORT[name]:
            reach(other, (*seen, name))

    for name in MAY_IMPORT:
        reach(name, ())


def test_the_table_names_what_there_is() -> None:
    assert {top(path) for path in FILES} - {"__init__"} == set(MAY_IMPORT)


def test_only_the_command_line_ends_the_program() -> None:
    for path in FILES:
        if top(path) in ("cli", "__main__"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert name not in ("sys.exit", "exit", "quit", "os._exit"), f"{path}:{node.lineno}: {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_budgets(path: Path) -> None:
    """Modules that fit on a few screens, functions that fit on one."""
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, f"{path} is too long"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 60, f"{path}:{node.lineno}: {node.name} has {length} lines"
