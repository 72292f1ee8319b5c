"""The door that every effect of the VM goes through.

A syscall is keyed by (sequence, pc, opcode, hash of operands). The live door writes the intent,
does the effect and writes the result; the replay door answers from what was written, and stops at
the first key that differs. The *run head* is a hash chain over keys and results: two executions
with the same head made the same syscalls and got the same answers. No clock enters it.

Durability (design section 4): the intent of an effect that must not happen twice (an angel call, an
edit, a check) is synced before the effect starts. The intent of a repeatable effect (a page fault,
an expansion) is written with its result in one sync. Results up to `INLINE_LIMIT` bytes stand in
the event itself beside their hash; longer ones are blobs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ..aa.opcodes import Syscall
from ..heaven import Heaven
from ..heaven.canonical import encode as canonical
from ..heaven.records import Json, JsonObject
from .errors import ReplayDivergence

INLINE_LIMIT: Final = 4096
"""Bytes of canonical JSON up to which a result stands in its event."""

FIRST_HEAD: Final = "0" * 64

REPEATABLE: Final = frozenset({Syscall.REV, Syscall.FAULT, Syscall.MACRO, Syscall.LEASE})
"""Effects that may be done twice without harm: their intent needs no sync of its own."""

REENACTED: Final = frozenset({Syscall.EMIT, Syscall.ROLLBACK})
"""Effects that a replay does again, in its scratch tree, and compares with the record."""


@dataclass(frozen=True, slots=True)
class Call:
    """What an instruction asks for. `operands` must be all that the effect depends on."""

    pc: int
    op: str
    syscall: Syscall
    operands: JsonObject

    def key(self) -> str:
        """SHA-256 hex over the canonical JSON of the operands."""
        return hashlib.sha256(canonical(self.operands)).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded syscall: the key, and the result if it got that far. `event` is the number of
    the event that says it was begun."""

    seq: int
    pc: int
    op: str
    key: str
    operands: JsonObject
    result: JsonObject | None
    event: int = 0


class Stopped(Exception):
    """A replay got as far as it was asked to."""


class Door(Protocol):
    """`head` is the run head after the last call, `upcoming` what the record has for the next one:
    None where there is no record of it."""

    @property
    def head(self) -> str: ...

    @property
    def upcoming(self) -> Entry | None: ...

    def call(self, call: Call, effect: Callable[[JsonObject | None], JsonObject]) -> JsonObject:
        """The result of the effect. `effect` gets the recorded result when it is re-enacted."""
        ...


def link_head(head: str, seq: int, pc: int, op: str, key: str, result_id: str) -> str:
    """The run head after one more syscall."""
    link = canonical([head, seq, pc, op, key, result_id])
    return hashlib.sha256(link).hexdigest()


class LiveDoor:
    """Does effects for real and records them in Heaven's log under `run`.

    A run that is resumed goes on at syscall `seq` with run head `head`; `begun` is the syscall
    there whose intent the log has already.
    """

    def __init__(
        self,
        heaven: Heaven,
        run: str,
        *,
        seq: int = 0,
        head: str = FIRST_HEAD,
        begun: Entry | None = None,
    ) -> None:
        self._heaven = heaven
        self._run = run
        self._seq = seq
        self._head = head
        self._begun = begun

    @property
    def head(self) -> str:
        return self._head

    @property
    def live(self) -> bool:
        return True

    @property
    def upcoming(self) -> Entry | None:
        return self._begun

    @property
    def calls(self) -> int:
        """Number of syscalls made so far."""
        return self._seq

    def call(self, call: Call, effect: Callable[[JsonObject | None], JsonObject]) -> JsonObject:
        """Record the intent, do the effect, record the result.

        Whatever `effect` raises passes through and leaves the intent without a result: the log then
        shows a syscall in doubt.
        """
        seq = self._seq
        key = call.key()
        if self._begun is None:
            intent: dict[str, Json] = {
                "run": self._run,
                "seq": seq,
                "pc": call.pc,
                "op": call.op,
                "key": key,
                "operands": dict(call.operands),
            }
            self._heaven.append("syscall_intent", intent, sync=call.syscall not in REPEATABLE)
        self._begun = None
        self._seq = seq + 1
        result = effect(None)
        data = canonical(result)
        result_id = hashlib.sha256(data).hexdigest()
        event: dict[str, Json] = {"run": self._run, "seq": seq, "result": result_id}
        if len(data) <= INLINE_LIMIT:
            event["value"] = dict(result)
        else:
            self._heaven.put_blob(data)
        self._heaven.append("syscall_result", event)
        self._head = link_head(self._head, seq, call.pc, call.op, key, result_id)
        return result


class ReplayDoor:
    """Answers from a recorded run; effects in `reenacted` are done again and compared."""

    def __init__(
        self,
        entries: Sequence[Entry],
        line_of: Mapping[int, str],
        reenacted: Collection[Syscall] = REENACTED,
        upto: int | None = None,
    ) -> None:
        """`line_of` names the source line of a pc, for the divergence message. After `upto`
        syscalls the next one raises Stopped."""
        self._entries = entries
        self._line_of = line_of
        self._reenacted = reenacted
        self._upto = upto
        self._seq = 0
        self._head = FIRST_HEAD

    @property
    def head(self) -> str:
        return self._head

    @property
    def calls(self) -> int:
        """Number of syscalls answered so far."""
        return self._seq

    @property
    def upcoming(self) -> Entry | None:
        return self._entries[self._seq] if self._seq < len(self._entries) else None

    def call(self, call: Call, effect: Callable[[JsonObject | None], JsonObject]) -> JsonObject:
        """The recorded result. Raises ReplayDivergence where the program asks for another."""
        if self._seq == self._upto:
            raise Stopped
        if self._seq >= len(self._entries):
            raise self._divergence(call, None, "the recorded run ended before this syscall")
        entry = self._entries[self._seq]
        key = self.compare(call)
        if entry.result is None:
            raise self._divergence(call, entry, "the recorded run was cut off inside this syscall")
        result = entry.result
        if call.syscall in self._reenacted:
            again = effect(result)
            if canonical(again) != canonical(result):
                raise self._divergence(call, entry, "doing it again gave another result")
        result_id = hashlib.sha256(canonical(result)).hexdigest()
        self._head = link_head(self._head, self._seq, call.pc, call.op, key, result_id)
        self._seq += 1
        return result

    def compare(self, call: Call) -> str:
        """The key of `call`, which must be the next entry's. Raises ReplayDivergence."""
        entry = self._entries[self._seq]
        key = call.key()
        if (entry.pc, entry.op, entry.key) != (call.pc, call.op, key):
            raise self._divergence(call, entry, "the recorded run made another syscall here")
        return key

    def _divergence(self, call: Call, entry: Entry | None, reason: str) -> ReplayDivergence:
        return ReplayDivergence(
            seq=self._seq,
            pc=call.pc,
            line=self._line_of.get(call.pc, ""),
            reason=reason,
            expected=None if entry is None else f"pc {entry.pc} {entry.op} {dict(entry.operands)}",
            actual=f"pc {call.pc} {call.op} {dict(call.operands)}",
        )
