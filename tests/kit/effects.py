"""Effects that touch nothing, for tests of the VM alone, and a door that records in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from genesis_ssmp.heaven.canonical import encode
from genesis_ssmp.heaven.records import Json, JsonObject
from genesis_ssmp.runtime.door import FIRST_HEAD, Call, Entry, link_head
from genesis_ssmp.runtime.exchange import Prompt, Terms
from genesis_ssmp.runtime.fields import number


def _for_ever(value: bool) -> Iterator[bool]:
    while True:
        yield value


@dataclass(slots=True)
class FakeEffects:
    """`checks`, `edits` and `answers` say how each RUN, EMIT and ANGEL goes, in order."""

    checks: Iterator[bool] = field(default_factory=lambda: _for_ever(True))
    edits: Iterator[bool] = field(default_factory=lambda: _for_ever(True))
    answers: Iterator[bool] = field(default_factory=lambda: _for_ever(True))
    faults: Iterator[bool] = field(default_factory=lambda: _for_ever(True))
    advice: list[str] = field(default_factory=list)
    output_type: str = "edit_ir"
    landed: int = 0
    packs: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)

    def pin(self, rev: str, recorded: JsonObject | None) -> JsonObject:
        return {"rev": rev, "commit": None, "tree": "0" * 64, "manifest": "0" * 64}

    def acquire(self, scopes: Sequence[tuple[str, str]], recorded: JsonObject | None) -> JsonObject:
        return {"acquired": [f"{kind}:{value}" for kind, value in scopes]}

    def fault(self, mission: str, command: str, args: JsonObject) -> JsonObject:
        if not next(self.faults):
            return {"refused": {"reason": "unknown", "message": "no such symbol", "candidates": []}}
        shard: dict[str, Json] = {
            "kind": "symdef",
            "blob_id": "0" * 64,
            "meta": {"handle": "s1", "subject": str(next(iter(args.values()))), "bytes": 9},
            "excerpts": [
                {"path": "a.py", "file_blob": "0" * 64, "start_line": 1, "end_line": 1, "text": "x"}
            ],
        }
        return {"shards": [shard]}

    def ask(self, request: JsonObject, prompt: Prompt) -> JsonObject:
        counts: dict[str, Json] = {"tokens_in": 10, "tokens_out": 5, "cached_read": 0}
        if number(request, "budget") < 10:
            nothing: dict[str, Json] = {"tokens_in": 0, "tokens_out": 0, "cached_read": 0}
            refused: Json = {"code": "budget", "message": "the prompt needs 10, 1 are left"}
            return {**nothing, "refused": refused, "angel": "fake"}
        self.packs.append(prompt.pack)
        return {**counts, "answer": f"{len(self.packs):064}", "angel": "fake"}

    def validate(self, request: JsonObject, terms: Terms) -> JsonObject:
        calls: list[Json] = []
        verdict: dict[str, Json] = {"calls": calls, "faults": calls, "stop": "end"}
        verdict |= {"wrong": calls, "silent": False}
        if next(self.answers):
            return {**verdict, "response": {"output_type": self.output_type}}
        return {**verdict, "refused": {"code": "declined", "message": "the answer is not valid"}}

    def expand(self, name: str, args: JsonObject) -> JsonObject:
        return {"edit": {"ops": []}, "sure": 1, "unsure": []}

    def emit(
        self,
        output: JsonObject,
        invariants: Sequence[str],
        shown: Sequence[JsonObject],
        recorded: JsonObject | None,
    ) -> JsonObject:
        if not next(self.edits):
            return {"refused": {"code": "drift", "message": "the span changed"}}
        self.landed += 1
        return {"edit": {"ops": []}, "files": []}

    def check(self, kind: str, selector: str) -> JsonObject:
        passed = next(self.checks)
        return {
            "passed": passed,
            "exit_code": 0 if passed else 1,
            "summary": "passed" if passed else "1 failed",
            "tail": "" if passed else "E   assert 1 == 2",
        }

    def roll_back(self, mark: int, recorded: JsonObject | None) -> JsonObject:
        self.landed = mark
        return {"files": []}

    def consult(self, request: JsonObject) -> JsonObject:
        if not self.advice:
            return {"refused": {"message": "no oracle"}}
        return {"advice": self.advice.pop(0)}


class MemoryDoor:
    """Does every effect and keeps the entries."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._head = FIRST_HEAD

    @property
    def head(self) -> str:
        return self._head

    @property
    def upcoming(self) -> Entry | None:
        return None

    def call(self, call: Call, effect: Callable[[JsonObject | None], JsonObject]) -> JsonObject:
        result = effect(None)
        seq = len(self.entries)
        key = call.key()
        self.entries.append(Entry(seq, call.pc, call.op, key, call.operands, result))
        result_id = sha256(encode(result)).hexdigest()
        self._head = link_head(self._head, seq, call.pc, call.op, key, result_id)
        return result

    def ops(self) -> list[str]:
        return [entry.op for entry in self.entries]
