"""Random files and random batches against a plain model; 0 wrong applications."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from genesis_ssmp.proto.edit_ir import EditOp
from genesis_ssmp.runtime.edits import EditRefused, Hunk, land, undo
from genesis_ssmp.runtime.edits.lines import bare, split
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.edits import EditBench
from kit.heaven import HeavenHome

SCALE = 20 if os.environ.get("GENESIS_SOAK") else 1
EOL = st.sampled_from([b"\n", b"\r\n"])
WORD = st.sampled_from([b"", b"a", b"b", b"\tc", b"d \t", b"\xc3\xa9", b"x\ry"])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """LF, CRLF or mixed endings, with or without BOM and final newline, tabs, also empty."""
    words = draw(st.lists(WORD, max_size=12))
    eols = EOL if draw(st.booleans()) else st.just(draw(EOL))
    data = b"".join(word + draw(eols) for word in words)
    if draw(st.booleans()):
        data = split(data).join()
        data = data.removesuffix(b"\n").removesuffix(b"\r")
    return (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + data


TEXT = st.lists(st.sampled_from(["", "a", "new", "\tz", "é"]), min_size=1, max_size=4)


@st.composite
def batches(draw: st.DrawFn, count: int) -> list[tuple[str, tuple[int, ...], str | None]]:
    ops: list[tuple[str, tuple[int, ...], str | None]] = []
    for _ in range(draw(st.integers(1, 5))):
        name = draw(
            st.sampled_from(["replace_span", "delete_span", "replace_line", "insert_lines"])
            if count
            else st.just("insert_lines")
        )
        content = draw(st.sampled_from(["\n", "\r\n"])).join(draw(TEXT))
        content += draw(st.sampled_from(["", "\n"]))
        if name == "insert_lines":
            ops.append((name, (draw(st.integers(1, count + 1)),), content or "\n"))
            continue
        first = draw(st.integers(1, count))
        if name == "replace_line":
            ops.append((name, (first,), content))
        else:
            last = min(count, first + draw(st.integers(0, 3)))
            ops.append((name, (first, last), None if name == "delete_span" else content))
    return ops


def texts_of(name: str, content: str | None) -> list[bytes]:
    """The lines that an operation brings, as a reader of its JSON would say."""
    if content is None:
        return []
    if content == "":
        return [b""] if name == "replace_line" else []
    lines = content.replace("\r\n", "\n").split("\n")
    return [line.encode() for line in (lines[:-1] if lines[-1] == "" else lines)]


def overlaps(ops: list[tuple[str, tuple[int, ...], str | None]]) -> bool:
    taken: set[int] = set()
    inner: set[int] = set()
    for name, lines, _ in ops:
        if name != "insert_lines":
            span = set(range(lines[0], lines[-1] + 1))
            if span & taken:
                return True
            taken |= span
            inner |= set(range(lines[0] + 1, lines[-1] + 1))
    return any(name == "insert_lines" and lines[0] in inner for name, lines, _ in ops)


def model(
    before: list[bytes], ops: list[tuple[str, tuple[int, ...], str | None]]
) -> tuple[list[bytes], list[int | None]]:
    """The lines after, without endings; for each, the line (from 0) that it was, if it stayed."""
    after: list[bytes] = []
    origin: list[int | None] = []
    gone: set[int] = set()
    for name, lines, _ in ops:
        if name != "insert_lines":
            gone |= set(range(lines[0] - 1, lines[-1]))
    for place in range(len(before) + 1):
        for kind in ("insert_lines", "replace"):
            for name, lines, content in ops:
                inserts = name == "insert_lines"
                if lines[0] - 1 == place and inserts == (kind == "insert_lines"):
                    new = texts_of(name, content)
                    after += new
                    origin += [None] * len(new)
        if place < len(before) and place not in gone:
            after.append(before[place])
            origin.append(place)
    return after, origin


@settings(max_examples=250 * SCALE, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_batch_against_the_model(data: st.DataObject) -> None:
    content = data.draw(files())
    text = split(content)
    ops = data.draw(batches(len(text.lines)))
    with tempfile.TemporaryDirectory() as directory:
        bench = EditBench(Path(directory))
        bench.write("f", content)
        made = [
            bench.op(name, "f", lines=lines, content=new)  # type: ignore[arg-type]
            for name, lines, new in ops
        ]
        if overlaps(ops):
            try:
                bench.stage(*made)
            except EditRefused as refusal:
                assert refusal.code == "overlap"
                return
            raise AssertionError("overlapping operations were accepted")
        staged = bench.stage(*made)
    after = staged.files[0].after if staged.files else content
    assert after is not None
    expected, origin = model(list(text.bare), ops)
    result = split(after)
    assert result.bom == (text.bom if expected or text.bom else b"")
    assert list(result.bare) == expected
    crlf = sum(line.endswith(b"\r\n") for line in text.lines)
    lf = sum(line.endswith(b"\n") for line in text.lines) - crlf
    for number, (line, old) in enumerate(zip(result.lines, origin, strict=True)):
        is_last = number == len(result.lines) - 1
        if old is not None and (text.lines[old].endswith(b"\n")):
            assert line == text.lines[old], "a line that stayed is byte for byte the same"
        elif text.unterminated and is_last:
            blank = not bare(line)  # a blank line without an ending is no line
            assert line.endswith(b"\n") == blank, "a missing final newline stays missing"
        elif text.lines and crlf != lf:
            kept = [one for one in text.lines if bare(one) == bare(line)]
            eol = b"\r\n" if crlf > lf else b"\n"
            assert line.endswith(eol) or line in kept or (is_last and line + eol in kept)
    if staged.files:
        check_hunks(text.lines, result.lines, staged.files[0].hunks)


def check_hunks(
    before: tuple[bytes, ...], after: tuple[bytes, ...], hunks: tuple[Hunk, ...]
) -> None:
    """Replacing each hunk's lines in `before` gives `after`."""
    rebuilt: list[bytes] = []
    done = 0
    for hunk in hunks:
        assert hunk.before_count or hunk.after_count
        rebuilt += [bare(line) for line in before[done : hunk.before_start - 1]]
        assert len(rebuilt) == hunk.after_start - 1
        start = hunk.after_start - 1
        rebuilt += [bare(line) for line in after[start : start + hunk.after_count]]
        done = hunk.before_start - 1 + hunk.before_count
    rebuilt += [bare(line) for line in before[done:]]
    assert rebuilt == [bare(line) for line in after]


