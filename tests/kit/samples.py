"""The programs that all tests of passes share: `examples/`, `tests/programs/` and its `broken/`."""

from __future__ import annotations

from pathlib import Path

from genesis_ssmp.aa.lowered import OutputMode
from genesis_ssmp.aa.pipeline import Compiled
from genesis_ssmp.aa.source import Source
from genesis_ssmp.isa.compile import compile_source
from genesis_ssmp.isa.modules import file_loader

ROOT = Path(__file__).resolve().parents[2]
_STANDARD = ROOT / "stdlib"


def _programs(directory: str) -> list[str]:
    found = (p for p in (ROOT / directory).iterdir() if p.suffix in (".aa", ".isa"))
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


BROKEN = [*_programs("tests/programs/broken"), "tests/programs/ten_mistakes.isa"]
"""Programs with mistakes, as paths from the repository's root."""

PROGRAMS = [p for p in (*_programs("examples"), *_programs("tests/programs")) if p not in BROKEN]
"""Programs that compile."""


def compile_sample(
    name: str, *, output_mode: OutputMode = "medium", params: dict[str, str] | None = None
) -> Compiled:
    """Compile a program of the lists above, under the name that it has there."""
    path = ROOT / name
    source = Source(name, Source.read(path).text)
    loader = file_loader(path.parent, _STANDARD)

    def load(module: str) -> Source | None:
        found = loader(module)
        return None if found is None else Source(module, found.text)

    return compile_source(source, output_mode=output_mode, params=params, loader=load)


def compile_text(
    text: str,
    language: str = "isa",
    *,
    output_mode: OutputMode = "medium",
    params: dict[str, str] | None = None,
    modules: dict[str, str] | None = None,
) -> Compiled:
    """Compile a text; `modules` maps the names that USE asks for to texts."""
    known = modules or {}
    return compile_source(
        Source(f"program.{language}", text),
        output_mode=output_mode,
        params=params,
        loader=lambda name: Source(name, known[name]) if name in known else None,
    )


def codes(compiled: Compiled) -> list[str]:
    """The codes of what was found, in order."""
    return [diagnostic.code for diagnostic in compiled.diagnostics]
