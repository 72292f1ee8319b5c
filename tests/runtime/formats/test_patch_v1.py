"""GENESIS_PATCH_V1: the seed's text of edits."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.texts_of_edits import Answers, whole
from syrupy.assertion import SnapshotAssertion

FILES = {"a.py": b"def f():\n    return 1\n\n\ndef g():\n    return 2\n", "b c.py": b"x = 1\n"}
HEAD = "GENESIS_PATCH_V1\nMISSION: m1\nSYMBOLS: f, g\nFILES: a.py, b c.py\n"


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path / "repo", FILES)


REFUSED = {
    "a section without an end": HEAD + "### REPLACE a.py 1 1\nx\n",
    "a line outside of sections": HEAD + "### DELETE a.py 1 1\n### END\nx = 1\n",
    "an unknown section": HEAD + "### MOVE a.py b.py\n### END\n",
    "a head without its lines": HEAD + "### REPLACE a.py 1\nx\n### END\n",
    "lines that are none": HEAD + "### REPLACE a.py 2 1\nx\n### END\n",
    "lines that are not there": HEAD + "### REPLACE a.py 5 99\nx\n### END\n",
    "a deletion with content": HEAD + "### DELETE a.py 1 1\nx\n### END\n",
    "a file that was not shown": HEAD + "### DELETE c.py 1 1\n### END\n",
    "two sections on one line": HEAD + "### DELETE a.py 1 2\n### END\n" * 2,
    "a diff within it": HEAD + "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-def f():\n+def x():\n",
    "nothing": HEAD,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_place_in_the_answer_and_what_to_do(
    answers: Answers, name: str, snapshot: SnapshotAssertion
) -> None:
    assert f"\n{answers.refusal(REFUSED[name])}\n" == snapshot


def test_every_section_does_what_it_says(answers: Answers) -> None:
    text = (
        f"Here it is:\n\n```\n{HEAD}"
        "### REPLACE a.py 2 2\n    return 3\n### END\n\n"
        "### INSERT_AFTER a.py f\n\n\ndef h():\n    return 4\n### END\n"
        "### ADD new/d.py\ny = 1\n### END\n"
        "### REPLACE b c.py 1 1\nx = 2\n### END\n```\n"
    )
    assert answers.after(text) == {
        "a.py": b"def f():\n    return 3\n\n\ndef h():\n    return 4\n\n\ndef g():\n    return 2\n",
        "new/d.py": b"y = 1\n",
        "b c.py": b"x = 2\n",
    }


def test_lines_are_deleted(answers: Answers) -> None:
    text = HEAD + "### DELETE a.py 3 6\n### END\n"
    assert answers.after(text) == {"a.py": b"def f():\n    return 1\n"}


def test_only_lines_that_were_shown_can_be_named(answers: Answers) -> None:
    excerpt = whole("a.py", FILES["a.py"])
    answers.shown = [type(excerpt)("a.py", excerpt.file_blob, 1, 2, "def f():\n    return 1\n")]
    refused = answers.refusal(HEAD + "### REPLACE a.py 6 6\n    return 5\n### END\n")
    assert (refused.code, refused.candidates) == ("not_shown", ("lines 1-2",))
    assert refused.place is not None and refused.place.line == 5
