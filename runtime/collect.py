"""Garbage: contents that nothing needs any more (`aa gc`).

What is needed is marked conservatively: every 64 hex digits in an event of the log count as the
name of a blob, and so do those in the contents that are marked. Only events of runs that are given
up are left out. A mistake can so keep too much, never drop what a kept run, a prompt or a snapshot
names.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from ..heaven import Heaven
from ..heaven.canonical import encode
from ..heaven.errors import BlobDamaged, BlobMissing
from ..heaven.records import Event
from .runs import PRUNED, all_runs, pruned_runs

_NAME: Final = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Garbage:
    """`blobs` can go, `bytes` of them in all; `kept` stay. `runs` are those that are given up.
    Where Heaven is `shared`, what anybody stored since it was opened is kept."""

    blobs: tuple[str, ...]
    bytes: int
    kept: int
    runs: tuple[str, ...]
    shared: bool = False


def given_up(heaven: Heaven, keep: int) -> tuple[str, ...]:
    """The runs before the newest `keep` that ended; one that can be resumed is never among them."""
    ended = [run for run in all_runs(heaven) if not run.resumable]
    return tuple(run.name for run in ended[: max(len(ended) - keep, 0)])


def find_garbage(heaven: Heaven, runs: Collection[str] = (), *, shared: bool = False) -> Garbage:
    """What could go if `runs` are given up. Reads the whole log, changes nothing.

    `shared` says that others store in this Heaven meanwhile: one may have stored a content and not
    named it yet, or count on what it stored before. Runs must not be under way even so.
    """
    gone = frozenset(runs)
    marked = _marked(heaven, _names(heaven, gone))
    found: list[str] = []
    size = kept = 0
    for blob_id in heaven.blobs.ids():
        if blob_id in marked or (shared and not heaven.blobs.idle(blob_id)):
            kept += 1
        else:
            found.append(blob_id)
            size += heaven.blobs.size(blob_id)
    return Garbage(tuple(found), size, kept, tuple(sorted(gone, key=_number)), shared)


def collect(heaven: Heaven, garbage: Garbage) -> None:
    """Drop it. That the runs are given up is in the log before their first blob goes: cut off, it
    is garbage still, and found again. Raises ReadOnly, OSError."""
    pruned = pruned_runs(heaven)
    for run in garbage.runs:
        if run not in pruned:
            heaven.append(PRUNED, {"run": run})
    remove = heaven.blobs.remove_idle if garbage.shared else heaven.blobs.remove
    for blob_id in garbage.blobs:
        remove(blob_id)


def _names(heaven: Heaven, gone: frozenset[str]) -> set[str]:
    names: set[str] = set()
    for event in heaven.events():
        if run_of(event) not in gone:
            names.update(match.decode() for match in _NAME.findall(encode(event.data)))
    return names


def run_of(event: Event) -> str:
    """The run that an event belongs to, empty for none; its missions are `run/m1` and so on."""
    run = event.data.get("run")
    if isinstance(run, str):
        return run
    mission = event.data.get("mission")
    return mission.partition("/")[0] if isinstance(mission, str) else ""


def _marked(heaven: Heaven, names: set[str]) -> set[str]:
    marked: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name in marked:
            continue
        try:
            data = heaven.get_blob(name)
        except BlobMissing:
            continue
        except BlobDamaged:
            marked.add(name)
            continue
        marked.add(name)
        pending.extend(match.decode() for match in _NAME.findall(data))
    return marked


def _number(run: str) -> tuple[int, str]:
    digits = run.lstrip("r")
    return (int(digits) if digits.isdigit() else 0, run)
