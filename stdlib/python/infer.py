"""What an expression can be, as far as the syntax proves it.

Values are sets. `UNKNOWN` in a set says that the expression may be more than what else the set
holds; an empty set is None or a cycle.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from .known import CONTAINERS, HAND_OUT, LITERALS, PLAIN_BUILTINS, TRANSPARENT, WRAPPERS
from .program import Program
from .scopes import Binding, Scope
from .tree import parse, text_of
from .values import (
    ANYTHING,
    NOTHING,
    OUTSIDE,
    Lineage,
    Value,
    Values,
    bases,
    decorator_names,
    outside_class,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_DEPTH = 60


class Inference:
    """Answers are remembered; the program must not change meanwhile."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._lineages: dict[Scope, Lineage] = {}
        self._variables: dict[tuple[Scope, str], Values] = {}
        self._busy: set[tuple[object, str]] = set()
        self._depth = 0

    def of(self, node: Node | None, scope: Scope) -> Values:
        """What the expression `node`, standing in `scope`, evaluates to."""
        if node is None:
            return ANYTHING
        if self._depth > _DEPTH:
            return ANYTHING
        self._depth += 1
        try:
            return self._of(node, scope)
        finally:
            self._depth -= 1

    def _of(self, node: Node, scope: Scope) -> Values:
        kind = node.type
        if kind in LITERALS:
            return OUTSIDE
        match kind:
            case "none":
                return NOTHING
            case "identifier":
                return self.name(text_of(node), scope)
            case "attribute":
                receiver = self.of(node.child_by_field_name("object"), scope)
                return self.member(receiver, text_of(node.child_by_field_name("attribute")))
            case "call":
                return self._call(node, scope)
            case "parenthesized_expression" | "await" | "expression_statement" | "type" | "module":
                inner = node.named_children
                return self.of(inner[0], scope) if len(inner) == 1 else ANYTHING
            case "conditional_expression":
                parts = node.named_children
                return self.of(parts[0], scope) | self.of(parts[-1], scope)
            case "boolean_operator":
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                return self.of(left, scope) | self.of(right, scope)
            case "named_expression":
                return self.of(node.child_by_field_name("value"), scope)
            case "assignment":
                return self.of(node.child_by_field_name("right"), scope)
            case "binary_operator":
                first = self.of(node.child_by_field_name("left"), scope)
                return OUTSIDE if first == OUTSIDE else ANYTHING
            case _:
                return ANYTHING

    def name(self, name: str, scope: Scope) -> Values:
        owner = scope.owner(name)
        if owner is not None:
            return self.variable(owner, name)
        for source in self.program.star_sources(scope.module):
            found = self.program.exported(source, name)
            if found is not None:
                return self.variable(found, name)
        return frozenset({Value("external", name=f"builtins.{name}")})

    def variable(self, owner: Scope, name: str) -> Values:
        """Everything that the bindings of a variable give it."""
        key = (owner, name)
        if key in self._variables:
            return self._variables[key]
        if key in self._busy:
            return NOTHING
        self._busy.add(key)
        try:
            found: Values = NOTHING
            bindings = owner.bindings.get(name, [])
            declared = [b for b in bindings if b.kind == "assignment" and _annotation(b.node)]
            if declared:
                annotation = _annotation(declared[0].node)
                found = self.annotated(annotation, declared[0].scope)
            else:
                for binding in bindings:
                    found |= self._bound(binding)
            if not bindings and owner.kind == "module":
                found = self._starred(owner, name)
        finally:
            self._busy.discard(key)
        if not self._busy:
            self._variables[key] = found
        return found or ANYTHING

    def _starred(self, owner: Scope, name: str) -> Values:
        for source in self.program.star_sources(owner.module):
            if self.program.exported(source, name) is not None:
                return self.exported(source, name)
        return ANYTHING

    def _bound(self, binding: Binding) -> Values:
        match binding.kind:
            case "class" if binding.inner is not None:
                return frozenset({Value("class", binding.inner)})
            case "function" if binding.inner is not None:
                return self._function(binding.inner)
            case "import":
                return self._module(binding.dotted, 0, binding.scope.module.path)
            case "from" if binding.source is not None:
                item, path = binding.source, binding.scope.module.path
                source = self.program.source_of(item, path)
                if source is None:
                    outside = f"{item.dotted}.{item.name}"
                    return ANYTHING if item.level else frozenset({Value("external", name=outside)})
                return self.exported(source, item.name)
            case "parameter":
                return self._parameter(binding)
            case "assignment" if binding.node.type == "assignment":
                return self.of(binding.node.child_by_field_name("right"), binding.scope)
            case "other" if binding.node.type in ("for_statement", "for_in_clause"):
                return self._element(binding)
            case "with":
                entered = self.of(binding.node.named_children[0], binding.scope)
                return self._entered(entered)
            case "except":
                return self._caught(binding)
            case "other" if binding.node.type == "named_expression":
                return self.of(binding.node.child_by_field_name("value"), binding.scope)
            case _:
                return ANYTHING

    def _function(self, inner: Scope) -> Values:
        """The function, or what its decorators make of it."""
        strange = [n for n in decorator_names(inner) if n not in TRANSPARENT]
        if not strange or "fixture" in strange:
            return frozenset({Value("function", inner)})
        if len(inner.decorators) == 1 and inner.parent is not None:
            decorator = inner.decorators[0].named_children[0]
            made = self.of(decorator, inner.parent)
            if all(value.kind == "class" for value in made):
                return frozenset(Value("instance", value.scope) for value in made)
        return frozenset({Value("object")})

    def _element(self, binding: Binding) -> Values:
        left = binding.node.child_by_field_name("left")
        right = binding.node.child_by_field_name("right")
        if left is None or left.type != "identifier":
            return ANYTHING
        # The first iterable of a comprehension stands in the scope around it.
        around = binding.scope
        if binding.node.type == "for_in_clause" and around.parent is not None:
            around = around.parent
        found: Values = NOTHING
        for value in self.of(right, around):
            if value.inside is None or value.scope is None:
                return ANYTHING
            found |= self.annotated(value.inside, value.scope)
        return found

    def _module(self, dotted: str, level: int, importer: str) -> Values:
        path = self.program.find(dotted, level, importer)
        if path is None:
            return frozenset({Value("external", name=dotted)})
        return frozenset({Value("module", path=path)})

    def exported(self, path: str, name: str) -> Values:
        """What `name` of the module at `path` is."""
        owner = self.program.exported(path, name)
        if owner is not None:
            return self.variable(owner, name)
        submodule = self.program.submodule(path, name)
        return frozenset({Value("module", path=submodule)}) if submodule else ANYTHING

    def _parameter(self, binding: Binding) -> Values:
        node, function = binding.node, binding.scope
        annotation = node.child_by_field_name("type")
        if annotation is not None:
            if "splat" in (node.named_children[0].type if node.named_children else ""):
                return OUTSIDE
            return self.annotated(annotation, function)
        if node.type in ("list_splat_pattern", "dictionary_splat_pattern"):
            return OUTSIDE
        owner = function.parent
        if owner is None or owner.kind != "class" or binding.name != function.first_parameter:
            return self._fixture(binding.name, function)
        names = decorator_names(function)
        if "staticmethod" in names:
            return ANYTHING
        is_class = "classmethod" in names or function.name in ("__new__", "__init_subclass__")
        return frozenset({Value("class" if is_class else "instance", owner)})

    def _fixture(self, name: str, function: Scope) -> Values:
        """What pytest passes to a test or fixture for a parameter of this name."""
        if not function.name.startswith("test") and "fixture" not in decorator_names(function):
            return ANYTHING
        path = PurePosixPath(function.module.path)
        places = [path, *(parent / "conftest.py" for parent in path.parents)]
        for place in places:
            if not self.program.is_file(place.as_posix()):
                continue
            home = self.program.module(place.as_posix()).scope
            for binding in home.bindings.get(name, []):
                inner = binding.inner
                if inner is not None and inner is not function:
                    is_fixture = "fixture" in decorator_names(inner)
                    return self._provided(inner) if is_fixture else ANYTHING
        return ANYTHING

    def _provided(self, fixture: Scope) -> Values:
        annotation = fixture.node.child_by_field_name("return_type")
        given = fixture.yields or fixture.returns
        if annotation is not None and not fixture.yields:
            return self.annotated(annotation, fixture.parent or fixture)
        found: Values = NOTHING
        for node in given:
            found |= self.of(node, fixture)
        return found if given else ANYTHING

    def _entered(self, managers: Values) -> Values:
        found: Values = NOTHING
        for value in managers:
            if value.kind == "foreign" and value.name not in HAND_OUT:
                return OUTSIDE
            if value.kind != "instance":
                return ANYTHING
            for enter in self.member(frozenset({value}), "__enter__"):
                found |= self._result(enter, value)
        return found

    def _caught(self, binding: Binding) -> Values:
        node = binding.node
        caught = node.child_by_field_name("value") or node.named_children[0]
        listed = caught.named_children if caught.type == "tuple" else [caught]
        found: Values = NOTHING
        for one in listed:
            for value in self.of(one, binding.scope):
                found |= self._instance(value)
        return found

    def _instance(self, value: Value) -> Values:
        if value.kind == "class":
            return frozenset({Value("instance", value.scope)})
        if value.kind == "external":
            return frozenset({Value("foreign", name=value.name)})
        return ANYTHING

    def annotated(self, node: Node | None, scope: Scope) -> Values:
        """The instances that an annotation stands for."""
        if node is None:
            return ANYTHING
        match node.type:
            case "type" | "parenthesized_expression" | "module" | "expression_statement":
                inner = node.named_children
                return self.annotated(inner[0], scope) if len(inner) == 1 else ANYTHING
            case "string":
                content = [c for c in node.named_children if c.type == "string_content"]
                if len(content) != 1:
                    return ANYTHING
                return self.annotated(parse(text_of(content[0]).encode()), scope)
            case "none":
                return NOTHING
            case "binary_operator" | "union_type":
                parts = [self.annotated(part, scope) for part in node.named_children]
                return frozenset().union(*parts)
            case "subscript" | "generic_type":
                return self._generic(node, scope)
            case "identifier" if text_of(node) == "Self":
                owner = scope.enclosing_class()
                return frozenset({Value("instance", owner)}) if owner else ANYTHING
            case "identifier" | "attribute":
                if text_of(node).rpartition(".")[2] in ("Any", "object", "AnyStr"):
                    return ANYTHING
                found: Values = NOTHING
                for value in self.of(node, scope):
                    found |= self._annotation_value(value)
                return found
            case _:
                return ANYTHING

    def _annotation_value(self, value: Value) -> Values:
        return self._instance(value) if value.kind in ("class", "external") else ANYTHING

    def _generic(self, node: Node, scope: Scope) -> Values:
        head, *rest = node.named_children
        word = text_of(head).rpartition(".")[2]
        arguments = [a for part in rest for a in _type_arguments(part)]
        if word in ("Optional", "Union"):
            return frozenset().union(*(self.annotated(a, scope) for a in arguments))
        if word in WRAPPERS and arguments:
            return self.annotated(arguments[0], scope)
        if word in ("Type", "type") and arguments:
            inside = self.annotated(arguments[0], scope)
            return frozenset(Value("class", v.scope) if v.kind == "instance" else v for v in inside)
        if word in CONTAINERS and arguments:
            return frozenset({Value("external", scope, inside=arguments[0])})
        return self.annotated(head, scope)

    def _call(self, node: Node, scope: Scope) -> Values:
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        given = arguments.named_children if arguments is not None else []
        word = text_of(function)
        if word == "super":
            owner = scope.enclosing_class()
            return frozenset({Value("super", owner)}) if owner is not None else ANYTHING
        if word.rpartition(".")[2] == "cast" and len(given) == 2:
            return self.annotated(given[0], scope)
        found: Values = NOTHING
        for value in self.of(function, scope):
            found |= self._result(value, self._receiver(function, scope))
        return found or ANYTHING

    def _receiver(self, function: Node | None, scope: Scope) -> Value | None:
        if function is None or function.type != "attribute":
            return None
        values = self.of(function.child_by_field_name("object"), scope)
        return next(iter(values)) if len(values) == 1 else None

    def _result(self, value: Value, receiver: Value | None) -> Values:
        """What calling `value` gives; `receiver` is what a method was taken from."""
        if value.kind == "class":
            return frozenset({Value("instance", value.scope)})
        if value.kind == "external":
            plain = value.name.removeprefix("builtins.")
            if plain in PLAIN_BUILTINS:
                return OUTSIDE
            known = outside_class(value.name) is not None
            return frozenset({Value("foreign", name=value.name)}) if known else ANYTHING
        function = value.scope
        if value.kind != "function" or function is None:
            return ANYTHING
        if any(name not in TRANSPARENT for name in decorator_names(function)):
            return ANYTHING
        annotation = function.node.child_by_field_name("return_type")
        if annotation is None:
            return self._returned(function)
        if text_of(annotation).strip("\"'").rpartition(".")[2] == "Self" and receiver is not None:
            return frozenset({Value("instance", receiver.scope)})
        return self.annotated(annotation, function.parent or function)

    def _returned(self, function: Scope) -> Values:
        """What a function without annotation gives: what its return statements name."""
        if function.yields or not function.returns:
            return ANYTHING
        key = (function, "<returns>")
        if key in self._busy:
            return NOTHING
        self._busy.add(key)
        try:
            found: Values = NOTHING
            for node in function.returns:
                found |= self.of(node, function)
            return found
        finally:
            self._busy.discard(key)

    def member(self, receivers: Values, name: str) -> Values:
        """What `receiver.name` is."""
        found: Values = NOTHING
        for value in receivers:
            found |= self._member(value, name)
        return found or ANYTHING

    def _member(self, value: Value, name: str) -> Values:
        if value.kind == "module":
            return self.exported(value.path, name)
        if value.kind == "external":
            return frozenset({Value("external", name=f"{value.name}.{name}")})
        if value.kind not in ("class", "instance", "super") or value.scope is None:
            return ANYTHING
        classes = self.lineage(value.scope).classes
        for owner in classes[1:] if value.kind == "super" else classes:
            if name in owner.bindings:
                return self._attribute(owner, name, value)
            if name in owner.attributes:
                found: Values = NOTHING
                for assigned in owner.attributes[name]:
                    if assigned.annotation is not None:
                        return self.annotated(assigned.annotation, assigned.scope)
                    found |= self.of(assigned.value, assigned.scope)
                return found
        return ANYTHING

    def _attribute(self, owner: Scope, name: str, value: Value) -> Values:
        key = (owner, f".{name}")
        if key in self._busy:
            return NOTHING
        self._busy.add(key)
        try:
            values = self.variable(owner, name)
            if value.kind == "class":
                return values
            found: Values = NOTHING
            for one in values:
                names = decorator_names(one.scope) if one.kind == "function" and one.scope else ()
                if {"property", "cached_property"} & set(names):
                    found |= self._result(one, value)
                else:
                    found |= {one}
            return found
        finally:
            self._busy.discard(key)

    def lineage(self, owner: Scope) -> Lineage:
        """The class and its ancestors, nearest first, each once."""
        if owner in self._lineages:
            return self._lineages[owner]
        key = (owner, "<bases>")
        if key in self._busy:
            return Lineage((owner,), (), True)
        self._busy.add(key)
        try:
            lineage = self._lineage(owner)
        finally:
            self._busy.discard(key)
        self._lineages[owner] = lineage
        return lineage

    def _lineage(self, owner: Scope) -> Lineage:
        ours: list[Scope] = []
        outside: list[str] = []
        is_open = False
        for base in bases(owner):
            for value in self.of(base, owner.parent or owner):
                if value.kind == "class" and value.scope is not None:
                    above = self.lineage(value.scope)
                    ours.extend(above.classes)
                    outside.extend(above.outside)
                    is_open = is_open or above.open
                elif value.kind == "external" and value.name:
                    outside.append(value.name)
                else:
                    is_open = True
        # A shared ancestor comes after all classes that derive from it.
        last = {one: index for index, one in enumerate(ours)}
        kept = [one for index, one in enumerate(ours) if last[one] == index and one is not owner]
        return Lineage((owner, *kept), tuple(dict.fromkeys(outside)), is_open)


def _annotation(node: Node) -> Node | None:
    return node.child_by_field_name("type") if node.type == "assignment" else None


def _type_arguments(node: Node) -> list[Node]:
    if node.type in ("type_parameter", "tuple"):
        return node.named_children
    return [node]
