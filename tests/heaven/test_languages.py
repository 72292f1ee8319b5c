"""A language is one row and one query file."""

from __future__ import annotations

import pytest
from genesis_ssmp.heaven.languages import TABLE, LanguageRow, language_of, query


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_row_has_a_grammar_and_a_query_that_the_grammar_takes(row: LanguageRow) -> None:
    assert query(row).pattern_count > 0


def test_extensions_belong_to_one_language_each() -> None:
    extensions = [extension for row in TABLE for extension in row.extensions]
    assert len(extensions) == len(set(extensions))


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.py", "python"), ("x/b.pyi", "python"), ("a.txt", None), ("Makefile", None), ("py", None)],
)
def test_the_extension_tells_the_language(path: str, name: str | None) -> None:
    row = language_of(path)
    assert (row and row.name) == name
