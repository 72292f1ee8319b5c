"""Edits of real history: `python -m bench.history`.

Successive releases of public packages are fetched from PyPI (source distributions, kept in a
cache). Each hunk between two releases of a file is one edit, written against the old file. A random
part of the other hunks lands first; then the edit is staged and compared with what `git merge-file`
makes of the same three versions. An edit that comes out otherwise than git's clean merge is a wrong
application, and so is one that git finds in conflict, unless its lines stand unchanged, with the
same surroundings, in exactly one place of both versions.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import random
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from genesis_ssmp.heaven.errors import BlobMissing
from genesis_ssmp.heaven.records import Symbol
from genesis_ssmp.proto.anchors import split_lines
from genesis_ssmp.proto.edit_ir import EditIR, EditOp
from genesis_ssmp.runtime.edits import EditRefused, prove, stage, with_proof

PAIRS = (
    ("click", "8.0.4", "8.1.0"),
    ("click", "8.1.0", "8.1.7"),
    ("click", "8.1.7", "8.2.0"),
    ("flask", "1.1.4", "2.0.0"),
    ("flask", "2.0.0", "2.2.0"),
    ("flask", "2.2.0", "3.0.0"),
    ("werkzeug", "2.0.3", "2.1.2"),
    ("werkzeug", "2.1.2", "2.2.3"),
    ("werkzeug", "2.2.3", "2.3.8"),
    ("attrs", "21.4.0", "22.2.0"),
    ("attrs", "22.2.0", "23.2.0"),
    ("attrs", "23.2.0", "24.2.0"),
    ("jinja2", "2.11.3", "3.0.0"),
    ("jinja2", "3.0.0", "3.1.0"),
    ("jinja2", "3.1.0", "3.1.4"),
)
"""Package, older release, newer release."""

SUFFIXES = (".py", ".pyi", ".rst", ".md", ".txt", ".toml", ".cfg", ".html", ".css", ".js")

Verdict: TypeAlias = Literal[
    "same as git", "refused, git conflicts", "moved, git conflicts", "refused, git merges", "WRONG"
]
VERDICTS: tuple[Verdict, ...] = (
    "same as git",
    "moved, git conflicts",
    "refused, git conflicts",
    "refused, git merges",
    "WRONG",
)


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines `start`..`end` (0-based, end exclusive) of the old file become `new`."""

    start: int
    end: int
    new: tuple[bytes, ...]


class _Blobs:
    def __init__(self, *contents: bytes) -> None:
        self._known = {hashlib.sha256(content).hexdigest(): content for content in contents}

    def get_blob(self, blob_id: str) -> bytes:
        if blob_id not in self._known:
            raise BlobMissing(blob_id)
        return self._known[blob_id]


class _NoSymbols:
    def find_symbols(
        self, name: str, *, path: str | None = None, kind: str | None = None
    ) -> tuple[Symbol, ...]:
        return ()


def release(package: str, version: str, cache: Path) -> dict[str, bytes]:
    """The text files of a release by their paths, without the directory of its name."""
    directory = cache / f"{package}-{version}"
    if not directory.is_dir():
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--disable-pip-version-check", "--no-binary", ":all:"),
                *("--dest", str(directory), f"{package}=={version}"),
            ],
            check=True,
        )
    (archive,) = [path for path in directory.iterdir() if path.name.endswith(".tar.gz")]
    found: dict[str, bytes] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            path = member.name.partition("/")[2]
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None and path.endswith(SUFFIXES) and "egg-info" not in path:
                found[path] = file.read()
    return found


