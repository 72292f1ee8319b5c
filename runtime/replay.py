"""Run a recorded run again: no model, no tools, the edits done anew in a scratch tree.

The program is executed by the same VM; the door answers from the log, and EMIT and ROLLBACK are
done again on files made from blobs. What must come out the same: every key, every edit's bytes, the
tree's hash and the run head.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..aa.decode import decode
from ..aa.module import Module
from ..heaven import Heaven
from ..heaven.canonical import encode as canonical
from ..heaven.paths import resolve_inside
from ..heaven.records import Json, JsonObject
from ..heaven.tree import Manifest
from ..proto.leases import Scope
from . import fields
from .door import FIRST_HEAD, Entry, ReplayDoor, Stopped, link_head
from .edits import EditRefused, Landed, land, undo
from .errors import RunDamaged, RunIncomplete
from .landing import Tree, aside, landed_record, parse_edit, refusal_record, stage_all, track
from .outcome import Outcome, Progress
from .record import Record
from .runs import Run, entries
from .vm import Machine


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to. `same` is true where tree and head are the recorded ones.

    `outside` lists files that somebody else had changed between the run's pinned tree and its edit.
    `outcome` is None where the replay was stopped on the way. `entries` are the files at the end:
    (mode, SHA-256) by path.
    """

    run: str
    syscalls: int
    head: str
    tree: str
    expected_head: str
    expected_tree: str
    outside: tuple[str, ...]
    outcome: Outcome | None
    entries: Mapping[str, tuple[str, str]]

    @property
    def same(self) -> bool:
        return (self.head, self.tree) == (self.expected_head, self.expected_tree)


def replay(
    record: Record,
    run: Run,
    observe: Callable[[Progress], None] | None = None,
    *,
    upto: int | None = None,
) -> Replayed:
    """Replay a finished run, or the first `upto` syscalls of any run. Raises ReplayDivergence,
    RunIncomplete, RunDamaged, BlobMissing, BlobDamaged."""
    recorded = entries(record, run)
    answered = sum(entry.result is not None for entry in recorded)
    if upto is None and (run.head is None or run.tree is None):
        raise RunIncomplete(run.name)
    if upto is not None and upto >= answered and run.head is not None:
        upto = None
    module = decode(record.get_blob(run.module))
    pinned = _pinned(record, run, recorded)
    if upto is None:
        expected = run.head or "", run.tree or ""
    else:
        upto = min(upto, answered)
        expected = _recorded_so_far(recorded[:upto], pinned)
    door = ReplayDoor(recorded, source_lines(module, run.program), upto=upto)
    with (
        tempfile.TemporaryDirectory(prefix="genesis-replay-") as directory,
        Heaven.open(Path(directory)) as scratch,
    ):
        effects = _Reenacted(record, scratch, Path(directory), run.name, pinned)
        try:
            outcome = Machine(module, effects, door, observe, run.packing).run()
        except Stopped:
            outcome = None
        return Replayed(
            run=run.name,
            syscalls=door.calls,
            head=door.head,
            tree=effects.tree.hash(),
            expected_head=expected[0],
            expected_tree=expected[1],
            outside=tuple(effects.outside),
            outcome=outcome,
            entries=effects.tree.entries,
        )


def _recorded_so_far(recorded: Sequence[Entry], pinned: Manifest) -> tuple[str, str]:
    """The run head and the tree's hash after these syscalls, by the record alone."""
    head = FIRST_HEAD
    tree = Tree({path: (mode, sha) for path, mode, sha in pinned.entries})
    for entry in recorded:
        result = entry.result or {}
        result_id = hashlib.sha256(canonical(result)).hexdigest()
        head = link_head(head, entry.seq, entry.pc, entry.op, entry.key, result_id)
        if entry.op in ("EMIT", "ROLLBACK"):
            track(tree, result)
    return head, tree.hash()


def source_lines(module: Module, program: str) -> dict[int, str]:
    """`program.isa:12` of each pc; a line of a used module names that module."""
    named: dict[int, str] = {}
    for pc, line in enumerate(module.lines):
        file = module.constants[line.file]
        named[pc] = f"{file or program}:{line.line}"
    return named


def _pinned(record: Record, run: Run, recorded: Sequence[Entry]) -> Manifest:
    for entry in recorded:
        if entry.op == "REV" and entry.result is not None:
            blob = record.get_blob(fields.text(entry.result, "manifest"))
            return Manifest.from_json(blob)
    raise RunDamaged(run.name, "it pinned no tree")


