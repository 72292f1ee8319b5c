"""What an angel gives back (`angel_response.schema.json`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .edit_ir import EditIR
from .strict import FORBID

OutputType: TypeAlias = Literal["edit_ir", "macro_ops", "diff_fallback"]


@dataclass(frozen=True, slots=True)
class Manifest:
    __pydantic_config__ = FORBID

    symbols_touched: tuple[str, ...]
    files_touched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MacroOp:
    """`kind` is a macro opcode; which of the other fields it needs is the macro table's matter."""

    __pydantic_config__ = FORBID

    kind: str
    old_name: str | None = None
    new_name: str | None = None
    scope_path: str | None = None
    func_name: str | None = None
    param_name: str | None = None
    param_type: str | None = None
    position: int | None = None
    path: str | None = None
    import_spec: str | None = None
    test_func: str | None = None
    case_name: str | None = None
    case_body: str | None = None
    func_sig: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    content: str | None = None
    symbol_kind: str | None = None
    default: str | None = None
    argument: str | None = None
    unsure: Literal["leave", "include"] | None = None
    text: Literal["leave", "include"] | None = None


@dataclass(frozen=True, slots=True)
class AngelResponse:
    __pydantic_config__ = FORBID

    mission_id: str
    output_type: OutputType
    manifest: Manifest
    edit_ir: EditIR | None = None
    macro_ops: tuple[MacroOp, ...] | None = None
    diff: str | None = None
