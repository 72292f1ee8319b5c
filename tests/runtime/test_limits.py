"""How long an angel may go on: configured, fixed when a run begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven.records import Json
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.angels.select import configured_limits
from genesis_ssmp.runtime.errors import AngelUnavailable
from genesis_ssmp.runtime.limits import Limits, limits_of
from genesis_ssmp.runtime.replay import replay
from genesis_ssmp.runtime.trace import chrome, trace
from kit.conversations import CORE, SWAP, Watched, call, edit, turns
from kit.mission import Mission


def test_without_configuration_the_defaults_hold(tmp_path: Path) -> None:
    assert configured_limits(tmp_path) == Limits(12, 3) == limits_of(None)


def test_a_record_gives_them_back(tmp_path: Path) -> None:
    (tmp_path / "genesis.toml").write_text("[angel]\nturns = 5\nrejects = 0\n")
    assert configured_limits(tmp_path) == Limits(5, 0) == limits_of(Limits(5, 0).record())


@pytest.mark.parametrize(
    "setting", ["turns = 0", "turns = 101", "rejects = -1", 'turns = "5"', "rejects = true"]
)
def test_a_setting_that_is_no_bound_is_told_by_name(setting: str, tmp_path: Path) -> None:
    (tmp_path / "genesis.toml").write_text(f"[angel]\n{setting}\n")
    with pytest.raises(AngelUnavailable, match=setting.split()[0]):
        configured_limits(tmp_path)


def test_a_run_keeps_the_bounds_that_it_began_with(mission: Mission) -> None:
    toml = mission.root / "genesis.toml"
    toml.write_text("[angel]\nturns = 2\n")
    usage: Json = {"tokens_in": 700, "tokens_out": 20, "cached_read": 600, "cached_written": 0}
    ask = {**call("pf_search", query="x"), "usage": usage}
    text = f"ISA_VERSION 0\nBASE_REV HEAD\nNEED slice {CORE} 1 8\nOP Swap them\n"
    ended = mission.ended(text, angel=Watched(turns(ask, ask, edit(SWAP))))
    assert ended.exit_code == 1
    assert "no answer within 2 turns" in (ended.message or "")
    toml.write_text("[angel]\nturns = 12\n")
    run = runs.find(mission.heaven, ended.run)
    assert run.limits == Limits(turns=2) and run.turns == 2
    assert replay(mission.heaven, run).same
    # Every turn is a step of the trace, with what it took.
    traced = trace(mission.heaven, run)
    angel = [step for step in traced.steps if step.op == "ANGEL"]
    assert [(one.tokens_in, one.tokens_out, one.cached) for one in angel] == [(700, 20, 600)] * 2
    assert "tokens_cached" in str(chrome(traced))
