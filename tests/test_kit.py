"""The kit keeps its own promises, since every other test leans on it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from kit.evidence import Evidence
from kit.repository import make_repository
from kit.tokens import TokenCounter, count_tokens


def test_the_same_files_give_the_same_commit_id(tmp_path: Path) -> None:
    first = make_repository(tmp_path / "a", git=True)
    second = make_repository(tmp_path / "b", git=True)
    assert first.git("rev-parse", "HEAD") == second.git("rev-parse", "HEAD")


def test_a_repository_keeps_bytes_as_given(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"a/b.txt": b"\xef\xbb\xbfx\r\ny", "c": "é"})
    assert repository.tree() == {"a/b.txt": b"\xef\xbb\xbfx\r\ny", "c": "é".encode()}


def test_the_tree_leaves_out_state_and_caches(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"a": "1"}, git=True)
    repository.write(".heaven/log.jsonl", "x")
    repository.write("p/__pycache__/a.pyc", "x")
    assert set(repository.tree()) == {".gitignore", "a"}


def test_evidence_is_json_lines_in_order() -> None:
    evidence = Evidence("t::x")
    evidence.note("killed", step=3, survived=True)
    evidence.note("killed", step=4, survived=True)
    assert evidence.count("killed") == 2
    assert [json.loads(line)["step"] for line in evidence.lines()] == [3, 4]


def test_a_digest_costs_about_forty_tokens() -> None:
    digest = hashlib.sha256(b"genesis").hexdigest()
    assert 36 <= count_tokens(digest) <= 44


def test_tokens_add_up_by_label() -> None:
    counter = TokenCounter()
    assert counter.add("code", "def add(a, b):\n    return a + b\n") > 8
    counter.add("words", "a short sentence")
    assert counter.by_label["words"] == 3
    assert counter.total == sum(counter.by_label.values())
    assert count_tokens("") == 0
