"""Files read by worker processes: the same rows, whatever happens to a worker."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from genesis_ssmp.heaven.index import workers
from genesis_ssmp.heaven.index.prepared import Known, Prepared, prepare
from genesis_ssmp.heaven.index.symbols import SymbolIndex
from genesis_ssmp.heaven.index.workers import prepare_all

FILES = 60


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Sixty files, some of them odd."""
    odd = (
        b"\0\1",
        b"x=1;" * 10_000,
        b"def f(:\n",
        b"# \xff\ndef g(): ...\n",
        b"",
        b"\xf0\x9f\xa6\x8a",
    )
    for number in range(FILES):
        text = f"def f{number}(a: int) -> None:\n    return g{number}(a)\n".encode()
        (tmp_path / f"m{number:02}.py").write_bytes(odd[number] if number < len(odd) else text)
    (tmp_path / "a.ts").write_text("export const f = () => 1;\n")
    (tmp_path / "a.go").write_text("package a\nfunc F() {}\n")
    return tmp_path


def known(tree: Path) -> list[Known]:
    return [Known(path.name) for path in sorted(tree.iterdir())] + [Known("gone.py")]


def by_path(batches: list[list[Prepared]]) -> dict[str, Prepared]:
    """All of it, but the time of reading."""
    return {
        one.path: one._replace(row=one.row and one.row._replace(read_at=0))
        for batch in batches
        for one in batch
    }


def here(tree: Path) -> dict[str, Prepared]:
    return by_path([[prepare(str(tree), one) for one in known(tree)]])


def refuse(root: str, one: Known) -> Prepared:
    raise AssertionError(f"{one.path} was read here")


def test_workers_give_the_rows_that_this_process_would(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = here(tree)
    monkeypatch.setattr(workers, "prepare", refuse)
    assert by_path(list(prepare_all(tree, known(tree), workers=2))) == expected
    assert expected["gone.py"].row is None


def test_what_is_known_already_is_only_looked_at(tree: Path) -> None:
    rows = [one.row for one in here(tree).values() if one.row is not None]
    again = [Known(row.path, row.hash, row.status) for row in rows]
    found = by_path(list(prepare_all(tree, again, workers=2)))
    assert all(one.same and not one.facts for one in found.values())
    assert len(found) == len(rows)


@pytest.mark.parametrize("killed", [1, 2])
def test_a_killed_worker_costs_no_file(
    tree: Path, monkeypatch: pytest.MonkeyPatch, killed: int
) -> None:
    expected, start = here(tree), workers._start
    victims: list[subprocess.Popen[bytes]] = []

    def doomed(place: str) -> subprocess.Popen[bytes] | None:
        process = start(place)
        if process is not None and len(victims) < killed:
            process.send_signal(signal.SIGKILL)
            victims.append(process)
        return process

    monkeypatch.setattr(workers, "_start", doomed)
    assert by_path(list(prepare_all(tree, known(tree), workers=2))) == expected
    assert [process.returncode for process in victims] == [-signal.SIGKILL] * killed


def test_where_no_process_can_be_started_files_are_read_here(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tree / "no-such-python"))
    assert by_path(list(prepare_all(tree, known(tree), workers=2))) == here(tree)


def test_modules_of_the_repository_are_not_taken_for_pythons(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("struct", "msgspec", "tree_sitter", "genesis_ssmp", "queue"):
        (tree / f"{name}.py").write_text("raise SystemExit('taken from the repository')\n")
    monkeypatch.chdir(tree)
    expected = here(tree)
    monkeypatch.setattr(workers, "prepare", refuse)
    assert by_path(list(prepare_all(tree, known(tree), workers=2))) == expected


def test_whoever_stops_early_leaves_no_worker_behind(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = workers._start

    def noted(place: str) -> subprocess.Popen[bytes] | None:
        process = start(place)
        if process is not None:
            started.append(process)
        return process

    monkeypatch.setattr(workers, "_start", noted)
    batches = iter(prepare_all(tree, known(tree), workers=2))
    next(batches)
    del batches
    assert len(started) == 2
    assert all(process.returncode is not None for process in started)


def test_workers_die_with_a_killed_parent(tree: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tree)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    told = parent.stdout.readline().split()
    handles = [os.pidfd_open(int(number)) for number in told]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for handle in handles:
        assert select.select([handle], [], [], 30)[0], "a worker outlived its parent"
        os.close(handle)
    assert len(told) == 2


_PARENT = """
import signal, sys
from pathlib import Path
from genesis_ssmp.heaven.index import workers
from genesis_ssmp.heaven.index.prepared import Known
started, start = [], workers._start
def noted(place):
    started.append(start(place))
    return started[-1]
workers._start = noted
known = [Known(path.name) for path in Path(sys.argv[1]).iterdir()]
for _ in workers.prepare_all(Path(sys.argv[1]), known, 2):
    print(*(process.pid for process in started), flush=True)
    signal.pause()
"""


def test_an_index_made_by_workers_answers_as_one_made_here(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = SymbolIndex(tree, None)
    expected = alone.build()
    monkeypatch.setattr(workers, "_WORTH", 1)
    monkeypatch.setattr(workers, "processors", lambda: 2)
    monkeypatch.setattr(workers, "prepare", refuse)
    together = SymbolIndex(tree, tmp_path_factory.mktemp("db") / "index.sqlite")
    assert together.build() == expected
    for name in ("f7", "g9", "F", "f"):
        assert together.find_symbols(name) == alone.find_symbols(name)
        assert together.search(name) == alone.search(name)
        assert together.ask(partial(together.files_with, name)) == alone.ask(
            partial(alone.files_with, name)
        )
    together.close()
    alone.close()
