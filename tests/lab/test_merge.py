"""Merging scenario documents, and filling in their words."""

from __future__ import annotations

import pytest

from vcaudit.lab.merge import compose, escaped, fill, merge

RFC_7396 = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    (["a"], {"a": 1}, {"a": 1}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
"""The test cases of the RFC's appendix A, without the one whose base holds a null (a scenario cannot)."""


@pytest.mark.parametrize(("base", "patch", "expected"), RFC_7396)
def test_a_patch_merges_as_the_rfc_says(base: object, patch: object, expected: object) -> None:
    assert merge(base, patch) == expected


def test_neither_side_of_a_merge_is_changed() -> None:
    base, patch = {"a": {"b": 1}}, {"a": {"c": 2, "b": None}}
    assert merge(base, patch) == {"a": {"c": 2}}
    assert (base, patch) == ({"a": {"b": 1}}, {"a": {"c": 2, "b": None}})


@pytest.mark.parametrize("spelled", ["software\\vmware", "SOFTWARE\\VMWARE", "Software\\VMware"])
def test_names_meet_without_regard_to_case_and_keep_the_first_spelling(spelled: str) -> None:
    base = {"Software\\VMware": {"HttpsPort": 443, "HttpPort": 80}}
    out = merge(base, {spelled: {"HTTPSPORT": 8443, "httpport": None}})
    assert out == {"Software\\VMware": {"HttpsPort": 8443}}


def test_one_patch_may_spell_a_new_name_in_two_ways() -> None:
    assert merge({}, {"Vpxd": {"a": 1}, "VPXD": {"b": 2}}) == {"Vpxd": {"a": 1, "b": 2}}


def unknown(word: str, path: tuple[str | int, ...]) -> None:
    raise AssertionError((word, path))


def test_a_name_in_a_reference_is_escaped_as_windows_escapes_it() -> None:
    words = {"group": 'The "VC" \\ Group'}
    assert fill('MSCluster_ResourceGroup.Name="${group}"', words, unknown) == (
        r'MSCluster_ResourceGroup.Name="The \"VC\" \\ Group"'
    )
    assert fill('"${group}"', words, unknown) == '"The "VC" \\ Group"'


def test_words_are_filled_in_keys_texts_and_lists() -> None:
    words = {"node": "A1", "key": "SOFTWARE\\${node}"}
    value = {"${key}": {"a": ["x ${node}", 7, None, True]}, "n": "${node}${node}"}
    assert fill(value, words, unknown) == {"SOFTWARE\\A1": {"a": ["x A1", 7, None, True]}, "n": "A1A1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$${node}", "${node}"), ("$$ and $", "$$ and $"), ("${", "${"), ("${a b}", "${a b}"), ("$${", "${")],
)
def test_dollars_that_are_meant_as_dollars(text: str, expected: str) -> None:
    assert fill(text, {"node": "A1"}, unknown) == expected


def test_an_unknown_word_is_told_with_its_path() -> None:
    found: list[tuple[str, tuple[str | int, ...]]] = []
    fill({"a": {"${no}": ["x", "${nope}"]}}, {}, lambda word, path: found.append((word, path)))
    assert found == [("no", ("a", "${no}")), ("nope", ("a", "${no}", 1))]


def test_words_that_stand_for_each_other_end() -> None:
    assert "${" in fill("${a}", {"a": "${b}", "b": "${a}"}, unknown)


def test_words_that_grow_without_end_are_stopped() -> None:
    words = {f"w{level}": f"${{w{level + 1}}}" * 10 for level in range(15)} | {"w15": "x"}
    assert len(fill("${w0}", words, unknown)) < 1 << 24


@pytest.mark.parametrize("text", ["${owner}", "$${owner}", "$$${x}", "a ${ b", "$", "$${", "cost: 5$ {x}"])
def test_what_is_escaped_fills_back_to_itself(text: str) -> None:
    value = {text: [text, {"k": text}]}
    assert fill(escaped(value), {"owner": "VCNODE1", "x": "y"}, unknown) == value


def test_patches_after_each_other_are_one_patch() -> None:
    base = {"a": 1, "b": {"c": 2, "D": 3}, "e": 4}
    first, then = {"b": {"c": None, "f": 5}, "g": 6}, {"a": None, "B": {"d": None, "F": 7}, "g": None}
    assert compose(first, then) == {"b": {"c": None, "f": 7, "d": None}, "g": None, "a": None}
    assert merge(base, compose(first, then)) == merge(merge(base, first), then) == {"b": {"f": 7}, "e": 4}


def test_a_property_without_a_value_is_no_removal() -> None:
    assert merge({"State": 2, "Type": "x"}, {"State": {"value": None}}) == {"State": {"value": None}, "Type": "x"}
    assert merge({"State": {"value": None}}, {"State": {"value": None}}) == {"State": {"value": None}}
    assert merge({"State": {"value": None}}, {"State": 2}) == {"State": 2}


def test_a_value_that_is_called_value_can_be_removed() -> None:
    assert merge({"SOFTWARE\\X": {"value": 1, "other": 2}}, {"SOFTWARE\\X": {"value": None}}) == {
        "SOFTWARE\\X": {"other": 2}
    }


def test_a_name_by_a_word_and_in_full_is_one_name() -> None:
    assert fill({"${a}": {"x": 1, "y": 1}, "A1": {"x": 2}}, {"a": "A1"}, unknown) == {"A1": {"x": 2, "y": 1}}
