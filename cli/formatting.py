"""`aac fmt` over files and standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from .output import Problem, Report, print_bytes, use_color
from .programs import SUFFIXES, collect, read_program, write

if TYPE_CHECKING:
    from ..aa.source import Source

STDIN = "-"
_ISA_STARTS = ("ISA_VERSION", "VERSION")
_COLORS = {"+": "green", "-": "red", "@": "cyan"}


def format_files(
    names: Iterable[str], report: Report, *, check: bool, diff: bool, language: str | None
) -> list[str]:
    """Format every named program; returns the names of those that changed or would.

    With `check` or `diff` nothing is written.
    """
    names = list(names)
    if STDIN in names and len(names) > 1:
        raise Problem('"-" stands alone: standard input cannot be formatted beside files')
    if names == [STDIN]:
        return _format_stdin(report, check=check, diff=diff, language=language)
    changed: list[str] = []
    for path in collect(names, modules=True):
        source = read_program(path, report)
        if source is None:
            continue
        before = path.read_bytes()
        after = _formatted(source, path.suffix, report)
        if after is None or after == before:
            continue
        changed.append(str(path))
        if diff:
            _print_diff(str(path), before, after, report)
        if check:
            report.say(f"would format {path}")
        elif not diff:
            write(path, after)
            report.say(f"formatted {path}")
    return changed


def _format_stdin(report: Report, *, check: bool, diff: bool, language: str | None) -> list[str]:
    from ..aa.source import Source, SourceUnreadable

    before = sys.stdin.buffer.read()
    try:
        source = Source.of_bytes("<stdin>", before)
    except SourceUnreadable as unreadable:
        report.add(unreadable.diagnostics)
        return []
    after = _formatted(source, f".{language or _language_of(source)}", report)
    if after is None:
        return []
    if diff:
        _print_diff("<stdin>", before, after, report)
    elif not check:
        if report.format == "json":
            report.result["formatted"] = after.decode()
        else:
            print_bytes(after)
    return [STDIN] if after != before else []


def _language_of(source: Source) -> str:
    """What the first directive suggests: only the ISA has a version."""
    for line in source.lines():
        words = line.split(maxsplit=1)
        if words and not words[0].startswith("#"):
            return "isa" if words[0] in _ISA_STARTS else "aa"
    return "aa"


def _formatted(source: Source, suffix: str, report: Report) -> bytes | None:
    """The canonical bytes; None after reporting syntax errors."""
    assert suffix in SUFFIXES
    if suffix == ".aa":
        from ..aa.fmt import format as canonical
        from ..aa.parse import parse as parse_aa

        diagnostics = parse_aa(source).diagnostics
    else:
        from ..isa.fmt import format as canonical
        from ..isa.parse import parse as parse_isa

        diagnostics = parse_isa(source).diagnostics
    errors = [d for d in diagnostics if d.severity == "error"]
    if errors:
        report.add(errors, source)
        return None
    return canonical(source).encode()


def _print_diff(name: str, before: bytes, after: bytes, report: Report) -> None:
    from difflib import unified_diff

    old, new = (data.decode("utf-8-sig").splitlines(keepends=True) for data in (before, after))
    lines = list(unified_diff(old, new, name, f"{name} (formatted)"))
    if report.format == "json":
        report.result[f"diff {name}"] = "".join(lines)
        return
    color = use_color(report.color, sys.stdout)
    for line in lines:
        text = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        if color:
            text = click.style(text, fg=_COLORS.get(line[0]))
        click.echo(text, nl=False, color=color)
