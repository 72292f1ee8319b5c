"""Tokens are counted offline, as the encoding's publisher counts them."""

from __future__ import annotations

import socket

import pytest
from genesis_ssmp.runtime import tokens
from genesis_ssmp.runtime.tokens import count_line, count_tokens, estimate_tokens
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "count"),
    [
        # From OpenAI's own guide to counting tokens with cl100k_base.
        ("tiktoken is great!", 6),
        ("antidisestablishmentarianism", 6),
        ("2 + 2 = 4", 7),
        ("お誕生日おめでとう", 9),
        ("", 0),
    ],
)
def test_counts_are_those_that_the_encoding_is_published_with(text: str, count: int) -> None:
    assert count_tokens(text) == count


def test_counting_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a count must not open a connection")

    monkeypatch.setattr(socket, "socket", refuse)
    tokens._encoding.cache_clear()
    assert count_tokens("hello world") == 2


def test_markers_of_a_provider_in_a_text_are_text() -> None:
    assert count_tokens("<|endoftext|>") > 1


@given(st.text(max_size=200))
def test_any_text_has_a_count_of_at_most_its_bytes(text: str) -> None:
    assert 0 <= count_tokens(text) <= len(text.encode(errors="replace"))


def test_a_line_is_counted_once() -> None:
    before = count_line.cache_info().hits
    assert count_line("return a + b\n") == count_line("return a + b\n")
    assert count_line.cache_info().hits > before


def test_the_estimate_of_old_runs_is_a_quarter_of_the_bytes() -> None:
    assert [estimate_tokens(text) for text in ("", "a", "abcd", "abcde", "ü")] == [0, 1, 1, 2, 1]
