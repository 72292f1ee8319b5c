"""What the index holds, counted, and what was left out of it and why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .languages import language_of

if TYPE_CHECKING:
    from .prepared import FileRow


@dataclass(frozen=True, slots=True)
class IndexStats:
    """Counts of the whole index: files read, definitions, uses of names; `changed` of this build.

    `languages` counts the files read by language. `skipped` maps the files that were left out to
    the reason (`binary`, `large`, `minified`, `link`). `broken` are those with syntax errors,
    `garbled` those that are not UTF-8: both are read all the same. `other` counts the files that
    the index has no grammar for.
    """

    files: int
    symbols: int
    refs: int
    changed: int
    languages: Mapping[str, int]
    skipped: Mapping[str, str]
    broken: tuple[str, ...]
    garbled: tuple[str, ...]
    other: int


def count(
    root: Path,
    listed: Sequence[str],
    rows: Mapping[str, FileRow],
    counted: tuple[int, int, int],
    changed: int,
) -> IndexStats:
    """The stats of an index of the `listed` files whose rows and counts these are."""
    languages: Counter[str] = Counter()
    skipped: dict[str, str] = {}
    other = 0
    for path in listed:
        language = language_of(path)
        row = rows.get(path)
        if language is None:
            other += 1
        elif row is None:
            # What is neither a file nor a link went away since it was listed.
            if os.path.islink(root / path):  # noqa: PTH114
                skipped[path] = "link"
        elif row.status == "ok":
            languages[language.name] += 1
        else:
            skipped[path] = row.status
    files, symbols, refs = counted
    return IndexStats(
        files,
        symbols,
        refs,
        changed,
        dict(sorted(languages.items())),
        dict(sorted(skipped.items())),
        tuple(sorted(row.path for row in rows.values() if row.errors)),
        tuple(sorted(row.path for row in rows.values() if row.garbled)),
        other,
    )
