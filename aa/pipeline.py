"""Angel Assembly from source text to verified bytecode, and what both languages do from there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from . import ast
from .ast import Language
from .codegen import generate
from .diagnostic import Diagnostic, Related, has_errors
from .expand import Expanded, expand
from .lower import lower
from .lowered import OutputMode, Unit
from .module import Module
from .node import dataclass
from .output_mode import check_output_mode
from .plan import check_plan, plan
from .source import Source
from .unread import unread_keywords
from .validate import validate

if TYPE_CHECKING:
    from typing import Protocol

    from .emit import Stage

    class Tree(Protocol):
        """What the syntax trees of both languages have."""

        @property
        def directives(self) -> Sequence[object]: ...
        @property
        def comments(self) -> tuple[ast.Comment, ...]: ...

    class Expansion(Protocol):
        """What the expansions of both languages have."""

        @property
        def complete(self) -> bool: ...


DEFAULT_OUTPUT_MODE: Final[OutputMode] = "medium"


@dataclass(frozen=True, slots=True)
class Compiled:
    """Every stage of one compilation.

    `program` is the `ast.Program` of the language, `expanded` the `Expanded` of its expansion.

    `unit`, `planned` and `module` are None where `diagnostics` hold an error. `sources` maps
    `Diagnostic.file` to its text: the program and the modules it uses. Diagnostics stand in the
    order of their places, those of the program before those of modules.
    """

    source: Source
    language: Language
    program: Tree
    expanded: Expansion
    unit: Unit | None
    planned: Unit | None
    module: Module | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]


def compile_source(
    source: Source,
    *,
    output_mode: OutputMode = DEFAULT_OUTPUT_MODE,
    params: Mapping[str, str] | None = None,
    loader: Callable[[str], Source | None] | None = None,
) -> Compiled:
    """Compile an AA program; `params` are values for its PARAM lines. Bad input never raises.

    `loader` is what the ISA finds modules with; AA has no USE, so nothing asks it.
    """
    from .parse import DIRECTIVES, parse

    parsed = parse(source)
    program = parsed.program
    unread = unread_keywords(source, parsed.diagnostics, DIRECTIVES)
    expanded = expand(program, params or {})
    lowered = lower(expanded, output_mode)
    back = finish(
        lowered.unit,
        "aa",
        source,
        (
            *parsed.diagnostics,
            *validate(program, unread=unread),
            *expanded.diagnostics,
            *lowered.diagnostics,
        ),
    )
    return Compiled(
        source,
        "aa",
        program,
        expanded,
        back.unit,
        back.planned,
        back.module,
        located(back.diagnostics, source, ()),
        {source.name: source},
    )


@dataclass(frozen=True, slots=True)
class Back:
    """What `finish` makes: all None where there is an error."""

    unit: Unit | None
    planned: Unit | None
    module: Module | None
    diagnostics: tuple[Diagnostic, ...]


def finish(
    unit: Unit, language: Language, source: Source, diagnostics: Iterable[Diagnostic]
) -> Back:
    """Plan, check the output mode, generate and verify; `diagnostics` are those of before."""
    planned = plan(unit)
    found = (*diagnostics, *check_plan(planned), *check_output_mode(planned))
    if has_errors(found):
        return Back(None, None, None, found)
    module = generate(planned, language, source_sha256(source))
    from .verify import verify

    refused = verify(module)
    if refused:
        return Back(None, None, None, (*found, *refused))
    return Back(unit, planned, module, found)


def source_sha256(source: Source) -> str:
    """Of the text as UTF-8 with LF line ends, so that a checkout with CRLF builds the same."""
    from hashlib import sha256

    return sha256("\n".join(source.lines()).encode("utf-8", "surrogatepass")).hexdigest()


def located(
    diagnostics: Iterable[Diagnostic], source: Source, modules: Iterable[tuple[str, Source]]
) -> tuple[Diagnostic, ...]:
    """Diagnostics in order, each once, with the names of sources in place of `Origin.file`."""
    names = {"": source.name, **{name: module.name for name, module in modules}}
    order = {name: index for index, name in enumerate(dict.fromkeys(names.values()))}
    unique = dict.fromkeys(_located(diagnostic, names) for diagnostic in diagnostics)
    # A text that was written empty is reported by the parser; lowering sees it as empty again.
    empty = {(d.file, d.span) for d in unique if d.code == "AA0120"}
    return tuple(
        sorted(
            (d for d in unique if d.code != "AA0218" or (d.file, d.span) not in empty),
            key=lambda d: (order.get(d.file, len(order)), d.span.line, d.span.column, d.code),
        )
    )


def _located(diagnostic: Diagnostic, names: Mapping[str, str]) -> Diagnostic:
    return Diagnostic(
        diagnostic.code,
        diagnostic.severity,
        diagnostic.message,
        diagnostic.span,
        names.get(diagnostic.file, diagnostic.file),
        diagnostic.hint,
        tuple(
            Related(related.message, related.span, names.get(related.file, related.file))
            for related in diagnostic.related
        ),
    )


def emit(compiled: Compiled, stage: Stage) -> str:
    """One stage of a compiled AA program as text; "" for a stage that an error prevented."""
    from . import emit as stages

    if stage == "ast":
        return stages.tree(compiled.program.directives)
    if stage == "expanded" and isinstance(compiled.expanded, Expanded):
        return stages.source_lines(compiled.expanded.program.directives)
    return stages.common(compiled.unit, compiled.planned, compiled.module, stage)
