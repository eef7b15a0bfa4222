"""What command lines and scripts copy, played on paper: one table of commands, one of scripts, and hostile ones."""

from __future__ import annotations

import random
import time

import pytest

from vcaudit.evaluate.sync.running import play
from vcaudit.evaluate.sync.shell import Played
from vcaudit.snapshot.base import Missing

KNOWN = {
    "COMPUTERNAME": "N1", "ALLUSERSPROFILE": r"C:\ProgramData", "SYSTEMROOT": r"C:\Windows",
    "COMSPEC": r"C:\Windows\system32\cmd.exe",
}  # fmt: skip
HERE = r"C:\sync"


def played(command: str, script: str = "", **more: str | Missing | None) -> Played:
    scripts = {r"c:\sync\a.cmd": script, **{f"c:\\sync\\{name}.cmd": text for name, text in more.items()}}

    def lookup(path: str) -> list[str] | Missing | None:
        found = scripts.get(path.casefold())
        return found.split("\n") if isinstance(found, str) else found

    return play(command, KNOWN, HERE, lookup)


def told(seen: Played) -> list[str]:
    """Copies as short lines: letters for recursive, purging, newer only; the guard in brackets."""
    out = []
    for copy in seen.copies:
        options = (copy.recursive, copy.purges, copy.newer_only)
        letters = "".join(letter for letter, on in zip("rpn", options, strict=True) if on)
        names = ",".join(copy.patterns)
        guard = f"[{copy.guard}]" if copy.guard else ""
        out.append(" ".join(part for part in (copy.source, ">", copy.target, names, letters, guard) if part))
    return out


@pytest.mark.parametrize(("command", "copies"), [
    (r"robocopy C:\a \\N2\C$\a", [r"C:\a > \\N2\C$\a"]),
    (r'"C:\Kit 2\RoboCopy.exe" "C:\a b" "\\N2\c$\a b" *.lic /E /XO /R:1', [r"C:\a b > \\N2\c$\a b *.lic rn"]),
    (r"robocopy C:\a D:\a /MIR /XF x.log *.tmp /XD Logs", [r"C:\a > D:\a rp"]),
    (r"robocopy C:\a D:\a /S /LEV:1", [r"C:\a > D:\a"]),
    (r"robocopy C:\a D:\a *.* /purge", [r"C:\a > D:\a p"]),
    (r"robocopy C:\a D:\a /L /MIR", []),
    (r"xcopy C:\a\*.lic D:\a /D /Y", [r"C:\a > D:\a *.lic n"]),
    (r"xcopy /s/e/y C:\a\*.* D:\a", [r"C:\a > D:\a r"]),
    (r'cmd /c copy /y "C:\a\vpxd.cfg" D:\a > nul 2>&1', [r"C:\a\vpxd.cfg > D:\a"]),
    (r"cmd.exe /c robocopy a D:\a & xcopy b D:\b", [r"C:\sync\a > D:\a", r"C:\sync\b > D:\b"]),
    (r'%COMSPEC% /k "robocopy C:\a D:\a /E"', [r"C:\a > D:\a r"]),
    (r"cmd /c start /min robocopy C:\a D:\a", [r"C:\a > D:\a"]),
    (r"robocopy %ALLUSERSPROFILE:~2% D:%ALLUSERSPROFILE:C:=%", [r"C:\ProgramData > D:\ProgramData"]),
    (r"robocopy %NOBODY%\a D:\a", [r"%NOBODY%\a > D:\a"]),
    ("", []),
])  # fmt: skip
def test_a_command(command: str, copies: list[str]) -> None:
    expected = [r"C:\sync\ProgramData > D:\ProgramData"] if "~2" in command else copies
    assert told(played(command)) in (copies, expected)


@pytest.mark.parametrize(("command", "why"), [
    (r"robocopy C:\a D:\a /JOB:x", "options from a file"), (r"robocopy C:\a D:\a /MOVE", "moves"),
    (r"robocopy C:\a D:\a /XN", "leaves out"), (r"robocopy C:\a", "without a source and a target"),
    (r"xcopy C:\a D:\a /EXCLUDE:x.txt", "from a file"), (r"xcopy C:\a D:\a /U", "only some files"),
    (r"cmd /c copy a+b D:\a", "without one source"), (r"C:\Tools\sync.exe -a", "sync.exe"),
    (r"powershell -File C:\x.ps1", "powershell"), (r"C:\sync\nowhere.cmd", "not there"),
])  # fmt: skip
def test_what_is_not_understood_is_named(command: str, why: str) -> None:
    seen = played(command)
    assert seen.copies == []
    assert why in ", ".join(seen.unclear)


