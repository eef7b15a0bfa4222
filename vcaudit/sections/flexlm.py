"""Flex license files as licences (field facts, section 3): what counts as another licence, and what is damaged.

Nothing damaged is repaired: the license server would not repair it either, so a licence with a lost continuation stays
different from the whole one, and a problem says on which line. What an administrator may edit without making another
licence (SERVER host and port, VENDOR path and port, lowercase keys) is no part of `License.identity`; signatures are in
it as hashes, so that no snapshot holds a usable licence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from vcaudit.collect.answer import FileRead
from vcaudit.sections.text import decode, lines
from vcaudit.snapshot.base import Missing
from vcaudit.snapshot.facts import License, LicenseFile, LicenseServerLine, LineProblem

MOST_PROBLEMS = 100
"""A file of noise is one finding, not a megabyte of them."""

_LICENSE_WORDS = {"FEATURE", "INCREMENT"}
_KNOWN_WORDS = _LICENSE_WORDS | {"SERVER", "VENDOR", "DAEMON", "USE_SERVER"}
_OTHER_WORDS = {"PACKAGE", "UPGRADE", "FEATURESET"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# A quote belongs to the word it stands in: VENDOR_STRING="a b" is one word.
_WORD = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')
_SIGNATURE = re.compile(r"(?i)^(SIGN\d*|V[\d.]+_SIGNATURE|AUTH)$")
_HIDDEN_SIGNATURE = re.compile(r"(?i)(?:SIGN\d*|SIGNATURE|AUTH)\s*=")
_FLAG = re.compile(r"[A-Z]+(?:_[A-Z]+)+")


@dataclass
class _Reading:
    """What has been read of one file so far."""

    servers: list[LicenseServerLine] = field(default_factory=list)
    licenses: list[License] = field(default_factory=list)
    problems: list[LineProblem] = field(default_factory=list)
    heads: set[str] = field(default_factory=set)
    use_server: bool = False

    def problem(self, line: int, text: str) -> None:
        self.problems.append(LineProblem(line=line, text=text))


def parse(name: str, content: bytes, digest: str | Missing) -> LicenseFile:
    """A .lic file as licences; whatever does not parse is a problem with its line, never an error."""
    reading = _Reading()
    for number, text in _logical_lines(decode(content).text, reading):
        _line(number, text, reading)
    _headers(reading)
    problems = sorted(reading.problems, key=lambda problem: problem.line)
    if len(problems) > MOST_PROBLEMS:
        more = len(problems) - MOST_PROBLEMS
        last = LineProblem(line=problems[MOST_PROBLEMS].line, text=f"{more} more lines from here on do not parse")
        problems = [*problems[:MOST_PROBLEMS], last]
    return LicenseFile(
        name=name,
        sha256=digest,
        servers=tuple(reading.servers),
        use_server=reading.use_server,
        licenses=tuple(reading.licenses),
        problems=tuple(problems),
    )


def among(files: Sequence[FileRead]) -> list[FileRead]:
    """What the license server reads: the .lic files of the folder itself, not of folders below it."""
    return [one for one in files if one.name.lower().endswith(".lic") and "\\" not in one.name]


def vendors(content: bytes) -> Iterator[tuple[str, str | None]]:
    """Vendor daemons of a .lic file, each with the options file it is told: VENDOR name [path] [options] [port]."""
    for _, text in _logical_lines(decode(content).text, _Reading()):
        words = [_harmless(word) for word in _WORD.findall(text)]
        if len(words) > 1 and words[0].upper() in {"VENDOR", "DAEMON"}:
            keys = {key.lower(): value for key, equals, value in (word.partition("=") for word in words[2:]) if equals}
            plain = [word for word in words[2:] if "=" not in word and not word.isdecimal()]
            yield words[1], keys.get("options") or (plain[1] if len(plain) > 1 else None)


def _logical_lines(text: str, reading: _Reading) -> Iterator[tuple[int, str]]:
    """Lines with their continuations joined, each with the number of its first line; comments and blanks left out."""
    parts: list[str] = []
    start = 0
    for number, raw in enumerate(lines(text), 1):
        line = raw.strip()
        if line.startswith("#") or (not line and not parts):
            continue
        start = start if parts else number
        parts.append(line.removesuffix("\\"))
        if line.endswith("\\"):
            continue
        yield start, " ".join(parts)
        parts = []
    if parts:
        reading.problem(start, "the file ends where a continued line should go on")
        yield start, " ".join(parts)


def _line(number: int, text: str, reading: _Reading) -> None:
    words = _WORD.findall(text)
    if not words:
        return
    if text.count('"') % 2:
        reading.problem(number, "a quoted text does not end: is a backslash missing at the end of a line?")
    head = words[0].upper()
    for word in words[1:]:
        _glued(number, word, reading)
    if head in _LICENSE_WORDS:
        _license(number, [head, *words[1:]], reading)
    elif head == "SERVER":
        _server(number, words, reading)
    elif head in {"VENDOR", "DAEMON"}:
        _vendor(number, words, reading)
    elif head == "USE_SERVER":
        _head(number, head, reading)
        reading.use_server = True
    elif head in _OTHER_WORDS:
        reading.problem(number, f"{head} lines are not compared")
    else:
        # not quoted: what is left of a broken line may be a piece of a signature
        reading.problem(number, "no license line: unknown keyword, or the line above lacks its closing backslash")


def _glued(number: int, word: str, reading: _Reading) -> None:
    tail = word.rpartition('"')[2].upper()
    if word.upper() in _LICENSE_WORDS or ('"' in word and tail in _KNOWN_WORDS):
        reading.problem(number, "two lines are glued together: a licence begins inside another line")


def _head(number: int, head: str, reading: _Reading) -> None:
    if head in reading.heads:
        reading.problem(number, f"{head} stands in the file more than once: two files joined?")
    reading.heads.add(head)


def _server(number: int, words: list[str], reading: _Reading) -> None:
    if len(words) < 3:
        reading.problem(number, "SERVER needs a host and a host id")
        return
    port = None
    if len(words) > 3:
        digits = re.fullmatch(r"(?i)(?:port=|tcp:)?(\d{1,5})", words[3])
        if digits is None:
            reading.problem(number, "the port of SERVER is not a number")
        else:
            port = int(digits[1])
    reading.heads.add(f"SERVER {number}")
    reading.servers.append(LicenseServerLine(host=_harmless(words[1]), host_id=_harmless(words[2]), port=port))


def _vendor(number: int, words: list[str], reading: _Reading) -> None:
    if len(words) < 2:
        reading.problem(number, "VENDOR needs the name of the vendor daemon")
        return
    _head(number, f"VENDOR {words[1]}", reading)


def _headers(reading: _Reading) -> None:
    """Flex knows one license server or three redundant ones."""
    numbers = sorted(int(head.split()[1]) for head in reading.heads if head.startswith("SERVER "))
    if len(numbers) not in {0, 1, 3}:
        reading.problem(numbers[1], f"{len(numbers)} SERVER lines: one, or three redundant ones, are allowed")


def _license(number: int, words: list[str], reading: _Reading) -> None:
    if len(words) < 6:
        reading.problem(number, "the licence is cut: feature, vendor, version, expiry and count are needed")
        return
    head, feature, vendor, version, expiry, amount = map(_harmless, words[:6])
    expires = _expires(expiry)
    count = 0 if amount.lower() == "uncounted" else int(amount) if re.fullmatch(r"\d{1,9}", amount) else None
    if expires is None or count is None:
        what = "expiry is no date" if expires is None else "count is no number"
        reading.problem(number, f"the licence's {what}: it is not counted as a licence")
        return
    options = list(_options(words[6:]))
    bound = next((value for key, value in options if key == "HOSTID"), None)
    if count == 0 and bound is None:
        reading.problem(number, "an uncounted licence needs a HOSTID")
    if not any(value.startswith("sha256:") for _, value in options):
        reading.problem(number, "the licence has no signature")
    text = " ".join(f"{key}={value}" if value else key for key, value in sorted(options))
    words = [head, feature, vendor, version, expires or "permanent", str(count or "uncounted"), text]
    reading.licenses.append(
        License(
            feature=feature,
            version=version,
            vendor=vendor,
            expires=expires or None,
            count=count or None,
            host_id=bound,
            identity=" ".join(words).rstrip(),
        )
    )


def _expires(text: str) -> str | None:
    """An ISO date, empty for permanent, None when it is neither."""
    if text.lower() == "permanent":
        return ""
    parts = re.fullmatch(r"(\d{1,2})-([A-Za-z]{3})-(0{1,3}|\d{4})", text)
    if parts is None or parts[2].lower() not in _MONTHS:
        return None
    if not int(parts[3]):
        return ""
    try:
        return date(int(parts[3]), _MONTHS.index(parts[2].lower()) + 1, int(parts[1])).isoformat()
    except ValueError:
        return None


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Optional attributes in canonical form; lowercase keys, which may be edited freely, are left out."""
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            # TS_OK is a flag; other single words are signatures of old files or pieces of broken ones
            yield (word, "") if _FLAG.fullmatch(word) else ("KEY", _hashed(word))
        elif key != key.lower():
            yield key.upper(), _hashed(value) if _SIGNATURE.match(key) else _harmless(value)


def _hashed(signature: str) -> str:
    digits = re.sub(r'[\s"]+', "", signature).upper()
    return "sha256:" + sha256(digits.encode(errors="surrogatepass")).hexdigest()[:32]


def _harmless(text: str) -> str:
    """Without quotes; as a hash when damage has driven a signature into it."""
    plain = " ".join(text.replace('"', "").split())
    return _hashed(text) if _HIDDEN_SIGNATURE.search(plain) else plain
