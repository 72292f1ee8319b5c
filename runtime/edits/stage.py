"""A batch of edits, worked out against the files as they are, with nothing written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ...proto.edit_ir import EditIR, EditOp
from .anchors import hash_lines
from .assemble import Hunk, assemble, in_order, trim
from .before import PLAIN, Before, Version, read, spell
from .drift import check_together, follow
from .evidence import check_whole
from .lines import show, split, split_lines
from .locate import locate
from .merge import Merger
from .refusal import Clash, EditRefused
from .region import How, Region
from .shape import FILE_OPS, check_shape, encode
from .symbols import SymbolFinder
from .syntax import first_new_error
from .versions import BlobReader, Versions

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FileChange:
    """What becomes of one file. `before` is None for a new file, `after` for a deleted one.

    `mode` is as git has it (0o100644, or 0o100755 if executable) and stays. `permissions` are the
    exact bits to restore; None: those that the file has, or that the process gives to new files.
    """

    path: str
    before: bytes | None
    after: bytes | None
    mode: int
    hunks: tuple[Hunk, ...]
    permissions: int | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """An operation that was not where its author wrote it: `seen` is its first line (1-based) in
    the author's version, `found` the one in the file before the batch."""

    op_index: int
    how: How
    seen: int
    found: int


@dataclass(frozen=True, slots=True)
class Staged:
    """The files that change, sorted by path; a file that would come out the same is not here.

    `abandoned_directories` are to be removed with the change if they are empty then: an undo takes
    away what the edit made. `drifts` are the operations that moved or were merged.
    """

    files: tuple[FileChange, ...]
    abandoned_directories: tuple[str, ...] = ()
    drifts: tuple[Drift, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(change.path for change in self.files)


def stage(edit: EditIR, root: Path, *, symbols: SymbolFinder, blobs: BlobReader) -> Staged:
    """What the batch makes of the files under `root`, which are only read.

    Every operation addresses its file as it was before the batch. Raises EditRefused if any
    operation is refused: the first one, with the others in `others`.
    """
    if not edit.ops:
        raise EditRefused("bad_op", "the edit has no operations", next_step="send operations")
    with Merger() as merger:
        return _Batch(edit.ops, root, symbols, Versions(blobs), merger).stage()


class _Batch:
    """One batch being staged; what is refused is put aside, so that all of it is told at once."""

    def __init__(
        self,
        ops: Sequence[EditOp],
        root: Path,
        symbols: SymbolFinder,
        versions: Versions,
        merger: Merger,
    ) -> None:
        self._ops = ops
        self._root = root
        self._symbols = symbols
        self._versions = versions
        self._merger = merger
        self._refused: list[EditRefused] = []
        self._drifts: list[Drift] = []

    def stage(self) -> Staged:
        spelled: dict[str, str] = {}
        paths = _collect(
            self._refused, self._ops, lambda index, op: _check(self._root, index, op, spelled)
        )
        by_path: dict[str, list[int]] = {}
        for index, path in paths.items():
            by_path.setdefault(path, []).append(index)
        changes: list[FileChange] = []
        files: dict[str, Before | None] = {}
        for path, indexes in sorted(by_path.items()):
            try:
                files[path] = read(self._root, path, indexes[0])
            except EditRefused as refusal:
                self._refused.append(refusal)
                continue
            change = self._stage_file(path, files[path], indexes)
            if change is not None and change.before != change.after:
                changes.append(change)
        self._refused.extend(_collisions(files, by_path))
        if self._refused:
            self._refused.sort(key=lambda refusal: refusal.op_index)
            first, *rest = self._refused
            first.others = tuple(rest)
            raise first
        drifts = sorted(self._drifts, key=lambda drift: drift.op_index)
        return Staged(tuple(changes), drifts=tuple(drifts))

    def _stage_file(
        self, path: str, before: Before | None, indexes: Sequence[int]
    ) -> FileChange | None:
        ops, refused = self._ops, self._refused
        whole = [index for index in indexes if ops[index].op in FILE_OPS]
        if whole and len(indexes) > 1:
            pair = whole[0], next(index for index in indexes if index != whole[0])
            refused.append(_overlap(path, min(pair), max(pair), "the whole file"))
            return None
        mine = [ops[index] for index in indexes]
        if whole:
            found = _collect(
                refused, mine, lambda _, op: _whole_file(whole[0], op, path, before, self._versions)
            )
            return found.get(0)
        if before is None:
            refused.extend(_missing(index, path) for index in indexes)
            return None
        regions = _collect(refused, mine, lambda at, op: self._locate(indexes[at], op, before))
        if len(regions) < len(indexes):
            return None
        placed = in_order(list(regions.values()))
        clash = _find_overlap(path, placed)
        if clash is not None:
            refused.append(clash)
            return None
        after, hunks = assemble(before.text, placed)
        drifted = [region for region in placed if region.how != "exact"]
        if drifted:
            problem = check_together(before, after, placed, mine, self._versions, self._merger)
            base = self._versions.base(ops[drifted[0].op_index])
            problem = problem or _parses(before, after, drifted[0], base)
            if problem is not None:
                refused.append(problem)
                return None
            self._drifts += [
                Drift(region.op_index, region.how, region.seen.start + 1, region.start + 1)
                for region in drifted
                if region.seen is not None
            ]
        return FileChange(path, before.data, after, before.mode, hunks)

    def _locate(self, index: int, op: EditOp, before: Before) -> Region:
        try:
            return locate(index, op, before, self._symbols, self._versions)
        except EditRefused as refusal:
            return follow(index, op, before, self._versions, self._merger, refusal)


def _check(root: Path, index: int, op: EditOp, spelled: dict[str, str]) -> str:
    """The spelled path of a well-shaped operation; `spelled` remembers those of the batch."""
    check_shape(index, op)
    if op.path not in spelled:
        spelled[op.path] = spell(root, op.path, index)
    return spelled[op.path]


def _parses(
    before: Before, after: bytes, region: Region, base: Version | None
) -> EditRefused | None:
    """The refusal where the file parsed and would not any more: a clean merge of lines need not be
    a program."""
    line = first_new_error(before.path, before.data, after)
    if line is None:
        return None
    return EditRefused(
        "unparsable",
        "the file changed since its author saw it, and with the edit it would not parse any more",
        op_index=region.op_index,
        path=before.path,
        line=line,
        actual=show(split_lines(after)[line - 1]) if line <= after.count(b"\n") else None,
        next_step="read the file again and write the edit against what is there now",
        clash=None
        if base is None or region.seen is None
        else Clash(base.blob, region.seen.start, region.seen.end, region.start + 1),
    )


def _whole_file(
    index: int, op: EditOp, path: str, before: Before | None, versions: Versions
) -> FileChange:
    if op.op == "delete_file":
        if before is None:
            raise _missing(index, path)
        check_whole(index, op, before, versions)
        count = len(before.text.lines)
        return FileChange(path, before.data, None, before.mode, (Hunk(index, 1, count, 1, 0),))
    if before is not None:
        if not op.base_blob and not op.span_hash:
            raise EditRefused(
                "exists",
                "add_file names a file that exists",
                op_index=index,
                path=path,
                next_step="edit that file, or give its base_blob to put another in its place",
            )
        check_whole(index, op, before, versions)
        data = encode(index, op, op.content or "")
        return FileChange(path, before.data, data, before.mode, _whole_hunks(index, before, data))
    if op.base_blob or op.span_hash:
        raise EditRefused(
            "base_mismatch",
            "the author saw a file here, and there is none",
            op_index=index,
            path=path,
            next_step="leave base_blob and span_hash out of add_file",
        )
    if op.anchor_hash and op.anchor_hash != hash_lines(()):
        raise EditRefused(
            "anchor_mismatch",
            "the anchor is of lines, and a new file has none",
            op_index=index,
            path=path,
            next_step="leave anchor_hash out of add_file",
        )
    data = encode(index, op, op.content or "")
    count = data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))
    return FileChange(path, None, data, PLAIN, (Hunk(index, 1, 0, 1, count),))


