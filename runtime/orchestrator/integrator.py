"""Landing what missions made: their net change, on the tree as it is, behind the merge gate.

    landed = integrate(heaven, swarm, ...)     # Landing, Refused (a conflict) or Failed (a check)

An edit lands only where the mission's leases cover it, the program's invariants hold, and the tree
that comes of it has passed what the mission was to pass. Nothing is written before that is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ...heaven import Heaven
from ...heaven.canonical import decode_object
from ...heaven.canonical import encode as canonical
from ...heaven.errors import LeaseGone, NotLeased, StaleToken
from ...heaven.records import Json, JsonObject
from ...heaven.tree import Manifest
from ...proto import wire
from ...proto.edit_ir import EditIR
from ...proto.leases import Scope
from .. import fields
from ..door import Entry
from ..edits import EditRefused, FileChange, Landed, Staged, explain_conflict, land
from ..edits.journal import LANDED, PREPARED, STAGED, edit_id_of, from_event
from ..invariants import breach
from ..landing import Tree, aside, landed_record, parse_edit, stage_all
from ..runs import entries as recorded
from ..runs import find
from . import swarmlog
from .change import Entries, net_change, tree_after
from .plan import Check, PlannedMission
from .swarmlog import Landing, Ran, SwarmState, link_landing
from .verifier import Failed, Gate, Proof, proofs_of
from .worktree import entries_of

_TRIES: Final = 5
"""How often an edit is worked out anew because the tree was changed from outside meanwhile."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The edit does not land. `programs` (paths from the root) would settle it, where there are
    any; `clean` is what of the edit would have landed."""

    code: str
    message: str
    programs: tuple[str, ...] = ()
    clean: Staged | None = None


@dataclass(frozen=True, slots=True)
class _Work:
    """What a mission's runs come to: the edit, and the receipts on the way."""

    edit: EditIR
    heads: tuple[str | None, ...]
    proofs: tuple[Proof, ...]


def integrate(
    heaven: Heaven,
    state: SwarmState,
    mission: PlannedMission,
    ran: Ran,
    gate: Gate,
    ttl_seconds: float,
) -> Landing | Refused | Failed:
    """Land what the mission's attempt made, durably.

    Raises what `stage`, `land` and `Gate.verify` raise but for refusals, LeaseDenied.
    """
    owner = f"{state.name}/{mission.name}"
    work = _work(heaven, ran)
    run = ran.runs[-1]
    for _ in range(_TRIES):
        before = heaven.snapshot()
        extra: JsonObject = {}
        staged = Staged(())
        try:
            if work.edit.ops:
                staged = stage_all(work.edit, heaven.root, heaven)
                extra = aside(staged, ())
        except EditRefused as refused:
            return _conflict(heaven, refused, work.edit, ran.attempt.depth)
        grant = heaven.acquire(owner, owner, mission.scopes, ttl_seconds=ttl_seconds)
        if grant.denied:
            return Refused("lease", "somebody else leases " + ", ".join(grant.denied))
        tokens = [lease.fencing_token for lease in grant.acquired]
        verdict = heaven.validate_manifest(owner, symbols=(), files=staged.paths)
        if not verdict.allowed:
            return Refused("lease", verdict.reason or "the leases do not cover the edit")
        broken = breach(mission.invariants, staged, heaven) if staged.files else None
        if broken is not None:
            return Refused("invariant", broken)
        after = _after(entries_of(before), staged)
        tree = after.hash()
        heaven.put_blobs(contents(staged))
        verified = gate.verify(owner, mission.checks, work.proofs, after.entries, tree)
        if isinstance(verified, Failed):
            return verified
        if heaven.snapshot() != before:
            continue
        if staged.files:
            _prepare(heaven, run, work.edit, extra, verified)
        try:
            done = land(staged, heaven, run=run, owner_id=owner, tokens=tokens)
        except EditRefused as refused:
            if refused.code == "changed":
                continue
            raise
        except (NotLeased, StaleToken) as refused_lease:
            return Refused("lease", str(refused_lease))
        landing = _record(heaven, state, mission.name, ran, work, done, extra, tree, verified)
        _release(heaven, owner, [lease.lease_id for lease in grant.acquired])
        return landing
    return Refused("changed", "the tree was changed from outside again and again")


def complete(heaven: Heaven, state: SwarmState, mission: str, ran: Ran) -> Landing | None:
    """The landing that a dead process had done but not noted; None where it had done none.

    Call it after `edits.recover`. Raises what the record of the runs raises when it is damaged.
    """
    run = ran.runs[-1] if ran.runs else ""
    prepared: JsonObject | None = None
    begun: dict[str, Landed] = {}
    done: Landed | None = None
    for event in heaven.events(after=ran.event, kinds={PREPARED, STAGED, LANDED}):
        if event.kind == LANDED:
            done = begun.pop(edit_id_of(event), done)
        elif event.data.get("run") != run:
            continue
        elif event.kind == PREPARED:
            prepared = event.data
        else:
            begun[edit_id_of(event)] = from_event(event).edit
    if done is None or prepared is None:
        return None
    work = _work(heaven, ran)
    edit = parse_edit(decode_object(heaven.get_blob(fields.text(prepared, "edit"))))
    proofs = tuple(_proof(one) for one in fields.records(prepared, "receipts"))
    tree = heaven.snapshot().tree_hash
    extra = fields.record(prepared, "extra")
    return _record(
        heaven, state, mission, ran, _Work(edit, work.heads, ()), done, extra, tree, proofs
    )


