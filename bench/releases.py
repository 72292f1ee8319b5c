"""Tasks from real releases: the words of a changelog, and the code that the release changed.

A task is two successive releases of a package on PyPI between which the changelog has one to three
entries. Its words are those entries; its truth is what the newer release changed of the older one's
own source: tests, documentation, packaging and lines that only carry a version are left out. The
words are read from the newer release, everything else from the older one, as a person finds it who
is about to do the work.

`python -m bench.releases PACKAGE ...` looks for such pairs and prints them, one a line.
"""

from __future__ import annotations

import ast
import difflib
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Final

PAIRS: Final = Path(__file__).with_name("context_pairs.txt")
"""One `package older newer` a line."""

_SECONDS: Final = 120.0
_MOST_ENTRIES: Final = 3
_MOST_FILES: Final = 8
_MOST_A_PACKAGE: Final = 14
_LOGS: Final = (
    "changes", "changelog", "history", "news", "release-notes", "versionhistory", "whatsnew",
)  # fmt: skip
_NOT_SOURCE: Final = frozenset(
    {"test", "tests", "testing", "doc", "docs", "examples", "example", "benchmarks", "bench",
     "scripts", "tools", "ci", ".github", "tasks", "requirements", "build", "newsfragments",
     "changelog.d", "_vendor", "vendor", "vendored", "artwork", "debian"}
)  # fmt: skip
_NOT_FILES: Final = frozenset(
    {"setup.py", "conftest.py", "_version.py", "version.py", "__about__.py", "__version__.py",
     "noxfile.py", "tasks.py", "conf.py", "release.py", "_meta.py", "pkginfo.py"}
)  # fmt: skip
_VERSION_LINE: Final = re.compile(
    rb"""^\s*(?:__?version(?:_info)?__?|VERSION|version|__release__|__date__|__build__|Version)\s*[:=]
    |[Cc]opyright|^\s*\.\.\ version|^\s*$|^\s*\#""",
    re.VERBOSE,
)
_HEAD: Final = re.compile(
    r"^(?:#+|=+|\.\.\s+release::|:version:|-)?\s*\[?(?:version|release|ver\.?)?\s*"
    r"(?:[a-z][\w.-]*\s+)?\[?[vV]?(\d+(?:\.\d+)+(?:\.post\d+)?)(?![\w.]*\d)",
    re.IGNORECASE,
)
_BULLET: Final = re.compile(r"^(\s*)(?:[-*+•]|\d+\.|#\.)\s+\S")
_NOISE: Final = re.compile(r"^\s*(?:[=~^\"'`#*+-]{3,}|:(?:tags|tickets|released|version):.*)\s*$")


class NoTask(Exception):
    """Two releases that make no task; says why."""


@dataclass(frozen=True, slots=True)
class TrueSymbol:
    """A definition that the change touched, with the line (1-based) that names it."""

    path: str
    qualname: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Task:
    package: str
    older: str
    newer: str
    words: str
    files: tuple[str, ...]
    symbols: tuple[TrueSymbol, ...]
    tree: Mapping[str, bytes]


def cache() -> Path:
    base = os.environ.get("GENESIS_CORPORA") or Path(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "genesis-corpora"
    )
    return Path(base) / "releases"


def release(package: str, version: str) -> dict[str, bytes]:
    """The files of a source distribution by their paths, without the directory of its name. Raises
    NoTask where there is none to be had."""
    place = cache() / f"{package}-{version}"
    if not place.is_dir():
        fetching = place.with_name(place.name + ".new")
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--disable-pip-version-check", "--no-build-isolation", "--no-binary", ":all:"),
            *("--dest", str(fetching), f"{package}=={version}"),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            raise NoTask(f"{package} {version} cannot be had") from error
        fetching.rename(place)
    archives = [one for one in place.iterdir() if one.name.endswith((".tar.gz", ".tgz"))]
    if len(archives) != 1:
        raise NoTask(f"{package} {version} is no tar archive")
    found: dict[str, bytes] = {}
    with tarfile.open(archives[0]) as tar:
        for member in tar:
            path = member.name.partition("/")[2]
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None and "egg-info" not in path and member.size < 1_000_000:
                found[path] = file.read()
    return found


