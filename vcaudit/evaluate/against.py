"""What a snapshot is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.waivers import WaiverFile
from vcaudit.snapshot.drills import Recorded
from vcaudit.snapshot.model import Snapshot

if TYPE_CHECKING:
    from vcaudit.evaluate.baseline import Baseline


@dataclass(frozen=True, kw_only=True)
class Against:
    """Everything `evaluate` takes beside the snapshot; the same for every cluster of a run."""

    pack: Pack
    """One pack, or several put together."""
    waivers: Sequence[WaiverFile] = ()
    baselines: Sequence[Baseline] = ()
    """Approved snapshots, one for a cluster at most."""
    clusters: Sequence[str] = ()
    """Names of those that may be judged."""
    drills: Sequence[Recorded] = ()
    """Records of failovers that were tried, of all clusters, beside those that the inventory named."""

    def baseline_of(self, snapshot: Snapshot) -> Baseline | None:
        """The approved snapshot of a cluster. Raises SnapshotError when the one of its name is of another."""
        found = self._chosen(snapshot)
        if found is not None:
            found.check(snapshot)
        return found

    def strays(self, snapshots: Sequence[Snapshot]) -> tuple[Baseline, ...]:
        """Approved snapshots of none of these, nor of a cluster that may be judged another time."""
        used = [self._chosen(snapshot) for snapshot in snapshots]
        later = set(self.clusters) - {snapshot.cluster for snapshot in snapshots}
        return tuple(one for one in self.baselines
                     if not any(one is each for each in used) and one.snapshot.cluster not in later)  # fmt: skip

    def _chosen(self, snapshot: Snapshot) -> Baseline | None:
        from vcaudit.evaluate.baseline import chosen

        return chosen(self.baselines, snapshot, self.clusters) if self.baselines else None
