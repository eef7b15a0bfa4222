"""PowerShell remoting on a simulated node: its session configurations, and what runs in them.

Microsoft.PowerShell runs scripts; Vcaudit is the endpoint that `vcaudit jea` writes, for nodes with PowerShell 5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from vcaudit.capture import Request
from vcaudit.collect.jea import JEA_COMMAND, NAME, PARAMETERS, PSRP_BOOTSTRAP, module
from vcaudit.lab.node import Node
from vcaudit.lab.powershell import Interp, NetError, Obj, PSThrow, ScriptBlock, want
from vcaudit.lab.powershell.interp import compiled
from vcaudit.lab.powershell.syntax import parse
from vcaudit.lab.server.psrp import Call, Outcome, Sessions
from vcaudit.lab.server.psrp import Session as RunsIn
from vcaudit.lab.windows.session import Session
from vcaudit.lab.windows.types import types

DEFAULT = "microsoft.powershell"
REMOTING_SINCE = 2
JEA_SINCE = 5
"""PowerShell's version; role capabilities are unknown before it."""
LOCKED = "MethodInvocationNotSupportedInConstrainedLanguage"


def sessions(
    node: Node, allowed: Iterable[Sequence[Request]] = (), current: Callable[[], Node] | None = None
) -> Sessions:
    """The session configurations of a node; with `allowed` request lists the JEA endpoint among them.

    `current` gives the node whenever something is run, for a lab in which it changes.
    """
    now = current or (lambda: node)
    version = 0 if node.powershell == "none" else int(node.powershell.split(".")[0])
    if version < REMOTING_SINCE:
        return {}
    found: dict[str, RunsIn] = {DEFAULT: lambda calls: scripts(now(), calls)}
    lists = tuple(allowed)
    if lists and version >= JEA_SINCE:
        text = module(lists)
        found[NAME.lower()] = lambda calls: restricted(now(), calls, text)
    return found


def scripts(node: Node, calls: Sequence[Call]) -> Outcome:
    """What the usual configuration makes of a pipeline: the bootstrap with its script; a lab has no other commands."""
    (call,) = calls
    if not call.is_script or call.text != PSRP_BOOTSTRAP:
        return _unknown(call.text.split("\n", 1)[0])
    ((_, script),) = call.arguments
    # What PowerShell.AddScript(text).AddArgument(script) does.
    return _run(node, f"& {{\n{call.text}\n}} $VcaLab".encode(), {"vcalab": str(script)})


def restricted(node: Node, calls: Sequence[Call], text: bytes) -> Outcome:
    """The JEA endpoint: one function, its parameters held to their patterns, and no language at all."""
    for call in calls:
        if call.is_script:
            return Outcome(error="The syntax is not supported by this runspace. This can occur if the runspace is in "
                                 "no-language mode.", error_id="ScriptsNotAllowed")  # fmt: skip
        if call.text.lower() != JEA_COMMAND.lower():
            return _unknown(call.text)
    (call,) = calls
    given = {str(name).lower(): value for name, value in call.arguments}
    for name, pattern in PARAMETERS.items():
        value = given.pop(name.lower(), None)
        if not isinstance(value, str) or not re.search(pattern, value):
            return Outcome(error=f"Cannot validate argument on parameter '{name}'.",
                           error_id=f"ParameterArgumentValidationError,{JEA_COMMAND}")  # fmt: skip
    if given:
        name = next(iter(given))
        return Outcome(error=f"A parameter cannot be found that matches parameter name '{name}'.",
                       error_id=f"NamedParameterNotFound,{JEA_COMMAND}")  # fmt: skip
    # Both values are of the letters that their patterns allow, none of which ends a text.
    values = {str(name).lower(): value for name, value in call.arguments}
    words = " ".join(f"'{values[name.lower()]}'" for name in PARAMETERS)
    return _run(node, text + f"{JEA_COMMAND} {words}\n".encode(), {})


def _unknown(name: str) -> Outcome:
    text = f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program."
    return Outcome(error=text, error_id="CommandNotFoundException")


def _run(node: Node, script: bytes, variables: dict[str, str]) -> Outcome:
    if node.language != "FullLanguage":
        text = "Cannot invoke method. Method invocation is supported only on core types in this language mode."
        return Outcome(error=text, error_id=LOCKED)
    session = Session(node)
    known = {**types(session), "scriptblock": ScriptBlocks()}
    machine = Interp(known, session, ps=int(node.powershell.split(".")[0]))
    machine.scopes[0].update(variables)
    output: list[object] = []
    try:
        machine.run(script, output)
    except PSThrow as error:
        return Outcome(tuple(map(str, output)), str(error), str(error))
    if session.stdout:
        raise AssertionError("written to a console that a remote runspace does not have")
    return Outcome(tuple(map(str, output)))


class ScriptBlocks(Obj):
    """System.Management.Automation.ScriptBlock as a type."""

    net = "System.Management.Automation.ScriptBlock"

    def create(self, script: str) -> ScriptBlock:
        """A block from text; a cut script is refused as a whole."""
        source = want(script).encode()
        if parse(source).root_node.has_error:
            raise NetError("System.Management.Automation.ParseException", "the script cannot be parsed", 0x80131501)
        return ScriptBlock((), compiled(source))
