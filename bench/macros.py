"""Random renames and random ADD_PARAMs in a real package, each judged by the package's own suite.

    python -m bench.macros PACKAGE_DIR --renames 100 --params 50 --seed S --python PYTHON --rope all
    python -m bench.macros MODULE_DIR --renames 100 --params 50 --seed S --go GO

PACKAGE_DIR is an unpacked source distribution whose suite passes with PYTHON. Nothing is written
to it: each trial happens in a copy, with a real Heaven and the real edit engine. With --rope the
same renames are done by rope too, which PYTHON must have. With --go the package is a Go module
without outside dependencies, and the suite is `go build` and `go vet`, tests included; with
--go-check it is the type checker of a built `bench/go_check`. Exit code 1 if a suite failed after
an op that had listed nothing as unsure, or after a rename where rope's result passes.
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
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import Symbol
from genesis_ssmp.runtime.edits import land, stage
from genesis_ssmp.stdlib import MACROS, MacroRefused

from .renames import VERDICTS, Outcome, Verdict, candidates, copied, run_suite

_WAYS: Final[tuple[tuple[str, Mapping[str, str]], ...]] = (
    ("default", {"default": "None"}),
    ("argument", {"argument": "None"}),
    ("default and argument", {"default": "None", "argument": "0"}),
    ("argument, first", {"argument": "None", "position": "0"}),
)
"""How a parameter is added; without a default every call that is missed fails."""

_GO_WAYS: Final[tuple[tuple[str, Mapping[str, str]], ...]] = (
    ("argument", {"type": "int", "argument": "0"}),
    ("argument, first", {"type": "*bytes.Buffer", "argument": "nil", "position": "0"}),
)
_GO_RUNS: Final = ("Test", "Benchmark", "Example", "Fuzz")
_GO_KINDS: Final = ("function", "method", "type", "interface", "field", "constant", "variable")

Suite: TypeAlias = Callable[[Path], tuple[bool, str]]

_ROPE: Final = """
import sys
from rope.base.project import Project
from rope.refactor.rename import Rename
root, path, offset, new = sys.argv[1:]
project = Project(root, ropefolder=None)
changes = Rename(project, project.get_resource(path), int(offset)).get_changes(new)
project.do(changes)
project.close()
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """An op on a symbol of the package."""

    symbol: Symbol
    macro: str
    args: Mapping[str, str]
    label: str

    @property
    def name(self) -> str:
        return f"{self.symbol.path}::{self.symbol.qualname}"


def go_suite(go: str) -> Suite:
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


def in_place(heaven: Heaven, root: Path, trial: Trial, suite: Suite) -> Outcome:
    """As `judge`, in one copy for all trials, whose files are put back afterwards."""
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


def renames(symbols: Sequence[Symbol], count: int, chance: random.Random) -> list[Trial]:
    """Of functions, methods and classes."""
    chosen = chance.sample(list(symbols), min(count, len(symbols)))
    return [
        Trial(
            one,
            "RENAME_SYMBOL",
            {"old": f"{one.path}::{one.qualname}", "new": f"{one.name}_renamed"},
            "rename",
        )
        for one in chosen
    ]


def params(
    symbols: Sequence[Symbol],
    count: int,
    chance: random.Random,
    ways: Sequence[tuple[str, Mapping[str, str]]] = _WAYS,
) -> list[Trial]:
    """Of functions and methods, in each of the ways."""
    functions = [
        one
        for one in symbols
        if one.kind in ("function", "method")
        and not (one.path.endswith("_test.go") and one.name.startswith(_GO_RUNS))
    ]
    chosen = chance.sample(functions, min(count, len(functions)))
    trials = []
    for number, one in enumerate(chosen):
        label, more = ways[number % len(ways)]
        args = {"func": f"{one.path}::{one.qualname}", "param": "added_param", **more}
        trials.append(Trial(one, "ADD_PARAM", args, label))
    return trials


def judge(package: Path, trial: Trial, suite: Suite) -> Outcome:
    """Expand in a copy, land the edits, run the suite. What failed with places left alone is done
    again with `unsure include`, and its note says how that went."""
    outcome = _judge(package, trial, suite)
    if outcome.verdict != "failed, unsure sites listed":
        return outcome
    args = {**trial.args, "unsure": "include"}
    again = _judge(package, replace(trial, args=args), suite)
    said = "passes" if again.verdict == "passed" else "fails"
    return replace(outcome, note=f"[with unsure include: {said}] {outcome.note}")


