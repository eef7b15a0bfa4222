"""From what a node wrote to the XML document inside: marker line, base64, gzip."""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from vcaudit.errors import BadOutput

MAX_XML = 64 << 20
"""Bytes after decompression; a node of the usual size gives 0.1 MB, the limits allow a few."""

_BEGIN, _END = b"<<<VCA1 ", b"VCA1>>>"
# A line may have been wrapped anywhere but inside the marks, also right before the last.
_ANSWER = re.compile(rb"<<<VCA1 ([A-Za-z0-9+/=\s]+)\sVCA1>>>")
_GZIP = 31
_HINT = "run the scan again; with -vv the log shows the beginning of what came"


def unwrap(stdout: bytes) -> bytes:
    """The XML document of an answer; whatever stands around the marker line is noise.

    Raises BadOutput: no marker, a cut answer, two of them, or damage on the way (base64, gzip with its CRC, size).
    """
    answers = _ANSWER.findall(stdout)
    if len(answers) != 1:
        raise BadOutput(_what(stdout, len(answers)), hint=_HINT)
    try:
        packed = base64.b64decode(re.sub(rb"\s", b"", answers[0]), validate=True)
    except binascii.Error as error:
        raise BadOutput(f"the answer is damaged: not base64 ({error})", hint=_HINT) from None
    return _unpack(packed)


def _what(stdout: bytes, answers: int) -> str:
    if answers:
        return f"{answers} answers, where one was asked for"
    if not stdout.strip():
        return "the node ran the script and wrote nothing"
    if _BEGIN in stdout and _END not in stdout:
        return f"the answer is cut after {len(stdout):,} bytes"
    return f"no answer of the collector in the {len(stdout):,} bytes that the node wrote"


def _unpack(packed: bytes) -> bytes:
    """gzip, at most MAX_XML bytes: what would unpack to more is never unpacked."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        xml = unpacker.decompress(packed, MAX_XML + 1)
    except zlib.error as error:
        raise BadOutput(f"the answer is damaged: {error}", hint=_HINT) from None
    if len(xml) > MAX_XML:
        raise BadOutput(f"the answer is larger than {MAX_XML >> 20} MB", hint="ask for less: lower limits")
    if not unpacker.eof or unpacker.unused_data:
        raise BadOutput("the answer is damaged: gzip data are cut or followed by something else", hint=_HINT)
    return xml
