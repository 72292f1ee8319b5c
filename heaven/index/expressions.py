"""The expressions and types of a file that can be followed, numbered as they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from .annotations import TypeNode
from .facts import Expression, Op, Type
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
        reading = self._reading
        token = reading.tokens.get(at[0])
        if token is not None and token[0] == at[1]:
            # A name by itself, as most are.
            number = self._known[at] = self._value(at[0])
            return number
        number = -1
        cast = reading.types.get(reading.casts[at]) if at in reading.casts else None
        if cast is not None:
            number = self.add("typed", self.type(cast[1]))
        elif at in reading.either and depth < _MAX_DEPTH:
            left, right = (self.expression(one, depth + 1) for one in reading.either[at])
            number = self.add("either", left, right)
        elif (head := reading.heads.get(at, -1)) >= 0:
            number = self._value(head)
        elif (made := reading.made.get(at)) is not None and depth < _MAX_DEPTH:
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

    def _value(self, head: int) -> int:
        use = self._use_at.get(head, -1)
        return self.add("value", use) if use >= 0 else -1

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
