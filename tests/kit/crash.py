"""Kill a process at the n-th step of landing, undoing or recovering an edit, for every n.

Run as `python -m kit.crash SCENARIO DIRECTORY`: makes DIRECTORY/0, /1, ... each a repository whose
process was killed (SIGKILL) just before step n, until one gets through. Prints the steps. The
processes are forked from this one, which has no threads and no open Heaven.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.proto.edit_ir import EditOp
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.edits import from_event, land, prove, recover, undo
from genesis_ssmp.runtime.undoing import undo_run

from .landing import House

Step = Callable[[str, str], None]


def never(_name: str, _subject: str) -> None:
    return


def kill_at(number: int) -> Step:
    """A hook that kills this process at its `number`-th call."""
    count = 0

    def step(_name: str, _subject: str) -> None:
        nonlocal count
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    return step


def do_landing(root: Path, step: Step) -> None:
    house = House(root)
    land(house.four(), house.heaven, run="r", owner_id=None, step=step)
    house.home.close()


def prepare_undo(root: Path) -> None:
    do_landing(root, never)


def do_undo(root: Path, step: Step) -> None:
    with Heaven.open(root) as heaven:
        (staged,) = heaven.events(kinds=["edit_staged"])
        undo(from_event(staged).edit, heaven, run="r", owner_id=None, step=step)


def prepare_recovery(root: Path) -> None:
    """A landing that was killed in the middle of its renames."""

    def step(name: str, subject: str) -> None:
        if (name, subject) == ("rename", "bin/run.sh"):
            os.kill(os.getpid(), signal.SIGKILL)

    in_child(lambda: do_landing(root, step))


def prepare_taking_back(root: Path) -> None:
    prepare_recovery(root)
    (root / "new/deep").mkdir(parents=True, exist_ok=True)
    (root / "new/deep/n.txt").write_bytes(b"theirs\n")


def do_recovery(root: Path, step: Step) -> None:
    with Heaven.open(root) as heaven:
        recover(heaven, step=step)


# Files that somebody else changed too: one of the run's moved, one was merged, one was replaced.

LONG = b"".join(b"line %d\n" % n for n in range(1, 21))
DRIFTED = {
    "moved.txt": b"new\n" + LONG,
    "merged.txt": b"new\n" + LONG.replace(b"line 7\n", b"theirs\n"),
    "whole.txt": LONG,
}
EDITED = {
    "moved.txt": DRIFTED["moved.txt"].replace(b"line 5\n", b"MINE\n"),
    "merged.txt": DRIFTED["merged.txt"].replace(b"line 5\n", b"MINE\n"),
    "whole.txt": b"whole\n",
}
LATER = {path: data.replace(b"line 15\n", b"later\n") for path, data in EDITED.items()}
UNDONE = {path: data.replace(b"line 15\n", b"later\n") for path, data in DRIFTED.items()}
UNDONE["whole.txt"] = DRIFTED["whole.txt"]


def do_drifted(root: Path, step: Step) -> None:
    house = House(root)
    for path in DRIFTED:
        (root / path).write_bytes(LONG)
    house.heaven.put_blob(LONG)
    ops = [house.line("moved.txt", 5, "MINE"), house.line("merged.txt", 5, "MINE")]
    base = prove(LONG, 1, 1).base_blob
    ops.append(EditOp("add_file", "whole.txt", base_blob=base, content="whole\n"))
    for path, data in DRIFTED.items():
        (root / path).write_bytes(data)
    run = runs.start(
        house.heaven, program="p", module=b"m", source=None, angel=None, params={}
    ).name
    staged = house.stage(*ops)
    assert [drift.how for drift in staged.drifts] == ["moved", "merged"]
    land(staged, house.heaven, run=run, owner_id=None, step=step)
    house.heaven.release("me", [lease.lease_id for lease in house.heaven.active_leases()])
    house.home.close()


def prepare_undo_run(root: Path) -> None:
    """And somebody else has worked on since."""
    do_drifted(root, never)
    for path, data in LATER.items():
        (root / path).write_bytes(data)


def do_undo_run(root: Path, step: Step) -> None:
    with Heaven.open(root) as heaven:
        undo_run(heaven, runs.find(heaven, "r1"), step=step)


SCENARIOS: dict[str, tuple[Callable[[Path], None], Callable[[Path, Step], None]]] = {
    "land": (lambda _: None, do_landing),
    "undo": (prepare_undo, do_undo),
    "recover": (prepare_recovery, do_recovery),
    "take back": (prepare_taking_back, do_recovery),
    "land drifted": (lambda _: None, do_drifted),
    "undo run": (prepare_undo_run, do_undo_run),
}


def in_child(work: Callable[[], None]) -> bool:
    """Whether the work was done; False if its process was killed."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            work()
            status = 0
        finally:
            if status:
                traceback.print_exc()
            os._exit(status)
    _, result = os.waitpid(child, 0)
    if os.WIFSIGNALED(result) and os.WTERMSIG(result) == signal.SIGKILL:
        return False
    if result != 0:
        raise RuntimeError(f"the work failed: {result}")
    return True


def main(scenario: str, directory: Path) -> None:
    prepare, work = SCENARIOS[scenario]
    template = directory / "template"
    template.mkdir()
    in_child(lambda: prepare(template))
    number = 0
    while True:
        root = directory / str(number)
        shutil.copytree(template, root)
        if in_child(partial(lambda at, step: work(at, kill_at(step)), root, number)):
            break
        number += 1
    print(number)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
