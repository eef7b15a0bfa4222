"""Several packs at once: one list of rules, a score each, and overrides that nobody can overlook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.evaluate.packs import cluster_rule, context, pack, rule, write
from vcaudit.errors import RuleError, UsageError
from vcaudit.evaluate.engine import judge
from vcaudit.evaluate.loader import load_pack
from vcaudit.evaluate.packs import find, together, wrong_overrides
from vcaudit.evaluate.rule import Pack
from vcaudit.evaluate.scores import of_packs
from vcaudit.results import Outcome, Severity
from vcaudit.snapshot.model import Param

OFF = {"rule": "VC-RES-001", "off": True, "reason": "bought that way"}


def note(folder: Path, **changes: Any) -> Pack:
    return pack(folder / "tn019", rule(**changes), name="tn019", title="The note", version="1.0")


def ours(folder: Path, *rules: dict[str, Any], name: str = "ours", **head: Any) -> Pack:
    return pack(folder / name, *rules, name=name, **head)


def said(*packs: Pack) -> str:
    with pytest.raises(RuleError) as error:
        together(packs)
    return str(error.value)


def test_one_pack_stays_as_it_is(tmp_path: Path) -> None:
    only = note(tmp_path)
    assert together([only]) is only


def test_rules_follow_each_other_and_say_whence(tmp_path: Path) -> None:
    both = together([note(tmp_path), ours(tmp_path, cluster_rule(id="OURS-001"))])
    assert [(each.id, each.pack) for each in both.rules] == [("VC-RES-001", "tn019"), ("OURS-001", "ours")]
    assert [head.name for head in both.heads] == ["tn019", "ours"]
    assert both.name == "tn019, ours"


def test_the_note_comes_first_among_scores_wherever_it_was_named(tmp_path: Path) -> None:
    both = together([ours(tmp_path, cluster_rule(id="OURS-001", requirements=None)), note(tmp_path)])
    assert [head.name for head in both.heads] == ["tn019", "ours"]
    under = context(both)
    results = [result for each in both.rules for result in judge(each, under)]
    scores = of_packs(results, both.heads)
    assert [(score.pack, score.compliance.applicable, score.compliance.upper) for score in scores] == [
        ("tn019", 1, 1.0), ("ours", 1, 1.0),
    ]  # fmt: skip


def test_a_rule_without_requirement_counts_by_its_own_id(tmp_path: Path) -> None:
    rules = [cluster_rule(id=f"OURS-00{n}", requirements=None) for n in (1, 2)]
    rules[1] |= {"expression": "cluster.owner == null", "message": "there is one"}
    loaded = ours(tmp_path, *rules)
    under = context(loaded)
    (score,) = of_packs([result for each in loaded.rules for result in judge(each, under)], loaded.heads)
    assert (score.compliance.applicable, score.compliance.failed, score.compliance.lower) == (2, 1, 0.5)


def test_the_hash_of_several_is_that_of_all(tmp_path: Path) -> None:
    one, other = note(tmp_path), ours(tmp_path, cluster_rule(id="OURS-001"))
    changed = ours(tmp_path, cluster_rule(id="OURS-001", title="Another"), name="changed")
    assert len({one.sha256, together([one, other]).sha256, together([one, changed]).sha256}) == 3


def test_an_id_in_two_packs_names_both_files(tmp_path: Path) -> None:
    text = said(note(tmp_path), ours(tmp_path, rule()))
    assert f"{tmp_path}/ours/VC-RES-001.yaml:1: VC-RES-001 is also in {tmp_path}/tn019/VC-RES-001.yaml" in text


def test_two_packs_of_one_name_are_refused(tmp_path: Path) -> None:
    twin = pack(tmp_path / "other", cluster_rule(id="OURS-002"), name="tn019")
    assert f"{tmp_path}/other/pack.yaml:1: name: {tmp_path}/tn019 is a pack tn019, too" in said(note(tmp_path), twin)


def test_a_changed_severity_stands_in_evidence_and_provenance(tmp_path: Path) -> None:
    override = {"rule": "VC-RES-001", "severity": "low", "reason": "a monitor crashes rarely"}
    both = together([note(tmp_path), ours(tmp_path, overrides=[override])])
    (found,) = judge(both.rules[0], context(both))
    sentence = "VC-RES-001 severity low instead of high, set by pack ours: a monitor crashes rarely"
    assert (found.severity, found.pack) == (Severity.LOW, "tn019")
    assert sentence in found.evidence
    assert both.changes == (sentence,)


def test_a_changed_parameter_gives_way_to_the_inventory(tmp_path: Path) -> None:
    base = note(tmp_path, params={"tolerated": ["a"]}, expression="each.separate && each.name in params.tolerated")
    override = {"rule": "VC-RES-001", "params": {"tolerated": ["VCNODE1"]}, "reason": "as delivered"}
    both = together([base, ours(tmp_path, overrides=[override])])
    (found,) = judge(both.rules[0], context(both))
    assert found.outcome is Outcome.PASS
    assert "VC-RES-001 tolerated [VCNODE1] instead of [a], set by pack ours: as delivered" in found.evidence
    declared = (Param(rule="VC-RES-001", name="tolerated", value=("x",)),)
    (found,) = judge(both.rules[0], context(both, params=declared))
    assert found.outcome is Outcome.FAIL


def test_what_is_switched_off_is_not_looked_at_and_says_why(tmp_path: Path) -> None:
    both = together([note(tmp_path, requirements=["C1", "C2"]), ours(tmp_path, overrides=[OFF])])
    assert both.rules == ()
    assert [(each.requirement, each.rule) for each in both.not_looked] == [
        ("C1", "VC-RES-001"), ("C2", "VC-RES-001"),
    ]  # fmt: skip
    assert both.not_looked[0].reason == "switched off by pack ours: bought that way"
    assert both.rule("VC-RES-001") is not None  # an inventory may still speak of it


def test_not_looked_at_is_that_of_all_packs(tmp_path: Path) -> None:
    left = {"notLooked": [{"what": "cables", "reason": "nobody says"}]}
    both = together([ours(tmp_path, name="one", **left), ours(tmp_path, name="two", **left)])
    assert [each.what for each in both.not_looked] == ["cables", "cables"]


def test_versions_bind_each_pack_by_itself(tmp_path: Path) -> None:
    bound = cluster_rule(id="OLD-001", versionBound=True)
    free = cluster_rule(id="NEW-001", versionBound=True)
    both = together([
        ours(tmp_path, bound, name="old", versions={"from": "1.0", "below": "2.0"}),
        ours(tmp_path, free, name="new", versions={"from": "0.0", "below": "9.0"}),
    ])  # fmt: skip
    under = context(both)
    outcomes = {each.id: judge(each, under)[0].outcome for each in both.rules}
    assert outcomes == {"OLD-001": Outcome.NOT_APPLICABLE, "NEW-001": Outcome.PASS}


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ({"rule": "VC-RES-01", "off": True}, "there is no rule VC-RES-01 in tn019, ours (did you mean VC-RES-001?)"),
        ({"params": {"toleratd": ["x"]}}, "no parameter toleratd (did you mean tolerated?); it has: tolerated"),
        ({"params": {"tolerated": 3}}, "tolerated of VC-RES-001 must be list of string"),
        ({"severity": "info"}, "no rule becomes info; what should not fail is switched off"),
    ],
)
def test_an_override_that_cannot_be_meant(tmp_path: Path, override: dict[str, Any], problem: str) -> None:
    base = note(tmp_path, params={"tolerated": ["a"]}, expression="each.separate || each.name in params.tolerated")
    text = said(base, ours(tmp_path, overrides=[{"rule": "VC-RES-001", "reason": "so", **override}]))
    assert text.startswith(f"{tmp_path}/ours/pack.yaml:")
    assert problem in text


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ({"rule": "VC-RES-001", "off": True}, "reason is missing in overrides[1]"),
        ({"rule": "VC-RES-001", "reason": "x"}, "severity, params or off: true is missing"),
        ({"rule": "VC-RES-001", "reason": "x", "off": True, "severity": "low"}, "takes neither severity nor"),
        ({"rule": "VC-RES-001", "reason": "x", "sevrity": "low"}, "sevrity: unknown key (did you mean severity?)"),
        ({"rule": "VC-RES-001", "reason": "x", "severity": "lwo"}, "must be one of critical, high"),
        ({"off": True, "reason": "x"}, "rule is missing"),
    ],
)
def test_an_override_that_is_written_wrongly(tmp_path: Path, override: dict[str, Any], problem: str) -> None:
    with pytest.raises(RuleError) as error:
        ours(tmp_path, overrides=[override])
    assert problem in str(error.value)


def test_a_number_below_zero_where_the_default_is_above(tmp_path: Path) -> None:
    base = note(tmp_path, params={"hours": 24}, expression="each.separate || params.hours > 0")
    for hours, wrong in ((-48, True), (0, False), (48, False)):
        packs = (base, ours(tmp_path, overrides=[{"rule": "VC-RES-001", "reason": "so", "params": {"hours": hours}}]))
        if wrong:
            assert "hours of VC-RES-001 is below zero; its default is 24" in said(*packs)
        else:
            assert together(packs).rules[0].params == {"hours": hours}


def test_a_pattern_that_is_none(tmp_path: Path) -> None:
    base = note(tmp_path, params={"like": "^VC"}, expression="each.separate || each.name.matches(params.like)")
    override = {"rule": "VC-RES-001", "reason": "so", "params": {"like": "(VC"}}
    text = said(base, ours(tmp_path, overrides=[override]))
    assert text.startswith(f"{tmp_path}/ours/pack.yaml:")
    assert "VC-RES-001: params.like is no regular expression of RE2: missing ): (VC" in text


def test_two_packs_that_want_different_things(tmp_path: Path) -> None:
    changes = [{"rule": "VC-RES-001", "severity": severity, "reason": "x"} for severity in ("low", "medium")]
    packs = [ours(tmp_path, name=name, overrides=[each]) for name, each in zip(("one", "two"), changes, strict=True)]
    text = said(note(tmp_path), *packs)
    assert "overrides severity of VC-RES-001" in text
    assert f"{tmp_path}/one/pack.yaml:" in text.splitlines()[0]
    assert together([note(tmp_path), packs[0], ours(tmp_path, name="like", overrides=[changes[0]])])
    assert "VC-RES-001 is switched off and changed" in said(note(tmp_path), packs[0], ours(tmp_path, overrides=[OFF]))


def test_without_the_note_its_rules_are_said_to_be_elsewhere(tmp_path: Path) -> None:
    assert "those of the note are there with --pack tn019" in said(ours(tmp_path, overrides=[OFF]))


def test_packs_are_found_by_name_and_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    for name in ("tn019", "recommended"):
        write(shipped / name, name=name)
    write(tmp_path / "ours", rule(), name="ours")
    write(tmp_path / "a,b", name="comma")
    assert find(["tn019,recommended"], shipped) == [shipped / "tn019", shipped / "recommended"]
    assert find(["tn019", "./ours", "tn019", "ours/"], shipped) == [shipped / "tn019", Path("ours")]
    assert find(["./a,b"], shipped) == [Path("a,b")]
    with pytest.raises(UsageError, match=r"no rule pack ours \(did you mean ./ours\?\)"):
        find(["ours"], shipped)
    with pytest.raises(UsageError, match=r"no rule pack recomended \(did you mean recommended\?\)"):
        find(["recomended"], shipped)
    assert load_pack(find(["./ours"], shipped)[0]).name == "ours"


def test_an_override_of_a_rule_that_this_run_does_without_is_no_mistake(tmp_path: Path) -> None:
    changes = [OFF, {"rule": "VC-DRIFT-001", "severity": "low", "reason": "moves often"}]
    both = together([note(tmp_path), ours(tmp_path, overrides=changes)], {"VC-RES-001", "VC-DRIFT-001"})
    assert both.changes == (
        "VC-RES-001 switched off by pack ours: bought that way",
        "VC-DRIFT-001 is not judged here, which pack ours overrides: moves often",
    )
    alone = together([ours(tmp_path, overrides=[OFF])], {"VC-RES-001"})
    assert (alone.rules, alone.switched_off) == ((), ())
    with pytest.raises(RuleError, match=r"there is no rule VC-DRIFT-01 .*did you mean VC-DRIFT-001"):
        together([ours(tmp_path, overrides=[{**OFF, "rule": "VC-DRIFT-01"}])], {"VC-DRIFT-001"})


def test_overrides_are_held_against_all_the_others(tmp_path: Path) -> None:
    changes = [{**OFF, "rule": "VC-RES-0001"}, {"rule": "VC-RES-001", "params": {"hour": 1}, "reason": "so"},
               {**OFF, "rule": "OURS-001"}, OFF]  # fmt: skip
    one = ours(tmp_path, cluster_rule(id="OURS-001"), overrides=changes)
    # An id that both have is no matter here: the two need not be named together.
    others = [note(tmp_path), ours(tmp_path, rule(), name="fork")]
    found = [(Path(each.file).parent.name, each.message) for each in wrong_overrides(one, [one, *others])]
    assert [message.partition(":")[2].strip() for _, message in found[:1]] == [
        "there is no rule VC-RES-0001 in ours, tn019, fork (did you mean VC-RES-001?)"
    ]
    assert "VC-RES-001 has no parameter hour" in found[1][1]
    assert "VC-RES-001 is switched off and changed" in found[2][1]
    assert [folder for folder, _ in found] == ["ours"] * 3


def test_a_name_that_names_nothing(tmp_path: Path) -> None:
    write(tmp_path / "tn019", name="tn019")
    for text in (",", " ", "", " , "):
        with pytest.raises(UsageError, match="no rule pack is named"):
            find([text], tmp_path)
    assert find(["tn019,"], tmp_path) == [tmp_path / "tn019"]
