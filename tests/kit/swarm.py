"""Plans for swarms of scripted angels: programs, scripts and the files that both are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genesis_ssmp.heaven.records import JsonObject
from genesis_ssmp.runtime.orchestrator.plan import (
    MissionPlan,
    PlannedMission,
    compile_mission,
    make_plan,
)

from .angel import write_script

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"


@dataclass(slots=True)
class PlanBuilder:
    """`scripts` is where each mission's answers are written, for `scripted:{mission}.json`."""

    scripts: Path
    missions: list[PlannedMission] = field(default_factory=list)

    def add(
        self,
        name: str,
        text: str,
        *answers: JsonObject,
        after: Sequence[str] = (),
        advice: Sequence[str] = (),
    ) -> None:
        """A mission whose program is `text` without its first two lines."""
        self.missions.append(compile_mission(name, f"{name}.isa", HEAD + text, after))
        self.script(name, *answers, advice=advice)

    def script(self, name: str, *answers: JsonObject, advice: Sequence[str] = ()) -> None:
        """What the angel of an attempt of this name answers."""
        self.scripts.mkdir(exist_ok=True)
        write_script(self.scripts / f"{name}.json", *answers, advice=advice)

    def plan(self, task: str = "a task") -> MissionPlan:
        return make_plan(task, self.missions)


def module(functions: int) -> str:
    """A module of that many functions, `f0` and so on, seven lines apart."""
    return "".join(
        f'def f{n}(x: int) -> int:\n    """Number {n}."""\n'
        f"    first = x\n    second = {n}\n    return first + second\n\n\n"
        for n in range(functions)
    )


def line_of(n: int) -> int:
    """The line of `module` that says what function `n` returns."""
    return 7 * n + 5


def suite(functions: int, name: str = "work") -> str:
    """Tests of `module`: every function still adds its number, or more."""
    tests = "".join(
        f"def test_f{n}() -> None:\n    assert f{n}(1) >= {n + 1}\n\n\n" for n in range(functions)
    )
    names = ", ".join(f"f{n}" for n in range(functions))
    return f"from {name} import {names}\n\n\n{tests}"


FILES: Mapping[str, str] = {
    "work.py": module(8),
    "test_work.py": suite(8),
    "conftest.py": "",
    "pyproject.toml": '[project]\nname = "work"\nversion = "0"\n',
}


def returns(n: int, expression: str, path: str = "work.py") -> JsonObject:
    """The operation that makes function `n` return something else."""
    return {
        "op": "replace_line",
        "path": path,
        "lines": [line_of(n)],
        "content": f"    return {expression}\n",
    }


def change(n: int, handlers: str = "") -> str:
    """The program of a mission that changes function `n` and has the tests run."""
    return f"LEASE symbol:f{n}\nNEED symdef f{n}\nOP Change f{n}\nRUN test\n{handlers}"


KILLER = """\
import os, pathlib, signal

def parent(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])

def pytest_sessionstart(session):
    mark = pathlib.Path(os.environ["SWARM_KILLS"]) / pathlib.Path.cwd().name
    if mark.exists():
        who, _, how = mark.read_text().partition(" ")
        whom = os.getppid() if who == "runner" else parent(os.getppid())
        mark.unlink()
        os.kill(whom, signal.Signals["SIG" + (how or "KILL")])
        if not how:
            os._exit(0)
"""
"""A conftest.py: the tests of a worktree kill (once for each file of the worktree's name in
$SWARM_KILLS) who runs them, `runner`, or who runs that one; `runner INT` only interrupts it."""
