"""What `aa index` says while it works and when it is done."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from ..heaven.index.stats import IndexStats

_SECONDS: Final = 0.1
_SHOWN: Final = 20
_WHY: Final = {
    "binary": "binary",
    "large": "over 1 MiB",
    "minified": "minified",
    "link": "symbolic links",
}


class Progress:
    """Takes (files done, files to do): one line that is written over, where nobody sees lines come
    and go one line each time."""

    def __init__(self) -> None:
        self._said = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = monotonic()
        if done < total and now < self._said + _SECONDS:
            return
        self._said = now
        over = sys.stderr.isatty()
        text = f"{done:,} of {total:,} files"
        click.echo(f"\r{text}" if over else text, nl=not over or done == total, err=True)


def summary(stats: IndexStats, ignored: tuple[str, ...] | None) -> list[str]:
    """The lines for people. `ignored`: what the repository ignores, None where nobody asked."""
    languages = ", ".join(f"{name} {count:,}" for name, count in stats.languages.items())
    lines = [
        f"{'files':<9} {stats.files:,}{f' ({languages})' if languages else ''}",
        f"{'changed':<9} {stats.changed:,}",
        f"{'symbols':<9} {stats.symbols:,}",
        f"{'uses':<9} {stats.refs:,}",
    ]
    if stats.other:
        lines.append(f"{'other':<9} {stats.other:,} in no language that the index reads")
    if ignored:
        lines.append(f"{'ignored':<9} {len(ignored):,} (a folder counts as one)")
    for why, count in sorted(Counter(stats.skipped.values()).items()):
        paths = [path for path, reason in stats.skipped.items() if reason == why]
        lines.extend(_listed("left out", count, _WHY.get(why, why), paths))
    lines.extend(_listed("read", len(stats.broken), "with syntax errors", stats.broken))
    lines.extend(_listed("read", len(stats.garbled), "not in UTF-8", stats.garbled))
    return lines


def _listed(what: str, count: int, why: str, paths: Sequence[str]) -> list[str]:
    if not count:
        return []
    rest = [f"  and {count - _SHOWN:,} more (--json lists them all)"] if count > _SHOWN else []
    return [f"{what:<9} {count:,} {why}", *(f"  {path}" for path in paths[:_SHOWN]), *rest]
