"""The declared types of object literals and of patterns that take objects apart, where the text
around them names one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ...heaven.index.bind import Key
from ...heaven.index.facts import FileFacts
from ...heaven.index.symbols import SymbolIndex
from .functions import function_node
from .modules import Modules
from .scopes import FUNCTIONS, Variable, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_SAME: Final = frozenset({"Partial", "Required", "Readonly", "NonNullable", "Pick", "Omit"})
_DEEP: Final = 12


class Literals:
    """For use within the index's `ask`."""

    def __init__(self, index: SymbolIndex, modules: Modules) -> None:
        self._index, self._modules = index, modules

    def types_of(self, path: str, node: Node) -> set[Key]:
        """The types that a key of an object, or of a pattern, is a member of; empty where the text
        does not say."""
        holder = node.parent
        while holder is not None and holder.type not in ("object", "object_pattern"):
            if holder.type not in (
                "pair",
                "pair_pattern",
                "method_definition",
                "object_assignment_pattern",
            ):
                return set()
            holder = holder.parent
        found = _declared(holder) if holder is not None else None
        if found is not None:
            return set(self._types(path, found, 0))
        if holder is not None and holder.parent is not None and holder.parent.type == "arguments":
            return set(self._passed(path, holder))
        return set()

    def _types(self, path: str, node: Node, depth: int) -> Iterator[Key]:
        if depth > _DEEP:
            return
        match node.type:
            case (
                "type_annotation"
                | "parenthesized_type"
                | "readonly_type"
                | "union_type"
                | ("intersection_type")
            ):
                for one in node.named_children:
                    yield from self._types(path, one, depth + 1)
            case "generic_type":
                name = node.named_children[0]
                if text_of(name) in _SAME:
                    arguments = node.named_children[-1]
                    if arguments.named_children:
                        yield from self._types(path, arguments.named_children[0], depth + 1)
                else:
                    yield from self._types(path, name, depth + 1)
            case "type_identifier":
                variable = self._modules.file(path).scopes.at.get(node.start_byte)
                if variable is not None:
                    yield from self._of_variable(path, variable, depth)

    def _of_variable(self, path: str, variable: Variable, depth: int) -> Iterator[Key]:
        home = self._modules.home(path, variable)
        if home is None:
            return
        where, found = home
        facts = self._index.facts_of(where) or FileFacts()
        for token in found.bound:
            above = token.node.parent
            for number, row in enumerate(facts.definitions):
                if row.name_start == token.start:
                    yield Key(where, number)
            value = above.child_by_field_name("value") if above is not None else None
            if above is not None and above.type == "type_alias_declaration" and value is not None:
                yield from self._types(where, value, depth + 1)

    def _passed(self, path: str, holder: Node) -> Iterator[Key]:
        """What the function that a literal is passed to declares for it."""
        arguments = holder.parent
        call = arguments.parent if arguments is not None else None
        if arguments is None or call is None or call.type != "call_expression":
            return
        callee = call.child_by_field_name("function")
        if callee is None or callee.type != "identifier":
            return
        number = [one for one in arguments.named_children if one.type != "comment"].index(holder)
        variable = self._modules.file(path).scopes.at.get(callee.start_byte)
        home = self._modules.home(path, variable) if variable is not None else None
        if home is None:
            return
        where, found = home
        for token in found.bound:
            function = function_node(token.node)
            rows = function.child_by_field_name("parameters") if function is not None else None
            params = [one for one in rows.named_children if one.type != "comment"] if rows else []
            typed = params[number].child_by_field_name("type") if number < len(params) else None
            if typed is not None:
                yield from self._types(where, typed, 0)


def _declared(holder: Node) -> Node | None:
    """The type that is written for a literal or pattern."""
    node = holder
    above = node.parent
    while above is not None and above.type in ("parenthesized_expression", "assignment_pattern"):
        node, above = above, above.parent
    if above is None:
        return None
    match above.type:
        case (
            "variable_declarator"
            | "required_parameter"
            | "optional_parameter"
            | ("public_field_definition")
        ):
            return above.child_by_field_name("type")
        case "as_expression" | "satisfies_expression":
            return above.named_children[-1] if above.named_children[-1] != node else None
        case "arrow_function":
            return above.child_by_field_name("return_type")
        case "return_statement":
            outer = above.parent
            while outer is not None and outer.type not in FUNCTIONS:
                outer = outer.parent
            return outer.child_by_field_name("return_type") if outer is not None else None
    return None
