"""The meter, and what it leads to: thrashing, dollars, lean metrics."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.orchestrator.accounts import account
from genesis_ssmp.runtime.orchestrator.errors import BadSettings
from genesis_ssmp.runtime.orchestrator.meter import Counts, Meter, Reading, measure, readings
from genesis_ssmp.runtime.orchestrator.prices import load_prices
from genesis_ssmp.runtime.orchestrator.settings import Settings, read_settings
from genesis_ssmp.runtime.orchestrator.thrash import Limits, ThrashDetector
from genesis_ssmp.runtime.orchestrator.tsln import decode, encode
from kit.angel import edit_answer, scripted
from kit.mission import Mission

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"


def line(content: str) -> dict[str, object]:
    return {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": content}


def run(mission: Mission) -> None:
    """A line that was not shown, and nothing better; a failing test; and one that is right."""
    bad, good = (edit_answer(line(f"    return {text}\n")) for text in ("a - b", "b + a"))  # type: ignore[arg-type]  # JSON
    unseen = edit_answer(
        {"op": "replace_line", "path": "tests/test_core.py", "lines": [1], "content": "x\n"}
    )
    mission.ended(
        HEAD + "NEED symdef Add\nNEED callers Add\nOP do\nRUN test\nIF_FAIL RETRY 3\n",
        angel=scripted(unseen, bad, good),
    )


def test_the_record_of_a_run_gives_the_figures_that_the_run_told(mission: Mission) -> None:
    run(mission)
    live = Meter()
    for progress in mission.progress:
        for one in readings(progress):
            live.take(one)
    recorded = measure(mission.heaven, runs.find(mission.heaven, "last"))
    assert recorded == live
    counts = live.total
    assert (counts.turns, counts.retries, counts.rejects) == (4, 2, 1)
    assert (counts.test_failures, live.failures_in_a_row, counts.conflicts) == (1, 0, 0)
    assert counts.faults == 6 and counts.fault_bytes > 0
    assert counts.tokens_in > 0 and counts.tokens_out > 0
    assert set(live.phases) == {"understand", "plan", "execute", "verify"}
    total = Counts()
    for one_phase in live.phases.values():
        total.add(one_phase)
    assert total == counts


def test_an_account_has_every_figure_and_the_prices_date(mission: Mission) -> None:
    run(mission)
    found = account(mission.heaven, "last", load_prices({}))
    assert (found.cost, found.prices) == (0.0, load_prices({}).date), "scripted angels are free"
    dear = account(mission.heaven, "r1", load_prices({"scripted:test": (1.0, 2.0, 0.5)}))
    counts = dear.total.total
    assert dear.cost == round((counts.tokens_in + 2 * counts.tokens_out) / 1e6, 6)
    table = found.table()
    assert decode(encode(table)) == table
    assert table.rows[0][1] == "completed" and table.rows[0][10] == 4


def test_a_model_that_the_table_does_not_have_costs_nobody_knows_what() -> None:
    prices = load_prices({})
    counts = Counts(tokens_in=1_000_000, tokens_out=100_000, tokens_cached=400_000)
    assert prices.cost("anthropic:someone-else", counts) is None
    assert prices.cost("anthropic:claude-sonnet-4-5", counts) == 1.8 + 1.5 + 0.12
    assert prices.cost("openai:gpt-4o-mini", counts) == 0.09 + 0.06 + 0.03, "the longest name"
    assert prices.cost(None, counts) == 0.0


def meter(*what: str) -> Meter:
    found = Meter()
    for one in what:
        name, _, amount = one.partition("=")
        found.take(Reading("execute", name, int(amount or 1)))
    return found


@pytest.mark.parametrize(
    ("calm", "thrashing", "reason"),
    [
        (
            ("faults=21", "turns", "faults=20"),
            ("faults=21", "turns", "faults=21"),
            "more than 20 page faults in 2 turns in a row (21, 21)",
        ),
        (("rejects",) * 2, ("rejects",) * 3, "3 rejected answers, more than 2"),
        (("conflicts",) * 3, ("conflicts",) * 4, "4 conflicts, more than 3"),
        (
            (*("test_failures",) * 3, "test_passed", "test_failures"),
            ("test_failures",) * 4,
            "4 test runs in a row that failed, more than 3",
        ),
    ],
    ids=["faults", "rejects", "conflicts", "test failures"],
)
def test_each_condition_thrashes_past_its_number_and_not_before(
    calm: tuple[str, ...], thrashing: tuple[str, ...], reason: str
) -> None:
    assert ThrashDetector(Limits()).look(meter(*calm)) is None
    assert ThrashDetector(Limits()).look(meter(*thrashing)) == reason


def test_thrashing_stays_whatever_comes_after() -> None:
    detector = ThrashDetector(Limits())
    failing = meter(*("test_failures",) * 4)
    assert detector.look(failing)
    failing.take(Reading("verify", "test_passed"))
    assert detector.look(failing) == "4 test runs in a row that failed, more than 3"


def test_settings_are_read_and_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings()
    (tmp_path / "genesis.toml").write_text(
        '[angel]\nuse = "x"\n[swarm]\nangels = 7\n[thrash]\nrejects = 0\n'
        '[oracle]\nuse = "scripted:o"\n[prices]\n"m" = [1, 2.5, 0]\n'
    )
    found = read_settings(tmp_path)
    assert (found.angels, found.limits, found.oracle) == (7, Limits(rejects=0), "scripted:o")
    assert found.prices == {"m": (1.0, 2.5, 0.0)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[thrash]\nspeed = 1\n", "unknown setting 'speed'; known: conflicts, faults"),
        ("[thrash]\nturns = 0\n", "`turns` is not a whole number from 1 up"),
        ("[swarm]\nangels = true\n", "`angels` is not a whole number"),
        ("[swarm]\nlease_seconds = 0.5\n", "`lease_seconds`"),
        ("[oracle]\nuse = 1\n", "`use` is not a text"),
        ("thrash = 1\n", r"\[thrash\] is not a table"),
        ('[prices]\n"m" = [1, 2]\n', "'m' is not"),
        ("[", "genesis.toml"),
    ],
)
def test_settings_that_are_wrong_are_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "genesis.toml").write_text(text)
    with pytest.raises(BadSettings, match=words):
        read_settings(tmp_path)
