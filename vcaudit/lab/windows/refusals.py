"""Nodes on which PowerShell does not get as far as the script: not there, too old, or locked down.

What they write is what decides for a client: PowerShell's ids of errors and the program's name are in no language.
"""

from __future__ import annotations

from vcaudit.lab.node import Node

_AT = "At line:1 char:32\r\n+ $s=@($input) -join [string][char]10;& ([ScriptBlock]::Create($s))\r\n"
_MISSING = (
    "'powershell.exe' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n"
)
_OLD = (
    "Method invocation failed because [System.Management.Automation.ScriptBlock] doesn't contain a method named "
    f"'Create'.\r\n{_AT}    + CategoryInfo          : InvalidOperation: (Create:String) [], RuntimeException\r\n"
    "    + FullyQualifiedErrorId : MethodNotFound\r\n"
)
_LOCKED = (
    "Cannot invoke method. Method invocation is supported only on core types in this language mode.\r\n"
    f"{_AT}    + CategoryInfo          : InvalidOperation: (:) [], RuntimeException\r\n"
    "    + FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrainedLanguage\r\n"
)


def refused(node: Node) -> tuple[bytes, bytes, int] | None:
    """What the bootstrap gives on such a node; None: PowerShell runs the script."""
    if node.powershell == "none":
        said = _MISSING
    elif node.powershell.startswith("1."):
        said = _OLD
    elif node.language != "FullLanguage":
        said = _LOCKED
    else:
        return None
    return b"", said.encode("cp437", "replace"), 1
