"""What an expression could make is bounded before it runs; real expressions come nowhere near."""

from __future__ import annotations

import pytest

from vcaudit.evaluate import shapes
from vcaudit.evaluate.check import Scope
from vcaudit.evaluate.expression import ExpressionError, compile

SCOPE = Scope(shapes.variables(), {"x": shapes.STRING})


def doubled(times: int, by: str) -> str:
    """`by` with the text before it in the place of X, again and again."""
    text = "taken_at"
    for number in range(times):
        text = f"cel.bind(v{number}, {text}, {by.replace('X', f'v{number}')})"
    return f"({text}).size() > 0"


@pytest.mark.parametrize(
    "text",
    [
        doubled(4, " + ".join(["X"] * 12)),
        doubled(7, "X + X + X + X + X"),
        doubled(3, "X.replace('', X)"),
        "taken_at.replace('', taken_at).replace('', taken_at).replace('', taken_at).replace('', taken_at) == ''",
        "nodes.all(a, nodes.all(b, a.name.replace('', b.name).replace('', a.name) != taken_at)) && taken_at != ''",
        "nodes.map(a, nodes.map(b, a.name.replace('', b.name)).join(taken_at)).join(taken_at).size() > 0 && true",
    ],
)
def test_what_could_fill_the_memory_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="could make texts of more than 50,000,000 characters"):
        compile(text, SCOPE)


@pytest.mark.parametrize(
    "text",
    [
        "nodes.map(n, n.name + ': ' + n.os_version + ' ' + n.architecture + ' ' + n.model).join('; and also this: ')",
        "nodes.exists_one(i, nodes.exists_one(j, nodes.exists_one(k, i.owner && j.owner && k.owner && i.declared)))",
        "vc.services.filter(s, s.running).map(s, s.service.lowerAscii().replace(' ', '-').trim() + ' on ' + s.node)",
        doubled(3, "X + X"),
        "'" + "a" * 1900 + "' == taken_at",
    ],
)
def test_what_rules_really_say_is_not(text: str) -> None:
    assert compile(text, SCOPE)


def test_an_expression_has_an_end() -> None:
    with pytest.raises(ExpressionError, match="is longer than 2000 characters"):
        compile("'" + "a" * 2000 + "' == taken_at", SCOPE)


def test_loops_within_loops_end() -> None:
    """CEL's own bound on the elements it goes through comes back as a failure, not as a crash."""
    from vcaudit.evaluate.expression import Failure, activation

    loops = compile("nodes.all(a, nodes.all(b, nodes.all(c, a.name == b.name || c.name == a.name)))", SCOPE)
    names = [{"name": str(number)} for number in range(200)]
    found = loops.evaluate(activation({"nodes": [{"name": "x"} for _ in names]}))
    assert isinstance(found, Failure)
    assert "budget" in found.text
