"""The symbol index, over real trees: from nothing, again, and after one change.

The floor of a first index is to parse the same files with tree-sitter, in as many processes as
there are processors, and to throw the trees away; its figure is the slowest process's own, without
the time to start it, while the index's figure has its workers' start in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from bench.corpora import DJANGO, GO_TOOLS, RXJS, CorpusMissing, tree
from bench.table import Row

_TIMES: Final = 7
# A change so young could have another one after it with the same times: it is read again.
_SETTLED: Final = 2.2
_PARSE: Final = """
import sys, time
from pathlib import Path
from genesis_ssmp.heaven.index.languages import grammar, language_of
from tree_sitter import Parser
paths = sys.stdin.read().split("\\0")
parsers = {row: Parser(grammar(row)) for row in {language_of(path) for path in paths}}
start, cpu = time.perf_counter(), time.process_time()
for path in paths:
    parsers[language_of(path)].parse(Path(path).read_bytes())
print(time.perf_counter() - start, time.process_time() - cpu)
"""


def index(root: Path) -> list[Row]:
    """Django, a Go tree, a TypeScript tree."""
    rows: list[Row] = []
    for corpus in (DJANGO, GO_TOOLS, RXJS):
        try:
            rows.extend(_measure(corpus.name, tree(corpus), barred=corpus is DJANGO))
        except CorpusMissing as missing:
            rows.append(Row(f"index of {corpus.name}", 0.0, "ms", None, absent=str(missing)))
    return rows


def _measure(name: str, place: Path, *, barred: bool) -> list[Row]:
    from genesis_ssmp.heaven.index.symbols import SymbolIndex
    from genesis_ssmp.heaven.index.workers import processors

    _settle(place)
    with tempfile.TemporaryDirectory() as scratch:
        start, spent = time.perf_counter(), _spent()
        opened = SymbolIndex(place, Path(scratch) / "index.sqlite")
        files = opened.build().files
        cold, spent = time.perf_counter() - start, _spent() - spent
        paths = opened.ask(opened.paths)
        floor, parsing = _parse([str(place / path) for path in paths], processors())
        opened.build()
        again = [_timed(opened.build) for _ in range(_TIMES)]
        victim = place / max(paths, key=lambda path: (place / path).stat().st_size // 20_000 == 1)
        before = victim.read_bytes()
        changed = []
        try:
            for number in range(_TIMES):
                mark = "#" if victim.suffix == ".py" else "//"
                victim.write_bytes(before + f"\n{mark} change {number}\n".encode())
                changed.append(_timed(opened.build))
        finally:
            victim.write_bytes(before)
        opened.close()
    rows = [
        Row(
            f"index of {name}, {files:,} files, every fact, from nothing",
            cold * 1e3,
            "ms",
            1.5 if barred else None,
            floor * 1e3,
            f"parsing on {processors()}",
        ),
        Row("  processor time of it, all processes", spent * 1e3, "ms", None, parsing * 1e3,
            "parsing"),
        Row("  again, nothing changed, open", median(again) * 1e3, "ms", 150 if barred else None,
            at_most=True),
        Row("  again, one file changed, open", median(changed) * 1e3, "ms",
            60 if barred else None, at_most=True),
    ]  # fmt: skip
    return rows + _processes(place) if barred else rows


def _processes(place: Path) -> list[Row]:
    """The same by `aa index`, which starts anew each time."""
    _settle(place)
    shutil.rmtree(place / ".heaven", ignore_errors=True)
    command = [str(Path(sys.executable).with_name("aa")), "index", "--json", "--repo", str(place)]

    environment = dict(os.environ)
    # The first run leaves compiled modules behind, as an installation does.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run() -> None:
        subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True)

    run()
    again = [_timed(run) for _ in range(_TIMES)]
    shutil.rmtree(place / ".heaven")
    return [
        Row("  again, nothing changed, `aa index`", median(again) * 1e3, "ms", 150, at_most=True)
    ]


def _spent() -> float:
    """Seconds of processor time of this process, and of those that it started and that ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _parse(paths: list[str], processes: int) -> tuple[float, float]:
    """Seconds to parse the files, by so many processes at once, and of processor time."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _PARSE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(processes)
    ]
    for number, process in enumerate(running):
        if process.stdin is not None:
            process.stdin.write("\0".join(paths[number::processes]))
            process.stdin.close()
    seconds = [process.stdout.read().split() for process in running if process.stdout is not None]
    for process in running:
        process.wait()
    return max(float(wall) for wall, _ in seconds), sum(float(cpu) for _, cpu in seconds)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _settle(place: Path) -> None:
    """Wait until every file is old enough for its times to be trusted."""
    newest = max(
        os.lstat(Path(where) / name).st_ctime
        for where, directories, files in os.walk(place)
        for name in (*files, *directories)
    )
    time.sleep(max(0.0, newest + _SETTLED - time.time()))
