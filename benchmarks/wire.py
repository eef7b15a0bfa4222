"""What one node costs over each route: requests, seconds, CPU, with 20 ms per request and 300 ms of script.

    .venv/bin/python benchmarks/wire.py [NODES]

The nodes live in a process of their own, so that their work is not counted as ours. NODES (default 32) are asked at
once, a thread each.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from multiprocessing.connection import Connection
from threading import Thread

from vcaudit.lab.server import Endpoint, authority
from vcaudit.secrets import Secret
from vcaudit.transport.base import Script, Target
from vcaudit.transport.winrm import WinRm

ROUTES = ("ntlm http", "ntlm https", "basic https")
USER, PASSWORD = "CORP\\vcaudit", "benchmark"
DELAY, SCRIPT_TIME, REPEAT = 0.020, 0.300, 5
SCRIPT = Script(text=b"x" * 12_000, sha256="", requests_sha256="")
OUTPUT = b"y" * 6_500  # 54 kB of facts, compressed and in base64


def node(line: str, stdin: bytes) -> tuple[bytes, bytes, int]:
    """A node that thinks for a while."""
    time.sleep(SCRIPT_TIME)
    return OUTPUT, b"", 0


def serve(route: str, count: int, pipe: Connection) -> None:
    """Starts `count` endpoints, tells their ports and the CA file, and waits to be told to stop."""
    nodes = [Endpoint(node, {USER: PASSWORD}, tls=route.endswith("https"), delay=DELAY) for _ in range(count)]
    for each in nodes:
        each.__enter__()
    pipe.send(([each.port for each in nodes], str(authority().ca_file)))
    pipe.recv()


def target(route: str, port: int, ca: str) -> Target:
    """How to reach one of them."""
    authentication, scheme = route.split()
    return Target(
        node="N", address="127.0.0.1", port=port, user=USER, secret=Secret(PASSWORD), scheme=scheme,  # type: ignore[arg-type]
        authentication=authentication, ca=ca if scheme == "https" else None,  # type: ignore[arg-type]
    )  # fmt: skip


def measure(route: str, count: int) -> tuple[int, float, float, float]:
    """Requests, seconds and CPU milliseconds of one node; nodes per second of all at once."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(route, count, there), daemon=True)
    server.start()
    ports, ca = here.recv()
    WinRm(target(route, ports[0], ca)).run(SCRIPT, 30)  # imports, once per process
    clock, cpu = time.perf_counter(), time.process_time()
    for _ in range(REPEAT):
        result = WinRm(target(route, ports[0], ca)).run(SCRIPT, 30)
    seconds, milliseconds = (time.perf_counter() - clock) / REPEAT, (time.process_time() - cpu) / REPEAT * 1000
    threads = [Thread(target=WinRm(target(route, port, ca)).run, args=(SCRIPT, 60)) for port in ports]
    clock = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = count / (time.perf_counter() - clock)
    here.send(None)
    server.join()
    return result.requests, seconds, milliseconds, rate


def main() -> None:
    """Prints the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 32
    print(f"{'route':<12} {'requests':>8} {'seconds':>8} {'CPU ms':>7} {f'nodes/s ({count})':>14}")
    for route in ROUTES:
        requests, seconds, milliseconds, rate = measure(route, count)
        print(f"{route:<12} {requests:>8} {seconds:>8.3f} {milliseconds:>7.1f} {rate:>14.1f}")


if __name__ == "__main__":
    main()
