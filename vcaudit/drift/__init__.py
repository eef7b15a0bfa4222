"""What has changed between two snapshots of a cluster, or differs between two of its nodes (docs/drift.md).

Facts → leaves (snapshot/tree.py, where deepdiff is) → volatile ones aside, those of a moved group together → lines in
the cluster's own terms → a document, for `vcaudit diff` and for rules of kind unchanged alike.
"""