def hunks_of(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[Hunk, ...]:
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    return tuple(
        Hunk(i1, i2, tuple(new[j1:j2]))
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    )


def changed_files(
    package: str, older: str, newer: str, cache: Path
) -> Iterator[tuple[str, bytes, bytes]]:
    """Path, old and new content of each file that both releases have and that differs."""
    before, after = release(package, older, cache), release(package, newer, cache)
    for path in sorted(before.keys() & after.keys()):
        old, new = before[path], after[path]
        if old != new and old.endswith(b"\n") and new.endswith(b"\n") and b"\0" not in old + new:
            yield path, old, new


def apply(lines: Sequence[bytes], hunks: Sequence[Hunk]) -> bytes:
    """The file after the hunks, which do not overlap."""
    out: list[bytes] = []
    done = 0
    for hunk in sorted(hunks, key=lambda hunk: (hunk.start, hunk.end)):
        out += [*lines[done : hunk.start], *hunk.new]
        done = hunk.end
    return b"".join([*out, *lines[done:]])


def operation(old: bytes, hunk: Hunk, path: str) -> EditOp:
    """The hunk as an edit against the old file."""
    first, last = hunk.start + 1, hunk.end
    content = b"".join(hunk.new).decode()
    if hunk.start == hunk.end:
        op = EditOp("insert_lines", path, lines=(first,), content=content)
    elif not hunk.new:
        op = EditOp("delete_span", path, lines=(first, last))
    else:
        op = EditOp("replace_span", path, lines=(first, last), content=content)
    return with_proof(op, prove(old, first, last))


def by_git(base: bytes, ours: bytes, theirs: bytes, directory: Path) -> bytes | None:
    """What `git merge-file` makes of it; None for a conflict."""
    for name, content in (("base", base), ("ours", ours), ("theirs", theirs)):
        (directory / name).write_bytes(content)
    done = subprocess.run(
        ["git", "merge-file", "-p", "ours", "base", "theirs"],
        cwd=directory,
        capture_output=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class Judged:
    """`how` is how the edit was found (exact, moved, merged), or the code of its refusal."""

    verdict: Verdict
    how: str
    batch: bool


def judge(old: bytes, now: bytes, mine: Sequence[Hunk], where: Path) -> Judged:
    """How the edit of the hunks, written against `old`, fares on `now` in the file `where`."""
    where.write_bytes(now)
    ours = apply(split_lines(old), mine)
    expected = by_git(old, ours, now, where.parent)
    edit = EditIR(tuple(operation(old, hunk, where.name) for hunk in mine))
    batch = len(mine) > 1
    try:
        staged = stage(edit, where.parent, symbols=_NoSymbols(), blobs=_Blobs(old))
    except EditRefused as refused:
        verdict: Verdict = (
            "refused, git merges" if expected is not None else "refused, git conflicts"
        )
        return Judged(verdict, refused.code, batch)
    hows = {drift.how for drift in staged.drifts} or {"exact"}
    after = staged.files[0].after if staged.files else now
    if expected is None:
        # The author's very lines, in the one place that has them: git has no rule for that.
        moved = "merged" not in hows and all(_once(old, hunk, now) for hunk in mine)
        verdict = "moved, git conflicts" if moved else "WRONG"
    else:
        verdict = "same as git" if after == expected else "WRONG"
    return Judged(verdict, "+".join(sorted(hows)), batch)


def _once(old: bytes, hunk: Hunk, now: bytes) -> bool:
    lines, current = split_lines(old), split_lines(now)
    window = lines[max(0, hunk.start - 3) : hunk.end + 3]
    return all(
        sum(text[n : n + len(window)] == window for n in range(len(text) - len(window) + 1)) == 1
        for text in (lines, current)
    )


def judge_file(
    path: str, old: bytes, new: bytes, rounds: int, rng: random.Random, directory: Path
) -> Iterator[Judged]:
    """Each hunk of a file `rounds` times, after a random part of the others has landed; then as
    often a random part of the hunks as one batch."""
    try:
        old.decode(), new.decode()
    except UnicodeDecodeError:
        return
    where = directory / f"file{Path(path).suffix}"
    lines = split_lines(old)
    hunks = hunks_of(lines, split_lines(new))
    for _ in range(rounds):
        for hunk in hunks:
            share = rng.random()
            landed = [one for one in hunks if one is not hunk and rng.random() < share]
            yield judge(old, apply(lines, landed), (hunk,), where)
        mine = [one for one in hunks if rng.random() < 0.5]
        if len(mine) > 1:
            share = rng.random()
            landed = [one for one in hunks if one not in mine and rng.random() < share]
            yield judge(old, apply(lines, landed), mine, where)


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge every edit, print a row a pair and the totals. Exit code 1 on a wrong application or
    where fewer than 95 % of what git merges was applied."""
    parser = argparse.ArgumentParser(prog="bench.history")
    parser.add_argument("--cache", type=Path, default=Path(".bench-history"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1, help="random drifts for each hunk")
    given = parser.parse_args(arguments)
    rng = random.Random(given.seed)
    every: list[Judged] = []
    files = 0
    print(f"{'pair':28} {'edits':>6}  " + "  ".join(VERDICTS))
    with tempfile.TemporaryDirectory(prefix="genesis-history-") as scratch:
        for package, older, newer in PAIRS:
            judged: list[Judged] = []
            for path, old, new in changed_files(package, older, newer, given.cache):
                files += 1
                judged += judge_file(path, old, new, given.rounds, rng, Path(scratch))
            print_row(f"{package} {older} -> {newer}", [one for one in judged if not one.batch])
            every += judged
    single = [one for one in every if not one.batch]
    print_row("all", single)
    print_row("all, as batches", [one for one in every if one.batch])
    for (verdict, how), count in sorted(Counter((one.verdict, one.how) for one in single).items()):
        print(f"  {verdict + ': ' + how:44} {count:>6}")
    wrong = sum(one.verdict == "WRONG" for one in every)
    same = sum(one.verdict == "same as git" for one in single)
    clean = same + sum(one.verdict == "refused, git merges" for one in single)
    print(
        f"{len(single)} edits in {files} files: {wrong} wrong (bar 0); {same / clean:.2%} applied "
        f"of the {clean} that git merges cleanly (bar 95 %)"
    )
    return 0 if wrong == 0 and same >= 0.95 * clean else 1


def print_row(name: str, judged: Sequence[Judged]) -> None:
    counts = Counter(one.verdict for one in judged)
    row = "  ".join(f"{counts[verdict]:>{len(verdict)}}" for verdict in VERDICTS)
    print(f"{name:28} {len(judged):>6}  {row}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
