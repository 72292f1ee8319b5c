"""A task in words leads to the code that it is about, with reasons, the same way each time."""

from __future__ import annotations

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime.orchestrator.ranking import Ranking, rank
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def symbols(ranking: Ranking) -> list[str]:
    return [one.symbol.qualname for one in ranking.symbols]


@pytest.mark.parametrize(
    ("task", "path", "symbol"),
    [
        ("Receipts are sent to the wrong address", "shop/mail.py", "Mailer.send_receipt"),
        ("Fix `Cart.add_item` for a count of zero", "shop/cart.py", "Cart.add_item"),
        ("The seasonal rebates are too high", "shop/prices.py", "season_rebate"),
        ("articles vanish from the basket", "shop/cart.py", "Cart.add_item"),
        ('  File "/x/y/shop/prices.py", line 7, in season', "shop/prices.py", "season_rebate"),
        ("crash in shop.mail", "shop/mail.py", "Mailer"),
    ],
)
def test_the_code_that_a_task_is_about_comes_first(
    shop: Heaven, task: str, path: str, symbol: str
) -> None:
    ranking = rank(shop, task)
    assert ranking.files[0].path == path
    assert symbol in symbols(ranking)[:2]


def test_every_place_has_its_reasons(shop: Heaven) -> None:
    ranking = rank(shop, "total_price is wrong")
    assert ranking.symbols[0].symbol.qualname == "Cart.total_price"
    assert "defines `total_price`" in ranking.symbols[0].reasons
    assert all(one.reasons for one in (*ranking.files, *ranking.symbols))


def test_being_called_by_a_hit_is_a_reason(shop: Heaven) -> None:
    ranking = rank(shop, "total_price")
    called = next(one for one in ranking.symbols if one.symbol.qualname == "discounted")
    assert called.reasons[0] == "used by Cart.total_price"


def test_sources_come_before_the_tests_that_have_the_same_words(shop: Heaven) -> None:
    assert rank(shop, "total price after rebate").files[0].path != "tests/test_cart.py"
    assert rank(shop, "a test of total price after rebate").files[0].path == "tests/test_cart.py"


def test_scores_fall_and_counts_are_kept(shop: Heaven) -> None:
    ranking = rank(shop, "price of the items in the basket", files=2, symbols=3)
    assert len(ranking.files) == 2 and len(ranking.symbols) == 3
    scores = [one.score for one in ranking.symbols]
    assert scores == sorted(scores, reverse=True) and scores[-1] > 0


def test_a_task_without_a_word_of_the_code_has_an_empty_ranking(
    shop: Heaven, empty: Heaven
) -> None:
    assert rank(shop, "xyzzy plugh").files == ()
    assert rank(empty, "Fix the cart").symbols == ()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(alphabet=st.sampled_from("cart price_.`'\"*(){}:/\\ANDORNEAR^- \n1\0é"), max_size=40)
)
def test_any_text_is_a_task_and_ranks_the_same_twice(shop: Heaven, task: str) -> None:
    assert rank(shop, task) == rank(shop, task)
