"""Bounded children: time, output, and nobody left behind."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from genesis_ssmp.runtime.checks import process
from genesis_ssmp.runtime.checks.process import Finished, run_process


def run(tmp_path: Path, code: str, *, timeout: float = 20.0, lines: list[str] | None = None):  # type: ignore[no-untyped-def]
    return run_process(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=dict(os.environ),
        timeout=timeout,
        on_line=None if lines is None else lines.append,
    )


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie whose new parent has not reaped it yet is dead for our purpose.
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def wait_until_dead(pid: int) -> bool:
    end = time.monotonic() + 5
    while alive(pid) and time.monotonic() < end:
        os.sched_yield()
    return not alive(pid)


def test_lines_of_both_streams_arrive_in_the_order_they_were_written(tmp_path: Path) -> None:
    code = (
        "import sys\nfor i in range(3):\n print('out', i, flush=True)\n"
        " print('err', i, file=sys.stderr, flush=True)\nsys.stdout.write('no newline')"
    )
    lines: list[str] = []
    done: Finished = run(tmp_path, code, lines=lines)
    assert lines == ["out 0", "err 0", "out 1", "err 1", "out 2", "err 2", "no newline"]
    assert done.output.decode().splitlines() == lines
    assert done.output_hash == hashlib.sha256(done.output).hexdigest()
    assert done.exit_code == 0


def test_the_exit_code_is_the_childs_and_a_signal_is_128_plus_its_number(tmp_path: Path) -> None:
    assert run(tmp_path, "raise SystemExit(7)").exit_code == 7
    killed = run(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert killed.exit_code == 128 + signal.SIGKILL


def test_a_child_that_takes_too_long_is_stopped_with_its_children(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(p.pid, flush=True)\ntime.sleep(60)"
    )
    started = time.monotonic()
    done = run(tmp_path, code, timeout=1.0)
    assert done.timed_out and done.exit_code == 124
    assert time.monotonic() - started < 10
    assert wait_until_dead(int(done.output.split()[0]))


def test_a_child_that_ignores_sigterm_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "TERM_SECONDS", 0.2)
    code = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\ntime.sleep(60)"
    )
    started = time.monotonic()
    assert run(tmp_path, code, timeout=1.0).timed_out
    assert time.monotonic() - started < 10


def test_a_grandchild_that_keeps_the_pipe_does_not_hang_us_and_does_not_survive(
    tmp_path: Path,
) -> None:
    code = (
        "import os, time\npid = os.fork()\n"
        "if pid == 0:\n time.sleep(60)\n os._exit(0)\n"
        "print(pid, flush=True)"
    )
    started = time.monotonic()
    done = run(tmp_path, code, timeout=30)
    assert time.monotonic() - started < 5
    assert done.exit_code == 0 and not done.timed_out
    assert wait_until_dead(int(done.output.split()[0]))


def test_a_daemon_in_a_session_of_its_own_does_not_hang_us(tmp_path: Path) -> None:
    code = (
        "import os, time\npid = os.fork()\n"
        "if pid == 0:\n os.setsid()\n time.sleep(60)\n os._exit(0)\n"
        "print(pid, flush=True)"
    )
    started = time.monotonic()
    done = run(tmp_path, code, timeout=30)
    os.kill(int(done.output.split()[0]), signal.SIGKILL)
    assert time.monotonic() - started < 5
    assert done.exit_code == 0


def test_an_exception_while_reading_kills_the_group_and_goes_on(tmp_path: Path) -> None:
    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        run_process(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=dict(os.environ),
            timeout=30,
            on_line=interrupt,
        )
    assert wait_until_dead(pids[0])


def test_long_output_keeps_its_head_and_tail_and_the_hash_of_all(tmp_path: Path) -> None:
    code = (
        "import sys\nsys.stdout.write('HEAD' + 'x' * 2_000_000 + '\\n' + 'y' * 1_000_000 + 'TAIL')"
    )
    lines: list[str] = []
    done = run(tmp_path, code, lines=lines)
    whole = b"HEAD" + b"x" * 2_000_000 + b"\n" + b"y" * 1_000_000 + b"TAIL"
    assert done.output.startswith(b"HEAD") and done.output.endswith(b"TAIL")
    assert b"bytes of output left out here" in done.output
    assert len(done.output) < process.HEAD_BYTES + process.TAIL_BYTES + 200_000
    assert done.output_hash == hashlib.sha256(whole).hexdigest()
    assert max(map(len, lines)) <= process.LINE_BYTES
    assert sum(map(len, lines)) == len(whole) - 1


def test_output_that_is_not_utf8_is_kept_as_it_is(tmp_path: Path) -> None:
    lines: list[str] = []
    done = run(tmp_path, r"import sys; sys.stdout.buffer.write(b'\xff\xfe\n')", lines=lines)
    assert done.output == b"\xff\xfe\n"
    assert lines == ["��"]


def test_a_command_that_does_not_exist_raises_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_process(["/nowhere/at-all"], cwd=tmp_path, env={}, timeout=1)
