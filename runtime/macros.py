"""Macro ops as the runtime calls them: one for an instruction, or those of an angel's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from typing import TYPE_CHECKING

from ..aa.macros import SIGNATURES
from ..heaven import Heaven
from ..heaven.records import Json, JsonObject
from ..proto import wire
from ..proto.angel_response import MacroOp
from ..proto.edit_ir import EditIR
from .landing import merge

if TYPE_CHECKING:
    from ..stdlib import Site


def expand_macro(heaven: Heaven, name: str, args: JsonObject) -> JsonObject:
    """`{edit, sure, unsure: [{path, line, text, why}]}`, or `{refused: {...}}`."""
    from ..stdlib import MACROS, MacroRefused

    try:
        expansion = MACROS[name]({key: str(args[key]) for key in args}, heaven)
    except MacroRefused as refused:
        candidates: list[Json] = list(refused.candidates)
        return {
            "refused": {
                "reason": refused.reason,
                "message": str(refused),
                "candidates": candidates,
            }
        }
    return {
        "edit": wire.dump(expansion.edit),
        "sure": expansion.sure,
        "unsure": unsure_json(expansion.unsure),
    }


@dataclass(frozen=True, slots=True)
class Batch:
    """Several macro ops as one edit, and the places that they left alone."""

    edit: EditIR
    unsure: tuple[Site, ...]


def unsure_json(sites: Sequence[Site]) -> list[Json]:
    """`[{path, line, text, why}]`."""
    return [
        {"path": site.path, "line": site.line, "text": site.text, "why": site.why} for site in sites
    ]


def expand_ops(heaven: Heaven, ops: Sequence[MacroOp]) -> Batch | str:
    """The macro ops of an answer as one batch, or why there is none. Each is worked out on the
    tree as it is before the batch; two that want the same lines are refused when it is staged."""
    from ..stdlib import MACROS, MacroRefused

    edits: list[EditIR] = []
    unsure: list[Site] = []
    for op in ops:
        args = arguments(op)
        if isinstance(args, str):
            return args
        try:
            expansion = MACROS[op.kind](args, heaven)
        except MacroRefused as refused:
            listed = "".join(f"\n  {one}" for one in refused.candidates)
            return f"{op.kind}: {refused}{listed}"
        edits.append(expansion.edit)
        unsure += expansion.unsure
    if not edits:
        return "the answer says macro_ops and holds none"
    return Batch(merge(edits), tuple(unsure))


def arguments(op: MacroOp) -> dict[str, str] | str:
    """A macro op's fields as the arguments of its opcode, by the table of macro ops; or what is
    wrong with them."""
    signature = SIGNATURES.get(op.kind)
    if signature is None:
        return f"there is no macro op {op.kind!r}; there are {', '.join(SIGNATURES)}"
    given = {
        one.name: getattr(op, one.name)
        for one in fields_of(op)
        if one.name != "kind" and getattr(op, one.name) is not None
    }
    args: dict[str, str] = {}
    for parameter in signature.parameters:
        if parameter.field in given:
            args[parameter.name] = str(given.pop(parameter.field))
        elif not parameter.optional:
            return f"macro op {op.kind} needs {parameter.field}"
    if given:
        return f"macro op {op.kind} does not take {', '.join(sorted(given))}"
    return args
