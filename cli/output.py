"""What both commands print, and how they end: diagnostics, JSON, colour, exit codes.

Text for people goes to standard error and results to standard output, so that a result can be
piped. With `--json` there is exactly one JSON object on standard output, whatever happens.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final, Literal, NoReturn, TypeAlias

import click

if TYPE_CHECKING:
    from ..aa.diagnostic import Diagnostic
    from ..aa.source import Source

DONE: Final = 0
FAILED: Final = 1
"""The program's checks failed and the tree is as it was; or `--check` found something to do."""
WRONG: Final = 2
"""The program or the usage is wrong."""
CONFLICT: Final = 3
ENVIRONMENT: Final = 4
"""Heaven in use, no angel, not a repository, a disk that is full."""
MANY: Final = 100
"""Findings beyond which the order of their places gives way to errors first."""
_INTERRUPTED: Final = 130
_BROKEN_PIPE: Final = 141

Format: TypeAlias = Literal["text", "json", "github"]
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Command: TypeAlias = Callable[..., object]

FORMATS: Final[dict[str, Format]] = {"text": "text", "json": "json", "github": "github"}


class Problem(click.ClickException):
    """A failure that has no place in a program text; printed as one line, never a traceback.

    `code` is the exit code, which says whose fault it is; `hint` what to do next.
    """

    def __init__(self, message: str, exit_code: int = WRONG, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = exit_code
        self.hint = hint


def use_color(choice: str, stream: IO[str]) -> bool:
    """Whether to colour what goes to `stream`: `auto` asks the terminal, NO_COLOR and TERM."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


@dataclass(slots=True)
class Report:
    """The findings and the result of one command, printed together when it ends."""

    format: Format = "text"
    color: str = "auto"
    diagnostics: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    result: dict[str, Json] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """True if any finding is an error."""
        return any(d.severity == "error" for d in self.diagnostics)

    def add(self, diagnostics: Iterable[Diagnostic], source: Source | None = None) -> None:
        """Keep findings; those that name no file are about `source`."""
        if source is not None:
            self.sources.setdefault(source.name, source)
        for diagnostic in diagnostics:
            if source is not None and not diagnostic.file:
                from dataclasses import replace

                diagnostic = replace(diagnostic, file=source.name)
            self.diagnostics.append(diagnostic)

    def say(self, text: str) -> None:
        """A line of news for people; not printed with `--json`."""
        if self.format != "json":
            click.echo(text, err=True)

    def finish(self, code: int | None = None) -> NoReturn:
        """Print everything and exit with `code`, or with WRONG or DONE as the findings say."""
        if code is None:
            code = WRONG if self.failed else DONE
        if self.format == "json":
            self._finish_json(code)
        if self.diagnostics:
            from ..aa.diagnostic import render_github, render_text

            if len(self.diagnostics) > MANY:
                # Only the first ones of a file are printed: no warning may keep an error back.
                self.diagnostics.sort(key=lambda diagnostic: diagnostic.severity != "error")
            if self.format == "github":
                click.echo(render_github(self.diagnostics), nl=False)
            else:
                color = use_color(self.color, sys.stderr)
                text = render_text(self.diagnostics, self.sources, color)
                click.echo(text, nl=False, err=True, color=color)
            click.echo(summary(self.diagnostics), err=True)
        raise SystemExit(code)

    def _finish_json(self, code: int) -> NoReturn:
        import json

        from ..aa.diagnostic import render_json

        found: Json = json.loads(render_json(self.diagnostics))
        print_json({"ok": code == DONE, "exit_code": code, "diagnostics": found, **self.result})
        raise SystemExit(code)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """The closing line: "error: 3 errors, 1 warning"."""
    counts: dict[str, int] = {}
    for diagnostic in diagnostics:
        counts[diagnostic.severity] = counts.get(diagnostic.severity, 0) + 1
    present = [word for word in ("error", "warning", "note") if counts.get(word)]
    parts = [f"{counts[word]} {word}{'s' if counts[word] > 1 else ''}" for word in present]
    return f"{present[0]}: {', '.join(parts)}"


def print_lines(report: Report, lines: Iterable[str]) -> None:
    """The result for people, on standard output; nothing with `--json`."""
    if report.format != "json":
        for line in lines:
            click.echo(line)


def print_json(value: Mapping[str, Json]) -> None:
    """One JSON object on standard output, in the order given, UTF-8 as it is."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_bytes(data: bytes) -> None:
    """Bytes on standard output as they are, after what was printed before."""
    sys.stdout.flush()
    rest = memoryview(data)
    while rest:
        # Unbuffered (python -u), one write may take a part only.
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()


def output_options(command: Command) -> Command:
    """Add --format, --json and --color: the command takes a `Report` named `report`."""

    def set_json(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value:
            _report(context).format = "json"

    def set_format(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            _report(context).format = FORMATS[value]

    def set_color(context: click.Context, parameter: click.Parameter, value: str) -> None:
        _report(context).color = value

    options = (
        click.option(
            "--format",
            type=click.Choice(list(FORMATS)),
            callback=set_format,
            expose_value=False,
            help="How to print findings: for people, for programs, as GitHub annotations.",
        ),
        click.option(
            "--json",
            is_flag=True,
            callback=set_json,
            expose_value=False,
            help="The same as --format json: one JSON object on standard output.",
        ),
        click.option(
            "--color",
            type=click.Choice(["auto", "always", "never"]),
            default="auto",
            callback=set_color,
            expose_value=False,
            help="Colour findings; auto asks the terminal and NO_COLOR.",
        ),
    )
    wrapped: Command = click.make_pass_decorator(Report, ensure=True)(command)
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


def _report(context: click.Context) -> Report:
    return context.ensure_object(Report)


def main(command: click.Command, name: str) -> NoReturn:
    """Run a command line to its end; every way out is a documented exit code."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    code = DONE
    try:
        try:
            # Not command.main: it would end with 1 when whoever read our output has gone.
            with command.make_context(name, sys.argv[1:]) as context:
                command.invoke(context)
            sys.stdout.flush()
        except click.exceptions.Exit as stop:
            code = stop.exit_code
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            code = _INTERRUPTED
        except click.ClickException as problem:
            code = _explain(problem)
        raise SystemExit(code)
    except BrokenPipeError:
        # Whoever read our output has gone. Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(_BROKEN_PIPE) from None
    except OSError as problem:
        place = f"{problem.filename}: " if problem.filename else ""
        code = _explain(Problem(f"{place}{problem.strerror or problem}", ENVIRONMENT))
        raise SystemExit(code) from None


def _explain(problem: click.ClickException) -> int:
    code = problem.code if isinstance(problem, Problem) else WRONG
    message = problem.format_message()
    if _wants_json(sys.argv[1:]):
        error: dict[str, Json] = {"message": message}
        if isinstance(problem, Problem) and problem.hint:
            error["hint"] = problem.hint
        print_json({"ok": False, "exit_code": code, "diagnostics": [], "error": error})
        return code
    if isinstance(problem, click.exceptions.NoArgsIsHelpError):
        click.echo(message, err=True)
        return code
    if isinstance(problem, click.UsageError) and problem.ctx is not None:
        click.echo(problem.ctx.get_usage(), err=True)
        click.echo(f"Try '{problem.ctx.command_path} --help' for help.", err=True)
    click.echo(f"error: {message}", err=True)
    if isinstance(problem, Problem) and problem.hint:
        click.echo(f"  hint: {problem.hint}", err=True)
    return code


def _wants_json(arguments: list[str]) -> bool:
    """Whether the command line asks for JSON, told without parsing it (it may not parse)."""
    spelled = (
        " ".join(arguments).replace("--format=json", "--json").replace("--format json", "--json")
    )
    return "--json" in spelled.split()
