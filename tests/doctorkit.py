"""What the tests of the doctor share: one simulated node, spoiled as a test likes, and its examination."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from wirekit import PASSWORD, USER

from vcaudit.collect.doctor import Examination, Step
from vcaudit.doctor import Interruptible, examine
from vcaudit.inventory import Cluster, CredentialSpec, Node, WinRM
from vcaudit.lab.node import Node as Simulated
from vcaudit.lab.scenario import load
from vcaudit.lab.server import Endpoint, authority
from vcaudit.lab.windows import execute
from vcaudit.secrets import Credentials
from vcaudit.snapshot.model import Declared
from vcaudit.yamlfile import Document

CREDENTIAL = CredentialSpec(name="admin", user=USER, source="env", place="VC_DOCTOR")


def simulated(scenario: str = "quorum-disk-2003", **changes: Any) -> Simulated:
    """The standby of a scenario."""
    healthy = load(scenario)
    name = str(healthy.words["standby"])
    described = healthy.patched({"nodes": {name: changes}}, Document("changes"))
    return Simulated.from_description(name, described.nodes[name])


def cluster_of(endpoint: Endpoint, route: str = "ntlm http", **settings: Any) -> Cluster:
    """The inventory's cluster for one endpoint."""
    transport, scheme = route.split()
    secure = scheme == "https"
    typed: Literal["http", "https"] = "https" if secure else "http"
    winrm = WinRM(
        transport=transport,  # type: ignore[arg-type]
        scheme=typed,
        ca=Path(authority().ca_file) if secure and "fingerprint" not in settings else None,
        fingerprint=settings.pop("fingerprint", None),
    )
    return Cluster(
        name="CORP-VC",
        nodes=(Node(name="VCNODE2", address=settings.pop("address", "127.0.0.1"), port=endpoint.port),),
        credential=settings.pop("credential", CREDENTIAL),
        winrm=winrm,
        declared=Declared(nodes=("VCNODE2",)),
        timeout=settings.pop("timeout", 8.0),
    )


def examination(node: Simulated | None = None, route: str = "ntlm http", **given: Any) -> Examination:
    """Of a node behind an endpoint; `given`: faults and settings of either."""
    settings = {key: given.pop(key) for key in ("address", "fingerprint", "credential", "timeout") if key in given}
    there = node or simulated()
    run = given.pop("run", lambda line, stdin: execute(there, line, stdin))
    with Endpoint(run, {USER: PASSWORD}, tls=route.endswith("https"), **given) as endpoint:
        (found,) = examine(cluster_of(endpoint, route, **settings), Credentials(), Interruptible())
        assert endpoint.open_shells == 0
        return found


def states(found: Examination) -> dict[str, str]:
    return {step.id: step.state for step in found.steps}


def step(found: Examination, id: str) -> Step:
    (only,) = [each for each in found.steps if each.id == id]
    return only
