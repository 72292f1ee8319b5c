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
from genesis_ssmp.runtime.edits import from_event, land, recover, undo

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


SCENARIOS: dict[str, tuple[Callable[[Path], None], Callable[[Path, Step], None]]] = {
    "land": (lambda _: None, do_landing),
    "undo": (prepare_undo, do_undo),
    "recover": (prepare_recovery, do_recovery),
    "take back": (prepare_taking_back, do_recovery),
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