def by_git(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """What `git merge-file` makes of them; None for a conflict."""
    with tempfile.TemporaryDirectory() as directory:
        for name, content in (("base", base), ("ours", ours), ("theirs", theirs)):
            (Path(directory) / name).write_bytes(content)
        done = subprocess.run(
            ["git", "merge-file", "-p", "ours", "base", "theirs"],
            cwd=directory,
            capture_output=True,
            check=False,
        )
    return done.stdout if done.returncode == 0 else None


def lines_of(data: bytes) -> bytes:
    """The lines, each with one newline: without a mark, and whatever they end with."""
    return b"".join([line + b"\n" for line in split(data).bare])


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the judge here")
@settings(max_examples=150 * SCALE, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_drifted_edit_lands_on_what_its_author_saw_or_is_a_clean_merge_or_is_refused(
    data: st.DataObject,
) -> None:
    """Somebody changes the file between reading and staging. What the engine accepts is what git
    merges, or lines that both versions have once, with the same surroundings."""
    content = data.draw(files())
    text = split(content)
    count = len(text.lines)
    mine, theirs = data.draw(batches(count)), data.draw(batches(count))
    if overlaps(mine) or overlaps(theirs):
        return
    known = data.draw(st.booleans())
    with tempfile.TemporaryDirectory() as directory:
        bench = EditBench(Path(directory))
        bench.write("f", content)
        ops = [
            [bench.op(name, "f", lines=lines, content=new) for name, lines, new in batch]  # type: ignore[arg-type]
            for batch in (mine, theirs)
        ]
        bench.apply(*ops[0])
        ours = bench.read("f")
        bench.write("f", content)
        bench.apply(*ops[1])
        drifted = bench.read("f")
        if not known:
            bench.blobs.contents.clear()
        try:
            staged = bench.stage(*ops[0])
        except EditRefused as refusal:
            assert refusal.op_index >= 0 and refusal.next_step
            assert bench.read("f") == drifted
            return
    after = staged.files[0].after if staged.files else drifted
    assert after is not None
    merged = by_git(lines_of(content), lines_of(ours), lines_of(drifted))
    if merged is not None:
        assert lines_of(after) == merged
        return
    assert not any(drift.how == "merged" for drift in staged.drifts)
    for name, lines, _ in mine:
        last = lines[0] - 1 if name == "insert_lines" else lines[-1]
        window = list(text.bare[max(0, lines[0] - 4) : last + 3])
        now = list(split(drifted).bare)
        assert window in [now[at : at + len(window)] for at in range(len(now) + 1)]


@settings(max_examples=15 * SCALE, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_undo_through_heaven_restores_every_byte(data: st.DataObject) -> None:
    contents = {name: data.draw(files()) for name in ("a", "d/b", "c")}
    with tempfile.TemporaryDirectory() as directory:
        bench = EditBench(Path(directory))
        for name, content in contents.items():
            bench.write(name, content)
        ops: list[EditOp] = []
        for name in ("a", "d/b"):
            batch = data.draw(batches(len(split(contents[name]).lines)))
            if not overlaps(batch):
                ops += [
                    bench.op(kind, name, lines=lines, content=new)  # type: ignore[arg-type]
                    for kind, lines, new in batch
                ]
        ops += [bench.op("delete_file", "c"), bench.op("add_file", "new/n", content="é\r\n")]
        staged = bench.stage(*ops)
        with HeavenHome(bench.root) as home:
            landed = land(staged, home.heaven, run="r", owner_id=None)
            for change in staged.files:
                where = bench.root / change.path
                assert (where.read_bytes() if where.exists() else None) == change.after
            undo(landed, home.heaven, run="r", owner_id=None)
        for name, content in contents.items():
            assert bench.read(name) == content
        assert not (bench.root / "new").exists()
