"""Where things lie in a repository's `.heaven/`, and which format they are in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .durable import make_directory, sync_directory, write_file
from .errors import LogDamaged, NoHeaven, NoRepository, UnknownFormat

STATE_DIRECTORY: Final = ".heaven"
# 1: log.jsonl (hash-chained events), checkpoint, blobs/sha256/ab/cdef..., index.sqlite and
# snapshot.json (derived).
FORMAT: Final = "1"


def locate(root: Path) -> Path:
    """The state directory of the repository `root`, there or not. Raises NoRepository."""
    state = root / STATE_DIRECTORY
    if not root.is_dir():
        raise NoRepository(root, "it is not a directory")
    if state.is_symlink() or (state.exists() and not state.is_dir()):
        raise NoRepository(root, f"its {STATE_DIRECTORY} is not a plain directory")
    return state


def prepare(state: Path) -> None:
    """Lay out a new state directory, or check an old one and clear away what a crash left.

    Called with the lock held. Raises UnknownFormat, LogDamaged (the log is gone), OSError.
    """
    ignore_all = state / ".gitignore"
    if not ignore_all.exists():
        write_file(ignore_all, b"*\n")
    format_file = state / "format"
    if format_file.exists() or log_file(state).exists():
        check_format(state)
        # A crash while it was laid out leaves neither; blobs alone are of a history that is lost.
        if not log_file(state).exists():
            for left, what in (
                (blob_directory(state), "the blobs of its events are not"),
                (checkpoint_file(state), "its checkpoint is not"),
            ):
                if left.exists():
                    raise LogDamaged(log_file(state), 0, f"it is missing, and {what}")
    else:
        temporary = state / "format.new"
        write_file(temporary, f"{FORMAT}\n".encode())
        temporary.replace(format_file)
        sync_directory(state)
    scratch = scratch_directory(state)
    make_directory(scratch)
    for leftover in scratch.iterdir():
        if leftover.is_file():
            leftover.unlink()


def check_readable(state: Path) -> None:
    """Raises NoHeaven where there is nothing to read, UnknownFormat."""
    if not log_file(state).is_file():
        raise NoHeaven(state)
    check_format(state)


def check_format(state: Path) -> None:
    """Raises UnknownFormat unless this version wrote `state`, or one that wrote the same way."""
    try:
        found = (state / "format").read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        found = ""
    if found != FORMAT:
        raise UnknownFormat(state, found, FORMAT)


def log_file(state: Path) -> Path:
    return state / "log.jsonl"


def snapshot_file(state: Path) -> Path:
    """What the log came to at some event; derived, safe to delete."""
    return state / "snapshot.json"


def checkpoint_file(state: Path) -> Path:
    """How far the log was on disk at least. Deleted, removed events would not be noticed."""
    return state / "checkpoint"


def lock_file(state: Path) -> Path:
    return state / "lock"


def blob_directory(state: Path) -> Path:
    return state / "blobs"


def scratch_directory(state: Path) -> Path:
    """Temporary files, emptied at each opening."""
    return state / "tmp"


def conflict_directory(state: Path) -> Path:
    """Programs that settle refused edits; derived, safe to delete."""
    return state / "conflicts"
