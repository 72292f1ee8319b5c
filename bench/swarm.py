"""A swarm on a real package, with angels that are killed: `python -m bench.swarm`.

Scripted angels, each a process, carry out missions on cachetools: on several functions of one file
at once, on one function again and again, on lines that lie beside each other. One angel is killed
(SIGKILL) every few seconds. Every mission leaves one mark: counted are marks that are lost or
there twice. At the end the package's own tests are run, and the swarm is replayed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import Json, Symbol
from genesis_ssmp.runtime.checks import run_check
from genesis_ssmp.runtime.orchestrator import swarmlog
from genesis_ssmp.runtime.orchestrator.plan import PlannedMission, compile_mission, make_plan
from genesis_ssmp.runtime.orchestrator.swarm import Finished, Options, Told, run_swarm
from genesis_ssmp.runtime.orchestrator.swarm_replay import replay_swarm

from bench.corpora import Corpus, CorpusMissing, tree

CACHETOOLS = Corpus(
    "cachetools 5.5.0",
    (
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary",
        "cachetools", "cachetools==5.5.0",
    ),
)  # fmt: skip
BASE = "src/cachetools/__init__.py"
NARROW = "src/cachetools/narrow.py"
NARROW_TEXT = "".join(f"def narrow_{n}() -> int: return {n}\n" for n in range(4))
"""Functions on lines beside each other, which no merge of lines keeps apart."""


@dataclass(slots=True)
class Work:
    """Missions and the scripts of their angels. `marks` are the lines that must be in the tree,
    each once, in the end."""

    scripts: Path
    missions: list[PlannedMission] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)

    def script(self, name: str, ops: list[Json]) -> None:
        import json

        answers = {"answers": [{"output_type": "edit_ir", "edit_ir": {"ops": ops}}]}
        (self.scripts / f"{name}.json").write_text(json.dumps(answers), encoding="utf-8")

    def mission(self, name: str, text: str, ops: list[Json], after: tuple[str, ...] = ()) -> None:
        head = "ISA_VERSION 0\nBASE_REV HEAD\n"
        self.missions.append(compile_mission(name, f"{name}.isa", head + text, after))
        self.script(name, ops)

    def mark(self, name: str) -> str:
        mark = f"# mark {name}"
        self.marks.append(mark)
        return mark


def make_work(heaven: Heaven, scripts: Path, count: int) -> Work:
    """`count` missions: chains on functions of one file, and pairs of lines beside each other."""
    work = Work(scripts)
    scripts.mkdir()
    narrow = min(4, count // 4)
    for n in range(narrow):
        name = f"narrow{n}"
        line = f"def narrow_{n}() -> int: return {n}  {work.mark(name)}\n"
        ops: list[Json] = [
            {"op": "replace_line", "path": NARROW, "lines": [n + 1], "content": line}
        ]
        text = f"LEASE symbol:narrow_{n}\nNEED slice {NARROW} 1 4\nOP Mark narrow_{n}\nRUN test\n"
        work.mission(name, text, ops)
        work.script(f"{name}.c1", ops)
    source = (heaven.root / BASE).read_text(encoding="utf-8")
    functions = [one for one in heaven.symbols_in(BASE) if _last_line(one, source)]
    functions = functions[: max(1, (count - narrow) // 3)]
    for number in range(count - narrow):
        at, turn = number % len(functions), number // len(functions)
        symbol = functions[at]
        name = f"f{at}-{turn}"
        last = _last_line(symbol, source)
        indent = " " * (len(last) - len(last.lstrip()))
        where = f"{BASE}::{symbol.qualname}"
        op: Json = {
            "op": "replace_text",
            "path": BASE,
            "find": last.lstrip(),
            "content": f"{work.mark(name)}\n{indent}{last.lstrip()}",
        }
        text = f"LEASE symbol:{where}\nNEED symdef {where}\nOP Mark {symbol.qualname}\nRUN test\n"
        work.mission(name, text, [op], (f"f{at}-{turn - 1}",) if turn else ())
    return work


def _last_line(symbol: Symbol, source: str) -> str:
    """The last line of a method or function; empty where it does not stand there alone."""
    if symbol.kind not in ("method", "function") or symbol.qualname.count(".") > 1:
        return ""
    last = source.splitlines()[symbol.extent.end_line - 1]
    return last if source.count(last.lstrip()) == 1 else ""


class Killer:
    """Kills one living angel, chosen by a seeded generator, every `seconds`."""

    def __init__(self, seconds: float, seed: int) -> None:
        self._seconds = seconds
        self._chance = random.Random(seed)
        self._angels: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.killed = 0

    def angel(self, pid: int) -> None:
        self._angels.append(pid)

    def __enter__(self) -> Killer:
        if self._seconds:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(self._seconds):
            living = sorted({pid for pid in self._angels[:] if _lives(pid)})
            if living:
                os.kill(self._chance.choice(living), signal.SIGKILL)
                self.killed += 1


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@dataclass(frozen=True, slots=True)
class Result:
    """`lost` and `doubled` are marks. `seconds` is the swarm's wall time, without the replay."""

    missions: int
    angels: int
    finished: Finished
    killed: int
    takeovers: int
    conflicts: int
    again: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    tests_passed: bool
    tests: str
    replayed: bool
    seconds: float
    replay_seconds: float

    @property
    def sound(self) -> bool:
        return (
            self.finished.status == "done"
            and not self.lost
            and not self.doubled
            and self.tests_passed
            and self.replayed
        )

    def lines(self) -> list[str]:
        took = sorted(self.finished.took_over)
        longest = f"{took[-1]:.1f} s" if took else "none"
        return [
            f"missions           {self.missions}, {len(self.finished.landed)} landed, "
            f"{len(self.finished.failed)} failed",
            f"angels             {self.angels} at once, {self.killed} killed (SIGKILL)",
            f"taken over         {self.takeovers}; longest until the next angel had it: {longest}",
            f"conflict missions  {self.conflicts}; missions done again: {self.again}",
            f"edits              {len(self.lost)} lost, {len(self.doubled)} doubled",
            f"the package        {self.tests}",
            f"replay             {'the same tree and head' if self.replayed else 'DIFFERS'}",
            f"wall time          {self.seconds:.1f} s, replay {self.replay_seconds:.1f} s",
            *(f"failed: {name}: {why}" for name, why in self.finished.failed.items()),
        ]


