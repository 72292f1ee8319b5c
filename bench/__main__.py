"""`make bench`: figures, each beside its bar and, where there is one, a floor of the same run.

A floor is the least that the work could cost on this machine at this moment (an import, a bare
append with fdatasync), so that a ratio means the same on a fast machine and on a busy one. Exit
code 1 if a bar is missed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench import boot, compiler, debugging, edits, faults, server, storage, symbols, vm
from bench.table import Row, render

MEASURES = (
    compiler.whole_process,
    compiler.throughput,
    vm.instructions,
    debugging.going_about,
    storage.syscall,
    storage.append,
    storage.lease,
    boot.boot,
    edits.replace_lines,
    symbols.index,
    faults.definition,
    server.empty_request,
    server.definition,
    server.search,
    server.batch,
    server.appends,
    server.leases,
)


def main() -> None:
    """Measure everything, print the table. A missed bar is shown, and fails nothing: these machines
    are noisy, and speed is looked at, not asserted."""
    root = Path(__file__).resolve().parent.parent
    rows: list[Row] = []
    for measure in MEASURES:
        print(f"measuring {measure.__module__}.{measure.__name__} ...", file=sys.stderr, flush=True)
        measured = measure(root)
        rows.extend(measured if isinstance(measured, list) else [measured])
    print(render(rows), end="")


if __name__ == "__main__":
    main()
