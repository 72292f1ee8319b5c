from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.discovery import (
    ServerInfo,
    announce,
    find_server,
    new_token,
    server_file,
    token_file,
    withdraw,
)
from kit.server import serving

STARTED = "2026-01-01T12:00:00.000000Z"


def info(state: Path, pid: int) -> ServerInfo:
    return ServerInfo(pid, "127.0.0.1", 4444, str(token_file(state)), STARTED)


def test_a_running_server_is_found_with_its_token(tmp_path: Path) -> None:
    with Heaven.open(tmp_path) as heaven, serving(heaven) as server:
        found = find_server(tmp_path)
        assert found == server.info
        assert found.token() == server.token
        assert found.url == f"http://127.0.0.1:{found.port}"
        assert json.loads(server_file(heaven.state).read_text())["pid"] == os.getpid()


def test_nothing_is_found_where_nothing_serves(tmp_path: Path) -> None:
    assert find_server(tmp_path) is None
    assert find_server(tmp_path / "absent") is None
    with Heaven.open(tmp_path):
        assert find_server(tmp_path) is None


def test_the_files_are_gone_after_a_stop(tmp_path: Path) -> None:
    with Heaven.open(tmp_path) as heaven:
        with serving(heaven):
            assert server_file(heaven.state).exists()
        assert not server_file(heaven.state).exists()
        assert not token_file(heaven.state).exists()


def test_what_a_dead_server_left_is_not_believed(tmp_path: Path) -> None:
    script = (
        "import sys, os\nfrom pathlib import Path\n"
        "from genesis_ssmp.heaven import Heaven\n"
        "from genesis_ssmp.heaven.discovery import ServerInfo, announce, new_token, token_file\n"
        "heaven = Heaven.open(Path(sys.argv[1]))\n"
        "new_token(heaven.state)\n"
        "announce(heaven.state, ServerInfo(os.getpid(), '127.0.0.1', 1,"
        " str(token_file(heaven.state)), 'now'))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    state = tmp_path / ".heaven"
    assert server_file(state).exists()
    assert find_server(tmp_path) is None
    # Another process that only works with Heaven, without serving, is no server either.
    with Heaven.open(tmp_path):
        assert find_server(tmp_path) is None


def test_a_number_used_again_by_another_process_is_not_believed(tmp_path: Path) -> None:
    """The pid in the file lives, but does not hold the lock."""
    Heaven.open(tmp_path).close()
    announce(tmp_path / ".heaven", info(tmp_path / ".heaven", os.getpid()))
    assert find_server(tmp_path) is None


def test_a_file_that_is_damaged_is_no_server(tmp_path: Path) -> None:
    with Heaven.open(tmp_path) as heaven:
        for text in ("", "{", "[]", '{"pid": "1"}', '{"pid": 1}'):
            server_file(heaven.state).write_text(text)
            assert find_server(tmp_path) is None


def test_each_server_has_a_token_of_its_own_that_replaces_the_last(tmp_path: Path) -> None:
    with Heaven.open(tmp_path) as heaven:
        token_file(heaven.state).write_text("old")
        token_file(heaven.state).chmod(0o644)
        tokens = {new_token(heaven.state) for _ in range(3)}
        assert len(tokens) == 3
        assert all(len(token) >= 43 for token in tokens)
        assert token_file(heaven.state).stat().st_mode & 0o777 == 0o600
        withdraw(heaven.state)
        withdraw(heaven.state)
        assert not token_file(heaven.state).exists()


def test_the_next_holder_of_the_lock_takes_the_files_of_a_dead_server_away(tmp_path: Path) -> None:
    """It may have the number of the dead one, and would be taken for it."""
    Heaven.open(tmp_path).close()
    state = tmp_path / ".heaven"
    new_token(state)
    announce(state, info(state, os.getpid()))
    with Heaven.open(tmp_path):
        assert find_server(tmp_path) is None
        assert not server_file(state).exists() and not token_file(state).exists()