def commit_of(record: Record, run: Run) -> str | None:
    """The git commit that was checked out when the run began, None where there was none."""
    pinned = next((one.result for one in entries(record, run) if one.op == "REV"), None)
    return None if pinned is None else fields.optional_text(pinned, "commit")


class _Reenacted:
    """The effects that a replay does again; the door answers all others from the record."""

    def __init__(
        self, record: Record, scratch: Heaven, root: Path, run: str, pinned: Manifest
    ) -> None:
        self._record = record
        self._scratch = scratch
        self._root = root
        self._run = run
        self._pinned = {path: sha256 for path, _, sha256 in pinned.entries}
        self._made: dict[str, str | None] = {}
        self._landed: list[Landed] = []
        self.tree = Tree({path: (mode, sha) for path, mode, sha in pinned.entries})
        self.outside: list[str] = []
        scratch.acquire(run, run, [Scope("directory", ".")])

    def emit(
        self,
        output: JsonObject,
        invariants: Sequence[str],
        shown: Sequence[JsonObject],
        recorded: JsonObject | None,
    ) -> JsonObject:
        assert recorded is not None, "the replay door hands over the record"
        if "refused" in recorded:
            # Why an edit was refused then (a lease, a file that had changed) is not there any more.
            return recorded
        self._materialise(fields.records(recorded, "files"))
        edit = parse_edit(fields.record(recorded, "edit"))
        try:
            staged = stage_all(edit, self._root, self._scratch, blobs=self._record)
            landed = land(staged, self._scratch, run=self._run, owner_id=self._run)
        except EditRefused as refused:
            return refusal_record(refused)
        self._landed.append(landed)
        # What an angel's macro ops left alone is not worked out again.
        unsure = fields.items(recorded, "unsure") if "unsure" in recorded else ()
        result = landed_record(edit, landed, aside(staged, unsure))
        self._follow(result)
        return result

    def roll_back(self, mark: int, recorded: JsonObject | None) -> JsonObject:
        assert recorded is not None, "the replay door hands over the record"
        if "refused" in recorded:
            return recorded
        files: list[Json] = []
        while len(self._landed) > mark:
            undone = undo(self._landed.pop(), self._scratch, run=self._run, owner_id=self._run)
            files.extend(
                {
                    "path": change.path,
                    "before": change.before,
                    "after": change.after,
                    "mode": f"{change.mode:o}",
                }
                for change in undone.files
            )
        result: JsonObject = {"files": files}
        self._follow(result)
        return result

    def _materialise(self, files: Sequence[JsonObject]) -> None:
        """Put the files of an edit into the scratch tree as they were just before it."""
        for change in files:
            path = fields.text(change, "path")
            before = fields.optional_text(change, "before")
            known = self._made[path] if path in self._made else self._pinned.get(path)
            if known != before:
                self.outside.append(path)
            if path in self._made and self._made[path] == before:
                continue
            where = resolve_inside(self._root, path)
            if before is None:
                where.unlink(missing_ok=True)
            else:
                where.parent.mkdir(parents=True, exist_ok=True)
                where.write_bytes(self._record.get_blob(before))
                where.chmod(int(self.tree.mode(path)[-3:], 8))
            self._made[path] = before

    def _follow(self, result: JsonObject) -> None:
        track(self.tree, result)
        for change in fields.records(result, "files"):
            self._made[fields.text(change, "path")] = fields.optional_text(change, "after")

    def pin(self, rev: str, recorded: JsonObject | None) -> JsonObject:
        raise _answered(rev)

    def acquire(self, scopes: Sequence[tuple[str, str]], recorded: JsonObject | None) -> JsonObject:
        raise _answered(str(scopes))

    def fault(self, mission: str, command: str, args: JsonObject) -> JsonObject:
        raise _answered(command)

    def ask(self, request: JsonObject, pack: str) -> JsonObject:
        raise _answered("angel")

    def expand(self, name: str, args: JsonObject) -> JsonObject:
        raise _answered(name)

    def check(self, kind: str, selector: str) -> JsonObject:
        raise _answered(kind)

    def consult(self, request: JsonObject) -> JsonObject:
        raise _answered("oracle")


def _answered(what: str) -> AssertionError:
    return AssertionError(f"a replay asks the record, not the world: {what}")