OTHER = 'set OTHER=N1\nif /i "%COMPUTERNAME%"=="N1" set OTHER=N2\n'


@pytest.mark.parametrize(("script", "copies"), [
    (OTHER + r"robocopy C:\a \\%OTHER%\C$\a", [r"C:\a > \\N2\C$\a"]),
    ("if %COMPUTERNAME%==N2 (\n robocopy C:\\a D:\\a\n) else (\n robocopy C:\\b D:\\b\n)", [r"C:\b > D:\b"]),
    ("for %%D in (a \"b c\") do robocopy \"C:\\%%~D\" \"D:\\%%~D\" /E", [r"C:\a > D:\a r", r"C:\b c > D:\b c r"]),
    ("call :one a\ncall :one b\ngoto :eof\n:one\nrobocopy C:\\%1 D:\\%1\ngoto :eof", [r"C:\a > D:\a", r"C:\b > D:\b"]),
    ("goto b\nrobocopy C:\\a D:\\a\n:b\nrobocopy C:\\b D:\\b", [r"C:\b > D:\b"]),
    ("cd /d D:\\x\nrobocopy a b", [r"D:\x\a > D:\x\b"]),
    ("rem robocopy C:\\a D:\\a\n:: robocopy C:\\b D:\\b\necho robocopy C:\\c D:\\c", []),
    ("robocopy C:\\a ^\n D:\\a", [r"C:\a > D:\a"]),
    ("robocopy C:\\a D:\\a\nif errorlevel 8 goto bad\nrobocopy C:\\b D:\\b\n:bad", [r"C:\a > D:\a", r"C:\b > D:\b"]),
    ("if not exist \\\\N2\\C$\\ exit /b 1\nrobocopy C:\\a D:\\a", [r"C:\a > D:\a"]),
    ('cluster group "VC" | find /i "%COMPUTERNAME%" >nul || exit /b\nrobocopy C:\\a D:\\a', [r"C:\a > D:\a [owner]"]),
    ('cluster group "VC" | find "%COMPUTERNAME%" && robocopy C:\\a D:\\a', [r"C:\a > D:\a [owner]"]),
    ('cluster group "VC" | find "N1" || robocopy C:\\a D:\\a', [r"C:\a > D:\a [unknown]"]),
    ('cluster group "VC" | find "N1"\nif not errorlevel 1 robocopy C:\\a D:\\a', [r"C:\a > D:\a [owner]"]),
    ("for /f \"tokens=3\" %%i in ('cluster group ^| find \"Online\"') do set WHO=%%i\n"
     'if /i not "%WHO%"=="%COMPUTERNAME%" goto :eof\nrobocopy C:\\a D:\\a', [r"C:\a > D:\a [owner]"]),
    ("if exist Q:\\ robocopy C:\\a D:\\a", [r"C:\a > D:\a [unknown]"]),
    ("if exist Q:\\ goto end\nrobocopy C:\\a D:\\a\n:end", [r"C:\a > D:\a [unknown]"]),
    ('set "A=C:\\a"\nif exist x set A=C:\\b\nrobocopy %A% D:\\a', [r"%A% > D:\a"]),
    ("setlocal enabledelayedexpansion\nset A=C:\\a\nrobocopy !A! D:\\a", [r"C:\a > D:\a"]),
    ("call %~dp0b.cmd", [r"C:\b > D:\b"]),
])  # fmt: skip
def test_a_script(script: str, copies: list[str]) -> None:
    seen = played(r"C:\sync\a.cmd", script, b=r"robocopy C:\b D:\b")
    assert told(seen) == copies
    assert seen.scripts == [r"C:\sync\a.cmd"]


