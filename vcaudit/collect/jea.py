"""A PowerShell endpoint that can do nothing but answer vcaudit (JEA, Windows PowerShell 5.0 and later), as files.

Such an endpoint runs no script that comes to it, so the collector lies on the node, within a function. What the
function may be asked is fixed as well: without that, whoever may use the endpoint could read any file of the node in
the name of the account behind it. Limits of time and size are the only part of a request that is free.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence

from vcaudit import __version__
from vcaudit.capture import Limits, Request
from vcaudit.collect.script import collector, request_list
from vcaudit.resources import package_file
from vcaudit.transport.base import JEA_COMMAND, PSRP_BOOTSTRAP

__all__ = ["GROUP", "JEA_COMMAND", "NAME", "PARAMETERS", "PSRP_BOOTSTRAP", "files", "module"]

NAME = "Vcaudit"
"""Of the module, of its role, and of the session configuration."""
GROUP = r"BUILTIN\Remote Management Users"
"""Whose members may use the endpoint, when nobody says otherwise."""
PARAMETERS = {"Request": "^[A-Za-z0-9+/]+={0,2}$", "Collector": "^[0-9a-f]{64}$"}
"""Of the function, with the pattern that PowerShell holds their values to before it is called."""

QUOTES = re.compile("['\u2018-\u201b]")
"""What ends a single-quoted text of PowerShell, unless it stands twice."""
_SPACE = uuid.UUID("8f0f2b6e-6a43-5c0e-9a39-6d1c2f7c5f11")


def module(allowed: Iterable[Sequence[Request]]) -> bytes:
    """The script module: the collector as reviewed within its function, for these lists of requests. ASCII, LF.

    Raises ValueError for a list that the collector could misunderstand, as `script.build` does.
    """
    lists = sorted({_tail(requests) for requests in allowed})
    baked = ",\n".join(f"    '{each}'" for each in lists)
    return _filled("module.psm1", {
        "version": __version__, "command": JEA_COMMAND, "allowed": baked, "sha256": _sha256(collector()),
        "collector": collector().decode("ascii").rstrip("\n"),
        "parameters": ", ".join(f"${each}" for each in PARAMETERS),
    }).encode("ascii")  # fmt: skip


def files(allowed: Iterable[Sequence[Request]], group: str = GROUP) -> dict[str, bytes]:
    """Path below the folder to content; the same input gives the same bytes. CRLF, as Windows' own editors write."""
    body = module(allowed)
    values = {
        "version": __version__, "name": NAME, "command": JEA_COMMAND, "group": QUOTES.sub(r"\g<0>\g<0>", group),
        "sha256": _sha256(collector()), "module_sha256": _sha256(_crlf(body)),
        "request_pattern": PARAMETERS["Request"], "collector_pattern": PARAMETERS["Collector"],
    }  # fmt: skip
    written = {f"{NAME}/{NAME}.psm1": body}
    for template, path in (
        ("manifest.psd1", f"{NAME}/{NAME}.psd1"),
        ("role.psrc", f"{NAME}/RoleCapabilities/{NAME}.psrc"),
        ("session.pssc", f"{NAME}.pssc"),
        ("README.md", "README.md"),
    ):
        # Of the same content the same name, so that files written twice can be compared.
        guid = uuid.uuid5(_SPACE, f"{path} {values['module_sha256']}")
        filled = _filled(template, {**values, "guid": str(guid)})
        # Without a mark, Windows PowerShell reads a file in the code page of the node.
        written[path] = filled.encode("ascii" if filled.isascii() else "utf-8-sig")
    return {path: _crlf(content) for path, content in written.items()}


def _tail(requests: Sequence[Request]) -> str:
    """All lines of a request list but the first, which holds the limits; base64."""
    return base64.b64encode(request_list(requests, Limits()).partition(b"\n")[2]).decode()


def _filled(name: str, values: Mapping[str, str]) -> str:
    """A file of `jea_files` with its @words@ replaced, once: what is put in is not looked at again."""
    text = package_file(f"collect/jea_files/{name}").read_text(encoding="utf-8")
    return re.sub(r"@([a-z_0-9]+)@", lambda found: values[found[1]], text)


def _crlf(content: bytes) -> bytes:
    return content.replace(b"\n", b"\r\n")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