def _work(heaven: Heaven, ran: Ran) -> _Work:
    base = Manifest.from_json(heaven.get_blob(ran.attempt.base))
    last: Entries = entries_of(base)
    heads: list[str | None] = []
    proofs: list[Proof] = []
    for name in ran.runs:
        run = find(heaven, name)
        calls = recorded(heaven, run)
        last = tree_after(pinned(heaven, calls), calls)
        heads.append(run.head)
        proofs.extend(proofs_of(heaven, run))
    return _Work(net_change(entries_of(base), last, heaven), tuple(heads), tuple(proofs))


def pinned(heaven: Heaven, calls: Sequence[Entry]) -> Entries:
    """The tree that a run began with, by its record."""
    first = next(one.result for one in calls if one.op == "REV" and one.result is not None)
    return entries_of(Manifest.from_json(heaven.get_blob(fields.text(first, "manifest"))))


def _after(before: Entries, staged: Staged) -> Tree:
    tree = Tree(dict(before))
    for change in staged.files:
        digest = None if change.after is None else hashlib.sha256(change.after).hexdigest()
        tree.put(change.path, f"{change.mode:o}", digest)
    return tree


def _prepare(
    heaven: Heaven, run: str, edit: EditIR, extra: JsonObject, proofs: Sequence[Proof]
) -> None:
    """Into the log before the edit: what `complete` needs where this process dies after it."""
    (stored,) = heaven.put_blobs([canonical(wire.dump(edit))])
    receipts: list[Json] = [one.json() for one in proofs]
    event: dict[str, Json] = {
        "run": run,
        "edit": stored,
        "extra": dict(extra),
        "receipts": receipts,
    }
    heaven.append(PREPARED, event, sync=False)


def _record(
    heaven: Heaven,
    state: SwarmState,
    mission: str,
    ran: Ran,
    work: _Work,
    done: Landed,
    extra: JsonObject,
    tree: str,
    proofs: Sequence[Proof],
) -> Landing:
    record = landed_record(work.edit, done, extra)
    edit, stored = heaven.put_blobs([canonical(wire.dump(work.edit)), canonical(record)])
    landing = Landing(
        mission=mission,
        runs=ran.runs,
        base=ran.attempt.base,
        edit=edit,
        record=stored,
        tree=tree,
        receipts=tuple(one.json() for one in proofs),
        head=link_landing(state.head, mission, work.heads, edit, stored),
    )
    swarmlog.landed(heaven, state.name, landing)
    return landing


def _conflict(heaven: Heaven, refused: EditRefused, edit: EditIR, depth: int) -> Refused:
    explain_conflict(refused, edit, heaven, depth=depth)
    every = (refused, *refused.others)
    programs = tuple(dict.fromkeys(one.mission for one in every if one.mission is not None))
    settled = len(programs) > 0 and all(one.mission is not None for one in every)
    return Refused(
        refused.code,
        "; ".join(f"{one.path}: {one.message}" for one in every),
        programs if settled else (),
        _clean(heaven, edit, every) if settled else None,
    )


def _clean(heaven: Heaven, edit: EditIR, refused: Sequence[EditRefused]) -> Staged:
    """What is left of the edit without the operations that do not fit."""
    ops = list(enumerate(edit.ops))
    while True:
        wrong = {one.op_index for one in refused if one.op_index >= 0}
        whole = {one.path for one in refused if one.op_index < 0}
        # Positions of the operations as they were staged last.
        ops = [
            ops[at] for at in range(len(ops)) if at not in wrong and ops[at][1].path not in whole
        ]
        if not ops or (not wrong and not whole):
            return Staged(())
        try:
            return stage_all(EditIR(tuple(op for _, op in ops)), heaven.root, heaven)
        except EditRefused as again:
            refused = (again, *again.others)


def with_clean(before: Entries, clean: Staged | None) -> Entries:
    """A tree with what of a refused edit does fit."""
    return dict(before) if clean is None else dict(_after(before, clean).entries)


def contents(staged: Staged | None) -> list[bytes]:
    """The new contents of a staged edit."""
    files: Sequence[FileChange] = () if staged is None else staged.files
    return [change.after for change in files if change.after is not None]


def _proof(value: JsonObject) -> Proof:
    return Proof(
        Check(fields.text(value, "kind"), fields.text(value, "selector")),
        fields.text(value, "receipt"),
        fields.text(value, "tree"),
        fields.number(value, "exit_code"),
    )


def release(heaven: Heaven, owner: str) -> None:
    """Give back whatever the owner leases; what expired is gone already."""
    _release(
        heaven, owner, [one.lease_id for one in heaven.active_leases() if one.owner_id == owner]
    )


def _release(heaven: Heaven, owner: str, leases: Sequence[str]) -> None:
    with suppress(LeaseGone):
        heaven.release(owner, leases)


def lease(heaven: Heaven, owner: str, scopes: Sequence[Scope], ttl_seconds: float) -> bool:
    """Whether the owner has all of the scopes now; none of them where not."""
    return not heaven.acquire(owner, owner, scopes, ttl_seconds=ttl_seconds).denied
