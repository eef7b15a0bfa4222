"""Text files as Windows writes them: a byte order mark says which encoding, else the zeros of UTF-16 do."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def encoding_of(data: bytes) -> tuple[str, int]:
    """Encoding and length of the mark; `latin-1` where nothing speaks for another, because it takes every byte."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, len(mark)
    head = data[:512]
    if len(head) >= 4 and b"\0" in head:
        # ASCII as UTF-16 has zeros at every second place, and which says in which order
        if not any(head[0::2]) and all(head[1::2]):
            return "utf-16-be", 0
        if not any(head[1::2]) and all(head[0::2]):
            return "utf-16-le", 0
    return "latin-1", 0


def plain_text(data: bytes, fallback: str = "latin-1") -> str:
    """The text of a file. Half of a surrogate pair stays what it is, half a unit of UTF-16 at the end is left out.

    `fallback`: the encoding where neither a mark nor zeros speak.
    """
    name, skip = encoding_of(data)
    if name == "latin-1":
        name = fallback
    if name.startswith("utf-16"):
        return data[skip : len(data) - (len(data) - skip) % 2].decode(name, "surrogatepass")
    return data[skip:].decode(name, "replace")


def is_utf8(data: bytes) -> bool:
    """Whether bytes without a mark are UTF-8, ASCII among it."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def ansi_text(data: bytes) -> str:
    """Text without a mark: UTF-8 where it is that, else Windows' Western code page, in which no byte is an error."""
    return data.decode("utf-8") if is_utf8(data) else "".join(_WESTERN[byte] for byte in data)


def _western(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:  # five bytes mean nothing in it
        return chr(byte)


_WESTERN = [_western(byte) for byte in range(256)]
