"""`vcaudit demo`: the whole thing on a simulated cluster, for whoever has none at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from vcaudit.cli import options
from vcaudit.cli.app import say
from vcaudit.errors import UsageError

if TYPE_CHECKING:
    from vcaudit.lab.scenario import Scenario

SCENARIO: Final = "quorum-disk-2003"
FAULTS: Final = ("ssl-differs", "owner-missing-license", "monitor-not-separate", "preferred-owner")
"""Things that go wrong in real clusters, and that nobody sees before the failover."""


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default=Path("demo-output"),
              show_default=True, metavar="FOLDER", help="Where the reports go.")  # fmt: skip
@options.messages
def demo(output: Path, verbose: int) -> int:
    """Scan a simulated broken cluster and write all reports.

    Starts two simulated nodes on this machine, which speak real WinRM, and scans them like any other. The cluster is
    broken on purpose; the exit code is 0 all the same.
    """
    from vcaudit import pipeline
    from vcaudit.cli.progress import shown
    from vcaudit.cli.writing import targets, write
    from vcaudit.evaluate.against import Against
    from vcaudit.inventory import load_inventory
    from vcaudit.lab.harness import Lab
    from vcaudit.secrets import Credentials

    if find_spec("tree_sitter_powershell") is None:
        raise UsageError("the demo needs the lab", hint="install it with: pip install 'vcaudit[lab]'")
    output.mkdir(parents=True, exist_ok=True)
    chosen = targets(["text", *(f"{name}:{output / 'report'}.{name}" for name in ("html", "pdf", "json"))])
    with Lab(_broken()) as lab, with_environment(lab.environment):
        assert lab.inventory is not None
        inventory = load_inventory(lab.inventory)
        (cluster,) = inventory.clusters
        held = Against(pack=pipeline.rules(inventory))
        with shown([cluster]) as progress:
            results = pipeline.scan(cluster, held, Credentials(), pipeline.Connections(), progress(cluster))
    write(results, chosen)
    say("this cluster is simulated and broken on purpose")
    return 0


def _broken() -> Scenario:
    from vcaudit.lab.faults import apply
    from vcaudit.lab.scenario import load

    scenario = load(SCENARIO)
    for fault in FAULTS:
        scenario, _ = apply(scenario, fault)
    return scenario


@contextmanager
def with_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The lab's password where its inventory looks for it, and nothing left of it afterwards."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
