"""Parameters: `PARAM name [default]` declares one, `${name}` stands for its value.

Both languages share this. A value goes into words and texts of the tree, never into source text:
whatever it contains, it cannot become another directive, a comment or a macro opcode.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar, cast

from . import ast
from .diagnostic import Diagnostic, Related, did_you_mean, error, warning
from .macros import SIGNATURES
from .node import dataclass
from .param_types import TYPES, problem
from .source import MAX_FILE_BYTES, Source
from .span import Span
from .validate import TOP
from .words import shown

NodeT = TypeVar("NodeT")

# Compiled by `re` when first used: many programs have no parameter.
_REFERENCE: Final = r"\$\$\{|\$\{([^}]*)(\}?)"
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*\Z"
_WORD: Final = r'(?!#\Z)[^ \t\n"][^ \t\n]*\Z'
"""What can be written as one word."""

MAX_VALUES: Final = MAX_FILE_BYTES
"""Characters that the values of one program's parameters may add to it, used modules included."""


class Room:
    """What is left of MAX_VALUES: few lines of defaults that use each other twice ask for all."""

    __slots__ = ("_left", "_told")

    def __init__(self) -> None:
        self._left = MAX_VALUES
        self._told = False

    def takes(self, value: str) -> bool:
        """Whether `value` still fits; if so, it is counted."""
        if len(value) > self._left:
            self._left = 0
            return False
        self._left -= len(value)
        return True

    def tell(self) -> bool:
        """True the first time: one program is told once that it is too large."""
        first = not self._told
        self._told = True
        return first


@dataclass(frozen=True, slots=True)
class Expanded:
    """`program` has no PARAM and no `${name}` left, but for what `diagnostics` report.

    `complete` is False where some `${name}` had no value and still stands; passes after this one
    do not judge words that hold one.
    """

    program: ast.Program
    complete: bool
    diagnostics: tuple[Diagnostic, ...]


def expand(program: ast.Program, params: Mapping[str, str]) -> Expanded:
    """Give every `${name}` of an AA program its value; `params` are values from outside."""
    declared = [d for d in program.directives if isinstance(d, ast.Param)]
    scope = Scope(declared, "")
    scope.give_from_outside(params)
    directives = tuple(
        scope.substitute(d) for d in program.directives if not isinstance(d, ast.Param)
    )
    scope.finish()
    return Expanded(
        ast.Program(directives, program.comments), scope.complete, tuple(scope.diagnostics)
    )


