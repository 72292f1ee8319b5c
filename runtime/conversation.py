"""One call of an angel: turns, until it has given an answer that would land.

Each turn is a syscall of its own (ANGEL: the reply), followed by one that reads the reply and tries
its answer (VALIDATE) and one for every page fault that it asks for (FAULT, under the mission and
the allowance of the section). So a turn that is recorded is never asked for again, whatever dies,
and a replay follows the record. The conversation itself is a function of these answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NoReturn, Protocol

from ..aa.module import Module
from ..aa.opcodes import CHOICES, Kind, Op, Syscall
from ..heaven.canonical import encode as canonical
from ..heaven.records import Json, JsonObject
from . import fields
from .angels.protocol import ToolResult
from .effects import Effects
from .exchange import Exchange, Prompt, Terms
from .frames import SectionFailed
from .limits import Limits
from .orchestrator.packing import fit_pack
from .outcome import Failure, FailureKind
from .shards import Shards, is_shard

_PROMPTS = frozenset({"prompt_section", "prompt_search", "prompt_summary"})


class Do(Protocol):
    """Make a syscall through the door; `op` is what the log calls it, `text` what is told."""

    def __call__(
        self,
        op: str,
        syscall: Syscall,
        operands: JsonObject,
        text: str,
        effect: Callable[[], JsonObject],
    ) -> JsonObject: ...


@dataclass(frozen=True, slots=True)
class Task:
    """What an ANGEL instruction wants, and where the run stands.

    `call` counts the run's calls from 0, `turn` its turns; `mode` and `returns` say what answers
    the program takes. `context` is what the pack shows, in order; `mission` is whose allowance page
    faults draw on. `budget` are the tokens left of `of`.
    """

    pc: int
    call: int
    turn: int
    task: str
    mode: str
    returns: str
    invariants: tuple[str, ...]
    context: tuple[JsonObject, ...]
    mission: str
    budget: int
    of: int


class Conversation:
    """`faulted` are the shards that the angel was shown beyond the task's context; `tokens` and
    `turns` what was spent, `rejects` the answers that went back. They stand whatever comes of
    it."""

    def __init__(self, task: Task, effects: Effects, do: Do, limits: Limits) -> None:
        self._task = task
        self._effects = effects
        self._do = do
        self._limits = limits
        self._past: list[Exchange] = []
        self._prompt = any(is_shard(item) and item.get("kind") in _PROMPTS for item in task.context)
        self._fitted = fit_pack(
            task.task,
            task.invariants,
            task.context,
            mode=task.mode,
            returns=task.returns,
            prompt=self._prompt,
            budget=task.budget,
        )
        about: list[Json] = [task.task, *task.invariants, *map(dict, task.context)]
        self._context = sha256(canonical(about)).hexdigest()
        self.faulted: list[JsonObject] = []
        self.tokens = 0
        self.turns = 0
        self.rejects = 0

    @property
    def shown(self) -> tuple[JsonObject, ...]:
        """The shards shown so far, in order: the n-th is `sN`."""
        return (*(item for item in self._task.context if is_shard(item)), *self.faulted)

    @property
    def hidden(self) -> frozenset[int]:
        """Which of the shards the budget did not hold."""
        return self._fitted.hidden

    def hold(self) -> JsonObject:
        """The answer, an `angel_response`. It would have landed when it was tried, or is the last
        one of an angel that has no better: EMIT then says why not. Raises SectionFailed."""
        standing: JsonObject | None = None
        before = ""
        while self.turns < self._limits.turns:
            answer = self._ask()
            verdict = self._validate(answer)
            refused = fields.optional_record(verdict, "refused")
            response = fields.optional_record(verdict, "response")
            if response is not None and refused is None:
                return response
            if refused is not None and response is None:
                self._fail("answer", fields.text(refused, "message"))
            complaint = self._complaint(verdict, refused)
            if complaint:
                # Silence after a complaint: it has no other answer.
                given_up = bool(before) and fields.flag(verdict, "silent")
                self.rejects += not given_up
                standing = response or standing
                if given_up or self.rejects > self._limits.rejects:
                    return self._give_up(standing, before if given_up else complaint)
            before = complaint
            self._past.append(self._told(answer, verdict, refused))
        late = f"the angel had no answer within {self._limits.turns} turns"
        return self._give_up(standing, f"{late}; {before}" if before else late)

    def _give_up(self, standing: JsonObject | None, complaint: str) -> JsonObject:
        if standing is None:
            self._fail("answer", complaint)
        return standing

    # Syscalls

    def _ask(self) -> str:
        """One turn; the blob of the reply."""
        task = self._task
        request: dict[str, Json] = {
            "call": task.call,
            "turn": task.turn + self.turns,
            "task": task.task,
            "returns": task.returns,
            "budget": task.budget - self.tokens,
            "context": self._context,
        }
        prompt = Prompt(task.mode, task.returns, self._prompt, self._fitted.text, tuple(self._past))
        result = self._do(
            Syscall.ANGEL.value,
            Syscall.ANGEL,
            request,
            task.task if not self.turns else f"{task.task} (turn {self.turns + 1})",
            lambda: self._effects.ask(request, prompt),
        )
        self.turns += 1
        # What a cache had was paid for when it was written there.
        new = fields.number(result, "tokens_in") - fields.number(result, "cached_read")
        self.tokens += new + fields.number(result, "tokens_out")
        refused = fields.optional_record(result, "refused")
        if refused is not None:
            message = fields.text(refused, "message")
            if fields.text(refused, "code") != "budget":
                self._fail("answer", message)
            self._fail("budget", f"{message} of BUDGET {task.of:,}")
        return fields.text(result, "answer")

    def _validate(self, answer: str) -> JsonObject:
        task = self._task
        request: dict[str, Json] = {
            "call": task.call,
            "turn": task.turn + self.turns - 1,
            "answer": answer,
        }
        checked = tuple(one for one in task.invariants if one.startswith("@"))
        terms = Terms(task.mode, task.returns, self._prompt, checked, self.shown, self.hidden)
        return self._do(
            Syscall.VALIDATE.value,
            Syscall.VALIDATE,
            request,
            f"turn {self.turns}",
            lambda: self._effects.validate(request, terms),
        )

    def _fault(self, command: str, args: JsonObject) -> tuple[str, bool]:
        """What a page fault brought, as the angel is told it, and whether it was refused."""
        mission = self._task.mission
        subject = str(next(iter(args.values()), ""))
        result = self._do(
            "FAULT_" + command.removeprefix("PF_"),
            Syscall.FAULT,
            {"mission": mission, "command": command, "args": dict(args)},
            f"{command} {subject}".rstrip(),
            lambda: self._effects.fault(mission, command, args),
        )
        refused = fields.optional_record(result, "refused")
        if refused is not None:
            near = fields.texts(refused, "candidates")
            hint = f"; there is {', '.join(near)}" if near else ""
            return f"{fields.text(refused, 'message')}{hint}", True
        first = len(self.shown)
        self.faulted.extend(fields.records(result, "shards"))
        shards = Shards(self.shown, self.hidden)
        texts = [shards.render(index) for index in range(first, len(shards))]
        return "\n".join([*texts, _left(result)]).rstrip("\n"), False

    # What the angel is told

    def _complaint(self, verdict: JsonObject, refused: JsonObject | None) -> str:
        """Why the turn's answer is rejected; empty where it only asks."""
        wrong = [one for one in fields.records(verdict, "wrong") if fields.flag(one, "answer")]
        said = [fields.text(one, "message") for one in wrong]
        if refused is not None:
            said.append(fields.text(refused, "message"))
        return "; ".join(dict.fromkeys(said))

    def _told(self, answer: str, verdict: JsonObject, refused: JsonObject | None) -> Exchange:
        """Carry out the requests of a turn; what its calls came to, each in its place."""
        results: dict[str, ToolResult] = {}
        loose: list[str] = []
        for one in fields.records(verdict, "wrong"):
            call, message = fields.text(one, "id"), fields.text(one, "message")
            if call:
                results[call] = ToolResult(call, message, error=True)
            else:
                loose.append(message)
        for one in fields.records(verdict, "faults"):
            call = fields.text(one, "id")
            text, error = self._fault(fields.text(one, "command"), fields.record(one, "args"))
            results[call] = ToolResult(call, text, error)
        calls = fields.texts(verdict, "calls")
        unanswered = [call for call in calls if call not in results]
        if refused is not None:
            loose.append(f"refused, nothing was changed: {fields.text(refused, 'message')}")
        for call in unanswered:
            # Its answer was not taken: why is said once, in the place of the first.
            told = "\n".join(loose) if call == unanswered[0] else "not taken, as above"
            results[call] = ToolResult(call, told, error=True)
        if unanswered:
            loose = []
        left = self._limits.turns - self.turns
        if left <= 2:
            loose.append(f"{left} turn{'' if left == 1 else 's'} left: answer now")
        return Exchange(answer, tuple(results[call] for call in calls), "\n".join(loose))

    def _fail(self, kind: FailureKind, message: str) -> NoReturn:
        raise SectionFailed(Failure(kind, self._task.pc, message))


def _left(result: JsonObject) -> str:
    """What is left of the governor's allowance."""
    meta = fields.optional_record(result, "meta")
    left = None if meta is None else fields.optional_record(meta, "budget_remaining")
    if left is None:
        return ""
    return (
        f"({fields.number(left, 'pf_calls_left')} requests and "
        f"{fields.number(left, 'shard_bytes_left'):,} bytes left)"
    )


def excerpts_of(shards: Sequence[JsonObject]) -> list[JsonObject]:
    """The excerpts of shards, oldest first."""
    return [excerpt for shard in shards for excerpt in fields.records(shard, "excerpts")]


def mode_after(module: Module, pc: int) -> str:
    """The output mode that the answer of the ANGEL at `pc` will be held to."""
    for instruction in module.code[pc + 1 :]:
        if instruction.op is Op.OUTPUT:
            return CHOICES[Kind.OUTPUT][instruction.operands[0]]
    return module.output_mode
