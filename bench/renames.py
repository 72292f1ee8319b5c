"""Random renames in a real package, each judged by the package's own suite.

    python -m bench.renames PACKAGE_DIR --count N --seed S [--python PYTHON] [--under src]

PACKAGE_DIR is an unpacked source distribution whose suite passes with PYTHON. Nothing is written
to it: each rename happens in a copy, with a real Heaven and the real edit engine. Exit code 1 if a
suite failed after a rename that had listed nothing as unsure.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import Symbol
from genesis_ssmp.runtime.edits import land, stage
from genesis_ssmp.stdlib import MACROS, MacroRefused

from .work_copies import WorkCopy, run_suite

Verdict: TypeAlias = Literal["passed", "failed, unsure sites listed", "FAILED SILENTLY", "refused"]

VERDICTS: tuple[Verdict, ...] = (
    "passed",
    "failed, unsure sites listed",
    "FAILED SILENTLY",
    "refused",
)
KINDS = ("function", "method", "class")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One rename. `changed` counts tokens, `unsure` sites; `note` is why it failed or not."""

    symbol: str
    verdict: Verdict
    changed: int
    unsure: int
    seconds: float
    note: str


def candidates(
    package: Path, under: str, suffix: str = ".py", kinds: Sequence[str] = KINDS
) -> list[Symbol]:
    """The package's definitions of such kinds, in order; Python's special names left out."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = WorkCopy(package, Path(scratch), sys.executable)
        with Heaven.open(copy.root) as heaven:
            found = {
                (one.path, one.qualname): one
                for path in heaven.list_files()
                if path.endswith(suffix) and (path.startswith(f"{under}/") or under == ".")
                for one in heaven.symbols_in(path)
                if one.kind in kinds and not (one.name.startswith("__") and one.name.endswith("__"))
            }
    return [found[key] for key in sorted(found)]


def rename_one(copy: WorkCopy, symbol: Symbol) -> Outcome:
    """Rename in the copy, land the edits, run the suite."""
    name = f"{symbol.path}::{symbol.qualname}"
    copy.put_back()
    start = time.perf_counter()
    with Heaven.open(copy.root) as heaven:
        try:
            expansion = MACROS["RENAME_SYMBOL"](
                {"old": name, "new": f"{symbol.name}_renamed"}, heaven
            )
        except MacroRefused as error:
            seconds = time.perf_counter() - start
            return Outcome(name, "refused", 0, 0, seconds, error.message)
        staged = stage(expansion.edit, copy.root, symbols=heaven, blobs=heaven)
        land(staged, heaven, run="bench", owner_id=None)
    seconds = time.perf_counter() - start
    passed, first = copy.suite()
    unsure = len(expansion.unsure)
    verdict: Verdict = "passed"
    if not passed:
        verdict = "failed, unsure sites listed" if unsure else "FAILED SILENTLY"
    return Outcome(name, verdict, expansion.sure, unsure, seconds, first)


def main(arguments: Sequence[str] | None = None) -> int:
    """Rename, print a line each and the counts."""
    parser = argparse.ArgumentParser(prog="bench.renames", description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--python", default=sys.executable, help="what runs the suite")
    parser.add_argument("--under", help="where the symbols are taken from (src, or everything)")
    given = parser.parse_args(arguments)
    under = given.under or ("src" if (given.package / "src").is_dir() else ".")
    passes, first = run_suite(given.package, given.python)
    if not passes:
        print(f"the suite does not pass as it is: {first}", file=sys.stderr)
        return 2
    symbols = candidates(given.package, under)
    chosen = random.Random(given.seed).sample(symbols, min(given.count, len(symbols)))
    print(f"{len(chosen)} of {len(symbols)} symbols, seed {given.seed}")
    counts: Counter[Verdict] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        copy = WorkCopy(given.package, Path(scratch), given.python)
        for symbol in chosen:
            outcome = rename_one(copy, symbol)
            counts[outcome.verdict] += 1
            print(
                f"{outcome.verdict:28} {outcome.symbol}  {outcome.changed} tokens, "
                f"{outcome.unsure} unsure, {outcome.seconds:.2f} s  {outcome.note}",
                flush=True,
            )
    print(", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS))
    return 1 if counts["FAILED SILENTLY"] else 0


if __name__ == "__main__":
    sys.exit(main())
