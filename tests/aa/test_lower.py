"""AA as a unit: numbers are numbers, paths have one spelling, nothing wrong gets through."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa import lowered
from genesis_ssmp.aa.emit import listing
from genesis_ssmp.aa.lowered import Origin, Unit
from genesis_ssmp.aa.span import Span
from kit.samples import PROGRAMS, codes, compile_sample, compile_text
from syrupy.assertion import SnapshotAssertion

AA = "BASE_REV HEAD\nLEASE directory:src\n"
TAIL = "DO x\nRETURN edit_ir\n"


def unit_of(text: str) -> Unit:
    compiled = compile_text(text, "aa")
    assert compiled.unit is not None, compiled.diagnostics
    return compiled.unit


@pytest.mark.parametrize("name", PROGRAMS)
def test_lowered(name: str, snapshot: SnapshotAssertion) -> None:
    unit = compile_sample(name).unit
    assert unit is not None
    assert listing(unit) == snapshot


def test_defaults_are_filled_in() -> None:
    unit = unit_of(f"{AA}NEED symdef f\nNEED callers f\nNEED search f\n{TAIL}")
    symdef, callers, search, _task = unit.sections[0].body
    assert isinstance(symdef, lowered.Symdef) and symdef.depth == "full"
    assert isinstance(callers, lowered.Callers) and callers.top_k == 20
    assert isinstance(search, lowered.Search) and search.top_k == 20
    assert (unit.mode, unit.budget, unit.output_mode) == ("SOLO", 8000, "medium")


def test_statements_keep_their_order_and_their_place() -> None:
    unit = unit_of(f"{AA}DO one\nNEED tests f\nDO two\nASSERT tests t\nRETURN edit_ir\n")
    assert [type(s).__name__ for s in unit.sections[0].body] == ["Task", "Tests", "Task", "Run"]
    assert unit.sections[0].body[0].origin == Origin("", Span(3, 1, 6))


@pytest.mark.parametrize(
    ("written", "path"), [("./a.go", "a.go"), ("a//b.go", "a/b.go"), ("a/./b/", "a/b")]
)
def test_two_spellings_of_a_path_are_one_file(written: str, path: str) -> None:
    unit = unit_of(f"BASE_REV HEAD\nLEASE file:{written}\nNEED slice {written} 1 1\n{TAIL}")
    assert unit.leases[0].value == path
    (piece, _task) = unit.sections[0].body
    assert isinstance(piece, lowered.Slice) and piece.path == path


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "a/..",
        "/etc/passwd",
        "C:/x",
        "c:x",
        "a\\b",
        ".git/hooks/pre-commit",
        ".GIT/config",
        "sub/.Heaven/log",
        ".",
    ],
)
def test_no_path_leaves_the_repository(path: str) -> None:
    for line in (f"NEED slice {path} 1 1", f"DO RENAME_SYMBOL {path}::a b"):
        assert codes(compile_text(f"{AA}{line}\n{TAIL}", "aa")) == ["AA0210"]
    lease = f"BASE_REV HEAD\nLEASE file:{path} file:ok\n{TAIL}"
    assert codes(compile_text(lease, "aa")) == ["AA0210"]


@pytest.mark.parametrize(
    "rev", ["HEAD", "abc123", "v1.0", "HEAD~2", "origin/main", "tree:" + "0" * 64]
)
def test_revisions(rev: str) -> None:
    assert unit_of(f"BASE_REV {rev}\nLEASE file:a\n{TAIL}").base_rev == rev


@pytest.mark.parametrize("rev", ["--all", "a..b", "tree:123", "tree:" + "A" * 64, "$(id)", "a:b"])
def test_a_revision_is_no_option_and_no_range(rev: str) -> None:
    assert codes(compile_text(f"BASE_REV {rev}\nLEASE file:a\n{TAIL}", "aa")) == ["AA0209"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("NEED callers f 0", "AA0212"),
        ("NEED callers f 1001", "AA0212"),
        ("NEED callers f 1e3", "AA0211"),
        ("NEED callers f ٣", "AA0211"),
        ("NEED callers f " + "9" * 5000, "AA0211"),
        ("NEED search f 0", "AA0212"),
        ("NEED slice a 0 1", "AA0212"),
        ("NEED slice a 1 0", "AA0212"),
        ("NEED slice a 1 10001", "AA0212"),
        ("NEED slice a 99999999999 1", "AA0212"),
        ("NEED prompt p -1", "AA0212"),
        ("NEED symdef f deep", "AA0222"),
        ("NEED symdef a::", "AA0213"),
        ("NEED symdef a:b", "AA0213"),
    ],
)
def test_wrong_words_are_errors_with_a_code(line: str, code: str) -> None:
    compiled = compile_text(f"{AA}{line}\n{TAIL}", "aa")
    assert codes(compiled) == [code]
    assert len(compiled.diagnostics[0].message) < 200


def test_assert_tests_runs_the_selector_and_not_the_word_tests() -> None:
    """`ASSERT tests X` was seen to assert on "tests X"."""
    unit = unit_of(f"{AA}DO x\nASSERT tests calc\nRETURN edit_ir\n")
    run = unit.sections[0].body[-1]
    assert isinstance(run, lowered.Run)
    assert (run.kind, run.selector) == ("test", "calc")


def test_an_issue_number_is_no_comment() -> None:
    unit = unit_of(f"{AA}DO Fix issue #12\nRETURN edit_ir\n")
    task = unit.sections[0].body[0]
    assert isinstance(task, lowered.Task) and task.text == "Fix issue #12"
