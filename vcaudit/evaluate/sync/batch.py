"""Command scripts as a tree: what cmd.exe would run, one after the other, under which conditions.

Enough of the language for scripts that copy: `if`, `for`, blocks, labels, `&`, `&&`, `||`, `|`. What a statement means
is for `running` to say. Any text is a script: what is no statement of the language is a command nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

MAX_DEPTH = 40
"""Blocks within blocks; more than that is no script that people wrote."""

_IF = re.compile(r"if(?=[\s(])\s*((?:/i\s+)?(?:not\s+)?(?:/i\s+)?)", re.IGNORECASE)
_CONDITION = re.compile(
    r"(exist\s+(?:\"[^\"\n]*\"|[^\s\"\n]+)|errorlevel\s+\S+|defined\s+\S+"
    r"|(?:\"[^\"\n]*\"|[^\s\"=(]+)\s*==\s*(?:\"[^\"\n]*\"|[^\s\"(]+)"
    r"|(?:\"[^\"\n]*\"|[^\s\"]+)\s+(?:equ|neq|lss|leq|gtr|geq)\s+(?:\"[^\"\n]*\"|[^\s\"(]+))[ \t]*",
    re.IGNORECASE,
)
_FOR = re.compile(r"for\s+([^\n(]*?)%%?([a-z])\s+in\s*\(([^\n]*?)\)\s*do\b[ \t]*", re.IGNORECASE)
_ELSE = re.compile(r"\s*else\b[ \t]*", re.IGNORECASE)
_REM = re.compile(r"rem(?=[\s.:(]|$)[^\n]*|::[^\n]*", re.IGNORECASE)


@dataclass(frozen=True)
class Label:
    """Where `goto` may go; names ignore case."""

    name: str


@dataclass(frozen=True)
class Command:
    """One simple command, as written."""

    text: str


@dataclass(frozen=True)
class Chain:
    """Two statements with `&`, `&&`, `||` or `|` between them."""

    first: Statement
    joint: str
    second: Statement


@dataclass(frozen=True)
class If:
    """A condition as written; `negated` by `not`."""

    condition: str
    negated: bool
    ignore_case: bool
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@dataclass(frozen=True)
class For:
    """A loop; `options` as written: `/l`, `/f "tokens=1"`, or nothing."""

    options: str
    variable: str
    items: str
    body: tuple[Statement, ...]


Statement: TypeAlias = Label | Command | Chain | If | For


def parse(lines: Sequence[str]) -> tuple[Statement, ...]:
    """The statements of a script."""
    text = "\n".join(lines)
    # a caret at the end of a line continues it
    return tuple(_Parser(re.sub(r"\^\n", " ", text)).block(0))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at, self._nested = text, 0, 0

    def block(self, depth: int) -> list[Statement]:
        """Statements up to the parenthesis that closes a block, or to the end; `depth`: how many are open."""
        out: list[Statement] = []
        while True:
            self._skip(" \t\r\n;,@" if depth == 0 else " \t\r\n;,@&")
            if self._at >= len(self._text):
                return out
            if self._text[self._at] == ")":
                self._at += 1
                if depth:
                    return out
                continue
            out += self._statement(depth)

    def _skip(self, characters: str) -> None:
        while self._at < len(self._text) and self._text[self._at] in characters:
            self._at += 1

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._at)
        if found:
            self._at = found.end()
        return found

    def _statement(self, depth: int) -> list[Statement]:
        self._skip(" \t@")
        if self._match(_REM):
            return []
        if self._text.startswith(":", self._at):
            return [Label(self._rest_of_line().strip(": \t").split(" ")[0].casefold())]
        if self._nested > MAX_DEPTH:
            return [Command(self._rest_of_line())]
        self._nested += 1
        found = self._chained(self._one(depth), depth)
        self._nested -= 1
        return found

    def _rest_of_line(self) -> str:
        end = self._text.find("\n", self._at)
        start, self._at = self._at, len(self._text) if end < 0 else end
        return self._text[start : self._at]

    def _one(self, depth: int) -> list[Statement]:
        if self._text.startswith("(", self._at):
            self._at += 1
            return self.block(depth + 1)
        start = self._at
        if head := self._match(_IF):
            condition = self._match(_CONDITION)
            if condition:
                options = head[1].casefold()
                return [self._branches(condition[1], "not" in options, "/i" in options, depth)]
            self._at = start
        elif loop := self._match(_FOR):
            body = self._body(depth)
            return [For(loop[1].strip(), loop[2].casefold(), loop[3].strip(), tuple(body))]
        text = self._command(depth)
        return [Command(text)] if text else []

    def _branches(self, condition: str, negated: bool, ignore_case: bool, depth: int) -> If:
        body = tuple(self._body(depth))
        otherwise: tuple[Statement, ...] = ()
        if self._match(_ELSE):
            otherwise = tuple(self._body(depth))
        return If(condition, negated, ignore_case, body, otherwise)

    def _body(self, depth: int) -> list[Statement]:
        self._skip(" \t@")
        if self._text.startswith("(", self._at):
            self._at += 1
            return self.block(depth + 1)
        return self._statement(depth)

    def _command(self, depth: int) -> str:
        """Up to what ends a command outside quotes; a caret takes the next character as it is."""
        start, quoted = self._at, False
        while self._at < len(self._text):
            char = self._text[self._at]
            ends = char == "\n" or (not quoted and (char in "&|" or (char == ")" and depth > 0)))
            # `2>&1` joins no commands
            if ends and not (char == "&" and self._text[start : self._at].rstrip(" \t").endswith((">", "<"))):
                break
            if char == "^" and not quoted:
                self._at += 1
            quoted ^= char == '"'
            self._at += 1
        self._at = min(self._at, len(self._text))
        return re.sub(r"\^(.)", r"\1", self._text[start : self._at]).strip()

    def _chained(self, first: list[Statement], depth: int) -> list[Statement]:
        self._skip(" \t")
        for joint in ("&&", "||", "|", "&"):
            if self._text.startswith(joint, self._at):
                self._at += len(joint)
                second = self._statement(depth)
                if joint == "&" or not first or not second:
                    return [*first, *second]
                return [*first[:-1], Chain(first[-1], joint, second[0]), *second[1:]]
        return first


def with_value(statements: Sequence[Statement], name: str, value: str) -> tuple[Statement, ...]:
    """The body of a loop with its variable put in."""

    def text(found: str) -> str:
        bare = re.sub(re.escape(f"%%~{name[2:]}"), lambda _: value.strip('"'), found, flags=re.IGNORECASE)
        return re.sub(re.escape(name), lambda _: value, bare, flags=re.IGNORECASE)

    def one(item: Statement) -> Statement:
        if isinstance(item, Command):
            return Command(text(item.text))
        if isinstance(item, Chain):
            return Chain(one(item.first), item.joint, one(item.second))
        if isinstance(item, If):
            body, otherwise = tuple(map(one, item.body)), tuple(map(one, item.otherwise))
            return replace(item, condition=text(item.condition), body=body, otherwise=otherwise)
        return replace(item, items=text(item.items), body=tuple(map(one, item.body))) if isinstance(item, For) else item

    return tuple(map(one, statements))
