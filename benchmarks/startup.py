"""How long the program takes to start: `--version`, `--help`, and the bare interpreter for comparison."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

VCAUDIT = str(Path(sys.executable).with_name("vcaudit"))
LIMIT = 0.12
"""Seconds for --version, or four times the bare interpreter, whichever is larger."""


def best(command: list[str], runs: int = 15) -> float:
    """Seconds of the quickest of several runs: the others measured something else on the machine as well."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    bare = best([sys.executable, "-c", "pass"])
    version = best([VCAUDIT, "--version"])
    listed = best([VCAUDIT, "--help"])
    for name, seconds in (("python -c pass", bare), ("vcaudit --version", version), ("vcaudit --help", listed)):
        print(f"{seconds * 1000:7.1f} ms  {name}")
    if version > max(LIMIT, 4 * bare):
        sys.exit(f"vcaudit --version takes {version:.3f} s, more than {max(LIMIT, 4 * bare):.3f} s")


main()
