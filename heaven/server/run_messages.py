"""What a client says to have a program run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...proto.strict import FORBID

SERVER_STOPPED: Final = "interrupted: the server was stopped"
"""Why a run ends with its edits undone when its server is told to stop."""


@dataclass(frozen=True, slots=True)
class CollectRequest:
    """What `aa gc` asks: to `delete` or only look, and how many of the newest runs to `keep` (None:
    all)."""

    __pydantic_config__ = FORBID

    delete: bool
    keep: int | None = None


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A program and all that `aa run` says about it; or, with `resume` or `undo`, a run of the log
    to go on with (`aa resume`, `ask_again` as there) or to take back (`aa undo`); or, with
    `collect`, contents to drop while no run is under way (`aa gc`).

    `program` is a name to call it by, `module` its bytecode in base64, `source` its text where
    there is one. `angel` is a specification, the paths in it counting from `directory`. What the
    run starts has the client's `environment` and, where nothing names another, its `python`.
    `version` is the client's. `lines` asks for the output of RUN, line by line.
    """

    __pydantic_config__ = FORBID

    version: str
    program: str
    module: str
    directory: str
    python: str
    environment: dict[str, str]
    params: dict[str, str]
    check_timeout: float
    source: str | None = None
    angel: str | None = None
    lines: bool = False
    resume: str | None = None
    ask_again: bool = False
    undo: str | None = None
    collect: CollectRequest | None = None


@dataclass(frozen=True, slots=True)
class StopRequest:
    """`ticket` is the one that the run's stream began with."""

    __pydantic_config__ = FORBID

    ticket: str


@dataclass(frozen=True, slots=True)
class Stopping:
    """`stopping` is false where the run had ended already."""

    __pydantic_config__ = FORBID

    stopping: bool