@lru_cache(maxsize=64)
def sections(text: str) -> dict[str, list[str]]:
    """The lines under each version's heading in a changelog."""
    found: dict[str, list[str]] = {}
    lines = text.splitlines()
    now: list[str] | None = None
    for number, line in enumerate(lines):
        match = _HEAD.match(line)
        if match and len(line) < 110 and _is_heading(lines, number):
            now = found.setdefault(match[1], [])
            continue
        if now is not None:
            now.append(line)
    return found


def _is_heading(lines: Sequence[str], number: int) -> bool:
    line = lines[number].strip()
    if line.startswith(("#", "=", ":version:", "[", ".. release")):
        return True
    following = lines[number + 1].strip() if number + 1 < len(lines) else ""
    if len(following) >= 3 and len(set(following)) == 1 and not following[0].isalnum():
        return True
    alone = not lines[number][:1].isspace() and not _BULLET.match(lines[number])
    return alone and len(line.split()) <= 6


def entries(section: Sequence[str]) -> list[str]:
    """The entries of one version's section: its outermost bullets, or else its paragraphs."""
    lines = [line for line in section if not _NOISE.match(line)]
    if any(".. change::" in line for line in lines):
        parts = re.split(r"^\s*\.\. change::.*$", "\n".join(lines), flags=re.MULTILINE)[1:]
        return [_flat(part) for part in parts if part.strip()]
    depths = [len(match[1]) for match in map(_BULLET.match, lines) if match]
    if not depths:
        paragraphs = re.split(r"\n\s*\n", "\n".join(lines))
        return [_flat(one) for one in paragraphs if len(one.split()) >= 4]
    least = min(depths)
    found: list[list[str]] = []
    for line in lines:
        match = _BULLET.match(line)
        if match and len(match[1]) == least:
            found.append([line.strip()[1:]])
        elif found and (line[: least + 1].isspace() or (line and not line.strip())):
            found[-1].append(line)
        elif found and line.strip() and found[-1] and not line[:1].isspace():
            # A line at the margin: the next heading, which belongs to no entry.
            found.append([])
    return [text for text in (_flat("\n".join(one)) for one in found) if len(text.split()) >= 3]


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def words_of(files: Mapping[str, bytes], version: str) -> list[str]:
    """The changelog's entries for a version. Raises NoTask where there is no such section."""
    best: list[str] = []
    for path in sorted(files, key=lambda one: (one.count("/"), one)):
        pure = PurePosixPath(path)
        stem = pure.name.lower().rsplit(".", 1)[0].replace("_", "-")
        if not stem.startswith(_LOGS) or pure.suffix not in ("", ".rst", ".md", ".txt"):
            continue
        text = files[path].decode("utf-8", errors="replace")
        section = sections(text).get(version)
        if section:
            best = entries(section)
            if best:
                return best
    raise NoTask(f"no section for {version}")


def is_source(path: str) -> bool:
    """Whether a change of the file is what a task asks for, not its tests, texts or packaging."""
    pure = PurePosixPath(path)
    if pure.suffix not in (".py", ".pyi") or pure.name in _NOT_FILES:
        return False
    if pure.name.startswith("test_") or pure.name.endswith("_test.py"):
        return False
    return _NOT_SOURCE.isdisjoint(part.lower() for part in pure.parts[:-1])


def touched(old: bytes, new: bytes) -> list[tuple[int, int]]:
    """The old lines (1-based, inclusive) that the change replaces; an insertion has the line before
    it. Hunks of versions, comments and blank lines alone are left out."""
    before, after = old.split(b"\n"), new.split(b"\n")
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    found: list[tuple[int, int]] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        if all(_VERSION_LINE.search(line) for line in [*before[i1:i2], *after[j1:j2]]):
            continue
        found.append((i1 + 1, i2) if i2 > i1 else (max(i1, 1), max(i1, 1)))
    return found


