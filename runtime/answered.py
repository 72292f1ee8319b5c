"""The effects of an execution that the record answers as a whole: none of them may be asked for."""

from __future__ import annotations

from collections.abc import Sequence

from ..heaven.records import JsonObject


class Answered:
    """For a `ReplayDoor` that re-enacts nothing: the VM alone, and what it tells its watcher."""

    def pin(self, rev: str, recorded: JsonObject | None) -> JsonObject:
        raise _answered(rev)

    def acquire(self, scopes: Sequence[tuple[str, str]], recorded: JsonObject | None) -> JsonObject:
        raise _answered(str(scopes))

    def fault(self, mission: str, command: str, args: JsonObject) -> JsonObject:
        raise _answered(command)

    def ask(self, request: JsonObject, pack: str) -> JsonObject:
        raise _answered("angel")

    def expand(self, name: str, args: JsonObject) -> JsonObject:
        raise _answered(name)

    def emit(
        self,
        output: JsonObject,
        invariants: Sequence[str],
        shown: Sequence[JsonObject],
        recorded: JsonObject | None,
    ) -> JsonObject:
        raise _answered("edit")

    def check(self, kind: str, selector: str) -> JsonObject:
        raise _answered(kind)

    def roll_back(self, mark: int, recorded: JsonObject | None) -> JsonObject:
        raise _answered("undo")

    def consult(self, request: JsonObject) -> JsonObject:
        raise _answered("oracle")


def _answered(what: str) -> AssertionError:
    return AssertionError(f"the record has the answer: {what}")
