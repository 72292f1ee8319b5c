"""The lowered program: what AA and ISA both become before bytecode is made.

Sections are a tree: the program is one section, `LABEL` starts a further one beside it, and a used
module is a section inside the one that uses it. Nothing here is a word any more: numbers are
numbers, parameters are substituted, names are checked against their tables.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from .node import dataclass
from .span import Span

ScopeType: TypeAlias = Literal["symbol", "module", "file", "directory"]
Depth: TypeAlias = Literal["full", "signature", "summary"]
ReturnType: TypeAlias = Literal["edit_ir", "macro_ops", "diff_fallback"]
OutputMode: TypeAlias = Literal["soft", "medium", "hard"]
Mode: TypeAlias = Literal["SOLO", "SWARM"]
RunKind: TypeAlias = Literal["test", "lint", "typecheck"]
Comparison: TypeAlias = Literal["==", "!="]


@dataclass(frozen=True, slots=True)
class Origin:
    """Which file a statement came from ("" is the program itself, else the module's name)."""

    file: str
    span: Span


@dataclass(frozen=True, slots=True)
class Scope:
    type: ScopeType
    value: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Symdef:
    symbol: str
    depth: Depth
    origin: Origin


@dataclass(frozen=True, slots=True)
class Callers:
    symbol: str
    top_k: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Slice:
    path: str
    start: int
    count: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Search:
    query: str
    top_k: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Tests:
    symbol: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class PromptSection:
    prompt_id: str
    index: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class PromptSummary:
    prompt_id: str
    origin: Origin


Fault: TypeAlias = Symdef | Callers | Slice | Search | Tests | PromptSection | PromptSummary


@dataclass(frozen=True, slots=True)
class Task:
    """Words for an angel."""

    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Macro:
    """A deterministic operation; `args` maps argument name to value, sorted by name."""

    name: str
    args: tuple[tuple[str, str], ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Run:
    """Run the project's own checks; a failure is a failed check. `selector` "" is everything."""

    kind: RunKind
    selector: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class AssertPassed:
    """The last RUN of `kind` in this section passed."""

    kind: RunKind
    origin: Origin


@dataclass(frozen=True, slots=True)
class AssertExit:
    """The exit code of the last RUN in this section compares so to `code`."""

    comparison: Comparison
    code: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Halt:
    origin: Origin


@dataclass(frozen=True, slots=True)
class Invariant:
    """In force from here to the end of the run. `text` starts with `@` where it is checked."""

    text: str
    origin: Origin


Statement: TypeAlias = Fault | Task | Macro | Run | AssertPassed | AssertExit | Halt | Invariant


@dataclass(frozen=True, slots=True)
class Handler:
    """One IF_FAIL line; `count` is the number of retries and 0 for the other actions."""

    action: Literal["RETRY", "ESCALATE", "HALT"]
    count: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Section:
    label: str
    body: tuple[Statement | Section, ...]
    handlers: tuple[Handler, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Unit:
    """A program ready for planning and code generation."""

    base_rev: str
    base_origin: Origin
    mode: Mode
    budget: int
    leases: tuple[Scope, ...]
    returns: ReturnType
    returns_origin: Origin
    output_mode: OutputMode
    sections: tuple[Section, ...]
