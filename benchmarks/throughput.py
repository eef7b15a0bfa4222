"""How many nodes a second one process asks: 64 at once, 300 ms of script, 20 ms per request, sealed NTLM.

    .venv/bin/python benchmarks/throughput.py [JOBS] [ROUNDS]

The nodes live in processes of their own, and their CPU is counted apart: on a small machine they take it from the
client. The last rows ask a few nodes the usual way, with a command for each fact, in the same run.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import NamedTuple

from vcaudit import sections
from vcaudit.capture import Limits, Locations
from vcaudit.collect.answer import decode
from vcaudit.collect.script import build
from vcaudit.lab.node import Node
from vcaudit.lab.scenario import load
from vcaudit.lab.server import Endpoint
from vcaudit.lab.windows import execute
from vcaudit.secrets import Secret
from vcaudit.transport.base import BOOTSTRAP, Target
from vcaudit.transport.winrm import WinRm

JOBS, ROUNDS = 64, 8
TARGET = 110
"""Nodes a second."""
DELAY, SCRIPT_TIME = 0.020, 0.300
SERVERS = 2
USER, PASSWORD = "CORP\\vcaudit", "benchmark"
FACTS, FEW = 60, 4
"""Commands that the usual way takes on a node, and nodes that are asked so."""
SCRIPT = build(sections.requests(Locations()), Limits())


class Measured(NamedTuple):
    """One way of asking."""

    nodes: int
    requests: int
    seconds: float
    cpu: float
    """Seconds of this process."""
    servers: float
    """Seconds of the nodes' processes."""


def serve(count: int, pipe: Connection) -> None:
    """`count` nodes that think for a while and then say what a simulated node says; CPU seconds when asked."""
    name, description = next(iter(load("quorum-disk-2003").nodes.items()))
    answer = execute(Node.from_description(name, description), BOOTSTRAP, SCRIPT.text)

    def run(line: str, stdin: bytes) -> tuple[bytes, bytes, int]:
        if line != BOOTSTRAP:
            time.sleep(SCRIPT_TIME / FACTS)
            return b"a fact\r\n", b"", 0
        time.sleep(SCRIPT_TIME)
        return answer

    nodes = [Endpoint(run, {USER: PASSWORD}, delay=DELAY).__enter__() for _ in range(count)]
    pipe.send([node.port for node in nodes])
    while pipe.recv():
        pipe.send((cpu_seconds(), sum(len(node.served) for node in nodes)))


def cpu_seconds() -> float:
    """User and system time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def counted(pipes: list[Connection]) -> tuple[float, int]:
    """CPU seconds and requests of all nodes so far."""
    for pipe in pipes:
        pipe.send(True)
    figures = [pipe.recv() for pipe in pipes]
    return sum(cpu for cpu, _ in figures), sum(requests for _, requests in figures)


def one_script(port: int) -> None:
    """What vcaudit does, the decoding of the answer included."""
    target = Target(node="N", address="127.0.0.1", port=port, user=USER, secret=Secret(PASSWORD))
    answer = decode(WinRm(target).run(SCRIPT, 60).stdout)
    assert len(answer.probes) > 30


def one_shell_each(port: int) -> None:
    """The usual way: a shell, a command and a logon for each fact."""
    import winrm

    for _ in range(FACTS):
        session = winrm.Session(f"http://127.0.0.1:{port}/wsman", auth=(USER, PASSWORD), transport="ntlm")
        assert session.run_cmd("reg query").status_code == 0


def one_shell(port: int) -> None:
    """A command for each fact, all in one shell."""
    from winrm.protocol import Protocol

    endpoint = f"http://127.0.0.1:{port}/wsman"
    protocol = Protocol(endpoint, transport="ntlm", username=USER, password=PASSWORD)
    shell = protocol.open_shell()
    for _ in range(FACTS):
        command = protocol.run_command(shell, "reg query")
        assert protocol.get_command_output(shell, command)[2] == 0
        protocol.cleanup_command(shell, command)
    protocol.close_shell(shell)


def measure(way: Callable[[int], None], ports: list[int], pipes: list[Connection], jobs: int) -> Measured:
    """`way` for each port, `jobs` at once."""
    servers, requests = counted(pipes)
    clock, cpu = time.perf_counter(), cpu_seconds()
    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(way, port) for port in ports]:
            done.result()
    seconds, cpu = time.perf_counter() - clock, cpu_seconds() - cpu
    after, total = counted(pipes)
    return Measured(len(ports), total - requests, seconds, cpu, after - servers)


def show(name: str, one: Measured) -> None:
    """A row of the table."""
    print(
        f"{name:<28} {one.nodes:>5} {one.requests / one.nodes:>9.0f} {one.nodes / one.seconds:>8.1f} "
        f"{one.cpu / one.nodes * 1000:>10.1f} {one.servers / one.nodes * 1000:>10.1f} {one.cpu / one.seconds:>8.0%}",
        flush=True,
    )


def main() -> None:
    """Prints the table."""
    jobs, rounds = [int(each) for each in [*sys.argv[1:], *(JOBS, ROUNDS)[len(sys.argv) - 1 :]]]
    pipes, ports = [], []
    for number in range(SERVERS):
        here, there = multiprocessing.Pipe()
        multiprocessing.Process(target=serve, args=((jobs + number) // SERVERS, there), daemon=True).start()
        ports += here.recv()
        pipes.append(here)
    one_script(ports[0])  # imports, once per process
    ideal = jobs / (SCRIPT_TIME + 7 * DELAY)
    print(f"{jobs} at once, {SCRIPT_TIME * 1000:.0f} ms of script, {DELAY * 1000:.0f} ms per request, sealed NTLM: "
          f"{ideal:.0f} nodes/s if nothing took time")  # fmt: skip
    print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    print(f"{'':<28} {'nodes':>5} {'requests':>9} {'nodes/s':>8} {'CPU ms':>10} {'(theirs)':>10} {'busy':>8}")
    for threads in (1, 8, jobs):
        mine = ports * rounds if threads == jobs else ports[:threads] * max(1, 16 // threads)
        measured = measure(one_script, mine, pipes, threads)
        show(f"one script, {threads} at once", measured)
    show(f"{FACTS} commands in one shell", measure(one_shell, ports[:FEW], pipes, FEW))
    show(f"{FACTS} facts, a shell each", measure(one_shell_each, ports[:FEW], pipes, FEW))
    for pipe in pipes:
        pipe.send(False)
    verdict(measured)


def verdict(one: Measured) -> None:
    """Whether the target was met, and what was in the way. Fails where that was vcaudit, and not a busy machine."""
    rate, room = one.nodes / one.seconds, one.nodes / one.cpu
    print(f"target {TARGET} nodes/s: {'met' if rate >= TARGET else 'missed'}; a whole core would do for {room:.0f}")
    if rate >= TARGET:
        return
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if room < TARGET and load <= cores:
        sys.exit(f"{one.cpu / one.nodes * 1000:.1f} ms of CPU per node are too many for {TARGET} nodes/s")
    print(f"the client had {one.cpu / one.seconds:.0%} of a core, the nodes {one.servers / one.seconds:.0%}, and "
          f"{load:.1f} processes wanted {cores} cores: ask again on a machine at rest")  # fmt: skip


if __name__ == "__main__":
    main()
