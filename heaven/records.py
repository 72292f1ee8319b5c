"""The records that Heaven hands out: events, symbols, references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = Mapping[str, Json]

RefKind: TypeAlias = Literal["call", "import", "attribute", "type", "assignment", "plain"]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log. `hash` covers everything else in the record, `prev` included.

    `seq` counts from 1; `time` is RFC 3339 in UTC. The hash of the last event is the log's head.
    """

    seq: int
    time: str
    kind: str
    data: JsonObject
    prev: str
    hash: str


@dataclass(frozen=True, slots=True)
class Position:
    """A stretch of a file: byte offsets (end exclusive) and 1-based lines (end inclusive)."""

    start_byte: int
    end_byte: int
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition. Keyed by `path`, `qualname` (`Context.invoke`) and `overload` (from 0).

    `extent` is the whole definition, decorators and all; `name_at` is the name token alone.
    `signature` is the source text from the keyword to the end of the header, without the body.
    """

    id: int
    name: str
    qualname: str
    kind: str
    path: str
    overload: int
    extent: Position
    name_at: Position
    signature: str


HitHow: TypeAlias = Literal["exact", "parts", "prefix", "around", "fuzzy", "code", "any"]


@dataclass(frozen=True, slots=True)
class Hit:
    """What a search found at `start_line`..`end_line` (1-based, inclusive) of a file.

    `how`: a name that is the query, has all of its words, has them as beginnings, lies inside what
    has them, or looks like it; `any`, a name with one of the words; `code`, lines. `symbol` is the
    definition found, or the innermost one around the code.
    """

    path: str
    start_line: int
    end_line: int
    how: HitHow
    symbol: Symbol | None


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of a name. `at` is the name token; `scope` the qualname of the enclosing definition.

    `confidence` is 1.0 where scopes and imports prove the binding, less where the text suggests
    it. `candidates` lists every symbol (ids) that it could be, best first, the bound one included.
    """

    path: str
    at: Position
    ref_kind: RefKind
    scope: str
    confidence: float
    candidates: tuple[int, ...]
