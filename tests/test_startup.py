"""What is not needed is not imported: asserted by module, because a module is the same on every machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PRINT_MODULES = """
import sys
sys.argv = ["vcaudit", *{arguments!r}]
from vcaudit.cli import main
try:
    main()
except SystemExit:
    pass
print("MODULES", " ".join(sorted(sys.modules)))
"""
NETWORK = {
    "winrm", "requests", "requests_ntlm", "urllib3", "spnego", "dns", "vcaudit.transport.winrm", "vcaudit.lab",
    "pyVmomi", "pypsrp", "psrpcore",
}  # fmt: skip
HEAVY = {"weasyprint", "lxml", "jinja2", "cel_expr_python", "deepdiff", "rich", "cryptography", "yaml", "msgspec"}


def modules(*arguments: str, folder: Path | None = None) -> set[str]:
    done = subprocess.run([sys.executable, "-c", PRINT_MODULES.format(arguments=list(arguments))], capture_output=True,
                          text=True, check=True, cwd=folder)  # fmt: skip
    return set(done.stdout.rpartition("MODULES ")[2].split())


def test_the_version_costs_next_to_nothing() -> None:
    assert modules("--version") & {*NETWORK, *HEAVY, "click", "vcaudit.cli.app", "logging", "asyncio"} == set()


def test_help_imports_no_verb() -> None:
    from vcaudit.cli import VERBS

    loaded = modules("--help")
    assert loaded & {*NETWORK, *HEAVY} == set()
    assert loaded & {module for module, _ in VERBS.values()} == set()


@pytest.mark.parametrize("verb", ["scan", "collect", "evaluate", "report", "rules", "init", "lab", "completion"])
def test_the_help_of_a_verb_needs_no_library(verb: str) -> None:
    assert modules(verb, "--help") & {*NETWORK, *(HEAVY - {"yaml", "msgspec"})} == set()
