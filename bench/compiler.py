"""The compiler: one whole process, and lines a second over all passes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.table import Row, middle

ROUNDS = 15
LINES = 5_000


def whole_process(root: Path) -> Row:
    """`aac build` of an example against importing the two libraries that it needs."""
    example = root / "examples" / "feature.isa"
    aac = Path(sys.executable).parent / "aac"
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{scratch}/pycache"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        copied = shutil.copy(example, scratch)
        build = [str(aac), "build", str(copied)]
        floor = [sys.executable, "-c", "import lark, click"]

        def timed(argv: list[str]) -> float:
            start = time.perf_counter()
            subprocess.run(argv, check=True, capture_output=True, env=environment)
            return time.perf_counter() - start

        for argv in (build, floor):
            timed(argv)
        pairs = [(timed(build), timed(floor)) for _ in range(ROUNDS)]
    return Row(
        "aac build examples/feature.isa, whole process",
        middle([ours for ours, _ in pairs], 1000),
        "ms",
        1.5,
        middle([bare for _, bare in pairs], 1000),
        "import lark, click",
    )


def program(lines: int) -> str:
    """An ISA program of about `lines` lines, in sections of ten, with every kind of argument."""
    parts = ["ISA_VERSION 0", "PARAM who world", "BASE_REV HEAD", "LEASE directory:src", ""]
    section = 0
    while len(parts) < lines:
        section += 1
        parts += [
            f"LABEL step-{section}",
            f"NEED symdef Thing{section}.method signature  # what it is",
            f"NEED callers thing_{section} 10",
            f"NEED slice src/file_{section}.py {section} 40",
            f"OP Change thing {section} for ${{who}}, see issue #{section}",
            f'INVARIANT "Rule {section % 50}"',
            f"OP RENAME_SYMBOL thing_{section} other_{section}",
            f"RUN test tests/test_{section}.py",
            "ASSERT all tests pass",
            "IF_FAIL RETRY 2",
        ]
    return "\n".join(parts) + "\n"


def throughput(root: Path) -> Row:
    """All passes, code generation, verification and encoding, in this process."""
    from genesis_ssmp.aa.encode import encode
    from genesis_ssmp.aa.source import Source
    from genesis_ssmp.aa.verify import verify
    from genesis_ssmp.isa.compile import compile_source

    source = Source("bench.isa", program(LINES))
    count = len(source.lines())
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        compiled = compile_source(source)
        if compiled.module is None:
            raise SystemExit(f"the generated program does not compile: {compiled.diagnostics[:3]}")
        if verify(compiled.module):
            raise SystemExit("the generated program does not verify")
        encode(compiled.module)
        seconds.append(time.perf_counter() - start)
    return Row(
        f"compile, verify and encode {count:,} lines",
        count / middle(seconds, 1),
        "lines/s",
        10_000,
    )
