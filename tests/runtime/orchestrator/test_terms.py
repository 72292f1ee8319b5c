"""A task's words are told apart: paths, places, names, plain words."""

from __future__ import annotations

import pytest
from genesis_ssmp.runtime.orchestrator.terms import read_terms
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("Fix parse_header", ("parse_header",)),
        ("Fix ``Context.invoke`` for groups", ("Context.invoke",)),
        ("call close() twice", ("close",)),
        ("the HTTPServer hangs", ("HTTPServer",)),
        ("see :class:`Widget`", ("Widget",)),
        ("a plain sentence, e.g. this one", ()),
        ("JSON and HTTP are no names", ()),
    ],
)
def test_names_are_what_could_not_be_prose(task: str, names: tuple[str, ...]) -> None:
    assert read_terms(task).names == names


def test_common_words_say_nothing_and_parts_of_names_do() -> None:
    terms = read_terms("Fixed a bug where the cookieJar was not sent")
    assert terms.words == ("cookie", "jar", "sent")
    assert ("cookie", "jar") in terms.pairs


def test_a_traceback_gives_places_and_functions() -> None:
    text = 'Traceback:\n  File "/home/x/src/app/core.py", line 41, in run_all\nValueError: x'
    terms = read_terms(text)
    assert terms.places == (("/home/x/src/app/core.py", 41),)
    assert "run_all" in terms.names
    assert terms.paths == ("/home/x/src/app/core.py",)


def test_a_path_with_a_line_is_a_place() -> None:
    assert read_terms("crash at src/a.py:12").places == (("src/a.py", 12),)


def test_pairs_do_not_cross_a_full_stop() -> None:
    assert read_terms("Read cookies. Session lost").pairs == (
        ("read", "cookies"),
        ("session", "lost"),
    )


@given(st.text(max_size=300))
def test_any_text_has_terms(task: str) -> None:
    terms = read_terms(task)
    assert terms == read_terms(task)
    assert len(set(terms.words)) == len(terms.words)