class Scope:
    """The parameters of one file while it is expanded: declare, give values, substitute, finish.

    `file` is the `Origin.file` of what it reports. A parameter whose value is missing was
    reported once; each `${name}` of it then stays as it is, without a word. All files of one
    program share a `room`.
    """

    def __init__(
        self,
        declared: Iterable[ast.Param],
        file: str,
        room: Room | None = None,
        *,
        told: bool = False,
    ) -> None:
        """`told`: what is wrong with the declarations, whatever the values, was reported."""
        self.file = file
        self._told = told
        self._room = room or Room()
        self.diagnostics: list[Diagnostic] = []
        self.complete = True
        self.declared: dict[str, ast.Param] = {}
        self._values: dict[str, str | None] = {}
        self._used: set[str] = set()
        for param in declared:
            self._declare(param)

    def _declare(self, param: ast.Param) -> None:
        name = param.name.value
        first = self.declared.get(name)
        if first is not None:
            related = Related("first declared here", first.name.span, self.file)
            self._error(
                "AA0302", f"parameter {name} is declared twice", param.name.span, related=(related,)
            )
            return
        self.declared[name] = param
        if param.type is not None and param.type.value not in TYPES and not self._told:
            self._error(
                "AA0312",
                f"unknown type {shown(param.type.value)} of a parameter",
                param.type.span,
                hint=did_you_mean(param.type.value, TYPES) or "one of " + ", ".join(TYPES),
            )

    def _fits(self, param: ast.Param, value: str, place: Span) -> bool:
        """Whether the value is of the parameter's type; AA0313 at `place` where it is not."""
        wrong = problem(param.type.value, value) if param.type is not None else None
        if wrong is None:
            return True
        assert param.type is not None
        default = param.default
        if not self._told or default is None or "${" in default.value:
            self._error(
                "AA0313",
                f"parameter {param.name.value} is of type {param.type.value}, and {wrong}",
                place,
            )
        return False

    def give_from_outside(self, params: Mapping[str, str]) -> None:
        """Values of `--param`. A parameter with neither value nor default is an error."""
        for name, value in params.items():
            if name not in self.declared:
                known = did_you_mean(name, self.declared)
                nothing = "the program declares none: add a line `PARAM " + name + "`"
                hint = known or (_listed(self.declared) if self.declared else nothing)
                self._error(
                    "AA0306", f"a value is given for an unknown parameter {name}", TOP, hint=hint
                )
            elif Source("", value).problems():
                self._error(
                    "AA0309",
                    f"the value given for {name} holds characters that no program may hold",
                    self.declared[name].span,
                )
                self._values[name] = None
            elif not self._fits(self.declared[name], value, self.declared[name].span):
                self._values[name] = None
        accepted = {n: v for n, v in params.items() if n in self.declared and n not in self._values}
        for name in self.give(accepted):
            self._error(
                "AA0304",
                f"parameter {name} has no value",
                self.declared[name].span,
                hint=f"give it one with `--param {name}=VALUE`, or a default on this line",
            )

    def give(self, values: Mapping[str, str | None]) -> list[str]:
        """Set values, take defaults for the rest; the names of parameters that have neither.

        A default may hold `${name}` of a parameter declared above it.
        """
        without = []
        for name, param in self.declared.items():
            if name in self._values:
                continue
            # The default counts as a use of what it refers to, also where it is not taken.
            default = None if param.default is None else self.text(param.default)
            if name in values:
                self._values[name] = values[name]
            elif default is not None:
                assert param.default is not None
                given = "${" not in default and not self._fits(param, default, param.default.span)
                self._values[name] = None if given else default
            else:
                without.append(name)
        # Only now, so that a default cannot refer to a parameter declared below it.
        self._values.update(dict.fromkeys(without))
        return without

    def finish(self) -> None:
        """Report what nobody used; of a parameter without a value, that was reported already."""
        for name, param in self.declared.items():
            if name not in self._used and self._values.get(name) is not None:
                self.diagnostics.append(
                    warning(
                        "AA0305",
                        f"parameter {name} is never used",
                        param.name.span,
                        file=self.file,
                        hint=f"write ${{{name}}} where its value belongs",
                    )
                )

    def check(self, directives: Iterable[object]) -> None:
        """Report what is wrong with the references of a whole file whatever the values will be."""
        self.give({})
        # Known, but without a value: what depends on values is for `substitute` to find.
        self._values = dict.fromkeys(self.declared)
        for directive in directives:
            self.substitute(directive)
        self._values = dict.fromkeys(self.declared, "")
        self.finish()

    def substitute(self, node: NodeT) -> NodeT:
        """The same node with values in place of references; itself if it has none."""
        changes: dict[str, object] = {}
        for name in _fields(node.__class__):
            old = getattr(node, name)
            new = self._part(node, old)
            if new is not old:
                changes[name] = new
        if not changes:
            return node
        return dataclasses.replace(node, **changes)  # type: ignore[type-var]

    def text(self, part: ast.Word | ast.Text) -> str:
        """The value of one word or text that may be anything."""
        return self._substituted(part.value, part) if "${" in part.value else part.value

    def _part(self, node: object, part: object) -> object:
        kind = type(part)
        if kind is ast.Word or kind is ast.Text:
            return self._leaf(node, cast("ast.Word | ast.Text", part))
        if kind is tuple:
            items = cast(tuple[object, ...], part)
            new = tuple(self._part(node, item) for item in items)
            return new if any(a is not b for a, b in zip(items, new, strict=True)) else part
        if kind is str or part is None:
            return part
        return self.substitute(part)

    def _leaf(self, node: object, part: ast.Word | ast.Text) -> ast.Word | ast.Text:
        if "${" not in part.value:
            return part
        value = self._substituted(part.value, part)
        if isinstance(part, ast.Text):
            self._refuse_opcode(node, part, value)
            return ast.Text(value, part.form, part.span)
        if not re.match(_WORD, value):
            if isinstance(node, ast.NeedSearch):
                return ast.Text(value, "quoted", part.span)
            if not isinstance(node, ast.MacroCall):
                what = "is empty" if not value else "is not one"
                self._error(
                    "AA0308",
                    f"one word is needed here, and the value of `{part.value}` {what}",
                    part.span,
                )
                self.complete = False
                return part
        return ast.Word(value, part.span)

    def _refuse_opcode(self, node: object, part: ast.Text, value: str) -> None:
        first = value.split(maxsplit=1)[0] if value.strip() else ""
        if isinstance(node, ast.Do) and part.form == "rest" and first in SIGNATURES:
            self._error(
                "AA0310",
                f"macro opcode {first} comes out of a parameter",
                part.span,
                hint="write the opcode itself; its arguments may be parameters",
            )

    def _substituted(self, text: str, part: ast.Word | ast.Text) -> str:
        def replaced(match: re.Match[str]) -> str:
            name, closed = match.group(1), match.group(2)
            if name is None:
                return "${"
            if name in self.declared:
                self._used.add(name)
            if closed and name in self._values:
                value = self._values[name]
                if value is not None:
                    if self._room.takes(value):
                        return value
                    self._too_large(part)
            else:
                self._unknown(name, closed, _within(part, match))
            self.complete = False
            return match.group()

        return re.sub(_REFERENCE, replaced, text)

    def _too_large(self, part: ast.Word | ast.Text) -> None:
        if self._room.tell():
            self._error(
                "AA0311",
                f"the values of parameters add more than {MAX_VALUES // 2**20} Mi characters",
                part.span,
                hint="each `${name}` counts with the length of its value",
            )

    def _unknown(self, name: str, closed: str, span: Span) -> None:
        literal = "write $${ for a literal ${"
        if not closed:
            self._error("AA0307", "`${` is never closed", span, hint=literal)
        elif not re.match(_NAME, name):
            self._error("AA0307", f"`${{{name}}}` names no parameter", span, hint=literal)
        elif name in self.declared:
            below = Related("declared here", self.declared[name].name.span, self.file)
            self._error(
                "AA0301",
                f"parameter {name} is used in a default above its declaration",
                span,
                hint="move its PARAM line up",
                related=(below,),
            )
        else:
            hint = did_you_mean(name, self.declared) or f"add a line `PARAM {name}`, or {literal}"
            self._error("AA0301", f"unknown parameter {name}", span, hint=hint)

    def _error(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        hint: str | None = None,
        related: tuple[Related, ...] = (),
    ) -> None:
        self.diagnostics.append(
            error(code, message, span, file=self.file, hint=hint, related=related)
        )


