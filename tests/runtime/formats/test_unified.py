"""Unified diffs as models write them: what is forgiven, and how the rest is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.runtime.edits import EditRefused
from kit.texts_of_edits import NO_NEWLINE, Answers, whole
from syrupy.assertion import SnapshotAssertion

CORE = (
    b'"""Arithmetic."""\n\n\ndef add(a, b):\n\treturn a + b\n\n\n'
    b"def mul(a, b):\n    total = 0\n    return a * b\n\n\n"
    b"def other(a, b):\n    total = 0\n    return a - b\n"
)
FILES = {
    "src/core.py": CORE,
    "b/odd.py": b"x = 1\n",
    "crlf.txt": b"one\r\ntwo\r\nthree\r\n",
    "open.txt": b"one\ntwo",
    "empty.py": b"",
    "gone.py": b"a\nb\n",
    "café.py": b"x = 1\n",
}


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path / "repo", FILES)


def diff(body: str, old: str = "a/src/core.py", new: str = "b/src/core.py") -> str:
    return f"--- {old}\n+++ {new}\n{body}"


TWICE = "@@ -9,1 +9,1 @@\n-    total = 0\n+    total = 1\n"
ADD = "@@ -4,2 +4,2 @@\n def add(a, b):\n-\treturn a + b\n+\treturn b + a\n"
ADDED = CORE.replace(b"return a + b", b"return b + a")

REFUSED = {
    "no match, with the first line that differs": diff(
        "@@ -8,3 +8,3 @@\n def mul(a, b):\n     total = 0\n-    return a * c\n+    return 1\n"
    ),
    "white space that differs": diff(ADD.replace("-\treturn", "-    return")),
    "nothing alike": diff("@@ -1 +1 @@\n-zzzzzzzz\n+y\n"),
    "several matches without numbers": diff(TWICE.replace("-9,1 +9,1", "...")),
    "several matches and a head that miscounts": diff(TWICE.replace("-9,1 +9,1", "-9,2 +9,2")),
    "several matches and heads that disagree": diff(TWICE.replace("-9,1", "-14,1")),
    "lines to insert and no context": diff("@@ -3,0 +4,1 @@\n+import os\n"),
    "elided lines": diff(
        "@@ -8 +8 @@\n def mul(a, b):\n     ...\n-    return a * b\n+    return 1\n"
    ),
    "a file that was not shown": diff(ADD, "a/src/cor.py", "b/src/cor.py"),
    "two different files": diff(ADD, "src/core.py", "gone.py"),
    "a hunk without a file": ADD,
    "prose within a hunk": diff(ADD.replace("4,2", "4,9", 1) + "and so on\nmore\n"),
    "a new file that has old lines": diff("@@ -0,0 +1,2 @@\n+a\n b\n", "/dev/null", "new.py"),
    "a deletion that leaves lines": diff("@@ -1 +0,0 @@\n-a\n", "a/gone.py", "/dev/null"),
    "a path that may have a prefix or not": diff(ADD, "/dev/null", "b/other.py"),
    "both sides nothing": diff(ADD, "/dev/null", "/dev/null"),
    "a mode": "diff --git a/gone.py b/gone.py\nold mode 100644\nnew mode 100755\n",
    "binary content": "diff --git a/x.png b/x.png\nBinary files a/x.png and b/x.png differ\n",
    "another mode than a plain file's": "diff --git a/x.sh b/x.sh\nnew file mode 100755\n"
    + diff("@@ -0,0 +1 @@\n+x\n", "/dev/null", "b/x.sh"),
    "line ends alone": diff("@@ -1 +1 @@\n-a\n+a\r\n", "a/gone.py", "b/gone.py"),
    "a last line end that is added": diff(
        f"@@ -2 +2 @@\n-two\n{NO_NEWLINE}\n+two!\n", "a/open.txt", "b/open.txt"
    ),
    "a fence that is not closed": "```diff\n" + diff(ADD),
    "two hunks on one line": diff(ADD + ADD.replace("b + a", "a")),
    "another format behind it": diff(ADD) + "\nsrc/core.py\n<<<<<<< SEARCH\na\n=======\nb\n",
    "nothing changed": diff("@@ -4 +4 @@\n-def add(a, b):\n+def add(a, b):\n"),
    "words": "I changed add as you asked.",
    "a lone surrogate": diff("@@ -1 +1 @@\n-a\n+\ud800\n"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_place_in_the_answer_and_what_to_do(
    answers: Answers, name: str, snapshot: SnapshotAssertion
) -> None:
    """Trap: the error says "no match", not the first line that differs."""
    assert f"\n{answers.refusal(REFUSED[name])}\n" == snapshot


def test_all_hunks_that_do_not_fit_are_told_at_once(answers: Answers) -> None:
    text = diff("@@ -1 +1 @@\n-nope\n+x\n@@ -4 +4 @@\n-def add(a):\n+x\n") + diff(
        "@@ -1 +1 @@\n-zzz\n+y\n", "a/gone.py", "b/gone.py"
    )
    refused = answers.refusal(text)
    assert [one.place.line for one in (refused, *refused.others) if one.place] == [4, 7, 12]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a/src/core.py", "b/src/core.py"),
        ("src/core.py", "src/core.py"),
        ("./src/core.py", "src/core.py"),
        ("a/src/core.py", "a/src/core.py"),
        ("src/core.py.orig", "src/core.py"),
        ("src/core.py", "b/src/core.py"),
        ("a/src/core.py\t2026-01-01 00:00:00.0 +0000", "b/src/core.py\t2026-01-02"),
        ('"a/src/core.py"', '"b/src/core.py"'),
    ],
)
def test_a_path_is_found_with_and_without_its_prefix(answers: Answers, old: str, new: str) -> None:
    assert answers.after(diff(ADD, old, new)) == {"src/core.py": ADDED}


def test_a_path_that_git_quoted_is_found(answers: Answers) -> None:
    text = diff("@@ -1 +1 @@\n-x = 1\n+x = 2\n", '"a/caf\\303\\251.py"', '"b/caf\\303\\251.py"')
    assert answers.after(text) == {"café.py": b"x = 2\n"}


def test_a_directory_called_b_is_no_prefix_where_the_file_is_there(answers: Answers) -> None:
    text = diff("@@ -1 +1 @@\n-x = 1\n+x = 2\n", "b/odd.py", "b/odd.py")
    assert answers.after(text) == {"b/odd.py": b"x = 2\n"}


def test_trap_the_first_of_several_matches_is_not_taken_but_the_one_that_is_named(
    answers: Answers,
) -> None:
    second = answers.after(diff(TWICE.replace("9,1", "14,1")))["src/core.py"]
    assert second is not None
    assert second.decode().split("\n")[13] == "    total = 1"


def test_trap_overlapping_matches_are_counted(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "r", {"x": b"a\na\na\n"})
    refused = answers.refusal(diff("@@ @@\n a\n-a\n+b\n", "x", "x"))
    assert (refused.code, refused.candidates) == ("several_matches", ("line 1", "line 2"))


def test_files_are_made_and_deleted(answers: Answers) -> None:
    text = diff("@@ -0,0 +1,2 @@\n+a\n+\n", "/dev/null", "new/x.py") + diff(
        "@@ -1,2 +0,0 @@\n-a\n-b\n", "a/gone.py", "/dev/null"
    )
    assert answers.after(text) == {"new/x.py": b"a\n\n", "gone.py": None}


def test_an_empty_file_is_filled_and_a_file_without_lines_made(answers: Answers) -> None:
    text = diff("@@ -0,0 +1 @@\n+x\n", "a/empty.py", "b/empty.py")
    text += "diff --git a/none.py b/none.py\nnew file mode 100644\nindex 0000000..e69de29\n"
    assert answers.after(text) == {"empty.py": b"x\n", "none.py": b""}


def test_a_new_file_that_is_there_already_is_not_overwritten(answers: Answers) -> None:
    with pytest.raises(EditRefused) as refused:
        answers.after(diff("@@ -0,0 +1 @@\n+x\n", "/dev/null", "gone.py"))
    assert refused.value.code == "exists"


def test_line_ends_tabs_and_the_missing_last_newline_survive(answers: Answers) -> None:
    crlf = diff("@@ -1,2 +1,3 @@\n one\n-two\n+TWO\n+more\n", "crlf.txt", "crlf.txt")
    opened = diff("@@ -1,2 +1,2 @@\n one\n-two\n+\tTWO\n", "open.txt", "open.txt")
    assert answers.after(crlf + opened) == {
        "crlf.txt": b"one\r\nTWO\r\nmore\r\nthree\r\n",
        "open.txt": b"one\n\tTWO",
    }


def test_a_diff_sent_with_crlf_is_read_as_one_with_lf(answers: Answers) -> None:
    assert answers.after(diff(ADD).replace("\n", "\r\n")) == {"src/core.py": ADDED}


def test_a_move_keeps_what_it_does_not_change(answers: Answers) -> None:
    text = (
        "diff --git a/crlf.txt b/moved.txt\nsimilarity index 80%\n"
        "rename from crlf.txt\nrename to moved.txt\n"
    )
    assert answers.after(text) == {"crlf.txt": None, "moved.txt": FILES["crlf.txt"]}
    text += diff("@@ -2 +2 @@\n-two\n+TWO\n", "a/crlf.txt", "b/moved.txt")
    assert answers.after(text)["moved.txt"] == b"one\r\nTWO\r\nthree\r\n"
    copied = text.replace("rename", "copy")
    assert answers.after(copied) == {"moved.txt": b"one\r\nTWO\r\nthree\r\n"}


def test_a_removed_line_that_looks_like_a_file_head_is_a_line(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "r", {"q.sql": b"a\n-- x\nb\n"})
    text = diff("@@ -1,3 +1,3 @@\n a\n--- x\n+++ y\n b\n", "q.sql", "q.sql")
    assert answers.after(text) == {"q.sql": b"a\n++ y\nb\n"}


def test_the_signature_of_a_mailed_patch_is_no_line(answers: Answers) -> None:
    assert answers.after(diff(ADD) + "-- \n2.39.0\n\n") == {"src/core.py": ADDED}


def test_a_diff_against_the_version_shown_before_is_placed_in_that_one(answers: Answers) -> None:
    """The edit engine then sees that the file has changed since."""
    newer = CORE.replace(b"return a + b", b"return a + b + c")
    answers.bench.write("src/core.py", newer)
    answers.shown.append(whole("src/core.py", newer))
    with pytest.raises(EditRefused) as refused:
        answers.after(diff(ADD))
    assert refused.value.code in ("span_mismatch", "anchor_mismatch", "base_mismatch")
    assert answers.after(diff(ADD.replace("-\treturn a + b", "-\treturn a + b + c"))) == {
        "src/core.py": ADDED
    }
