"""REPLACE_SPAN: lines of any text, by their numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.renames import carry_out, refusal


@pytest.mark.parametrize(
    ("before", "start", "end", "content", "after"),
    [
        ("a\r\nb\r\nc", "2", "2", "x\ny", "a\r\nx\r\ny\r\nc"),
        ("a\nb\nc", "3", "3", "x\n", "a\nb\nx"),
        ("a\nb\n", "1", "1", "", "b\n"),
    ],
)
def test_line_ends_and_a_missing_last_one_survive(
    tmp_path: Path, before: str, start: str, end: str, content: str, after: str
) -> None:
    (tmp_path / "t.txt").write_bytes(before.encode())
    args = {"path": "t.txt", "start": start, "end": end, "content": content}
    assert carry_out(tmp_path, {}, "REPLACE_SPAN", **args).files["t.txt"] == after


@pytest.mark.parametrize(
    ("start", "end", "content", "reason"),
    [("1", "3", "x", "arguments"), ("2", "1", "x", "arguments"), ("1", "1", "def (", "syntax")],
)
def test_no_such_span_and_broken_syntax_are_refused(
    tmp_path: Path, start: str, end: str, content: str, reason: str
) -> None:
    args = {"path": "a.py", "start": start, "end": end, "content": content}
    assert refusal(tmp_path, {"a.py": "x = 1\ny = 2\n"}, "REPLACE_SPAN", **args).reason == reason


def test_a_path_outside_of_the_repository_is_refused(tmp_path: Path) -> None:
    args = {"path": "../a", "start": "1", "end": "1", "content": "x"}
    assert refusal(tmp_path, {}, "REPLACE_SPAN", **args).reason == "unknown"
