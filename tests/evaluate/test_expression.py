"""What an expression may say, and that a gap comes out of it as a gap."""

from __future__ import annotations

from typing import Any

import pytest

from vcaudit.evaluate import expression, reference, shapes
from vcaudit.evaluate.check import Scope, check
from vcaudit.evaluate.expression import Expression, ExpressionError, Failure
from vcaudit.evaluate.schema import RuleView, VcVar
from vcaudit.evaluate.variables import Variables
from vcaudit.snapshot.base import Missing

RESOURCE = shapes.fields(VcVar)["resources"].item
assert RESOURCE is not None
SCOPE = Scope({**shapes.variables(), "each": RESOURCE}, {"hours": shapes.INT, "names": shapes.list_of(shapes.STRING)})


def compiled(text: str) -> Expression:
    return expression.compile(text, SCOPE)


def value(text: str, **data: Any) -> Any:
    return compiled(text).evaluate(expression.activation(data))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("each.seperate", "each has no field seperate (did you mean separate?)"),
        ("nodes.exists(n, n.nmae == 'x')", "n has no field nmae (did you mean name?)"),
        ("vc.managedip.copies.all(c, c.nodee == '')", "c has no field nodee"),
        ("nodes.map(n, n.database).exists(d, d.hots == '')", "d has no field hots"),
        ("nodes.filter(n, n.owner)[0].nme", "has no field nme"),
        ("cel.bind(r, each, r.nme)", "r has no field nme"),
        ("each.name.foo", "each.name is text and has no field foo"),
        ("each.depends_on.name", "each.depends_on is a list and has no field name"),
        ("each.depends_on.all(d, d.name == '')", "d is text and has no field name"),
        ("nod.all(n, true)", "there is no variable nod (did you mean nodes?)"),
        ("nodes.al(n, n.name == '')", "column 9: al is no function of the rule language (did you mean all?)"),
        ("each.name.startWith('a')", "(did you mean startsWith?)"),
        ("nodes.all(n)", "all(…) is given other arguments than it takes"),
        ("foo(1)", "foo is no function of the rule language"),
        ("has(cluster)", "column 5: has() is refused"),
        ("cluster.has(each)", "column 12: has() is refused"),
        ("foo", "there is no variable foo"),
        ("params.hour > 3", "no parameter hour (did you mean hours?)"),
        ("size(params) > 1", "only read as params.NAME"),
        ("has(each.separate)", "has() is refused"),
        ("each.?separate", "unsupported syntax '.?'"),
        ("[?each.name]", "unsupported syntax"),
        ("each[?'name']", "unsupported syntax"),
        ("{'a': each.separate}.size() == 1", "cannot build maps"),
        ("google.protobuf.StringValue{}", "cannot build maps"),
        ("each == vc.resources[0]", "each is a whole ResourceVar: compare the fields"),
        ("nodes == []", "nodes is a list of NodeVar: compare the fields"),
        ("each in vc.resources", "name the fields that are meant"),
        ("size(each) == 3", "each is a whole ResourceVar"),
        ("'separate' in each", "each is a whole ResourceVar"),
        ("each.all(k, k == 'name')", "only a list can be gone through"),
        ("each['separate']", "a field comes after a dot"),
        ("'%s'.format([each]) == ''", "a list of ResourceVar"),
        ("string(each) == ''", "a whole ResourceVar"),
        ("type(each.name) == string", "type is no function of the rule language"),
        ("dyn(each.name) == ''", "dyn is no function"),
        ("__not_strictly_false__(each.separate)", "no function of the rule language"),
        ("each.name == null", "each.name is never null"),
        ("each.separate != null", "each.separate is never null"),
        ("each.name == 3", "each.name (text) and 3 (a number) cannot be compared"),
        ("each.separate == 'true'", "cannot be compared"),
        ("each.depends_on == 'x'", "cannot be compared"),
        ("3 in each.depends_on", "cannot be compared"),
        ("each.name < 3", "cannot be compared"),
        ("(each.name + taken_at.size()) in []", "each.name (text) + taken_at.size(…) (a number) cannot be"),
        ("params.hours * 1.5 > 3.0", "cannot be worked out"),
        ("each.role == 'ipp'", "each.role is never 'ipp': it is one of ip, name"),
        ("'ipp' == each.role", "each.role is never 'ipp'"),
        ("each.role in ['ip', 'webb']", "each.role is never 'webb'"),
        ("each.role in each.name", "`in` needs a list"),
        ("each.name && true", "each.name is text, and true or false is needed there"),
        ("each.name ? 1 : 2", "true or false is needed there"),
        ("!each.name", "true or false is needed"),
        ("each.separate.contains('x')", "and string is needed there"),
        ("each.name.join(', ')", "and list is needed there"),
        ("each.name +", "column 12: Syntax error"),
        ("1 == 'a'", "column 3"),
        ("(" * 40 + "1" + ")" * 40 + " == 1 \ud800", "holds characters that are no text"),
        ("[" * 400 + "]" * 400 + " == []", "nested too deep"),
    ],
)
def test_refused(text: str, said: str) -> None:
    with pytest.raises(ExpressionError) as error:
        compiled(text)
    assert any(said in reason for reason in error.value.reasons), error.value.reasons


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(ExpressionError) as error:
        compiled("has(each.separat) && each.nme == '' && nodes.all(n, n.onwer)")
    assert len(error.value.reasons) == 4


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("each.separate", "bool"),
        ("each.address == null || each.address != declared.virtual_address", "bool"),
        ("nodes.filter(n, n.owner).map(n, n.name)", "list of string"),
        ("vc.resources.filter(r, r.name != each.name)", "list of ResourceVar"),
        ("nodes.exists_one(n, n.vpxd != null && n.vpxd.release >= 2000001)", "bool"),
        ("cel.bind(r, each.role, r == 'ip' ? each.address : null)", "string"),
        ("each.possible_owners == ['A', 'B']", "bool"),
        ("'%s of %d'.format([each.name, params.hours])", "string"),
        ("each.name.lowerAscii().startsWith('vc') && each.name in params.names", "bool"),
        ("nodes.map(n, n.domain == null ? 'none' : n.domain).join(', ')", "string"),
        ("timestamp(taken_at) > timestamp('2020-01-01T00:00:00Z')", "bool"),
        ("each.depends_on + each.required_on", "list of string"),
        ("size(nodes) * params.hours - 1", "int"),
    ],
)
def test_accepted_with_its_type(text: str, kind: str) -> None:
    assert str(compiled(text).shape) == kind


