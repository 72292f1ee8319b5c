from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven import BadEvent, PathOutside
from kit.heaven import HeavenHome


def test_clocks_start_at_zero_and_only_rise(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        assert home.heaven.clocks(["a.py"]) == {"a.py": 0}
        assert home.heaven.clock_inc(["a.py", "b.py"]) == {"a.py": 1, "b.py": 1}
        assert home.heaven.clock_inc(["a.py"]) == {"a.py": 2}
        assert home.heaven.clocks(["a.py", "b.py", "c.py"]) == {"a.py": 2, "b.py": 1, "c.py": 0}


def test_clocks_survive_a_restart_instead_of_starting_at_zero(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        home.heaven.clock_inc(["a.py"])
        home.heaven.clock_inc(["a.py"], sync=False)
        home.reopen()
        assert home.heaven.clocks(["a.py"]) == {"a.py": 2}
        assert home.heaven.clock_inc(["a.py"]) == {"a.py": 3}


def test_two_spellings_share_a_clock(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        assert home.heaven.clock_inc(["./src//a.py", "src/a.py"]) == {"src/a.py": 1}
        assert home.heaven.clocks(["src/./a.py"]) == {"src/a.py": 1}


def test_no_paths_no_event(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        assert home.heaven.clock_inc([]) == {}
        assert home.heaven.last_seq == 0


def test_a_path_outside_raises_no_clock_at_all(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        with pytest.raises(PathOutside):
            home.heaven.clock_inc(["a.py", "../b.py"])
        assert home.heaven.clocks(["a.py"]) == {"a.py": 0}


def test_a_clock_is_not_forged_by_appending_its_event(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        with pytest.raises(BadEvent):
            home.heaven.append("clock_inc", {"clocks": {"a.py": 99}})
        assert home.heaven.clocks(["a.py"]) == {"a.py": 0}
