"""Jedi's word on what a Python name means: the independent peer that the index is measured by."""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import jedi  # type: ignore[import-untyped]

from bench.python_sites import At

_WORKERS = 2


def ask_jedi(
    root: Path, asked: dict[str, list[At]], roots: Sequence[str]
) -> dict[tuple[str, At], tuple[tuple[str, At], ...]]:
    """What each token stands for: (path, place) of definitions in the tree, path "" for what lies
    outside of it. `roots` are where imports start, under `root`. Progress goes to stderr."""
    jobs = [(str(root), tuple(roots), path, tuple(places)) for path, places in asked.items()]
    jobs.sort(key=lambda job: -len(job[3]))
    found: dict[tuple[str, At], tuple[tuple[str, At], ...]] = {}
    done = told = 0
    total = sum(len(job[3]) for job in jobs)
    # Not forked: the parent holds SQLite connections and threads.
    with multiprocessing.get_context("spawn").Pool(_WORKERS, _start) as pool:
        for path, answers in pool.imap_unordered(_file, jobs):
            for place, targets in answers:
                found[path, place] = targets
            done += len(answers)
            if done * 20 // total > told:
                told = done * 20 // total
                print(f"jedi: {done:,} of {total:,} tokens", file=sys.stderr, flush=True)
    return found


def _start() -> None:
    """Two processes must not write one cache of parsed files."""
    jedi.settings.cache_directory = tempfile.mkdtemp(prefix="jedi-", dir=None)


_Answer = tuple[At, tuple[tuple[str, At], ...]]


def _file(job: tuple[str, tuple[str, ...], str, tuple[At, ...]]) -> tuple[str, list[_Answer]]:
    top, roots, path, places = job
    root = Path(top)
    # The tree and the standard library: an installed copy of the package would answer for it.
    library = [one for one in sys.path if one and "site-packages" not in one]
    paths = [str(root / one) for one in roots] + [one for one in library if Path(one).is_dir()]
    project = jedi.Project(path=str(root), sys_path=paths, smart_sys_path=False)
    script = jedi.Script(path=str(root / path), project=project)
    return path, [(place, tuple(_targets(script, root, place))) for place in places]


def _targets(script: jedi.Script, root: Path, at: At) -> Iterable[tuple[str, At]]:
    try:
        names = script.goto(at.line, at.column, follow_imports=True)
    except (AttributeError, RecursionError, ValueError, TypeError, KeyError, AssertionError) as bad:
        # Jedi fails so on some sources: it says nothing of this token.
        print(f"\njedi gave up: {type(bad).__name__}: {bad}", file=sys.stderr)
        return
    for name in names:
        where = name.module_path
        if where is None or name.line is None or name.column is None:
            yield "", At(0, 0)
        elif Path(where).is_relative_to(root):
            yield Path(where).relative_to(root).as_posix(), At(name.line, name.column)
        else:
            yield "", At(0, 0)