def escaped(text: str) -> str:
    """`text` as it must be written to mean itself: each `${` as `$${`."""
    return text.replace("${", "$${")


def literal(node: NodeT) -> NodeT:
    """An expanded node as it must be printed to be read as the same node again."""
    return _LITERAL.substitute(node)


class _Escaping(Scope):
    def _leaf(self, node: object, part: ast.Word | ast.Text) -> ast.Word | ast.Text:
        if "${" not in part.value:
            return part
        return dataclasses.replace(part, value=escaped(part.value))


_LITERAL: Final = _Escaping((), "")


_FIELDS: Final[dict[type[object], tuple[str, ...]]] = {}


def _fields(kind: type[object]) -> tuple[str, ...]:
    """The fields of a node in which words can be, its own span and fixed choices aside."""
    known = _FIELDS.get(kind)
    if known is None:
        names = (f.name for f in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()
        known = tuple(name for name in names if name not in ("span", "keyword"))
        _FIELDS[kind] = known
    return known


def _within(part: ast.Word | ast.Text, match: re.Match[str]) -> Span:
    """The place of a match, as exactly as the node's span allows."""
    span, length = part.span, len(part.value)
    if span.length == length:
        offset = 0
    elif span.length == length + 2 and "\n" not in part.value:
        offset = 1
    else:
        return span
    return Span(span.line, span.column + offset + match.start(), len(match.group()))


def _listed(names: Iterable[str]) -> str:
    return "its parameters are " + ", ".join(names)
