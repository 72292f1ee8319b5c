"""A rename that changes 200 files, beside writing those files and syncing them bare."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.table import Row

_FILES = 200
_TIMES = 5


def rename(root: Path) -> list[Row]:
    """A function that 200 files import and call; the Heaven is open and its index is fresh."""
    from genesis_ssmp.heaven import Heaven
    from genesis_ssmp.runtime.edits import land, stage
    from genesis_ssmp.stdlib import MACROS

    with tempfile.TemporaryDirectory(dir=root) as scratch:
        place = Path(scratch)
        (place / "core.py").write_text("def shared(x):\n    return x\n")
        body = "\n\n".join(f"def f{n}(x):\n    return shared(x) + {n}" for n in range(40))
        for number in range(_FILES - 1):
            (place / f"m{number}.py").write_text(f"from core import shared\n\n\n{body}\n")
        whole: list[float] = []
        expanding: list[float] = []
        with Heaven.open(place) as heaven:
            for turn in range(_TIMES + 1):
                old, new = ("shared", "common") if turn % 2 == 0 else ("common", "shared")
                start = time.perf_counter()
                found = MACROS["RENAME_SYMBOL"]({"old": old, "new": new}, heaven)
                expanded = time.perf_counter()
                staged = stage(found.edit, place, symbols=heaven, blobs=heaven)
                land(staged, heaven, run="bench", owner_id=None)
                # The first turn reads what the others find in memory.
                if turn:
                    whole.append(time.perf_counter() - start)
                    expanding.append(expanded - start)
        floor = median(_bare(place) for _ in range(_TIMES))
    what = f"rename that changes {_FILES} files, warm"
    bare = f"writing and syncing {_FILES} files"
    return [
        Row(what, median(whole) * 1000, "ms", 2000.0, floor * 1000, bare, at_most=True),
        Row("  of it finding the places, and the edit", median(expanding) * 1000, "ms", None),
    ]


def _bare(place: Path) -> float:
    contents = [(path, path.read_bytes()) for path in sorted(place.glob("*.py"))]
    start = time.perf_counter()
    for path, content in contents:
        beside = path.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(descriptor, content)
        os.fsync(descriptor)
        os.close(descriptor)
        beside.replace(path)
    return time.perf_counter() - start
