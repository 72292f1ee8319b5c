"""Where `isinstance(x, C)` holds: the stretches of the text in which `x` is a `C`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from tree_sitter import Node

Range: TypeAlias = tuple[int, int]

_LEAVES: Final = frozenset(
    {"return_statement", "raise_statement", "continue_statement", "break_statement"}
)
_COMPREHENSIONS: Final = frozenset(
    {
        "list_comprehension",
        "set_comprehension",
        "dictionary_comprehension",
        "generator_expression",
    }
)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What is written as `text` is an instance of one of `classes` within the bytes `at`."""

    text: str
    at: Range
    classes: tuple[Range, ...]


def class_ranges(node: Node) -> tuple[Range, ...]:
    """The classes that the second argument of `isinstance` names."""
    if node.type == "tuple":
        return tuple(one for child in node.named_children for one in class_ranges(child))
    if node.type == "binary_operator":
        sides = (node.child_by_field_name("left"), node.child_by_field_name("right"))
        return tuple(one for side in sides if side is not None for one in class_ranges(side))
    return ((node.start_byte, node.end_byte),)


def narrowed_regions(test: Node) -> Iterator[Range]:
    """Where the test is known to have held, from what the test is part of outwards."""
    holds = True
    node = test
    while (parent := node.parent) is not None:
        match parent.type:
            case "parenthesized_expression":
                pass
            case "not_operator":
                holds = not holds
            case "boolean_operator":
                # `a and b` holds only if both do, `a or b` fails only if both do.
                operator = parent.child_by_field_name("operator")
                if operator is None or (operator.type == "and") != holds:
                    return
                right = parent.child_by_field_name("right")
                if right is not None and right.id != node.id:
                    yield right.start_byte, right.end_byte
            case _:
                yield from _of_statement(parent, node, holds)
                return
        node = parent


def _of_statement(parent: Node, test: Node, holds: bool) -> Iterator[Range]:
    match parent.type:
        case "if_statement" | "elif_clause" | "while_statement":
            condition = parent.child_by_field_name("condition")
            body = parent.child_by_field_name("consequence") or parent.child_by_field_name("body")
            if condition is None or body is None or condition.id != test.id:
                return
            if holds:
                yield body.start_byte, body.end_byte
                return
            if parent.type == "if_statement":
                otherwise = parent.child_by_field_name("alternative")
                if otherwise is not None and otherwise.type == "else_clause":
                    yield otherwise.start_byte, otherwise.end_byte
                elif otherwise is None and _leaves(body):
                    yield from _after(parent)
        case "assert_statement" if holds:
            if parent.named_children[0].id == test.id:
                yield from _after(parent)
        case "conditional_expression":
            first, condition, second = parent.named_children[:3]
            if condition.id == test.id:
                chosen = first if holds else second
                yield chosen.start_byte, chosen.end_byte
        case "if_clause" if holds:
            around = parent.parent
            if around is not None and around.type in _COMPREHENSIONS:
                body = around.named_children[0]
                yield body.start_byte, body.end_byte


def _leaves(body: Node) -> bool:
    return bool(body.named_children) and body.named_children[-1].type in _LEAVES


def _after(statement: Node) -> Iterator[Range]:
    if statement.parent is not None:
        yield statement.end_byte, statement.parent.end_byte
