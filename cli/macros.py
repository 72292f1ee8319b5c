"""`aa op`: one macro op on the repository, as a run of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ..aa.macros import SIGNATURES, Signature
from . import output
from .options import repo_option
from .output import CONFLICT, Json, Problem, Report, output_options

if TYPE_CHECKING:
    from ..heaven.records import JsonObject
    from ..runtime.execute import Program

LEFT: Final = 5
"""Exit code: done, and places that may mean it too were left alone."""


class _Ops(click.Group):
    """A command for each row of the table of macro ops."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(SIGNATURES)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        signature = SIGNATURES.get(name.upper())
        return None if signature is None else _command(signature)


@click.group(cls=_Ops, short_help="Carry out one macro op, without a model.")
def op() -> None:
    """Carry out one macro op on the repository, without a model.

    The arguments are those of `OP` in a program; what is optional is written as a word before its
    value. The op is a run of its own, so that `aa log`, `aa diff` and `aa why` know it. Exit code 5
    tells that it was done and that places which may mean the same were left alone; they are listed.

    \b
    Examples:
      aa op RENAME_SYMBOL Context.invoke Context.call
      aa op ADD_PARAM Parser.parse strict type bool default False --diff
    """


def _command(signature: Signature) -> click.Command:
    """The command of one macro op: its help is the table's row."""

    @click.command(
        signature.name,
        help=_help(signature),
        short_help=signature.doc,
        # `position -1` and a header's `->` are arguments, not options.
        context_settings={"help_option_names": ["-h", "--help"]},
        options_metavar="[OPTIONS]",
    )
    @click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="ARGUMENTS...")
    @click.option("--diff", is_flag=True, help="Show what it would change, and change nothing.")
    @repo_option
    @output_options
    def command(report: Report, words: tuple[str, ...], diff: bool, repo: str | None) -> None:
        _carry_out(report, signature, words, diff, repo)

    return command


def _help(signature: Signature) -> str:
    languages = ", ".join(signature.suffixes) or "any text file"
    width = max(len(one.name) for one in signature.parameters) + 2
    rows = [f"  {one.name:<{width}}{one.doc}" for one in signature.parameters]
    parts = [
        signature.doc,
        "\b\n" + signature.usage(),
        "\b\n" + "\n".join(rows),
        f"Works on {languages}.",
        "\b\nExample:\n  aa op " + signature.example,
    ]
    return "\n\n".join(parts)


def _carry_out(
    report: Report, signature: Signature, words: tuple[str, ...], diff: bool, repo: str | None
) -> None:
    from .repository import find_root

    program = _program(report, signature, words)
    root = find_root(repo)
    if diff:
        _show(report, signature, program, root)
    else:
        _run(report, program, root)


def _program(report: Report, signature: Signature, words: tuple[str, ...]) -> Program:
    """The program of one instruction; exits with its diagnostics where the arguments are wrong."""
    from ..aa.encode import encode
    from ..aa.source import Source
    from ..aa.texts import quote
    from ..runtime.execute import Program
    from .programs import compile_program

    plain = (word.replace("${", "$${") for word in words)
    given = [quote(one) if not one or set(one) & set(' \t\r\n"#\\') else one for one in plain]
    line = " ".join(["OP", signature.name, *given])
    text = f"ISA_VERSION 0\nBASE_REV HEAD\n{line}\n"
    name = f"op {signature.name}"
    source = Source(name, text)
    report.sources[name] = source
    compiled = compile_program(source, report, output_mode="medium", params={})
    if compiled.module is None:
        report.finish()
    return Program(name, compiled.module, encode(compiled.module), text)


def _arguments(program: Program) -> tuple[str, dict[str, str]]:
    """The macro call of the program."""
    from ..aa.opcodes import Op

    constants = program.module.constants

    def text(index: int) -> str:
        value = constants[index]
        assert isinstance(value, str), "the verifier holds operand kinds"
        return value

    call = next(one for one in program.module.code if one.op is Op.MACRO)
    record = constants[call.operands[1]]
    assert not isinstance(record, str), "the verifier holds operand kinds"
    return text(call.operands[0]), {text(key): text(value) for key, value in record}


