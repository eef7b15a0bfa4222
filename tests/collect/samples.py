"""Recorded answers and the nodes they came from (tests/data/powershell/README.md says how they were made)."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vcaudit.collect.script import collector
from vcaudit.lab.node import Node
from vcaudit.lab.powershell import Byte, Char, Int16, Long, SByte, StrArr, UInt16, UInt32, UInt64
from vcaudit.lab.regdata import Data
from vcaudit.lab.windows import Session, errors, run
from vcaudit.lab.windows.session import Races

DATA = Path(__file__).parent.parent / "data" / "powershell"
RUNS = sorted(path.name.split(".")[0] for path in (DATA / "collector_runs").glob("*.stdout.txt"))
WRITTEN = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
"""When the files of the recorded nodes were written."""


def text_of(name: str) -> str:
    """A sample file, compressed or not."""
    path = DATA / name
    raw = path.read_bytes() if path.exists() else gzip.decompress((DATA / f"{name}.gz").read_bytes())
    return raw.decode("utf-8")


def recorded(run_name: str) -> dict[str, Any]:
    """Limits, items and node of a recorded run."""
    return json.loads(text_of(f"collector_runs/{run_name}.json"))


def stdout_of(run_name: str) -> bytes:
    """What the recorded run wrote."""
    return (DATA / "collector_runs" / f"{run_name}.stdout.txt").read_bytes()


def envelope(xml: bytes) -> bytes:
    """A document as the collector sends it."""
    return b"<<<VCA1 " + base64.b64encode(gzip.compress(xml, mtime=0)) + b" VCA1>>>\r\n"


def script(rows: list[tuple[str, ...]], limits: tuple[int, int, int] = (60, 1 << 20, 20_000)) -> bytes:
    """The collector with a request list that nobody checked: `build` would refuse some of these."""
    lines = ["\t".join(map(str, (*limits, 20))), *("\t".join(row) for row in rows), f"end\t{len(rows)}"]
    listed = base64.b64encode("\n".join(lines).encode())
    return b"$CfgB64 = '" + listed + b"'\n" + collector()


def collected(
    session: Session, rows: list[tuple[str, ...]], limits: tuple[int, int, int] = (60, 1 << 20, 20_000)
) -> bytes:
    """What the collector writes on a node."""
    stdout, stderr, code = run(session, script(rows, limits))
    assert (stderr, code) == (b"", 0)
    return stdout


# The nodes of the recorded runs


def session_of(node: dict[str, Any]) -> Session:
    """The node of a recorded run; .NET 10 played these parts, so the modern side of the stand-ins does."""
    built = Node("VCNODE1", powershell="5.1", environment={"systemroot": "C:\\WINDOWS"})
    for path, values in node.get("registry", {}).items():
        key = built.make_key(path)
        for name, kind, value in values:
            written = plain(name)
            key.values[written.lower()] = (written, stored(kind, value))
    for place, rows in node.get("wmi", {}).items():
        namespace, cls = place.lower().split("|")
        built.wmi.setdefault(namespace, {})[cls] = [instance(row) for row in rows]
    for path, content in node["files"].items():
        built.add_file(path, {"base64": content, "modified": WRITTEN})
    built.denied = frozenset(path.lower() for path in node.get("denied", ()))
    built.broken = {path.lower(): 0x80070020 for path in node.get("locked", ())}
    gone = (frozenset(name.lower() for name in node.get(f"gone_{what}", ())) for what in ("kind", "value", "key"))
    return Session(built, races=Races(*gone), key_ms=node.get("key_ms", 0))


def plain(value: Any) -> str:
    """Text, also such as JSON cannot carry."""
    if isinstance(value, str):
        return value
    return base64.b64decode(value["u16"]).decode("utf-16-le", "surrogatepass")


def stored(kind: str, value: Any) -> Data:
    """The bytes that .NET shows as this kind and value."""
    if kind in ("String", "ExpandString"):
        return Data(1 if kind == "String" else 2, f"{plain(value)}\0".encode("utf-16-le", "surrogatepass"))
    if kind == "MultiString":
        items = "".join(f"{plain(item)}\0" for item in value["strs"])
        return Data(7, f"{items}\0".encode("utf-16-le", "surrogatepass"))
    number = {"DWord": 4, "QWord": 11, "Binary": 3, "None": 0}.get(kind, 6 if value is None else 5)
    if value is None:
        return Data(number, b"")
    if "bytes" in value:
        return Data(number, base64.b64decode(value["bytes"]))
    size = 4 if "i32" in value else 8
    return Data(number, next(iter(value.values())).to_bytes(size, "little", signed=True))


def instance(row: dict[str, Any]) -> Any:
    """A WMI instance, or what is thrown in its place."""
    if "!throw" in row:
        return thrown(row["!throw"])
    return {name: cell(value) for name, value in row.items()}


def thrown(text: str) -> Exception:
    """The exception of a message, which is all the recording has."""
    codes = {"Quota violation": 0x8004106C, "Access denied": 0x80041003, "Provider failure": 0x80041004}
    return errors.wmi(codes[text.strip()])


NUMBERS = {
    "i32": int, "i64": Long, "u32": UInt32, "u64": UInt64, "u16n": UInt16, "i16": Int16, "i8": SByte, "u8": Byte,
    "r64": float, "r32": float, "char": lambda code: Char(chr(code)),
}  # fmt: skip


def cell(value: Any) -> Any:
    """A WMI value with its .NET type."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "throw":
        return thrown(content)
    if kind == "u16":
        return plain(value)
    if kind == "bytes":
        return base64.b64decode(content)
    if kind == "strs":
        return StrArr(content)
    if kind in ("u16s", "u32s", "bools"):
        return [{"u16s": UInt16, "u32s": UInt32, "bools": bool}[kind](item) for item in content]
    return [cell(item) for item in content] if kind == "objs" else NUMBERS[kind](content)
