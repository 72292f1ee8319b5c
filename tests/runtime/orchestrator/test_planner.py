from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.runtime.orchestrator.errors import NothingToPlan
from genesis_ssmp.runtime.orchestrator.plan import MissionPlan
from genesis_ssmp.runtime.orchestrator.planner import (
    ANALYSIS_TOKENS,
    BUCKETS,
    bucket,
    is_test,
    plan_task,
)
from genesis_ssmp.runtime.orchestrator.ranking import RankedFile
from genesis_ssmp.runtime.orchestrator.solo import FAULTS, SHARES, TOKENS, TURNS, solo_program
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.repository import make_repository

FILES = {
    "shop/cart.py": (
        'def add_item(cart: list[str], item: str) -> None:\n    """Put an item into the cart."""\n'
        "    cart.append(item)\n\n\ndef total(prices: list[int]) -> int:\n    return sum(prices)\n"
    ),
    "shop/order.py": "from shop.cart import total\n\n\ndef place(p: list[int]) -> int:\n"
    "    return total(p)\n",
    "web/views.py": "from shop.cart import add_item\n\n\ndef view(item: str) -> list[str]:\n"
    "    cart: list[str] = []\n    add_item(cart, item)\n    return cart\n",
    "tests/test_cart.py": "from shop.cart import add_item\n\n\ndef test_add_item() -> None:\n"
    "    cart: list[str] = []\n    add_item(cart, 'x')\n    assert cart == ['x']\n",
    "pyproject.toml": '[project]\nname = "shop"\nversion = "0"\n',
    "conftest.py": "",
}
TASK = "add_item must refuse an item that is in the cart already"


@pytest.fixture
def heaven(tmp_path: Path) -> Iterator[Heaven]:
    with Heaven.open(make_repository(tmp_path / "shop", FILES).root) as opened:
        yield opened


def lines(plan: MissionPlan, name: str, word: str) -> list[str]:
    source = plan.mission(name).source.splitlines()
    return [line for line in source if line.startswith(word)]


def test_a_task_in_words_becomes_missions_that_lease_what_it_is_about(heaven: Heaven) -> None:
    plan = plan_task(heaven, TASK)
    analysis, first, *_ = plan.missions
    assert analysis.name == "analysis"
    assert Scope("file", "shop/cart.py") in first.scopes
    assert "NEED symdef shop/cart.py::add_item" in lines(plan, first.name, "NEED")
    assert plan.mission("tests").scopes == (Scope("file", "tests/test_cart.py"),)
    assert set(plan.mission("tests").depends_on) == {
        one.name for one in plan.missions if one.name.startswith("m")
    }
    assert (analysis.module.budget, first.module.budget) == (ANALYSIS_TOKENS, 8000)
    assert plan_task(heaven, TASK) == plan


def test_a_plan_can_be_carried_out_as_it_is_printed(heaven: Heaven) -> None:
    from genesis_ssmp.runtime.link import link

    for mission in plan_task(heaven, TASK).missions:
        found = link(mission.module, heaven, heaven.root, environment=False)
        assert found.diagnostics == ()


def test_words_that_lead_nowhere_are_told_so(heaven: Heaven) -> None:
    with pytest.raises(NothingToPlan, match="zzyzx"):
        plan_task(heaven, "zzyzx qwfp")
    with pytest.raises(NothingToPlan):
        solo_program(heaven, "zzyzx qwfp")


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a/x.py", "a/y.py", "b/x.py", "c/x.py", "d.py", "e/t.py",
                                   "tests/a.py", "b/test_b.py"]), st.integers(1, 100)),
        unique_by=lambda one: one[0],
    )
)  # fmt: skip
def test_buckets_are_few_and_tests_come_last(ranked: list[tuple[str, int]]) -> None:
    files = [RankedFile(path, score, ()) for path, score in sorted(ranked, key=lambda one: -one[1])]
    found = bucket(files)
    assert len(found) <= BUCKETS
    paths = [one.path for _, several in found for one in several]
    assert len(paths) == len(set(paths))
    kinds = [all(is_test(one.path) for one in several) for _, several in found]
    assert kinds == sorted(kinds)
    if files:
        assert files[0].path in paths


def test_a_solo_program_keeps_to_its_shares(heaven: Heaven) -> None:
    program = solo_program(heaven, TASK)
    source = program.source.splitlines()
    needs = [line for line in source if line.startswith("NEED")]
    assert needs[0] == "NEED symdef shop/cart.py::add_item"
    assert len([one for one in needs if "symdef" in one]) <= SHARES["understand"].faults
    assert len(needs) <= FAULTS
    assert (program.module.budget, f"IF_FAIL RETRY {TURNS - 1}" in source) == (TOKENS, True)
    assert sum(one.tokens for one in SHARES.values()) == 100
    assert solo_program(heaven, TASK) == program


def test_a_definition_that_is_larger_than_its_share_is_passed_over(tmp_path: Path) -> None:
    body = "".join(f"    value_{n} = {n}\n" for n in range(900))
    files = {**FILES, "shop/big.py": f"def add_item_big() -> None:\n{body}"}
    with Heaven.open(make_repository(tmp_path / "big", files).root) as heaven:
        source = solo_program(heaven, "add_item_big and add_item").source
    assert "NEED symdef shop/cart.py::add_item" in source
    assert "add_item_big\n" not in source.partition("OP ")[0]
