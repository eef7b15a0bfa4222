"""Comparing two large snapshots: 72,000 facts, first with one change in every section, then with every value changed.

A fact is one field of a record: a registry value has four, a service six.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from vcaudit.drift.facts import between
from vcaudit.snapshot.base import Fact
from vcaudit.snapshot.codec import encode
from vcaudit.snapshot.facts import (
    Accounts,
    ClusterView,
    ConfigFile,
    Database,
    File,
    Files,
    Folder,
    Group,
    Host,
    Member,
    Registry,
    RegistryKey,
    RegistryTree,
    RegistryValue,
    Resolution,
    Resource,
    Service,
    Setting,
    Software,
)
from vcaudit.snapshot.model import Auditor, Declared, NodeSnapshot, Provenance, Snapshot

VCAUDIT = str(Path(sys.executable).with_name("vcaudit"))
FACTS = 72_000
LIMIT = 2.0
"""Seconds of the program as a whole, its start included, with every section touched."""
NODES = ("VCNODE1", "VCNODE2")
KEYS = 1100


def snapshot(mark: str, *, everything: bool = False) -> Snapshot:
    """Two nodes; `mark` stands in one fact of each section, or in every value."""
    return Snapshot(
        cluster="BENCH", taken_at="2026-11-24T06:00:00Z", declared=Declared(nodes=NODES, network_name=f"VC{mark}"),
        auditor=Auditor(version="1", names=(Resolution(name="VC", addresses=(f"192.0.2.{len(mark)}",)),), resolver="x"),
        nodes=tuple(node(name, mark, mark if everything else "") for name in NODES), permissions=(),
    )  # fmt: skip


def node(name: str, mark: str, every: str) -> NodeSnapshot:
    """One node with all its sections."""
    services = tuple(Service(name=f"service {n}", display_name=f"Service {n}", state="Running", start_mode="Auto",
                             account=f"LocalSystem{every or (mark if n == 7 else '')}", path=f"C:\\{n}.exe")
                     for n in range(500))  # fmt: skip
    keys = tuple(RegistryKey(path=f"Key {n}", values=tuple(
        RegistryValue(name=f"value {v}", type="REG_SZ", data=f"{n} {v} {every or (mark if n == v == 3 else '')}")
        for v in range(7))) for n in range(KEYS))  # fmt: skip
    files = tuple(File(name=f"f{n}", size=n, modified="2007-06-19T10:00:00Z", sha256=f"{every or mark}{n:060}")
                  for n in range(200))  # fmt: skip
    settings = tuple(Setting(path=f"config/a{n}", value=f"{every or (mark if n == 7 else '')}") for n in range(200))
    members = tuple(Member(name=f"user {n}", domain="CORP", sid=f"S-1-{n}{every or mark}", is_group=False)
                    for n in range(100))  # fmt: skip
    resource = Resource(
        name="VC Server", type="Generic Service", state="online", group="VC Group", separate_monitor=True,
        monitor_process=7, possible_owners=(*NODES, mark), depends_on=(), properties=(), checkpoints=(),
    )  # fmt: skip
    return NodeSnapshot(
        name=name,
        provenance=Provenance(route="winrm", address=mark, user="u", started="x", seconds=1.0, requests=1, bytes_sent=1,
                              bytes_received=1, script_sha256="0", requests_sha256="0"),
        host=Host(computer_name=name, domain=mark, os_name="Windows", os_version="6.0", service_pack=2,
                  architecture="x64", maker="m", model="m", clock=mark, clock_skew=0.0, addresses=(), mac_addresses=(),
                  powershell="2.0", bits=64),
        software=Software(vpxd=None, web=len(mark) > 1, license=True, view="native", license_sources=()),
        services=services,
        files=Files(licenses=None, ssl=None, upgrade=Folder(path="C:\\u", files=files), vpxd_cfg=ConfigFile(
            path="C:\\v", size=1, modified="x", sha256=mark, settings=settings)),
        registry=Registry(native=RegistryTree(path="SOFTWARE\\V", keys=keys), wow6432=None),
        database=Database(dsn="VC", server=mark, database="VCDB", driver="d"),
        accounts=Accounts(users=(), groups=(Group(name="Administrators", sid="S-1-5-32-544", members=members),)),
        names=(Resolution(name="VC", addresses=(mark,)),),
        cluster=ClusterView(name="CLU", identity="id", nodes=(), groups=(), resources=(resource,), quorum_resource=mark,
                            quorum_type=None, interfaces=(), conflicts=()),
    )  # fmt: skip


def count(value: Any) -> int:
    """Facts in a value."""
    if isinstance(value, Fact):
        return sum(count(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, tuple) and value and isinstance(value[0], Fact):
        return sum(map(count, value))
    return 1


def best(work: Any) -> float:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    before = snapshot("a")
    facts = count(before)
    assert facts >= FACTS, facts
    slow = 0.0
    for what, after in (("nothing", before), ("every section", snapshot("bb")), ("every value", None)):
        left, right = (before, after) if after else (snapshot("a", everything=True), snapshot("bb", everything=True))
        with tempfile.TemporaryDirectory() as folder:
            names = [str(Path(folder, name)) for name in ("before.json", "after.json")]
            for name, each in zip(names, (left, right), strict=True):
                Path(name).write_bytes(encode(each))
            command = [VCAUDIT, "diff", *names]
            whole = best(lambda command=command: subprocess.run(command, stdout=subprocess.DEVNULL, check=False))
        alone = best(lambda left=left, right=right: between(left, right))
        changed = len(between(left, right).changed)
        print(f"{whole * 1000:7.0f} ms  vcaudit diff, {facts:,} facts, {what} touched: {changed:,} differ "
              f"(comparing alone {alone * 1000:.0f} ms)")  # fmt: skip
        slow = whole if what == "every section" else slow
    sections = {name for name in NodeSnapshot.__struct_fields__ if name not in ("synchronization", "extra")}
    touched = {fact.leaf.path[0] for fact in between(before, snapshot("bb")).changed} | {"provenance", "name"}
    assert sections <= touched, sections - touched
    if slow > LIMIT:
        sys.exit(f"comparing takes {slow:.2f} s, more than {LIMIT} s")


if __name__ == "__main__":
    main()
