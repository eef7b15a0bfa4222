"""The table of types that a script on a simulated node can name: exactly those of the collector."""

from __future__ import annotations

from typing import Any

from vcaudit.lab.windows import accounts, files, names, output, process, regex, registry, system, tasks, text, wmi
from vcaudit.lab.windows.session import Session

_STATIC: tuple[Any, ...] = (
    text.Culture, text.Encoding, text.UTF8Encoding, text.Convert, text.Buffer, text.BitConverter,
    text.Math, text.TimeSpan, text.StringBuilder, text.String, regex.OPTIONS, regex.Regex,
    output.COMPRESSION_MODE, output.MemoryStream, output.GZipStream, output.StringWriter, output.XmlTextWriter,
    system.Marshal, system.ArrayList, system.Stack,
    registry.OPTIONS, files.FILE_MODE, files.FILE_ACCESS, files.FILE_SHARE, files.BinaryReader, files.Paths,
    wmi.AUTHENTICATION, wmi.Scope, wmi.ObjectQuery, wmi.Options,
    accounts.Sid, process.StartInfo,
)  # fmt: skip


def types(session: Session) -> dict[str, Any]:
    """Lower-case full name to stand-in, for one run."""
    disk = files.Disk(session)
    bound: tuple[Any, ...] = (
        system.Stopwatch(session), system.Environment(session), system.Clock(session), system.IntPtr(session),
        system.Assembly(session), system.Sha256Managed(session), system.Sha256Provider(session),
        output.Console(session.stdout), registry.Registry(session),
        files.FileStreams(session, disk), files.Files(session, disk), files.Directories(disk), files.FileVersions(disk),
        wmi.Searchers(session), accounts.Entries(session), accounts.Accounts(session), names.Dns(session),
        process.Processes(session), tasks.Types(session), tasks.Activator(session),
    )  # fmt: skip
    return {stand_in.net.lower(): stand_in for stand_in in (*_STATIC, *bound)}
