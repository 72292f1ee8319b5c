"""Kill a run at a point, resume it, and say what came of it; for every point, or for a sample.

Run as `python -m kit.points DIRECTORY WAY START STRIDE`: prints one JSON object a point. Each point
is a process killed by SIGKILL in a copy of one repository; another process then goes on with the
run as `aa resume` does, or, where the log has none yet, as `aa run` does.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Final, cast

from . import faulty

if __name__ == "__main__":
    faulty.install()

from genesis_ssmp.aa.encode import encode
from genesis_ssmp.aa.source import Source
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.fsck import fsck
from genesis_ssmp.heaven.records import Json
from genesis_ssmp.heaven.tree import snapshot
from genesis_ssmp.isa.compile import compile_source
from genesis_ssmp.runtime import live, runs
from genesis_ssmp.runtime.angels.protocol import Advice, Question, Reply, Turn
from genesis_ssmp.runtime.angels.scripted import ScriptedAngel
from genesis_ssmp.runtime.checks import CheckOutcome
from genesis_ssmp.runtime.execute import Ended, Program, execute, resume
from genesis_ssmp.runtime.replay import replay

from .angel import edit_answer, scripted
from .conversations import call, edit, turns
from .crash import in_child
from .repository import CALCULATOR

PROGRAM: Final = """\
ISA_VERSION 0
BASE_REV HEAD
BUDGET 100000
NEED symdef Add
OP RENAME_SYMBOL Eval evaluate
RUN test
LABEL change
NEED symdef Add
NEED callers Add
NEED symdef evaluate
OP Say what Add is for
RUN test
ASSERT tests passed
IF_FAIL RETRY 2
LABEL more
OP Write notes
RUN test broken
IF_FAIL ESCALATE
IF_FAIL RETRY 1
LABEL last
OP RENAME_SYMBOL Add plus
RUN test
HALT
"""
"""Several edits, retries that undo some of them, checks, questions to the angel and the oracle."""


def _comment(text: str) -> dict[str, object]:
    content = f"    return a + b  # {text}\n"
    return {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": content}


def angel() -> ScriptedAngel:
    notes = [
        cast("dict[str, Json]", {"op": "add_file", "path": f"notes/{n}.md", "content": "n\n"})
        for n in range(3)
    ]
    first, second = (cast("dict[str, Json]", _comment(text)) for text in ("bad", "adds"))
    # A conversation: it asks for more, is refused a file that is there, and then answers.
    taken = edit({"op": "add_file", "path": "calc/core.py", "content": ""})
    return scripted(
        turns(call("pf_slice", path="tests/test_core.py"), taken, edit_answer(first)),
        edit_answer(second, notes[0]),
        edit_answer(notes[1]),
        edit_answer(notes[2]),
        edit_answer(notes[2], notes[1]),
        advice=["try once more"],
    )


class Counted:
    """An angel whose every question is a point before and after, and a line in a file."""

    def __init__(self, inner: ScriptedAngel, paid: Path) -> None:
        self._inner = inner
        self._paid = paid

    @property
    def name(self) -> str:
        return self._inner.name

    def reply(self, turn: Turn) -> Reply:
        faulty.point("ask")
        answer = self._inner.reply(turn)
        self._pay(f"answer {turn.turn}")
        faulty.point("answered")
        return answer

    def advise(self, question: Question) -> Advice | None:
        faulty.point("consult")
        advice = self._inner.advise(question)
        self._pay(f"advice {question.call}")
        faulty.point("advised")
        return advice

    def _pay(self, what: str) -> None:
        with self._paid.open("a") as file:
            file.write(what + "\n")


def judge(root: Path, kind: str, selector: str = "", **_: object) -> CheckOutcome:
    """A check that says the same of the same files, in no time."""
    faulty.point("check")
    text = (root / "calc/core.py").read_text()
    failed = "# bad" in text or (selector == "broken" and not (root / "notes/2.md").exists())
    said = b"failed\n" if failed else b"passed\n"
    faulty.point("checked")
    return CheckOutcome(
        exit_code=int(failed),
        passed=not failed,
        output=said,
        output_hash="0" * 64,
        argv=("check", kind, selector),
        env_hash="0" * 64,
        summary=said.decode().strip(),
        timed_out=False,
        seconds=0.0,
    )


def program() -> Program:
    compiled = compile_source(Source("points.isa", PROGRAM), params={})
    assert compiled.module is not None, compiled.diagnostics
    return Program("points.isa", compiled.module, encode(compiled.module), PROGRAM)


def run_it(root: Path, loaded: Program, paid: Path) -> None:
    with Heaven.open(root) as heaven:
        ended = execute(
            loaded, heaven, root, angel=Counted(angel(), paid), params={}, check_timeout=60
        )
        assert isinstance(ended, Ended), ended


def go_on(root: Path, loaded: Program, paid: Path) -> None:
    """As a user would: resume what was cut off, else start."""
    with Heaven.open(root) as heaven:
        found = runs.all_runs(heaven)
        if not found:
            execute(loaded, heaven, root, angel=Counted(angel(), paid), params={}, check_timeout=60)
        elif found[-1].resumable:
            resume(
                heaven,
                root,
                found[-1],
                angel=Counted(angel(), paid),
                ask_again=True,
                check_timeout=60,
            )


def outcome(root: Path, paid: Path) -> dict[str, object]:
    """What the run came to, read back from the disk."""
    with Heaven.open(root, read_only=True) as heaven:
        (run,) = runs.all_runs(heaven)
        return {
            "status": run.status,
            "message": run.message,
            "tree": snapshot(root).tree_hash,
            "run_tree": run.tree,
            "head": run.head,
            "steps": run.steps,
            "angel_calls": run.angel_calls,
            "tokens": run.tokens,
            "leases": len(heaven.active_leases()),
            "replays": replay(heaven, run).same,
            "paid": paid.read_text().split("\n")[:-1] if paid.exists() else [],
            "damage": [str(one) for one in fsck(root).findings if one.severity == "error"],
        }


def main(directory: Path, way: faulty.Way, start: int, stride: int) -> None:
    setattr(live, "run_check", judge)  # noqa: B010 (mypy knows no such attribute)
    loaded = program()
    template = directory / "template"
    for path, text in CALCULATOR.items():
        (template / path).parent.mkdir(parents=True, exist_ok=True)
        (template / path).write_text(text)
    names: list[str] = []

    def undisturbed() -> None:
        faulty.arm(str(directory / "whole"), -1, "before")
        run_it(directory / "whole", loaded, directory / "whole.paid")
        (directory / "names").write_text("\n".join(faulty.steps()))

    shutil.copytree(template, directory / "whole")
    in_child(undisturbed)
    names = (directory / "names").read_text().split("\n")
    whole = outcome(directory / "whole", directory / "whole.paid")
    print(json.dumps({"at": -1, "step": "", **whole, "points": len(names)}), flush=True)
    for at in range(start, len(names), stride):
        if way == "torn" and names[at] != "write":
            continue
        if way == "power" and names[at] not in ("fsync", "fdatasync"):
            continue
        root, paid = directory / "one", directory / "one.paid"
        shutil.copytree(template, root)

        def dying(root: Path = root, paid: Path = paid, at: int = at) -> None:
            faulty.arm(str(root), at, way)
            run_it(root, loaded, paid)

        died = not in_child(dying)
        in_child(lambda root=root, paid=paid: go_on(root, loaded, paid))  # type: ignore[misc]
        found = outcome(root, paid)
        print(json.dumps({"at": at, "step": names[at], "died": died, **found}), flush=True)
        shutil.rmtree(root)
        paid.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), cast("faulty.Way", sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
