"""Compiling the catalogue's examples, whatever they are written in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..aa import explain as pages
from ..aa.catalogue import Code
from ..aa.catalogue.example import read_example
from ..aa.diagnostic import Diagnostic, render_text
from ..aa.lowered import OutputMode
from ..aa.node import dataclass
from ..aa.source import Source, SourceUnreadable

_MODES: Mapping[str, OutputMode] = {"soft": "soft", "medium": "medium", "hard": "hard"}
_STANDARD = Path(__file__).parent.parent / "stdlib"


@dataclass(frozen=True, slots=True)
class Findings:
    """What compiling an example found, and the texts that the spans count in."""

    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]


def explain(code: str) -> str:
    """The page of a code with what the compiler says of its example. Raises aa's UnknownCode."""
    return pages.explain(code, diagnose)


def diagnose(code: Code) -> str:
    """The rendered diagnostics of the failing example that have this code.

    "" where compiling alone does not show it: codes of linking need a repository.
    """
    findings = compile_example(code, code.failing)
    shown = [found for found in findings.diagnostics if found.code == code.code]
    return render_text(shown, findings.sources)


def compile_example(code: Code, text: str) -> Findings:
    """Compile `code.failing` or `code.fixed` as its language wants it."""
    name = f"example.{code.language}"
    try:
        source = Source.of_bytes(name, text.encode("utf-8", "surrogateescape"))
    except SourceUnreadable as unreadable:
        return Findings(unreadable.diagnostics, {})
    if code.language == "aasm":
        return Findings(_assembled(source), {name: source})
    return _compiled(source)


def _assembled(source: Source) -> tuple[Diagnostic, ...]:
    from ..aa.assemble import AssemblyErrors, assemble
    from ..aa.verify import verify

    try:
        return verify(assemble(source.text, source.name))
    except AssemblyErrors as errors:
        return errors.diagnostics


def _compiled(source: Source) -> Findings:
    from .compile import compile_source
    from .modules import file_loader

    example = read_example(source.text)
    modules = {name: Source(name, text) for name, text in example.modules.items()}
    standard = file_loader(Path(), _STANDARD)
    compiled = compile_source(
        Source(source.name, example.program),
        output_mode=_MODES.get(example.output_mode, "medium"),
        params=example.params,
        loader=lambda name: modules.get(name) or standard(name),
    )
    return Findings(compiled.diagnostics, compiled.sources)
