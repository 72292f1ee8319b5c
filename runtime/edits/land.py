"""Landing a staged edit: all of its files, or none, whatever happens in between.

1. The contents before and after go to the blob store.
2. With the leases checked and held still, the files are compared with what was staged, and
   `edit_staged` is written and synced: from here on the edit can be finished or taken back by
   anyone who reads the log.
3. New contents are written beside their files and synced; then names change, then directories are
   synced.
4. `clock_inc` and `edit_landed` are written in one sync.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from threading import Lock, RLock
from weakref import WeakKeyDictionary

from ...heaven import Heaven
from ...heaven.errors import PathOutside
from .before import Before, read
from .disk import Disk, Step, Target, missing_directories, no_hook
from .journal import ABANDONED, LANDED, STAGED, Journal, Landed, LandedFile
from .lines import show, split_lines
from .refusal import Clash, EditRefused, LandFailed
from .stage import FileChange, Staged

_landing: WeakKeyDictionary[Heaven, RLock] = WeakKeyDictionary()
_landing_guard = Lock()


def land(
    staged: Staged,
    heaven: Heaven,
    *,
    run: str,
    owner_id: str | None,
    tokens: Collection[int] | None = None,
    step: Step = no_hook,
) -> Landed:
    """Write a staged edit to the repository of `heaven`. Durable on return; one at a time.

    `owner_id` must hold exclusive leases on every path, with `tokens` under these fencing tokens;
    None asks for no lease. An edit without changes is not written at all, and has an empty
    `edit_id`. Raises EditRefused (changed: a file is no longer what was staged), NotLeased,
    StaleToken, LandFailed, and where the journal itself cannot be written what the log raises
    (EventTooLarge, LogFailed); nothing is changed then. A LogFailed after that leaves the edit for
    `recover`.
    """
    if not staged.files:
        return Landed("", run, ())
    contents = (
        content
        for change in staged.files
        for content in (change.before, change.after)
        if content is not None
    )
    try:
        step("put blobs", run)
        heaven.put_blobs(contents)
    except OSError as error:
        raise failed("", error, "Heaven's blobs", True) from error
    with landing_lock(heaven), leased(heaven, staged, owner_id, tokens):
        found = {change.path: _still_there(heaven, change) for change in staged.files}
        journal = _journal(staged, heaven, run, found)
        edit = journal.edit
        step("append", STAGED)
        heaven.append(STAGED, journal.data())
        targets = tuple(
            _target(number, change, found[change.path])
            for number, change in enumerate(staged.files)
        )
        disk = Disk(heaven.root, edit.edit_id, step)
        try:
            disk.put(targets, staged.abandoned_directories)
        except BaseException as error:
            by_disk = isinstance(error, OSError | PathOutside)
            reason = "the disk failed" if by_disk else "interrupted"
            restored = _take_back(heaven, journal, staged, found, reason)
            if not by_disk:
                raise
            raise failed(edit.edit_id, error, edit.paths[0], restored) from error
        close(heaven, journal, step)
    return edit


def failed(edit_id: str, error: BaseException, place: str, restored: bool) -> LandFailed:
    """What the file system's `error` means for the edit; `place` where it names none."""
    path = getattr(error, "filename", None) or place
    why = getattr(error, "strerror", None) or str(error)
    return LandFailed(edit_id, str(path), why, restored)


def landing_lock(heaven: Heaven) -> RLock:
    """Held while an edit lands or is recovered in this Heaven."""
    with _landing_guard:
        return _landing.setdefault(heaven, RLock())


def close(heaven: Heaven, journal: Journal, step: Step = no_hook) -> None:
    """Raise the clocks, unless that was done before a crash, and say that the edit landed."""
    step("append", "clock_inc")
    if heaven.clocks(journal.clocks) == dict(journal.clocks):
        heaven.clock_inc(journal.clocks, sync=False)
    step("append", LANDED)
    heaven.append(LANDED, {"edit_id": journal.edit.edit_id})
    step("done", LANDED)


