"""A long run read back: replayed and resumed; and a log of many runs, explained."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from bench.table import Row, middle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from genesis_ssmp.heaven import Heaven
    from genesis_ssmp.heaven.records import Json, JsonObject
    from genesis_ssmp.runtime.execute import Program

SECTIONS = 1_000
NEEDS = 8
"""Page faults of a section; with an answer and an edit that makes ten syscalls."""
APART = 50
"""Lines between two of them: neighbours would be merged into one."""
RUNS = 200
FILES = 20
LINES = 200
HEAD = "ISA_VERSION 0\nBASE_REV HEAD\nBUDGET 1000000000\n"
ROUNDS = 3


class PowerCut(BaseException):
    """Nothing is caught, written or released after it, as when the process is killed."""


def long_run(root: Path) -> list[Row]:
    """Replay and resume of a run of 10,000 syscalls: page faults, answers and edits."""
    from genesis_ssmp.heaven import Heaven
    from genesis_ssmp.runtime import runs
    from genesis_ssmp.runtime.execute import resume
    from genesis_ssmp.runtime.replay import replay

    # Inside the repository: a temporary directory may be in memory, where a sync costs nothing.
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=root) as scratch:
        home = Path(scratch) / "home"
        _sources(home)
        text = HEAD + "".join(_section(number) for number in range(SECTIONS)) + "RUN test\n"
        answers = [_note(number) for number in range(SECTIONS)]
        with _checks(PowerCut()), Heaven.open(home) as heaven, suppress(PowerCut):
            _do(heaven, _program(text), answers)
        resumed: list[float] = []
        with _checks(None):
            for number in range(ROUNDS):
                copy = Path(scratch) / f"copy{number}"
                shutil.copytree(home, copy)
                with Heaven.open(copy) as heaven:
                    run = runs.find(heaven, "last")
                    start = time.perf_counter()
                    ended = resume(heaven, copy, run, angel=None)
                    resumed.append(time.perf_counter() - start)
                if ended.exit_code:
                    raise SystemExit(f"the bench's run was not resumed: {ended.message}")
        replayed: list[float] = []
        with Heaven.open(copy) as heaven:
            run = runs.find(heaven, "last")
            count = len(runs.entries(heaven, run))
            for _ in range(ROUNDS):
                start = time.perf_counter()
                same = replay(heaven, run).same
                replayed.append(time.perf_counter() - start)
                if not same:
                    raise SystemExit("the bench's run does not replay")
        floor = _floor(copy)
    what = "its log read, parsed and hashed"
    return [
        Row(f"replay of {count:,} syscalls", middle(replayed, 1e3), "ms", 2000, floor, what, True),
        Row(f"resume of {count:,} syscalls", middle(resumed, 1e3), "ms", 2000, floor, what, True),
    ]


def many_runs(root: Path) -> list[Row]:
    """What a log of many runs costs those who ask about it."""
    from genesis_ssmp.heaven import Heaven
    from genesis_ssmp.runtime.runs import all_runs
    from genesis_ssmp.runtime.why import blame, why

    with tempfile.TemporaryDirectory(prefix=".bench-", dir=root) as scratch:
        home = Path(scratch)
        _sources(home)
        asked: dict[str, list[float]] = {}
        floors: list[float] = []
        with Heaven.open(home) as heaven:
            for number in range(RUNS):
                text = HEAD + _section(number)
                _do(heaven, _program(text), [_note(number)])
                if number + 1 not in (RUNS // 4, RUNS):
                    continue
                floors.append(_floor(home))
                questions: dict[str, Callable[[], object]] = {
                    "aa log": lambda: all_runs(heaven),
                    "aa why": lambda: why(heaven, home, "src/m3.py", 1),
                    "aa blame": lambda: blame(heaven, home, "src/m3.py"),
                }
                for name, question in questions.items():
                    asked.setdefault(name, []).append(_time(question))
    what = f"its log read, parsed and hashed; with {RUNS // 4} runs the question took "
    return [
        Row(f"{name}, {RUNS} runs in the log", many, "ms", None, floors[1], f"{what}{few:.1f}")
        for name, (few, many) in asked.items()
    ]


def _time(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return middle(seconds, 1e3)


def _floor(home: Path) -> float:
    """Milliseconds to read the log of `home`, to parse it, and to hash it."""
    log = home / ".heaven" / "log.jsonl"

    def read() -> None:
        for line in log.read_bytes().split(b"\n")[:-1]:
            json.loads(line)
            sha256(line).digest()

    return _time(read)


def _sources(home: Path) -> None:
    (home / "tests").mkdir(parents=True)
    (home / "tests/test_nothing.py").write_text("def test_nothing() -> None: ...\n")
    (home / "src").mkdir()
    for number in range(FILES):
        path = home / f"src/m{number}.py"
        path.write_text("".join(f"def f{line}():\n    return {line}\n" for line in range(LINES)))


def _section(number: int) -> str:
    path = f"src/m{number % FILES}.py"
    needs = "".join(f"NEED slice {path} {1 + APART * need} 10\n" for need in range(NEEDS))
    return f"LABEL s{number}\n{needs}OP Note {number}\n"


def _note(number: int) -> dict[str, Json]:
    """An answer that replaces one of the lines that its section was shown."""
    turn = number // FILES
    op: dict[str, Json] = {
        "op": "replace_line",
        "path": f"src/m{number % FILES}.py",
        "lines": [1 + APART * (turn % NEEDS) + turn // NEEDS],
        "content": f"# note {number}\n",
    }
    return {"output_type": "edit_ir", "edit_ir": {"ops": [op]}}


def _program(text: str) -> Program:
    from genesis_ssmp.aa.encode import encode
    from genesis_ssmp.aa.source import Source
    from genesis_ssmp.isa.compile import compile_source
    from genesis_ssmp.runtime.execute import Program

    compiled = compile_source(Source("bench.isa", text), params={})
    if compiled.module is None:
        raise SystemExit(f"the bench's program does not compile: {compiled.diagnostics[:3]}")
    return Program("bench.isa", compiled.module, encode(compiled.module), text)


def _do(heaven: Heaven, program: Program, answers: Sequence[JsonObject]) -> None:
    from genesis_ssmp.runtime.angels.scripted import ScriptedAngel
    from genesis_ssmp.runtime.execute import Ended, execute

    angel = ScriptedAngel("bench", answers, ())
    ended = execute(program, heaven, heaven.root, angel=angel, params={})
    if not isinstance(ended, Ended) or ended.exit_code:
        raise SystemExit(f"the bench's run failed: {ended}")


@contextmanager
def _checks(ending: PowerCut | None) -> Iterator[None]:
    """RUN passes in no time, or `ending` is raised in its place."""
    from genesis_ssmp.runtime import live
    from genesis_ssmp.runtime.checks import CheckOutcome
    from genesis_ssmp.runtime.checks import run_check as real

    def check(*_: object, **__: object) -> CheckOutcome:
        if ending is not None:
            raise ending
        nothing = "0" * 64
        return CheckOutcome(0, True, b"", nothing, ("true",), nothing, "passed", False, 0.0)

    setattr(live, "run_check", check)  # noqa: B010 (mypy knows no such attribute)
    try:
        yield
    finally:
        setattr(live, "run_check", real)  # noqa: B010
