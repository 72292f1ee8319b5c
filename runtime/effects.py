"""What the VM can do to the world: one method a syscall.

Arguments are JSON, and so are answers, since both go into the run's log. An answer never holds a
clock reading or an identifier drawn from the log, so that two executions which did the same have
the same run head. An answer with a `refused` object is an outcome that the program's handlers deal
with; an exception is a fault of the environment and ends the run.

Some methods take `recorded`: the answer that the log has, where the call is made again by a replay
or a resume. They then bring their own state to what it was after the call, and answer the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..heaven.records import JsonObject
from .exchange import Prompt, Terms


class Effects(Protocol):
    def pin(self, rev: str, recorded: JsonObject | None) -> JsonObject:
        """`{rev, commit|null, tree, manifest}`. Raises BaseRevMismatch."""
        ...

    def acquire(self, scopes: Sequence[tuple[str, str]], recorded: JsonObject | None) -> JsonObject:
        """`{acquired: ["type:value"]}`. Raises LeaseDenied."""
        ...

    def fault(self, mission: str, command: str, args: JsonObject) -> JsonObject:
        """A page-fault response, or `{refused: {reason, message, candidates}}`."""
        ...

    def ask(self, request: JsonObject, prompt: Prompt) -> JsonObject:
        """One turn of an angel: `turns.ask` says what comes of it. Raises AngelUnavailable."""
        ...

    def validate(self, request: JsonObject, terms: Terms) -> JsonObject:
        """Read a reply and try its answer: `turns.validate` says what comes of it."""
        ...

    def expand(self, name: str, args: JsonObject) -> JsonObject:
        """`{edit, sure, unsure: [{path, line, text, why}]}`, or `{refused: {...}}`."""
        ...

    def emit(
        self,
        output: JsonObject,
        invariants: Sequence[str],
        shown: Sequence[JsonObject],
        recorded: JsonObject | None,
    ) -> JsonObject:
        """`{edit, files: [{path, before, after, hunks}]}`, or `{refused: {...}}`; with `unsure`
        where an angel's macro ops left places alone.

        `shown` are the excerpts that the author of `output` saw.
        """
        ...

    def check(self, kind: str, selector: str) -> JsonObject:
        """`{passed, exit_code, output, command_hash, env_hash, summary, argv, timed_out}`.

        Raises CheckUnavailable.
        """
        ...

    def roll_back(self, mark: int, recorded: JsonObject | None) -> JsonObject:
        """Undo the edits landed after the first `mark`: `{files: [{path, before, after}]}`.

        `{refused: {...}}` where somebody changed one of the files since.
        """
        ...

    def consult(self, request: JsonObject) -> JsonObject:
        """The oracle's `{advice}`, or `{refused: {...}}` where there is none."""
        ...
