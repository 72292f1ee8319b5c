"""A run that is killed or interrupted: real processes, real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime import runs
from kit.angel import edit_answer, write_script
from kit.repository import Repository, make_repository

PROGRAM = "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nOP Swap them\nRUN test\n"
SWAP = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return b + a\n"}
)
BLOCKING = """\
import os


def test_blocks():
    with open({started!r}, "w") as fifo:
        fifo.write(str(os.getpid()))
    with open({never!r}) as fifo:
        fifo.read()
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The calculator with a test that says when it runs, and then waits for ever."""
    repository = make_repository(tmp_path / "repo")
    for name in ("started", "never"):
        os.mkfifo(tmp_path / name)
    blocking = BLOCKING.format(started=str(tmp_path / "started"), never=str(tmp_path / "never"))
    repository.write("tests/test_blocks.py", blocking)
    (tmp_path / "task.isa").write_text(PROGRAM)
    write_script(tmp_path / "script.json", SWAP)
    return repository


def started(repository: Repository) -> tuple[subprocess.Popen[str], int]:
    """`aa run`, with its test running: the process, and the pid of the test's."""
    outside = repository.root.parent
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", "from genesis_ssmp.cli.aa import main; main()"),
            *("run", str(outside / "task.isa"), "--angel", f"scripted:{outside / 'script.json'}"),
        ],
        cwd=repository.root,
        stderr=subprocess.PIPE,
        text=True,
    )
    with (outside / "started").open() as fifo:
        return process, int(fifo.read())


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_ctrl_c_undoes_the_edits_and_stops_the_tests(repository: Repository) -> None:
    before = repository.tree()
    process, test_pid = started(repository)
    assert repository.tree() != before
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert repository.tree() == before
    assert gone(test_pid)
    with Heaven.open(repository.root) as heaven:
        assert runs.find(heaven, "last").status == "abandoned"
        assert heaven.active_leases() == ()


def test_after_kill_9_the_next_run_is_told_and_not_locked_out(repository: Repository) -> None:
    process, test_pid = started(repository)
    process.kill()
    process.communicate(timeout=60)
    os.kill(test_pid, signal.SIGKILL)
    outside = repository.root.parent
    (repository.root / "tests/test_blocks.py").unlink()
    (outside / "check.isa").write_text("ISA_VERSION 0\nBASE_REV HEAD\nRUN test\n")
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from genesis_ssmp.cli.aa import main; main()"),
            *("run", str(outside / "check.isa")),
        ],
        cwd=repository.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "run r1 was cut off before it ended" in done.stderr
    assert "return b + a" in repository.read("calc/core.py"), "what had landed stays"
    with Heaven.open(repository.root) as heaven:
        first, second = runs.all_runs(heaven)
        assert (first.status, second.status) == ("interrupted", "done")
        (entry,) = [e for e in runs.entries(heaven, first) if e.op == "RUN"]
        assert entry.result is None, "the check that was going on is in doubt"
