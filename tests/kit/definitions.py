"""A symbol finder for Python files that asks Python's own parser, for tests of the edit engine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from genesis_ssmp.heaven.records import Position, Symbol


class Definitions:
    """`find_symbols` over the .py files under `root`, read anew at every call.

    `shift` falsifies every position by so many bytes, as an index that lags behind would.
    """

    def __init__(self, root: Path, shift: int = 0) -> None:
        self.root = root
        self.shift = shift

    def find_symbols(
        self, name: str, *, path: str | None = None, kind: str | None = None
    ) -> tuple[Symbol, ...]:
        where, separator, name = name.rpartition("::")
        found = tuple(
            symbol
            for file in sorted(self.root.rglob("*.py"))
            if {path, where or None} <= {None, file.relative_to(self.root).as_posix()}
            for symbol in self._symbols(file)
            if name in (symbol.name, symbol.qualname) and kind in (None, symbol.kind)
        )
        exact = tuple(symbol for symbol in found if separator and symbol.qualname == name)
        return exact or found

    def _symbols(self, file: Path) -> Iterator[Symbol]:
        data = file.read_bytes()
        starts = [0]
        for line in data.split(b"\n"):
            starts.append(starts[-1] + len(line) + 1)
        bom = 3 if data.startswith(b"\xef\xbb\xbf") else 0

        def at(line: int, column: int) -> int:
            return starts[line - 1] + column + (bom if line == 1 else 0) + self.shift

        def walk(node: ast.AST, scope: str) -> Iterator[Symbol]:
            for child in ast.iter_child_nodes(node):
                if not isinstance(child, ast.FunctionDef | ast.ClassDef):
                    yield from walk(child, scope)
                    continue
                assert child.end_lineno is not None and child.end_col_offset is not None
                first = min([child, *child.decorator_list], key=lambda part: part.lineno)
                start_line = first.lineno
                start = at(start_line, 0 if child.decorator_list else child.col_offset)
                if child.decorator_list:
                    start += len(data[start - self.shift :]) - len(
                        data[start - self.shift :].lstrip(b" \t")
                    )
                keyword = at(child.lineno, child.col_offset)
                name_start = data.index(child.name.encode(), keyword - self.shift) + self.shift
                name_end = name_start + len(child.name.encode())
                kind = "class" if isinstance(child, ast.ClassDef) else "function"
                yield Symbol(
                    id=name_start,
                    name=child.name,
                    qualname=scope + child.name,
                    kind=kind,
                    path=file.relative_to(self.root).as_posix(),
                    overload=0,
                    extent=Position(
                        start,
                        at(child.end_lineno, child.end_col_offset),
                        start_line,
                        child.end_lineno,
                    ),
                    name_at=Position(name_start, name_end, child.lineno, child.lineno),
                    signature=f"{kind} {child.name}",
                )
                yield from walk(child, f"{scope}{child.name}.")

        yield from walk(ast.parse(data), "")
