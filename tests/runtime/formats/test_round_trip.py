"""Two versions of a file, written as each format and landed: the new version, or a refusal."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from genesis_ssmp.runtime.edits import EditRefused
from genesis_ssmp.runtime.formats import FormatRefused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.programs import examples
from kit.texts_of_edits import Answers, blocks, patch_v1, unified

# Few different lines, so that many places have the same text; marks of the formats among them.
MARKS = ["-- sql", "++ c", "@@ at", "- item", "+ item", "```", "\\ back", "diff", "end"]
LINES = st.sampled_from(
    ["", "a", "b", "\tif x:", "        return 1", "    return 1", "}", "é漢😀", " \t", *MARKS]
)
DISTINCT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=6)
FILES = st.lists(st.one_of(LINES, DISTINCT), max_size=14)
SETTINGS = settings(
    max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck)
)


@st.composite
def versions(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """A file and the same file with some lines changed, taken away and put in."""
    old = draw(FILES)
    new: list[str] = []
    for line in old:
        what = draw(st.sampled_from("======-+~"))
        if what == "+":
            new.append(draw(LINES))
        if what == "~":
            new.append(draw(DISTINCT))
        elif what != "-":
            new.append(line)
    new += draw(st.lists(LINES, max_size=1))
    return old, new


def join(lines: list[str], eol: str, ended: bool) -> bytes:
    if not ended and lines and not lines[-1]:
        return eol.join(lines).encode() + b"end"
    return (eol.join(lines) + (eol if ended and lines else "")).encode()


def result(files: dict[str, bytes], answer: str, path: str) -> bytes | None:
    """The file as the answer leaves it; raises what refuses it."""
    with tempfile.TemporaryDirectory() as directory:
        after = Answers(Path(directory), files).after(answer)
        assert set(after) <= {path}
        return after.get(path, files.get(path))


@SETTINGS
@given(versions(), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(1, 3))
def test_a_diff_of_two_versions_gives_the_new_one(
    pair: tuple[list[str], list[str]], eol: str, ended: bool, context: int
) -> None:
    """Also where lines repeat: the heads of a tool's diff agree and tell the places apart."""
    old, new = (join(lines, eol, ended or not all(pair)) for lines in pair)
    text = unified("d/x.py", old, new, context)
    if not text:
        return
    try:
        assert result({"d/x.py": old}, text, "d/x.py") == new
    except FormatRefused as refused:
        # An edit cannot say that the last line loses or gains its line end.
        assert refused.code == "final_newline", refused
        assert not ended


@SETTINGS
@given(versions(), st.booleans(), st.integers(0, 3))
def test_blocks_for_two_versions_give_the_new_one_or_are_refused(
    pair: tuple[list[str], list[str]], crlf: bool, context: int
) -> None:
    eol = "\r\n" if crlf else "\n"
    old, new = (join(lines, eol, True) for lines in pair)
    text = blocks("x.py", join(pair[0], "\n", True), join(pair[1], "\n", True), context)
    if not text or not old:
        return
    try:
        assert result({"x.py": old}, text, "x.py") == new
    except FormatRefused as refused:
        assert refused.code in ("several_matches", "no_context", "overlap", "malformed")
        if refused.code == "several_matches":
            places = [int(text.split()[1]) for text in refused.candidates if "line " in text]
            assert len(places) > 1


@SETTINGS
@given(versions(), st.booleans())
def test_a_patch_v1_of_two_versions_gives_the_new_one(
    pair: tuple[list[str], list[str]], crlf: bool
) -> None:
    old, new = (join(lines, "\r\n" if crlf else "\n", True) for lines in pair)
    if not old or old == new:
        return
    text = patch_v1("x.py", join(pair[0], "\n", True), join(pair[1], "\n", True))
    try:
        assert result({"x.py": old}, text, "x.py") == new
    except FormatRefused as refused:
        # What is inserted replaces a line beside it, which the next section may want too.
        assert refused.code == "overlap"


def no_prefixes(text: str) -> str:
    return text.replace("--- a/", "--- ", 1).replace("+++ b/", "+++ ", 1)


def no_numbers(text: str) -> str:
    return re.sub(r"(?m)^@@ -.* @@", "@@ ... @@", text)


def fenced(text: str) -> str:
    text = text.removesuffix("\n")
    return f"Here is the change:\n\n```diff\n{text}\n```\n\nThat is all.\n"


def git_head(text: str) -> str:
    return f"diff --git a/x.py b/x.py\nindex 0123456..789abcd 100644\n{text}"


def bare_context(text: str) -> str:
    return re.sub(r"(?m)^ $", "", text)


def no_last_newline(text: str) -> str:
    return text.removesuffix("\n")


def counts(shift: int) -> Callable[[str], str]:
    def wrong(text: str) -> str:
        return re.sub(
            r"(?m)^@@ -(\d+)(?:,(\d+))? ",
            lambda m: f"@@ -{m[1]},{max(0, int(m[2] or 1) + shift)} ",
            text,
        )

    return wrong


def old_number(shift: int) -> Callable[[str], str]:
    """One of the two numbers is wrong: the model did not count its own lines."""

    def wrong(text: str) -> str:
        return re.sub(r"(?m)^@@ -(\d+)", lambda m: f"@@ -{max(0, int(m[1]) + shift)}", text)

    return wrong


MUTATIONS: list[Callable[[str], str]] = [
    no_prefixes,
    no_numbers,
    fenced,
    git_head,
    bare_context,
    no_last_newline,
    counts(1),
    counts(-1),
    counts(5),
    old_number(1),
    old_number(-1),
    old_number(4),
]


@settings(SETTINGS, max_examples=examples(150))
@given(versions(), st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=3))
def test_a_diff_that_is_written_wrong_lands_right_or_not_at_all(
    pair: tuple[list[str], list[str]], mutations: list[Callable[[str], str]]
) -> None:
    old, new = (join(lines, "\n", True) for lines in pair)
    text = unified("x.py", old, new)
    if not text:
        return
    for mutate in mutations:
        text = mutate(text)
    with contextlib.suppress(FormatRefused):
        assert result({"x.py": old}, text, "x.py") == new


@SETTINGS
@given(versions(), FILES)
def test_a_diff_against_another_text_is_refused_or_lands_on_the_lines_it_quotes(
    pair: tuple[list[str], list[str]], other: list[str]
) -> None:
    """Every line that the outcome lost is one that the diff removes, every new one it adds."""
    old, new = (join(lines, "\n", True) for lines in pair)
    there = join(other, "\n", True)
    text = unified("x.py", old, new)
    if not text:
        return
    try:
        after = result({"x.py": there}, text, "x.py")
    except (FormatRefused, EditRefused):
        return
    assert after is not None
    body = [line for line in text.split("\n")[2:] if not line.startswith("@@ -")]
    for line in other:
        if after.decode().split("\n").count(line) < other.count(line):
            assert f"-{line}" in body
    for line in set(after.decode().split("\n")[:-1]) - set(other):
        assert f"+{line}" in body


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_what_models_get_wrong_in_a_diff_is_forgiven(mutate: Callable[[str], str]) -> None:
    old = b"".join(b"line %d\n" % n if n % 7 else b"\n" for n in range(1, 40))
    new = (
        old.replace(b"line 8\n", b"line eight\n")
        .replace(b"line 30\n", b"")
        .replace(b"line 37\n", b"line 37\n\nnew\n")
    )
    text = unified("x.py", old, new)
    assert result({"x.py": old}, mutate(text), "x.py") == new
