"""Search finds names by their words, in any order of letters' cases, and takes any query."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from genesis_ssmp.heaven.index.code import CodeStore
from genesis_ssmp.heaven.index.symbols import SymbolIndex
from genesis_ssmp.heaven.records import Hit
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


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "'",
        "*",
        "AND",
        "OR NOT",
        "NEAR(a b)",
        "name:x",
        "a-b",
        "(",
        "\\",
        "%",
        "\x00",
        "é",
        "日本",
        "x" * 5000,
    ],
)
def test_operators_and_quotes_are_only_text(index: SymbolIndex, query: str) -> None:
    assert len(index.hits(query, 5)) <= 5
    assert index.hits(f"progress {query} bar"[:40], 5) is not None


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40))
def test_no_query_of_code_is_syntax(index: SymbolIndex, query: str) -> None:
    found = index.hits(query, 3)
    assert len(found) <= 3
    assert all(1 <= one.start_line <= one.end_line for one in found)


def test_a_misspelling_is_one_only_where_nothing_has_the_word(index: SymbolIndex) -> None:
    assert index.hits("progres_bra")[0].how == "fuzzy"
    assert {one.how for one in index.hits("port")} == {"code"}
    assert [one.how for one in index.hits("rendr linee")] == ["fuzzy"]


def test_code_follows_the_files(tmp_path: Path) -> None:
    """What a file says no more is not found, nor what stands in a file that left; and the table is
    made anew before it holds more of what was than of what is."""
    index = SymbolIndex(tmp_path, None)
    for number in range(30):
        (tmp_path / "a.py").write_text(f"def f():\n    return 'word{number}x stays'\n")
        (hit,) = index.hits(f"word{number}x")
        assert (hit.path, hit.start_line, hit.end_line, hit.how) == ("a.py", 1, 2, "code")
        assert hit.symbol is not None and hit.symbol.name == "f"
        assert len(index.hits("stays")) == 1
        assert not [one for one in index.hits(f"word{abs(number - 1)}x") if one.how == "code"]
    (tmp_path / "b.py").write_text("camelCaseName = 'x'\ngetUserName(1)\n")
    assert [one.path for one in index.hits("user name")] == ["b.py"]
    assert [one.path for one in index.hits("get_user_name")] == ["b.py"]
    (tmp_path / "a.py").unlink()
    assert index.hits("stays") == ()
    index.close()


def test_forgotten_code_gives_its_room_back(tmp_path: Path) -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    store = CodeStore(db)
    for number in range(1_200):
        store.update({"a.py": str(number)}, lambda _: b"word\n")
    assert db.execute("SELECT max(id) FROM coded").fetchone()[0] < 1_100
    assert len(store.search('"word"', 10)) == 1
    again = CodeStore(db)
    again.update({"a.py": "1199"}, lambda _: pytest.fail("it is known"))
    db.close()


CLICK = [
    ("Context.invoke", "exact", "Context.invoke"),
    ("make_pass_decorator", "exact", "make_pass_decorator"),
    ("make pass decorator", "exact", "make_pass_decorator"),
    ("MakePassDecorator", "exact", "make_pass_decorator"),
    ("pass decorator", "parts", "make_pass_decorator"),
    ("progress bar", "exact", "ProgressBar"),
    ("progress", "parts", None),
    ("prog bar", "prefix", "ProgressBar"),
    ("context forward", "around", "Context.forward"),
    ("make_pass_decorater", "fuzzy", "make_pass_decorator"),
    ("ProgessBar", "fuzzy", "ProgressBar"),
    ("Missing argument", None, None),
    ("Aborted!", None, None),
    ("no such option", "exact", "NoSuchOption"),
    ("unexpected extra argument", None, None),
]


@pytest.fixture(scope="module")
def click_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SymbolIndex]:
    root = tmp_path_factory.mktemp("click")
    shutil.copytree(Path(click.__file__).parent, root / "click")
    found = SymbolIndex(root, None)
    yield found
    found.close()


def text_of(index: SymbolIndex, hit: Hit) -> str:
    return index.ask(lambda: index.lines(hit.path).text(hit.start_line, hit.end_line)).decode()


@pytest.mark.parametrize(("query", "how", "first"), CLICK, ids=[query for query, _, _ in CLICK])
def test_what_people_look_for_in_a_real_package_comes_first(
    click_index: SymbolIndex, query: str, how: str | None, first: str | None
) -> None:
    hits = click_index.hits(query, 10)
    found = hits[0]
    if how is not None:
        assert found.how == how
    if first is not None:
        assert found.symbol is not None and found.symbol.qualname == first
    if how is None:
        shown = [text_of(click_index, one) for one in hits]
        assert any(query.casefold().rstrip("!") in text.casefold() for text in shown[:3])


def test_names_come_before_code_and_the_closest_before_others(click_index: SymbolIndex) -> None:
    order = ["exact", "parts", "prefix", "around", "code"]
    for query in ("prompt", "style", "option", "echo", "invoke", "pager", "terminal"):
        hows = [one.how for one in click_index.hits(query, 60)]
        assert hows == sorted(hows, key=order.index) and len(set(hows)) > 1


def test_names_split_into_words() -> None:
    assert split_name("HTTPServer_error2") == ["http", "server", "error", "2"]
    assert split_name("__init__") == ["init"]
