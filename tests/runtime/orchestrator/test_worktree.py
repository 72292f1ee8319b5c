from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.tree import snapshot
from genesis_ssmp.runtime.orchestrator.worktree import (
    end_processes,
    entries_of,
    make_worktree,
    remove_worktree,
    worktrees,
)
from kit.repository import Repository, make_repository


@pytest.mark.parametrize("git", [False, True], ids=["plain", "git"])
def test_a_worktree_has_the_tree_as_it_is_and_leaves_nothing_behind(
    tmp_path: Path, git: bool
) -> None:
    """Uncommitted changes, untracked files, modes and links too; not what is ignored."""
    home = make_repository(tmp_path / "repo", git=git)
    home.write("calc/core.py", home.read("calc/core.py") + "\n# mine\n")
    home.write("new.sh", "#!/bin/sh\n").chmod(0o755)
    (home.root / "link").symlink_to("new.sh")
    (home.root / "tests/test_core.py").unlink()
    home.write(".gitignore", home.read(".gitignore") + "secret\n" if git else "secret\n")
    home.write("secret", "x")
    home.write(".venv/bin/python", "")
    with Heaven.open(home.root) as heaven:
        heaven.build_index()
        manifest = heaven.snapshot()
        place = make_worktree(heaven, "s1/m-1", entries_of(manifest))
        assert snapshot(place) == manifest
        assert not (place / "secret").exists()
        assert (place / ".venv").resolve() == home.root / ".venv"
        assert (place / ".git").is_file() == git
        with Heaven.open(place) as mine:
            assert [one.path for one in mine.find_symbols("Add")] == ["calc/core.py"]
        again = make_worktree(heaven, "s1/m-1", entries_of(manifest))
        assert again == place and snapshot(place) == manifest
        remove_worktree(heaven, "s1/m-1")
        remove_worktree(heaven, "s1/m-1")
        assert not place.exists()
        assert heaven.snapshot() == manifest
    if git:
        assert home.git("worktree", "list", "--porcelain").count("worktree ") == 1
        status = home.git("status", "--porcelain=v1").splitlines()
        assert [line for line in status if ".venv" not in line] == [
            " M .gitignore",
            " M calc/core.py",
            " D tests/test_core.py",
            "?? link",
            "?? new.sh",
        ]


def test_the_repositorys_hooks_do_not_run_when_a_worktree_is_made(
    git_repository: Repository,
) -> None:
    hook = git_repository.write(".git/hooks/post-checkout", "#!/bin/sh\ntouch ../hooked\n")
    hook.chmod(0o755)
    with Heaven.open(git_repository.root) as heaven:
        make_worktree(heaven, "s1/m-1", entries_of(heaven.snapshot()))
        assert not list(git_repository.root.parent.glob("**/hooked"))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the system does not tell")
def test_what_still_runs_in_a_dead_angels_worktree_is_ended_and_nothing_else(
    repository: Repository,
) -> None:
    wait = "import sys; sys.stdin.read()"
    with Heaven.open(repository.root) as heaven:
        place = worktrees(heaven) / "s1/m-1"
        place.mkdir(parents=True)
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", wait],
                cwd=where,
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
            for where in (place, repository.root)
        ]
        try:
            end_processes(heaven, "s1/m-1")
            assert processes[0].wait(timeout=30) == -9
            assert processes[1].poll() is None
            os.kill(processes[1].pid, 0)
        finally:
            for one in processes:
                one.kill()
                one.communicate()
