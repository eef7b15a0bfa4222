"""Property of the rule language itself: whatever a rule may say, a gap never turns one answer into another.

Random expressions that the checker accepts are evaluated over random nodes, and again with random facts left out.
A function that swallowed the error behind a gap would be found here before it gets into the table of functions.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vcaudit.evaluate import expression, reference, shapes
from vcaudit.evaluate.check import Scope
from vcaudit.evaluate.expression import Failure
from vcaudit.evaluate.functions import RESULTS
from vcaudit.evaluate.schema import NodeVar, RuleView
from vcaudit.evaluate.variables import Variables
from vcaudit.snapshot.base import Missing

SCOPE = Scope(shapes.variables(), {"limit": shapes.INT})
GAP = Missing(reason="timeout")
NODE = reference.view().nodes[0]
WORDS = ("up", "down", "a", "")
FIELDS = ("state", "owner", "domain", "service_pack", "ssl_missing", "vpxd", "os_name", "architecture")

word = st.sampled_from(WORDS)
quoted = word.map(lambda text: f'"{text}"')
number = st.integers(0, 3)


def node_values() -> st.SearchStrategy[NodeVar]:
    return st.builds(
        lambda **changes: msgspec.structs.replace(NODE, **changes),
        name=word, state=word, owner=st.booleans(), domain=st.one_of(st.none(), word), service_pack=number,
        ssl_missing=st.lists(word, max_size=2).map(tuple), os_name=word, architecture=word,
        vpxd=st.one_of(st.none(), number.map(lambda n: msgspec.structs.replace(NODE.vpxd, release=n))),  # type: ignore[type-var]
    )  # fmt: skip


@st.composite
def texts(draw: st.DrawFn, var: str, depth: int) -> str:
    guarded = f'({var}.domain == null ? "" : {var}.domain)'
    plain = st.sampled_from([f"{var}.state", f"{var}.os_name", f"{var}.name", guarded])
    if depth == 0 or draw(st.booleans()):
        return draw(st.one_of(plain, quoted))
    inner = texts(var, depth - 1)
    return draw(
        st.one_of(
            st.builds("({} + {})".format, inner, inner),
            st.builds("{}.upperAscii()".format, inner),
            st.builds('{}.replace("u", {})'.format, inner, inner),
            st.builds('[{}, {}].join(", ")'.format, inner, inner),
            st.builds('"%s-%d".format([{}, {}])'.format, inner, numbers(var, depth - 1)),
            st.builds("string({})".format, numbers(var, depth - 1)),
            st.builds("({} ? {} : {})".format, truths(var, depth - 1), inner, inner),
            st.builds('{}.split("a").join("b")'.format, inner),
            st.builds('(nodes.map(k, k.state).join(",").substring(0, 1) + {})'.format, inner),
        )
    )


@st.composite
def numbers(draw: st.DrawFn, var: str, depth: int) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.one_of(number.map(str), st.just(f"{var}.service_pack"), st.just("params.limit")))
    inner = numbers(var, depth - 1)
    return draw(
        st.one_of(
            st.builds("({} - {})".format, inner, inner),
            st.builds("size({})".format, texts(var, depth - 1)),
            st.builds("{}.ssl_missing.size()".format, st.just(var)),
            st.builds("nodes.filter(f, {}).size()".format, truths("f", depth - 1)),
            st.builds("nodes.map(m, {}).size()".format, texts("m", depth - 1)),
            st.builds("{}.indexOf({})".format, texts(var, depth - 1), quoted),
            st.builds("cel.bind(b, {}, b + {})".format, inner, inner),
        )
    )


@st.composite
def truths(draw: st.DrawFn, var: str, depth: int) -> str:
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        guarded = f"({var}.vpxd != null && {var}.vpxd.release > 1)"
        return draw(st.sampled_from([f"{var}.owner", "true", "false", f"({var}.domain == null)", guarded]))
    inner, text, count = truths(var, depth - 1), texts(var, depth - 1), numbers(var, depth - 1)
    over = truths("i", depth - 1)
    return draw(
        st.one_of(
            st.builds("({} && {})".format, inner, inner),
            st.builds("({} || {})".format, inner, inner),
            st.builds("(!{})".format, inner),
            st.builds("({} ? {} : {})".format, inner, inner, inner),
            st.builds("({} == {})".format, text, text),
            st.builds("({} != {})".format, text, text),
            st.builds("({} < {})".format, text, text),
            st.builds("({} >= {})".format, count, count),
            st.builds("nodes.all(i, {})".format, over),
            st.builds("nodes.exists(i, {})".format, over),
            st.builds("nodes.exists_one(i, {})".format, over),
            st.builds("({} in {}.ssl_missing)".format, text, st.just(var)),
            st.builds("({} in nodes.map(j, {}))".format, text, texts("j", depth - 1)),
            st.builds("({}.ssl_missing == [{}])".format, st.just(var), text),
            st.builds("{}.contains({})".format, text, text),
            st.builds("{}.startsWith({})".format, text, text),
            st.builds('{}.matches("^u.*|a$")'.format, text),
            st.builds("cel.bind(t, {}, t || {})".format, inner, inner),
            st.builds("({} == {})".format, inner, inner),
        )
    )


@st.composite
def views(draw: st.DrawFn) -> tuple[RuleView, RuleView]:
    nodes = draw(st.lists(node_values(), min_size=1, max_size=3))
    less = []
    for node in nodes:
        gone = draw(st.sets(st.sampled_from(FIELDS), max_size=3))
        node = msgspec.structs.replace(node, **dict.fromkeys(gone, GAP))
        if isinstance(node.vpxd, msgspec.Struct) and not isinstance(node.vpxd, Missing) and draw(st.booleans()):
            node = msgspec.structs.replace(node, vpxd=msgspec.structs.replace(node.vpxd, release=GAP))
        less.append(node)
    if draw(st.integers(0, 9)) == 0:
        less = []
    whole = msgspec.structs.replace(reference.view(), nodes=tuple(nodes))
    return whole, msgspec.structs.replace(whole, nodes=tuple(less) if less else GAP)


def evaluated(text: str, view: RuleView) -> Any:
    found = expression.compile(text, SCOPE)
    data = {"params": {"limit": 2}}
    if not isinstance(view.nodes, Missing):
        data["nodes"] = Variables(view).root("nodes", {"*"})  # type: ignore[assignment]
    return found, found.evaluate(expression.activation(data))


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(truths("nodes[0]", 4), views())
def test_a_gap_never_becomes_another_answer(text: str, pair: tuple[RuleView, RuleView]) -> None:
    whole, less = pair
    compiled, before = evaluated(text, whole)
    _, after = evaluated(text, less)
    if isinstance(before, Failure):
        return  # an index or a substring out of range: a defect of the rule, whatever is known
    assert isinstance(after, Failure) or after == before, text
    if isinstance(after, Failure) and not isinstance(less.nodes, Missing):
        gaps = list(expression.missing_in(less.nodes, compiled.selected))
        assert gaps, f"{text} failed with {after.text} and nothing it selects is Missing"
        assert after.key is None or after.key in {name for name, _ in gaps}


CALLS = {
    **dict.fromkeys(("trim", "lowerAscii", "upperAscii", "reverse"), "x.{name}()"),
    **dict.fromkeys(("contains", "startsWith", "endsWith", "matches", "split"), "x.{name}('a')"),
    **dict.fromkeys(("indexOf", "lastIndexOf"), "x.{name}('a')"),
    **{f"_{sign}_": f"x {sign} 'a'" for sign in ("+", "<", "<=", ">", ">=")},
    **{f"_{sign}_": f"n {sign} 1" for sign in "-*/%"},
    **dict.fromkeys(("size", "int", "string", "bool", "timestamp", "duration"), "{name}(x)"),
    "double": "double(n)", "-_": "-n", "substring": "x.substring(0)", "charAt": "x.charAt(0)",
    "replace": "x.replace('a', 'b')", "format": "'%s'.format([x])", "join": "[x].join('a')", "@in": "x in ['a']",
}  # fmt: skip
"""How each function of the table is written; x is a text that is not there, n a number that is not there."""


@pytest.mark.parametrize("name", sorted(RESULTS))
def test_every_function_of_the_table_exists_and_hands_a_gap_on(name: str) -> None:
    text = re.sub(r"\bx\b", "nodes[0].state", CALLS[name].replace("{name}", name))
    text = re.sub(r"\bn\b", "nodes[0].service_pack", text)
    bare = msgspec.structs.replace(NODE, state=GAP, service_pack=GAP)
    _, found = evaluated(text, msgspec.structs.replace(reference.view(), nodes=(bare,)))
    assert isinstance(found, Failure), f"{text} gave {found!r}"
    assert found.key in ("state", "service_pack")
