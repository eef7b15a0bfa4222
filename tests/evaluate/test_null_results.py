"""Null results are told without the library's own conversion, which gives away a reference to None each time."""

from __future__ import annotations

import gc
import sys

import pytest

from vcaudit.evaluate import shapes
from vcaudit.evaluate.check import Scope
from vcaudit.evaluate.expression import activation, compile


@pytest.mark.parametrize(
    ("text", "each", "value"),
    [
        ("each.resource", {"resource": None}, None),
        ("[each.resource, each.what]", {"resource": None, "what": "ip"}, [None, "ip"]),
        ("[each].filter(e, e.resource == null).map(e, e.resource)", {"resource": None}, [None]),
    ],
)
def test_null_comes_back_and_takes_nothing_along(text: str, each: object, value: object) -> None:
    required = shapes.variables()["vc"].struct
    assert required is not None
    element = shapes.fields(required)["required"].item
    assert element is not None
    found = compile(text, Scope({**shapes.variables(), "each": element}, {}))
    data = activation({"each": each})
    assert found.evaluate(data) == value
    gc.collect()
    before = sys.getrefcount(None)
    for _ in range(1000):
        found.evaluate(data)
    gc.collect()
    assert before - sys.getrefcount(None) < 100
