"""Definitions are found by the words in their names, paths, heads and bodies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.heaven.index.symbols import SymbolIndex
from hypothesis import given
from hypothesis import strategies as st

SOURCE = """\
import os

LIMIT = 3  # the quota of retries


class Client:
    timeout = 5

    def fetch_page(self, url):
        def attempt():
            return self.pool.request(url)

        return attempt()


def parse(text):
    '''Decode the cached headers.'''
    return text
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SymbolIndex]:
    root = tmp_path_factory.mktemp("passages")
    (root / "net.py").write_text(SOURCE)
    (root / "plain.py").write_text("print('nothing')\n")
    found = SymbolIndex(root, None)
    yield found
    found.close()


def names(index: SymbolIndex, phrase: str) -> list[str | None]:
    listed = index.symbols_in("net.py")
    return [
        None if one.number is None else listed[one.number].qualname
        for one in index.passages(phrase, 9)
    ]


@pytest.mark.parametrize(
    ("phrase", "found"),
    [
        ("caching", ["parse"]),
        ("fetch page", ["Client.fetch_page"]),
        ("page fetch", []),
        ("fetchPage", ["Client.fetch_page"]),
        ("attempt", ["Client.fetch_page"]),
        ("timeout", ["Client"]),
        ("quotas", [None]),
        ("", []),
        ('" OR *', []),
    ],
)
def test_a_definition_is_found_by_what_is_its_own(
    index: SymbolIndex, phrase: str, found: list[str | None]
) -> None:
    assert names(index, phrase) == found


def test_weights_say_where_a_word_counts(index: SymbolIndex) -> None:
    by_name = index.passages("parse", 1, (9.0, 0.0, 0.0, 0.0))
    by_body = index.passages("parse", 1, (1.0, 0.0, 0.0, 0.0))
    assert by_name[0].score > by_body[0].score > 0


def test_a_changed_file_is_found_by_its_content_of_now(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def one():\n    apple()\n")
    index = SymbolIndex(tmp_path, None)
    assert [one.path for one in index.passages("apple", 5)] == ["a.py"]
    (tmp_path / "a.py").write_text("def one():\n    pear_tree()\n")
    assert index.passages("apple", 5) == ()
    assert [one.path for one in index.passages("pear", 5)] == ["a.py"]
    (tmp_path / "a.py").unlink()
    assert index.passages("pear", 5) == ()
    index.close()


@given(st.text(max_size=30))
def test_any_text_is_a_phrase(index: SymbolIndex, phrase: str) -> None:
    assert index.passages(phrase, 3) == index.passages(phrase, 3)
