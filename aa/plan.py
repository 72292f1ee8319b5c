"""Which context is asked for, in what order, and which scopes are leased.

Faults are grouped into *batches*: what stands between two statements that may change or stop
something (a task, a macro, a run, a check, a halt, a section). Within a batch order does not matter
to the answer, so faults are merged, put in one order and moved to the batch's front; no fault
crosses the edge of its batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from .diagnostic import Diagnostic, Related, error
from .lowered import (
    Callers,
    Depth,
    Fault,
    Invariant,
    PromptSection,
    PromptSummary,
    Scope,
    ScopeType,
    Search,
    Section,
    Slice,
    Statement,
    Symdef,
    Tests,
    Unit,
)

MAX_FAULTS: Final = 20
"""Faults of one section attempt: the governor answers no more."""
MAX_NESTING: Final = 8
"""Sections within sections, the outermost counted: the verifier accepts no more."""
MAX_MERGED_LINES: Final = 10_000

_DEPTH_RANK: Final[dict[Depth, int]] = {"summary": 0, "signature": 1, "full": 2}
_FAULT_RANK: Final[dict[type[Fault], int]] = {
    PromptSummary: 0,
    PromptSection: 1,
    Symdef: 2,
    Callers: 3,
    Tests: 4,
    Slice: 5,
    Search: 6,
}
_SCOPE_RANK: Final[dict[ScopeType, int]] = {"directory": 0, "file": 1, "module": 2, "symbol": 3}


def plan(unit: Unit) -> Unit:
    """The same program with its faults merged and in order, and its leases in canonical order."""
    sections = tuple(_section(section) for section in unit.sections)
    return replace(unit, leases=plan_leases(unit.leases), sections=sections)


def check_plan(unit: Unit) -> tuple[Diagnostic, ...]:
    """What a planned program asks for that no run would give: AA0401 and AA0402."""
    found: list[Diagnostic] = []
    for section in unit.sections:
        _check(section, 1, found)
    return tuple(found)


def _check(section: Section, depth: int, found: list[Diagnostic]) -> None:
    origin = section.origin
    if depth > MAX_NESTING:
        found.append(
            error(
                "AA0402",
                f"section {section.label} is nested {depth} deep; the limit is {MAX_NESTING}",
                origin.span,
                file=origin.file,
                hint="use the inner module from the program itself",
            )
        )
        return
    faults = [item for item in section.body if isinstance(item, Fault)]
    if len(faults) > MAX_FAULTS:
        surplus = faults[MAX_FAULTS].origin
        begin = Related(f"section {section.label} begins here", origin.span, origin.file)
        found.append(
            error(
                "AA0401",
                f"section {section.label} asks for {len(faults)} pieces of context; "
                f"the governor answers {MAX_FAULTS}",
                surplus.span,
                file=surplus.file,
                hint="ask for less, or begin another section with LABEL",
                related=(begin,),
            )
        )
    for item in section.body:
        if isinstance(item, Section):
            _check(item, depth + 1, found)


def _section(section: Section) -> Section:
    body: list[Statement | Section] = []
    faults: list[Fault] = []
    kept: list[Statement] = []
    for item in section.body:
        if isinstance(item, Fault):
            faults.append(item)
        elif isinstance(item, Invariant):
            kept.append(item)
        else:
            body += merge(faults)
            body += kept
            faults, kept = [], []
            body.append(_section(item) if isinstance(item, Section) else item)
    body += merge(faults)
    body += kept
    return replace(section, body=tuple(body))


def merge(faults: Iterable[Fault]) -> list[Fault]:
    """One batch in order, without what another fault of it answers already.

    The same symbol keeps its deepest definition and its largest number of callers; slices of one
    file that overlap or touch become one. What is merged stands at the place of its first.
    """
    merged: dict[tuple[object, ...], Fault] = {}
    slices: dict[str, list[Slice]] = {}
    for fault in faults:
        match fault:
            case Symdef():
                key: tuple[object, ...] = (Symdef, fault.symbol)
                first = merged.setdefault(key, fault)
                if (
                    isinstance(first, Symdef)
                    and _DEPTH_RANK[fault.depth] > _DEPTH_RANK[first.depth]
                ):
                    merged[key] = replace(first, depth=fault.depth)
            case Callers():
                key = (Callers, fault.symbol)
                first = merged.setdefault(key, fault)
                if isinstance(first, Callers) and fault.top_k > first.top_k:
                    merged[key] = replace(first, top_k=fault.top_k)
            case Search():
                key = (Search, fault.query)
                first = merged.setdefault(key, fault)
                if isinstance(first, Search) and fault.top_k > first.top_k:
                    merged[key] = replace(first, top_k=fault.top_k)
            case Slice():
                slices.setdefault(fault.path, []).append(fault)
            case Tests():
                merged.setdefault((Tests, fault.symbol), fault)
            case PromptSection():
                merged.setdefault((PromptSection, fault.prompt_id, fault.index), fault)
            case PromptSummary():
                merged.setdefault((PromptSummary, fault.prompt_id), fault)
    planned: list[Fault] = list(merged.values())
    for of_path in slices.values():
        planned += merge_slices(of_path)
    planned.sort(key=lambda fault: _FAULT_RANK[type(fault)])
    return planned


def merge_slices(slices: list[Slice]) -> list[Slice]:
    """Slices of one file by first line; those that overlap or touch are one."""
    merged: list[Slice] = []
    for piece in sorted(slices, key=lambda piece: (piece.start, piece.count)):
        last = merged[-1] if merged else None
        if last is not None and piece.start <= last.start + last.count:
            end = max(last.start + last.count, piece.start + piece.count)
            if end - last.start <= MAX_MERGED_LINES:
                origin = min(last.origin, piece.origin, key=lambda at: at.span.line)
                merged[-1] = Slice(last.path, last.start, end - last.start, origin)
                continue
        merged.append(piece)
    return merged


def plan_leases(leases: Iterable[Scope]) -> tuple[Scope, ...]:
    """Directories, files, modules, symbols, each by value; without what a wider one covers."""
    unique: dict[tuple[ScopeType, str], Scope] = {}
    for scope in leases:
        unique.setdefault((scope.type, scope.value), scope)
    held = {value for kind, value in unique if kind in ("directory", "file")}
    directories = {value for kind, value in unique if kind == "directory"}
    kept = (scope for scope in unique.values() if not _covered(scope, directories, held))
    return tuple(sorted(kept, key=lambda scope: (_SCOPE_RANK[scope.type], scope.value)))


def _covered(scope: Scope, directories: set[str], held: set[str]) -> bool:
    """Whether another of the scopes takes in this one.

    A module is a file or a directory by the spelling of its name; which, only the repository
    knows, so it is covered by a directory above both. A symbol without a path may be anywhere.
    """
    if scope.type == "directory" and scope.value == ".":
        return False
    if "." in directories:
        return True
    match scope.type:
        case "directory" | "file":
            path = scope.value
        case "module":
            path = scope.value.replace(".", "/")
        case _:
            path, found, _name = scope.value.partition("::")
            if not found:
                return False
            if path in held:
                return True
    while (slash := path.rfind("/")) > 0:
        path = path[:slash]
        if path in directories:
            return True
    return False
