"""How well the index finds uses, over sources in which every use is marked.

`‹name›` refers to the definition of that name, `‹name|Outer.inner›` to the one of that qualname;
`‹?name|...›` is a use that the text does not prove: it must be listed as doubtful.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from genesis_ssmp.heaven.index.symbols import SymbolIndex

_MARK: Final = re.compile("‹(\\??)([^›|]*)(?:\\|([^›]*))?›")
_SURE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Uses found for certain (confidence above a half) against those that are marked; `missing` and
    `wrong` are `qualname path:line:column`, `doubtful` marked doubts that were not listed so."""

    definitions: int
    marked: int
    found: int
    missing: tuple[str, ...]
    wrong: tuple[str, ...]
    doubtful: tuple[str, ...]

    @property
    def recall(self) -> float:
        return (self.marked - len(self.missing)) / self.marked

    @property
    def precision(self) -> float:
        return (self.found - len(self.wrong)) / self.found


def write_plain(fixture: Path, root: Path) -> tuple[set[str], set[str]]:
    """Write the sources without marks; -> the certain and the doubtful uses."""
    sure: set[str] = set()
    unsure: set[str] = set()
    for source in sorted(one for one in fixture.rglob("*") if one.is_file()):
        path = source.relative_to(fixture).as_posix()
        plain = []
        for number, line in enumerate(source.read_text(encoding="utf-8").split("\n"), 1):
            while (mark := _MARK.search(line)) is not None:
                target = mark.group(3) or mark.group(2)
                place = f"{target} {path}:{number}:{mark.start() + 1}"
                (unsure if mark.group(1) else sure).add(place)
                line = line[: mark.start()] + mark.group(2) + line[mark.end() :]
            plain.append(line)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("\n".join(plain), encoding="utf-8")
    return sure, unsure


def measure(fixture: Path, root: Path) -> Accuracy:
    """Index the fixture in `root` and compare the uses of every definition with the marks."""
    sure, unsure = write_plain(fixture, root)
    index = SymbolIndex(root, None)
    found: set[str] = set()
    doubted: set[str] = set()
    definitions = 0
    try:
        for path in sorted(one.relative_to(root).as_posix() for one in root.rglob("*.*")):
            for symbol in index.symbols_in(path):
                definitions += 1
                for one in index.references(symbol):
                    lines = (root / one.path).read_bytes()
                    start = lines.rfind(b"\n", 0, one.at.start_byte) + 1
                    column = len(lines[start : one.at.start_byte].decode()) + 1
                    place = f"{symbol.qualname} {one.path}:{one.at.start_line}:{column}"
                    (found if one.confidence > _SURE else doubted).add(place)
    finally:
        index.close()
    return Accuracy(
        definitions,
        len(sure),
        len(found),
        tuple(sorted(sure - found)),
        tuple(sorted(found - sure)),
        tuple(sorted(unsure - doubted)),
    )
