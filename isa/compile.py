"""Either language from source text to verified bytecode, chosen by the file's suffix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..aa import pipeline
from ..aa.ast import Language
from ..aa.lowered import OutputMode
from ..aa.pipeline import DEFAULT_OUTPUT_MODE, Compiled, finish, located
from ..aa.source import Source
from ..aa.unread import unread_keywords
from .expand import Expanded, Item, Used, expand
from .lower import lower
from .modules import Loader
from .validate import validate

if TYPE_CHECKING:
    from ..aa.emit import Stage


class UnknownLanguage(ValueError):
    """The name ends in neither `.aa` nor `.isa`: the user should rename the file."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: a program's name ends in .aa or .isa")
        self.name = name


def language_of(name: str) -> Language:
    """The language of a file by its suffix. Raises UnknownLanguage."""
    if name.endswith(".isa"):
        return "isa"
    if name.endswith(".aa"):
        return "aa"
    raise UnknownLanguage(name)


def compile_source(
    source: Source,
    *,
    output_mode: OutputMode = DEFAULT_OUTPUT_MODE,
    params: Mapping[str, str] | None = None,
    loader: Loader | None = None,
    language: Language | None = None,
) -> Compiled:
    """Compile a program; never raises for what is in it.

    `params` are values for PARAM lines, `loader` finds the modules of USE lines. The language is
    that of the source's name unless given. Raises UnknownLanguage.
    """
    if (language or language_of(source.name)) == "aa":
        return pipeline.compile_source(source, output_mode=output_mode, params=params)
    return compile_isa(source, output_mode=output_mode, params=params, loader=loader)


def compile_isa(
    source: Source,
    *,
    output_mode: OutputMode = DEFAULT_OUTPUT_MODE,
    params: Mapping[str, str] | None = None,
    loader: Loader | None = None,
) -> Compiled:
    """Compile an ISA program, as `compile_source` does."""
    from .parse import DIRECTIVES, parse

    parsed = parse(source)
    program = parsed.program
    unread = unread_keywords(source, parsed.diagnostics, DIRECTIVES)
    expanded = expand(program, params or {}, loader)
    lowered = lower(expanded, output_mode, unread=unread)
    back = finish(
        lowered.unit,
        "isa",
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
        "isa",
        program,
        expanded,
        back.unit,
        back.planned,
        back.module,
        located(back.diagnostics, source, expanded.sources),
        {s.name: s for s in (source, *(module for _name, module in expanded.sources))},
    )


def emit(compiled: Compiled, stage: Stage) -> str:
    """One stage of a compiled program as text; "" for a stage that an error prevented."""
    if stage == "expanded" and isinstance(compiled.expanded, Expanded):
        return _items(compiled.expanded.items, "")
    return pipeline.emit(compiled, stage)


def _items(items: tuple[Item, ...], indent: str) -> str:
    """Directives as source text; a module's are indented and stand between two comments."""
    from ..aa.expand import literal
    from .unparse import unparse_directive

    out: list[str] = []
    for item in items:
        if isinstance(item, Used):
            out.append(f"{indent}# begin {item.name}\n")
            out.append(_items(item.items, indent + "  "))
            out.append(f"{indent}# end {item.name}\n")
        else:
            out.append(f"{indent}{unparse_directive(literal(item))}\n")
    return "".join(out)
