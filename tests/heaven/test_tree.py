from __future__ import annotations

import os
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from genesis_ssmp.heaven.errors import NotCanonical, TreeUnreadable
from genesis_ssmp.heaven.tree import Manifest, ignored, list_files, snapshot

FILES = {
    ".gitignore": "*.log\n/build/\n!keep.log\n",
    "a.py": "a",
    "debug.log": "ignored",
    "keep.log": "kept",
    "build/out": "ignored",
    "src/build/kept.py": "kept",
    "src/.gitignore": "generated/\n!debug.log\nsecret*\n",
    "src/debug.log": "kept by the inner file",
    "src/generated/x.py": "ignored",
    "src/secret.txt": "ignored",
    "src/naïve name.py": "kept",
    "node_modules/x/index.js": "dropping",
    "pkg/__pycache__/m.cpython-311.pyc": "dropping",
    "pkg/m.pyc": "dropping",
    ".venv/bin/python": "dropping",
    "pkg.egg-info/PKG-INFO": "dropping",
}
LISTED = (
    ".gitignore",
    "a.py",
    "keep.log",
    "src/.gitignore",
    "src/build/kept.py",
    "src/debug.log",
    "src/naïve name.py",
)


def fill(root: Path) -> None:
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


@pytest.mark.parametrize("with_git", [True, False])
def test_ignored_files_are_left_out_with_git_and_without(tmp_path: Path, with_git: bool) -> None:
    fill(tmp_path)
    if with_git:
        git(tmp_path, "init")
    (tmp_path / ".heaven").mkdir()
    (tmp_path / ".heaven" / "log.jsonl").write_text("")
    assert list_files(tmp_path) == LISTED


@pytest.mark.parametrize("with_git", [False, True])
def test_a_line_that_is_no_pattern_is_passed_over(tmp_path: Path, with_git: bool) -> None:
    if with_git:
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("!\n*.log\n/\n")
    for name in ("a.py", "b.log"):
        (tmp_path / name).write_text("")
    assert list_files(tmp_path) == (".gitignore", "a.py")


def test_what_git_tracks_is_listed_even_if_it_looks_like_a_dropping(tmp_path: Path) -> None:
    fill(tmp_path)
    git(tmp_path, "init")
    git(tmp_path, "add", "-f", "debug.log", "node_modules", "a.py")
    (tmp_path / "a.py").unlink()
    expected = {*LISTED, "debug.log", "node_modules/x/index.js"} - {"a.py"}
    assert list_files(tmp_path) == tuple(sorted(expected))


def test_a_directory_that_an_outer_repository_ignores_is_still_listed(tmp_path: Path) -> None:
    git(tmp_path, "init")
    (tmp_path / ".gitignore").write_text("demo/\n")
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "x.py").write_text("x")
    assert list_files(tmp_path / "demo") == ("x.py",)


def test_the_repositorys_git_configuration_runs_no_program(tmp_path: Path) -> None:
    git(tmp_path, "init")
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(hook))
    assert list_files(tmp_path) == ("hook",)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("with_git", [True, False])
def test_symlinks_are_listed_and_hashed_by_target_and_never_followed(
    tmp_path: Path, with_git: bool
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.py").write_text("x")
    root = tmp_path / "root"
    root.mkdir()
    if with_git:
        git(root, "init")
    (root / "link").symlink_to("../outside")
    (root / "loop").symlink_to(".")
    (root / "dangling").symlink_to("nowhere/./at//all")
    assert snapshot(root).entries == tuple(
        (name, "120000", sha256(target.encode()).hexdigest())
        for name, target in [
            ("dangling", "nowhere/./at//all"),
            ("link", "../outside"),
            ("loop", "."),
        ]
    )


def test_snapshot_records_content_and_mode(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_bytes(b"#!/bin/sh\r\n")
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / "empty").write_bytes(b"")
    assert snapshot(tmp_path).entries == (
        ("empty", "100644", sha256(b"").hexdigest()),
        ("run.sh", "100755", sha256(b"#!/bin/sh\r\n").hexdigest()),
    )


def test_tree_hash_changes_with_content_mode_and_name_only(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("x")
    before = snapshot(tmp_path)
    os.utime(file, (0, 0))
    assert snapshot(tmp_path).tree_hash == before.tree_hash
    file.chmod(0o755)
    executable = snapshot(tmp_path)
    file.write_text("y")
    other = snapshot(tmp_path)
    file.rename(tmp_path / "b")
    renamed = snapshot(tmp_path)
    hashes = {m.tree_hash for m in (before, executable, other, renamed)}
    assert len(hashes) == 4
    assert before.changed(executable) == ("a",)
    assert other.changed(renamed) == ("a", "b")
    assert other.changed(other) == ()


def test_a_manifest_survives_being_a_blob(tmp_path: Path) -> None:
    fill(tmp_path)
    manifest = snapshot(tmp_path)
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert Manifest.from_json(Manifest(()).to_json()) == Manifest(())
    for text in (b"[]", b"{}", b'{"files":[["a","100600","x"]]}', b'{"files":[1]}', b"\xff"):
        with pytest.raises(NotCanonical):
            Manifest.from_json(text)


def test_names_that_are_not_utf8_and_special_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    with open(os.fsencode(tmp_path) + b"/\xff.py", "w") as file:  # noqa: PTH123  # bytes name
        file.write("x")
    assert list_files(tmp_path) == ("a",)
    git(tmp_path, "init")
    assert list_files(tmp_path) == ("a",)


def test_an_ignore_file_that_is_a_pipe_or_a_link_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".gitignore")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ".gitignore").symlink_to("/dev/zero")
    (tmp_path / "sub" / "a").write_text("x")
    assert list_files(tmp_path) == ("sub/.gitignore", "sub/a")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "a").chmod(0)
    with pytest.raises(TreeUnreadable) as refusal:
        snapshot(tmp_path)
    assert refusal.value.path == "a"


def test_a_root_that_is_not_there_is_a_typed_refusal(tmp_path: Path) -> None:
    with pytest.raises(TreeUnreadable):
        list_files(tmp_path / "absent")


def test_what_git_ignores_is_counted_a_directory_as_one(tmp_path: Path) -> None:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert ignored(tmp_path) is None
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    (tmp_path / ".heaven").mkdir()
    (tmp_path / ".heaven" / "log.jsonl").write_text("")
    found = ignored(tmp_path)
    assert found is not None
    assert {"build/", "debug.log", "src/generated/", "src/secret.txt", "node_modules/"} <= {*found}
    assert not any(path.startswith(".heaven") for path in found)
    assert not {*found} & {*list_files(tmp_path)}