def _whole_hunks(index: int, before: Before, after: bytes) -> tuple[Hunk, ...]:
    """One hunk from the first line that differs to the last."""
    old, new = before.text.lines, split(after).lines
    start, end, changed = trim(old, 0, len(old), new)
    return (Hunk(index, start + 1, end - start, start + 1, len(changed)),)


def _find_overlap(path: str, placed: Sequence[Region]) -> EditRefused | None:
    """The first two regions that share a line, or an insertion inside a region."""
    reach: Region | None = None
    for region in placed:
        if reach is not None and region.start < reach.end:
            first, second = sorted((reach.op_index, region.op_index))
            return _overlap(path, first, second, f"line {region.start + 1}")
        if not region.inserts:
            reach = region
    return None


def _collisions(
    files: dict[str, Before | None], by_path: dict[str, list[int]]
) -> list[EditRefused]:
    """Paths of the batch that are one file or need each other to be a file and a directory."""
    refused: list[EditRefused] = []
    seen: dict[tuple[int, int], str] = {}
    for path, before in files.items():
        twin = seen.get(before.identity) if before is not None else None
        if twin is not None and twin.casefold() == path.casefold():
            refused.append(_overlap(path, by_path[twin][0], by_path[path][0], f"the file {twin}"))
        if before is not None:
            seen.setdefault(before.identity, path)
        for end in (at for at, char in enumerate(path) if char == "/"):
            parent = path[:end]
            if parent in by_path:
                refused.append(
                    _overlap(path, by_path[parent][0], by_path[path][0], f"the path {parent}")
                )
    return refused


def _overlap(path: str, first: int, second: int, what: str) -> EditRefused:
    return EditRefused(
        "overlap",
        f"operations {first} and {second} both want {what}",
        op_index=second,
        path=path,
        candidates=(f"operation {first}", f"operation {second}"),
        next_step="make them one operation; every operation addresses the file before the batch",
    )


def _missing(index: int, path: str) -> EditRefused:
    return EditRefused(
        "missing",
        "there is no such file",
        op_index=index,
        path=path,
        next_step="use add_file to create it",
    )


def _collect(
    refused: list[EditRefused], ops: Sequence[EditOp], step: Callable[[int, EditOp], T]
) -> dict[int, T]:
    """The results by position; refusals are put aside, so that all of a batch are told at once."""
    results: dict[int, T] = {}
    for index, op in enumerate(ops):
        try:
            results[index] = step(index, op)
        except EditRefused as refusal:
            refused.append(refusal)
    return results
