"""Where facts about the cluster come from when WMI does not give them, and where two sources contradict each other."""

from __future__ import annotations

from typing import Literal, TypeAlias

from vcaudit.snapshot.base import Fact

Told: TypeAlias = Literal["wmi", "cluster.exe", "hive"]
"""WMI, what cluster.exe lists, or the cluster hive (`HKLM\\Cluster`): in this order one stands in for another."""


class Source(Fact, frozen=True, kw_only=True):
    """Facts of the cluster that WMI did not give, and what gave them."""

    what: str
    """groups, possible owners, checkpoints, …"""
    source: Told


class SourceConflict(Fact, frozen=True, kw_only=True):
    """A fact that two sources on one node tell differently."""

    subject: str
    """`VC Server: registry checkpoints`"""
    said: str
    """`WMI: none; hive: SOFTWARE\\X`"""
