"""Page faults: requests, shards, budgets (`pf.schema.json`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .strict import FORBID

Command: TypeAlias = Literal[
    "PF_STATUS",
    "PF_SYMDEF",
    "PF_CALLERS",
    "PF_SLICE",
    "PF_SEARCH",
    "PF_TESTS",
    "PF_PROMPT_SECTION",
    "PF_PROMPT_SEARCH",
    "PF_PROMPT_SUMMARY",
]
Depth: TypeAlias = Literal["full", "signature", "summary"]
ShardKind: TypeAlias = Literal[
    "symdef",
    "callers",
    "tests",
    "slice",
    "search",
    "status",
    "prompt_section",
    "prompt_search",
    "prompt_summary",
    "unchanged",
]


@dataclass(frozen=True, slots=True)
class Args:
    __pydantic_config__ = FORBID

    mission_id: str | None = None
    symbol: str | None = None
    path: str | None = None
    start_line: int | None = None
    n: int | None = None
    query: str | None = None
    top_k: int | None = None
    depth: Depth | None = None
    prompt_id: str | None = None
    section_index: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    __pydantic_config__ = FORBID

    command: Command
    args: Args
    type: Literal["request"] = "request"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Source text in a shard: whole lines `start_line`..`end_line` (1-based, inclusive) of `path`.

    `file_blob` is the SHA-256 of the whole file as it was read; `text` holds the lines as they are,
    without numbers. `symbol` and `kind` name what the lines are, where they are a definition. A
    section of a prompt is the file `prompt:ID/INDEX`, its title the symbol, its type the kind.
    """

    __pydantic_config__ = FORBID

    path: str
    file_blob: str
    start_line: int
    end_line: int
    text: str
    symbol: str | None = None
    kind: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class ShardMeta:
    """`handle` is short (`s3`), for a model to name; `complete` false comes with a `note`."""

    __pydantic_config__ = FORBID

    handle: str
    subject: str
    bytes: int
    complete: bool = True
    note: str | None = None
    prefetched: bool = False


@dataclass(frozen=True, slots=True)
class Shard:
    """`blob_id` addresses the canonical JSON of `excerpts`; an `unchanged` shard has none.

    `data` is what is not source text: the counters of a status shard, names of a search.
    """

    __pydantic_config__ = FORBID

    kind: ShardKind
    blob_id: str
    meta: ShardMeta
    excerpts: tuple[Excerpt, ...] = ()
    data: dict[str, str | int | float] | None = None


@dataclass(frozen=True, slots=True)
class BudgetRemaining:
    __pydantic_config__ = FORBID

    pf_calls_left: int
    shard_bytes_left: int


@dataclass(frozen=True, slots=True)
class ResponseMeta:
    __pydantic_config__ = FORBID

    pf_count: int
    shard_bytes: int
    prefetched: int | None = None
    budget_remaining: BudgetRemaining | None = None


@dataclass(frozen=True, slots=True)
class Response:
    __pydantic_config__ = FORBID

    shards: tuple[Shard, ...]
    meta: ResponseMeta
    type: Literal["response"] = "response"
