"""Record the runs of `tests/histories/`: bundles that every later version must replay.

Run as `python -m kit.histories [NAME]...` in `tests/`: records those that are not there yet, or the
ones that are named. What is there stays as it was recorded, since that it replays is the promise;
to add a history, add a scenario here and run this. Checks are those of `kit.points`, so that
nothing of the machine is in the record.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from genesis_ssmp.aa.lowered import OutputMode
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import Json, JsonObject
from genesis_ssmp.runtime import live, runs
from genesis_ssmp.runtime.angels.scripted import ScriptedAngel
from genesis_ssmp.runtime.bundle import write_bundle
from genesis_ssmp.runtime.checks import CheckOutcome
from genesis_ssmp.runtime.execute import Ended, execute, resume
from genesis_ssmp.runtime.replay import replay

from . import points
from .angel import edit_answer, scripted, text_answer
from .mission import program
from .repository import CALCULATOR

HISTORIES: Final = Path(__file__).parent.parent / "histories"
HEAD: Final = "ISA_VERSION 0\nBASE_REV HEAD\n"
CORE: Final = "calc/core.py"


class PowerCut(BaseException):
    """Nothing is caught, written or released after it, as when the process is killed."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A program, what its angel says, and how the run must end (`exit_code`).

    `meddle` changes a file from outside at the first check; `dies` says that the process dies in
    the first check, and the run is resumed.
    """

    text: str
    answers: tuple[JsonObject, ...] = ()
    advice: tuple[str, ...] = ()
    exit_code: int = 0
    output_mode: OutputMode = "medium"
    files: Mapping[str, str] = field(default_factory=dict)
    meddle: Callable[[str], str] | None = None
    dies: bool = False


def line(number: int, content: str, path: str = CORE) -> dict[str, Json]:
    return {"op": "replace_line", "path": path, "lines": [number], "content": content + "\n"}


BAD: Final = edit_answer(line(5, "    return a + b  # bad"))
GOOD: Final = edit_answer(line(5, "    return a + b  # good"))
TASK: Final = HEAD + "NEED symdef Add\nOP Say what Add does\n"
DIFF: Final = """\
--- a/calc/core.py
+++ b/calc/core.py
@@ -4,2 +4,2 @@
 def Add(a: int, b: int) -> int:
-    return a + b
+    return b + a
"""
BLOCKS: Final = """\
calc/core.py
<<<<<<< SEARCH
    return a + b
=======
    return b + a
>>>>>>> REPLACE
"""
PATCH: Final = """\
GENESIS_PATCH_V1
MISSION: m
SYMBOLS: Add
FILES: calc/core.py
### REPLACE calc/core.py 5 5
    return b + a
