"""Programs on disk: which files a command line names, how they are read, compiled and written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .output import ENVIRONMENT, WRONG, Problem, Report

if TYPE_CHECKING:
    from ..aa.lowered import OutputMode
    from ..aa.module import Module
    from ..aa.pipeline import Compiled
    from ..aa.source import Source
    from ..runtime.execute import Program

SUFFIXES: Final = (".aa", ".isa")
MODULE_SUFFIX: Final = ".aab"
_VERSIONS: Final = frozenset({b"ISA_VERSION", b"VERSION"})
STANDARD: Final = Path(__file__).parent.parent / "stdlib"
"""Where `std.*` modules are; the package is not imported, its macro ops need much else."""


def collect(names: Iterable[str], *, modules: bool = False) -> list[Path]:
    """Files as named, once each; a directory stands for all programs below it, sorted by path.

    What USE is for, an ISA file without BASE_REV, is no program; `modules` takes it all the same.

    Raises:
        Problem: a directory holds no program.
    """
    found: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if not path.is_dir():
            found[path] = None
            continue
        inside = sorted(
            p
            for p in path.rglob("*")
            if p.suffix in SUFFIXES
            and not any(part.startswith(".") for part in p.relative_to(path).parts)
            and p.is_file()
            and (modules or not _is_module(p))
        )
        if not inside:
            raise Problem(f"{name}: no .aa or .isa file in this directory")
        found.update(dict.fromkeys(inside))
    return list(found)


def _is_module(path: Path) -> bool:
    """Told from the lines, so that a program with mistakes still counts as one."""
    if path.suffix != ".isa":
        return False
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return False
    words = {line.split(maxsplit=1)[0] for line in lines if line.strip()}
    return not words & {b"BASE_REV", b"MODE", b"BUDGET"} and bool(words & _VERSIONS)


def read(path: Path | str, report: Report) -> Source | None:
    """The file's text; None after reporting why it is none."""
    from ..aa.source import Source, SourceUnreadable

    try:
        return Source.read(path)
    except SourceUnreadable as unreadable:
        report.add(unreadable.diagnostics)
        return None


def read_program(path: Path, report: Report) -> Source | None:
    """As `read`. Raises Problem where the name does not say which language it is in."""
    if path.suffix not in SUFFIXES and not path.is_dir():
        raise Problem(
            f"{path}: the name says neither .aa nor .isa",
            hint="AA programs end in .aa, ISA programs in .isa",
        )
    return read(path, report)


def standard_modules() -> dict[str, Path]:
    """The modules of the standard library by name (`std.rename`), sorted."""
    return {
        ".".join(("std", *path.relative_to(STANDARD).with_suffix("").parts)): path
        for path in sorted(STANDARD.rglob("*.isa"))
    }


def compile_program(
    source: Source,
    report: Report,
    *,
    output_mode: OutputMode = "medium",
    params: Mapping[str, str] | None = None,
) -> Compiled:
    """Run every pass; findings go to the report. `module` is None where there are errors."""
    path = Path(source.name)
    compiled: Compiled
    if path.suffix == ".aa":
        from ..aa.pipeline import compile_source

        compiled = compile_source(source, output_mode=output_mode, params=params)
    else:
        from ..isa.compile import compile_isa
        from ..isa.modules import file_loader

        compiled = compile_isa(
            source,
            output_mode=output_mode,
            params=params,
            loader=file_loader(path.parent, STANDARD),
        )
    report.sources.update(compiled.sources)
    report.add(compiled.diagnostics, source)
    return compiled


def load_module(
    path: Path,
    report: Report,
    *,
    output_mode: OutputMode = "medium",
    params: Mapping[str, str] | None = None,
) -> Module | None:
    """A module from bytecode, assembly text or a program, by the file's suffix.

    Nothing is verified here except what decoding needs. None after reporting why there is none.

    Raises:
        Problem: `params` are given for what is compiled already.
    """
    if path.suffix in SUFFIXES:
        source = read_program(path, report)
        if source is None:
            return None
        return compile_program(source, report, output_mode=output_mode, params=params).module
    if params:
        raise Problem("--param needs a program text; bytecode has its parameters built in")
    if path.suffix == ".aasm":
        return assemble_file(path, report)
    return decode_file(path, report)


def decode_file(path: Path, report: Report) -> Module | None:
    """The module in an `.aab` file; None after reporting why it is none."""
    from ..aa.decode import BadModule, decode
    from ..aa.diagnostic import error
    from ..aa.span import NOWHERE

    try:
        data = path.read_bytes()
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        report.add([error("AA0100", f"cannot read the file: {reason}", NOWHERE, file=str(path))])
        return None
    try:
        return decode(data)
    except BadModule as bad:
        text = f"{bad.message} (at byte {bad.offset})"
        report.add([error(bad.code, text, NOWHERE, file=str(path))])
        return None


def assemble_file(path: Path, report: Report) -> Module | None:
    """The module that assembly text describes; None after reporting what is wrong with it."""
    from ..aa.assemble import AssemblyErrors, assemble

    source = read(path, report)
    if source is None:
        return None
    try:
        return assemble(source.text)
    except AssemblyErrors as errors:
        report.add(errors.diagnostics, source)
        return None


def write(path: Path, data: bytes) -> None:
    """Replace the file in one step: whoever looks sees the old bytes or the new ones.

    A symbolic link stays one, and the file that it leads to is replaced; a device or a pipe is
    written to. Directories on the way are made.

    Raises:
        Problem: the place is a directory, or cannot be written.
    """
    if path.is_dir():
        raise Problem(f"cannot write {path}: it is a directory", WRONG)
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        path = Path(os.path.realpath(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        # The process id keeps two builds apart; tempfile costs more to import than we compile.
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("xb") as file:
                file.write(data)
            if path.exists():
                temporary.chmod(path.stat().st_mode & 0o7777)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise Problem(f"cannot write {path}: {problem.strerror}", ENVIRONMENT) from None


def load_program(
    report: Report, name: str, output_mode: OutputMode, params: dict[str, str]
) -> Program:
    """Compile or read the program; exits with its diagnostics where it is wrong."""
    from ..aa.encode import encode
    from ..runtime.execute import Program

    path = Path(name)
    if path.suffix in SUFFIXES:
        source = read_program(path, report)
        if source is None:
            report.finish()
        compiled = compile_program(source, report, output_mode=output_mode, params=params)
        if compiled.module is None:
            report.finish()
        return Program(path.name, compiled.module, encode(compiled.module), source.text)
    if path.suffix not in (MODULE_SUFFIX, ".aasm"):
        raise Problem(f"{name}: not a program (.aa, .isa) and not bytecode (.aab)")
    module = load_module(path, report, params=params)
    if module is None:
        report.finish()
    return Program(path.name, module, encode(module), None)
