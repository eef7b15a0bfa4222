"""What was knocked at, as rules see it: what is a failure, what is not known, and who shows which certificate."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.build import ADDRESS, EVERY_NODE, GONE, change, healthy
from tests.inprocess import pack
from vcaudit.evaluate import evaluate
from vcaudit.evaluate.schema_operation import AnswerView
from vcaudit.evaluate.view import build_view
from vcaudit.results import Outcome, Result
from vcaudit.snapshot.facts import Door, Probe
from vcaudit.snapshot.model import NOT_PROBED, Auditor, Snapshot


def probe(outcome: Any = "answered", role: Any = "vpxd", port: int = 443, **more: Any) -> Probe:
    known: dict[str, Any] = {"address": ADDRESS, "told_by": "default", "expected": True}
    own = {key: more.pop(key) for key in tuple(more) if key in Door.__struct_fields__}
    door = Door(**{**known, "role": role, "port": port, **own})
    return Probe(**{"door": door, "via": f"{ADDRESS}:{port}", "outcome": outcome, "milliseconds": 3, **more})


def tried(*probes: Probe) -> Snapshot:
    return change(healthy(), "auditor.probes", probes)  # type: ignore[no-any-return]


def answer(snapshot: Snapshot) -> AnswerView:
    found = build_view(snapshot).vc.answers
    assert isinstance(found, tuple)
    return found[0]


def results(snapshot: Snapshot, rule: str) -> list[Result]:
    return [each for each in evaluate(snapshot, pack()).results if each.rule == rule]


def only(snapshot: Snapshot, rule: str = "VC-PRB-001") -> Result:
    [found] = results(snapshot, rule)
    return found


@pytest.mark.parametrize("rule", ["VC-PRB-001", "VC-PRB-002", "VC-PRB-003"])
def test_without_probes_it_is_not_asked_and_says_how_to_ask(rule: str) -> None:
    found = only(change(healthy(), "auditor.probes", NOT_PROBED), rule)
    assert found.outcome is Outcome.NOT_ASKED
    assert "--probe" in str(found.detail)


def test_what_answers_passes_and_says_how_fast() -> None:
    found = only(tried(probe()))
    assert (found.outcome, found.observed) == (Outcome.PASS, "answered after 3 ms")
    assert found.subject == "VirtualCenter Server at 192.0.2.50:443"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("refused", "refused the connection"), ("timeout", "did not answer"), ("silent", "says nothing"),
        ("no host", "nobody's address, or barred"),
    ],
)  # fmt: skip
def test_what_does_not_answer_fails_and_says_from_where(outcome: str, words: str) -> None:
    found = only(tried(probe(outcome, error="said (ECODE)")))
    assert found.outcome is Outcome.FAIL
    assert "from where vcaudit runs" in found.message
    assert words in found.message
    assert "ECODE" in found.message


def test_no_way_there_is_about_this_machine() -> None:
    found = only(tried(probe("unreachable", error="Network is unreachable (ENETUNREACH)")))
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, "unreachable")
    assert "ENETUNREACH" in str(found.detail)


def test_a_port_that_was_guessed_counts_when_it_answers_only() -> None:
    assert only(tried(probe(expected=GONE))).outcome is Outcome.PASS
    found = only(tried(probe("refused", expected=GONE)))
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, GONE.reason)


def test_an_address_that_nobody_knows_is_unknown() -> None:
    found = only(tried(probe(GONE, address=GONE)))
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, GONE.reason)


def test_a_role_that_was_not_tried_is_not_applicable() -> None:
    assert only(tried(probe()), "VC-PRB-002").outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("state", ["offline", "online pending", "failed"])
def test_whatever_state_the_resource_is_in_clients_see_the_address(state: str) -> None:
    snapshot = change(tried(probe("refused")), EVERY_NODE + "resources.VC Server.state", state)
    found = only(snapshot)
    assert found.outcome is Outcome.FAIL
    assert found.remediation is not None
    assert f"is {state}" in found.remediation.text


def test_the_cluster_is_not_needed_to_know_that_it_answers() -> None:
    snapshot = change(tried(probe()), "nodes.*.cluster", GONE)
    assert only(snapshot).outcome is Outcome.PASS
    assert answer(snapshot).state == GONE


def test_another_way_there_is_named() -> None:
    assert answer(tried(probe())).via == ""
    snapshot = tried(probe("refused", via="198.51.100.7:8443"))
    assert answer(snapshot).via == "198.51.100.7:8443"
    assert "through 198.51.100.7:8443" in only(snapshot).message


def test_the_certificate_is_compared_with_the_owners() -> None:
    assert answer(tried(probe())).known_as is None
    assert answer(tried(probe(certificate="f" * 64))).known_as == "rui.crt of VCNODE1"
    other = tried(probe(certificate="0" * 64))
    assert answer(other).known_as == "another certificate than rui.crt of VCNODE1"
    assert answer(change(other, "nodes.*.files", GONE)).known_as == GONE
    found = only(other)
    assert found.outcome is Outcome.PASS
    assert "certificate that was shown there: another certificate than rui.crt of VCNODE1" in found.evidence
    # That it cannot be compared costs only that line.
    assert only(change(other, "nodes.*.files", GONE)).outcome is Outcome.PASS


def test_old_snapshots_say_that_they_were_not_asked() -> None:
    old = Auditor(version="0", names=(), resolver="system")
    assert build_view(change(healthy(), "auditor", old)).vc.answers == NOT_PROBED
