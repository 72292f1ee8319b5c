"""`aa run` beside `aa serve`: the same run, whoever does it, and whoever dies of the two."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven, Json
from genesis_ssmp.heaven.client import HeavenClient
from genesis_ssmp.heaven.errors import HeavenRefused, OtherVersion
from genesis_ssmp.heaven.server import guard
from genesis_ssmp.heaven.server.run_messages import RunRequest
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.runtime.hosted import Runs
from genesis_ssmp.runtime.runs import all_runs
from kit.angel import edit_answer, write_script
from kit.commands import Aa, Said
from kit.repository import Repository, make_repository
from kit.served import Gate, Served, aa, served, started
from kit.server import client_of, serving

RENAME = "ISA_VERSION 0\nBASE_REV HEAD\nOP RENAME_SYMBOL Add plus\nRUN test\n"
TASK = "ISA_VERSION 0\nBASE_REV HEAD\nNEED symdef Add\nOP Swap them\nRUN test\nIF_FAIL RETRY 1\n"
BREAK = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return a - b\n"}
)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = make_repository(tmp_path / "repository")
    repository.write("rename.isa", RENAME)
    return repository


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "gate")


# The same run


CASES: dict[str, tuple[str, ...]] = {
    "done": ("rename.isa", "-v"),
    "quiet": ("rename.isa", "-q"),
    "json": ("rename.isa", "--json"),
    "a parameter": ("param.isa", "--param", "new=plus"),
    "checks fail": ("task.isa", "--angel", "scripted:script.json", "-v"),
    "no angel": ("task.isa",),
    "an unknown name": ("unknown.isa",),
    "an unknown name, in JSON": ("unknown.isa", "--json"),
    "the angel has no answer": ("task.isa", "--angel", "scripted:empty.json"),
    "leased by another": ("leased.isa",),
    "a warning": ("rename.isa", "--format", "github"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_run_by_a_server_is_the_run_that_it_would_be_without(
    aa: Aa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """The same words, exit code, tree, and events of the same kinds with the same tree."""
    monkeypatch.delenv("GENESIS_ANGEL", raising=False)
    runner = tmp_path / "python"
    runner.write_text('#!/bin/sh\ntest "$1" = -c && exit 0\necho "1 failed in 0.01s"\nexit 1\n')
    if case != "checks fail":
        runner.write_text('#!/bin/sh\ntest "$1" = -c && exit 0\necho "1 passed in 0.01s"\n')
    runner.chmod(0o755)
    monkeypatch.setenv("GENESIS_PYTHON", str(runner))
    found: list[tuple[Said, dict[str, bytes], list[tuple[str, Json, Json]]]] = []
    for where in ("embedded", "served"):
        root = make_repository(tmp_path / where / "repository").root
        repository = Repository(root)
        repository.write("rename.isa", RENAME)
        repository.write("task.isa", TASK)
        repository.write(
            "param.isa", RENAME.replace("BASE", "PARAM new x\nBASE").replace("plus", "${new}")
        )
        repository.write("unknown.isa", RENAME.replace("Add", "Ad"))
        repository.write("leased.isa", RENAME)
        write_script(root / "script.json", BREAK, BREAK)
        write_script(root / "empty.json")
        monkeypatch.chdir(root)
        with Heaven.open(root) as heaven:
            if case == "leased by another":
                heaven.acquire("somebody", "m", [Scope("file", "calc/core.py")])
            if where == "served":
                with serving(heaven, host_runs=Runs()):
                    said = aa("run", *CASES[case])
            else:
                heaven.close()
                said = aa("run", *CASES[case])
        with Heaven.open(root, read_only=True) as heaven:
            events = [
                (one.kind, one.data.get("tree"), one.data.get("exit_code"))
                for one in heaven.events()
            ]
        found.append((said, repository.tree(), events))
    embedded, hosted = found
    assert _plain(hosted[0]) == _plain(embedded[0])
    assert hosted[1:] == embedded[1:]
    codes = {"checks fail": 1, "no angel": 4, "leased by another": 4, "the angel has no answer": 4}
    assert hosted[0].code == codes.get(case, 2 if "unknown" in case else 0)


def _plain(said: Said) -> Said:
    """Without what differs from run to run: the head of a log with times in it, the directory."""
    return Said(
        said.code,
        re.sub(r'("head": )"[0-9a-f]{64}"', r"\1HEAD", said.out).replace("/embedded/", "/served/"),
        said.err.replace("/embedded/", "/served/"),
    )


def test_what_the_run_starts_has_the_clients_environment_and_no_secret_is_kept(
    repository: Repository, gate: Gate
) -> None:
    with served(repository.root, env={"OF_THE_SERVER": "1"}) as server:
        mine = {**gate.environment, "OF_THE_CLIENT": "1", "MY_API_KEY": "sesame-9f2c"}
        with started("run", "rename.isa", cwd=repository.root, env=mine) as client:
            gate.began()
            gate.open()
            said = client.communicate(timeout=60)
            assert client.returncode == 0, said
        server.process.send_signal(signal.SIGTERM)
        spoken = server.process.communicate(timeout=60)
    assert "OF_THE_CLIENT=1" in gate.seen() and "OF_THE_SERVER" not in gate.seen()
    assert "sesame" not in gate.seen()
    kept = [path for path in (repository.root / ".heaven").rglob("*") if path.is_file()]
    assert kept
    for text in (*said, *spoken, *(path.read_bytes().decode("latin-1") for path in kept)):
        assert "sesame" not in text and "OF_THE_CLIENT" not in text


# Interrupts and deaths


@pytest.fixture
def under_way(repository: Repository, gate: Gate) -> Iterator[tuple[Served, Client]]:
    """A server, and a client whose run has landed its edits and waits in RUN."""
    with (
        served(repository.root) as server,
        started("run", "rename.isa", cwd=repository.root, env=gate.environment) as process,
    ):
        check = gate.began()
        assert "def plus(" in repository.read("calc/core.py")
        yield server, Client(process, check)


@dataclass(frozen=True, slots=True)
class Client:
    """`aa run`, and the pid of the check that its run waits for."""

    process: subprocess.Popen[str]
    check: int

    def ends(self) -> tuple[int, str]:
        """Exit code and what it said on standard error."""
        _, err = self.process.communicate(timeout=60)
        return self.process.returncode, err


def _run_events(server: Served) -> Iterator[dict[str, object]]:
    """The ends of runs, as the server writes them."""
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    headers = {"Authorization": f"Bearer {server.token}"}
    connection.request("GET", "/events/stream?after=0&kind=run_finished", headers=headers)
    answer = connection.getresponse()
    try:
        while line := answer.readline():
            if line.startswith(b"data: "):
                yield json.loads(line[6:])["data"]
    finally:
        connection.close()


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


def test_an_interrupt_of_the_client_undoes_the_run_and_leaves_the_server(
    repository: Repository, under_way: tuple[Served, Client]
) -> None:
    server, client = under_way
    client.process.send_signal(signal.SIGINT)
    code, said = client.ends()
    assert code == 130 and said.endswith("interrupted\n")
    assert "def Add(" in repository.read("calc/core.py")
    assert _gone(client.check)
    assert next(_run_events(server))["message"] == "interrupted from the keyboard"
    assert server.process.poll() is None
    with HeavenClient(server.url, server.token) as other:
        assert other.active_leases() == ()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_client_that_dies_takes_its_run_back(
    repository: Repository, under_way: tuple[Served, Client], number: signal.Signals
) -> None:
    server, client = under_way
    client.process.send_signal(number)
    ended = next(_run_events(server))
    assert (ended["run"], ended["status"]) == ("r1", "abandoned")
    assert ended["message"] == "interrupted: its client went away"
    assert "def Add(" in repository.read("calc/core.py")
    assert _gone(client.check)


def test_a_stop_of_the_server_undoes_the_run_and_both_say_so(
    repository: Repository, gate: Gate
) -> None:
    with started("serve", "--port", "0", cwd=repository.root) as server:
        assert server.stdout is not None and server.stdout.readline().startswith("serving ")
        with started("run", "rename.isa", cwd=repository.root, env=gate.environment) as process:
            client = Client(process, gate.began())
            assert "def plus(" in repository.read("calc/core.py")
            server.send_signal(signal.SIGTERM)
            code, said = client.ends()
        _, spoken = server.communicate(timeout=60)
    assert code == 4
    assert "the server was stopped; run r1 is ended, and its edits are undone" in said
    assert server.returncode == 0
    assert spoken.startswith("run r1 was interrupted, and its edits are undone")
    assert "def Add(" in repository.read("calc/core.py")
    with Heaven.open(repository.root) as heaven:
        (run,) = all_runs(heaven)
        assert run.status == "abandoned"
        assert heaven.active_leases() == ()


def test_a_server_killed_within_a_run_is_recovered_from_like_a_killed_run(
    repository: Repository, under_way: tuple[Served, Client]
) -> None:
    server, client = under_way
    server.process.kill()
    code, said = client.ends()
    assert code == 4
    assert server.url in said and "run r1" in said
    os.kill(client.check, signal.SIGKILL)
    again = aa("run", "missing.isa", cwd=repository.root)
    assert again.returncode == 2
    repository.write("back.isa", RENAME.replace("Add plus\nRUN test", "plus Add"))
    again = aa("run", "back.isa", cwd=repository.root)
    assert again.returncode == 0, again.stderr
    assert "run r1 was cut off" in again.stderr and "run r2: done" in again.stderr


def test_a_run_of_a_killed_server_is_resumed_by_the_next_one_and_undone_by_it(
    repository: Repository, under_way: tuple[Served, Client], gate: Gate
) -> None:
    before = repository.tree()
    server, client = under_way
    server.process.kill()
    client.ends()
    os.kill(client.check, signal.SIGKILL)
    with served(repository.root):
        with started("resume", cwd=repository.root, env=gate.environment) as process:
            gate.began()
            gate.open()
            _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        assert "run r1: rename.isa, 4 syscalls answered by the log" in said
        assert "in doubt: RUN at rename.isa:4" in said and said.endswith("run r1: done\n")
        again = aa("resume", "r1", cwd=repository.root)
        assert again.returncode == 4 and "there is nothing to resume" in again.stderr
        assert aa("replay", "r1", cwd=repository.root).returncode == 0
        planned = aa("undo", "r1", "--dry-run", cwd=repository.root)
        assert planned.returncode == 0 and "would be undone" in planned.stderr
        assert repository.tree() == before
        undone = aa("undo", "r1", cwd=repository.root)
        assert undone.returncode == 0, undone.stderr
        assert "restored calc/core.py" in undone.stderr
        assert undone.stderr.endswith("run r1: undone\n")
        assert "def Add(" in repository.read("calc/core.py")


def test_a_server_refuses_an_undo_that_would_lose_later_work(
    repository: Repository, gate: Gate
) -> None:
    with served(repository.root):
        with started("run", "rename.isa", cwd=repository.root, env=gate.environment) as process:
            gate.began()
            gate.open()
            process.communicate(timeout=60)
        theirs = repository.read("calc/core.py").replace("def plus(a", "def plus(x")
        repository.write("calc/core.py", theirs)
        kept = aa("undo", "last", "--json", cwd=repository.root)
        assert kept.returncode == 3
        (refused,) = json.loads(kept.stdout)["refused"]
        assert (refused["path"], refused["changed_by"]) == ("calc/core.py", "outside Heaven")
        assert repository.read("calc/core.py") == theirs


def test_the_next_server_recovers_too(
    repository: Repository, under_way: tuple[Served, Client]
) -> None:
    server, client = under_way
    server.process.kill()
    client.ends()
    os.kill(client.check, signal.SIGKILL)
    with served(repository.root) as again, HeavenClient(again.url, again.token) as asked:
        (run,) = all_runs(asked)
        assert run.status == "interrupted"
        assert asked.active_leases() == ()


# Two at once


def test_runs_at_once_are_done_in_turn_under_names_of_their_own(
    repository: Repository, gate: Gate, under_way: tuple[Served, Client]
) -> None:
    """The second waits and says so; a third, interrupted while it waits, has done nothing."""
    server, first = under_way
    repository.write("other.isa", RENAME.replace("Add plus\nRUN test", "Eval compute"))
    with (
        started("run", "other.isa", cwd=repository.root) as second,
        started("run", "other.isa", cwd=repository.root) as third,
    ):
        for process in (second, third):
            assert process.stderr is not None
            assert process.stderr.readline().startswith("waiting for ")
        third.send_signal(signal.SIGINT)
        assert third.wait(timeout=60) == 130
        assert first.process.poll() is None, "who waits is not waited for"
        gate.open()
        assert first.ends()[0] == 0
        assert second.wait(timeout=60) == 0
    with HeavenClient(server.url, server.token) as client:
        assert [(run.name, run.status) for run in all_runs(client)] == [
            ("r1", "done"),
            ("r2", "done"),
        ]
    assert "def plus(" in repository.read("calc/core.py")
    assert "def compute(" in repository.read("calc/core.py")


# Who may ask


def test_a_client_of_another_version_is_told_to_restart_the_server(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = RunRequest("0.0.1", "x.isa", "", "/", "python", {}, {}, 1.0)
    with Heaven.open(repository.root) as heaven, serving(heaven, host_runs=Runs()) as server:
        with client_of(server) as client:
            with pytest.raises(HeavenRefused, match=r"of 0\.0\.1: stop the server"):
                client.run(request).__enter__()
            monkeypatch.setattr(guard, "PROTOCOL", 2)
        assert heaven.last_seq == 0
    monkeypatch.setattr("genesis_ssmp.heaven.exchange.PROTOCOL", 7)
    with (
        Heaven.open(repository.root) as heaven,
        serving(heaven) as server,
        client_of(server) as client,
        pytest.raises(OtherVersion, match=r"protocol 2 .* 7"),
    ):
        client.status()


def test_a_server_without_a_host_says_that_it_does_no_runs(repository: Repository) -> None:
    request = RunRequest("0", "x.isa", "", "/", "python", {}, {}, 1.0)
    with (
        Heaven.open(repository.root) as heaven,
        serving(heaven) as server,
        client_of(server) as client,
        pytest.raises(HeavenRefused, match="does no runs"),
    ):
        client.run(request).__enter__()


def test_bytecode_that_is_none_is_refused_and_nothing_happens(repository: Repository) -> None:
    with Heaven.open(repository.root) as heaven, serving(heaven, host_runs=Runs()) as server:
        with client_of(server) as client:
            for module in ("%%", "AAAA"):
                request = RunRequest(Runs().version, "x.isa", module, "/", "python", {}, {}, 1.0)
                with client.run(request) as said:
                    assert [one["event"] for one in said] == ["accepted", "failed"]
        assert heaven.last_seq == 0
