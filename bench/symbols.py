"""The symbol index."""

from __future__ import annotations

import shutil
import sysconfig
import tempfile
import time
from pathlib import Path

from bench.table import Row


def index(root: Path) -> Row:
    """Indexing real code, the sources of click, once from nothing: lines a second."""
    from genesis_ssmp.heaven import Heaven

    package = Path(sysconfig.get_paths()["purelib"]) / "click"
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(package, Path(scratch) / "click")
        count = sum(
            path.read_bytes().count(b"\n") for path in (Path(scratch) / "click").rglob("*.py")
        )
        with Heaven.open(Path(scratch)) as heaven:
            start = time.perf_counter()
            heaven.build_index()
            seconds = time.perf_counter() - start
    return Row(f"symbol index of {count:,} lines", count / seconds, "lines/s", None)