### END
"""
TEXTS: Final = HEAD + "RETURN diff_fallback\nNEED symdef Add\nOP Swap them\n"


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "rename": Scenario(HEAD + "OP RENAME_SYMBOL Add plus\nRUN test\n"),
    "macro-ops": Scenario(
        HEAD + "OP ADD_PARAM Add c default 0\nOP INSERT_IMPORT calc/core.py os\n"
        "LABEL next\nOP RENAME_SYMBOL Eval evaluate\nRUN test\n"
    ),
    "angel-macro-ops": Scenario(
        TASK + "RUN test\n",
        (
            {
                "output_type": "macro_ops",
                "macro_ops": [{"kind": "RENAME_SYMBOL", "old_name": "Add", "new_name": "Sum"}],
            },
        ),
    ),
    "edits": Scenario(
        HEAD
        + "NEED symdef Add\nNEED slice notes.md 1 3\nNEED slice gone.md 1 1\n"
        + "OP Tidy up\nRUN test\n",
        (
            edit_answer(
                line(5, "    return b + a"),
                {"op": "add_file", "path": "new/deep/file.txt", "content": "new\n" * 2000},
                line(2, "TWO", "notes.md"),
                {"op": "delete_file", "path": "gone.md"},
            ),
        ),
        files={"notes.md": "one\r\ntwo\r\nthree", "gone.md": "gone\n"},
    ),
    "retry": Scenario(TASK + "RUN test\nASSERT tests passed\nIF_FAIL RETRY 2\n", (BAD, BAD, GOOD)),
    "failing": Scenario(TASK + "RUN test\nIF_FAIL RETRY 1\n", (BAD, BAD), exit_code=1),
    "escalate-and-everything": Scenario(points.PROGRAM),
    "unified-diff": Scenario(TEXTS, (text_answer(DIFF, CORE),)),
    "search-replace": Scenario(TEXTS, (text_answer(BLOCKS, CORE),), output_mode="soft"),
    "genesis-patch": Scenario(TEXTS, (text_answer(PATCH, CORE),), output_mode="soft"),
    "drift": Scenario(
        HEAD + "NEED symdef Add\nRUN test\nOP Say what Add does\n",
        (GOOD,),
        meddle=lambda text: "# theirs\n" + text,
    ),
    "merge": Scenario(
        HEAD + f"NEED slice {CORE} 1 13\nRUN test\nOP Say what Add does\n",
        (GOOD,),
        meddle=lambda text: text.replace("def Eval(text: str)", "def Eval(text: str = '')"),
    ),
    "conflict": Scenario(
        HEAD + "NEED symdef Add\nRUN test\nOP Say what Add does\n",
        (GOOD,),
        exit_code=3,
        meddle=lambda text: text.replace("return a + b", "return sum((a, b))"),
    ),
    "halt-between-sections": Scenario(
        TASK + "RUN test\nLABEL second\nOP RENAME_SYMBOL Eval evaluate\nHALT\n"
        "LABEL third\nOP RENAME_SYMBOL evaluate Eval\n",
        (GOOD,),
    ),
    "resumed": Scenario(
        TASK + "LABEL next\nOP RENAME_SYMBOL Eval evaluate\nRUN test\n"
        "LABEL last\nNEED symdef Add\nOP Say more\nRUN test\n",
        (GOOD, edit_answer(line(5, "    return a + b  # better"))),
        dies=True,
    ),
    "invariant": Scenario(
        HEAD + "INVARIANT @paths docs/**\nNEED symdef Add\nOP Say what Add does\n",
        (GOOD,),
        exit_code=1,
    ),
}


def record(scenario: Scenario, target: Path) -> int:
    """Run it in a directory of its own, and write its bundle; how many syscalls it made."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for path, text in {**CALCULATOR, **scenario.files}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode())
        checks = _Checks(scenario)
        setattr(live, "run_check", checks)  # noqa: B010 (mypy knows no such attribute)
        angel: ScriptedAngel = scripted(*scenario.answers, advice=scenario.advice)
        if scenario.text == points.PROGRAM:
            angel = points.angel()
        loaded = program(scenario.text, output_mode=scenario.output_mode)
        with Heaven.open(root) as heaven, suppress(PowerCut):
            _check(execute(loaded, heaven, root, angel=angel, params={}), scenario)
        with Heaven.open(root) as heaven:
            run = runs.find(heaven, "last")
            if scenario.dies:
                _check(resume(heaven, root, run, angel=angel), scenario)
                run = runs.find(heaven, "last")
            write_bundle(heaven, run, target)
            again = replay(heaven, run)
            assert again.same, "it does not replay even here"
            return again.syscalls


class _Checks:
    """`points.judge`, with what the scenario does at the first one."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._done = 0

    def __call__(self, root: Path, kind: str, selector: str = "", **more: object) -> CheckOutcome:
        self._done += 1
        if self._done == 1 and self._scenario.dies:
            raise PowerCut
        if self._done == 1 and self._scenario.meddle is not None:
            path = root / CORE
            path.write_text(self._scenario.meddle(path.read_text()))
        return points.judge(root, kind, selector, **more)


def _check(ended: object, scenario: Scenario) -> None:
    assert isinstance(ended, Ended), ended
    assert ended.exit_code == scenario.exit_code, ended


def main(names: list[str]) -> None:
    for name in names or SCENARIOS:
        target = HISTORIES / f"{name}.bundle"
        if names or not target.exists():
            calls = record(SCENARIOS[name], target)
            print(f"{name}: {calls} syscalls, {target.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
