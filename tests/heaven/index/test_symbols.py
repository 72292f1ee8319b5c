"""The index: exact lookups, answers that are never stale, files of every sort."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven, PathOutside
from genesis_ssmp.heaven.index.symbols import SymbolIndex


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SymbolIndex]:
    root = tmp_path / "repo"
    root.mkdir()
    found = SymbolIndex(root, tmp_path / "index.sqlite")
    yield found
    found.close()


def write(index: SymbolIndex, path: str, text: str | bytes) -> None:
    where = index.root / path
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_bytes(text.encode() if isinstance(text, str) else text)


def test_lookups_are_exact(index: SymbolIndex) -> None:
    write(index, "a.py", "class Context:\n    def invoke(self): ...\ndef invoke_all(): ...\n")
    write(index, "pkg/__init__.py", "")
    write(index, "pkg/b.py", "def invoke(): ...\n")
    assert [one.qualname for one in index.find_symbols("invoke")] == ["Context.invoke", "invoke"]
    assert [one.path for one in index.find_symbols("Context.invoke")] == ["a.py"]
    assert [one.path for one in index.find_symbols("pkg/b.py::invoke")] == ["pkg/b.py"]
    assert [one.path for one in index.find_symbols("./pkg/b.py::invoke")] == ["pkg/b.py"]
    assert [one.path for one in index.find_symbols("pkg.b.invoke")] == ["pkg/b.py"]
    assert [one.kind for one in index.find_symbols("invoke", kind="method")] == ["method"]
    assert [one.path for one in index.find_symbols("invoke", path="a.py")] == ["a.py"]
    for missing in ("Invoke", "invok", "", "Context.", ".invoke", "b.py::invoke", "%", "x'--"):
        assert index.find_symbols(missing) == ()
    with pytest.raises(PathOutside):
        index.find_symbols("../a.py::x")
    with pytest.raises(PathOutside):
        index.symbols_in("/etc/passwd")


def test_path_and_name_is_the_qualname_and_a_nested_name_only_without_one(
    index: SymbolIndex,
) -> None:
    write(index, "a.py", "def f(): ...\nclass C:\n    def f(self): ...\n    def g(self): ...\n")
    write(index, "b.py", "class C:\n    def f(self): ...\n")
    write(index, "odd::name.py", "def h(): ...\n")
    assert [one.qualname for one in index.find_symbols("a.py::f")] == ["f"]
    assert [one.qualname for one in index.find_symbols("a.py::g")] == ["C.g"]
    assert [one.qualname for one in index.find_symbols("b.py::f")] == ["C.f"]
    assert [one.qualname for one in index.find_symbols("f", path="a.py")] == ["f", "C.f"]
    assert [one.qualname for one in index.find_symbols("a.py::f", kind="method")] == ["C.f"]
    assert [one.name for one in index.find_symbols("odd::name.py::h")] == ["h"]


def test_a_name_with_its_path_is_looked_for_in_no_other_file(index: SymbolIndex) -> None:
    """An edit of a.py that names `b.py::f` must not be placed by where f is in b.py."""
    for path in ("a.py", "b.py"):
        write(index, path, "def f(): ...\n")
    assert index.find_symbols("b.py::f", path="a.py") == ()
    assert [one.path for one in index.find_symbols("b.py::f", path="./b.py")] == ["b.py"]


def test_positions_are_bytes_and_lines(index: SymbolIndex) -> None:
    source = "é = 1\n\n@deco\ndef f(x):\n    return x\n".encode()
    write(index, "a.py", source)
    one = index.find_symbols("f")[0]
    assert source[one.extent.start_byte : one.extent.end_byte].startswith(b"@deco")
    assert (one.extent.start_line, one.extent.end_line) == (3, 5)
    assert source[one.name_at.start_byte : one.name_at.end_byte] == b"f"
    assert one.name_at.start_line == one.name_at.end_line == 4
    assert one.signature == "def f(x)"
    assert index.symbol(one.id) == one
    assert index.symbols([one.id, 1]) == (one,)
    assert [each.name for each in index.symbols_in("a.py")] == ["é", "f"]


def test_trap_an_answer_is_never_stale(index: SymbolIndex) -> None:
    """Traps: whole-second mtimes; deleted files stay; offsets go stale."""
    write(index, "a.py", "def old(): ...\n")
    assert index.find_symbols("old")
    seen = (index.root / "a.py").stat()
    write(index, "a.py", "def new(): ...\n")
    os.utime(index.root / "a.py", ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert index.find_symbols("old") == ()
    assert index.find_symbols("new")
    write(index, "a.py", "# moved down\ndef new(): ...\n")
    assert index.find_symbols("new")[0].name_at.start_line == 2
    (index.root / "a.py").rename(index.root / "b.py")
    assert index.find_symbols("new")[0].path == "b.py"
    (index.root / "b.py").unlink()
    assert index.find_symbols("new") == ()
    assert index.build().files == 0


def test_random_changes_from_outside_are_all_seen(index: SymbolIndex) -> None:
    rng = random.Random(7)
    soak = bool(os.environ.get("GENESIS_SOAK"))
    truth: dict[str, str] = {}
    for step in range(1000 if soak else 120):
        path = f"d{rng.randrange(3)}/m{rng.randrange(4)}.py"
        if path in truth and rng.random() < 0.3:
            (index.root / path).unlink()
            del truth[path]
        else:
            truth[path] = f"name_{rng.randrange(6)}"
            write(index, path, f"def {truth[path]}(): ...\n{truth[path]}()\n")
        wanted = f"name_{step % 6}"
        found = index.find_symbols(wanted)
        assert sorted(one.path for one in found) == sorted(p for p in truth if truth[p] == wanted)
        for one in found:
            assert len(index.references(one)) == 1


def test_ids_outlive_changes_of_the_file_and_of_the_database(
    index: SymbolIndex, tmp_path: Path
) -> None:
    write(index, "a.py", "def f(): ...\n")
    before = index.find_symbols("f")[0].id
    write(index, "a.py", "x = 1\ndef g(): ...\ndef f(): ...\n")
    assert index.find_symbols("f")[0].id == before
    other = SymbolIndex(index.root, tmp_path / "other.sqlite")
    assert other.find_symbols("f")[0].id == before
    other.close()


def test_the_database_is_safe_to_delete_and_to_damage(index: SymbolIndex, tmp_path: Path) -> None:
    write(index, "a.py", "def f(): ...\n")
    index.build()
    index.close()
    database = tmp_path / "index.sqlite"
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    for damage in (b"", b"not a database at all" * 100, None):
        if damage is None:
            database.unlink()
        else:
            database.write_bytes(damage)
        again = SymbolIndex(index.root, database)
        assert again.find_symbols("f")
        again.close()
    old = sqlite3.connect(database)
    old.execute("PRAGMA user_version=1")
    old.close()
    again = SymbolIndex(index.root, database)
    assert again.find_symbols("f")
    again.close()


def test_an_index_is_kept_between_processes(index: SymbolIndex, tmp_path: Path) -> None:
    write(index, "a.py", "def f(): ...\n")
    assert index.build().changed == 1
    index.close()
    again = SymbolIndex(index.root, tmp_path / "index.sqlite")
    assert again.build().changed == 0
    assert again.find_symbols("f")
    again.close()


def test_files_of_every_sort_are_handled_counted_and_never_fatal(index: SymbolIndex) -> None:
    write(index, "good.py", "def f(): ...\n")
    write(index, "binary.py", b"\0\1\2" * 100)
    write(index, "large.py", b"x = 1\n" * 200_000)
    write(index, "minified.py", b"x=1;" * 10_000)
    write(index, "broken.py", b"def f(:\n")
    write(index, "encoding.py", b"# \xff\xfe\ndef latin(): return '\xe9'\n")
    write(index, "empty.py", b"")
    write(index, "note.txt", b"def f(): ...")
    (index.root / "link.py").symlink_to(index.root / "good.py")
    (index.root / "loop").symlink_to(index.root)
    (index.root / "gone.py").symlink_to("nowhere")
    (index.root / "directory.py").mkdir()
    os.mkfifo(index.root / "pipe.py")
    stats = index.build()
    assert stats.skipped == {
        "binary.py": "binary",
        "gone.py": "link",
        "large.py": "large",
        "link.py": "link",
        "minified.py": "minified",
    }
    assert stats.broken == ("broken.py",)
    assert stats.garbled == ("encoding.py",)
    assert stats.files == 4
    assert stats.languages == {"python": 4}
    assert stats.other == 2  # note.txt and the link loop
    assert index.find_symbols("latin")
    assert [one.path for one in index.find_symbols("f")][-1] == "good.py"
    assert not index.standing().complete


def test_ignored_and_private_files_are_left_out(index: SymbolIndex) -> None:
    write(index, ".gitignore", "made/\n")
    for path in (
        "made/a.py",
        ".venv/a.py",
        "node_modules/a.py",
        ".heaven/a.py",
        "__pycache__/a.py",
    ):
        write(index, path, "def f(): ...\n")
    assert index.find_symbols("f") == ()


def test_standing_names_the_state_and_is_complete_when_all_was_read(index: SymbolIndex) -> None:
    write(index, "a.py", "x = 1\n")
    before = index.standing()
    assert before.complete
    assert index.standing() == before
    write(index, "a.py", "x = 2\n")
    assert index.standing().as_of != before.as_of
    write(index, "a.py", "x = 1\n")
    assert index.standing() == before


def test_progress_is_told(index: SymbolIndex) -> None:
    for number in range(3):
        write(index, f"m{number}.py", "x = 1\n")
    told: list[tuple[int, int]] = []
    index.build(lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_an_interrupted_build_leaves_the_index_as_it_was(index: SymbolIndex) -> None:
    write(index, "a.py", "def f(): ...\n")
    index.build()
    write(index, "a.py", "def g(): ...\n")
    write(index, "b.py", "def h(): ...\n")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.build(stop)
    assert [one.name for one in (*index.find_symbols("g"), *index.find_symbols("h"))] == ["g", "h"]
    assert index.find_symbols("f") == ()


def test_callers_come_calls_first_without_imports_and_at_most_k(index: SymbolIndex) -> None:
    write(index, "a.py", "__all__ = ['f']\ndef f(): ...\n")
    write(index, "b.py", "from a import f\nx = f\ndef g(): f()\nf()\n")
    found = index.callers("f")
    assert [(one.ref_kind, one.scope) for one in found] == [
        ("call", "g"),
        ("call", ""),
        ("plain", ""),
    ]
    assert index.callers("f", 1) == found[:1]
    assert index.callers("f", 0) == ()
    assert index.callers("nothing") == ()


def test_near_names_help_a_misspelling(index: SymbolIndex) -> None:
    write(index, "a.py", "def get_binary_stream(): ...\nclass Context: ...\n")
    assert index.near("get_binary_steam")[0] == "get_binary_stream"
    assert index.near("context") == ("Context",)
    assert index.near_paths("b/a.py") == ("a.py",)


def test_tests_of_a_symbol_by_use_by_name_and_by_import(index: SymbolIndex) -> None:
    write(index, "a.py", "def make_pie(): ...\ndef other(): ...\n")
    write(
        index,
        "tests/test_a.py",
        "from a import make_pie, other\n"
        "def test_uses(): make_pie()\n"
        "class TestAll:\n    def test_too(self): make_pie()\n"
        "def test_other(): other()\ndef helper(): make_pie()\n",
    )
    write(index, "tests/test_b.py", "def test_make_pie_well(): ...\n")
    found = [
        (one.test.qualname, one.how) for one in index.tests_of(index.find_symbols("make_pie")[0])
    ]
    assert found == [
        ("test_uses", "reference"),
        ("TestAll.test_too", "reference"),
        ("test_make_pie_well", "name"),
        ("test_other", "import"),
    ]


def test_the_facade_asks_the_index_and_a_reader_keeps_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(): ...\nf()\n")
    with Heaven.open(tmp_path) as heaven:
        assert heaven.build_index().files == 1
        (one,) = heaven.find_symbols("f")
        assert len(heaven.references(one)) == len(heaven.callers("f")) == 1
        assert heaven.symbols_in("a.py") == heaven.search("f") == (one,)
        assert heaven.symbol(one.id) == one
        with Heaven.open(tmp_path, read_only=True) as reader:
            assert reader.find_symbols("f") == (one,)
