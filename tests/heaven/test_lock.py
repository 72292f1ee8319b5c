from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven, HeavenInUse
from genesis_ssmp.heaven.lock import FileLock, holder_of
from kit.clock import FrozenClock

HOLD = """
import sys
from pathlib import Path
from genesis_ssmp.heaven import Heaven
heaven = Heaven.open(Path(sys.argv[1]))
heaven.append("held", {})
print("ready", flush=True)
sys.stdin.readline()
"""

TRY = """
import sys
from pathlib import Path
from genesis_ssmp.heaven import Heaven, HeavenInUse
try:
    Heaven.open(Path(sys.argv[1]))
except HeavenInUse as error:
    print(error.pid)
"""


def hold(root: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def test_trap_a_second_process_is_told_who_has_it(tmp_path: Path) -> None:
    with Heaven.open(tmp_path):
        answer = subprocess.run(
            [sys.executable, "-c", TRY, str(tmp_path)], capture_output=True, text=True, check=True
        )
    assert answer.stdout == f"{os.getpid()}\n"


def test_a_killed_holder_leaves_no_obstacle_and_its_file_names_nobody(tmp_path: Path) -> None:
    child = hold(tmp_path)
    lock_file = tmp_path / ".heaven" / "lock"
    with pytest.raises(HeavenInUse) as refusal:
        Heaven.open(tmp_path)
    assert refusal.value.pid == child.pid == holder_of(lock_file)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert json.loads(lock_file.read_text())["pid"] == child.pid
    assert holder_of(lock_file) is None
    with Heaven.open(tmp_path) as heaven:
        assert [event.kind for event in heaven.events()] == ["held"]


def test_the_same_process_does_not_open_twice(tmp_path: Path) -> None:
    with Heaven.open(tmp_path), pytest.raises(HeavenInUse) as refusal:
        Heaven.open(tmp_path / "." / "x" / "..")
    assert refusal.value.pid == os.getpid()
    Heaven.open(tmp_path).close()


def test_readers_need_no_lock(tmp_path: Path) -> None:
    child = hold(tmp_path)
    with Heaven.open(tmp_path, read_only=True) as reader:
        assert [event.kind for event in reader.events()] == ["held"]
    child.communicate("\n")


def test_a_forked_child_does_not_keep_its_parents_lock(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock", started="now")
    forked, tell_forked = os.pipe()
    leave, tell_leave = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(tell_leave)
        os.write(tell_forked, b".")
        os.read(leave, 1)
        os._exit(0)
    os.read(forked, 1)
    lock._drop()  # without `release`, as by a parent that died
    FileLock(tmp_path / "lock", started="now").release()
    for end in (forked, tell_forked, leave, tell_leave):
        os.close(end)
    os.waitpid(child, 0)


def test_the_file_says_who_and_since_when(tmp_path: Path) -> None:
    with Heaven.open(tmp_path, clock=FrozenClock()):
        assert json.loads((tmp_path / ".heaven" / "lock").read_text()) == {
            "pid": os.getpid(),
            "started": "2026-01-01T12:00:00.000000Z",
        }
    assert holder_of(tmp_path / ".heaven" / "lock") is None
    assert holder_of(tmp_path / "absent") is None


def test_a_failed_opening_lets_go_of_the_lock(tmp_path: Path) -> None:
    Heaven.open(tmp_path).close()
    (tmp_path / ".heaven" / "format").write_text("99\n")
    for _ in range(2):
        with pytest.raises(Exception, match="format 99"):
            Heaven.open(tmp_path)
