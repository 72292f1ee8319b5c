"""`aa op`: one macro op as a run of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from genesis_ssmp.aa.macros import SIGNATURES
from kit.commands import Aa
from kit.repository import Repository


@pytest.fixture
def here(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(repository.root)
    return repository.root


def test_an_op_lands_as_a_run_that_log_diff_why_and_replay_know(here: Path, aa: Aa) -> None:
    done = aa("op", "RENAME_SYMBOL", "Add", "Sum")
    assert done.code == 0 and "run r1: " in done.err
    assert "def Sum(" in (here / "calc/core.py").read_text()
    assert "op RENAME_SYMBOL" in aa("log").out
    assert "+def Sum(a: int, b: int) -> int:" in aa("diff").out
    assert "RENAME_SYMBOL" in aa("why", "calc/core.py:4").out
    assert aa("replay").code == 0


def test_a_dry_run_shows_the_diff_and_changes_nothing(here: Path, aa: Aa) -> None:
    before = (here / "calc/core.py").read_bytes()
    shown = aa("op", "ADD_PARAM", "Add", "c", "type", "int", "default", "0", "--diff")
    assert shown.code == 0 and "+def Add(a: int, b: int, c: int = 0) -> int:" in shown.out
    assert (here / "calc/core.py").read_bytes() == before
    assert "no runs yet" in aa("log").out
    record = json.loads(aa("op", "RENAME_SYMBOL", "Add", "Sum", "--diff", "--json").out)
    assert record["ok"] and "+def Sum" in record["diff"] and record["unsure"] == []


def test_places_that_were_left_alone_are_listed_and_the_exit_code_says_so(
    here: Path, aa: Aa
) -> None:
    (here / "calc/more.py").write_text("import calc\n\nx = getattr(calc, 'Add')\n")
    done = aa("op", "RENAME_SYMBOL", "Add", "Sum", "--json")
    record = json.loads(done.out)
    assert done.code == 5 and record["unsure"][0]["line"] == 3 and record["run"] == "r1"
    again = aa("op", "RENAME_SYMBOL", "Sum", "Add", "UNSURE", "include")
    assert again.code == 0


def test_a_refusal_lists_the_candidates_and_restores_nothing(here: Path, aa: Aa) -> None:
    refused = aa("op", "RENAME_SYMBOL", "Add", "Eval")
    assert refused.code == 3 and "Eval is taken" in refused.err and "calc/core.py:8" in refused.err
    assert aa("op", "RENAME_SYMBOL", "Add", "Eval", "--diff").code == 3
    record = json.loads(aa("op", "RENAME_SYMBOL", "Add", "Eval", "--json").out)
    assert record["reason"] == "collision" and record["candidates"]


def test_wrong_arguments_and_unknown_names_are_diagnostics(here: Path, aa: Aa) -> None:
    assert "AA0215" in aa("op", "RENAME_SYMBOL", "Add").err
    assert "AA0801" in aa("op", "RENAME_SYMBOL", "Addd", "x").err
    assert aa("op", "NOTHING", "x").code == 2


def test_texts_of_several_lines_and_dollar_signs_arrive_as_they_are(here: Path, aa: Aa) -> None:
    body = 'assert Add(1, 1) == 2\nassert "${x}" and "#"'
    assert aa("op", "ADD_TEST_CASE", "test_add", "more", body).code == 0
    text = (here / "tests/test_core.py").read_text()
    assert '    assert Add(1, 1) == 2\n    assert "${x}" and "#"\n' in text


def test_help_is_the_table(aa: Aa) -> None:
    said = aa("op", "--help").out
    for signature in SIGNATURES.values():
        assert signature.name in said
        shown = " ".join(aa("op", signature.name, "--help").out.split())
        assert " ".join(signature.usage().split()) in shown and signature.example in shown
