"""Windows as one simulated node shows it to the collector: runs the script's own text, as powershell.exe would."""

from __future__ import annotations

from vcaudit.collect.script import BOOTSTRAP
from vcaudit.lab.node import Node
from vcaudit.lab.powershell import Interp, PSThrow
from vcaudit.lab.powershell.syntax import parse
from vcaudit.lab.windows.refusals import refused
from vcaudit.lab.windows.session import Session
from vcaudit.lab.windows.types import types

__all__ = ["Session", "execute", "run"]


def execute(node: Node, line: str, stdin: bytes) -> tuple[bytes, bytes, int]:
    """What a command line writes to stdout and stderr, and its exit code.

    The bootstrap runs stdin as one script; any other command does not exist on this node. A script that uses what the
    lab does not know raises Unsupported: that is a mistake of the script or a gap of the lab, never the node's.
    """
    if line.strip() != BOOTSTRAP:
        program = line.strip().split(" ", 1)[0]
        message = f"'{program}' is not recognized as an internal or external command,"
        return b"", message.encode("cp437", "replace") + b"\r\noperable program or batch file.\r\n", 1
    refusal = refused(node)
    return run(Session(node), stdin) if refusal is None else refusal


def run(session: Session, stdin: bytes) -> tuple[bytes, bytes, int]:
    """A script on the standard input of the bootstrap: its lines joined with LF, run as one block."""
    script = b"\n".join(stdin.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n"))
    if parse(script).root_node.has_error:  # a cut script: the parser refuses all of it
        return b"", b"Exception calling \"Create\" with \"1\" argument(s): the script cannot be parsed\r\n", 1
    machine = Interp(types(session), session, ps=int(session.node.powershell.split(".")[0]))
    try:
        leaked = machine.run(script)
    except PSThrow as error:
        return bytes(session.stdout), f"{error}\r\n".encode("cp437", "replace"), 1
    written = "".join(f"{item}\r\n" for item in leaked)
    return bytes(session.stdout) + written.encode("cp437", "replace"), b"", 0
