"""Run a recorded run again: no model, no tools, the edits done anew in a scratch tree.

The program is executed by the same VM; the door answers from the log, and EMIT and ROLLBACK are
done again on files made from blobs. What must come out the same: every key, every edit's bytes, the
tree's hash and the run head.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..aa.decode import decode
from ..aa.module import Module
from ..heaven import Heaven
from ..heaven.paths import resolve_inside
from ..heaven.records import Json, JsonObject
from ..heaven.tree import Manifest
from ..proto.leases import Scope
from . import fields
from .door import Entry, ReplayDoor
from .edits import EditRefused, Landed, land, undo
from .errors import RunDamaged, RunIncomplete
from .landing import Tree, landed_record, parse_edit, refusal_record, stage_all, track
from .outcome import Outcome, Progress
from .runs import Run, entries
from .vm import Machine


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to. `same` is true where tree and head are the recorded ones.

    `outside` lists files that somebody else had changed between the run's pinned tree and its edit.
    """

    run: str
    syscalls: int
    head: str
    tree: str
    expected_head: str
    expected_tree: str
    outside: tuple[str, ...]
    outcome: Outcome

    @property
    def same(self) -> bool:
        return (self.head, self.tree) == (self.expected_head, self.expected_tree)


def replay(heaven: Heaven, run: Run, observe: Callable[[Progress], None] | None = None) -> Replayed:
    """Replay a finished run. Raises ReplayDivergence, RunIncomplete, RunDamaged."""
    if run.head is None or run.tree is None:
        raise RunIncomplete(run.name)
    module = decode(heaven.get_blob(run.module))
    recorded = entries(heaven, run)
    pinned = _pinned(heaven, run, recorded)
    door = ReplayDoor(recorded, source_lines(module, run.program))
    with (
        tempfile.TemporaryDirectory(prefix="genesis-replay-") as directory,
        Heaven.open(Path(directory)) as scratch,
    ):
        effects = _Reenacted(heaven, scratch, Path(directory), run.name, pinned)
        outcome = Machine(module, effects, door, observe).run()
        return Replayed(
            run=run.name,
            syscalls=door.calls,
            head=door.head,
            tree=effects.tree.hash(),
            expected_head=run.head,
            expected_tree=run.tree,
            outside=tuple(effects.outside),
            outcome=outcome,
        )


def source_lines(module: Module, program: str) -> dict[int, str]:
    """`program.isa:12` of each pc; a line of a used module names that module."""
    named: dict[int, str] = {}
    for pc, line in enumerate(module.lines):
        file = module.constants[line.file]
        named[pc] = f"{file or program}:{line.line}"
    return named


def _pinned(heaven: Heaven, run: Run, recorded: Sequence[Entry]) -> Manifest:
    for entry in recorded:
        if entry.op == "REV" and entry.result is not None:
            blob = heaven.get_blob(fields.text(entry.result, "manifest"))
            return Manifest.from_json(blob)
    raise RunDamaged(run.name, "it pinned no tree")


class _Reenacted:
    """The effects that a replay does again; the door answers all others from the record."""

    def __init__(
        self, heaven: Heaven, scratch: Heaven, root: Path, run: str, pinned: Manifest
    ) -> None:
        self._heaven = heaven
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
            staged = stage_all(edit, self._root, self._scratch, blobs=self._heaven)
            landed = land(staged, self._scratch, run=self._run, owner_id=self._run)
        except EditRefused as refused:
            return refusal_record(refused)
        self._landed.append(landed)
        result = landed_record(edit, landed)
        if "unsure" in recorded:
            # Of an angel's macro ops, which are not worked out again.
            result = {**result, "unsure": recorded["unsure"]}
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
                where.write_bytes(self._heaven.get_blob(before))
                where.chmod(int(self.tree.mode(path)[-3:], 8))
            self._made[path] = before

    def _follow(self, result: JsonObject) -> None:
        track(self.tree, result)
        for change in fields.records(result, "files"):
            self._made[fields.text(change, "path")] = fields.optional_text(change, "after")

    def pin(self, rev: str) -> JsonObject:
        raise _answered(rev)

    def acquire(self, scopes: Sequence[tuple[str, str]]) -> JsonObject:
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
