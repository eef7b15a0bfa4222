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
    drills: Sequence[Recorded] = ()
    """Records of failovers that were tried, of all clusters, beside those that the inventory named."""

    def baseline_of(self, snapshot: Snapshot) -> Baseline | None:
        """The approved snapshot of a cluster. Raises SnapshotError when the one of its name is of another."""
        found = next((one for one in self.baselines if one.snapshot.cluster == snapshot.cluster), None)
        if found is not None:
            found.check(snapshot)
        return found
