"""Changes that the kernel tells of: no answer is stale, whoever writes and however, and a question
looks at no more files than changed."""

from __future__ import annotations

import errno
import mmap
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.heaven.index.notices import Notices, can_tell
from genesis_ssmp.heaven.index.symbols import SymbolIndex
from genesis_ssmp.heaven.index.watch import TreeWatch
from genesis_ssmp.heaven.tree import list_files
from kit.evidence import Evidence

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="notices are inotify's, which only Linux has"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """On the disk that tests run on; where that is not one of this machine alone, nothing tells."""
    root = tmp_path / "tree"
    root.mkdir()
    return root


@pytest.fixture
def index(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SymbolIndex]:
    """Told of changes from the first question on."""
    monkeypatch.setattr("genesis_ssmp.heaven.index.watch.can_tell", lambda _: True)
    found = SymbolIndex(root, None)
    found._state.fresh._watch.patience = 0
    yield found
    found.close()


def outside(root: Path, script: str) -> None:
    """Run by another process; when this returns, that is gone."""
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True)


def defined(index: SymbolIndex, name: str) -> list[str]:
    return [one.path for one in index.find_symbols(name)]


def told(index: SymbolIndex) -> bool:
    return index._state.fresh._watch.told


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("open('a.py', 'a').write('def new(): ...\\n')", ["a.py"]),
        ("open('b.py', 'w').write('def new(): ...\\n')", ["b.py"]),
        (
            "open('t', 'w').write('def new(): ...\\n'); import os; os.replace('t', 'a.py')",
            ["a.py"],
        ),
        (
            "import os; os.makedirs('x/y/z'); open('x/y/z/c.py', 'w').write('def new(): ...\\n')",
            ["x/y/z/c.py"],
        ),
        (
            "import os; open('d/n.py', 'w').write('def new(): ...\\n'); os.rename('d', 'e')",
            ["e/n.py"],
        ),
        (
            "import os; os.rename('d', 'old'); os.mkdir('d');"
            "open('d/n.py', 'w').write('def new(): ...\\n')",
            ["d/n.py"],
        ),
        (
            "import os; f = os.open('a.py', os.O_RDWR); os.pwrite(f, b'def new(): ...\\n', 0)",
            ["a.py"],
        ),
        ("import os; os.link('spare', 'linked.py')", ["linked.py"]),
        ("import shutil; shutil.copytree('outer', 'd/inner')", ["d/inner/o.py"]),
        ("import os; os.truncate('keep.py', 0)", []),
        ("import os; os.remove('keep.py')", []),
        ("import os; os.chmod('keep.py', 0o600); os.rename('keep.py', 'kept.txt')", []),
    ],
)
def test_what_another_process_did_is_seen_by_the_next_question(
    root: Path, index: SymbolIndex, script: str, expected: list[str]
) -> None:
    (root / "a.py").write_text("x = 1\n" * 10)
    (root / "d").mkdir()
    (root / "d" / "b.py").write_text("def other(): ...\n")
    (root / "spare").write_text("def new(): ...\n")
    (root / "outer").mkdir()
    (root / "outer" / "o.py").write_text("def outer(): ...\n")
    if not expected:
        (root / "keep.py").write_text("def new(): ...\n")
    if "outer" in script:
        (root / "outer" / "o.py").write_text("def other(): ...\n")
    before = defined(index, "new")
    assert told(index) and before == ([] if expected else ["keep.py"])
    outside(root, script)
    name = "other" if "outer" in script else "new"
    assert set(expected) <= set(defined(index, name))
    assert bool(defined(index, name)) is bool(expected)
    assert told(index)


