"""Who changed a file since somebody saw it: a run, a lease holder, or somebody outside Heaven.

The log has every edit that landed, with the file before and after it. The lines in question are
carried from version to version; the first change that touches them is the one. Where the file went
from one version to another and no edit did that, somebody wrote it himself: the holder of a lease
on it, if its clock was raised under that lease, or somebody whom Heaven knows nothing of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...heaven import Heaven
from ...heaven.errors import BlobDamaged, BlobMissing
from ...heaven.fileclocks import CLOCK_INC
from ...heaven.leases.grants import EXPIRED, GRANTED, RELEASED, read_ended, read_granted
from ...heaven.leases.scopes import Key, path_key
from ...heaven.records import Event
from .assemble import Hunk
from .journal import ABANDONED, LANDED, STAGED, Journal, edit_id_of, from_event
from .lines import split
from .merge import Stretch, carried, stretches, touching
from .refusal import Clash

OUTSIDE = "outside Heaven"


@dataclass(frozen=True, slots=True)
class _Change:
    """One version of the file that became another one. `before` None: not known."""

    who: str
    before: str | None
    after: str | None
    hunks: tuple[Hunk, ...]


@dataclass(frozen=True, slots=True)
class _Written:
    """A file clock that a client raised, and the holder of a lease on the file at that time."""

    holder: str


def who_changed(heaven: Heaven, path: str, clash: Clash, now: str | None) -> str:
    """`run r3`, `lease holder a1` or `outside Heaven`. `now` is the blob of what is there, which
    the store need not have; None where there is no file."""
    chain = _chain(heaven, path)
    at = _after_base(chain, clash.base)
    version: str | None = clash.base
    start, end = clash.start, clash.end
    holder: str | None = None
    for step in chain[at:]:
        if isinstance(step, _Written):
            holder = step.holder
            continue
        if step.before != version:
            found = _difference(heaven, version, step.before)
            if found is None or touching(found, start, end):
                return f"lease holder {holder}" if holder else OUTSIDE
            start, end = carried(found, start), carried(found, end)
        holder = None
        if step.after is None:
            return step.who
        found = tuple(
            Stretch(
                hunk.before_start - 1,
                hunk.before_start - 1 + hunk.before_count,
                hunk.after_start - 1,
                hunk.after_start - 1 + hunk.after_count,
            )
            for hunk in step.hunks
        )
        if touching(found, start, end):
            return step.who
        start, end = carried(found, start), carried(found, end)
        version = step.after
    if version == now:
        runs = [step.who for step in chain[at:] if isinstance(step, _Change)]
        return runs[-1] if runs else OUTSIDE
    return f"lease holder {holder}" if holder else OUTSIDE


def _after_base(chain: list[_Change | _Written], base: str) -> int:
    """Where in the chain the version `base` has been left behind."""
    for at in range(len(chain) - 1, -1, -1):
        step = chain[at]
        if isinstance(step, _Change):
            if step.after == base:
                return at + 1
            if step.before == base:
                return at
    return next((at for at, step in enumerate(chain) if isinstance(step, _Written)), len(chain))


def _difference(heaven: Heaven, old: str | None, new: str | None) -> tuple[Stretch, ...] | None:
    """None where one of the versions is not to be had."""
    if old is None or new is None:
        return None
    try:
        texts = [split(heaven.get_blob(blob)).bare for blob in (old, new)]
    except (BlobMissing, BlobDamaged):
        return None
    return stretches(*texts)


def _chain(heaven: Heaven, path: str) -> list[_Change | _Written]:
    """What happened to the file, in order."""
    chain: list[_Change | _Written] = []
    staged: dict[str, Journal] = {}
    leases: dict[str, tuple[str, tuple[Key, ...]]] = {}
    kinds = (STAGED, LANDED, ABANDONED, CLOCK_INC, GRANTED, RELEASED, EXPIRED)
    for event in heaven.events(kinds=kinds):
        if event.kind == STAGED:
            journal = from_event(event)
            if path in journal.edit.paths:
                staged[journal.edit.edit_id] = journal
        elif event.kind in (LANDED, ABANDONED):
            closed = staged.pop(edit_id_of(event), None)
            if closed is not None and event.kind == LANDED:
                chain.append(_change(closed, path))
        elif event.kind == CLOCK_INC:
            if not staged and path in _clocks(event):
                holders = [owner for owner, keys in leases.values() if _covers(keys, path)]
                if holders:
                    chain.append(_Written(holders[-1]))
        elif event.kind == GRANTED:
            for grant in read_granted(event):
                keys = tuple(node.key for node in grant.nodes)
                leases[grant.lease.lease_id] = grant.lease.owner_id, keys
        else:
            for lease_id in read_ended(event):
                leases.pop(lease_id, None)
    return chain


def _change(journal: Journal, path: str) -> _Change:
    edit = journal.edit
    (change,) = [one for one in edit.files if one.path == path]
    who = edit.run if " " in edit.run else f"run {edit.run}"
    return _Change(who, change.before, change.after, change.hunks)


def _clocks(event: Event) -> Mapping[str, object]:
    clocks = event.data.get("clocks")
    return clocks if isinstance(clocks, Mapping) else {}


def _covers(keys: tuple[Key, ...], path: str) -> bool:
    """Whether a lease on one of the places lets its holder write in the file."""
    file = path_key(path)
    return any(file[: len(key)] == key or key[: len(file)] == file for key in keys)
