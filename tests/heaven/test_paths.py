from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven.errors import PathOutside
from genesis_ssmp.heaven.paths import normalise, resolve_inside
from hypothesis import given, settings
from hypothesis import strategies as st

OUTSIDE = [
    "",
    "..",
    "../x",
    "a/../b",
    "a/..",
    "/etc/passwd",
    "//etc/passwd",
    "C:/x",
    "c:x",
    "a\\b",
    "..\\x",
    "a\0b",
    "\ud800",
    ".git",
    ".git/hooks/pre-commit",
    "sub/.git/config",
    ".GIT/config",
    ".Git",
    ".git./config",
    ".git /config",
    ".git::$INDEX_ALLOCATION/x",
    "GIT~1/config",
    ".g\u200cit/config",
    ".heaven/log.jsonl",
    "a/.HEAVEN",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leaves_the_repository_or_enters_git_or_heaven(tmp_path: Path, path: str) -> None:
    with pytest.raises(PathOutside) as refusal:
        resolve_inside(tmp_path, path)
    assert refusal.value.path == path
    assert refusal.value.reason


@pytest.mark.parametrize(
    ("spelling", "path"),
    [
        ("a.go", "a.go"),
        ("./a.go", "a.go"),
        ("src//a.go", "src/a.go"),
        ("src/./a.go", "src/a.go"),
        ("src/", "src"),
        (".", "."),
        ("./", "."),
        (".github/x", ".github/x"),
        ("..x/...", "..x/..."),
        (".gitignore", ".gitignore"),
    ],
)
def test_two_spellings_of_a_path_are_one_path(spelling: str, path: str) -> None:
    assert normalise(spelling) == path


def test_a_symlink_anywhere_in_the_path_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    (root / "real").mkdir(parents=True)
    (root / "real" / "f").write_text("x")
    (root / "inward").symlink_to("real")
    (root / "outward").symlink_to("/etc")
    (root / "file").symlink_to("/etc/passwd")
    (root / "dangling").symlink_to("nowhere")
    for path in ["inward/f", "outward/passwd", "file", "dangling", "dangling/new", "inward"]:
        with pytest.raises(PathOutside, match="symbolic link"):
            resolve_inside(root, path)


def test_a_path_that_does_not_exist_yet_is_fine(tmp_path: Path) -> None:
    assert resolve_inside(tmp_path, "new/deep/file.py") == tmp_path / "new/deep/file.py"
    assert resolve_inside(tmp_path, ".") == tmp_path


def test_a_name_too_long_for_the_system_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(PathOutside):
        resolve_inside(tmp_path, "x" * 5_000)


@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from("./\\a~g:it \0G"), max_size=12))
def test_whatever_is_accepted_lies_inside_and_has_one_spelling(path: str) -> None:
    try:
        name = normalise(path)
    except PathOutside:
        return
    assert normalise(name) == name
    assert ".." not in name.split("/")
    assert not name.startswith("/")
