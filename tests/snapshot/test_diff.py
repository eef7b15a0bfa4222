"""Differences: each element by itself, in a stable order, and honest about what is not listed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcaudit.results import Difference
from vcaudit.snapshot.diff import LIMIT, differences

LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4), inner, max_size=4)
        | st.sets(st.text(max_size=4), max_size=4)
    ),
    max_leaves=12,
)


def told(reference: Any, deviating: Any) -> list[tuple[str, str, str | None, str | None]]:
    return [(one.path, one.change, one.reference, one.deviating) for one in differences(reference, deviating)]


@pytest.mark.parametrize(
    ("reference", "deviating", "expected"),
    [
        ({"a": "1"}, {"a": "1"}, []),
        ({"a": "1"}, {"a": "2"}, [("a", "changed", "1", "2")]),
        ({"a": "1"}, {}, [("a", "removed", "1", None)]),
        ({}, {"a": "1"}, [("a", "added", None, "1")]),
        ({"A": "1"}, {"a": "1"}, [("A", "removed", "1", None), ("a", "added", None, "1")]),
        ({"x": {"a": 1}}, {"x": {"a": 2, "b": {"c": 3}}},
         [("x / a", "changed", "1", "2"), ("x / b / c", "added", None, "3")]),
        ({"a", "b"}, {"b", "c"}, [("a", "removed", "a", None), ("c", "added", None, "c")]),
        ({"s": {"a"}}, {"s": set()}, [("s / a", "removed", "a", None)]),
        (["a", "b", "c"], ["b", "c"], [("[0]", "removed", "a", None)]),
        (("a",), ["a"], []),
        ({"a": None}, {"a": "x"}, [("a", "changed", "null", "x")]),
        ({"a": 1}, {"a": True}, [("a", "changed", "1", "true")]),
        ({"a": "1"}, {"a": 1}, [("a", "changed", "1", "1")]),
        ({"a": {"b": 1}}, {"a": "x"}, [("a", "changed", '{"b": 1}', "x")]),
        ("x", "y", [("", "changed", "x", "y")]),
        ({"__a": "1", "__c": "1"}, {"__b": "1", "__c": "2"},
         [("__a", "removed", "1", None), ("__b", "added", None, "1"), ("__c", "changed", "1", "2")]),
        ({"SSL\\rui.key": "1", "it's [odd] \"key\"": "1"}, {"SSL\\rui.key": "2", "it's [odd] \"key\"": "2"},
         [("SSL\\rui.key", "changed", "1", "2"), ("it's [odd] \"key\"", "changed", "1", "2")]),
    ],
)  # fmt: skip
def test_differences(reference: Any, deviating: Any, expected: list[tuple[str, str, str | None, str | None]]) -> None:
    assert told(reference, deviating) == expected


def test_the_order_is_that_of_the_paths_whatever_the_order_of_the_keys() -> None:
    one, other = {"b": 1, "a": 1, "c": 1}, {"c": 2, "a": 2, "b": 2}
    assert [difference.path for difference in differences(one, other)] == ["a", "b", "c"]
    backwards = differences(dict(reversed(one.items())), dict(reversed(other.items())))
    assert backwards == differences(one, other)


def test_what_is_not_listed_is_counted() -> None:
    found = differences({}, {f"{number:04}": "x" for number in range(LIMIT + 7)})
    assert len(found) == LIMIT + 1
    last = Difference(path="(and 7 more differences, not listed)", change="changed", reference=None, deviating=None)
    assert found[-1] == last
    assert len(differences({}, {str(number): "x" for number in range(LIMIT)})) == LIMIT


def test_what_does_not_count_hides_nothing_that_does() -> None:
    many = {f"noise {number}": "x" for number in range(LIMIT * 2)}
    found = differences({}, {**many, "zz": "1"}, lambda path: not path.startswith("noise"))
    assert [difference.path for difference in found] == ["zz"]


@given(value=VALUES)
def test_equal_values_do_not_differ(value: Any) -> None:
    assert differences(value, value) == ()


@given(one=VALUES, other=VALUES)
def test_two_ways_round_tell_the_same(one: Any, other: Any) -> None:
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    there, back = differences(one, other), differences(other, one)
    flipped = {(turned[d.change], d.deviating, d.reference) for d in back if d.change == "changed"}
    assert {(d.change, d.reference, d.deviating) for d in there if d.change == "changed"} == flipped
    assert bool(there) == bool(back)


@given(one=st.dictionaries(st.text(max_size=4), LEAVES), other=st.dictionaries(st.text(max_size=4), LEAVES))
def test_nothing_that_differs_is_left_out(one: dict[str, Any], other: dict[str, Any]) -> None:
    differing = {key for key in one.keys() | other.keys() if repr(one.get(key, ...)) != repr(other.get(key, ...))}
    assert {difference.path for difference in differences(one, other)} == differing
