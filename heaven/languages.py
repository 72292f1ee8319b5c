"""The languages the index reads: one row each, and one query file in `queries/`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tree_sitter import Language, Query


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """`module` and `entry` name the function of the grammar's wheel that gives the language."""

    name: str
    extensions: tuple[str, ...]
    module: str
    entry: str
    query: str


TABLE: Final[tuple[LanguageRow, ...]] = (
    LanguageRow("python", (".py", ".pyi"), "tree_sitter_python", "language", "python.scm"),
)

_BY_EXTENSION: Final[dict[str, LanguageRow]] = {
    extension: row for row in TABLE for extension in row.extensions
}


def language_of(path: str) -> LanguageRow | None:
    """The row for a path's extension, or None where the index has no grammar for it."""
    dot = path.rfind(".")
    return None if dot < 0 else _BY_EXTENSION.get(path[dot:])


@cache
def grammar(row: LanguageRow) -> Language:
    """The row's tree-sitter language; the grammar's wheel is imported at the first call."""
    from tree_sitter import Language

    return Language(getattr(import_module(row.module), row.entry)())


@cache
def query(row: LanguageRow) -> Query:
    """The row's compiled query. A query that the grammar refuses is a fault of this package."""
    from tree_sitter import Query

    return Query(grammar(row), query_text(row))


def query_text(row: LanguageRow) -> str:
    return files(__package__).joinpath("queries", row.query).read_text(encoding="utf-8")
