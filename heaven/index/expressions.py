"""The expressions and types of a file that can be followed, numbered as they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from .annotations import TypeNode
from .facts import Expression, Op, Type, Use
from .narrowing import Range
from .reading import Reading

_MAX_DEPTH: Final = 60
_OPS: Final[dict[str, Op]] = {"call": "call", "item": "item", "element": "element"}


class Expressions:
    """`use_at` gives the number of the use whose token starts at a byte."""

    def __init__(self, reading: Reading, use_at: Mapping[int, int]) -> None:
        self._reading = reading
        self._use_at = use_at
        self._known: dict[Range, int] = {}
        self.expressions: list[Expression] = []
        self.types: list[Type] = []

    def all_of(self, ranges: Iterable[Range]) -> tuple[int, ...]:
        return tuple(self.expression(at) for at in ranges)

    def add(self, op: Op, argument: int, other: int = -1) -> int:
        self.expressions.append(Expression(op, argument, other))
        return len(self.expressions) - 1

    def expression(self, at: Range, depth: int = 0) -> int:
        """The number of the expression at a byte range; -1 for one that cannot be followed."""
        known = self._known.get(at)
        if known is not None:
            return known
        number = -1
        head = self._reading.heads.get(at)
        made = self._reading.made.get(at)
        either = self._reading.either.get(at)
        _, cast = self._reading.types.get(self._reading.casts.get(at, -1), (-1, None))
        if cast is not None:
            number = self.add("typed", self.type(cast))
        elif either is not None and depth < _MAX_DEPTH:
            left, right = (self.expression(one, depth + 1) for one in either)
            number = self.add("either", left, right)
        elif head is not None:
            use = self._use_at.get(head, -1)
            number = self.add("value", use) if use >= 0 else -1
        elif made is not None and depth < _MAX_DEPTH:
            op, inner = made
            if op == "same":
                number = self.expression(inner, depth + 1)
            elif op in ("literal", "none"):
                number = self.add("literal" if op == "literal" else "none", -1)
            elif op == "holding":
                # Whatever it holds, a list is nothing of the repository's.
                number = self.add("holding", self.expression(inner, depth + 1))
            else:
                argument = self.expression(inner, depth + 1)
                if argument >= 0:
                    number = self.add(_OPS[op], argument)
        self._known[at] = number
        return number

    def type(self, tree: TypeNode) -> int:
        """The number of the row for an annotation."""
        use = self._use_at.get(tree.at, -1)
        arguments = tuple(self.type(node) for node in tree.arguments)
        if tree.form == "name" and use >= 0:
            row = Type("name", use, ())
        elif tree.form == "generic" and use >= 0:
            row = Type("generic", use, arguments)
        elif tree.form == "union":
            row = Type("union", -1, arguments)
        else:
            row = Type("unknown", -1, ())
        self.types.append(row)
        return len(self.types) - 1


def mark_types(uses: list[Use], ranges: list[Range]) -> None:
    """Uses inside one of the sorted `ranges` are of kind type."""
    position = 0
    order = sorted(range(len(uses)), key=lambda number: uses[number].start)
    for number in order:
        use = uses[number]
        while position < len(ranges) and ranges[position][1] <= use.start:
            position += 1
        if position == len(ranges):
            break
        if ranges[position][0] <= use.start and use.kind in ("plain", "attribute"):
            uses[number] = use._replace(kind="type")


def mark_base(uses: list[Use], number: int) -> None:
    """A class's base is a use of kind type."""
    if number >= 0 and uses[number].kind in ("plain", "attribute"):
        uses[number] = uses[number]._replace(kind="type")
