"""The virtual machine: runs a verified module, keeps nothing that the log does not have.

Every effect goes through the door, so the state here (place, frames, context, output) is a function
of the module and of the door's answers; running the module again with the door answering from the
log is how a run is replayed. The module must have passed `aa.verify`; the number of instructions
executed then stays within `aa.cost`.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final, NoReturn

from ..aa.module import Handler, Instruction, Module
from ..aa.opcodes import CHOICES, COMMANDS, OPCODES, Action, Kind, Op, Syscall
from ..aa.output_mode import admitted, kind_of, texts
from ..heaven.canonical import encode as canonical
from ..heaven.records import Json, JsonObject
from . import fields
from .door import Call, Door
from .effects import Effects
from .frames import Ended, Frame, SectionFailed
from .orchestrator.packing import LATEST, PackTooLarge, make_pack
from .outcome import Failure, FailureKind, Outcome, Progress, Status


class Machine:
    """One execution of one module."""

    def __init__(
        self,
        module: Module,
        effects: Effects,
        door: Door,
        observe: Callable[[Progress], None] | None = None,
        packing: int = LATEST,
    ) -> None:
        """`packing` is the version of the prompt compiler that the run is recorded with."""
        self._module = module
        self._packing = packing
        self._effects = effects
        self._door = door
        self._observe = observe
        self._pc = 0
        self._frames: list[Frame] = []
        self._context: list[JsonObject] = []
        self._invariants: list[str] = []
        self._scopes: list[tuple[str, str]] = []
        self._output: dict[str, Json] | None = None
        self._shown: list[JsonObject] = []
        self._edits = 0
        self._missions = 0
        self._tokens = 0
        self._asked_at = 0
        self._angel_calls = 0
        self._steps = 0
        self._handled: list[Failure] = []
        self._handlers: dict[int, list[tuple[int, Handler]]] = {}
        for index, handler in enumerate(module.handlers):
            self._handlers.setdefault(handler.enter, []).append((index, handler))
        self._dispatch: dict[Op, Callable[[Instruction], None]] = {
            Op.NOP: self._nop,
            Op.REV: self._rev,
            Op.LEASE: self._lease,
            Op.ACQUIRE: self._acquire,
            Op.INVARIANT: self._invariant,
            Op.ENTER: self._enter,
            Op.LEAVE: self._leave,
            Op.HALT: self._halt,
            Op.FAULT_SYMDEF: self._fault,
            Op.FAULT_CALLERS: self._fault,
            Op.FAULT_SLICE: self._fault,
            Op.FAULT_SEARCH: self._fault,
            Op.FAULT_TESTS: self._fault,
            Op.FAULT_PROMPT: self._fault,
            Op.FAULT_PROMPT_SUMMARY: self._fault,
            Op.ANGEL: self._angel,
            Op.MACRO: self._macro,
            Op.OUTPUT: self._check_output,
            Op.EMIT: self._emit,
            Op.RUN: self._run,
            Op.ASSERT_PASSED: self._assert_passed,
            Op.ASSERT_EXIT: self._assert_exit,
        }

    def run(self) -> Outcome:
        """Execute to the end. Raises what the effects raise (RunError and its kind)."""
        code = self._module.code
        dispatch = self._dispatch
        try:
            while True:
                instruction = code[self._pc]
                self._steps += 1
                try:
                    dispatch[instruction.op](instruction)
                    self._pc += 1
                except SectionFailed as failed:
                    self._recover(failed.failure)
        except Ended as ended:
            return Outcome(
                ended.status,
                ended.failure,
                tuple(self._handled),
                ended.stuck,
                self._steps,
                self._angel_calls,
                self._tokens,
            )

    # Operands

    def _text(self, index: int) -> str:
        value = self._module.constants[index]
        assert isinstance(value, str), "the verifier holds operand kinds"
        return value

    def _args(self, index: int) -> dict[str, Json]:
        value = self._module.constants[index]
        assert not isinstance(value, str), "the verifier holds operand kinds"
        return {self._text(name): self._text(text) for name, text in value}

    # Instructions without effects

    def _nop(self, _: Instruction) -> None:
        return

    def _lease(self, instruction: Instruction) -> None:
        scope, value = instruction.operands
        self._scopes.append((CHOICES[Kind.SCOPE][scope], self._text(value)))

    def _invariant(self, instruction: Instruction) -> None:
        text = self._text(instruction.operands[0])
        if text not in self._invariants:
            self._invariants.append(text)

    def _enter(self, instruction: Instruction) -> None:
        label = self._text(instruction.operands[0])
        self._frames.append(
            Frame(self._pc, label, len(self._context), self._edits, self._next_mission())
        )

    def _leave(self, _: Instruction) -> None:
        frame = self._frames.pop()
        del self._context[frame.context_mark :]

    def _halt(self, _: Instruction) -> None:
        raise Ended("done", None, None)

    def _check_output(self, instruction: Instruction) -> None:
        mode = CHOICES[Kind.OUTPUT][instruction.operands[0]]
        declared = CHOICES[Kind.RETURN][instruction.operands[1]]
        assert self._output is not None, "the verifier holds that an output is there"
        kind = fields.text(self._output, "kind")
        response = fields.optional_record(self._output, "response")
        if response is not None:
            kind = kind_of(mode, kind, _held(response))
        kinds = admitted(mode, declared)
        if kind not in kinds:
            wanted = " or ".join(sorted(kinds))
            self._fail("answer", f"the answer is {kind}, and output mode {mode} admits {wanted}")
        self._output = {**self._output, "kind": kind}
        if kind == "diff_fallback":
            welcome: list[Json] = [*texts(mode)]
            self._output["texts"] = welcome

    def _assert_passed(self, instruction: Instruction) -> None:
        kind = CHOICES[Kind.RUN][instruction.operands[0]]
        passed = self._frames[-1].passed.get(kind) if self._frames else None
        if passed is None:
            self._fail("check", f"no RUN {kind} came before this assertion in its section")
        if not passed:
            self._fail("check", f"the last RUN {kind} did not pass")

    def _assert_exit(self, instruction: Instruction) -> None:
        comparison = CHOICES[Kind.COMPARE][instruction.operands[0]]
        wanted = instruction.operands[1]
        found = self._frames[-1].last_exit if self._frames else None
        if found is None:
            self._fail("check", "no RUN came before this assertion in its section")
        if (found == wanted) != (comparison == "=="):
            self._fail("check", f"exit_code is {found}, not {comparison} {wanted}")

    # Effects

    def _call(
        self,
        syscall: Syscall,
        operands: JsonObject,
        effect: Callable[[JsonObject | None], JsonObject],
        text: str,
    ) -> JsonObject:
        op = syscall.value if syscall in _HANDLER_CALLS else self._module.code[self._pc].op.name
        self._tell(syscall.value.lower(), text)
        result = self._door.call(Call(self._pc, op, syscall, operands), effect)
        self._tell(syscall.value.lower() + ".done", text, result)
        return result

    def _rev(self, instruction: Instruction) -> None:
        rev = self._text(instruction.operands[0])
        self._call(
            Syscall.REV, {"rev": rev}, lambda recorded: self._effects.pin(rev, recorded), rev
        )

    def _acquire(self, _: Instruction) -> None:
        scopes = tuple(self._scopes)
        names: list[Json] = [f"{kind}:{value}" for kind, value in scopes]
        self._call(
            Syscall.LEASE,
            {"scopes": names},
            lambda recorded: self._effects.acquire(scopes, recorded),
            " ".join(f"{kind}:{value}" for kind, value in scopes),
        )

    def _fault(self, instruction: Instruction) -> None:
        spec = OPCODES[instruction.op]
        args: dict[str, Json] = {}
        for operand, value in zip(spec.operands, instruction.operands, strict=True):
            if operand.kind is Kind.TEXT:
                args[operand.name] = self._text(value)
            elif operand.kind is Kind.INT:
                args[operand.name] = value
            else:
                args[operand.name] = CHOICES[operand.kind][value]
        command = COMMANDS[instruction.op]
        mission = self._frames[-1].mission if self._frames else "m0"
        subject = str(next(iter(args.values())))
        result = self._call(
            Syscall.FAULT,
            {"mission": mission, "command": command, "args": args},
            lambda _: self._effects.fault(mission, command, args),
            f"{command} {subject}",
        )
        refused = fields.optional_record(result, "refused")
        if refused is not None:
            self._fail("fault", f"{command} {subject}: {fields.text(refused, 'message')}")
        self._context.extend(fields.records(result, "shards"))

    def _angel(self, instruction: Instruction) -> None:
        task = self._text(instruction.operands[0])
        returns = CHOICES[Kind.RETURN][instruction.operands[1]]
        left = self._module.budget - self._tokens
        try:
            made = make_pack(
                self._packing, task, returns, self._invariants, self._context, self._asked_at, left
            )
        except PackTooLarge as error:
            self._fail(
                "budget",
                f"the prompt needs about {error.needed:,} tokens and {max(left, 0):,} of "
                f"BUDGET {self._module.budget:,} are left",
            )
        pack = made.text
        request: dict[str, Json] = {
            "call": self._angel_calls,
            "task": task,
            "returns": returns,
            "budget": left,
            "pack": sha256(pack.encode()).hexdigest(),
        }
        result = self._call(
            Syscall.ANGEL, request, lambda _: self._effects.ask(request, pack), task
        )
        self._angel_calls += 1
        self._tokens += fields.number(result, "tokens_in") + fields.number(result, "tokens_out")
        refused = fields.optional_record(result, "refused")
        if refused is not None:
            self._fail("answer", fields.text(refused, "message"))
        response = fields.record(result, "response")
        self._output = {"kind": fields.text(response, "output_type"), "response": dict(response)}
        self._shown = [
            excerpt for shard in made.kept for excerpt in fields.records(shard, "excerpts")
        ]
        self._asked_at = len(self._context)

    def _macro(self, instruction: Instruction) -> None:
        name = self._text(instruction.operands[0])
        args = self._args(instruction.operands[1])
        shown = " ".join(f"{key}={value}" for key, value in args.items())
        result = self._call(
            Syscall.MACRO,
            {"name": name, "args": args},
            lambda _: self._effects.expand(name, args),
            f"{name} {shown}",
        )
        refused = fields.optional_record(result, "refused")
        if refused is not None:
            self._fail("conflict", f"{name}: {fields.text(refused, 'message')}")
        self._output = {"kind": "edit_ir", "edit_ir": dict(fields.record(result, "edit"))}
        self._shown = []

    def _emit(self, _: Instruction) -> None:
        output = self._output
        assert output is not None, "the verifier holds that an output is there"
        invariants: list[Json] = [text for text in self._invariants if text.startswith("@")]
        shown = tuple(self._shown)
        result = self._call(
            Syscall.EMIT,
            {"output": sha256(canonical(output)).hexdigest(), "invariants": invariants},
            lambda recorded: self._effects.emit(
                output, [str(text) for text in invariants], shown, recorded
            ),
            fields.text(output, "kind"),
        )
        refused = fields.optional_record(result, "refused")
        if refused is not None:
            kind = _KINDS.get(str(refused.get("code")), "conflict")
            self._fail(kind, fields.text(refused, "message"))
        self._edits += 1
        self._output = None

    def _run(self, instruction: Instruction) -> None:
        kind = CHOICES[Kind.RUN][instruction.operands[0]]
        selector = self._text(instruction.operands[1])
        result = self._call(
            Syscall.RUN,
            {"kind": kind, "selector": selector},
            lambda _: self._effects.check(kind, selector),
            f"{kind} {selector}".rstrip(),
        )
        passed = fields.flag(result, "passed")
        if self._frames:
            self._frames[-1].passed[kind] = passed
            self._frames[-1].last_exit = fields.number(result, "exit_code")
        # An assertion on the exit code right after the RUN judges it, so that a program can expect
        # a failure (`RUN test tests/test_bug.py`, `ASSERT exit_code != 0`).
        judged = self._module.code[self._pc + 1].op is Op.ASSERT_EXIT
        if not passed and not judged:
            self._fail(
                "check",
                f"RUN {kind} {selector}".rstrip() + f": {fields.text(result, 'summary')}",
                fields.text(result, "tail"),
            )

    # Failure

    def _fail(self, kind: FailureKind, message: str, detail: str = "") -> NoReturn:
        raise SectionFailed(Failure(kind, self._pc, message, detail))

    def _recover(self, failure: Failure) -> None:
        """Find a handler from the innermost section out, or end the run."""
        self._tell("failed", failure.message)
        status: Status = "conflict" if failure.kind == "conflict" else "failed"
        while self._frames:
            frame = self._frames[-1]
            # More attempts cannot make a spent budget larger.
            handlers = [] if failure.kind == "budget" else self._handlers.get(frame.enter, [])
            for index, handler in handlers:
                if handler.action is Action.HALT:
                    self._undo(self._frames[0], failure, status)
                    raise Ended(status, failure, None)
                used = frame.tries.get(index, 0)
                limit = handler.count if handler.action is Action.RETRY else 1
                if used >= limit:
                    continue
                advice = ""
                if handler.action is Action.ESCALATE:
                    answer = self._consult(frame, failure)
                    if answer is None:
                        frame.tries[index] = limit
                        continue
                    advice = answer
                frame.tries[index] = used + 1
                self._undo(frame, failure, status)
                self._again(frame, failure, advice)
                self._handled.append(failure)
                self._tell(
                    "retry", f"section {frame.label}: attempt {sum(frame.tries.values()) + 1}"
                )
                return
            self._undo(frame, failure, status)
            self._frames.pop()
            del self._context[frame.context_mark :]
        raise Ended(status, failure, None)

    def _again(self, frame: Frame, failure: Failure, advice: str) -> None:
        """Put the machine just behind the section's ENTER, with the failure in the context."""
        del self._context[frame.context_mark :]
        self._asked_at = 0
        note: dict[str, Json] = {
            "kind": "failure",
            "message": failure.message,
            "detail": failure.detail,
            "advice": advice,
        }
        self._context.append(note)
        frame.mission = self._next_mission()
        frame.passed.clear()
        frame.last_exit = None
        self._output = None
        self._pc = frame.enter + 1

    def _consult(self, frame: Frame, failure: Failure) -> str | None:
        request: dict[str, Json] = {
            "section": frame.label,
            "failure": failure.message,
            "detail": failure.detail,
        }
        result = self._call(
            Syscall.ESCALATE, request, lambda _: self._effects.consult(request), failure.message
        )
        refused = fields.optional_record(result, "refused")
        if refused is not None:
            self._tell("failed", fields.text(refused, "message"))
            return None
        return fields.text(result, "advice")

    def _undo(self, frame: Frame, failure: Failure, status: Status) -> None:
        """Roll back what the section landed; a file that somebody changed since stops the run."""
        if self._edits == frame.edits_mark:
            return
        mark = frame.edits_mark
        result = self._call(
            Syscall.ROLLBACK,
            {"mark": mark, "edits": self._edits},
            lambda recorded: self._effects.roll_back(mark, recorded),
            f"section {frame.label}",
        )
        refused = fields.optional_record(result, "refused")
        if refused is not None:
            raise Ended("conflict", failure, fields.text(refused, "message"))
        self._edits = mark
        self._tell("undone", f"section {frame.label}: the tree is as it was before")

    def _next_mission(self) -> str:
        self._missions += 1
        return f"m{self._missions}"

    def _tell(self, kind: str, text: str, result: JsonObject | None = None) -> None:
        if self._observe is not None:
            self._observe(Progress(kind, self._pc, text, result))


def _held(response: JsonObject) -> frozenset[str]:
    """The kinds of output that an angel's answer holds, whatever it says it is."""
    return frozenset(kind for kind, field in _HOLDERS.items() if response.get(field) is not None)


_HOLDERS: Final = {"edit_ir": "edit_ir", "macro_ops": "macro_ops", "diff_fallback": "diff"}
_KINDS: Final[dict[str, FailureKind]] = {"invariant": "check", "answer": "answer"}
"""What a refused EMIT is a failure of, by the refusal's code; of the others it is a conflict."""

_HANDLER_CALLS: Final = frozenset({Syscall.ROLLBACK, Syscall.ESCALATE})
"""Syscalls that a handler makes, not the instruction at the pc."""
