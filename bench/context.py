"""How much of what a change touches is in the context for it: `python -m bench.context`.

Tasks are those of `bench.releases`: changelog entries in words, and the files and definitions that
the release changed. Each way gets the words, the older release's tree and a budget of tokens, and
gives a text. A file counts as found if a line of its source is in the text under its path, a
definition if the line that names it is; for every way alike.

`rank_bm25` and, in an environment of its own, `aider-chat` are installed for this bench alone; a
way whose program is not named is left out.

Half of the packages, by a hash of their names, were looked at while the ranking was made; the
figures to believe are those of the others (`held out`).
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Final

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime.orchestrator.context import compose
from genesis_ssmp.runtime.orchestrator.ranking import rank
from genesis_ssmp.runtime.tokens import count_line

from bench.releases import NoTask, Task, cache, is_source, pairs, task

BUDGETS: Final = (4_000, 8_000, 16_000)
WAYS: Final = ("ours", "bm25 over files", "bm25, no tests", "repo map", "whole files")
_FILES: Final = 120
_SYMBOLS: Final = 600
_NUMBER: Final = re.compile(r"^\d+\| ")
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Found:
    """What one way found of a task's truth within one budget: shares of files, of definitions."""

    way: str
    package: str
    newer: str
    masked: bool
    budget: int
    files: float
    symbols: float
    seconds: float


def is_tuning(package: str) -> bool:
    return hashlib.sha256(package.lower().encode()).digest()[0] % 2 == 0


# The tree


def checkout(one: Task) -> Path:
    """The older release as files, made once."""
    place = cache().parent / "trees" / f"{one.package}-{one.older}"
    if not place.is_dir():
        fresh = place.with_name(place.name + ".new")
        for path, content in one.tree.items():
            if ".." in path.split("/") or path.startswith("/"):
                continue
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            (fresh / path).write_bytes(content)
        fresh.rename(place)
    return place


def masked(one: Task) -> str:
    """`mask`, remembered: it parses everything."""
    key = hashlib.sha256(f"{one.package} {one.older} {one.words}".encode()).hexdigest()
    place = cache().parent / "masked" / key
    if not place.is_file():
        place.parent.mkdir(exist_ok=True)
        place.write_text(mask(one), encoding="utf-8")
    return place.read_text(encoding="utf-8")


def mask(one: Task) -> str:
    """The words without names that the code defines and without its paths."""
    names: set[str] = set()
    for path, content in one.tree.items():
        if path.endswith((".py", ".pyi")):
            names.update(part for part in re.split(r"[/.]", path) if part)
            try:
                module = ast.parse(content)
            except (SyntaxError, ValueError):
                continue
            for node in ast.walk(module):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    names.add(node.name)
    text = re.sub(r"[\w.-]*/[\w./-]+|\b[\w-]+\.(?:py|pyi|rst|toml|cfg|txt)\b", " ", one.words)
    return re.sub(r"\w+", lambda found: " " if found[0] in names else found[0], text)


# Ways


def ours(root: Path, words: str, budgets: Sequence[int]) -> list[str]:
    with Heaven.open(root) as heaven:
        ranking = rank(heaven, words, files=_FILES, symbols=_SYMBOLS)
        return [compose(heaven, ranking, budget).text for budget in budgets]


def fill(tree: Iterable[tuple[str, bytes]], budgets: Sequence[int]) -> list[str]:
    """Whole files one after the other; the last one as far as it fits."""
    most = max(budgets)
    lines: list[str] = []
    costs: list[int] = []
    used = 0
    for path, content in tree:
        text = content.decode("utf-8", errors="replace")
        for line in (f"\n## {path}\n", *text.splitlines(keepends=True)):
            used += count_line(line)
            if used > most:
                break
            lines.append(line)
            costs.append(used)
        if used > most:
            break
    return [
        "".join(line for line, cost in zip(lines, costs, strict=True) if cost <= budget)
        for budget in budgets
    ]


def code_of(one: Task) -> list[tuple[str, bytes]]:
    """The files that every way chooses from: the package's Python, its tests and examples too."""
    return sorted((path, text) for path, text in one.tree.items() if path.endswith((".py", ".pyi")))


def whole_files(one: Task, budgets: Sequence[int]) -> list[str]:
    """In the order of their paths, sources before tests."""
    files = sorted(code_of(one), key=lambda file: (not is_source(file[0]), file[0]))
    return fill(files, budgets)


def bm25(one: Task, words: str, budgets: Sequence[int], *, tests: bool) -> list[str]:
    """The classic: files as bags of words, names split, ranked by Okapi BM25, shown whole. Without
    `tests` it is told which files are the package's source, as no other way is."""
    okapi = import_module("rank_bm25").BM25Okapi
    files = [file for file in code_of(one) if tests or is_source(file[0])]
    corpus = [_bag(path + "\n" + text.decode("utf-8", errors="replace")) for path, text in files]
    scores = okapi(corpus).get_scores(_bag(words))
    order = sorted(range(len(files)), key=lambda place: (-scores[place], files[place][0]))
    return fill((files[place] for place in order), budgets)


def _bag(text: str) -> list[str]:
    found: list[str] = []
    for word in _WORD.findall(text):
        found.append(word.lower())
        parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", word)
        if len(parts) > 1:
            found.extend(part.lower() for part in parts)
    return found


