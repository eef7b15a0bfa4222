"""A program called powershell.exe, on a PATH of the test's own; what it is given and answers goes through pipes."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from vcaudit.secrets import Secret
from vcaudit.transport.base import Target

WINDOWS = """
import json, subprocess
from vcaudit.lab.node import Node
from vcaudit.lab.windows import execute
name, description = json.loads(open({node!r}, encoding="utf-8").read())
line = subprocess.list2cmdline(["powershell.exe", *sys.argv[1:]])  # as Windows hands it over
out, err, code = execute(Node.from_description(name, description), line, sys.stdin.buffer.read())
sys.stdout.buffer.write(out)
sys.stderr.buffer.write(err)
sys.exit(code)
"""
"""The body of a program that is a node of the lab."""


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str) -> Path:
    """Puts powershell.exe on the PATH; `body` is Python, with sys and time at hand."""
    folder.mkdir(exist_ok=True)
    program = folder / "powershell.exe"
    program.write_text(f"#!{sys.executable}\nimport os, sys, time\n{body}", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return program


def install_node(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, description: Mapping[str, Any]) -> Path:
    """powershell.exe of a node of the lab."""
    folder.mkdir(exist_ok=True)
    node = folder / "node.json"
    node.write_text(json.dumps([name, description]), encoding="utf-8")
    return install(monkeypatch, folder, WINDOWS.format(node=str(node)))


def here(**options: Any) -> Target:
    """This machine as a target."""
    settings: dict[str, Any] = {
        "node": "VCNODE1", "address": "192.0.2.11", "port": 5985, "user": "me", "secret": Secret(""),
        "authentication": "local",
    }  # fmt: skip
    return Target(**{**settings, **options})
