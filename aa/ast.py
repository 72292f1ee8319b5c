"""The syntax tree of Angel Assembly, and the directives that the ISA shares with it.

A tree says what was written, not what it means: words keep `${...}`, numbers are still words, and a
duplicate is two nodes. Every node carries its span. Nodes compare by content *and* place; use
`genesis_ssmp.aa.unparse` where only the content matters.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from .node import dataclass
from .span import Span

TextForm: TypeAlias = Literal["rest", "quoted", "block"]
Language: TypeAlias = Literal["aa", "isa"]


@dataclass(frozen=True, slots=True)
class Word:
    """One blank-free argument, as written."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A text argument; `value` is decoded (quotes, escapes and block fences removed)."""

    value: str
    form: TextForm
    span: Span


@dataclass(frozen=True, slots=True)
class Comment:
    """`text` starts with its `#`. A trailing comment stands after a directive on `span.line`."""

    text: str
    trailing: bool
    span: Span


@dataclass(frozen=True, slots=True)
class BaseRev:
    rev: Word
    span: Span


@dataclass(frozen=True, slots=True)
class Scope:
    """`type:value` of a LEASE line; `type` is symbol, module, file or directory."""

    type: Word
    value: Word
    span: Span


@dataclass(frozen=True, slots=True)
class Lease:
    scopes: tuple[Scope, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class NeedSymdef:
    symbol: Word
    depth: Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class NeedCallers:
    symbol: Word
    top_k: Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class NeedSlice:
    path: Word
    start: Word
    count: Word
    span: Span


@dataclass(frozen=True, slots=True)
class NeedSearch:
    query: Word | Text
    top_k: Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class NeedTests:
    """`keyword` says which of the two spellings was written."""

    keyword: Literal["test", "tests"]
    symbol: Word
    span: Span


@dataclass(frozen=True, slots=True)
class NeedPrompt:
    prompt_id: Word
    index: Word
    span: Span


Need: TypeAlias = NeedSymdef | NeedCallers | NeedSlice | NeedSearch | NeedTests | NeedPrompt


@dataclass(frozen=True, slots=True)
class MacroCall:
    """The argument of DO or OP where it starts with a macro opcode: `RENAME_SYMBOL old new in P`.

    `args` are the words after the opcode, quotes removed.
    """

    name: Word
    args: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Do:
    """`DO` of AA and `OP` of the ISA: `keyword` says which was written."""

    keyword: Literal["DO", "OP"]
    task: Text | MacroCall
    span: Span


@dataclass(frozen=True, slots=True)
class AssertTests:
    """`ASSERT tests SELECTOR`; in the ISA the selector may be left out."""

    selector: Text | None
    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    type: Word
    span: Span


@dataclass(frozen=True, slots=True)
class Param:
    """`PARAM name[:type] [default]`; `${name}` stands for it in every word and text after
    expansion. The type is symbol, path, int or text; None takes any value."""

    name: Word
    type: Word | None
    default: Word | Text | None
    span: Span


Directive: TypeAlias = BaseRev | Lease | Need | Do | AssertTests | Return | Param


@dataclass(frozen=True, slots=True)
class Program:
    """A whole AA file: directives and comments, each in source order."""

    directives: tuple[Directive, ...]
    comments: tuple[Comment, ...]