def test_only_what_changed_is_looked_at(
    root: Path, index: SymbolIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(200):
        (root / f"m{number}.py").write_text(f"def f{number}(): ...\n")
    index.build()
    looked: list[str] = []
    plain = os.lstat

    def lstat(path: str | Path) -> os.stat_result:
        looked.append(os.fspath(path))
        return plain(path)

    monkeypatch.setattr(os, "lstat", lstat)
    assert defined(index, "f7") == ["m7.py"]
    assert looked == [os.fspath(root)]
    (root / "m8.py").write_text("def g8(): ...\n")
    looked.clear()
    assert defined(index, "g8") == ["m8.py"]
    assert set(looked) == {os.fspath(root), f"{root}/m8.py"}


def test_trap_a_file_that_came_before_its_directory_was_watched_is_not_lost(
    root: Path, index: SymbolIndex
) -> None:
    index.build()
    for number in range(30):
        outside(
            root,
            f"import os; os.makedirs('p{number}/q')\n"
            f"for n in range(5): open(f'p{number}/q/m{{n}}.py', 'w').write('def deep(): ...\\n')",
        )
        assert len(defined(index, "deep")) == 5 * (number + 1)


def test_more_changes_than_the_kernel_remembers_are_all_seen(
    root: Path, index: SymbolIndex
) -> None:
    """The queue holds so many events; the one that says that there were more means: look at all."""
    (root / "a.py").write_text("def before(): ...\n")
    (root / "busy.txt").write_text("")
    (root / "lazy.txt").write_text("")
    assert defined(index, "before") == ["a.py"]
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    # Two files in turn: the same event twice in a row is one.
    for _ in range(most // 2 + 1):
        os.utime(root / "busy.txt")
        os.utime(root / "lazy.txt")
    (root / "new").mkdir()
    (root / "new" / "b.py").write_text("def after(): ...\n")
    (root / "a.py").write_text("def changed(): ...\n")
    assert defined(index, "after") == ["new/b.py"]
    assert defined(index, "changed") == ["a.py"] and defined(index, "before") == []
    assert told(index)
    (root / "new" / "c.py").write_text("def after(): ...\n")
    assert defined(index, "after") == ["new/b.py", "new/c.py"]


def test_what_nobody_tells_of_is_seen_where_it_is_shown(root: Path, index: SymbolIndex) -> None:
    """A write through a memory map, and one through a hard link elsewhere."""
    (root / "map.py").write_bytes(b"def first(): ...\n")
    elsewhere = root.parent / "elsewhere.txt"
    elsewhere.write_text("def linked(): ...\n")
    (root / "link.py").hardlink_to(elsewhere)
    index.build()
    with (root / "map.py").open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        mapped[4:9] = b"other"
        mapped.flush()
    (symbol,) = index.ask(lambda: index.find_symbols("first") or index.find_symbols("other"))
    shown = index.ask(lambda: index.lines("map.py").text(1, 1))
    assert shown == b"def other(): ...\n"
    assert defined(index, "other") == [symbol.path] and defined(index, "first") == []
    elsewhere.write_text("def through(): ...\n")
    assert defined(index, "through") == ["link.py"] and told(index)


def test_the_rules_of_what_is_ignored_are_watched(root: Path, index: SymbolIndex) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)

    (root / "a.py").write_text("def a(): ...\n")
    assert defined(index, "a") == ["a.py"]
    git("init", "-q", ".")
    (root / ".gitignore").write_text("a.py\n")
    assert defined(index, "a") == [] and told(index)
    git("add", "-f", "a.py")
    assert defined(index, "a") == ["a.py"]
    git("rm", "-q", "--cached", "a.py")
    assert defined(index, "a") == []
    (root / ".gitignore").write_text("b.py\n")
    assert defined(index, "a") == ["a.py"]
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "exclude").write_text("a.py\n")
    assert defined(index, "a") == []
    (root / "venv").mkdir()
    (root / "venv" / "v.py").write_text("def v(): ...\n")
    git("add", "-f", "venv/v.py")
    assert defined(index, "v") == ["venv/v.py"]
    (root / "venv" / "v.py").write_text("def w(): ...\n")
    assert defined(index, "v") == [] and defined(index, "w") == ["venv/v.py"]


def test_rules_behind_a_link_are_watched_as_well(root: Path, index: SymbolIndex) -> None:
    elsewhere = root.parent / "git"
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    (root / ".git").rename(elsewhere)
    (root / ".git").symlink_to(elsewhere)
    (root / ".gitignore").write_text("a.py\n")
    (root / "a.py").write_text("def a(): ...\n")
    assert defined(index, "a") == [] and told(index)
    subprocess.run(["git", "add", "-f", "a.py"], cwd=root, check=True)
    assert defined(index, "a") == ["a.py"]


def test_another_directory_in_the_roots_place_is_noticed(root: Path, index: SymbolIndex) -> None:
    (root / "a.py").write_text("def a(): ...\n")
    assert defined(index, "a") == ["a.py"]
    root.rename(root.parent / "gone")
    root.mkdir()
    (root / "b.py").write_text("def b(): ...\n")
    assert defined(index, "b") == ["b.py"] and defined(index, "a") == []


