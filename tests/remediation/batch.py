"""cmd.exe as far as our batch files go, over the model. It refuses every character and command it does not know.

What cmd.exe does first is done first: `%NAME%` is replaced everywhere, comments too; then quotes decide what means
something. A name that broke out of its quotes would meet a refusal here, or change the model.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.remediation.model import Refused, World, same

PLAIN = re.compile(r"[A-Za-z0-9 .,:;=_/\\'\[\]()@#$*?+~{}-]*\Z")
"""Characters that may stand outside quotes; redirection and pipes are taken off before."""
SHARE = re.compile(r"\\\\([^\\]+)\\([A-Za-z])\$(\\.*)?\Z")
LONGEST = 8191
STEPS = 5000


class Stop(Exception):
    """exit /b."""


@dataclass
class Batch:
    """One run."""

    world: World
    variables: dict[str, str] = field(default_factory=lambda: {"DATE": "Tue 11/24/2026", "TIME": " 8:15:00.25"})
    level: int = 0
    said: list[str] = field(default_factory=list)
    ran: list[list[str]] = field(default_factory=list)
    """Programs, with their arguments."""
    before: Callable[[list[str]], None] | None = None
    """Called with each program before it runs."""
    stopping: int = 3
    """How often a service that was told to stop is still seen stopping."""
    pending: dict[tuple[str, str], int] = field(default_factory=dict)

    def run(self, script: bytes) -> int:
        self.variables = {name.upper(): value for name, value in self.variables.items()}
        page = re.search(rb"^chcp (\d+)", script, re.MULTILINE)
        text = script.decode(f"cp{page[1].decode()}" if page else "ascii")
        assert "\n" not in text.replace("\r\n", ""), "line ends of a batch file are CRLF"
        self.lines = text.split("\r\n")
        self.labels = {
            line[1:].strip().lower(): number for number, line in enumerate(self.lines) if line.startswith(":")
        }
        return self._from(0)

    def _from(self, number: int) -> int:
        steps = 0
        while number < len(self.lines):
            steps += 1
            assert steps < STEPS, "this script does not end"
            line = self._expanded(self.lines[number])
            assert len(line) <= LONGEST
            try:
                target = self._line(line)
            except Stop as stop:
                self.level = int(str(stop))
                return self.level
            number = self.labels[target] + 1 if target is not None else number + 1
        return self.level

    def _expanded(self, line: str) -> str:
        """Phase one: every %NAME% and %NAME:a=b%, in quotes and in comments alike."""

        def value(match: re.Match[str]) -> str:
            name, _, change = match[1].partition(":")
            if name.upper() == "ERRORLEVEL":
                return str(self.level)
            held = self.variables[name.upper()]  # what is not set would vanish: our scripts name none
            if change:
                old, _, new = change.partition("=")
                return held.replace(old, new)
            return held

        line = line.replace("for /l %%I in", "for /l I in")
        out = re.sub(r"%([A-Za-z_]+(?::[^%=]=[^%]*)?)%", value, line)
        assert "%" not in re.sub(r"%([A-Za-z_]+(?::[^%=]=[^%]*)?)%", "", line), f"a stray percent sign: {line}"
        return out

    def _line(self, line: str) -> str | None:
        if not line.strip() or line.startswith(":"):
            return None
        word, _, rest = line.partition(" ")
        if word == "rem":
            assert rest.startswith("-- "), line
            assert rest.count('"') % 2 == 0, line
            return None
        return self._command(line)

    def _command(self, line: str) -> str | None:
        """One command; the label to go to, if any."""
        if line.startswith("for "):
            return self._loop(line)
        parts = split(line, "|")
        if len(parts) == 2:
            self._find(parts[0].strip(), arguments(redirected(parts[1])))
            return None
        assert len(parts) == 1, line
        word, _, rest = line.partition(" ")
        handler: Callable[[str], str | None] | None = getattr(self, f"_do_{word.lstrip('@').lower()}", None)
        if handler is not None:
            return handler(rest)
        self._program(arguments(redirected(line)))
        return None

    def _loop(self, line: str) -> None:
        """A command again and again; another one when it fails."""
        match = re.fullmatch(r"for /l I in \(1,1,(\d+)\) do (.*) \|\| (ping [^|]*)", line)
        assert match, line
        for _ in range(int(match[1])):
            self._command(match[2])
            if self.level:
                self._command(match[3])

    def _find(self, listed: str, words: list[str]) -> None:
        output = self._listing(listed)
        assert words[0] == "find", words
        assert words[1:-1] in ([], ["/i"]), words
        fold = str.casefold if "/i" in words else str
        self.level = 0 if any(fold(words[-1]) in fold(row) for row in output) else 1

    def _do_echo(self, rest: str) -> None:
        assert PLAIN.match(rest), rest
        self.said.append(rest)

    def _do_setlocal(self, rest: str) -> None:
        assert rest == "EnableExtensions DisableDelayedExpansion"

    def _do_chcp(self, rest: str) -> None:
        assert re.fullmatch(r"\d+ >nul", rest)
        self.level = 0

    def _do_ver(self, rest: str) -> None:
        self.level = 0

    def _do_set(self, rest: str) -> None:
        text = rest[1:-1] if rest.startswith('"') and rest.endswith('"') else rest
        assert '"' not in text, rest
        name, _, value = text.partition("=")
        assert re.fullmatch(r"VCAUDIT_[A-Z]+", name), rest
        if value:
            self.variables[name] = value
        else:
            self.variables.pop(name, None)

    def _do_goto(self, rest: str) -> str:
        return rest.strip().lower()

    def _do_call(self, rest: str) -> None:
        assert re.fullmatch(r":[a-z]+", rest), rest
        self.level = self._from(self.labels[rest[1:]] + 1)

    def _do_exit(self, rest: str) -> None:
        assert rest.startswith("/b "), rest
        raise Stop(rest[3:])

    def _do_if(self, rest: str) -> str | None:
        wanted = not rest.startswith("not ")
        rest = rest if wanted else rest[4:]
        if rest.startswith("exist "):
            path, then = quoted(rest[6:])
            true = self.world.exists(*self._share(path))
        elif rest.startswith("defined "):
            name, _, then = rest[8:].partition(" ")
            true = name in self.variables
        else:
            one, more = quoted(rest)
            assert more.startswith("=="), rest
            other, then = quoted(more[2:])
            true = one == other
        return self._command(then.strip()) if true == wanted else None

    def _share(self, path: str) -> tuple[str, str]:
        match = SHARE.match(path)
        assert match, f"{path} is no path on a share of a node"
        return match[1], f"{match[2].upper()}:{(match[3] or '').rstrip(chr(92))}"

    def _listing(self, line: str) -> list[str]:
        words = arguments(redirected(line))
        self.ran.append(words)
        if self.before:
            self.before(words)
        if words[0] == "sc":
            return self._service(*words[1:])
        assert (words[:2], len(words)) == (["cluster", "group"], 3), words
        group = next((name for name in self.world.names("ResourceGroup") if same(name, words[2])), None)
        if group is None:
            return ["System error 5013 has occurred"]
        return [f"Listing status for resource group '{group}':", "Group                Node            Status",
                f"{group:20} {self.world.owner_of(group):15} Online"]  # fmt: skip

    def _service(self, node: str, verb: str, name: str) -> list[str]:
        assert verb == "query", verb
        place = (node.removeprefix("\\\\"), name)
        left = self.pending.pop(place, 0)
        if left > 1:
            self.pending[place] = left - 1
        elif left:
            self.world.stop_service(*place)
        state = "3  STOP_PENDING" if left else "1  STOPPED"
        if not left and self.world.service(*place)["State"] != "Stopped":
            state = "4  RUNNING"
        return [f"SERVICE_NAME: {name}", f"        STATE              : {state}"]

    def _program(self, words: list[str]) -> None:
        self.ran.append(words)
        if self.before:
            self.before(words)
        handler: Callable[[list[str]], int] | None = getattr(self, f"_run_{words[0].lower()}", None)
        assert handler is not None, f"no program {words[0]}: {words}"
        try:
            self.level = handler(words[1:])
        except Refused as error:
            self.said.append(f"refused: {error}")
            self.level = 1

    # Programs

    def _run_cluster(self, words: list[str]) -> int:
        return getattr(self, f"_cluster_{words[0]}")(words[1], words[2:])  # type: ignore[no-any-return]

    def _cluster_node(self, node: str, options: list[str]) -> int:
        self.world.node_state(node, {"/resume": 0, "/pause": 2}[single(options)])
        return 0

    def _cluster_group(self, group: str, options: list[str]) -> int:
        world = self.world
        if not options:
            world.row("ResourceGroup", group)
        elif options[0] == "/prop":
            name, value = setting(single(options[1:]))
            world.group_property(group, name, value if isinstance(value, int) else [value])
        elif options[0].startswith("/setowners:"):
            world.set_preferred(group, [node for node in single(options)[11:].split(",") if node])
        elif options[0] == "/online":
            world.online_group(group)
        elif options[0].startswith("/moveto:"):
            world.move_group(group, options[0][8:])
        else:
            raise AssertionError(f"no option {options}")
        return 0

    def _cluster_res(self, resource: str, options: list[str]) -> int:
        world = self.world
        assert not resource.startswith(("/", "-"))
        if not options or options[0] in ("/listowners", "/listdep", "/check"):
            world.row("Resource", resource)
            return 0
        if options[0] in ("/priv", "/prop"):
            change = world.parameter if options[0] == "/priv" else world.common
            return max([change(resource, *setting(text)) for text in options[1:]], default=0)
        if options[0] == "/create":
            assert options[1].startswith("/group:")
            assert options[2].startswith("/type:")
            assert options[3:] == ["/separate"]
            world.create(resource, options[1][7:], options[2][6:])
            return 0
        option, _, value = options[0].partition(":")
        known: dict[str, Callable[[], object]] = {
            "/addowner": lambda: world.add_owner(resource, value),
            "/removeowner": lambda: world.remove_owner(resource, value),
            "/adddep": lambda: world.add_dependency(resource, value),
            "/removedep": lambda: world.remove_dependency(resource, value),
            "/addcheck": lambda: world.checkpoints(resource, add=value),
            "/removecheck": lambda: world.checkpoints(resource, remove=value),
            "/offline": lambda: world.offline(resource),
            "/online": lambda: world.online(resource),
            "/delete": lambda: world.remove(resource),
        }
        assert options[1:] in ([], ["/wait:180"]), options
        known[option]()
        return 0

    def _run_sc(self, words: list[str]) -> int:
        node = words[0].removeprefix("\\\\")
        if words[1] == "config":
            modes = {"demand": "Manual", "auto": "Auto", "disabled": "Disabled"}
            assert (words[3], len(words)) == ("start=", 5), words
            self.world.set_start_mode(node, words[2], modes[words[4]])
        elif words[1] == "stop":
            self.world.service(node, words[2])
            self.pending[node, words[2]] = self.stopping
        else:
            assert words[1] in ("qc", "query"), words
        return 0

    def _run_ping(self, words: list[str]) -> int:
        assert words == ["-n", "4", "127.0.0.1"], words
        return 0

    def _run_dir(self, words: list[str]) -> int:
        return 0

    def _run_fc(self, words: list[str]) -> int:
        one, other = (self._share(word) for word in words[1:])
        return 0 if self.world.read(*one) == self.world.read(*other) else 1

    def _run_copy(self, words: list[str]) -> int:
        *options, source, target = words
        assert set(options) <= {"/y", "/b"}, words
        content = self.world.read(*self._share(source))
        node, path = self._share(target)
        assert "/y" in options or not self.world.exists(node, path), "copy would ask"
        self.world.write(node, path, content)
        return 0

    def _run_xcopy(self, words: list[str]) -> int:
        source, target, *options = words
        assert {"/E", "/I", "/Y"} <= set(options) <= {"/E", "/I", "/H", "/K", "/O", "/R", "/Y"}, words
        (node, folder), (there, to) = self._share(source), self._share(target)
        inside = self.world.below(node, folder)
        if not inside:
            return 1
        for name, path in inside.items():
            self.world.write(there, f"{to}\\{name}", self.world.read(node, path))
        return 0

    def _run_del(self, words: list[str]) -> int:
        assert words[:2] == ["/f", "/q"], words
        assert not {"*", "?"} & set(words[2]), words
        self.world.delete(*self._share(words[2]))
        return 0

    def _run_reg(self, words: list[str]) -> int:
        node, path = hive(words[1])
        if words[0] == "query":
            return 0 if self.world.key(node, path) is not None else 1
        if words[0] == "copy":
            return self._reg_copy(node, path, words)
        name, rest = ("", words[3:]) if words[2] == "/ve" else (words[3], words[4:])
        if words[0] == "delete":
            assert rest == ["/f"], words
            self.world.delete_value(node, path, name)
        else:
            assert (words[0], rest[0], rest[2], rest[4:]) == ("add", "/t", "/d", ["/f"]), words
            self.world.set_value(node, path, name, written(rest[1], rest[3]))
        return 0

    def _reg_copy(self, node: str, path: str, words: list[str]) -> int:
        there, target = hive(words[2])
        assert words[3:] == ["/s", "/f"], words
        if self.world.key(node, path) is None:
            return 1
        for key, values in dict(self.world.registry(node)).items():
            if (key + "\\").casefold().startswith((path + "\\").casefold()):
                for name, value in values.items():
                    self.world.set_value(there, target + key[len(path) :], name, value)
        return 0


def single(words: list[str]) -> str:
    assert len([word for word in words if word != "/wait:180"]) == 1, words
    return words[0]


def setting(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    return name, int(value[:-6]) if value.endswith(":DWORD") else value


def hive(path: str) -> tuple[str, str]:
    match = re.fullmatch(r"\\\\([^\\]+)\\HKLM\\(.+)", path)
    assert match, path
    return match[1], match[2]


def written(kind: str, data: str) -> Any:
    """As the lab describes values."""
    if kind == "REG_DWORD":
        return int(data)
    if kind == "REG_MULTI_SZ":
        return data.split("\\0")
    return data if kind == "REG_SZ" else {"type": kind, "data": data}


def quoted(text: str) -> tuple[str, str]:
    """What stands between quotes at the start, and the rest."""
    match = re.match(r'"([^"]*)"(.*)\Z', text)
    assert match, text
    return match[1], match[2]


def split(line: str, separator: str) -> list[str]:
    """At what stands outside quotes; everything else outside quotes must be harmless."""
    pieces = re.split(r'("[^"]*")', line)
    outside = "".join(pieces[::2])
    assert '"' not in outside, f"quotes that do not end: {line}"
    assert PLAIN.match(re.sub(r"2?>nul", "", outside).replace(separator, "")), f"unsafe outside quotes: {line}"
    parts = [""]
    for index, piece in enumerate(pieces):
        if index % 2 or separator not in piece:
            parts[-1] += piece
            continue
        first, *more = piece.split(separator)
        parts[-1] += first
        parts += more
    return parts


def redirected(line: str) -> str:
    return re.sub(r"( 2?>nul)+\Z", "", line.rstrip())


def arguments(line: str) -> list[str]:
    """As CommandLineToArgvW: backslashes mean something only before quotes."""
    words: list[str] = []
    word, inside, started, index = "", False, False, 0
    while index < len(line):
        char = line[index]
        if char == "\\":
            run = len(line) - index - len(line[index:].lstrip("\\"))
            index += run
            if index < len(line) and line[index] == '"':
                word += "\\" * (run // 2)
                assert run % 2 == 0, f"an escaped quote: {line}"
            else:
                word += "\\" * run
            started = True
            continue
        if char == '"':
            inside, started = not inside, True
        elif char == " " and not inside:
            if started:
                words.append(word)
            word, started = "", False
        else:
            word, started = word + char, True
        index += 1
    return [*words, word] if started else words
