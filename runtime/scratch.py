"""A replayed tree on disk, for people to look at."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from ..heaven.errors import BlobMissing, PathOutside
from ..heaven.paths import resolve_inside
from .record import Record

_LINK: Final = "120000"


def write_tree(
    entries: Mapping[str, tuple[str, str]],
    target: Path,
    record: Record,
    root: Path | None,
    commit: str | None,
) -> tuple[str, ...]:
    """Write the files of `entries` ((mode, SHA-256) by path) below the new directory `target`.

    A content is looked for in the record, in the working tree at `root`, and in git's `commit`
    there: whatever has the right hash. The paths whose content is nowhere are returned. Raises
    FileExistsError where `target` is there already, OSError.
    """
    target.mkdir(parents=True)
    missing: list[str] = []
    for path, (mode, sha256) in entries.items():
        content = _content(path, sha256, record, root, commit)
        if content is None:
            missing.append(path)
            continue
        where = resolve_inside(target, path)
        where.parent.mkdir(parents=True, exist_ok=True)
        if mode == _LINK:
            where.symlink_to(os.fsdecode(content))
        else:
            where.write_bytes(content)
            where.chmod(int(mode[-3:], 8))
    return tuple(missing)


def _content(
    path: str, sha256: str, record: Record, root: Path | None, commit: str | None
) -> bytes | None:
    with suppress(BlobMissing):
        return record.get_blob(sha256)
    if root is None:
        return None
    for content in (_in_tree(root, path), _in_git(root, commit, path)):
        if content is not None and hashlib.sha256(content).hexdigest() == sha256:
            return content
    return None


def _in_tree(root: Path, path: str) -> bytes | None:
    try:
        where = resolve_inside(root, path)
        return os.fsencode(where.readlink()) if where.is_symlink() else where.read_bytes()
    except (OSError, PathOutside):
        return None


def _in_git(root: Path, commit: str | None, path: str) -> bytes | None:
    if commit is None:
        return None
    command = ["git", "cat-file", "blob", f"{commit}:{path}"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=False, timeout=30)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
