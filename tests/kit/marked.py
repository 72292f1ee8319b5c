"""Sources in which the expected references are marked.

`‹name›` marks a use that must be found for certain, `‹?name›` one that must be listed as doubtful.
What is not marked must not be listed at all.

    check(tmp_path, {"a.py": "def greet(): ...\\n‹greet›()\\n"}, "greet")
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from genesis_ssmp.heaven.index.symbols import SymbolIndex
from genesis_ssmp.heaven.records import Reference, Symbol

_MARK: Final = re.compile("‹(\\??)([^›]*)›")


def write(root: Path, files: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """Write the sources without their marks; -> the places (`path:line:column`, both from 1, in
    characters) of the certain and of the doubtful marks."""
    sure: set[str] = set()
    unsure: set[str] = set()
    for path, marked in files.items():
        plain = []
        for number, line in enumerate(textwrap.dedent(marked).split("\n"), 1):
            while (mark := _MARK.search(line)) is not None:
                place = f"{path}:{number}:{mark.start() + 1}"
                (unsure if mark.group(1) else sure).add(place)
                line = line[: mark.start()] + mark.group(2) + line[mark.end() :]
            plain.append(line)
        where = root / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes("\n".join(plain).encode())
    return sure, unsure


def place(root: Path, one: Reference) -> str:
    source = (root / one.path).read_bytes()
    start = source.rfind(b"\n", 0, one.at.start_byte) + 1
    column = len(source[start : one.at.start_byte].decode()) + 1
    return f"{one.path}:{one.at.start_line}:{column}"


def check(root: Path, files: Mapping[str, str], name: str) -> tuple[Symbol, tuple[Reference, ...]]:
    """Assert that the references of the symbol `name` are exactly the marked ones."""
    sure, unsure = write(root, files)
    index = SymbolIndex(root, None)
    try:
        found = index.find_symbols(name)
        assert found, f"no symbol {name}"
        references = index.references(found[0])
    finally:
        index.close()
    certain = {place(root, one) for one in references if one.confidence == 1.0}
    assert certain == sure, f"missing {sure - certain}, wrong {certain - sure}"
    doubted = {place(root, one) for one in references if one.confidence < 1.0}
    assert doubted == unsure, f"missing {unsure - doubted}, wrong {doubted - unsure}"
    assert len({place(root, one) for one in references}) == len(references)
    return found[0], references
