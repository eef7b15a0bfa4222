"""Our PowerShell scripts, functions and all, over the model: evaluated from their syntax tree.

Every kind of node, command, type and member that is not listed is refused, so that a name which broke out of its
quotes either meets a refusal or changes the model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tree_sitter import Node

from tests.remediation.batch import SHARE
from tests.remediation.model import Refused, World, found, same
from vcaudit.lab.powershell.syntax import kids, parse

QUOTES = "'\u2018\u2019\u201a\u201b"


class Thrown(Exception):
    """throw, or a cmdlet that fails."""


class Returned(Exception):
    """return."""


@dataclass
class Thing:
    """A resource, a group, a node or a service: what cmdlets hand on."""

    kind: str
    name: str
    node: str = ""


@dataclass
class Key:
    """An open registry key."""

    node: str
    path: str


@dataclass
class Function:
    params: list[str]
    body: Node


def text_of(node: Node) -> str:
    return (node.text or b"").decode()


@dataclass
class Script:
    """One run."""

    world: World
    scopes: list[dict[str, Any]] = field(default_factory=lambda: [{"null": None, "true": True, "false": False}])
    functions: dict[str, Function] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    """Cmdlets and methods."""
    before: Callable[[str], None] | None = None

    def run(self, script: bytes, stamp: str = "", *, dot: bool = False) -> None:
        """With a stamp or a dot: what somebody at a prompt has afterwards, who loads it."""
        assert script.startswith(b"\xef\xbb\xbf")
        root = parse(script[3:]).root_node
        assert not root.has_error, errors(root)
        self.scopes[0] |= {"stamp": stamp, "myinvocation": Thing("invocation", "." if dot else "fix.ps1")}
        with suppress(Returned):
            self.statements(root)

    def s_param_block(self, node: Node) -> list[Any]:
        assert text_of(node) == "param([string]$Stamp)"
        return []

    # Statements

    def statements(self, node: Node) -> list[Any]:
        out: list[Any] = []
        for child in (
            kids(node) if node.type in ("program", "statement_list", "script_block", "script_block_body") else [node]
        ):
            if child.type in ("statement_list", "script_block_body"):
                out += self.statements(child)
            else:
                out += self.statement(child)
        return out

    def statement(self, node: Node) -> list[Any]:
        return getattr(self, f"s_{node.type}")(node)  # type: ignore[no-any-return]

    def s_function_statement(self, node: Node) -> list[Any]:
        name, *rest = kids(node)
        params = [
            text_of(v)[1:].lower()
            for part in rest
            for v in found_in(part, "script_parameter")
            for v in found_in(v, "variable")
        ]
        self.functions[text_of(name).lower()] = Function(params, rest[-1])
        return []

    def s_if_statement(self, node: Node) -> list[Any]:
        parts = kids(node)
        condition, block, *more = parts
        if truth(self.value(condition)):
            return self.block(block)
        for clause in more:
            inner = kids(clause)
            if clause.type == "elseif_clauses":
                for one in inner:
                    test, body = kids(one)
                    if truth(self.value(test)):
                        return self.block(body)
            else:
                return self.block(inner[-1])
        return []

    def s_foreach_statement(self, node: Node) -> list[Any]:
        variable, over, block = kids(node)
        out: list[Any] = []
        for item in listed(self.value(over)):
            self.scopes[-1][text_of(variable)[1:].lower()] = item
            out += self.block(block)
        return out

    def s_try_statement(self, node: Node) -> list[Any]:
        block, last = kids(node)
        if last.type == "catch_clauses":
            (clause,) = kids(last)
            try:
                return self.block(block)
            except (Thrown, Refused) as error:
                self.scopes[-1]["_"] = str(error)
                return self.block(kids(clause)[0])
        assert last.type == "finally_clause"
        try:
            return self.block(block)
        finally:
            self.block(kids(last)[0])

    def s_flow_control_statement(self, node: Node) -> list[Any]:
        if text_of(node) == "return":
            raise Returned
        assert text_of(node).startswith("throw ")
        raise Thrown(str(self.value(kids(node)[0])))

    def s_pipeline(self, node: Node) -> list[Any]:
        (inner,) = kids(node)
        if inner.type == "assignment_expression":
            self.assign(inner)
            return []
        assert inner.type == "pipeline_chain", inner.type
        values: list[Any] | None = None
        for number, part in enumerate(kids(inner)):
            assert part.type == "command" or number == 0, text_of(part)
            values = self.command(part, values) if part.type == "command" else listed(self.value(part))
        return values or []

    def block(self, node: Node) -> list[Any]:
        return [value for child in kids(node) for value in self.statements(child)]

    def assign(self, node: Node) -> None:
        left, _, right = kids(node)
        value = self.value(right)
        target = only(left)
        if target.type == "variable":
            self.scopes[-1][text_of(target)[1:].lower()] = value
            return
        assert target.type == "member_access", target.type
        owner, member = kids(target)
        self.set_member(self.value(owner), text_of(member), value)

    # Values

    def value(self, node: Node) -> Any:
        node = only(node)
        if node.type in ("pipeline", "command"):
            values = self.statement(node) if node.type == "pipeline" else self.command(node, None)
            return values[0] if len(values) == 1 else values or None
        return getattr(self, f"v_{re.sub('_argument_', '_', node.type)}")(node)

    def v_parenthesized_expression(self, node: Node) -> Any:
        return self.value(kids(node)[0])

    def v_array_expression(self, node: Node) -> Any:
        return [item for child in kids(node) for value in self.statements(child) for item in listed(value)]

    def v_array_literal_expression(self, node: Node) -> Any:
        return [self.value(child) for child in kids(node)]

    def v_string_literal(self, node: Node) -> str:
        (inner,) = kids(node)
        if inner.type == "verbatim_string_characters":
            body = text_of(inner)[1:-1]
            return re.sub(f"([{QUOTES}])[{QUOTES}]", r"\1", body)
        assert inner.type == "expandable_string_literal", inner.type
        out, at = "", inner.start_byte + 1
        source = node.text or b""
        base = node.start_byte
        for child in inner.children:
            if child.type in ("variable", "sub_expression"):
                out += source[at - base : child.start_byte - base].decode()
                value = self.value(child) if child.type == "variable" else self.block(child)
                out += " ".join(map(str, listed(value)))
                at = child.end_byte
        return out + source[at - base : inner.end_byte - 1 - base].decode()

    def v_integer_literal(self, node: Node) -> int:
        return int(text_of(node))

    def v_variable(self, node: Node) -> Any:
        name = text_of(node)[1:].strip("{}").lower()
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        raise AssertionError(f"no variable {name}")

    v_braced_variable = v_variable

    def v_expression_with_unary_operator(self, node: Node) -> Any:
        (inner,) = kids(node)
        if inner.type == "cast_expression":
            return self.v_cast_expression(inner)
        word = text_of(node).split()[0]
        if word == "-not":
            return not truth(self.value(inner))
        assert (text_of(node)[0], inner.type) == ("-", "unary_expression"), text_of(node)
        return -self.value(inner)

    def v_cast_expression(self, node: Node) -> Any:
        kind, value = kids(node)
        made = self.value(value)
        name = text_of(kind).lower()
        assert name in ("[void]", "[string[]]", "[int]", "[long]", "[byte[]]"), name
        return None if name == "[void]" else made

    def v_additive_expression(self, node: Node) -> Any:
        one, other = (self.value(part) for part in kids(node))
        assert " + " in text_of(node)
        return [*listed(one), *listed(other)] if isinstance(one, list) else one + other

    def v_comparison_expression(self, node: Node) -> bool:
        one, operator, other = kids(node)
        equal = compare(self.value(one), self.value(other))
        return {"-eq": equal, "-ne": not equal}[text_of(operator)]

    def v_logical_expression(self, node: Node) -> bool:
        one, other = kids(node)
        assert " -or " in text_of(node), text_of(node)
        return truth(self.value(one)) or truth(self.value(other))

    def v_element_access(self, node: Node) -> Any:
        owner, index = kids(node)
        return self.value(owner)[self.value(index)]

    def v_member_access(self, node: Node) -> Any:
        owner, member = kids(node)
        name = text_of(member)
        if owner.type == "type_literal":
            return f"{text_of(owner)}::{name}"
        return self.member(self.value(owner), name)

    def v_invokation_expression(self, node: Node) -> Any:
        owner, member, arguments = kids(node)
        given = [self.value(argument) for part in kids(arguments) for argument in kids(part)]
        name = text_of(member)
        if owner.type == "type_literal":
            return self.static(text_of(owner)[1:-1], name, given)
        return self.method(self.value(owner), name, given)

    v_type_literal = staticmethod(text_of)

    # Members of what the model holds

    def member(self, owner: Any, name: str) -> Any:
        if owner is None:
            return None
        if isinstance(owner, list):
            return len(owner) if name == "Count" else next((self.member(item, name) for item in owner), None)
        if isinstance(owner, Thing):
            if name == "Name":
                return owner.name
            if (owner.kind, name) == ("invocation", "InvocationName"):
                return owner.name
            if (owner.kind, name) == ("group", "OwnerNode"):
                return Thing("node", self.world.owner_of(owner.name))
            if (owner.kind, name) == ("owners", "OwnerNodes"):
                kind, about = owner.name.split(":", 1)
                names = self.world.possible(about) if kind == "resource" else self.world.preferred(about)
                return [Thing("node", each) for each in names]
            if (owner.kind, name) == ("service", "StartMode"):
                return self.world.service(owner.node, owner.name)["StartMode"]
            if owner.kind == "resource" and name == "State":
                return "Online" if self.world.is_online(owner.name) else "Offline"
            if owner.kind == "resource" and name == "SeparateMonitor":
                return self.world.row("Resource", owner.name)[name]
            if (owner.kind, name) == ("group", "AntiAffinityClassNames"):
                return list(self.world.row("ResourceGroup", owner.name)[name])
        raise AssertionError(f"no member {name} of {owner!r}")

    def set_member(self, owner: Any, name: str, value: Any) -> None:
        assert isinstance(owner, Thing), owner
        self.note(f"{owner.kind} {owner.name} {name}=")
        if owner.kind == "resource":
            self.world.common(owner.name, name, value)
        else:
            assert owner.kind == "group"
            self.world.group_property(owner.name, name, value)

    def method(self, owner: Any, name: str, given: list[Any]) -> Any:
        if isinstance(owner, list):  # a StringCollection
            assert name == "Add"
            owner.append(given[0])
            return 0
        assert isinstance(owner, Key), (owner, name)
        world = self.world
        if name == "GetValueNames":
            return list(world.key(owner.node, owner.path) or {})
        if name in ("GetValue", "GetValueKind"):
            key = world.key(owner.node, owner.path) or {}
            return key[found(key, given[0]) or given[0]] if name == "GetValue" else "as it is"
        if name == "GetSubKeyNames":
            return world.subkeys(owner.node, owner.path)
        if name in ("OpenSubKey", "CreateSubKey"):
            path = "\\".join(part for part in (owner.path, given[0]) if part)
            there = world.key(owner.node, path, create=name == "CreateSubKey")
            return None if there is None else Key(owner.node, path)
        self.note(f"{name} {owner.path} {given[0]}")
        if name == "SetValue":
            world.set_value(owner.node, owner.path, given[0], given[1])
        else:
            assert (name, given[1]) == ("DeleteValue", False), name
            world.delete_value(owner.node, owner.path, given[0])
        return None

    def static(self, type_: str, name: str, given: list[Any]) -> Any:
        world = self.world
        short = type_.rpartition(".")[2]
        if short == "RegistryKey" and name == "OpenRemoteBaseKey":
            world.node(given[1])
            return Key(given[1], "")
        if (short, name) == ("Path", "Combine"):
            return given[0].rstrip("\\") + "\\" + given[1]
        if (short, name) == ("Path", "GetFileName"):
            return given[0].rpartition("\\")[2]
        if (short, name) == ("Directory", "GetAccessControl"):
            return "acl"
        if (short, name) == ("Directory", "CreateDirectory"):
            share(given[0])
            return None
        place = share(given[0])
        if (short, name) == ("File", "Exists"):
            return world.is_file(*place)
        if (short, name) == ("Directory", "Exists"):
            return bool(world.below(*place))
        if name in ("GetFiles", "GetDirectories") and not world.below(*place):
            raise Thrown(f"{given[0]} is not there")
        if (short, name) == ("Directory", "GetFiles"):
            return [f"{given[0]}\\{below}" for below in world.below(*place) if "\\" not in below]
        if (short, name) == ("Directory", "GetDirectories"):
            return sorted({f"{given[0]}\\{below.split(chr(92))[0]}" for below in world.below(*place) if "\\" in below})
        self.note(f"{short}.{name} {' '.join(map(str, given))}")
        if (short, name) == ("File", "Delete"):
            return world.delete(*place)
        assert (short, name) == ("File", "Copy"), (short, name)
        target = share(given[1])
        if world.exists(*target) and given[2] is not True:
            raise Thrown(f"{given[1]} is there already")
        return world.write(*target, world.read(*place))

    def note(self, what: str) -> None:
        if self.before:
            self.before(what)
        self.ran.append(what)

    # Commands

    def command(self, node: Node, piped: list[Any] | None) -> list[Any]:
        parts = kids(node)
        if parts[0].type == "command_invokation_operator":
            assert text_of(parts[0]) == "&"
            parts = parts[1:]
        name = text_of(parts[0]).lower()
        if name == "get-sum":
            return [str(self.world.read(*share(str(self.value(kids(parts[1])[0])))))]
        elements = [part for group in parts[1:] for part in kids(group)]
        if name in ("where-object", "foreach-object"):
            return self.each(name, elements, piped or [])
        assert piped is None, text_of(node)
        named, plain = self.arguments(elements)
        if name in self.functions:
            assert not named
            return self.call(self.functions[name], plain)
        try:
            return self.cmdlet(name, named, plain)
        except Refused as error:
            raise Thrown(str(error)) from None

    def arguments(self, elements: list[Node]) -> tuple[dict[str, Any], list[Any]]:
        named: dict[str, Any] = {}
        plain: list[Any] = []
        waiting = ""
        for element in elements:
            if element.type == "command_parameter":
                waiting = text_of(element)[1:].lower()
                named[waiting] = True
                continue
            value = text_of(element) if element.type == "generic_token" else self.value(element)
            if waiting:
                named[waiting], waiting = value, ""
            else:
                plain.append(value)
        return named, plain

    def each(self, name: str, elements: list[Node], piped: list[Any]) -> list[Any]:
        (block,) = (part for element in elements for part in found_in(element, "script_block"))
        out: list[Any] = []
        for item in piped:
            self.scopes.append({"_": item})
            try:
                values = self.statements(block)
            finally:
                self.scopes.pop()
            out += values if name == "foreach-object" else [item] if truth(values[0] if values else None) else []
        return out

    def call(self, function: Function, given: list[Any]) -> list[Any]:
        assert len(given) <= len(function.params)
        self.scopes.append(dict(zip(function.params, given, strict=False)))
        try:
            return self.statements(function.body)
        finally:
            self.scopes.pop()

    def cmdlet(self, name: str, named: dict[str, Any], plain: list[Any]) -> list[Any]:
        world = self.world
        thing = named.get("inputobject")
        about = thing.name if isinstance(thing, Thing) else ""
        reads: dict[str, Callable[[], list[Any]]] = {
            "import-module": list, "write-host": list, "write-warning": list,
            "get-date": lambda: ["20261124-081500"],
            "get-clusterresource": lambda: [Thing("resource", each) for each in world.names("Resource")],
            "get-clustergroup": lambda: [Thing("group", each) for each in world.names("ResourceGroup")],
            "get-clusternode": lambda: [Thing("node", each) for each in world.names("Node")],
            "get-clusterownernode": lambda: [Thing("owners", f"{thing.kind}:{about}")],  # type: ignore[union-attr]
            "get-service": lambda: self.services(named["computername"]),
            "get-wmiobject": lambda: self.services(named["computername"]),
            "new-object": lambda: [[]] if plain == ["System.Collections.Specialized.StringCollection"] else fail(plain),
        }  # fmt: skip
        if name in reads:
            if self.before:
                self.before(name)
            return reads[name]()
        self.note(f"{name} {about} {named} {plain}")
        for key in ("inputobject",):
            assert name in ("set-service", "add-clusterresource", "cluster.exe") or isinstance(named[key], Thing), name
        changes: dict[str, Callable[[], object]] = {
            "set-clusterparameter": lambda: world.parameter(about, named["name"], named["value"]),
            "set-clusterownernode": lambda: self.owners(thing, listed(named["owners"])),
            "add-clusterresourcedependency": lambda: world.add_dependency(about, named["provider"]),
            "remove-clusterresourcedependency": lambda: world.remove_dependency(about, named["provider"]),
            "add-clustercheckpoint": lambda: world.checkpoints(about, add=named["registrycheckpoint"]),
            "remove-clustercheckpoint": lambda: world.checkpoints(about, remove=named["checkpointname"]),
            "stop-clusterresource": lambda: world.offline(about),
            "start-clusterresource": lambda: world.online(about),
            "start-clustergroup": lambda: world.online_group(about),
            "add-clusterresource": lambda: world.create(named["name"], named["group"], named["resourcetype"]),
            "remove-clusterresource": lambda: world.remove(about),
            "resume-clusternode": lambda: world.node_state(about, 0),
            "suspend-clusternode": lambda: world.node_state(about, 2),
            "move-clustergroup": lambda: world.move_group(about, named["node"]),
            "set-service": lambda: world.set_start_mode(
                named["computername"], named["name"], MODES[named["startuptype"]]
            ),
            "stop-service": lambda: world.stop_service(thing.node, about),  # type: ignore[union-attr]
            "cluster.exe": lambda: self.cluster_exe(plain),
        }
        changes[name]()
        return []

    def services(self, node: str) -> list[Thing]:
        rows = self.world.node(node)["wmi"][r"root\cimv2"]["Win32_Service"].values()
        return [Thing("service", row["Name"], node) for row in rows]

    def owners(self, thing: Any, names: list[str]) -> None:
        if thing.kind == "group":
            self.world.set_preferred(thing.name, names)
            return
        now = self.world.possible(thing.name)
        for name in names:
            if not any(same(name, other) for other in now):
                self.world.add_owner(thing.name, name)
        for name in now:
            if not any(same(name, other) for other in names):
                self.world.remove_owner(thing.name, name)

    def cluster_exe(self, words: list[str]) -> None:
        assert (words[0], words[2:], '"' in words[1]) == ("group", ["/setowners:"], False), words
        self.world.set_preferred(words[1], [])
        self.scopes[0]["lastexitcode"] = 0


MODES = {"Manual": "Manual", "Automatic": "Auto", "Disabled": "Disabled"}


def fail(what: object) -> Any:
    raise AssertionError(f"not known here: {what}")


def share(path: str) -> tuple[str, str]:
    match = SHARE.match(path)
    assert match, f"{path} is no path on a share of a node"
    return match[1], f"{match[2].upper()}:{match[3] or ''}"


def only(node: Node) -> Node:
    """Below everything that has one child and no meaning of its own."""
    while node.type.endswith(("_expression", "statement_list", "pipeline", "pipeline_chain")) and len(kids(node)) == 1:
        if node.type in (
            "parenthesized_expression",
            "array_expression",
            "expression_with_unary_operator",
            "sub_expression",
        ):
            break
        inner = kids(node)[0]
        if inner.type == "assignment_expression" or (
            node.type == "unary_expression" and text_of(node)[0] in "-!" and node.children[0].type != inner.type
        ):
            break
        node = inner
    return node


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def truth(value: Any) -> bool:
    return bool(value) if not isinstance(value, list) or len(value) != 1 else truth(value[0])


def compare(one: Any, other: Any) -> bool:
    return same(one, other) if isinstance(one, str) and isinstance(other, str) else bool(one == other)


def found_in(node: Node, kind: str) -> Iterator[Node]:
    if node.type == kind:
        yield node
        return
    for child in node.children:
        yield from found_in(child, kind)


def errors(node: Node) -> list[str]:
    return [text_of(child)[:200] for child in found_in(node, "ERROR")]