def symbols_at(path: str, source: bytes, spans: Sequence[tuple[int, int]]) -> list[TrueSymbol]:
    """The innermost definitions of the old file that the lines are in."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise NoTask(f"{path} is no Python 3") from error
    lines = source.decode("utf-8", errors="replace").split("\n")
    definitions = list(_definitions(module, ""))
    found: dict[str, TrueSymbol] = {}
    for first, last in spans:
        for number in range(first, last + 1):
            if not lines[number - 1].strip():
                continue
            around = [one for one in definitions if one[0] <= number <= one[1]]
            if around:
                _, _, line, name = max(around, key=lambda one: one[0])
                found.setdefault(name, TrueSymbol(path, name, line, lines[line - 1].strip()))
    return list(found.values())


def _definitions(node: ast.AST, prefix: str) -> Iterator[tuple[int, int, int, str]]:
    """First line (decorators included), last line, line of the name, qualified name."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{child.name}"
            first = min([child.lineno, *(one.lineno for one in child.decorator_list)])
            yield first, child.end_lineno or child.lineno, child.lineno, name
            # What is inside a function is part of it: nobody asks for it by its name.
            if isinstance(child, ast.ClassDef):
                yield from _definitions(child, name + ".")
        elif not isinstance(child, ast.expr):
            yield from _definitions(child, prefix)


def task(package: str, older: str, newer: str) -> Task:
    """The task that a pair of releases makes. Raises NoTask."""
    after = release(package, newer)
    found = words_of(after, newer)
    if not 1 <= len(found) <= _MOST_ENTRIES:
        raise NoTask(f"{len(found)} entries")
    words = "\n".join(found)
    if len(words.split()) < 5:
        raise NoTask("too few words")
    before = release(package, older)
    files: list[str] = []
    symbols: list[TrueSymbol] = []
    for path in sorted(before):
        if is_source(path) and path in after and before[path] != after[path]:
            spans = touched(before[path], after[path])
            if spans:
                files.append(path)
                symbols += symbols_at(path, before[path], spans)
    if not 1 <= len(files) <= _MOST_FILES:
        raise NoTask(f"{len(files)} files")
    if not symbols:
        raise NoTask("no definition")
    return Task(package, older, newer, words, tuple(files), tuple(symbols), before)


def pairs() -> list[tuple[str, str, str]]:
    lines = PAIRS.read_text(encoding="utf-8").splitlines()
    return [(a, b, c) for a, b, c in (line.split() for line in lines if line.strip())]


# Looking for pairs


def find(package: str) -> Iterator[Task]:
    """Up to so many tasks of a package, from the newest release on."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "index", "versions", package],
        check=True, capture_output=True, text=True, timeout=_SECONDS,
    ).stdout  # fmt: skip
    match = re.search(r"^Available versions: (.*)$", listed, re.MULTILINE)
    versions = match[1].split(", ") if match else []
    versions = [one for one in versions if re.fullmatch(r"\d+(\.\d+)*", one)]
    if not versions:
        return
    newest = release(package, versions[0])
    count = 0
    for newer, older in pairwise(versions):
        try:
            # The newest changelog has nearly every section: one that is too long is seen here,
            # before anything is fetched.
            if len(words_of(newest, newer)) > _MOST_ENTRIES:
                continue
        except NoTask:
            continue
        try:
            yield task(package, older, newer)
        except NoTask as reason:
            print(f"# {package} {older} {newer}: {reason}", file=sys.stderr, flush=True)
            continue
        count += 1
        if count == _MOST_A_PACKAGE:
            return


def main(packages: Iterable[str]) -> None:
    for package in packages:
        try:
            for one in find(package):
                print(one.package, one.older, one.newer, flush=True)
        except (NoTask, subprocess.SubprocessError) as reason:
            print(f"# {package}: {reason}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