def _show(report: Report, signature: Signature, program: Program, root: Path) -> None:
    from ..runtime.difference import staged_diff
    from ..runtime.edits import EditRefused, stage
    from ..stdlib import MACROS, MacroRefused
    from .repository import open_heaven

    name, args = _arguments(program)
    with open_heaven(root) as heaven:
        try:
            expansion = MACROS[name](args, heaven)
            staged = stage(expansion.edit, root, symbols=heaven, blobs=heaven)
        except MacroRefused as refused:
            _refuse(report, signature, refused.reason, str(refused), refused.candidates)
        except EditRefused as refused:
            raise Problem(str(refused), CONFLICT) from None
    text = staged_diff(staged)
    sites: list[Json] = [
        {"path": one.path, "line": one.line, "text": one.text, "why": one.why}
        for one in expansion.unsure
    ]
    report.result |= {
        "run": None,
        "places": expansion.sure,
        "unsure": sites,
        "diff": text.decode("utf-8", "backslashreplace"),
    }
    if report.format != "json":
        output.print_bytes(text)
        for site in expansion.unsure:
            report.say(f"left alone: {site.path}:{site.line}: {site.text}  ({site.why})")
    report.finish(LEFT if sites else 0)


def _run(report: Report, program: Program, root: Path) -> None:
    from ..runtime import fields
    from ..runtime.execute import Refused
    from ..runtime.outcome import Progress
    from .executing import carry_out

    found: dict[str, JsonObject] = {}

    def observe(progress: Progress) -> None:
        if progress.result is not None:
            found[progress.kind.removesuffix(".done")] = progress.result

    ended = carry_out(report, root, program, observe=observe)
    if isinstance(ended, Refused):
        report.add(ended.diagnostics, report.sources.get(program.name))
        report.result["run"] = None
        report.finish(ended.exit_code)
    macro = found.get("macro", {})
    refused = fields.optional_record(macro, "refused") if macro else None
    report.result |= {"run": ended.run, "message": ended.message}
    if refused is not None:
        report.result |= {
            "reason": fields.text(refused, "reason"),
            "candidates": list(fields.texts(refused, "candidates")),
        }
        report.say(f"refused: {fields.text(refused, 'message')}")
        for one in fields.texts(refused, "candidates"):
            report.say(f"  {one}")
        report.finish(ended.exit_code)
    if ended.exit_code:
        report.say(f"run {ended.run}: {ended.message}")
        report.finish(ended.exit_code)
    sites = fields.records(macro, "unsure")
    files = [fields.text(one, "path") for one in fields.records(found["emit"], "files")]
    changed: list[Json] = [*files]
    listed: list[Json] = [dict(site) for site in sites]
    places = fields.number(macro, "sure")
    report.result |= {"places": places, "files": changed, "unsure": listed}
    report.say(
        f"run {ended.run}: {places} place{'' if places == 1 else 's'} in "
        f"{len(files)} file{'' if len(files) == 1 else 's'}"
    )
    for site in sites:
        report.say(
            f"left alone: {fields.text(site, 'path')}:{fields.number(site, 'line')}: "
            f"{fields.text(site, 'text').strip()}  ({fields.text(site, 'why')})"
        )
    report.finish(LEFT if sites else 0)


def _refuse(
    report: Report, signature: Signature, reason: str, message: str, candidates: tuple[str, ...]
) -> None:
    listed: list[Json] = [*candidates]
    report.result |= {"run": None, "message": message, "reason": reason, "candidates": listed}
    report.say(f"refused: {signature.name}: {message}")
    for one in candidates:
        report.say(f"  {one}")
    report.finish(CONFLICT)
