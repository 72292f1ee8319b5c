"""`aac`, the compiler: build, check, format, explain, take apart, put together, price.

Only click is imported here; every command imports what it needs, so that none pays for another.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from . import output
from .options import output_mode_option, param_option
from .output import DONE, FAILED, Problem, Report, output_options

if TYPE_CHECKING:
    from ..aa.emit import Stage
    from ..aa.lowered import OutputMode
    from ..aa.module import Module
    from ..aa.pipeline import Compiled

STAGES: Final[tuple[Stage, ...]] = ("ast", "expanded", "aa", "plan", "bytecode")


def _version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib.metadata import version

        from ..aa.format_version import FORMAT_VERSION

        click.echo(f"aac {version('genesis-ssmp')} (bytecode format {FORMAT_VERSION})")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Print the versions of the command and of the bytecode it writes.",
)
def cli() -> None:
    """Compile programs for coding agents: AA (.aa) and ISA (.isa) to verified bytecode (.aab).

    Exit codes: 0 done; 1 `fmt --check` found something to do; 2 the program or the usage is
    wrong; 4 the environment is (a disk that is full).

    \b
    Examples:
      aac build refactor.isa
      aac build --emit plan refactor.isa
      aac explain AA0201
    """


@cli.command(short_help="Compile programs to bytecode.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--out", help="Where to write; a directory if there are several files.")
@click.option(
    "--emit",
    type=click.Choice(STAGES),
    help="Print this form of the program instead of writing bytecode.",
)
@output_mode_option
@param_option
@output_options
def build(
    report: Report,
    files: tuple[str, ...],
    out: str | None,
    emit: Stage | None,
    output_mode: OutputMode,
    params: dict[str, str],
) -> None:
    """Compile programs to bytecode, FILE.aab beside each FILE unless -o says otherwise.

    A directory stands for all programs in it. Nothing is written if any program has an error.

    \b
    Examples:
      aac build refactor.isa
      aac build -o out/ examples/
      aac build --param old=Greet --param new=Hello rename.isa
      aac build --emit bytecode refactor.aa
    """
    from .programs import collect, compile_program, read_program, write

    paths = collect(files)
    targets = {} if emit else _targets(paths, out)
    made: list[tuple[Path, str, bytes]] = []
    texts: list[str] = []
    for path in paths:
        source = read_program(path, report)
        if source is None:
            continue
        compiled = compile_program(source, report, output_mode=output_mode, params=params)
        if compiled.module is None:
            continue
        if emit:
            texts.append(_emit(compiled, emit, path, many=len(paths) > 1))
        else:
            from ..aa.encode import encode

            made.append((path, str(targets[path]), encode(compiled.module)))
    if report.failed:
        report.finish()
    if emit:
        _deliver(report, emit, "".join(texts), out)
    listing: list[output.Json] = []
    for path, target, data in made:
        write(Path(target), data)
        entry: dict[str, output.Json] = {"file": str(path), "output": target, "bytes": len(data)}
        listing.append(entry)
        if report.format == "text":
            click.echo(f"{path} -> {target} ({len(data)} bytes)")
    report.result["built"] = listing
    report.finish()


def _targets(paths: list[Path], out: str | None) -> dict[Path, Path]:
    """Where each program's bytecode goes. Raises Problem where two would go to one place."""
    from .programs import MODULE_SUFFIX

    directory = out is not None and (len(paths) > 1 or out.endswith("/") or Path(out).is_dir())
    if directory and out is not None and not Path(out).is_dir() and Path(out).exists():
        raise Problem(f"{out} is a file, and there are {len(paths)} programs to write")
    targets: dict[Path, Path] = {}
    taken: dict[Path, Path] = {}
    for path in paths:
        if out is not None and not directory:
            target = Path(out)
        else:
            target = path.with_suffix(MODULE_SUFFIX)
            if out is not None:
                target = Path(out) / target.name
        if target in taken:
            raise Problem(
                f"{taken[target]} and {path} would both be written to {target}",
                hint="build them one by one with -o",
            )
        if target.resolve() in {p.resolve() for p in paths}:
            raise Problem(f"{target} is a program; it would be overwritten")
        taken[target] = path
        targets[path] = target
    return targets


def _emit(compiled: Compiled, stage: Stage, path: Path, *, many: bool) -> str:
    from ..isa.compile import emit

    text = emit(compiled, stage)
    if not text.endswith("\n"):
        text += "\n"
    return f"# {path}\n{text}" if many else text


def _deliver(report: Report, name: str, text: str, out: str | None) -> NoReturn:
    """Text as the result: to the file, into the JSON object, or to standard output."""
    if out is not None:
        from .programs import write

        write(Path(out), text.encode())
        report.result["output"] = out
    elif report.format == "json":
        report.result[name] = text
    else:
        output.print_bytes(text.encode())
    report.finish()


@cli.command(short_help="Compile programs and write nothing.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--repo", metavar="DIR", help="Resolve the names in the program in this repository.")
@output_mode_option
@param_option
@output_options
def check(
    report: Report,
    files: tuple[str, ...],
    repo: str | None,
    output_mode: OutputMode,
    params: dict[str, str],
) -> None:
    """Compile programs and write nothing; with --repo, also look their names up.

    \b
    Examples:
      aac check refactor.isa
      aac check --repo . --format github missions/
    """
    from .programs import collect, compile_program, read_program

    paths = collect(files)
    modules: list[tuple[Path, Module]] = []
    for path in paths:
        source = read_program(path, report)
        if source is None:
            continue
        compiled = compile_program(source, report, output_mode=output_mode, params=params)
        if compiled.module is not None:
            modules.append((path, compiled.module))
    if repo is not None and modules:
        from .linking import link_all

        link_all(modules, repo, report)
    if report.format == "text" and not report.failed:
        click.echo(f"{len(paths)} program{'s' if len(paths) > 1 else ''}: no errors")
    report.finish()


