"""The syntax tree of the Genesis ISA: what AA has, plus control flow and reuse."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ..aa import ast as aa
from ..aa.node import dataclass
from ..aa.span import Span


@dataclass(frozen=True, slots=True)
class Version:
    """`ISA_VERSION 0`, also spelled `VERSION 0`."""

    keyword: Literal["ISA_VERSION", "VERSION"]
    number: aa.Word
    span: Span


@dataclass(frozen=True, slots=True)
class PromptRef:
    prompt_id: aa.Word
    span: Span


@dataclass(frozen=True, slots=True)
class Mode:
    mode: aa.Word
    span: Span


@dataclass(frozen=True, slots=True)
class Budget:
    tokens: aa.Word
    span: Span


@dataclass(frozen=True, slots=True)
class Invariant:
    """Free text for the angel, or `@name arguments`, which the machine checks."""

    text: aa.Text
    span: Span


@dataclass(frozen=True, slots=True)
class Run:
    """`RUN test|tests|lint|typecheck [PATTERN]`."""

    kind: aa.Word
    pattern: aa.Text | None
    span: Span


@dataclass(frozen=True, slots=True)
class Assert:
    """`ASSERT condition` where the condition is not `tests [SELECTOR]`: see docs/language.md."""

    condition: aa.Text
    span: Span


@dataclass(frozen=True, slots=True)
class IfFail:
    """`IF_FAIL RETRY n`, `IF_FAIL ESCALATE`, `IF_FAIL HALT`; `count` only with RETRY."""

    action: aa.Word
    count: aa.Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class Label:
    name: aa.Word
    span: Span


@dataclass(frozen=True, slots=True)
class Halt:
    span: Span


@dataclass(frozen=True, slots=True)
class Argument:
    """`name=value` of a USE line."""

    name: aa.Word
    value: aa.Word | aa.Text
    span: Span


@dataclass(frozen=True, slots=True)
class Use:
    """`USE std.rename old=Greet new=Hello`: a standard module, or `./path.isa`."""

    module: aa.Word
    arguments: tuple[Argument, ...]
    span: Span


Directive: TypeAlias = (
    aa.Directive
    | Version
    | PromptRef
    | Mode
    | Budget
    | Invariant
    | Run
    | Assert
    | IfFail
    | Label
    | Halt
    | Use
)


@dataclass(frozen=True, slots=True)
class Program:
    """A whole ISA file: directives and comments, each in source order."""

    directives: tuple[Directive, ...]
    comments: tuple[aa.Comment, ...]
