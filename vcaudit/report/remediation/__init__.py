"""Results → a script that mends what failed, for people to review and to run; vcaudit runs none of it.

Results hold operations and names (`Remediation.actions`). The commands, their order, checks, undo and quoting are
chosen here, so that nothing a cluster, a rule or a results file holds becomes a command of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from vcaudit.errors import UsageError
from vcaudit.results import AuditResults


@dataclass(frozen=True)
class Script:
    """One way to write a remediation down."""

    name: str
    help: str
    extension: str
    module: str


SCRIPTS: Final[Mapping[str, Script]] = {
    each.name: each
    for each in (
        Script("cluster-exe", "a batch file with cluster.exe, for Windows Server 2003", "cmd", "cluster_exe"),
        Script("powershell", "a PowerShell script with FailoverClusters, from Server 2008 R2 on", "ps1", "powershell"),
        Script("markdown", "a document for change review, with the commands of both", "md", "markdown"),
    )
}


def render(name: str, results: AuditResults, cluster: str | None = None) -> bytes:
    """The script as it goes into a file. Raises UsageError: no such format or cluster, or several clusters."""
    if name not in SCRIPTS:
        raise UsageError(f"no format {name!r}", hint=f"formats: {', '.join(SCRIPTS)}")
    written: bytes = import_module(f"{__name__}.{SCRIPTS[name].module}").render(results, cluster)
    return written