class RepoMapPeer:
    """aider's RepoMap in a process of the Python that it is installed for."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, str(Path(__file__).with_name("repomap_peer.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def maps(
        self, root: Path, files: Sequence[str], words: str, budgets: Sequence[int]
    ) -> list[str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"root": str(root), "files": files, "words": words, "budgets": budgets}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return [str(text) for text in answer]


# Judging


def shown_lines(text: str, paths: Collection[str]) -> dict[str, set[str]]:
    """The lines that a text shows of each of the files, without their numbers and marks."""
    found: dict[str, set[str]] = {}
    now: set[str] = set()
    for line in text.splitlines():
        if line.startswith("## ") and line[3:] in paths:
            now = found.setdefault(line[3:], set())
        elif line.endswith(":") and line[:-1] in paths:
            now = found.setdefault(line[:-1], set())
        elif line.startswith("│"):
            now.add(line[1:].strip())
        elif line.strip() not in ("", "⋮", "⋮..."):
            now.add(_NUMBER.sub("", line).strip())
    return {path: lines for path, lines in found.items() if lines - {""}}


def share(text: str, one: Task) -> tuple[float, float]:
    """Which shares of a task's files and definitions are in a text."""
    shown = shown_lines(text, one.tree.keys())
    of_files = sum(path in shown for path in one.files) / len(one.files)
    found = sum(_names(shown.get(symbol.path, set()), symbol.text) for symbol in one.symbols)
    return of_files, found / len(one.symbols)


def _names(lines: set[str], text: str) -> bool:
    # A map cuts lines at 100 characters.
    return text in lines or (
        len(text) > 90 and any(text.startswith(one) for one in lines if len(one) > 85)
    )


def measure(
    given: tuple[str, str, str],
    ways: Sequence[str],
    budgets: Sequence[int],
    python: str,
    hides: Sequence[bool],
) -> list[Found]:
    try:
        one = task(*given)
    except NoTask as reason:
        print(f"# {given}: {reason}", file=sys.stderr, flush=True)
        return []
    root = checkout(one)
    found: list[Found] = []
    peer = _peer(python) if "repo map" in ways else None
    listed = [path for path, _ in code_of(one)]
    for hide in hides:
        words = masked(one) if hide else one.words
        makers: dict[str, Callable[[], list[str]]] = {
            "ours": partial(ours, root, words, budgets),
            "bm25 over files": partial(bm25, one, words, budgets, tests=True),
            "bm25, no tests": partial(bm25, one, words, budgets, tests=False),
            "whole files": partial(whole_files, one, budgets),
        }
        if peer is not None:
            makers["repo map"] = partial(peer.maps, root, listed, words, budgets)
        for way in ways:
            started = time.perf_counter()
            texts = makers[way]()
            seconds = time.perf_counter() - started
            for budget, text in zip(budgets, texts, strict=True):
                files, symbols = share(text, one)
                found.append(
                    Found(way, one.package, one.newer, hide, budget, files, symbols, seconds)
                )
    return found


@lru_cache(maxsize=1)
def _peer(python: str) -> RepoMapPeer:
    """One a process, which ends with it: its pipe is closed then."""
    return RepoMapPeer(python)


def table(found: Sequence[Found]) -> Iterator[str]:
    budgets = list(dict.fromkeys(one.budget for one in found))
    yield f"{'way':18}" + "".join(
        f"{f'{budget // 1000}k files':>11}{'symbols':>9}" for budget in budgets
    )
    for way in dict.fromkeys(one.way for one in found):
        cells = ""
        for budget in budgets:
            rows = [one for one in found if one.way == way and one.budget == budget]
            files = sum(one.files for one in rows) / len(rows)
            symbols = sum(one.symbols for one in rows) / len(rows)
            cells += f"{files:>11.3f}{symbols:>9.3f}"
        yield f"{way:18}{cells}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--aider-python", default="", help="a Python that has aider-chat")
    parser.add_argument("--only", choices=("tuning", "held-out"))
    parser.add_argument("--limit", type=int, default=0, help="so many tasks of each package")
    parser.add_argument("--budgets", type=int, nargs="+", default=list(BUDGETS))
    parser.add_argument("--as-written", action="store_true", help="not the masked words")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="write each task's figures here, as JSON lines")
    given = parser.parse_args()
    ways = [way for way in given.ways if way != "repo map" or given.aider_python]
    wanted: list[tuple[str, str, str]] = []
    for one in pairs():
        if given.only and is_tuning(one[0]) != (given.only == "tuning"):
            continue
        if given.limit and sum(pair[0] == one[0] for pair in wanted) >= given.limit:
            continue
        wanted.append(one)
    # In an order that has nothing to do with packages, so that a run cut short is a sample.
    wanted.sort(key=lambda one: hashlib.sha256(" ".join(one).encode()).digest())
    hides = (False,) if given.as_written else (False, True)
    found: list[Found] = []
    with ProcessPoolExecutor(given.workers) as pool:
        jobs = [
            pool.submit(measure, one, ways, given.budgets, given.aider_python, hides)
            for one in wanted
        ]
        for job in jobs:
            found.extend(job.result())
            if given.out:
                _write(given.out, found)
    for hide in (False, True):
        for tuning in (True, False):
            rows = [one for one in found if one.masked == hide and is_tuning(one.package) == tuning]
            if rows:
                count = len({(one.package, one.newer) for one in rows})
                title = "names and paths masked" if hide else "as written"
                packages = len({one.package for one in rows})
                part = "tuning" if tuning else "held out"
                print(f"\n{part}, {title}: {count} tasks of {packages} packages")
                print("\n".join(table(rows)))


def _write(place: Path, found: Sequence[Found]) -> None:
    place.write_text("".join(json.dumps(asdict(one)) + "\n" for one in found), encoding="utf-8")


if __name__ == "__main__":
    main()
