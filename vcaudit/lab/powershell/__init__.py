"""The PowerShell subset that the collector is written in, run on Linux against a simulated Windows node.

A script is compiled to Python closures and executed with stand-ins for the .NET types it uses. Whatever is not
implemented, or means different things in different PowerShell versions, raises Unsupported: a test can only pass with
a script whose every step is known to do on Windows what it did here.
"""

from vcaudit.lab.powershell.errors import NetError, PSThrow, Unsupported
from vcaudit.lab.powershell.interp import Interp
from vcaudit.lab.powershell.objects import (
    CI,
    EnumType,
    EnumV,
    NetExc,
    Obj,
    Record,
    ScriptBlock,
    TypeInfo,
    make_enum,
    nullable,
    prop,
)
from vcaudit.lab.powershell.values import (
    Byte,
    Char,
    CharArr,
    Int16,
    Long,
    Num,
    SByte,
    StrArr,
    UInt16,
    UInt32,
    UInt64,
    is_arr,
    is_int,
    items,
    text,
    truth,
    type_name,
    units,
    want,
)

__all__ = [
    "CI",
    "Byte",
    "Char",
    "CharArr",
    "EnumType",
    "EnumV",
    "Int16",
    "Interp",
    "Long",
    "NetError",
    "NetExc",
    "Num",
    "Obj",
    "PSThrow",
    "Record",
    "SByte",
    "ScriptBlock",
    "StrArr",
    "TypeInfo",
    "UInt16",
    "UInt32",
    "UInt64",
    "Unsupported",
    "is_arr",
    "is_int",
    "items",
    "make_enum",
    "nullable",
    "prop",
    "text",
    "truth",
    "type_name",
    "units",
    "want",
]
