"""Random renames and random ADD_PARAMs in a real package, each judged by the package's own suite.

    python -m bench.macros PACKAGE_DIR --renames 100 --params 50 --seed S --python PYTHON --rope all

PACKAGE_DIR is an unpacked source distribution whose suite passes with PYTHON. Nothing is written
to it: each trial happens in a copy, with a real Heaven and the real edit engine. With --rope the
same renames are done by rope too, which PYTHON must have. Exit code 1 if a suite failed after an op
that had listed nothing as unsure, or after a rename where rope's result passes.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import Symbol
from genesis_ssmp.runtime.edits import land, stage
from genesis_ssmp.stdlib import MACROS, MacroRefused

from .renames import VERDICTS, Outcome, Verdict, candidates
from .work_copies import WorkCopy, run_suite

_WAYS: Final[tuple[tuple[str, Mapping[str, str]], ...]] = (
    ("default", {"default": "None"}),
    ("argument", {"argument": "None"}),
    ("default and argument", {"default": "None", "argument": "0"}),
    ("argument, first", {"argument": "None", "position": "0"}),
)
"""How a parameter is added; without a default every call that is missed fails."""

_ROPE_FOR: Final[Mapping[str | None, tuple[Verdict, ...]]] = {
    "needed": ("failed, unsure sites listed", "FAILED SILENTLY", "refused"),
    "failed": ("failed, unsure sites listed", "FAILED SILENTLY"),
}

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


def params(symbols: Sequence[Symbol], count: int, chance: random.Random) -> list[Trial]:
    """Of functions and methods, in each of the ways."""
    functions = [one for one in symbols if one.kind != "class"]
    chosen = chance.sample(functions, min(count, len(functions)))
    trials = []
    for number, one in enumerate(chosen):
        label, more = _WAYS[number % len(_WAYS)]
        args = {"func": f"{one.path}::{one.qualname}", "param": "added_param", **more}
        trials.append(Trial(one, "ADD_PARAM", args, label))
    return trials


def judge(
    copy: WorkCopy, trials: Sequence[Trial], together: int
) -> Iterator[tuple[Trial, Outcome]]:
    """Expand each op on the package as it is; land up to `together` of them in the copy, one after
    another, and run the suite once. Where it fails, the halves are done again: what is said to have
    failed has failed alone. What failed with places left alone is done again with `unsure include`,
    and its note says how that went."""
    waiting: list[tuple[Trial, Outcome]] = []
    copy.put_back()
    with Heaven.open(copy.root) as heaven:
        first = [(trial, _expanded(heaven, trial)) for trial in trials]
    for one in first:
        if one[1].verdict == "refused":
            yield one
        else:
            waiting.append(one)
    # What listed something fails more often, so that fewer of those go together.
    waiting.sort(key=lambda one: one[1].unsure > 0)
    pending: list[list[tuple[Trial, Outcome]]] = []
    while waiting:
        size = max(1, together // 3) if waiting[0][1].unsure else together
        pending.append(waiting[:size])
        del waiting[:size]
    while pending:
        group = pending.pop(0)
        passed, note, apart = _tried(copy, [trial for trial, _ in group])
        pending += [[one] for one in group if one[0] in apart]
        group = [one for one in group if one[0] not in apart]
        if not passed and len(group) > 1:
            half = len(group) // 2
            pending[:0] = [group[:half], group[half:]]
            continue
        for trial, outcome in group:
            yield trial, outcome if passed else _failed(copy, trial, outcome, note)


def _expanded(heaven: Heaven, trial: Trial) -> Outcome:
    """How far the op gets on paper: "passed" stands for not refused."""
    start = time.perf_counter()
    try:
        expansion = MACROS[trial.macro](trial.args, heaven)
    except MacroRefused as error:
        return Outcome(trial.name, "refused", 0, 0, time.perf_counter() - start, error.message)
    seconds = time.perf_counter() - start
    return Outcome(trial.name, "passed", expansion.sure, len(expansion.unsure), seconds, "")


def _tried(copy: WorkCopy, trials: Sequence[Trial]) -> tuple[bool, str, list[Trial]]:
    """Whether the suite passes with all the ops, what failed first, and the ops that were left out:
    they are refused once the ones before them are done."""
    apart: list[Trial] = []
    copy.put_back()
    with Heaven.open(copy.root) as heaven:
        for trial in trials:
            try:
                expansion = MACROS[trial.macro](trial.args, heaven)
            except MacroRefused:
                apart.append(trial)
                continue
            staged = stage(expansion.edit, copy.root, symbols=heaven, blobs=heaven)
            land(staged, heaven, run="bench", owner_id=None)
    return *copy.suite(), apart


def _failed(copy: WorkCopy, trial: Trial, outcome: Outcome, note: str) -> Outcome:
    if not outcome.unsure:
        return replace(outcome, verdict="FAILED SILENTLY", note=note)
    again, _, _ = _tried(copy, [replace(trial, args={**trial.args, "unsure": "include"})])
    note = f"[with unsure include: {'passes' if again else 'fails'}] {note}"
    return replace(outcome, verdict="failed, unsure sites listed", note=note)


def rope_passes(copy: WorkCopy, trial: Trial, python: str) -> bool | None:
    """Whether the suite passes after rope's rename; None where rope gives up."""
    copy.put_back()
    at = trial.symbol.name_at.start_byte
    offset = len((copy.root / trial.symbol.path).read_bytes()[:at].decode())
    new = trial.args["new"]
    command = [python, "-c", _ROPE, str(copy.root), trial.symbol.path, str(offset), new]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    return None if done.returncode else copy.suite()[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do all trials, print a line each and the counts."""
    parser = argparse.ArgumentParser(prog="bench.macros", description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("--renames", type=int, default=100)
    parser.add_argument("--params", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--python", default=sys.executable, help="what runs the suite, and rope")
    parser.add_argument("--under", help="where the symbols are taken from (src, or everything)")
    parser.add_argument(
        "--rope",
        choices=("all", "needed", "failed"),
        help="compare renames with rope's: all, those that did not pass, or those that failed",
    )
    parser.add_argument("--together", type=int, default=1, help="ops that share a run of the suite")
    given = parser.parse_args(arguments)
    under = given.under or ("src" if (given.package / "src").is_dir() else ".")
    passes, first = run_suite(given.package, given.python)
    if not passes:
        print(f"the suite does not pass as it is: {first}", file=sys.stderr)
        return 2
    symbols = candidates(given.package, under)
    chance = random.Random(given.seed)
    trials = renames(symbols, given.renames, chance) + params(symbols, given.params, chance)
    print(f"{len(trials)} trials, {len(symbols)} symbols, seed {given.seed}", flush=True)
    counts: Counter[tuple[str, Verdict]] = Counter()
    versus: Counter[tuple[str, Verdict]] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        copy = WorkCopy(given.package, Path(scratch), given.python)
        for trial, outcome in judge(copy, trials, given.together):
            counts[trial.macro, outcome.verdict] += 1
            peer = ""
            needed = given.rope == "all" or outcome.verdict in _ROPE_FOR.get(given.rope, ())
            if needed and trial.macro == "RENAME_SYMBOL":
                passed = rope_passes(copy, trial, given.python)
                peer = {None: "rope gave up", True: "rope passed", False: "rope FAILED"}[passed]
                versus[peer, outcome.verdict] += 1
            print(
                f"{outcome.verdict:28} {trial.label:21} {outcome.symbol}  "
                f"{outcome.changed} places, {outcome.unsure} unsure, {outcome.seconds:.2f} s  "
                f"{peer}  {outcome.note}",
                flush=True,
            )
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