def test_without_watches_every_file_is_looked_at(
    root: Path, index: SymbolIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's limit is other programs' too; reaching it is no error."""

    def none_left(self: Notices, place: str, *, follow: bool = False) -> int | None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (root / "a.py").write_text("def a(): ...\n")
    assert defined(index, "a") == ["a.py"] and told(index)
    monkeypatch.setattr(Notices, "_add", none_left)
    (root / "sub").mkdir()
    (root / "sub" / "b.py").write_text("def b(): ...\n")
    assert defined(index, "b") == ["sub/b.py"] and not told(index)
    (root / "sub" / "b.py").write_text("def c(): ...\n")
    assert defined(index, "c") == ["sub/b.py"] and not told(index)


def test_notices_are_believed_for_a_while_only(
    root: Path, index: SymbolIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "a.py").write_text("def a(): ...\n")
    index.build()
    watch = index._state.fresh._watch
    first = watch._notices
    index.build()
    assert watch._notices is first
    monkeypatch.setattr(time, "monotonic", lambda: watch._believed_at + 61)
    (root / "a.py").write_text("def b(): ...\n")
    assert defined(index, "b") == ["a.py"]
    assert watch._notices is not first


@pytest.mark.parametrize(
    ("mounts", "tells"),
    [
        ("/ ext4", True),
        ("/ ext4;/srv nfs4", False),
        ("/ nfs4;/srv xfs", True),
        ("/ ext4;/srv/tree/data ext4", False),
        ("/ ext4;/srv/tree/node_modules overlay", True),
        ("/ ext4;/srv/tree\\040two nfs", True),
        ("/ ext4;/srv ext4;/srv fuse.sshfs", False),
        ("", False),
        ("/ 9p", False),
    ],
)
def test_only_a_disk_of_this_machine_alone_tells_of_every_write(
    tmp_path: Path, mounts: str, tells: bool
) -> None:
    table = tmp_path / "mountinfo"
    rows = [one.split(" ") for one in mounts.split(";") if one]
    table.write_text(
        "".join(f"1 0 8:1 / {at} rw,noatime shared:1 - {kind} /dev/x rw\n" for at, kind in rows)
    )
    assert can_tell(Path("/srv/tree"), table) is tells


def test_a_question_asked_once_sets_no_watches(root: Path) -> None:
    watch = TreeWatch(root, list_files)
    watch.look()
    assert not watch.told


def test_random_changes_of_another_process_leave_no_stale_answer(
    root: Path, index: SymbolIndex, evidence: Evidence
) -> None:
    """Writes, replacements, moved and swapped directories, 300 of them between questions."""
    soak = 10 if os.environ.get("GENESIS_SOAK") else 1
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdin is not None and writer.stdout is not None
    chance = random.Random(20)
    stale = changes = 0
    try:
        for _ in range(300 * soak):
            writer.stdin.write(f"{chance.randrange(10**9)}\n")
            writer.stdin.flush()
            writer.stdout.readline()
            changes += 1
            found = {one.path for one in index.find_symbols("here")}
            really = {
                one.relative_to(root).as_posix()
                for one in root.rglob("*.py")
                if "def here" in one.read_text()
            }
            stale += found != really
    finally:
        writer.stdin.close()
        writer.wait()
    evidence.note("stale answers with notices", stale=stale, changes=changes)
    assert stale == 0 and told(index)


WRITER = """
import os, random, shutil, sys
for line in sys.stdin:
    r = random.Random(int(line))
    d = r.choice(["p", "q", "p/r", "q/s"])
    f = f"{d}/m{r.randrange(4)}.py"
    text = "def here(): ...\\n" if r.random() < .5 else "def gone(): ...\\n"
    kind = r.randrange(8)
    try:
        if kind < 3:
            os.makedirs(d, exist_ok=True)
            open(f, "w").write(text)
        elif kind == 3:
            open("tmp", "w").write(text); os.replace("tmp", f)
        elif kind == 4:
            os.rename(f, f"{d}/m{r.randrange(4)}.py")
        elif kind == 5:
            os.rename("p", "x"); os.rename("q", "p"); os.rename("x", "q")
        elif kind == 6:
            shutil.rmtree(d)
        else:
            os.makedirs(d, exist_ok=True); shutil.move(d, f"t{r.randrange(3)}")
    except OSError:
        pass
    print(flush=True)
"""