@cli.command(short_help="Rewrite programs in canonical form.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Change nothing; print what would change.")
@click.option(
    "--language",
    type=click.Choice(["aa", "isa"]),
    help="What standard input is written in; without it, ISA if it has a version.",
)
@output_options
def fmt(
    report: Report, files: tuple[str, ...], check: bool, diff: bool, language: str | None
) -> None:
    """Rewrite programs in canonical form. "-" reads standard input, writes standard output.

    A file with syntax errors is left as it is.

    \b
    Examples:
      aac fmt missions/
      aac fmt --check --diff refactor.isa
      aac fmt - < refactor.isa
    """
    from .formatting import format_files

    changed = format_files(files, report, check=check, diff=diff, language=language)
    report.result["changed"] = list[output.Json](changed)
    report.finish(FAILED if check and changed and not report.failed else None)


@cli.command(short_help="Explain a diagnostic code.")
@click.argument("code", required=False)
@click.option("--list", "list_all", is_flag=True, help="List every code with its title.")
@output_options
def explain(report: Report, code: str | None, list_all: bool) -> None:
    """Explain a diagnostic: its cause, a program that has it and the same program mended.

    \b
    Examples:
      aac explain AA0201
      aac explain --list
    """
    from .explaining import explain_code, list_codes

    if code is None and not list_all:
        raise click.UsageError("name a CODE, or say --list", click.get_current_context())
    if code is None or list_all:
        list_codes(report)
    else:
        explain_code(code, report)
    report.finish(DONE)


@cli.command(short_help="Print bytecode as assembly text.")
@click.argument("file")
@output_mode_option
@param_option
@output_options
def dis(report: Report, file: str, output_mode: OutputMode, params: dict[str, str]) -> None:
    """Print bytecode as assembly text, which `aac asm` turns back into the same bytes.

    FILE is a module (.aab) or a program, which is compiled first. A module that the verifier
    refuses is printed all the same, with the reasons.

    \b
    Examples:
      aac dis refactor.aab
      aac dis --param old=Greet --param new=Hello rename.isa
    """
    from ..aa.disassemble import disassemble
    from ..aa.verify import verify
    from .programs import load_module

    module = load_module(Path(file), report, output_mode=output_mode, params=params)
    if module is None:
        report.finish()
    report.add(verify(module))
    _deliver(report, "assembly", disassemble(module), None)


@cli.command(short_help="Assemble assembly text to bytecode.")
@click.argument("file")
@click.option("-o", "--out", help="Where to write; FILE.aab beside FILE if not given.")
@output_options
def asm(report: Report, file: str, out: str | None) -> None:
    """Assemble assembly text, as `aac dis` prints it, and verify what comes out.

    \b
    Examples:
      aac dis refactor.aab > refactor.aasm
      aac asm refactor.aasm -o again.aab
    """
    from ..aa.encode import encode
    from ..aa.verify import verify
    from .programs import MODULE_SUFFIX, assemble_file, write

    path = Path(file)
    target = Path(out) if out is not None else path.with_suffix(MODULE_SUFFIX)
    if target.resolve() == path.resolve():
        raise Problem(f"{target} is the assembly text; it would be overwritten")
    module = assemble_file(path, report)
    if module is not None:
        report.add(verify(module), report.sources.get(file))
    if module is None or report.failed:
        report.finish()
    data = encode(module)
    write(target, data)
    report.result["output"] = str(target)
    report.result["bytes"] = len(data)
    if report.format == "text":
        click.echo(f"{path} -> {target} ({len(data)} bytes)")
    report.finish()


@cli.command(short_help="Print the most that a run can cost.")
@click.argument("file")
@output_mode_option
@param_option
@output_options
def cost(report: Report, file: str, output_mode: OutputMode, params: dict[str, str]) -> None:
    """Print the most that a run of this program can cost, known before it runs.

    \b
    Examples:
      aac cost refactor.isa
      aac cost --param old=Greet --param new=Hello rename.isa
      aac cost --json refactor.aab
    """
    from ..aa.cost import cost as worst_case
    from ..aa.verify import verify
    from .programs import load_module

    module = load_module(Path(file), report, output_mode=output_mode, params=params)
    if module is not None:
        report.add(verify(module))
    if module is None or report.failed:
        report.finish()
    rows = worst_case(module).rows()
    report.result["cost"] = dict[str, output.Json](rows)
    if report.format == "text":
        width = max(len(name) for name, _ in rows)
        for name, figure in rows:
            click.echo(f"{name.replace('_', ' '):<{width}}  {figure:>12,}")
    report.finish()


@cli.command(short_help="Describe a module, or list them.")
@click.argument("module", required=False)
@output_options
def doc(report: Report, module: str | None) -> None:
    """Print what a module is for and the parameters it takes; without MODULE, list them.

    \b
    Examples:
      aac doc
      aac doc std.rename
      aac doc ./mine.isa
    """
    from .explaining import describe_module, list_modules

    if module is None:
        list_modules(report)
    else:
        describe_module(module, report)
    report.finish()


def main() -> NoReturn:
    """The `aac` command."""
    # A compilation is over before there is garbage worth looking for; looking costs a tenth of it.
    gc.set_threshold(100_000)
    output.main(cli, "aac")


if __name__ == "__main__":
    sys.exit(main())
