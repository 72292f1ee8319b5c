"""USE and PARAM: every used module becomes a tree of its own with its parameters filled in.

A module may use modules; it can never use itself, however far apart, and what all of them expand
to is bounded, so expansion ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from ..aa import ast as aa
from ..aa.diagnostic import Diagnostic, Related, did_you_mean, error
from ..aa.expand import Room, Scope
from ..aa.node import dataclass
from ..aa.param_types import problem
from ..aa.source import Source, SourceUnreadable
from ..aa.span import Span
from ..aa.validate import MAX_DIRECTIVES
from . import ast
from .modules import Loader, resolve
from .validate import validate_module

MAX_DEPTH: Final = 32
"""Modules within modules."""

_OF_VALUES: Final = frozenset({"AA0308", "AA0310", "AA0311", "AA0313"})
"""What depends on a parameter's value; the rest is reported when the module is read, once."""


@dataclass(frozen=True, slots=True)
class Used:
    """A module in place of its USE line. `name` is its resolved name, and its `Origin.file`."""

    name: str
    items: tuple[Item, ...]
    user: str
    span: Span


Item: TypeAlias = ast.Directive | Used


@dataclass(frozen=True, slots=True)
class Expanded:
    """No PARAM, USE or `${name}` is left, but for what `diagnostics` report.

    `complete` as in `aa.expand`. `sources` are the modules by resolved name, in order of first use.
    """

    items: tuple[Item, ...]
    complete: bool
    sources: tuple[tuple[str, Source], ...]
    diagnostics: tuple[Diagnostic, ...]


def expand(program: ast.Program, params: Mapping[str, str], loader: Loader | None) -> Expanded:
    """Fill in parameters and used modules; `loader` None knows no module."""
    expansion = _Expansion(loader)
    room = expansion.room
    scope = Scope((d for d in program.directives if isinstance(d, aa.Param)), "", room)
    scope.give_from_outside(params)
    items = expansion.items(program, scope, ())
    scope.finish()
    return Expanded(
        items,
        expansion.complete and scope.complete,
        tuple((name, module.source) for name, module in expansion.modules.items() if module),
        (*scope.diagnostics, *expansion.diagnostics),
    )


@dataclass(frozen=True, slots=True)
class _Module:
    source: Source
    program: ast.Program
    params: tuple[aa.Param, ...]


