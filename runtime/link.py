"""Linking: a module against a repository, before a run spends anything.

Names must be known and unambiguous, paths must be there, and what the program needs of its
environment (an angel, a test runner) must be at hand. Names that the program itself brings into
being are not looked for: what a macro op renames to, and whatever an angel may have written before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..aa.diagnostic import Diagnostic, error, suggest, warning
from ..aa.macros import SIGNATURES
from ..aa.module import Instruction, Module
from ..aa.opcodes import CHOICES, Action, Kind, Op
from ..aa.span import Span
from ..heaven import Heaven
from ..heaven.errors import (
    BadScope,
    PathOutside,
    PromptMissing,
    SectionMissing,
)
from ..heaven.leases.scopes import normalise_scope
from ..heaven.paths import resolve_inside
from ..heaven.records import Symbol
from ..proto.leases import Scope
from .angels import Angel
from .angels.select import WAYS
from .checks import CheckUnavailable, command, detect
from .errors import BaseRevMismatch
from .invariants import is_checked
from .live import check_kind, scope_type
from .revision import pin

_ENVIRONMENT = frozenset({"AA0805", "AA0806"})
"""Codes that are the environment's fault, not the program's: exit 4."""

_SHOWN_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Linked:
    """Empty of errors where the program may run."""

    diagnostics: tuple[Diagnostic, ...]

    @property
    def exit_code(self) -> int:
        """2 where the program is wrong, 4 where only the environment is, 0 without errors."""
        errors = [found for found in self.diagnostics if found.severity == "error"]
        if not errors:
            return 0
        return 4 if all(found.code in _ENVIRONMENT for found in errors) else 2


def link(
    module: Module,
    heaven: Heaven,
    root: Path,
    *,
    angel: Angel | None = None,
    source: str | None = None,
    environment: bool = True,
) -> Linked:
    """Check `module` against the repository at `root`; `source` lends carets to the findings.

    With `environment` false only names, paths and revisions are looked at, not what is installed
    or configured on this machine (angel, test runner).
    """
    linker = _Linker(module, heaven, root, angel, source)
    for pc, instruction in enumerate(module.code):
        linker.instruction(pc, instruction)
    linker.whole_program()
    return Linked(
        tuple(
            found
            for found in linker.found
            if environment or found.code not in _ENVIRONMENT | {"AA0812"}
        )
    )


class _Linker:
    """Walks the instructions in order, remembering what earlier ones may have created."""

    def __init__(
        self, module: Module, heaven: Heaven, root: Path, angel: Angel | None, source: str | None
    ) -> None:
        self._module = module
        self._heaven = heaven
        self._root = root
        self._angel = angel
        self._lines: Sequence[str] = source.splitlines() if source is not None else ()
        self._made: set[str] = set()
        self._angel_before = False
        self._angel_missing = False
        self._unavailable: set[str] = set()
        self.found: list[Diagnostic] = []

    def instruction(self, pc: int, instruction: Instruction) -> None:
        op, operands = instruction.op, instruction.operands
        if op is Op.REV:
            self._rev(pc, self._text(operands[0]))
        elif op is Op.LEASE:
            self._lease(pc, CHOICES[Kind.SCOPE][operands[0]], self._text(operands[1]))
        elif op in (Op.FAULT_SYMDEF, Op.FAULT_CALLERS, Op.FAULT_TESTS):
            self._symbol(pc, self._text(operands[0]))
        elif op is Op.FAULT_SLICE:
            self._slice(pc, self._text(operands[0]), operands[1])
        elif op is Op.FAULT_PROMPT:
            self._prompt(pc, self._text(operands[0]), operands[1])
        elif op is Op.FAULT_PROMPT_SUMMARY:
            self._prompt(pc, self._text(operands[0]), None)
        elif op is Op.MACRO:
            self._macro(pc, self._text(operands[0]), operands[1])
        elif op is Op.ANGEL:
            self._ask(pc, self._text(operands[0]))
        elif op is Op.RUN:
            self._run(pc, CHOICES[Kind.RUN][operands[0]], self._text(operands[1]))
        elif op is Op.INVARIANT:
            self._invariant(pc, self._text(operands[0]))

    def whole_program(self) -> None:
        if self._module.mode == "SWARM":
            self._error(
                "AA0809",
                0,
                "",
                "a program with MODE SWARM is carried out by several angels",
                "run it with `aa swarm PROGRAM`, or write MODE SOLO",
            )
        oracle = self._angel is not None
        for handler in self._module.handlers:
            if handler.action is Action.ESCALATE and not oracle:
                self.found.append(
                    warning(
                        "AA0812",
                        "IF_FAIL ESCALATE has no oracle to ask: no angel is configured",
                        self._span(handler.enter, "IF_FAIL"),
                        file=self._file(handler.enter),
                        hint="the handler will be passed over",
                    )
                )
                break

    def _rev(self, pc: int, rev: str) -> None:
        if rev == "HEAD":
            return  # whatever is there; pinning it means to read every file, which REV does
        try:
            pin(self._root, rev)
        except BaseRevMismatch as mismatch:
            self._error("AA0804", pc, rev, str(mismatch), "use BASE_REV HEAD")

    def _lease(self, pc: int, scope: str, value: str) -> None:
        try:
            normalise_scope(Scope(scope_type(scope), value))
            if scope in ("file", "directory"):
                resolve_inside(self._root, value)
        except (BadScope, PathOutside) as error:
            self._error("AA0803", pc, value, str(error))
        else:
            if scope == "symbol":
                self._symbol(pc, value)

    def _symbol(self, pc: int, name: str) -> None:
        found = self._heaven.find_symbols(name)
        if len({(symbol.path, symbol.qualname) for symbol in found}) == 1:
            return
        if name in self._made:
            return
        if found:
            self._ambiguous(pc, name, found)
        elif self._angel_before:
            self.found.append(
                warning(
                    "AA0801",
                    f"no symbol {name!r} is in this repository yet",
                    self._span(pc, name),
                    file=self._file(pc),
                    hint="an angel's edit before this line must define it",
                )
            )
        else:
            self._error(
                "AA0801",
                pc,
                name,
                f"no symbol {name!r} is in this repository",
                *_near(self._heaven, name),
            )

    def _ambiguous(self, pc: int, name: str, found: Sequence[Symbol]) -> None:
        listed = ", ".join(
            f"{symbol.path}::{symbol.qualname}" for symbol in found[:_SHOWN_CANDIDATES]
        )
        more = len(found) - _SHOWN_CANDIDATES
        self._error(
            "AA0802",
            pc,
            name,
            f"{name!r} could be {len(found)} symbols",
            f"write one of: {listed}" + (f" and {more} more" if more > 0 else ""),
        )

    def _slice(self, pc: int, path: str, start: int) -> None:
        try:
            where = resolve_inside(self._root, path)
            text = where.read_bytes()
            lines = text.count(b"\n") + (not text.endswith(b"\n"))
        except PathOutside as outside:
            self._error("AA0803", pc, path, str(outside))
        except OSError:
            if not self._angel_before:
                self._error("AA0803", pc, path, f"there is no file {path!r} in this repository")
        else:
            if start > lines and not self._angel_before:
                self._error("AA0803", pc, path, f"{path!r} has {lines} lines, none from {start} on")

    def _prompt(self, pc: int, ref: str, index: int | None) -> None:
        try:
            prompt = self._heaven.get_prompt(ref)
        except PromptMissing as missing:
            hint = "store it with `aa prompt store FILE`, which prints its id"
            if missing.near:
                hint += f"; stored is {' or '.join(missing.near[:3])}"
            self._error("AA0808", pc, ref, str(missing), hint)
        else:
            if index is not None and index >= len(prompt.sections):
                gone = SectionMissing(prompt.prompt_id, index, len(prompt.sections))
                hint = f"`aa prompt show {prompt.prompt_id[:12]}` lists them"
                self._error("AA0814", pc, str(index), str(gone), hint)

    def _macro(self, pc: int, opcode: str, record: int) -> None:
        constant = self._module.constants[record]
        assert not isinstance(constant, str), "the verifier holds operand kinds"
        args = {self._text(name): self._text(value) for name, value in constant}
        signature = SIGNATURES.get(opcode)
        if signature is None:
            self._error("AA0813", pc, opcode, f"this version has no macro op {opcode!r}")
            return
        missing = [name for name in signature.positional if name not in args]
        unknown = [n for n in args if n not in signature.positional + signature.keywords]
        if missing or unknown:
            wrong = f"lacks {missing[0]!r}" if missing else f"does not take {unknown[0]!r}"
            self._error("AA0813", pc, opcode, f"{opcode} {wrong}", signature.usage())
            return
        for parameter in signature.parameters:
            name = args.get(parameter.name)
            if parameter.type == "symbol" and name is not None:
                self._macro_symbol(pc, name, args)
        self._macro_makes(opcode, args)

    def _macro_symbol(self, pc: int, name: str, args: dict[str, str]) -> None:
        if name in self._made or self._angel_before:
            return
        found = self._narrowed(name, args, kind=args.get("kind"))
        if not found:
            # `func.param` is a parameter, which is no symbol of the index.
            holder = self._narrowed(name.rpartition(".")[0], args, kind=None)
            if not any(one.kind in ("function", "method") for one in holder):
                near = _near(self._heaven, name)
                self._error("AA0801", pc, name, f"no symbol {name!r} is in this repository", *near)
        elif len({(symbol.path, symbol.qualname) for symbol in found}) > 1:
            self._ambiguous(pc, name, found)

    def _narrowed(self, name: str, args: dict[str, str], kind: str | None) -> tuple[Symbol, ...]:
        found = self._heaven.find_symbols(name, path=None, kind=kind) if name else ()
        within = args.get("in")
        return tuple(s for s in found if within is None or _inside(s.path, within))

    def _macro_makes(self, opcode: str, args: dict[str, str]) -> None:
        """Names that there are after it: what is renamed or moved, and what it adds."""
        old, new = args.get("old"), args.get("new")
        if old is not None and new is not None:
            bare = new.rsplit(".", 1)[-1]
            # `a.py::C.old` may be called `a.py::C.new` or just `new` from here on.
            stem = old[: max(old.rfind("."), old.rfind(":")) + 1] if "::" in old else ""
            self._made |= {new, bare, stem + bare}
        moved, to = args.get("symbol"), args.get("to")
        if opcode == "MOVE_SYMBOL" and moved is not None and to is not None:
            self._made.add(f"{to}::{moved.rpartition('::')[2]}")
        if opcode == "ADD_FUNCTION_STUB":
            head = args["signature"].partition("(")[0].split()
            if head:
                self._made |= {head[-1], f"{args['path']}::{head[-1]}"}
        if opcode == "ADD_TEST_CASE":
            test, case = args["test"].rpartition("::")[2], args["case"]
            self._made |= {case, f"{test}_{case}"}

    def _ask(self, pc: int, task: str) -> None:
        self._angel_before = True
        if self._angel is None and not self._angel_missing:
            self._angel_missing = True
            self._error(
                "AA0805",
                pc,
                task,
                "this instruction needs an angel, and none is configured",
                "configure one: " + "; ".join(WAYS),
            )

    def _run(self, pc: int, kind: str, selector: str) -> None:
        try:
            stack = detect(self._root)
            command(stack, check_kind(kind), selector)
        except CheckUnavailable as unavailable:
            if str(unavailable) not in self._unavailable:
                self._unavailable.add(str(unavailable))
                self._error("AA0806", pc, "", str(unavailable))

    def _invariant(self, pc: int, text: str) -> None:
        if text.startswith("@") and not is_checked(text):
            self._error(
                "AA0810",
                pc,
                text.split()[0],
                f"`INVARIANT {text}` is not checked by this version, and must not pass unchecked",
                "build the program with this version",
            )

    def _text(self, index: int) -> str:
        value = self._module.constants[index]
        assert isinstance(value, str), "the verifier holds operand kinds"
        return value

    def _file(self, pc: int) -> str:
        return self._text(self._module.lines[pc].file)

    def _span(self, pc: int, word: str) -> Span:
        """The place of `word` on the instruction's line, or the whole line."""
        number = self._module.lines[pc].line
        if self._file(pc) == "" and 0 < number <= len(self._lines):
            line = self._lines[number - 1]
            column = line.find(word) if word else -1
            if column >= 0:
                return Span(number, column + 1, len(word))
            start = len(line) - len(line.lstrip())
            return Span(number, start + 1, len(line.strip()))
        return Span(number, 1, 0)

    def _error(self, code: str, pc: int, word: str, message: str, hint: str | None = None) -> None:
        self.found.append(
            error(code, message, self._span(pc, word), file=self._file(pc), hint=hint)
        )


def _inside(path: str, within: str) -> bool:
    folder = within.rstrip("/")
    return folder in ("", ".") or path == folder or path.startswith(folder + "/")


def _near(heaven: Heaven, name: str) -> tuple[str | None]:
    bare = name.rsplit("::", 1)[-1].rsplit(".", 1)[-1]
    near = suggest(bare, [symbol.qualname for symbol in heaven.search(bare, 50)])
    return (f"did you mean {near}?" if near else None,)
