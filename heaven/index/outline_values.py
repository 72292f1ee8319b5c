"""The expressions and types of a file that can be followed, numbered as they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from .facts import Expression, Op, Type, TypeForm
from .outline import Mark, Outline, Range

_MAX_DEPTH: Final = 60


class OutlineValues:
    """`use_at` gives the number of the use whose token starts at a byte, `self_at` the scope of
    each `this` and `super`; `shift` is what an import's number in the outline lacks."""

    def __init__(
        self,
        outline: Outline,
        use_at: Mapping[int, int],
        self_at: Mapping[Range, int],
        shift: int,
    ) -> None:
        self._outline = outline
        self._use_at = use_at
        self._self_at = self_at
        self._shift = shift
        self._known: dict[Range, int] = {}
        self._known_types: dict[Range, int] = {}
        self.expressions: list[Expression] = []
        self.types: list[Type] = []

    def of_mark(self, mark: Mark) -> tuple[int, int]:
        """The value and the type that a token is bound to; -1 for none."""
        value = self.expression(mark.value) if mark.value is not None else -1
        if value >= 0 and mark.takes != "value":
            value = self._add(cast("Op", mark.takes), value, mark.place)
        annotation = self.type(mark.type) if mark.type is not None else -1
        if mark.each:
            self.types.append(Type("list", -1, (annotation,)))
            annotation = len(self.types) - 1
        return value, annotation

    def _add(self, op: Op, argument: int, other: int = -1) -> int:
        self.expressions.append(Expression(op=op, argument=argument, other=other))
        return len(self.expressions) - 1

    def expression(self, at: Range, depth: int = 0) -> int:
        """The number of the expression at a byte range; -1 for one that cannot be followed."""
        known = self._known.get(at)
        if known is not None:
            return known
        number = -1
        outline = self._outline
        if at in outline.heads:
            use = self._use_at.get(outline.heads[at], -1)
            number = self._add("value", use) if use >= 0 else -1
        elif at in self._self_at:
            op: Op = "this" if outline.selves[at] == "this" else "super"
            number = self._add(op, self._self_at[at])
        elif at in outline.required:
            number = self._add("module", outline.required[at] + self._shift)
        elif at in outline.made and depth < _MAX_DEPTH:
            number = self._made(*outline.made[at], depth)
        self._known[at] = number
        return number

    def _made(self, op: str, inner: Range, depth: int) -> int:
        if op == "literal":
            return self._add("literal", -1)
        if op == "instance":
            return self._add("instance", self.type(inner))
        argument = self.expression(inner, depth + 1)
        if op == "same" or argument < 0:
            return argument
        return self._add(cast("Op", op), argument)

    def type(self, at: Range, depth: int = 0) -> int:
        """The number of the row for the type at a byte range."""
        known = self._known_types.get(at)
        if known is not None:
            return known
        outline = self._outline
        row = Type("unknown", -1, ())
        if at in outline.heads:
            use = self._use_at.get(outline.heads[at], -1)
            row = Type("name", use, ()) if use >= 0 else row
        elif at in outline.selves:
            row = Type("self", -1, ())
        elif at in outline.types and depth < _MAX_DEPTH:
            form, head, parts = outline.types[at]
            arguments = tuple(self.type(part, depth + 1) for part in parts)
            use = self._use_at.get(outline.heads.get(head, -1), -1)
            if form != "generic" or use >= 0:
                named = use if form == "generic" else -1
                row = Type(cast("TypeForm", form), named, arguments)
        elif at in outline.made and depth < _MAX_DEPTH:
            op, inner = outline.made[at]
            if op == "same":
                return self.type(inner, depth + 1)
            row = Type("foreign", -1, ()) if op == "literal" else row
        self.types.append(row)
        self._known_types[at] = len(self.types) - 1
        return len(self.types) - 1
