"""What an edit costs: worked out against the file, and landed in it."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from pathlib import Path

from bench.table import Row, middle

LINES = 5_000
OPERATIONS = 1_000
ROUNDS = 9


def replace_lines(root: Path) -> Row:
    """1,000 `replace_line` operations on a file of 5,000 lines: staged, journalled, landed. The
    floor is the same file written anew and synced."""
    from genesis_ssmp.heaven import Heaven
    from genesis_ssmp.proto.anchors import prove_lines, split_file
    from genesis_ssmp.proto.edit_ir import EditIR, EditOp
    from genesis_ssmp.runtime.edits import land, stage

    with tempfile.TemporaryDirectory(dir=root, prefix=".bench-") as scratch:
        path = Path(scratch) / "app.py"
        took: list[float] = []
        floors: list[float] = []
        source = b"".join(b"value_%d = %d\n" % (number, number) for number in range(LINES))
        path.write_bytes(source)
        with Heaven.open(Path(scratch)) as heaven:
            for turn in range(ROUNDS):
                lines = split_file(source)
                blob = hashlib.sha256(source).hexdigest()
                ops = []
                for number in range(1, LINES + 1, LINES // OPERATIONS):
                    proof = prove_lines(lines, number, number, blob)
                    ops.append(
                        EditOp(
                            op="replace_line",
                            path=path.name,
                            anchor_hash=proof.anchor_hash,
                            span_hash=proof.span_hash,
                            base_blob=proof.base_blob,
                            lines=(number,),
                            content=f"value_{number} = {turn}  # changed\n",
                        )
                    )
                edit = EditIR(tuple(ops))
                start = time.perf_counter()
                staged = stage(edit, Path(scratch), symbols=heaven, blobs=heaven)
                land(staged, heaven, run="bench", owner_id=None)
                took.append(time.perf_counter() - start)
                source = path.read_bytes()
                start = time.perf_counter()
                _write_synced(Path(scratch) / "bare", source)
                floors.append(time.perf_counter() - start)
    return Row(
        f"{OPERATIONS:,} replace_line in {LINES:,} lines, staged and landed",
        middle(took, 1e3),
        "ms",
        bar=50.0,
        floor=middle(floors, 1e3),
        floor_is=f"write {len(source):,} bytes, fsync, rename",
        at_most=True,
    )


def _write_synced(path: Path, data: bytes) -> None:
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
