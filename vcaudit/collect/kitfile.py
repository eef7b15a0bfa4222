"""What a kit printed, however it was carried here, to the Capture that the same answer over WinRM would be.

Consoles wrap, `>` changes the encoding, mail adds blanks: whitespace means nothing in the answer, so all of it is taken
out, and the CRC inside vouches for the rest. What was lost on the way is an error with its cause, never half an answer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from vcaudit.capture import Capture
from vcaudit.collect.answer import decode
from vcaudit.collect.decoding import plain_text
from vcaudit.collect.kit import HEAD
from vcaudit.collect.script import collector, read_list
from vcaudit.errors import BadOutput, Problem, SourceError

LARGEST = 256 << 20
"""Bytes of one such file: an answer unpacks to 64 MB at most, and UTF-16 doubles its base64."""
ROUTE = "kit"

_BLANK = re.compile(r"[\s\0\ufeff]+")
_KIT = re.compile(r"<<<VCAKIT1;([0-9A-Za-z.+-]{1,40});([0-9a-f]{64});([A-Za-z0-9+/=]+)VCAKIT1>>>")
_ANSWER = re.compile(r"<<<VCA1([A-Za-z0-9+/=]+)VCA1>>>")
_AGAIN = "run collect.ps1 on the node again, as its first lines say"


def is_kit_output(data: bytes) -> bool:
    """Whether a file is, or began as, what a kit prints."""
    return HEAD in _BLANK.sub("", plain_text(data[: 1 << 16]))


def read_kit(name: str, data: bytes, node: str | None = None) -> Capture:
    """The capture of one file. `node`: what the owner calls it, instead of the computer's name.

    Raises SourceError: empty, cut, two answers, damaged, of no kit.
    """
    if len(data) > LARGEST:
        raise _wrong(name, f"is larger than {LARGEST >> 20} MB: not what a kit prints")
    text = _BLANK.sub("", plain_text(data))
    kits, answers = _KIT.findall(text), _ANSWER.findall(text)
    if len(kits) != 1 or len(answers) != 1:
        raise _wrong(name, _what(text, len(kits), len(answers)))
    version, script, listed = kits[0]
    try:
        lines = base64.b64decode(listed, validate=True)
        requests, _ = read_list(lines)
        stdout = b"<<<VCA1 " + answers[0].encode() + b" VCA1>>>\r\n"
        answer = decode(stdout)
    except (binascii.Error, ValueError):
        raise _wrong(name, "the request list in it is damaged") from None
    except BadOutput as error:
        raise _wrong(name, f"{error.what}: lines were cut or changed on the way") from None
    return Capture(
        node=node or answer.host, route=ROUTE, address="", user="", started=answer.utc, finished="",
        seconds=answer.milliseconds / 1000, requests=0, bytes_sent=0, bytes_received=len(data),
        script_sha256=script, requests_sha256=hashlib.sha256(lines).hexdigest(), asked=requests, stdout=stdout,
        warnings=_warnings(name, version, script),
    )  # fmt: skip


def _warnings(name: str, version: str, script: str) -> tuple[str, ...]:
    carried = f"answer of a kit, carried by hand: {name}"
    if script == hashlib.sha256(collector()).hexdigest():
        return (carried,)
    return (carried, f"made by vcaudit {version} with another collector (SHA-256 {script})")


def _what(text: str, kits: int, answers: int) -> str:
    """Why it cannot be read, as far as it shows."""
    if not text:
        return "is empty: in PowerShell, `>` takes what collect.ps1 of this version prints; was an older one run?"
    if "$CfgB64='" in text:
        return "is the kit itself, not what it prints"
    if kits > 1 or answers > 1:
        return "holds several answers: keep one file for each run"
    if "<<<VCA1" in text and not answers:
        return "the answer is cut: its end is missing"
    if kits and not answers:
        return "holds the requests and no answer: the script ended early; what did it say on the screen?"
    if answers:
        return "holds an answer, and not what was asked for: it was not written by a kit, or its first lines were lost"
    return "is no answer of a kit"


def _wrong(name: str, what: str) -> SourceError:
    return SourceError([Problem(name, 0, what)], hint=_AGAIN)