class _Expansion:
    def __init__(self, loader: Loader | None) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.complete = True
        self.modules: dict[str, _Module | None] = {}
        self.room = Room()
        self._loader = loader
        self._total = 0
        self._stopped = False

    def items(self, program: ast.Program, scope: Scope, chain: tuple[str, ...]) -> tuple[Item, ...]:
        items: list[Item] = []
        for directive in program.directives:
            self._total += 1
            if isinstance(directive, aa.Param):
                continue
            if not isinstance(directive, ast.Use):
                items.append(scope.substitute(directive))
                continue
            if self._total > MAX_DIRECTIVES:
                self._too_large(directive, scope.file)
                break
            used = self._use(directive, scope, chain)
            if used is not None:
                items.append(used)
        return tuple(items)

    def _use(self, use: ast.Use, scope: Scope, chain: tuple[str, ...]) -> Used | None:
        file = scope.file
        name = self._name(use, scope, chain)
        if name is None:
            # Its arguments still count as uses of this file's parameters.
            for argument in use.arguments:
                scope.text(argument.value)
            return None
        module = self._module(name, use.module, file)
        values = self._arguments(use, module, scope)
        if module is None:
            return None
        inner = Scope(module.params, name, self.room, told=True)
        for missing in inner.give(values):
            related = Related("declared without a default here", inner.declared[missing].span, name)
            self._error(
                "ISA0308",
                f"{use.module.value} needs an argument {missing}",
                use.span,
                file,
                hint=f"add `{missing}=VALUE`",
                related=(related,),
            )
        items = self.items(module.program, inner, (*chain, name))
        here = Related("in the module used here", use.span, file)
        self.diagnostics += [_add(d, here) for d in inner.diagnostics if d.code in _OF_VALUES]
        self.complete = self.complete and inner.complete
        return Used(name, items, file, use.span)

    def _name(self, use: ast.Use, scope: Scope, chain: tuple[str, ...]) -> str | None:
        """The resolved name, if the module may be used from here."""
        word, file = use.module, scope.file
        written = scope.text(word)
        name = resolve(written, file)
        if name is None:
            self._error(
                "ISA0309",
                f"`{written}` is no name of a module",
                word.span,
                file,
                hint="a standard module such as std.rename, or ./path/to/module.isa",
            )
            return None
        if name in chain:
            circle = " -> ".join((*chain[chain.index(name) :], name))
            self._error("ISA0302", f"a module uses itself: {circle}", word.span, file)
            return None
        if len(chain) >= MAX_DEPTH:
            self._error(
                "ISA0303",
                f"modules are used {len(chain) + 1} deep; the limit is {MAX_DEPTH}",
                word.span,
                file,
                hint=f"by way of {' -> '.join(chain[:3])} -> ...",
            )
            return None
        return name

    def _module(self, name: str, word: aa.Word, file: str) -> _Module | None:
        """Load, parse and check a module once, however often it is used."""
        if name in self.modules:
            return self.modules[name]
        self.modules[name] = None
        try:
            source = self._loader(name) if self._loader is not None else None
        except SourceUnreadable as unreadable:
            here = Related("used here", word.span, file)
            self.diagnostics += [_add(found, here) for found in unreadable.diagnostics]
            return None
        if source is None:
            hint = None
            if name.startswith("std."):
                hint = "`aac doc` lists the standard modules"
            self._error("ISA0301", f"there is no module `{word.value}`", word.span, file, hint=hint)
            return None
        from ..aa.unread import unread_keywords
        from .parse import DIRECTIVES, parse

        parsed = parse(source)
        program = parsed.program
        unread = unread_keywords(source, parsed.diagnostics, DIRECTIVES)
        params = tuple(d for d in program.directives if isinstance(d, aa.Param))
        declared = Scope(params, name)
        declared.check(d for d in program.directives if not isinstance(d, aa.Param))
        self.diagnostics += [_at(found, name) for found in parsed.diagnostics]
        self.diagnostics += [_at(found, name) for found in validate_module(program, unread=unread)]
        self.diagnostics += declared.diagnostics
        module = _Module(source, program, params)
        self.modules[name] = module
        return module

    def _arguments(
        self, use: ast.Use, module: _Module | None, scope: Scope
    ) -> dict[str, str | None]:
        known = {param.name.value: param for param in module.params} if module else {}
        values: dict[str, str | None] = {}
        first: dict[str, Span] = {}
        for argument in use.arguments:
            name = argument.name.value
            value = scope.text(argument.value)
            if name in first:
                related = Related("first given here", first[name], scope.file)
                self._error(
                    "ISA0307",
                    f"argument {name} is given twice",
                    argument.name.span,
                    scope.file,
                    related=(related,),
                )
                continue
            first[name] = argument.name.span
            if module is not None and name not in known:
                hint = did_you_mean(name, known) or (
                    "it takes " + ", ".join(known) if known else "it takes none"
                )
                message = f"{use.module.value} has no parameter {name}"
                self._error("ISA0306", message, argument.name.span, scope.file, hint=hint)
                continue
            values[name] = value
            type_ = known[name].type if module is not None else None
            wrong = None
            if type_ is not None and "${" not in value:
                wrong = problem(type_.value, value)
            if wrong is not None:
                assert type_ is not None and module is not None
                self._error(
                    "ISA0310",
                    f"{name} is of type {type_.value}, and {wrong}",
                    argument.value.span,
                    scope.file,
                    related=(Related("declared here", known[name].span, module.source.name),),
                )
                values[name] = None
        return values

    def _too_large(self, use: ast.Use, file: str) -> None:
        if self._stopped:
            return
        self._stopped = True
        self._error(
            "ISA0304",
            f"with its modules the program has more than {MAX_DIRECTIVES} directives",
            use.span,
            file,
        )

    def _error(
        self,
        code: str,
        message: str,
        span: Span,
        file: str,
        *,
        hint: str | None = None,
        related: tuple[Related, ...] = (),
    ) -> None:
        self.diagnostics.append(error(code, message, span, file=file, hint=hint, related=related))


def _add(found: Diagnostic, related: Related) -> Diagnostic:
    return Diagnostic(
        found.code,
        found.severity,
        found.message,
        found.span,
        found.file,
        found.hint,
        (*found.related, related),
    )


def _at(found: Diagnostic, file: str) -> Diagnostic:
    related = tuple(Related(r.message, r.span, file) for r in found.related)
    return Diagnostic(
        found.code, found.severity, found.message, found.span, file, found.hint, related
    )
