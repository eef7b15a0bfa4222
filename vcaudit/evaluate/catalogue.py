"""What the tech note asks for, by ids that never change: every rule of the note's pack answers to some of them."""

from __future__ import annotations

from typing import Final

REQUIREMENTS: Final = {
    "A1": "The cluster has two member nodes, and both are up",
    "A2": "Every node belongs to the same domain",
    "A3": "There is a quorum that survives the loss of a node",
    "A4": "The witness share is on a third server that runs no VirtualCenter",
    "A5": "The nodes of a majority node set are physical machines",
    "A6": "VirtualCenter is 2.0.1 Patch 2 or later, and the same everywhere",
    "A7": "The tightly coupled parts are installed on every node",
    "A8": "The database is elsewhere, and every node uses the same one",
    "A9": "The same choices were made at installation on every node",
    "A10": "The license server is local, or clustered in its own group",
    "B1": "The five resources of Table 2 exist, each with its type",
    "B2": "They are in one group, or the license server in a second one",
    "B3": "The group has no preferred owners",
    "B4": "Each role is filled once",
    "B5": "Other resources in the group are listed",
    "C1": "Each resource runs in a separate Resource Monitor",
    "C2": "All nodes are possible owners",
    "C3": "Resources depend on each other as in Table 4",
    "C4": "Resources and groups are online",
    "D1": "The IP address, its netmask, NetBIOS",
    "D2": "The network name, and that it resolves to the address",
    "D3": "Parameters of the VirtualCenter Server resource",
    "D4": "Parameters of the Web access resource",
    "D5": "Parameters of the license server resource",
    "D6": "Registry replication, as the place of the address asks for",
    "E1": "managedip is set in one place, the same on every node",
    "E2": "Its value is the virtual server's address",
    "E3": "In vpxd.cfg it is in its place, once, and valid",
    "E4": "It is not the address of a node",
    "E5": "Its form in the registry",
    "F1": "License files are the same",
    "F2": "vpxd.cfg says the same",
    "F3": "SSL files are the same",
    "F4": "Upgrade files are the same",
    "F5": "Registry entries are the same",
    "F6": "Accounts that hold roles exist on every node",
    "F7": "A way of keeping the nodes synchronised is set up",
    "F8": "Synchronisation as a cluster resource",
    "F9": "The licences are usable on every node",
    "G1": "The license server's own group is complete and chained",
    "G2": "Both groups carry the same anti-affinity value",
    "G3": "The two groups are on different nodes",
    "H1": "The services run on the node that owns their group, and only there",
    "H2": "The services answer at the virtual server's address",
    "H3": "Failover was tested in both directions",
    "H4": "Each role could start on each node now",
    "H5": "Start modes leave starting to the cluster",
}
"""Id → what it asks, in short."""

VIEWS: Final = {
    "H4": "the readiness matrix of every report: a fold over the results of all rules, which say what they block",
}
"""Id → why no rule of its own answers it."""

REFUSED: Final = {
    "VC-CLU-003": "a target that answers and is no member of the cluster is refused before anything is judged (exit 3)",
}
"""Rule → why no scan can show its failure."""
