"""Search finds names by their words, in any order of letters' cases, and takes any query."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from genesis_ssmp.heaven.index.symbols import SymbolIndex
from genesis_ssmp.heaven.words import split_name
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SymbolIndex]:
    root = tmp_path_factory.mktemp("search")
    (root / "ui.py").write_text(
        "class ProgressBar:\n    def render_line(self): ...\n"
        "def progress(items): ...\ndef make_http_server(port): ...\nclass HTTPClient: ...\n"
    )
    found = SymbolIndex(root, None)
    yield found
    found.close()


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("progress", "progress"),
        ("ProgressBar", "ProgressBar"),
        ("progress bar", "ProgressBar"),
        ("bar", "ProgressBar"),
        ("http server", "make_http_server"),
        ("httpServer", "make_http_server"),
        ("client", "HTTPClient"),
        ("rend", "render_line"),
        ("port", "make_http_server"),
        ("progres_bra", "ProgressBar"),
    ],
)
def test_words_find_names(index: SymbolIndex, query: str, first: str) -> None:
    assert index.search(query)[0].name == first


def test_any_of_the_words_will_do_when_all_do_not(index: SymbolIndex) -> None:
    assert index.search("render elephants")[0].name == "render_line"


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40))
def test_no_query_is_syntax(index: SymbolIndex, query: str) -> None:
    assert len(index.search(query, 3)) <= 3


def test_names_split_into_words() -> None:
    assert split_name("HTTPServer_error2") == ["http", "server", "error", "2"]
    assert split_name("__init__") == ["init"]
