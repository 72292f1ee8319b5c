"""Random renames and random ADD_PARAMs in a real Go module, each judged by Go's own tools.

    python -m bench.go_macros MODULE_DIR --renames 100 --params 50 --seed S --go GO
    python -m bench.go_macros MODULE_DIR --renames 100 --params 50 --seed S --go-check BIN

MODULE_DIR is a Go module without outside dependencies. Nothing is written to it: the trials happen
in a copy, with a real Heaven and the real edit engine. --go judges by `go build` and `go vet`,
tests included; --go-check by the type checker of a built `bench/go_check`, which is the same answer
without a process for each trial. Exit code 1 if the module did not compile after an op that had
listed nothing as unsure.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import Symbol
from genesis_ssmp.runtime.edits import land, stage
from genesis_ssmp.stdlib import MACROS, MacroRefused

from .macros import Trial, renames
from .renames import VERDICTS, Outcome, Verdict, candidates
from .work_copies import WorkCopy

_WAYS: Final[tuple[tuple[str, Mapping[str, str]], ...]] = (
    ("argument", {"type": "int", "argument": "0"}),
    ("argument, first", {"type": "*bytes.Buffer", "argument": "nil", "position": "0"}),
)
_RUNS: Final = ("Test", "Benchmark", "Example", "Fuzz")
_KINDS: Final = ("function", "method", "type", "interface", "field", "constant", "variable")

Suite: TypeAlias = Callable[[Path], tuple[bool, str]]


def build_and_vet(go: str) -> Suite:
    """Whether a module and its tests compile, and the first complaint. Analyzers that complain of
    style alone are off."""
    vet = (
        "vet",
        "-composites=false",
        "-printf=false",
        "-copylocks=false",
        "-testinggoroutine=false",
    )

    def run(root: Path) -> tuple[bool, str]:
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOPROXY": "off"}
        for command in (("build",), vet):
            done = subprocess.run(
                [go, *command, "./..."], cwd=root, env=environment, capture_output=True, text=True,
                timeout=300, check=False,
            )  # fmt: skip
            if done.returncode:
                lines = [one for one in done.stderr.splitlines() if not one.startswith("#")]
                return False, lines[0].strip() if lines else "?"
        return True, ""

    return run


class GoCheck:
    """Whether a module and its tests compile, as a running `bench/go_check` says: the same answer
    from Go's own type checker, without a process for each trial."""

    def __init__(self, command: str) -> None:
        self._process = subprocess.Popen(
            [command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, root: Path) -> tuple[bool, str]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{root}\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().strip()
        return said == "ok", "" if said == "ok" else said


def judge(heaven: Heaven, root: Path, trial: Trial, suite: Suite) -> Outcome:
    """Expand, land, judge; the files are put back afterwards."""
    start = time.perf_counter()
    try:
        expansion = MACROS[trial.macro](trial.args, heaven)
    except MacroRefused as error:
        seconds = time.perf_counter() - start
        return Outcome(trial.name, "refused", 0, 0, seconds, error.message)
    before = {one.path: (root / one.path).read_bytes() for one in expansion.edit.ops}
    land(
        stage(expansion.edit, root, symbols=heaven, blobs=heaven),
        heaven,
        run="bench",
        owner_id=None,
    )
    seconds = time.perf_counter() - start
    passed, first = suite(root)
    for path, text in before.items():
        (root / path).write_bytes(text)
    unsure = len(expansion.unsure)
    verdict: Verdict = "passed"
    if not passed:
        verdict = "failed, unsure sites listed" if unsure else "FAILED SILENTLY"
    return Outcome(trial.name, verdict, expansion.sure, unsure, seconds, first)


def params(symbols: Sequence[Symbol], count: int, chance: random.Random) -> list[Trial]:
    """Of functions and methods that `go test` does not call by itself, in each of the ways."""
    functions = [
        one
        for one in symbols
        if one.kind in ("function", "method")
        and not (one.path.endswith("_test.go") and one.name.startswith(_RUNS))
    ]
    trials = []
    for number, one in enumerate(chance.sample(functions, min(count, len(functions)))):
        label, more = _WAYS[number % len(_WAYS)]
        args = {"func": f"{one.path}::{one.qualname}", "param": "added_param", **more}
        trials.append(Trial(one, "ADD_PARAM", args, label))
    return trials


def main(arguments: Sequence[str] | None = None) -> int:
    """Do all trials, print a line each and the counts."""
    parser = argparse.ArgumentParser(prog="bench.go_macros", description=__doc__)
    parser.add_argument("module", type=Path)
    parser.add_argument("--renames", type=int, default=100)
    parser.add_argument("--params", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    judges = parser.add_mutually_exclusive_group(required=True)
    judges.add_argument("--go", help="the go command")
    judges.add_argument("--go-check", help="a built bench/go_check")
    given = parser.parse_args(arguments)
    suite: Suite = GoCheck(given.go_check) if given.go_check else build_and_vet(given.go)
    passes, first = suite(given.module)
    if not passes:
        print(f"the module does not compile as it is: {first}", file=sys.stderr)
        return 2
    symbols = candidates(given.module, ".", ".go", _KINDS)
    chance = random.Random(given.seed)
    trials = renames(symbols, given.renames, chance) + params(symbols, given.params, chance)
    print(f"{len(trials)} trials, {len(symbols)} symbols, seed {given.seed}", flush=True)
    counts: Counter[tuple[str, Verdict]] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        root = WorkCopy(given.module, Path(scratch), sys.executable).root
        with Heaven.open(root) as heaven:
            for trial in trials:
                outcome = judge(heaven, root, trial, suite)
                counts[trial.macro, outcome.verdict] += 1
                print(
                    f"{outcome.verdict:28} {trial.label:21} {outcome.symbol}  "
                    f"{outcome.changed} places, {outcome.unsure} unsure, {outcome.seconds:.2f} s  "
                    f"{outcome.note}",
                    flush=True,
                )
    for macro in ("RENAME_SYMBOL", "ADD_PARAM"):
        row = ", ".join(f"{counts[macro, verdict]} {verdict}" for verdict in VERDICTS)
        print(f"{macro}: {row}")
    return int(any(verdict == "FAILED SILENTLY" for _, verdict in counts))


if __name__ == "__main__":
    sys.exit(main())
