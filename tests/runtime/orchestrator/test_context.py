"""The context for a ranking holds what matters most, and never more tokens than it may."""

from __future__ import annotations

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime.orchestrator.context import compose
from genesis_ssmp.runtime.orchestrator.ranking import rank
from genesis_ssmp.runtime.tokens import count_tokens
from hypothesis import given, settings
from hypothesis import strategies as st


@settings(deadline=None)
@given(
    budget=st.integers(0, 600),
    task=st.sampled_from(["rebate", "add_item", "send the receipt", "price basket customer", ""]),
)
def test_a_context_never_exceeds_its_budget(shop: Heaven, budget: int, task: str) -> None:
    context = compose(shop, rank(shop, task), budget)
    assert count_tokens(context.text) == context.tokens <= budget
    assert context == compose(shop, rank(shop, task), budget)


def test_lines_are_shown_once_as_they_are_with_their_numbers(shop: Heaven) -> None:
    context = compose(shop, rank(shop, "Cart.total_price"), 500)
    lines = (shop.root / "shop/cart.py").read_text().split("\n")
    part = context.text.partition("## shop/cart.py\n")[2].partition("\n## ")[0]
    shown = [line.partition("| ") for line in part.strip("\n").split("\n")]
    numbers = [int(number) for number, _, _ in shown]
    assert numbers == sorted(set(numbers))
    assert [text for _, _, text in shown] == [lines[number - 1] for number in numbers]


def test_what_is_said_to_be_whole_is_whole_and_the_rest_is_named(shop: Heaven) -> None:
    context = compose(shop, rank(shop, "season_rebate"), 120)
    assert "season_rebate" in [one.qualname for one in context.whole]
    assert context.named
    shown = {one.path: set(one.lines) for one in context.shown}
    for one in context.whole:
        lines = range(one.extent.start_line, one.extent.end_line + 1)
        assert shown[one.path].issuperset(lines)
    assert all(one.name_at.start_line in shown[one.path] for one in context.named)
