"""What BASE_REV means in this repository, now."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from ..heaven.tree import Manifest, snapshot
from .errors import BaseRevMismatch


@dataclass(frozen=True, slots=True)
class Pinned:
    """The tree that a run starts from. `commit` is None where there is no git or no commit yet."""

    rev: str
    commit: str | None
    manifest: Manifest


def pin(root: Path, rev: str) -> Pinned:
    """Resolve `HEAD`, a commit or `tree:SHA256` against what is checked out in `root`.

    The pinned tree is the working tree as it stands: `HEAD` admits uncommitted changes, and any
    other revision must be the checked-out commit, or the tree's own hash. Raises BaseRevMismatch.
    """
    manifest = snapshot(root)
    head = _commit(root, "HEAD")
    if rev.startswith("tree:"):
        wanted = rev.removeprefix("tree:")
        if manifest.tree_hash != wanted:
            raise BaseRevMismatch(rev, f"tree:{manifest.tree_hash}")
    elif rev != "HEAD":
        named = _commit(root, rev)
        if named is None or named != head:
            raise BaseRevMismatch(rev, head or "no commit")
    return Pinned(rev, head, manifest)


def _commit(root: Path, rev: str) -> str | None:
    """The full commit id, or None where `rev` names none or there is no git."""
    # Without its own .git, a directory inside somebody else's repository has no commit.
    if rev.startswith("-") or not (root / ".git").exists():
        return None
    command = ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}"]
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, check=False, timeout=30
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
