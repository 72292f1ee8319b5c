"""`@paths` and `@max-lines`."""

from __future__ import annotations

from kit.breaches import Broken

FILES = {"src/a.py": "a\nb\n", "tests/b.py": "a\n"}


def test_files_outside_the_paths_are_told_each(broken: Broken) -> None:
    after = {"src/a.py": "c\n", "tests/b.py": "c\n", "new.txt": "x\n"}
    said = broken("@paths src/**", FILES, after)
    assert said is not None
    assert "new.txt:1: the edit touches a file outside" in said and "tests/b.py:1" in said
    assert "src/a.py" not in said
    assert broken("@paths src/** tests/** *.txt", FILES, after) is None


def test_too_many_lines_are_told_largest_file_first(broken: Broken) -> None:
    after = {"src/a.py": "c\n", "tests/b.py": "c\n"}
    said = broken("@max-lines 4", FILES, after)
    assert said is not None
    assert said.index("src/a.py:1: the edit removes and adds 3 lines here, 5 in all") < said.index(
        "tests/b.py:1"
    )
    assert broken("@max-lines 5", FILES, after) is None
