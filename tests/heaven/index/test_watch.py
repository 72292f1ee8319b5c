"""Files come and go; the list is right each time, and cheap where nothing changed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from genesis_ssmp.heaven.index.watch import RACY_NS, TreeWatch, settled
from genesis_ssmp.heaven.tree import list_files


def age(root: Path) -> None:
    """Make everything look old, so that it counts as settled."""
    for where, directories, files in os.walk(root):
        for name in [*directories, *files]:
            os.utime(Path(where) / name, ns=(10**18, 10**18))
    os.utime(root, ns=(10**18, 10**18))


def test_a_changed_list_is_seen_whoever_changed_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    (tmp_path / "a").mkdir()
    watch = TreeWatch(tmp_path, list_files)
    assert watch.list() == ()
    (tmp_path / "a" / "x.py").write_text("")
    assert watch.list() == ("a/x.py",)
    (tmp_path / "a" / "b").mkdir()
    assert watch.list() == ("a/x.py",)
    (tmp_path / "a" / "b" / "y.py").write_text("")
    assert watch.list() == ("a/b/y.py", "a/x.py")
    (tmp_path / ".gitignore").write_text("y.py\n")
    assert watch.list() == (".gitignore", "a/x.py")
    subprocess.run(["git", "add", "-f", "a/b/y.py"], cwd=tmp_path, check=True)
    assert watch.list() == (".gitignore", "a/b/y.py", "a/x.py")
    (tmp_path / "a" / "x.py").unlink()
    assert watch.list() == (".gitignore", "a/b/y.py")


def test_a_linked_work_tree_is_watched_where_git_keeps_its_index(tmp_path: Path) -> None:
    """There `.git` is a file, and what `git add -f` changes lies in the main repository."""

    def git(*words: str, cwd: Path) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", *who, *words], cwd=cwd, check=True, capture_output=True)

    main, linked = tmp_path / "main", tmp_path / "linked"
    main.mkdir()
    git("init", "-q", ".", cwd=main)
    git("commit", "-q", "--allow-empty", "-m", "first", cwd=main)
    git("worktree", "add", "-q", str(linked), cwd=main)
    (linked / ".gitignore").write_text("x.py\n")
    (linked / "x.py").write_text("")
    watch = TreeWatch(linked, list_files)
    watch.list()
    # From the second time on, since whoever lists once does not keep the list.
    assert watch.list() == (".gitignore",)
    watch._settled = True
    git("add", "-f", "x.py", cwd=linked)
    assert watch.list() == (".gitignore", "x.py")
    watch._settled = True
    (main / ".git/info/exclude").write_text("z.py\n")
    (linked / "z.py").write_text("")
    assert watch.list() == (".gitignore", "x.py")
    watch._settled = True
    (main / ".git/info/exclude").write_text("")
    assert watch.list() == (".gitignore", "x.py", "z.py")


def test_trap_what_was_just_changed_is_not_settled() -> None:
    """Trap: whole-second mtimes."""
    now = 10**18
    assert not settled((1, now, now, 1), now)
    assert not settled((1, now - RACY_NS, now, 1), now + 1)
    assert settled((1, now, now, 1), now + RACY_NS + 1)


def test_a_settled_tree_is_not_listed_again(tmp_path: Path) -> None:
    calls = []

    def lister(root: Path) -> tuple[str, ...]:
        calls.append(root)
        return list_files(root)

    (tmp_path / "a.py").write_text("")
    watch = TreeWatch(tmp_path, lister)
    watch.list()
    watch.list()
    assert len(calls) == 2  # too fresh to be trusted
    watch._settled = True
    watch.list()
    assert len(calls) == 2
    (tmp_path / "b.py").write_text("")
    assert watch.list() == ("a.py", "b.py")
