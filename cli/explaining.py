"""`aac explain` and `aac doc`: what the catalogue and the modules say about themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import Json, Problem, Report
from .programs import read, standard_modules

if TYPE_CHECKING:
    from ..aa.catalogue import Code
    from ..aa.source import Source


def list_codes(report: Report) -> None:
    """Print every code, its severity and title."""
    from ..aa.catalogue import CODES

    entries: list[Json] = []
    for code in CODES.values():
        entries.append({"code": code.code, "severity": code.severity, "title": code.title})
        if report.format == "text":
            click.echo(f"{code.code:<8} {code.severity:<8} {code.title}")
    report.result["codes"] = entries


def explain_code(name: str, report: Report) -> None:
    """Print one code's page.

    Raises:
        Problem: no diagnostic has this code.
    """
    from ..aa.catalogue import CODES
    from ..aa.diagnostic import did_you_mean
    from ..isa.explain import explain

    code = CODES.get(name.upper())
    if code is None:
        raise Problem(
            f"no diagnostic has the code {name}",
            hint=did_you_mean(name.upper(), CODES) or "aac explain --list shows all of them",
        )
    report.result["code"] = _as_json(code)
    if report.format == "text":
        click.echo(explain(code.code).rstrip("\n"))


def _as_json(code: Code) -> Json:
    return {
        "code": code.code,
        "severity": code.severity,
        "title": code.title,
        "cause": code.cause,
        "failing": code.failing,
        "fixed": code.fixed,
        "language": code.language,
    }


def list_modules(report: Report) -> None:
    """Print the standard modules, each with the first sentence of its comment."""
    entries: list[Json] = []
    for name, path in standard_modules().items():
        source = read(path, report)
        if source is None:
            continue
        about = " ".join(_leading_comment(source)).split(". ")[0].rstrip(".")
        entries.append({"module": name, "about": about})
        if report.format == "text":
            click.echo(f"{name:<24} {about}")
    report.result["modules"] = entries


def describe_module(name: str, report: Report) -> None:
    """Print a module's leading comment, how to USE it, and its parameters.

    Raises:
        Problem: there is no such module.
    """
    from ..aa.ast import Param
    from ..aa.diagnostic import did_you_mean
    from ..isa.parse import parse

    path = Path(name) if name.endswith(".isa") else standard_modules().get(name)
    if path is None or not path.is_file():
        raise Problem(
            f"there is no module {name}",
            hint=did_you_mean(name, standard_modules()) or "aac doc lists the standard modules",
        )
    source = read(path, report)
    if source is None:
        return
    parsed = parse(source)
    report.add(parsed.diagnostics, source)
    about = _leading_comment(source)
    params: list[Json] = []
    words: list[str] = []
    for directive in parsed.program.directives:
        if isinstance(directive, Param):
            default = directive.default.value if directive.default is not None else None
            type_ = directive.type.value if directive.type is not None else None
            params.append({"name": directive.name.value, "type": type_, "default": default})
            words.append(
                f"{directive.name.value}={type_.upper() if type_ else '...'}"
                if default is None
                else f"[{directive.name.value}={default!r}]"
            )
    report.result.update({"module": name, "about": "\n".join(about), "params": params})
    if report.format == "text":
        for line in about:
            click.echo(line)
        if about:
            click.echo()
        click.echo(" ".join(["USE", name, *words]))


def _leading_comment(source: Source) -> list[str]:
    """The comment lines before the first directive, without their `#`."""
    lines: list[str] = []
    for line in source.lines():
        text = line.strip()
        if not text.startswith("#"):
            if text or lines:
                break
            continue
        lines.append(text[1:].removeprefix(" "))
    return lines
