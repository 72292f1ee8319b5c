"""`aac fmt` over files and standard input."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from .output import Problem, Report, print_bytes, use_color
from .programs import SUFFIXES, collect, read_program, write

if TYPE_CHECKING:
    from ..aa.source import Source

STDIN = "-"
_ISA_ONLY = ("ISA_VERSION", "VERSION")
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
        after = _formatted(source, before, path.suffix, report)
        if after is None or after == before:
            continue
        changed.append(str(path))
        if diff:
            _print_diff(source, after, report)
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
    after = _formatted(source, before, f".{language or _language_of(source)}", report)
    if after is None:
        return []
    if diff:
        _print_diff(source, after, report)
    elif not check:
        if report.format == "json":
            report.result["formatted"] = after.decode()
        else:
            print_bytes(after)
    return [STDIN] if after != before else []


def _language_of(source: Source) -> str:
    """Only the ISA has a version, and needs one."""
    words = (line.split(maxsplit=1) for line in source.lines())
    return "isa" if any(found and found[0] in _ISA_ONLY for found in words) else "aa"


def _formatted(source: Source, before: bytes, suffix: str, report: Report) -> bytes | None:
    """The canonical bytes, with a BOM if there was one; None after reporting syntax errors."""
    assert suffix in SUFFIXES
    if suffix == ".aa":
        from ..aa.fmt import formatted
    else:
        from ..isa.fmt import formatted

    result = formatted(source)
    errors = [d for d in result.diagnostics if d.severity == "error"]
    if errors:
        report.add(errors, source)
        return None
    text = result.text.encode()
    return BOM_UTF8 + text if before.startswith(BOM_UTF8) else text


def _print_diff(source: Source, after: bytes, report: Report) -> None:
    from ..aa.fmt import unified_diff

    diff = unified_diff(source, after.decode("utf-8-sig"))
    if report.format == "json":
        report.result[f"diff {source.name}"] = diff
        return
    color = use_color(report.color, sys.stdout)
    for line in diff.splitlines(keepends=True):
        text = click.style(line, fg=_COLORS.get(line[0])) if color else line
        click.echo(text, nl=False, color=color)
