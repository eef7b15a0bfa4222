"""What reports say about waivers, in the same words everywhere: on whose word, until when, and which did not apply."""

from __future__ import annotations

from typing import Final

from vcaudit.report import summary
from vcaudit.report.escape import line
from vcaudit.results import ClusterResult, Result, WaiverFileUsed

USUAL_DAYS: Final = 365
ASSERTED: Final = (
    "A waiver's names are what its file states: asserted, not verified. A waived failure is still a failure: it is "
    "looked at anew each time, counts in the figure without waivers, and keeps a role from starting as before."
)
NAME: Final = 80
"""Characters of a person's name, a ticket or an id."""


def terms(result: Result) -> tuple[tuple[str, str], ...]:
    """Label and text of each thing to say about a failure that is accepted."""
    waiver = result.waiver
    if waiver is None:
        return (("accepted", f"{result.reason or 'no reason was given'} (in the inventory, which has no expiry)"),)
    ticket = f", {line(waiver.ticket, NAME)}" if waiver.ticket else ""
    also = f", together with {', '.join(line(each, NAME) for each in waiver.together_with)}"
    until = f"{line(waiver.id, NAME)} until the end of {waiver.expires} UTC{ticket}"
    people = f"requested by {line(waiver.requested_by, NAME)}, approved by {line(waiver.approved_by, NAME)}"
    return (
        ("waived", until + (also if waiver.together_with else "")),
        ("why", waiver.justification.strip()),
        ("by", f"{people} (names as asserted, not verified)"),
        ("from", f"{line(waiver.file)}:{waiver.line}, SHA-256 {waiver.file_sha256[:16]}, run as "
                 f"{line(waiver.run_as, NAME) or 'nobody knows whom'}"),
    )  # fmt: skip


def statements(cluster: ClusterResult) -> tuple[str, ...]:
    """A sentence for each waiver that did not apply, or that leaves out something in its scope."""
    told = [state for state in cluster.waivers if state.state != "applied" or state.detail]
    return tuple(f"{state.sentence} ({line(state.waiver.file)}:{state.waiver.line})" for state in told)


def used(cluster: ClusterResult) -> tuple[tuple[str, str], ...]:
    """Label and text of each thing that was accepted, and of each file of waivers, for the provenance."""
    record = cluster.provenance
    rows = [("accepted", f"{each} (in the inventory, which has no expiry)") for each in cluster.accepted]
    rows += [("waivers", f"{_file(each)}; run as {record.run_as or 'nobody knows whom'}; names in it are asserted, not "
              "verified") for each in record.waiver_files]  # fmt: skip
    return tuple(rows)


def without(cluster: ClusterResult) -> str:
    """`69–74 % without waivers`, one figure when the ends meet; empty where nothing is waived."""
    if not cluster.summary.waived or not cluster.compliance.applicable:
        return ""
    return f"{summary.without_waivers(cluster.compliance)} without waivers"


def _file(each: WaiverFileUsed) -> str:
    count = f"{each.waivers} waiver{'' if each.waivers == 1 else 's'}"
    days = "" if each.max_days == USUAL_DAYS else f", may live {each.max_days} days instead of {USUAL_DAYS}"
    return f"{line(each.file)}: {count}{days}, SHA-256 {each.sha256}"
