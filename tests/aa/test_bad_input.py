"""Bad input is diagnosed, never a traceback, in time linear in the input.

Time is measured in executed Python lines where it can be, not in seconds, so that a busy machine
fails no test: twice the input may execute little more than twice the lines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import SupportsIndex

import pytest
from genesis_ssmp.aa import parse as aa_parse
from genesis_ssmp.aa.diagnostic import Diagnostic, render_github, render_json, render_text
from genesis_ssmp.aa.mistakes import did_you_mean
from genesis_ssmp.aa.source import Source, SourceUnreadable
from genesis_ssmp.aa.unread import unread_keywords
from genesis_ssmp.isa import fmt as isa_fmt
from genesis_ssmp.isa import parse as isa_parse


def diagnose(text: str) -> tuple[Diagnostic, ...]:
    return isa_parse.parse(Source("p.isa", text)).diagnostics


def calls(work: Callable[[], object]) -> int:
    """How many Python functions `work` calls."""
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_an_empty_file_is_an_empty_program() -> None:
    for text in ("", "\n", " \t\n\n", "# only a comment"):
        parsed = aa_parse.parse(Source("p.aa", text))
        assert parsed.diagnostics == ()
        assert parsed.program.directives == ()


def test_a_hundred_thousand_directives_are_read() -> None:
    parsed = aa_parse.parse(Source("p.aa", "NEED symdef Eval\n" * 100_000))
    assert parsed.diagnostics == ()
    assert len(parsed.program.directives) == 100_000
    assert parsed.program.directives[-1].span.line == 100_000


def test_a_ten_megabyte_line_is_refused_by_its_place() -> None:
    for start in ("DO ", 'DO "', "# ", "NEED symdef ", "LEASE ", ""):
        with pytest.raises(SourceUnreadable) as caught:
            Source.of_bytes("p.isa", b"MODE SOLO\n" + start.encode() + b"x" * 10_000_000)
        (found,) = caught.value.diagnostics
        assert (found.code, found.span.line) == ("AA0104", 2)
        assert len(render_text([found], {})) < 200


@pytest.mark.parametrize(
    "start",
    [
        "DO ", 'DO "', 'DO """', "NEED symdef ", "NED", "LEASE ", "LEASE file:", "BASE_REV a ",
        "USE m ", 'USE m a="', "RUN ", "IF_FAIL ", "PARAM ", 'NEED search "', "OP RENAME_SYMBOL ",
        'OP RENAME_SYMBOL "',
    ],
)  # fmt: skip
def test_no_long_line_backtracks_or_fills_the_screen(start: str) -> None:
    """Backtracking over a line of this length would take minutes."""
    for filling in ("x", " ", "x ", '"', '" ', "\\", '\\"', "#", " #", "=", ":", "a=b "):
        line = start + filling * (2**15 // len(filling))
        found = diagnose(line)
        source = Source("p.isa", line)
        for rendered in (render_text(found, {"p.isa": source}), render_github(found)):
            assert max(map(len, rendered.splitlines()), default=0) < 1000


def test_unclosed_blocks_are_each_reported_once() -> None:
    found = diagnose('OP """\n' * 5_000)
    assert len(found) == 5_000
    assert {d.code for d in found} == {"AA0107"}
    assert [d.span.line for d in found] == list(range(1, 5_001))


def test_unclosed_blocks_with_texts_between_take_linear_time() -> None:
    def work(count: int) -> int:
        return calls(lambda: diagnose('OP """\nsome text\n\n' * count))

    assert work(1000) < 2.2 * work(500)


def test_many_mistakes_take_linear_time() -> None:
    def work(count: int) -> int:
        lines = "".join(f"NED{n} x\nLEASE a{n} b{n}\nRUN u{n}\nfoo {n}\n" for n in range(count))
        did_you_mean.cache_clear()
        return calls(lambda: diagnose(lines))

    work(10)
    assert work(400) < 2.2 * work(200)


def test_a_long_line_of_mistakes_is_split_once() -> None:
    """Split for each of its mistakes, a line of 1 MiB took a minute."""
    splits = 0

    class Line(str):
        __slots__ = ()

        def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
            nonlocal splits
            splits += 1
            return super().split(sep, maxsplit)

    class Lines(Source):
        __slots__ = ()

        def lines(self) -> list[str]:
            return [Line(line) for line in super().lines()]

    source = Lines("p.aa", "LEASE" + " a" * 1000 + "\nDO\n")
    assert unread_keywords(source, diagnose(source.text), aa_parse.DIRECTIVES) == {"LEASE", "DO"}
    assert splits == 2


def test_thousands_of_mistakes_are_found_and_two_hundred_printed() -> None:
    source = Source("p.isa", "NED x\n" * 20_000)
    found = diagnose(source.text)
    assert len(found) == 20_000
    text = render_text(found, {"p.isa": source})
    assert text.count("error[") == 200
    assert text.endswith("note: 19800 more findings are not shown of p.isa\n")
    assert render_json(found).count('"code"') == 20_000


def test_a_lease_of_a_hundred_thousand_scopes_is_read() -> None:
    parsed = isa_parse.parse(Source("p.isa", "LEASE" + " file:a" * 100_000))
    assert parsed.diagnostics == ()


def test_a_lease_of_thousands_of_mistakes_is_reported() -> None:
    found = diagnose("LEASE" + " a" * 20_000)
    assert len(found) == 20_000


def test_a_block_of_many_lines_is_read_and_formatted() -> None:
    text = 'OP """\n' + '    a "line" of \\ text ""\n' * 100_000 + '    """\n'
    parsed = isa_parse.parse(Source("p.isa", text))
    assert parsed.diagnostics == ()
    assert isa_fmt.format(Source("p.isa", text)) == text


def test_the_state_of_one_file_does_not_reach_the_next() -> None:
    assert diagnose('OP """\n')
    assert diagnose('OP "a\n')
    parsed = isa_parse.parse(Source("p.isa", "MODE SOLO # c\n"))
    assert parsed.diagnostics == ()
    assert len(parsed.program.comments) == 1
    assert isa_parse.parse(Source("p.isa", "")).program.comments == ()
