"""Search/replace blocks as models write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.texts_of_edits import Answers
from syrupy.assertion import SnapshotAssertion

FILES = {
    "a.py": b"def f():\n    return 1\n\n\ndef g():\n    return 1\n",
    "b.py": b"def f():\n    return 1\n",
    "empty.py": b"",
    "title.rst": b"Title\n=======\ntext\n",
}


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path / "repo", FILES)


def block(search: str, replace: str, path: str = "a.py\n") -> str:
    return f"{path}<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n"


G = block("def g():\n", "def h():\n")
AFTER = FILES["a.py"].replace(b"def g", b"def h")

REFUSED = {
    "several matches": block("    return 1\n", "    return 2\n"),
    "white space that differs": block("def g():\n\treturn 1\n", "x\n"),
    "no match": block("def f():\n    return 1\n\ndef g():\n", "x\n"),
    "no path": block("def g():\n", "x\n", path=""),
    "a path in words": G + "\nAnd the same in the other file:\n" + block("def f():\n", "x\n", ""),
    "a file that was not shown": block("def g():\n", "x\n", path="src/a.py\n"),
    "a block that does not end": G.replace(">>>>>>> REPLACE\n", ""),
    "a block without a divider": G.replace("=======\n", ""),
    "two dividers": block("Title\n=======\n", "Titles\n=======\n", path="title.rst\n"),
    "a block within a block": G.replace("=======\n", "<<<<<<< SEARCH\n=======\n"),
    "an end without a beginning": ">>>>>>> REPLACE\n" + G,
    "nothing to search for in a file with lines": block("", "x\n"),
    "two blocks on one line": G + G.replace("def h", "def i"),
    "a diff behind it": G + "--- a/b.py\n+++ b/b.py\n@@ -1 +1 @@\n-def f():\n+def x():\n",
    "nothing changed": block("def g():\n", "def g():\n"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_place_in_the_answer_and_what_to_do(
    answers: Answers, name: str, snapshot: SnapshotAssertion
) -> None:
    assert f"\n{answers.refusal(REFUSED[name])}\n" == snapshot


@pytest.mark.parametrize(
    "path",
    [
        "a.py\n",
        "./a.py\n",
        "`a.py`\n",
        "**a.py**:\n",
        "### a.py\n",
        "File: a.py\n",
        "Words before it.\n\na.py\n\n",
        "a.py\n```python\n",
        "```python\na.py\n",
        "```python a.py\n",
        "```a.py\n",
    ],
)
def test_the_path_stands_above_the_block_or_its_fence(answers: Answers, path: str) -> None:
    text = block("def g():\n", "def h():\n", path)
    assert answers.after(text + ("```\n" if "```" in path else "")) == {"a.py": AFTER}


def test_a_block_right_behind_another_is_about_the_same_file(answers: Answers) -> None:
    text = G + "\n" + block("def f():\n    return 1\n\n", "def f():\n    return 2\n\n", "")
    assert answers.after(text) == {"a.py": AFTER.replace(b"return 1", b"return 2", 1)}


def test_longer_marks_hold_lines_that_look_like_marks(answers: Answers) -> None:
    text = (
        "title.rst\n<<<<<<<<< SEARCH\nTitle\n=======\n=========\n"
        "Titles\n=======\n>>>>>>>>> REPLACE\n"
    )
    assert answers.after(text) == {"title.rst": b"Titles\n=======\ntext\n"}


def test_nothing_to_search_for_makes_a_new_file_or_fills_an_empty_one(answers: Answers) -> None:
    text = block("", "x = 1\n", "new/c.py\n") + block("", "y = 1\n", "empty.py\n")
    assert answers.after(text) == {"new/c.py": b"x = 1\n", "empty.py": b"y = 1\n"}


def test_nothing_to_put_there_deletes_the_lines(answers: Answers) -> None:
    text = block("\n\ndef g():\n    return 1\n", "")
    assert answers.after(text) == {"a.py": FILES["b.py"]}


def test_fences_within_a_block_are_text(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "r", {"x.md": b"```\none\n```\n"})
    text = "```\n" + block("```\none\n", "```python\ntwo\n", "x.md\n") + "```\n"
    assert answers.after(text) == {"x.md": b"```python\ntwo\n```\n"}


def test_blocks_over_several_files_are_one_batch(answers: Answers) -> None:
    text = G + block("def f():\n", "def z():\n", "b.py\n")
    assert set(answers.after(text)) == {"a.py", "b.py"}
    wrong = G + block("def q():\n", "def z():\n", "b.py\n")
    assert answers.refusal(wrong).path == "b.py"
