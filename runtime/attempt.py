"""An output tried against the tree: as Edit IR with its hashes, staged, held against its manifest
and the invariants. Nothing lands here: EMIT lands what comes of it, VALIDATE only looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..heaven import Heaven
from ..heaven.records import Json, JsonObject
from ..proto import pf, wire
from ..proto.angel_response import AngelResponse
from ..proto.edit_ir import EditIR
from . import fields
from .answers import outside_manifest, read_text
from .edits import Staged, fill_hashes
from .formats import Normalised
from .invariants import breach
from .landing import aside, parse_edit, refuse, stage_all
from .macros import expand_ops, unsure_json


@dataclass(frozen=True, slots=True)
class Edit:
    """The Edit IR of an output; `text` is the text that it was read from, `unsure` what macro ops
    left alone."""

    ir: EditIR
    text: Normalised | None
    unsure: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """An edit that could land as the tree is; `extra` is what its record says besides."""

    staged: Staged
    extra: JsonObject


def edit_of(output: JsonObject, shown: Sequence[JsonObject], heaven: Heaven) -> Edit | JsonObject:
    """The edit that an output stands for, or the refusal of one that holds none.

    `shown` are the excerpts that its author saw. Raises FormatRefused, EditRefused.
    """
    if output.get("kind") == "diff_fallback":
        made = read_text(output, shown, heaven)
        return Edit(made.edit, made, ())
    direct = fields.optional_record(output, "edit_ir")
    if direct is not None:
        return Edit(parse_edit(direct), None, ())
    response = wire.parse(AngelResponse, fields.record(output, "response"))
    if fields.text(output, "kind") == "edit_ir":
        if response.edit_ir is None:
            return refuse("unsupported", "the answer says edit_ir and holds none")
        excerpts = [wire.parse(pf.Excerpt, excerpt) for excerpt in shown]
        return Edit(fill_hashes(response.edit_ir, excerpts, heaven), None, ())
    batch = expand_ops(heaven, response.macro_ops or ())
    if isinstance(batch, str):
        return refuse("unsupported", batch)
    return Edit(batch.edit, None, tuple(unsure_json(batch.unsure)))


def try_edit(
    edit: Edit, output: JsonObject, invariants: Sequence[str], heaven: Heaven, root: Path
) -> Tried | JsonObject:
    """Stage the edit of `output`, or the refusal where its manifest or an invariant forbids it.

    Raises EditRefused, FormatRefused.
    """
    staged = stage_all(edit.ir, root, heaven)
    if edit.text is not None:
        edit.text.check(staged)
    outside = outside_manifest(output, edit.text, staged.paths)
    if outside is not None:
        return refuse("manifest", outside)
    broken = breach(invariants, staged, heaven)
    if broken is not None:
        return refuse("invariant", broken)
    return Tried(staged, aside(staged, edit.unsure))
