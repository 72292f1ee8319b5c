"""The effects of a replay: the door answers in their place, so none of them may be asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from ..heaven.records import JsonObject
from .exchange import Prompt, Terms


class Unasked:
    """`Effects` that do nothing. One that is asked is a mistake of whoever made the door."""

    def pin(self, rev: str, recorded: JsonObject | None) -> JsonObject:
        _answered(rev)

    def acquire(self, scopes: Sequence[tuple[str, str]], recorded: JsonObject | None) -> JsonObject:
        _answered(str(scopes))

    def fault(self, mission: str, command: str, args: JsonObject) -> JsonObject:
        _answered(command)

    def ask(self, request: JsonObject, prompt: Prompt) -> JsonObject:
        _answered("angel")

    def validate(self, request: JsonObject, terms: Terms) -> JsonObject:
        _answered("validation")

    def expand(self, name: str, args: JsonObject) -> JsonObject:
        _answered(name)

    def emit(
        self,
        output: JsonObject,
        invariants: Sequence[str],
        shown: Sequence[JsonObject],
        recorded: JsonObject | None,
    ) -> JsonObject:
        _answered("edits")

    def check(self, kind: str, selector: str) -> JsonObject:
        _answered(kind)

    def roll_back(self, mark: int, recorded: JsonObject | None) -> JsonObject:
        _answered("undo")

    def consult(self, request: JsonObject) -> JsonObject:
        _answered("oracle")


def _answered(what: str) -> NoReturn:
    raise AssertionError(f"a replay asks the record, not the world: {what}")
