"""A tree of its own for a mission: a git worktree where there is git, else a copy.

Worktrees lie in `.heaven/worktrees/`, beside what they were made from, and are removed when their
mission is done. They hold the files that the repository lists, as they are, and the environments
that checks need (`.venv`, `node_modules`) as links. Whatever happens in one stays there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from ...heaven import Heaven
from ...heaven.durable import make_directory, write_file
from ...heaven.errors import BlobMissing
from ...heaven.layout import STATE_DIRECTORY
from ...heaven.paths import resolve_inside
from ...heaven.tree import Manifest
from ..errors import RunError
from .change import Entries

_ENVIRONMENTS: Final = (".venv", "venv", "node_modules")
_GIT_SECONDS: Final = 60.0
_LINK: Final = "120000"
INDEX: Final = "index.sqlite"


class WorktreeLost(RunError):
    """A file that the worktree needs is not in the repository any more, nor among its blobs."""


def worktrees(heaven: Heaven) -> Path:
    """The directory of all worktrees; nothing in it is hidden from tools by what is above it."""
    place = heaven.state / "worktrees"
    if not place.is_dir():
        make_directory(place)
        # Tools that honour ignore files of parent directories meet the state directory's own.
        write_file(place / ".gitignore", b"!*\n")
    return place


def make_worktree(heaven: Heaven, name: str, entries: Entries) -> Path:
    """A new tree of that name with these files; one that was there is replaced.

    It has a Heaven of its own, not opened yet, whose index begins as a copy of the repository's.
    Raises WorktreeLost, OSError.
    """
    target = worktrees(heaven) / name
    remove_worktree(heaven, name)
    root = heaven.root
    target.parent.mkdir(parents=True, exist_ok=True)
    if not _git_worktree(root, target):
        target.mkdir()
    for path, (mode, sha256) in entries.items():
        _write(heaven, target, path, mode, sha256)
    for link in _ENVIRONMENTS:
        if (root / link).is_dir() and not (target / link).exists():
            (target / link).symlink_to((root / link).resolve(), target_is_directory=True)
    _copy_index(heaven, target)
    return target


def remove_worktree(heaven: Heaven, name: str) -> None:
    """Raises OSError. Idempotent."""
    target = worktrees(heaven) / name
    if not target.exists():
        return
    known = (target / ".git").is_file()
    shutil.rmtree(target)
    if known:
        _git(heaven.root, "worktree", "prune")


def end_processes(heaven: Heaven, name: str) -> None:
    """Kill the checks that still run in a worktree whose angel died, where the system tells
    (/proc). What has a terminal is somebody's shell, and left alone."""
    place = str(worktrees(heaven) / name)
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            where = str((process / "cwd").readlink())
            if where == place or where.startswith(place + os.sep):
                terminal = (process / "stat").read_text().rpartition(")")[2].split()[4]
                if terminal == "0":
                    os.kill(int(process.name), signal.SIGKILL)


def entries_of(manifest: Manifest) -> dict[str, tuple[str, str]]:
    return {path: (mode, sha256) for path, mode, sha256 in manifest.entries}


def _write(heaven: Heaven, target: Path, path: str, mode: str, sha256: str) -> None:
    where = resolve_inside(target, path)
    content = _content(heaven, path, sha256)
    where.parent.mkdir(parents=True, exist_ok=True)
    if mode == _LINK:
        where.symlink_to(os.fsdecode(content))
        return
    where.write_bytes(content)
    where.chmod(int(mode[-3:], 8))


def _content(heaven: Heaven, path: str, sha256: str) -> bytes:
    """The bytes with that hash: the working tree's, where it still has them, else the blob's."""
    with suppress(OSError):
        where = heaven.root / path
        # Path.readlink would tidy the target up.
        link = where.is_symlink()
        data = os.fsencode(os.readlink(where)) if link else where.read_bytes()  # noqa: PTH115
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
    try:
        return heaven.get_blob(sha256)
    except BlobMissing:
        raise WorktreeLost(f"{path} was changed while a worktree was made of it") from None


def _git_worktree(root: Path, target: Path) -> bool:
    """Whether git made one at `target`, empty of files, with the repository's own staging area."""
    if not (root / ".git").exists():
        return False
    if not _git(root, "worktree", "add", "--detach", "--no-checkout", str(target), "HEAD"):
        return False
    index = _git_path(root, "index")
    mine = _git_path(target, "index")
    if index is not None and mine is not None and index.exists():
        shutil.copyfile(index, mine)
    return True


def _git_path(root: Path, name: str) -> Path | None:
    done = _run_git(root, "rev-parse", "--git-path", name)
    return None if done is None else root / done.strip()


def _git(root: Path, *arguments: str) -> bool:
    return _run_git(root, *arguments) is not None


def _run_git(root: Path, *arguments: str) -> str | None:
    # Hooks of the repository are other people's programs, and its monitor could be one.
    settings = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *settings, *arguments],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _copy_index(heaven: Heaven, target: Path) -> None:
    """Every file's symbols are known by its content, so that a copy saves parsing it again."""
    source = heaven.state / INDEX
    if not source.is_file():
        return
    state = target / STATE_DIRECTORY
    make_directory(state)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as ours,
        closing(sqlite3.connect(state / INDEX)) as theirs,
    ):
        ours.backup(theirs)