def test_what_an_expression_touches_is_known() -> None:
    found = compiled("each.separate && nodes.all(n, n.installed.web) && vc.managedip.place == 'file'")
    assert found.names == {"each", "nodes", "vc"}
    assert {(kind.__name__, name) for kind, name in found.selected} == {
        ("ResourceVar", "separate"), ("NodeVar", "installed"), ("InstalledView", "web"), ("VcVar", "managedip"),
        ("ManagedIp", "place"),
    }  # fmt: skip
    assert found.top["vc"] == {"managedip"}


def _every_path() -> list[str]:
    out = ["each", "true", "false", '"plain text"', "taken_at"]
    for name, shape in shapes.variables().items():
        out += [f"{name}.{field}" for field in (shapes.fields(shape.struct) if shape.struct else ())]
    inside = [shapes.fields(struct) for struct in shapes.structs(shapes.variables()["vc"])]
    return out + [f"each.{name}" for known in inside for name in known]


def test_the_short_way_reads_what_cel_reads() -> None:
    """Paths are read without CEL's parser: the same tree must come out, for every field there is."""
    for text in _every_path():
        assert expression._simple(text) == expression._parsed(text), text


@pytest.mark.parametrize("text", ["null", "each . name", "'it''s'", "each.name ", "a.b.c()", "in", "9a", "each..name"])
def test_everything_else_goes_through_cel(text: str) -> None:
    assert expression._simple(text) is None


@pytest.mark.parametrize(
    "text", ["a\0b", "\ud800", "\udfff x \ud800", "\ue000", "\ue0000000", "é\u202e\n\t\"'", "", "\ue000d800"]
)
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    variables = Variables(reference.view())
    data = {"each": {"name": variables.convert(text), "depends_on": variables.convert((text, text))}}
    assert value("each.name", **data) == text
    assert value("each.depends_on", **data) == [text, text]
    assert value("each.name in each.depends_on", **data) is True


def test_texts_that_differ_after_nul_differ() -> None:
    variables = Variables(reference.view())
    one, other = variables.convert("a\0b"), variables.convert("a\0c")
    assert value("each.name == each.type", each={"name": one, "type": other}) is False