@pytest.mark.parametrize(("script", "copies"), [
    ("net use X: \\\\V\\C$ /persistent:no\nrobocopy X:\\VC C:\\VC\nnet use x: /delete", [r"\\V\C$\VC > C:\VC"]),
    ('NET.EXE USE x: "\\\\V\\C$\\VC" secret /user:a\nxcopy C:\\a "x:" /s', [r"C:\a > \\V\C$\VC r"]),
    ("subst Y: ..\\a\ncd /d Y:\\b\nrobocopy c D:\\c", [r"C:\sync\..\a\b\c > D:\c"]),
    ("net use X: \\\\V\\s && robocopy X: D:\\a", [r"\\V\s > D:\a"]),
    ("net use X: \\\\V\\s || exit /b 1\nrobocopy X:\\ D:\\a", [r"\\V\s > D:\a"]),
    ("net use X: \\\\V\\s\nif errorlevel 1 goto :eof\nrobocopy X:\\a D:\\a", [r"\\V\s\a > D:\a"]),
    ("net use X: \\\\V\\s\nif not exist X:\\a exit\nrobocopy X:\\a D:\\a", [r"\\V\s\a > D:\a"]),
    ("net use X: \\\\V\\s\nnet use * /d /y\nrobocopy X:\\a D:\\a", [r"X:\a > D:\a"]),
    ("net use \\\\V\\s\nnet use lpt1: \\\\V\\p\nrobocopy E:\\a F:\\a", [r"E:\a > F:\a"]),
    ("if not exist X:\\ net use X: \\\\V\\s\nrobocopy X:\\a D:\\a", [
        r"X:\a > D:\a [unknown]", r"\\V\s\a > D:\a [unknown]",
    ]),
    ("net use * \\\\V\\s\nrobocopy Z:\\a D:\\a", [r"Z:\a > D:\a [unknown]", r"\\V\s\a > D:\a [unknown]"]),
    ("net use ***\nrobocopy Z:\\a C:\\a", [r"Z:\a > C:\a [unknown]", r"?:\a > C:\a [unknown]"]),
    ("net use ***\nnet use X: \\\\V\\s\nrobocopy X:\\a D:\\a", [r"\\V\s\a > D:\a"]),
])  # fmt: skip
def test_a_letter_stands_for_what_it_was_given(script: str, copies: list[str]) -> None:
    seen = played(r"cmd /c C:\sync\a.cmd", script)
    assert sorted(told(seen)) == sorted(copies)
    assert seen.unclear == []


@pytest.mark.parametrize(("command", "script", "endless", "stays"), [
    (r"cmd /k C:\sync\a.cmd", "robocopy C:\\a D:\\a", False, True),
    (r"cmd /c C:\sync\a.cmd", "robocopy C:\\a D:\\a", False, False),
    (r"cmd /c C:\sync\a.cmd", ":loop\nrobocopy C:\\a D:\\a\nping -n 60 127.0.0.1\ngoto loop", True, False),
    ("C:\\sync\\a.cmd", ":loop\nrobocopy C:\\a D:\\a\nif exist stop goto :eof\ngoto loop", True, False),
    ("C:\\sync\\a.cmd", "for /l %%i in (1,0,2) do (robocopy C:\\a D:\\a & ping x)", True, False),
    ("C:\\sync\\a.cmd", "for /l %%i in (1,1,5) do robocopy C:\\a D:\\a", False, False),
    (r"robocopy C:\a D:\a /MON:1", "", True, False), (r"robocopy C:\a D:\a /MOT:5 /E", "", True, False),
    (r"cmd /c cmd /k x", "", False, False),
])  # fmt: skip
def test_whether_it_goes_on(command: str, script: str, endless: bool, stays: bool) -> None:
    seen = played(command, script)
    assert (seen.endless, seen.stays) == (endless, stays) or command.endswith("/k x")


def test_a_script_that_could_not_be_read_is_a_gap() -> None:
    gap = Missing(reason="access_denied", where="test")
    assert played(r"cmd /c C:\sync\b.cmd", b=gap).gap == gap
    assert played(r"cmd /c C:\sync\a.cmd", "call b.cmd", b=gap).gap == gap


PIECES = [
    "if ", "else ", "(", ")", "for %%a in (1 2) do ", "&", "&&", "||", "|", '"', "^", "\n", "goto x", ":x", "call :x ",
    "set A=%A%", "robocopy a b", "%", "!", "%~dp0", "cmd /c ", "exit", "\0", "\ufffd", "call a.cmd", "@", "not exist ",
    "==", "errorlevel 1 ",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_any_text_is_a_script_and_ends(seed: int) -> None:
    dice = random.Random(seed)
    text = "".join(dice.choice(PIECES) for _ in range(dice.choice([5, 50, 400])))
    started = time.perf_counter()
    played(r"C:\sync\a.cmd", text)
    played(text)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("text", [
    "(" * 5000, "a&" * 20000, "if a==a " * 5000, "cmd /c " * 3000, '"' * 9999, "call :x\n:x\n" * 500,
    "for %%a in (1 2 3 4 5 6 7 8) do " * 40 + "robocopy a b", "set A=%A%%A%\n" * 200, ":x\ncall a.cmd\n" * 50,
])  # fmt: skip
def test_a_hostile_script_ends_in_time(text: str) -> None:
    started = time.perf_counter()
    played(r"C:\sync\a.cmd", text)
    assert time.perf_counter() - started < 3
