"""Page faults of an embedded Heaven: a small package, and a tree of thousands of files."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from bench.corpora import DJANGO, CorpusMissing, tree
from bench.table import Row, middle

ROUNDS = 400
SETTLING_SECONDS = 2.2
"""A file that was changed less than two seconds ago is read again at each question about it, since
a file system's clock may not tell two changes apart. Nobody's repository is that young for long."""


def definition(root: Path) -> list[Row]:
    """PF_SYMDEF with source, callers and tests, each time for a mission that has seen nothing."""
    import click

    rows = [_definition(root, "click", Path(click.__file__).parent, "Context.invoke")]
    try:
        rows.append(_definition(root, "Django", tree(DJANGO), "QuerySet.filter"))
    except CorpusMissing as missing:
        rows.append(Row("embedded: PF_SYMDEF in Django", 0.0, "us", None, absent=str(missing)))
    return rows


def _definition(root: Path, what: str, source: Path, symbol: str) -> Row:
    from genesis_ssmp.heaven import Heaven
    from genesis_ssmp.proto.pf import Args, Request

    with tempfile.TemporaryDirectory(prefix=".bench-", dir=root) as scratch:
        copied = Path(scratch) / "tree"
        shutil.copytree(source, copied, ignore=shutil.ignore_patterns(".heaven", ".git"))
        time.sleep(SETTLING_SECONDS)
        with Heaven.open(copied) as heaven:
            files = heaven.build_index().files
            times: list[float] = []
            for number in range(ROUNDS + 50):
                request = Request("PF_SYMDEF", Args(mission_id=f"m{number}", symbol=symbol))
                start = time.perf_counter()
                heaven.fault(request)
                times.append(time.perf_counter() - start)
    name = f"embedded: PF_SYMDEF in {what} ({files:,} files), p50"
    return Row(name, middle(times[50:], 1e6), "us", 200, at_most=True)
