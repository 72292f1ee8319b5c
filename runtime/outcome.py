"""How a run goes and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..heaven.records import JsonObject

Status: TypeAlias = Literal["done", "failed", "conflict"]
FailureKind: TypeAlias = Literal["check", "answer", "conflict", "fault", "budget"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a section failed. `detail` is what the next attempt is shown (output, complaint)."""

    kind: FailureKind
    pc: int
    message: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `steps` counts executed instructions, `angel_calls` the ANGEL ones;
    `turns` are the requests to the angel that these took, `rejects` the answers that went back.

    `handled` lists the failures that a handler dealt with, in order. `stuck` is set when the edits
    of the failed section could not be undone, because somebody else changed the same files.
    """

    status: Status
    failure: Failure | None
    handled: tuple[Failure, ...]
    stuck: str | None
    steps: int
    angel_calls: int
    tokens: int
    turns: int = 0
    rejects: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Something a watcher may print: `kind` is a syscall, `failed`, `retry`, `halt` or `undone`."""

    kind: str
    pc: int
    text: str
    result: JsonObject | None = None
