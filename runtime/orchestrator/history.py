"""Evidence from git: files that changed together, and what commits with the task's words changed.

The newest commits are read once for each HEAD and kept in Heaven's directory, so that only those
that came since are looked at again. Where there is no git there is no such evidence.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ...heaven import Heaven
from ...heaven.words import words_in
from .evidence import Evidence
from .terms import Terms

if TYPE_CHECKING:
    from pygit2 import Commit as GitCommit
    from pygit2 import Repository

COMMITS: Final = 600
"""How many of the newest commits are looked at; merges are not."""

_MOST_FILES: Final = 30
_SEEDS: Final = 8
_TOGETHER: Final = 0.25
_LEAST: Final = 2
_SAID: Final = 3.0
_SAYING: Final = 8
_SUBJECT: Final = 100
_SHOWN: Final = 60
_FILE: Final = "history.json"


@dataclass(frozen=True, slots=True)
class Commit:
    """`paths` are those inside the repository's root that it changed; none where it changed more
    than a task does (a mass rewrite says nothing about what belongs together)."""

    sha: str
    subject: str
    paths: tuple[str, ...]


def newest_commits(heaven: Heaven) -> tuple[Commit, ...]:
    """Newest first; none where there is no git or no commit."""
    import pygit2

    found = pygit2.discover_repository(str(heaven.root))
    if found is None:
        return ()
    repository = pygit2.Repository(found)
    try:
        if repository.head_is_unborn:
            return ()
        head = str(repository.head.target)
    except pygit2.GitError:
        return ()
    return _commits(heaven.root, head, None if heaven.read_only else heaven.state / _FILE)


@lru_cache(maxsize=4)
def _commits(root: Path, head: str, file: Path | None) -> tuple[Commit, ...]:
    """The commits before `head`; those that the file has are not looked at again."""
    import pygit2
    from pygit2.enums import SortMode

    known = {one.sha: one for one in _read(file)}
    if head in known and next(iter(known)) == head:
        return tuple(known.values())
    repository = pygit2.Repository(pygit2.discover_repository(str(root)) or str(root))
    prefix = _prefix(repository, root)
    found: list[Commit] = []
    for one in repository.walk(head, SortMode.TOPOLOGICAL):
        # Of a merge, what it merged is looked at.
        if len(one.parents) > 1:
            continue
        if len(found) == COMMITS:
            break
        if one.parent_ids and one.parent_ids[0] not in repository:
            # The oldest commit of a shallow clone: what it changed is not there.
            break
        sha = str(one.id)
        subject = one.message.partition("\n")[0][:_SUBJECT]
        found.append(known.get(sha) or Commit(sha, subject, tuple(_changed(one, prefix))))
    _write(file, found)
    return tuple(found)


def _read(file: Path | None) -> tuple[Commit, ...]:
    if file is None:
        return ()
    try:
        rows = json.loads(file.read_bytes())
        return tuple(Commit(sha, subject, tuple(paths)) for sha, subject, paths in rows)
    except (OSError, ValueError, TypeError):
        # Not there, or not as it was written: it is made anew.
        return ()


def _write(file: Path | None, commits: Sequence[Commit]) -> None:
    if file is None:
        return
    rows = [[one.sha, one.subject, list(one.paths)] for one in commits]
    fresh = file.with_suffix(".new")
    # Without it the next process reads the commits again.
    with suppress(OSError):
        fresh.write_text(json.dumps(rows), encoding="utf-8")
        fresh.replace(file)


def _prefix(repository: Repository, root: Path) -> str:
    """The root's place in the working tree: `` or `sub/directory/`."""
    top = Path(repository.workdir or root).resolve()
    place = root.resolve()
    if place == top or not place.is_relative_to(top):
        return ""
    return place.relative_to(top).as_posix() + "/"


def _changed(commit: GitCommit, prefix: str) -> list[str]:
    parent = commit.parents[0].tree if commit.parents else None
    diff = (
        commit.tree.diff_to_tree(swap=True) if parent is None else parent.diff_to_tree(commit.tree)
    )
    paths = {side.path for delta in diff.deltas for side in (delta.old_file, delta.new_file)}
    if len(paths) > _MOST_FILES:
        return []
    return sorted(path.removeprefix(prefix) for path in paths if path.startswith(prefix))


def by_history(commits: Sequence[Commit], terms: Terms, paths: set[str], files: Evidence) -> None:
    """Add what the commits say of the files `paths`: those that changed with the best files so far,
    and those that commits with the task's words changed."""
    _together(commits, paths, files)
    _said(commits, terms, paths, files)


def _together(commits: Sequence[Commit], paths: set[str], files: Evidence) -> None:
    found: list[tuple[str, float, str]] = []
    for path, _ in files.best(_SEEDS):
        of_path = [one for one in commits if path in one.paths]
        beside = Counter(other for one in of_path for other in one.paths if other != path)
        for other, count in beside.items():
            if count >= _LEAST and other in paths:
                part = files.of[(path, None)] * _TOGETHER * count / (len(of_path) + 1)
                found.append((other, part, f"changed {count} times with {path}"))
    for other, part, reason in found:
        files.add((other, None), part, reason)


def _said(commits: Sequence[Commit], terms: Terms, paths: set[str], files: Evidence) -> None:
    wanted = set(terms.words)
    if not wanted:
        return
    said = [wanted.intersection(words_in(one.subject)) for one in commits]
    counts = Counter(word for words in said for word in words)
    scores = [
        (sum(math.log(1 + len(commits) / counts[word]) for word in words), -place)
        for place, words in enumerate(said)
        if len(words) > 1
    ]
    for score, place in sorted(scores, reverse=True)[:_SAYING]:
        one = commits[-place]
        inside = [path for path in one.paths if path in paths]
        for path in inside:
            reason = f"changed by {one.sha[:10]}: {one.subject[:_SHOWN]}"
            files.add((path, None), _SAID * score / (len(inside) + 1), reason)