def leased(
    heaven: Heaven, staged: Staged, owner_id: str | None, tokens: Collection[int] | None
) -> AbstractContextManager[None]:
    """Hold that the owner may write what is staged, while the block runs. Raises NotLeased,
    StaleToken."""
    if owner_id is None:
        return nullcontext()
    lines = {
        change.path: [(h.before_start, h.before_start + h.before_count - 1) for h in change.hunks]
        for change in staged.files
        if change.before is not None and change.after is not None and change.hunks
    }
    return heaven.writing(owner_id, staged.paths, tokens, lines=lines)


def _still_there(heaven: Heaven, change: FileChange) -> Before | None:
    """The file, if it is what was staged. Raises EditRefused (changed)."""
    now = read(heaven.root, change.path, -1)
    if (None if now is None else now.data) == change.before:
        return now
    line, expected, actual = _first_difference(change.before, None if now is None else now.data)
    refusal = EditRefused(
        "changed",
        "the file was changed by somebody else in the meantime",
        path=change.path,
        line=line,
        expected=expected,
        actual=actual,
        next_step="look at what is there now; what was staged does not apply to it",
    )
    if change.before is not None:
        at = (line or 1) - 1
        refusal.clash = Clash(_blob_id(change.before), at, at, at + 1)
    raise refusal


def _first_difference(
    then: bytes | None, now: bytes | None
) -> tuple[int | None, str | None, str | None]:
    if then is None or now is None:
        return None, "(no file)" if then is None else None, "(no file)" if now is None else None
    old, new = split_lines(then), split_lines(now)
    at = next(
        (n for n, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]),
        min(len(old), len(new)),
    )
    return (
        at + 1,
        show(old[at]) if at < len(old) else "(end of file)",
        show(new[at]) if at < len(new) else "(end of file)",
    )


def _journal(staged: Staged, heaven: Heaven, run: str, found: dict[str, Before | None]) -> Journal:
    files = []
    for change in staged.files:
        now = found[change.path]
        files.append(
            LandedFile(
                path=change.path,
                before=None if now is None else now.blob,
                after=None if change.after is None else _blob_id(change.after),
                mode=change.mode if now is None else now.mode,
                hunks=change.hunks,
                permissions=change.permissions if now is None else now.permissions,
            )
        )
    clocks = heaven.clocks(staged.paths)
    made = missing_directories(
        heaven.root, (change.path for change in staged.files if change.after is not None)
    )
    edit = Landed(
        edit_id=f"E{heaven.last_seq + 1}",
        run=run,
        files=tuple(files),
        made_directories=made,
        clocks={path: count + 1 for path, count in clocks.items()},
    )
    return Journal(edit, clocks, staged.abandoned_directories)


def _blob_id(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _target(number: int, change: FileChange, now: Before | None) -> Target:
    if now is None:
        return Target(change.path, change.after, change.permissions, None, number)
    return Target(change.path, change.after, now.permissions, now.owner, number)


def _take_back(
    heaven: Heaven,
    journal: Journal,
    staged: Staged,
    found: dict[str, Before | None],
    reason: str,
) -> bool:
    """After a failed step: put back what changed already. False if that fails too."""
    edit = journal.edit
    disk = Disk(heaven.root, edit.edit_id)
    changed = []
    try:
        for number, change in enumerate(staged.files):
            now = read(heaven.root, change.path, -1)
            data = None if now is None else now.data
            if data == change.before:
                continue
            if data != change.after:
                return False  # somebody else wrote it just now: recovery looks into it
            was = found[change.path]
            permissions = None if was is None else was.permissions
            owner = None if was is None else was.owner
            changed.append(Target(change.path, change.before, permissions, owner, number))
        disk.put(changed)
        disk.remove_temporaries(edit.paths)
        disk.remove_directories(edit.made_directories)
    except (OSError, PathOutside, EditRefused):
        return False
    heaven.append(ABANDONED, {"edit_id": edit.edit_id, "reason": reason})
    return True