def _judge(package: Path, trial: Trial, suite: Suite) -> Outcome:
    with tempfile.TemporaryDirectory() as scratch:
        root = copied(package, Path(scratch))
        start = time.perf_counter()
        with Heaven.open(root) as heaven:
            try:
                expansion = MACROS[trial.macro](trial.args, heaven)
            except MacroRefused as error:
                seconds = time.perf_counter() - start
                return Outcome(trial.name, "refused", 0, 0, seconds, error.message)
            staged = stage(expansion.edit, root, symbols=heaven, blobs=heaven)
            land(staged, heaven, run="bench", owner_id=None)
        seconds = time.perf_counter() - start
        passed, first = suite(root)
    unsure = len(expansion.unsure)
    verdict: Verdict = "passed"
    if not passed:
        verdict = "failed, unsure sites listed" if unsure else "FAILED SILENTLY"
    return Outcome(trial.name, verdict, expansion.sure, unsure, seconds, first)


def rope_passes(package: Path, trial: Trial, python: str) -> bool | None:
    """Whether the suite passes after rope's rename; None where rope gives up."""
    with tempfile.TemporaryDirectory() as scratch:
        root = copied(package, Path(scratch))
        at = trial.symbol.name_at.start_byte
        offset = len((root / trial.symbol.path).read_bytes()[:at].decode())
        new = trial.args["new"]
        command = [python, "-c", _ROPE, str(root), trial.symbol.path, str(offset), new]
        done = subprocess.run(command, capture_output=True, check=False, timeout=300)
        return None if done.returncode else run_suite(root, python)[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do all trials, print a line each and the counts."""
    parser = argparse.ArgumentParser(prog="bench.macros", description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("--renames", type=int, default=100)
    parser.add_argument("--params", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--python", default=sys.executable, help="what runs the suite, and rope")
    parser.add_argument("--go", help="the go command: the package is a Go module")
    parser.add_argument("--go-check", help="a built bench/go_check, instead of --go")
    parser.add_argument("--under", help="where the symbols are taken from (src, or everything)")
    parser.add_argument(
        "--rope",
        choices=("all", "needed"),
        help="compare renames with rope's: all of them, or where ours did not pass",
    )
    given = parser.parse_args(arguments)
    under = given.under or ("src" if (given.package / "src").is_dir() else ".")
    suite: Suite = lambda root: run_suite(root, given.python)  # noqa: E731
    if given.go_check:
        suite = GoCheck(given.go_check)
    elif given.go:
        suite = go_suite(given.go)
    go = given.go or given.go_check
    passes, first = suite(given.package)
    if not passes:
        print(f"the suite does not pass as it is: {first}", file=sys.stderr)
        return 2
    symbols = candidates(given.package, under)
    if go:
        symbols = candidates(given.package, under, ".go", _GO_KINDS)
    chance = random.Random(given.seed)
    ways = _GO_WAYS if go else _WAYS
    trials = renames(symbols, given.renames, chance)
    trials += params(symbols, given.params, chance, ways)
    print(f"{len(trials)} trials, {len(symbols)} symbols, seed {given.seed}", flush=True)
    counts: Counter[tuple[str, Verdict]] = Counter()
    versus: Counter[tuple[str, Verdict]] = Counter()
    scratch = ExitStack()
    if given.go_check:
        root = copied(given.package, Path(scratch.enter_context(tempfile.TemporaryDirectory())))
        heaven = scratch.enter_context(Heaven.open(root))
    for trial in trials:
        if given.go_check:
            outcome = in_place(heaven, root, trial, suite)
        else:
            outcome = judge(given.package, trial, suite)
        counts[trial.macro, outcome.verdict] += 1
        peer = ""
        needed = given.rope == "all" or (given.rope and outcome.verdict != "passed")
        if needed and trial.macro == "RENAME_SYMBOL":
            passed = rope_passes(given.package, trial, given.python)
            peer = {None: "rope gave up", True: "rope passed", False: "rope FAILED"}[passed]
            versus[peer, outcome.verdict] += 1
        print(
            f"{outcome.verdict:28} {trial.label:21} {outcome.symbol}  {outcome.changed} places, "
            f"{outcome.unsure} unsure, {outcome.seconds:.2f} s  {peer}  {outcome.note}",
            flush=True,
        )
    scratch.close()
    for macro in ("RENAME_SYMBOL", "ADD_PARAM"):
        row = ", ".join(f"{counts[macro, verdict]} {verdict}" for verdict in VERDICTS)
        print(f"{macro}: {row}")
    for (peer, verdict), count in sorted(versus.items()):
        print(f"{peer}; ours: {count} {verdict}")
    silent = sum(count for (_, verdict), count in counts.items() if verdict == "FAILED SILENTLY")
    behind = sum(
        count for (peer, verdict), count in versus.items()
        if peer == "rope passed" and verdict.lower().startswith("failed")
    )  # fmt: skip
    return 1 if silent or behind else 0


if __name__ == "__main__":
    sys.exit(main())