def measure(
    directory: Path, *, angels: int, missions: int, kill_seconds: float, seed: int, verbose: bool
) -> Result:
    """One swarm in a new copy of the package below `directory`. Raises CorpusMissing."""
    (package,) = tree(CACHETOOLS).iterdir()
    root = directory / "package"
    shutil.copytree(package, root)
    (root / NARROW).write_text(NARROW_TEXT, encoding="utf-8")

    def observe(told: Told) -> None:
        if verbose:
            print(f"  {told.mission}: {told.kind} {told.text}", file=sys.stderr, flush=True)

    with Heaven.open(root) as heaven, Killer(kill_seconds, seed) as killer:
        work = make_work(heaven, directory / "scripts", missions)
        started = time.monotonic()
        finished = run_swarm(
            heaven,
            make_plan("mark everything", work.missions),
            angel="scripted:{mission}.json",
            directory=work.scripts,
            options=Options(angels=angels, takeovers=1000),
            observe=observe,
            on_angel=killer.angel,
        )
        seconds = time.monotonic() - started
        started = time.monotonic()
        state = swarmlog.find_swarm(heaven, finished.swarm)
        again = replay_swarm(heaven, state)
        replay_seconds = time.monotonic() - started
        same = again.same and again.tree == heaven.snapshot().tree_hash
    found = Counter[str]()
    for path in (root / "src").rglob("*.py"):
        found.update(
            mark
            for line in path.read_text(encoding="utf-8").splitlines()
            for mark in work.marks
            if line.rstrip().endswith(mark)
        )
    checked = run_check(root, "test")
    ways = [one.way for mission in state.missions.values() for one in mission.attempts]
    return Result(
        missions=missions,
        angels=angels,
        finished=finished,
        killed=killer.killed,
        takeovers=sum(one.takeovers for one in state.missions.values()),
        conflicts=ways.count("conflict"),
        again=ways.count("again"),
        lost=tuple(mark for mark in work.marks if not found[mark]),
        doubled=tuple(mark for mark in work.marks if found[mark] > 1),
        tests_passed=checked.passed,
        tests=checked.summary,
        replayed=same,
        seconds=seconds,
        replay_seconds=replay_seconds,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--angels", type=int, default=8)
    parser.add_argument("--missions", type=int, default=40)
    parser.add_argument("--kill", type=float, default=2.0, help="seconds between kills, 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="genesis-swarm-") as directory:
        try:
            result = measure(
                Path(directory),
                angels=options.angels,
                missions=options.missions,
                kill_seconds=options.kill,
                seed=options.seed,
                verbose=options.verbose,
            )
        except CorpusMissing as missing:
            raise SystemExit(f"the package cannot be had here: {missing}") from None
    print("\n".join(result.lines()))
    raise SystemExit(0 if result.sound else 1)


if __name__ == "__main__":
    main()