@pytest.mark.parametrize(("number", "seen"), [(1 << 70, (1 << 63) - 1), (-(1 << 70), -(1 << 63)), (5, 5)])
def test_numbers_stay_within_64_bits(number: int, seen: int) -> None:
    data = {"params": {"hours": Variables(reference.view()).convert(number)}}
    assert value("params.hours", **data) == seen
    assert value("params.hours > 0", **data) is (seen > 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nodes.all(n, n.name == 'A')", "state"),
        ("nodes.all(n, n.state == 'up')", "state"),
        ("nodes.all(n, n.state == 'down')", False),
        ("nodes.exists(n, n.state == 'up')", True),
        ("nodes.exists(n, n.state == 'down')", "state"),
        ("nodes.exists_one(n, n.state == 'up')", "state"),
        ("nodes.filter(n, n.state == 'up').size() > 0", "state"),
        ("nodes.map(n, n.state).size() == 2", "state"),
        ("nodes[1].state == 'up' || true", True),
        ("nodes[1].state == 'up' && false", False),
        ("nodes[1].state == 'up' || false", "state"),
        ("nodes[1].state == 'up' ? true : true", "state"),
        ("nodes[1].state != nodes[1].state", "state"),
        ("nodes[1].state in []", "state"),
        ("[nodes[1].state] == ['a', 'b']", "state"),
        ("nodes.size() == 2", True),
    ],
)
def test_a_gap_stays_a_gap_unless_the_rest_decides(text: str, expected: object) -> None:
    nodes = [{"name": "A", "state": "up"}, {"name": "A"}]
    found = value(text.replace("'A')", "'A' && n.state == 'up')"), nodes=nodes)
    assert (found.key if isinstance(found, Failure) else found) == expected


def test_missing_is_left_out_and_found_again() -> None:
    gap = Missing(reason="timeout")
    view = RuleView(**{n: getattr(reference.view(), n) for n in RuleView.__struct_fields__})
    resource = view.vc.resources[0]  # type: ignore[index]
    lame = type(resource)(**{n: gap if n == "state" else getattr(resource, n) for n in resource.__struct_fields__})
    variables = Variables(view)
    plain = variables.convert(lame)
    assert isinstance(plain, dict)
    assert "state" not in plain
    assert plain["name"] == resource.name
    assert variables.element(dict(plain)) == (lame, plain)
    wanted = compiled("each.state == 'online'").selected
    assert list(expression.missing_in(lame, wanted)) == [("state", gap)]
    assert list(expression.missing_in(lame, compiled("each.name == ''").selected)) == []


def test_only_the_fields_that_are_needed_are_converted() -> None:
    assert set(Variables(reference.view()).root("vc", {"address", "design"})) == {"address", "design"}  # type: ignore[call-overload]


def test_errors_without_a_key_are_failures_too() -> None:
    found = value("1 / (params.hours - params.hours) == 1", params={"hours": 1})
    assert isinstance(found, Failure)
    assert "divide by zero" in found.text
    assert found.key is None


def test_problems_of_a_tree_are_not_repeated() -> None:
    tree = expression._parsed("each.nme == '' || each.nme == 'x'")
    assert len(check(tree, SCOPE).problems) == 1


def paths() -> list[str]:
    """Every field a path can lead to, two steps deep, and the variables themselves."""
    steps = [("each", RESOURCE), *shapes.variables().items()]
    out = []
    for name, shape in steps:
        out.append(name)
        for field, inner in shapes.fields(shape.struct).items() if shape.kind == "struct" and shape.struct else ():
            out.append(f"{name}.{field}")
            deeper = inner.struct if inner.kind == "struct" and inner.struct else None
            out += [f"{name}.{field}.{last}" for last in shapes.fields(deeper)] if deeper else []
    return out


@pytest.mark.parametrize("text", paths())
def test_a_path_gives_what_cel_gives(text: str) -> None:
    """Paths are followed without CEL; its own answer is the yardstick."""
    model = reference.view()
    variables = Variables(model)
    data = {name: variables.root(name, ["*"]) for name in shapes.variables()}
    assert not isinstance(model.vc.resources, Missing)
    _, data["each"] = variables.element(model.vc.resources[0])
    found = compiled(text)
    assert found.path
    asked = expression.activation(data)
    assert found.evaluate(asked) == expression._plain(found.program.eval(asked.cel))
