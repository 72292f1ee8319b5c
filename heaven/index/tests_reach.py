"""Which tests reach a symbol: those that use it, those named after it, those that import it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import basename, dirname
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ..records import Symbol
from ..words import split_name
from .languages import language_of

if TYPE_CHECKING:
    from .symbols import SymbolIndex

How: TypeAlias = Literal["itself", "reference", "name", "import"]

# Names that are looked at for those of tests.
_NAMED: Final = 200
_BY_NAME: Final = 0.5
_BY_IMPORT: Final = 0.2
_THROUGH: Final = 0.9


@dataclass(frozen=True, slots=True)
class TestReach:
    """A test, why it is listed, and how surely it reaches the symbol (0 to 1)."""

    __test__ = False

    test: Symbol
    how: How
    confidence: float


def is_test_file(path: str) -> bool:
    row = language_of(path)
    if row is None:
        return False
    return re.match(row.test_files, basename(path)) is not None or "__tests__/" in path


def is_test(symbol: Symbol) -> bool:
    """Whether it is a test: a function that is named like one, or what a call of `it` tests."""
    if symbol.kind == "test":
        return True
    row = language_of(symbol.path)
    return (
        row is not None
        and symbol.kind in ("function", "method")
        and re.match(row.tests, symbol.name) is not None
        and is_test_file(symbol.path)
    )


def _of_package(index: SymbolIndex, path: str) -> set[str]:
    """In Go the test files beside a file are of its package: they have it without an import."""
    row = language_of(path)
    if row is None or row.binding != "go":
        return set()
    directory = dirname(path)
    return {one for one in index.paths() if dirname(one) == directory and is_test_file(one)}


def tests_reaching(index: SymbolIndex, symbol: Symbol, top_k: int) -> tuple[TestReach, ...]:
    """The best `top_k` tests. For use inside `SymbolIndex.ask`."""
    if top_k <= 0:
        return ()
    found: dict[int, TestReach] = {}

    def offer(test: Symbol, how: How, confidence: float) -> None:
        known = found.get(test.id)
        if known is None or known.confidence < confidence:
            found[test.id] = TestReach(test, how, confidence)

    if is_test(symbol):
        offer(symbol, "itself", 1.0)
    importing: set[str] = set()
    by_file: dict[str, list[Symbol]] = {}
    for one in index.references(symbol):
        if one.path not in by_file and not is_test_file(one.path):
            continue
        if one.path not in by_file:
            by_file[one.path] = [test for test in index.symbols_in(one.path) if is_test(test)]
        if one.ref_kind == "import" and not one.scope:
            importing.add(one.path)
        for test in by_file[one.path]:
            if test.extent.start_byte <= one.at.start_byte < test.extent.end_byte:
                offer(test, "reference", one.confidence * _THROUGH)
    wanted = set(split_name(symbol.name))
    if wanted and index.symbol(symbol.id) is not None:
        for test in index.search(symbol.name, _NAMED):
            if is_test(test) and wanted <= set(split_name(test.name)):
                offer(test, "name", _BY_NAME)
    for path in importing | _of_package(index, symbol.path):
        if path not in by_file:
            by_file[path] = [test for test in index.symbols_in(path) if is_test(test)]
        for test in by_file[path]:
            offer(test, "import", _BY_IMPORT)
    order = sorted(
        found.values(),
        key=lambda one: (-one.confidence, one.test.path, one.test.extent.start_byte),
    )
    return tuple(order[:top_k])
