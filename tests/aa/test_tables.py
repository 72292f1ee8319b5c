"""The committed parse tables are those of the grammars."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import lark
import pytest
from genesis_ssmp.aa import tables
from genesis_ssmp.aa.builder import Builder
from genesis_ssmp.aa.macros import SIGNATURES

LANGUAGES = sorted(tables.GRAMMARS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_committed_tables_are_current(language: str) -> None:
    """Otherwise `make generate` has to be run: a process would build them every time."""
    stored = json.loads(tables.table_file(language).read_text("utf-8"))
    assert stored["grammar"] == tables.grammar_hash(language)
    if stored["lark"] == lark.__version__:
        assert tables.table_file(language).read_text("utf-8") == tables.serialise(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_are_the_same_whatever_the_hash_seed(language: str) -> None:
    script = (
        "import sys; from genesis_ssmp.aa import tables; "
        f"sys.stdout.buffer.write(tables.serialise({language!r}).encode())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {tables.serialise(language).encode()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_name_no_path_of_the_machine_that_made_them(language: str) -> None:
    assert str(Path(tables.__file__).parent) not in tables.serialise(language)


@pytest.mark.parametrize("content", [None, "", "not JSON", '{"lark": "0", "grammar": ""}'])
def test_missing_or_outdated_tables_are_built_from_the_grammar(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = tmp_path / "aa.tables.json"
    if content is not None:
        stored.write_text(content, "utf-8")
    monkeypatch.setattr(tables, "table_file", lambda language: stored)
    node = tables.load("aa", Builder()).parse("BASE_REV HEAD # here")
    assert type(node).__name__ == "BaseRev"


def test_the_grammar_lists_the_macro_opcodes_of_the_table() -> None:
    for language in LANGUAGES:
        terminal = next(t for t in tables.build(language).terminals if t.name.endswith("MACRO"))
        names = terminal.pattern.value.removeprefix("(?:").split(")")[0].split("|")
        assert sorted(names) == sorted(SIGNATURES)
