"""What every format says in the same words: names, counts, sentences. Judges nothing itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from vcaudit.report.escape import line
from vcaudit.results import (
    AuditResults,
    BaselineUsed,
    ClusterResult,
    Comparison,
    Compliance,
    NodeProvenance,
    ProvenanceRecord,
    Readiness,
    Result,
    Row,
    Severity,
)

ROLE_NAMES: Final = {
    "ip": "IP address",
    "name": "Network name",
    "vpxd": "VirtualCenter Server",
    "web": "Web access",
    "license": "License server",
    "license_ip": "License IP address",
    "license_name": "License network name",
}
MARKS: Final = {"yes": "✓", "degraded": "!", "no": "✗", "unknown": "?"}
"""A sign an answer, always beside a word."""
CELL_ANSWERS: Final = {
    Readiness.GO: "yes",
    Readiness.DEGRADED: "degraded",
    Readiness.NO_GO: "no",
    Readiness.UNKNOWN: "unknown",
}
ANSWER_WORDS: Final = {"yes": "Yes", "degraded": "Partly", "no": "No", "unknown": "Cannot tell"}


def spent(node: NodeProvenance) -> tuple[str, ...]:
    """`8 of 300 requests`, …: what was spent on a node, and of which budget."""
    budget = node.budget
    script = None if node.collector_milliseconds is None else node.collector_milliseconds / 1000
    if budget is None:
        out = [f"{node.requests} requests", f"{node.seconds:.1f} s", f"{node.bytes_sent:,} bytes sent",
               f"{node.bytes_received:,} bytes back"]  # fmt: skip
        return (*out, f"{script:.1f} s in the script") if script is not None else tuple(out)
    return (
        f"{node.requests} of {budget.requests:,} requests",
        f"{node.seconds:.1f} of {budget.seconds:g} s",
        f"{node.bytes_sent:,} bytes sent",
        f"{node.bytes_received:,} of {budget.received_bytes:,} bytes back",
        f"{'no answer' if script is None else f'{script:.1f}'} of {budget.script_seconds} s in the script",
        f"WMI at most {budget.wmi_seconds} s a question",
    )


def packs(record: ProvenanceRecord) -> tuple[tuple[str, str], ...]:
    """Name with version, and SHA-256, of every rule pack."""
    each = tuple((f"{pack.name} {pack.version}", pack.sha256) for pack in record.packs)
    return each or ((record.rule_pack, record.rule_pack_sha256),)


def percent(share: float) -> int:
    """Rounded down: 99.9 % must not read as all of it."""
    return math.floor(share * 100 + 1e-9)


def compliance(value: Compliance) -> str:
    """`91–95 %`, one figure when the ends meet."""
    if not value.applicable:
        return "not computed, nothing applies"
    return _between(value.lower, value.upper)


def without_waivers(value: Compliance) -> str:
    """The same as if nothing were waived; results of older versions know the upper end alone."""
    low, high = value.lower_without_waivers, value.without_waivers
    return f"{percent(high)} %" if low is None else _between(low, high)


def _between(lower: float, upper: float) -> str:
    low, high = percent(lower), percent(upper)
    return f"{high} %" if low == high else f"{low}–{high} %"


def counts(cluster: ClusterResult) -> tuple[str, ...]:
    """`2 failed (1 critical, 1 medium)`, `1 unknown`, …: failed and passed always, the rest when there is any."""
    summary = cluster.summary
    ranked = [(severity, summary.failed.get(severity, 0)) for severity in Severity]
    worst = ", ".join(f"{count} {severity}" for severity, count in ranked if count)
    failed = sum(count for _, count in ranked)
    out = [f"{failed} failed ({worst})" if failed else "0 failed"]
    rest = (
        (summary.unknown, "unknown"),
        (summary.not_asked, "not asked"),
        (summary.waived, "waived"),
    )
    out += [f"{count} {word}" for count, word in rest if count]
    out.append(f"{summary.passed} passed")
    out += [f"{summary.not_applicable} not applicable"] if summary.not_applicable else []
    return tuple(out)


def headline(results: AuditResults) -> str:
    """The document's title: the answer first, then what it is about."""
    answers = [cluster.verdict.answer for cluster in results.clusters]
    if len(results.clusters) == 1:
        return f"{ANSWER_WORDS[answers[0]]}: {line(results.clusters[0].name, 60)}"
    ready = answers.count("yes")
    return f"{ready} of {len(answers)} clusters would take over"


def role_name(role: str) -> str:
    """In words; other resources are called by their name."""
    return ROLE_NAMES.get(role, role)


def when(moment: str) -> str:
    """RFC 3339 for people: `2026-11-22 09:14:07Z`."""
    return moment.replace("T", " ", 1)


def approved(used: BaselineUsed) -> str:
    """The approved snapshot, as every report names it."""
    return f"{used.file}, taken {when(used.taken_at)}, sha256 {used.sha256}"


def plural(count: int, word: str) -> str:
    """`1 check`, `25 checks`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def places(results: Sequence[Result]) -> str:
    """`VC IP, VC Name on VCNODE1, VCNODE2; VC Web on VCNODE1`: subjects that hold for the same nodes together."""
    nodes: dict[tuple[str, str], list[str]] = {}
    for result in results:
        subject, word, node = _place(result)
        nodes.setdefault((subject, word), []).extend([node] if node else [])
    subjects: dict[str, list[str]] = {}
    for (subject, word), found in nodes.items():
        subjects.setdefault(f"{word}{', '.join(dict.fromkeys(found))}", []).append(subject)
    return "; ".join((", ".join(filter(None, names)) + where).strip() for where, names in subjects.items())


def _place(result: Result) -> tuple[str, str, str]:
    """Subject, what joins it to the node, node: `vpxd on VCNODE1` is taken apart, so that nodes can be gathered."""
    node = line(result.node, 60) if result.node else ""
    subject = line(result.subject, 60)
    if subject == node:
        return "", " ", node
    for word in (" on ", " of "):
        if node and subject.endswith(word + node):
            return subject.removesuffix(word + node), word, node
    return subject, " on " if node else "", node


def ordered(comparison: Comparison) -> tuple[Row, ...]:
    """What differs first, then what could not be compared, then the rest."""
    return tuple(sorted(comparison.rows, key=lambda row: (row.same is not False, row.same is not None)))


def alike(row: Row) -> bool:
    """The same on every node in every letter; things can be the same and still read otherwise (a service that runs)."""
    return bool(row.same) and len(set(row.cells)) == 1


def seen(results: Sequence[Result]) -> tuple[tuple[str, str], ...]:
    """Places and what was seen there, places with the same observation together: evidence of the good, short."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.observed or "", []).append(result)
    return tuple((places(found), observed) for observed, found in groups.items())
