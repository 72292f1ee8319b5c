"""`aa serve` as a process: how it starts, is found, and ends."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.client import HeavenClient
from genesis_ssmp.heaven.discovery import find_server
from genesis_ssmp.heaven.errors import HeavenUnreachable
from genesis_ssmp.proto.leases import Scope
from kit.repository import Repository, make_repository
from kit.served import AA, Served, aa, served

ROOT = Path(__file__).parents[2]
RENAME = "ISA_VERSION 0\nBASE_REV HEAD\nOP RENAME_SYMBOL Add plus\nRUN test\nIF_FAIL RETRY 1\n"


def test_it_says_where_it_is_and_other_commands_find_it(repository: Repository) -> None:
    with served(repository.root) as server:
        found = find_server(repository.root)
        assert found is not None
        assert (found.url, found.pid) == (server.url, server.process.pid)
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
        assert stat.S_IMODE(Path(found.token_file).stat().st_mode) == 0o600
        with HeavenClient(server.url, server.token) as client:
            client.append("note", {})
            client.acquire("agent", "m", [Scope("file", "calc/core.py")])
        status = json.loads(aa("status", "--json", cwd=repository.root).stdout)
        assert status["events"] == 2
        assert "file:calc/core.py (agent" in status["leases"][0]
        indexed = json.loads(aa("index", "--json", cwd=repository.root).stdout)
        assert indexed["symbols"] >= 4
        assert aa("log", cwd=repository.root).stdout == "no runs yet\n"


def test_a_second_server_names_the_first(repository: Repository) -> None:
    with served(repository.root) as server:
        said = aa("serve", "--port", "0", cwd=repository.root)
        assert said.returncode == 4
        assert server.url in said.stderr and str(server.process.pid) in said.stderr
        assert find_server(repository.root) is not None


@pytest.mark.parametrize(
    "arguments",
    [("log",), ("log", "last"), ("diff",), ("why", "calc/core.py:4"), ("replay",), ("status",)],
    ids=" ".join,
)
def test_a_question_is_answered_beside_a_server_as_without(
    served_after_a_rename: Repository, arguments: tuple[str, ...]
) -> None:
    beside = aa(*arguments, cwd=served_after_a_rename.root)
    assert (beside.returncode, beside.stderr) == (0, "")
    copy = served_after_a_rename.root.with_name("copy")
    shutil.copytree(served_after_a_rename.root, copy)
    alone = aa(*arguments, cwd=copy)
    assert beside.stdout == alone.stdout.replace(str(copy), str(served_after_a_rename.root))
    shutil.rmtree(copy)


def test_prompts_are_stored_and_shown_through_a_server_as_without(
    repository: Repository, tmp_path: Path
) -> None:
    alone = make_repository(tmp_path / "alone")
    commands = (
        ("prompt", "store", "TASK.md"),
        ("prompt", "list"),
        ("prompt", "show", "PROMPT"),
        ("prompt", "show", "PROMPT", "1"),
        ("prompt", "show", "PROMPT", "--text"),
        ("prompt", "show", "PROMPT", "9"),
        ("prompt", "show", "ffffffff"),
    )
    with served(repository.root):
        for arguments in commands:
            said = []
            for one in (repository, alone):
                text = one.write("TASK.md", "# Goal\nShort.\n\n# Examples\nNone.\n").read_bytes()
                prompt = hashlib.sha256(text).hexdigest()[:12]
                done = aa(*(a.replace("PROMPT", prompt) for a in arguments), cwd=one.root)
                out = re.sub(r"\d{4}-\S+Z", "TIME", done.stdout)
                said.append((done.returncode, out, done.stderr))
            assert said[0] == said[1]
            assert said[0][0] == (2 if arguments[-1] in ("9", "ffffffff") else 0)


@pytest.fixture(scope="module")
def served_after_a_rename(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    repository = make_repository(tmp_path_factory.mktemp("served") / "repository")
    repository.write("rename.isa", RENAME.replace("RUN test\nIF_FAIL RETRY 1\n", ""))
    with served(repository.root):
        done = aa("run", "rename.isa", "-q", cwd=repository.root)
        assert done.returncode == 0, done.stderr
        yield repository


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order_and_takes_its_files_away(
    repository: Repository, number: signal.Signals
) -> None:
    state = repository.root / ".heaven"
    with served(repository.root) as server:
        with HeavenClient(server.url, server.token) as client:
            client.append("note", {"n": 1})
            server.process.send_signal(number)
            _, complaint = server.process.communicate(timeout=30)
        assert (server.process.returncode, complaint) == (0, "")
    assert not (state / "server.json").exists()
    assert not (state / "server.token").exists()
    with Heaven.open(repository.root) as heaven:
        assert [event.kind for event in heaven.events()] == ["note"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_answered_survives_the_end_under_load(
    repository: Repository, number: signal.Signals
) -> None:
    """Eight writers at once, the server stopped or killed in their midst: each answer is kept."""
    kept: list[tuple[int, int, str]] = []
    leases: list[str] = []
    enough = threading.Event()

    def write(number: int, server: Served) -> None:
        with HeavenClient(server.url, server.token, timeout=20) as client:
            count = 0
            while True:
                count += 1
                try:
                    event = client.append("note", {"writer": number, "n": count})
                    kept.append((number, count, event.hash))
                    scope = Scope("file", f"{number}-{count}.py")
                    granted = client.acquire(f"w{number}", "m", [scope])
                    leases.append(granted.acquired[0].lease_id)
                except HeavenUnreachable:
                    return
                if len(kept) > 150:
                    enough.set()

    with served(repository.root) as server:
        writers = [threading.Thread(target=write, args=(n, server)) for n in range(8)]
        for writer in writers:
            writer.start()
        assert enough.wait(60)
        server.process.send_signal(number)
        for writer in writers:
            writer.join()
        server.process.communicate(timeout=30)
    with Heaven.open(repository.root) as heaven:
        assert heaven.last_seq > 150
        logged = {
            (event.data["writer"], event.data["n"], event.hash)
            for event in heaven.events(kinds={"note"})
        }
        assert set(kept) <= logged
        assert set(leases) <= {lease.lease_id for lease in heaven.active_leases()}


def test_after_a_kill_the_next_server_starts_as_if_nothing_were_there(
    repository: Repository,
) -> None:
    with served(repository.root) as server:
        old = server.token
        server.process.kill()
        server.process.wait()
        assert (repository.root / ".heaven" / "server.json").exists()
        assert find_server(repository.root) is None
        assert aa("status", cwd=repository.root).returncode == 0
    with served(repository.root) as again, HeavenClient(again.url, again.token) as client:
        assert again.token != old
        assert client.status().state_rev == 0


def test_another_machine_is_let_in_only_when_asked_for(repository: Repository) -> None:
    said = aa("serve", "--host", "0.0.0.0", "--port", "0", cwd=repository.root)
    assert said.returncode == 2
    assert "--allow-remote" in said.stderr
    with served(repository.root, "--host", "0.0.0.0", "--allow-remote") as server:
        assert server.url.startswith("http://127.0.0.1:")
        with HeavenClient(server.url, server.token) as client:
            assert client.status().state_rev == 0


def test_a_port_that_is_taken_is_a_problem_with_a_hint(repository: Repository) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = aa("serve", "--port", port, cwd=repository.root)
    assert said.returncode == 4
    assert f"port {port}" in said.stderr and "--port 0" in said.stderr
    assert "Traceback" not in said.stderr


def test_the_commands_in_the_readme_work_as_they_stand(repository: Repository) -> None:
    """The curl section of README.md, but for the port: 4444 may be somebody's."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- curl -->\n```sh\n(.*?)```", readme, re.DOTALL)
    assert found is not None
    start, script = found[1].split("\n", 1)
    assert start.startswith("aa serve &")
    assert "127.0.0.1:4444" in script
    with served(repository.root) as server:
        script = script.replace("http://127.0.0.1:4444", server.url)
        script = script.replace("parse_date", "Eval").replace("src/app.py", "calc/core.py")
        done = subprocess.run(
            ["sh", "-eu", "-c", script],
            cwd=repository.root,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PATH": f"{Path(AA).parent}{os.pathsep}{os.environ['PATH']}"},
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(answer) for answer in answers] == [
        ["shards", "meta", "type"],
        ["acquired", "denied"],
        ["offset", "event"],
        ["events", "last_seq"],
    ]
    assert "def Eval" in answers[0]["shards"][0]["excerpts"][0]["text"]
    assert answers[1]["denied"] == []
