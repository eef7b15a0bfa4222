"""How long a scan takes: two simulated nodes, 20 ms for each request and 300 ms of script, to JSON and HTML."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

VCAUDIT = str(Path(sys.executable).with_name("vcaudit"))
LIMIT = 1.5
"""Seconds for the program as a whole, its start included."""
TIMED = f"""
import json, subprocess, sys, time
times = []
for _ in range(5):
    start = time.perf_counter()
    code = subprocess.run([{VCAUDIT!r}, "scan", "--format", "json:r.json", "--format", "html:r.html"],
                          stderr=subprocess.DEVNULL).returncode
    times.append(time.perf_counter() - start)
    assert code == 0, code
print(min(times), max(times))
for node in json.load(open("r.json"))["clusters"][0]["provenance"]["nodes"]:
    print(node["node"], node["requests"], node["bytes_sent"], node["bytes_received"], node["seconds"])
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [VCAUDIT, "lab", "run", "quorum-disk-2003", "--delay", "0.02", "--script-seconds", "0.3", "--",
                   sys.executable, "-c", TIMED]  # fmt: skip
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    first, *nodes = done.stdout.splitlines()
    best, worst = map(float, first.split())
    print(f"{best * 1000:7.0f} ms  vcaudit scan to JSON and HTML (worst of five {worst * 1000:.0f} ms)")
    print(f"{'node':10} {'requests':>8} {'sent':>8} {'received':>8} {'seconds':>8}")
    for line in nodes:
        name, requests, sent, received, seconds = line.split()
        print(f"{name:10} {requests:>8} {sent:>8} {received:>8} {seconds:>8}")
    if best > LIMIT:
        sys.exit(f"a scan takes {best:.2f} s, more than {LIMIT} s")


main()
