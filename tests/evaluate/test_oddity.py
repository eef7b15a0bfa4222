"""Which of three or more nodes is the odd one out."""

from __future__ import annotations

import pytest

from vcaudit.evaluate.oddity import marked, odd_one_out
from vcaudit.results import Difference, odd_in_all


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        ("aab", 2),
        ("baa", 0),
        ("aaab", 3),
        ("ab", None),
        ("aaa", None),
        ("abc", None),
        ("aabb", None),
        ("aabc", None),
        ("", None),
    ],
)
def test_one_that_nobody_is_like_while_all_others_agree(values: str, odd: int | None) -> None:
    assert odd_one_out(dict(enumerate(values))) == odd


def changed(path: str, reference: str, deviating: str) -> Difference:
    return Difference(path=path, change="changed", reference=reference, deviating=deviating)


def test_each_difference_has_its_own() -> None:
    found = marked("A", ["A", "B", "C"], {
        "A": (),
        "B": (changed("x", "1", "2"), changed("y", "1", "3")),
        "C": (changed("x", "1", "2"), changed("z", "1", "4")),
    })  # fmt: skip
    odd = {node: {one.path: one.odd for one in differences} for node, differences in found.items()}
    assert odd == {"A": {}, "B": {"x": "A", "y": "B"}, "C": {"x": "A", "z": "C"}}
    assert odd_in_all(found["B"]) == ""


def test_of_two_nobody_is_odd() -> None:
    found = marked("A", ["A", "B"], {"A": (), "B": (changed("x", "1", "2"),)})
    assert [one.odd for one in found["B"]] == [""]
