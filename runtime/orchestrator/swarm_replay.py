"""A swarm again from its record: every landed run replayed, every landing done anew, no model.

What must come out the same: each run (`runtime.replay`), the net change that its trees come to, the
bytes of each landing on the files as they were before it, the tree, and the swarm's head.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...heaven import Heaven
from ...heaven.canonical import decode_object
from ...heaven.canonical import encode as canonical
from ...heaven.paths import resolve_inside
from ...heaven.records import JsonObject
from ...heaven.tree import Manifest
from ...proto import wire
from ...proto.leases import Scope
from .. import fields
from ..door import FIRST_HEAD
from ..edits import EditRefused, Staged, land
from ..landing import Tree, aside, landed_record, parse_edit, stage_all, track
from ..record import Record
from ..replay import replay
from ..runs import find
from .change import Entries, net_change
from .errors import SwarmDivergence, SwarmIncomplete
from .swarmlog import Landing, SwarmState, link_landing
from .worktree import entries_of


@dataclass(frozen=True, slots=True)
class SwarmReplayed:
    """`same` is true where tree and head are the recorded ones. `outside` are the files that
    somebody else had changed between two landings; where there are any, `tree` is that of the
    swarm's own landings. `entries` are the files at the end."""

    swarm: str
    landings: int
    runs: int
    head: str
    tree: str
    expected_head: str
    expected_tree: str
    outside: tuple[str, ...]
    entries: Mapping[str, tuple[str, str]]

    @property
    def same(self) -> bool:
        return (self.head, self.tree) == (self.expected_head, self.expected_tree)


def replay_swarm(
    record: Record, state: SwarmState, observe: Callable[[str, str], None] | None = None
) -> SwarmReplayed:
    """Replay a swarm that ended. `observe` is told each mission and its runs.

    Raises SwarmIncomplete, SwarmDivergence, ReplayDivergence, RunDamaged, BlobMissing, BlobDamaged.
    """
    if state.tree is None:
        raise SwarmIncomplete(state.name)
    base = Manifest.from_json(record.get_blob(state.base))
    with (
        tempfile.TemporaryDirectory(prefix="genesis-replay-") as directory,
        Heaven.open(Path(directory)) as scratch,
    ):
        again = _Again(record, scratch, state, entries_of(base))
        for landing in state.landings:
            again.land(landing)
            if observe is not None:
                observe(landing.mission, ", ".join(landing.runs))
    tree = again.tree.hash()
    expected = again.recorded.hash() if again.outside else state.tree
    return SwarmReplayed(
        swarm=state.name,
        landings=len(state.landings),
        runs=again.runs,
        head=again.head,
        tree=tree,
        expected_head=state.head,
        expected_tree=expected,
        outside=tuple(dict.fromkeys(again.outside)),
        entries=again.tree.entries,
    )


class _Again:
    """The landings of a swarm, one after the other, in a scratch tree."""

    def __init__(self, record: Record, scratch: Heaven, state: SwarmState, base: Entries) -> None:
        self._record = record
        self._scratch = scratch
        self._state = state
        self._made: dict[str, str | None] = {}
        self._base = base
        self.tree = Tree(dict(base))
        self.recorded = Tree(dict(base))
        self.head = FIRST_HEAD
        self.outside: list[str] = []
        self.runs = 0
        scratch.acquire(state.name, state.name, [Scope("directory", ".")])

    def land(self, landing: Landing) -> None:
        """Raises SwarmDivergence where anything comes out otherwise than it is recorded."""
        mission = landing.mission
        last: Entries = {}
        heads: list[str | None] = []
        for name in landing.runs:
            run = find(self._record, name)
            replayed = replay(self._record, run)
            self.runs += 1
            if not replayed.same:
                raise self._divergence(mission, f"run {name} has another tree or head")
            last = replayed.entries
            heads.append(run.head)
        base = Manifest.from_json(self._record.get_blob(landing.base))
        edit = net_change(entries_of(base), last, self._record)
        edit_id = hashlib.sha256(canonical(wire.dump(edit))).hexdigest()
        if edit_id != landing.edit:
            raise self._divergence(mission, "its runs come to another edit")
        recorded = decode_object(self._record.get_blob(landing.record))
        again = self._landed(mission, recorded)
        record_id = hashlib.sha256(canonical(again)).hexdigest()
        if record_id != landing.record:
            raise self._divergence(mission, "landing it again gave other files")
        self.head = link_landing(self.head, mission, heads, edit_id, record_id)
        track(self.tree, again)
        track(self.recorded, recorded)

    def _landed(self, mission: str, recorded: JsonObject) -> JsonObject:
        self._materialise(recorded)
        edit = parse_edit(fields.record(recorded, "edit"))
        try:
            staged = (
                stage_all(edit, self._scratch.root, self._scratch, blobs=self._record)
                if edit.ops
                else Staged(())
            )
            name = self._state.name
            landed = land(staged, self._scratch, run=name, owner_id=name)
        except EditRefused as refused:
            raise self._divergence(mission, f"its edit is refused: {refused}") from None
        result = landed_record(edit, landed, aside(staged, ()))
        for change in fields.records(result, "files"):
            self._made[fields.text(change, "path")] = fields.optional_text(change, "after")
        return result

    def _materialise(self, recorded: JsonObject) -> None:
        """Every file that the edit names, as it was just before."""
        before = {
            fields.text(one, "path"): fields.optional_text(one, "before")
            for one in fields.records(recorded, "files")
        }
        for op in fields.records(fields.record(recorded, "edit"), "ops"):
            path = fields.text(op, "path")
            known = self._known(path)
            # A file that came out as it was is not among those that changed.
            wanted = before.get(path, known)
            if known != wanted:
                self.outside.append(path)
            if path not in self._made or self._made[path] != wanted:
                self._write(path, wanted)

    def _known(self, path: str) -> str | None:
        pinned = self._base.get(path)
        return self._made.get(path, None if pinned is None else pinned[1])

    def _write(self, path: str, blob: str | None) -> None:
        where = resolve_inside(self._scratch.root, path)
        if blob is None:
            where.unlink(missing_ok=True)
        else:
            where.parent.mkdir(parents=True, exist_ok=True)
            where.write_bytes(self._record.get_blob(blob))
            where.chmod(int(self.tree.mode(path)[-3:], 8))
        self._made[path] = blob

    def _divergence(self, mission: str, reason: str) -> SwarmDivergence:
        return SwarmDivergence(self._state.name, mission, reason)
