"""Run the seven scenarios on iniconfig 2.3.0, and say what each cost and whether it held.

    python -m bench.scenarios [NAME...] [--angel SPEC] [--record DIR] [--json]

Each is a program beside this file (`fix.isa`), carried out by `aa run` in a fresh copy of the
project. The angel is any that `aa run --angel` takes; without one it is `replay:` of the recording
in `recordings/`. Those were made from answers written by hand (`scripts/`): their token counts are
what the prompts and answers amount to, and say nothing about a model's skill. `--record DIR` keeps
what the angel answers, to be replayed with `--angel replay:DIR/NAME.jsonl`.

The project comes from PyPI and is kept outside of the repository. Exit code 1 if a scenario failed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.corpora import Corpus, CorpusMissing, tree

HERE: Final = Path(__file__).parent
NAMES: Final = ("improve", "multi_turn", "fix", "feature", "tests_only", "docs_only", "refactor")
PROJECT: Final = Corpus(
    "iniconfig 2.3.0",
    (
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
        "iniconfig==2.3.0",
    ),
)  # fmt: skip
_AA: Final = Path(sys.executable).with_name("aa")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`tokens` are new ones in and all out, as the budget counts them; `tests` what the project's
    suite says afterwards; `lines` how many the scenario added and took away."""

    name: str
    status: str
    tests: str
    turns: int
    tokens: int
    faults: int
    lines: str
    seconds: float
    message: str

    @property
    def held(self) -> bool:
        return self.status == "done" and "failed" not in self.tests and "error" not in self.tests


def run(name: str, angel: str) -> Outcome:
    """Carry out one scenario in a copy of the project. Raises CorpusMissing."""
    (project,) = tree(PROJECT).iterdir()
    with tempfile.TemporaryDirectory(prefix="genesis-scenario-") as scratch:
        root = Path(shutil.copytree(project, Path(scratch) / project.name))
        started = time.perf_counter()
        done = _aa("run", str(HERE / f"{name}.isa"), "--angel", angel, "--json", cwd=root)
        seconds = time.perf_counter() - started
        result = json.loads(done)
        run_name = result.get("run")
        entries = _entries(root, run_name) if run_name else []
        diff = json.loads(_aa("diff", run_name, "--json", cwd=root)) if run_name else {}
        changed = str(diff.get("diff", "")).splitlines()
        added = sum(line.startswith("+") and not line.startswith("+++") for line in changed)
        taken = sum(line.startswith("-") and not line.startswith("---") for line in changed)
        return Outcome(
            name=name,
            status=str(result.get("status") or "refused"),
            tests=_suite(root),
            turns=sum(one.get("op") == "ANGEL" for one in entries),
            tokens=int(result.get("tokens") or 0),
            faults=sum(str(one.get("op", "")).startswith("FAULT") for one in entries),
            lines=f"+{added} -{taken}",
            seconds=seconds,
            message=str(result.get("message") or ""),
        )


def _entries(root: Path, run_name: str) -> list[dict[str, Any]]:
    found = json.loads(_aa("log", run_name, "--json", cwd=root))
    steps = found.get("syscalls") or found.get("entries") or []
    return [one for one in steps if isinstance(one, dict)]


def _aa(*arguments: str, cwd: Path) -> str:
    done = subprocess.run([_AA, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("{"):
        raise SystemExit(f"aa {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def _suite(root: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout.strip().splitlines() or ["no output"])[-1].partition(" in ")[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run those that are named, or all, and print a row each."""
    parser = argparse.ArgumentParser(
        prog="bench.scenarios",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--angel", help="any that `aa run` takes; without: the recordings")
    parser.add_argument("--record", type=Path, metavar="DIR", help="keep the angel's answers")
    parser.add_argument("--json", action="store_true", help="one JSON object a scenario")
    given = parser.parse_args(arguments)
    unknown = [one for one in given.names if one not in NAMES]
    if unknown:
        parser.error(f"there is no scenario {unknown[0]!r}; there are {', '.join(NAMES)}")
    held = True
    if not given.json:
        print(
            f"{'scenario':11} {'status':9} {'turns':>5} {'faults':>6} {'tokens':>7} "
            f"{'lines':>8} {'s':>5}  tests"
        )
    for name in given.names or NAMES:
        angel = given.angel or f"replay:{HERE / 'recordings' / name}.jsonl"
        if given.record is not None:
            given.record.mkdir(parents=True, exist_ok=True)
            angel = f"record:{given.record.resolve() / name}.jsonl={angel}"
        try:
            outcome = run(name, angel)
        except CorpusMissing as missing:
            print(f"the project cannot be had here: {missing}", file=sys.stderr)
            return 2
        held = held and outcome.held
        if given.json:
            print(json.dumps(asdict(outcome)), flush=True)
            continue
        print(
            f"{name:11} {outcome.status:9} {outcome.turns:>5} {outcome.faults:>6} "
            f"{outcome.tokens:>7,} {outcome.lines:>8} {outcome.seconds:>5.1f}  {outcome.tests}"
            + (f"  ({outcome.message})" if outcome.message else ""),
            flush=True,
        )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
