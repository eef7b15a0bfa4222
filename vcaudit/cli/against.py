"""What the clusters are held against: said once for every verb that judges, read once for all clusters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from vcaudit.cli.app import say
from vcaudit.cli.files import read_input
from vcaudit.cli.options import compose, packs
from vcaudit.errors import UsageError
from vcaudit.yamlfile import suggest

if TYPE_CHECKING:
    from vcaudit.evaluate.against import Against
    from vcaudit.evaluate.baseline import Baseline
    from vcaudit.evaluate.rule import Pack
    from vcaudit.evaluate.waivers import WaiverFile
    from vcaudit.inventory import Inventory
    from vcaudit.snapshot.drills import Recorded
    from vcaudit.snapshot.model import Snapshot

PACKS = ("tn019",)
"""When none is named."""
DRIFT = "drift"
"""The pack that an approved snapshot is given for: it need not be named."""

baseline = click.option(
    "--baseline", "baselines", multiple=True, metavar="FILE",
    help="A snapshot that was approved: fail what has changed since. One for each cluster; repeatable.",
)  # fmt: skip

drill = click.option(
    "--drill", "drills", multiple=True, metavar="FILE",
    help="Record of a failover that was tried, or a folder of such, beside those the inventory names; repeatable.",
)  # fmt: skip

waivers = click.option(
    "--waivers", "waivers", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Failures that are taken on for a time, beside those of the files that the inventory names; repeatable.",
)  # fmt: skip

against = compose(packs, baseline, drill, waivers)
"""The options that choose it; `load` takes what they were given."""


def load(inventory: Inventory | None, given: Mapping[str, Any], clusters: Sequence[str] = ()) -> Against:
    """Reads everything the options name; all problems of a file at once.

    Raises RuleError, WaiverError, and InventoryError when the inventory says something about rules that do not exist.
    """
    from vcaudit import pipeline
    from vcaudit.evaluate.against import Against

    pack = pipeline.rules(inventory, _packs(given))
    if not (pack.rules or pack.switched_off):
        hint = f"name the pack whose rules are meant beside it: --pack {PACKS[0]},./ours"
        raise UsageError(f"there is no rule in {pack.name}: nothing would be judged", where="--pack", hint=hint)
    return Against(
        pack=pack,
        waivers=_waivers(inventory, given, pack, clusters),
        baselines=_baselines(given),
        clusters=clusters,
        drills=_drills(given, clusters),
    )


def _packs(given: Mapping[str, Any]) -> tuple[str, ...]:
    """Those named, and that of an approved snapshot where there is one."""
    named = tuple(given.get("packs") or PACKS)
    known = {part.strip() for text in named for part in text.split(",")}
    return (*named, DRIFT) if given.get("baselines") and DRIFT not in known else named


def strays(held: Against, snapshots: Sequence[Snapshot]) -> list[UsageError]:
    """What is wrong with the approved snapshots: each has to be of a cluster that is judged."""
    if not snapshots:
        return []
    names = [snapshot.cluster for snapshot in snapshots]
    hint = f"by its identity, or by its name where one has none; clusters that are judged: {', '.join(names)}"
    told = [(one.file, one.snapshot.cluster) for one in held.strays(snapshots)]
    what = "is an approved snapshot of {}, which is none of the clusters that are judged{}"
    return [UsageError(what.format(cluster, suggest(cluster, names)), where=file, hint=hint) for file, cluster in told]


def _baselines(given: Mapping[str, Any]) -> tuple[Baseline, ...]:
    """The approved snapshots; one for each cluster at most."""
    from vcaudit.evaluate.baseline import Baseline
    from vcaudit.snapshot.codec import decode

    found: list[Baseline] = []
    for name in given.get("baselines") or ():
        data = read_input(name)
        path = Path(name).as_posix()
        one = Baseline(snapshot=decode(data, path), file=path, sha256=hashlib.sha256(data).hexdigest())
        twin = next((each for each in found if _alike(each.snapshot, one.snapshot)), None)
        if twin is not None:
            cluster = one.snapshot.cluster
            raise UsageError(f"two approved snapshots are of the cluster {cluster}: {twin.file} and {path}")
        found.append(one)
    return tuple(found)


def _alike(one: Snapshot, other: Snapshot) -> bool:
    from vcaudit.drift.identity import one_cluster

    return one.cluster == other.cluster or one_cluster(one, other) == "identity"


def _drills(given: Mapping[str, Any], clusters: Sequence[str]) -> tuple[Recorded, ...]:
    """The records that are named here, beside those of the snapshot. Raises DrillError."""
    named = given.get("drills") or ()
    if not named:
        return ()
    from vcaudit.inventory.drillfile import load_drills
    from vcaudit.inventory.operation import drill_files

    return load_drills([(file, "") for file in drill_files({"drills": list(named)}, Path())], clusters)


def _waivers(
    inventory: Inventory | None, given: Mapping[str, Any], pack: Pack, clusters: Sequence[str]
) -> tuple[WaiverFile, ...]:
    """The waivers of the files that the inventory names and of those named here. Raises WaiverError."""
    named = [*(inventory.waivers if inventory else ()), *(given.get("waivers") or ())]
    if not named:
        return ()
    from vcaudit.waivers import check_rules, load
    from vcaudit.waivers.user import run_as

    reads = load(named, run_as())
    check_rules(reads, [rule.id for rule in (*pack.rules, *pack.switched_off)], pack.elsewhere)
    known = [*clusters, *(cluster.name for cluster in (inventory.clusters if inventory else ()))]
    return tuple(_with_strays(read.file, known) for read in reads)


def _with_strays(file: WaiverFile, known: Sequence[str]) -> WaiverFile:
    """With those about a cluster that is none of `known`: a report of another cluster would not miss them."""
    strays = {
        waiver.id: f"it is about the cluster {waiver.cluster}, which is not judged here{suggest(waiver.cluster, known)}"
        for waiver in file.waivers
        if waiver.cluster is not None and not any(map(waiver.concerns, known))
    }
    for waiver in file.waivers:
        if waiver.id in strays:
            say(f"{file.file}:{waiver.line}: {waiver.id}: {strays[waiver.id]}")
    return msgspec.structs.replace(file, strays=strays) if strays else file
