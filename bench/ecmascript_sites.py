"""Name tokens of TypeScript and JavaScript sources, for the peer to be asked of each.

Strings and comments are left out (the peer follows links in comments; they are no code), save what
stands in a template, which may be code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from genesis_ssmp.heaven.records import Symbol

from bench.python_sites import At, Sites

ENDINGS: Final = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_APART: Final = re.compile(
    r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/""", re.DOTALL
)
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_CALLED: Final = re.compile(r"\s*(?:\?\.)?(?:<[^;{}()]*>)?\(")


def sites_of(source: str, symbols: Iterable[Symbol]) -> Sites:
    """`symbols` are the file's definitions: where else a name is bound is nobody's definition."""
    found = Sites()
    lines = source.split("\n")
    code = _APART.sub(lambda one: re.sub(r"[^\n]", " ", one.group()), source)
    for number, line in enumerate(code.split("\n"), 1):
        for match in _NAME.finditer(line):
            at = At(number, match.start())
            found.tokens.setdefault(match.group(), []).append(at)
            if _CALLED.match(line, match.end()):
                found.calls.add(at)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()) + 1)
    for symbol in symbols:
        row = symbol.name_at.start_line
        before = source.encode()[starts[row - 1] : symbol.name_at.start_byte]
        found.binds[At(row, len(before.decode(errors="replace")))] = symbol.qualname
    return found
