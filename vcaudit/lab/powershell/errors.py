"""What can go wrong while a script runs: it asks for something unknown, or it fails as PowerShell would."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcaudit.lab.powershell.objects import Record


class Unsupported(Exception):
    """The interpreter cannot vouch for what PowerShell would do here.

    Raised instead of guessing: a typo, an unknown member or a construct whose meaning depends on the version must fail
    the test that runs it, never pass it.
    """


class NetError(Exception):
    """A .NET exception, thrown by a stand-in for a .NET type."""

    def __init__(self, type_: str, message: str, hresult: int | None = None, error_code: int | None = None) -> None:
        """`hresult` and `error_code` may be written signed or unsigned (0x80070005)."""
        super().__init__(message)
        self.type_ = type_
        self.hresult = signed32(hresult)
        self.error_code = signed32(error_code)


class PSThrow(Exception):
    """A terminating error on its way to a catch block, or out of the script."""

    def __init__(self, record: Record) -> None:
        super().__init__(record.exception.message)
        self.record = record


def signed32(code: int | None) -> int | None:
    """A 32-bit code as .NET shows it: 0x80070005 is -2147024891."""
    if code is None:
        return None
    if not -(1 << 31) <= code < 1 << 32:
        raise ValueError(f"not a 32-bit code: {code:#x}")
    return code - (1 << 32) if code >> 31 == 1 else code


LONGEST = 1 << 20
"""Elements or characters that one operation may make."""


def in_bounds(length: int) -> int:
    """`length`, when it is reasonable: a script that asks for gigabytes in one word would take the machine down."""
    if length > LONGEST:
        raise Unsupported(f"{length} elements at once")
    return length
