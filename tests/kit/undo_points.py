"""Kill a run at a point of the undo that Ctrl-C began, let the next command put it right, and say
what came of it; for every point, or for a sample.

Run as `python -m kit.undo_points DIRECTORY WAY START STRIDE PHASE`: prints one JSON object a point.
In PHASE `undo` the undo is killed; in PHASE `recovery`, what a killed undo left is put right by a
process that is killed at the point, and then by another.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

from . import faulty

if __name__ == "__main__":
    faulty.install()

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.fsck import fsck
from genesis_ssmp.heaven.tree import snapshot
from genesis_ssmp.runtime import live, runs
from genesis_ssmp.runtime.checks import CheckOutcome
from genesis_ssmp.runtime.dead import close_dead
from genesis_ssmp.runtime.errors import RunEnded
from genesis_ssmp.runtime.execute import execute, resume

from .crash import in_child
from .mission import program as compiled
from .points import angel, judge, program
from .repository import CALCULATOR

NOTHING: Final = "ISA_VERSION 0\nBASE_REV HEAD\n"


def interrupted(root: Path, at: int, way: faulty.Way, notes: Path) -> None:
    """The program until its last check, where Ctrl-C is pressed; killed at step `at` from there.
    The tree as it was then is noted, and how many steps had been taken."""

    def check(where: Path, kind: str, selector: str = "", **more: object) -> CheckOutcome:
        if "def plus(" not in (where / "calc/core.py").read_text():
            return judge(where, kind, selector, **more)
        notes.write_text(json.dumps([faulty.arm_from_here(at, way), snapshot(where).tree_hash]))
        raise KeyboardInterrupt

    faulty.arm(str(root), -1, "before")
    setattr(live, "run_check", check)  # noqa: B010 (mypy knows no such attribute)
    with Heaven.open(root) as heaven:
        try:
            execute(program(), heaven, root, angel=angel(), params={}, check_timeout=60)
        except KeyboardInterrupt:
            return
        raise AssertionError("nobody pressed Ctrl-C")


def next_run(root: Path) -> None:
    with Heaven.open(root) as heaven:
        execute(compiled(NOTHING), heaven, root, angel=None, params={})


def next_resume(root: Path) -> None:
    with Heaven.open(root) as heaven:
        run = runs.find(heaven, "r1")
        if run.resumable:
            return next_boot(root, heaven)
        try:
            resume(heaven, root, run, angel=None)
        except RunEnded:
            return None
        raise AssertionError("a run that was given up was resumed")


def next_boot(root: Path, heaven: Heaven | None = None) -> None:
    if heaven is None:
        with Heaven.open(root) as heaven:
            close_dead(heaven)
    else:
        close_dead(heaven)


NEXT: Final = (next_run, next_resume, next_boot)


def outcome(root: Path) -> dict[str, object]:
    """What the run came to, read back from the disk."""
    with Heaven.open(root, read_only=True) as heaven:
        run = runs.find(heaven, "r1")
        return {
            "status": run.status,
            "message": run.message,
            "kept": run.kept,
            "undone": run.undone,
            "tree": snapshot(root).tree_hash,
            "leases": len(heaven.active_leases()),
            "damage": [str(one) for one in fsck(root).findings if one.severity == "error"],
        }


def main(directory: Path, way: faulty.Way, start: int, stride: int, phase: str) -> None:
    template, notes, names = (directory / name for name in ("template", "notes", "names"))
    for path, text in CALCULATOR.items():
        (template / path).parent.mkdir(parents=True, exist_ok=True)
        (template / path).write_text(text)
    original = snapshot(template).tree_hash

    def undo(root: Path, at: int, how: faulty.Way) -> None:
        interrupted(root, at, how, notes)
        names.write_text("\n".join(faulty.steps()[json.loads(notes.read_text())[0] :]))

    def recovery(root: Path, at: int, how: faulty.Way) -> None:
        faulty.arm(str(root), at, how)
        next_boot(root)
        names.write_text("\n".join(faulty.steps()))

    def alive(work: Callable[[Path, int, faulty.Way], None], root: Path, at: int) -> bool:
        return in_child(lambda: work(root, at, way if at >= 0 else "before"))

    whole = directory / "whole"
    shutil.copytree(template, whole)
    assert alive(undo, whole, -1)
    known = {"original": original, "edited": json.loads(notes.read_text())[1]}
    steps = names.read_text().split("\n")
    work = undo
    if phase == "recovery":
        # Killed before its last rename: some files are back, some are not.
        last = max(number for number, name in enumerate(steps) if name == "replace")
        last = max(n for n, name in enumerate(steps[:last]) if name == "replace")
        assert not in_child(lambda: undo(template, last, "before"))
        known["half"] = snapshot(template).tree_hash
        work = recovery
        shutil.copytree(template, directory / "second")
        assert alive(recovery, directory / "second", -1)
        steps = names.read_text().split("\n")
    print(json.dumps({"at": -1, **outcome(whole), **known, "points": len(steps)}), flush=True)
    for at in range(start, len(steps), stride):
        if way == "torn" and steps[at] != "write":
            continue
        if way == "power" and steps[at] not in ("fsync", "fdatasync"):
            continue
        root = directory / "one"
        shutil.copytree(template, root)
        died = not alive(work, root, at)
        cleared = NEXT[at % len(NEXT)]
        in_child(lambda root=root, cleared=cleared: cleared(root))  # type: ignore[misc]
        row = {"at": at, "step": steps[at], "died": died, "next": cleared.__name__}
        print(json.dumps({**row, **outcome(root)}), flush=True)
        shutil.rmtree(root)


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        cast("faulty.Way", sys.argv[2]),
        int(sys.argv[3]),
        int(sys.argv[4]),
        sys.argv[5],
    )
