"""The languages the index reads: one row each, and one query file in `queries/`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from posixpath import basename
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from tree_sitter import Language, Query


Binding: TypeAlias = Literal["python", "go", "ecmascript", "names"]


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """`module` and `entry` name the function of the grammar's wheel that gives the language.

    `binding` names the rules by which names are bound; `names` knows no rules of a language and
    suggests every definition of a name. `test_files` and `tests` are patterns of the base names of
    files that hold tests and of the names of the functions in them that are tests.
    """

    name: str
    extensions: tuple[str, ...]
    module: str
    entry: str
    query: str
    binding: Binding = "names"
    test_files: str = r"$^"
    tests: str = r"test"

    @property
    def kin(self) -> str:
        """Languages of one kin may refer to each other's definitions."""
        return self.name if self.binding == "names" else self.binding


_ES_TESTS: Final = r".*[.-](test|spec)\.[cm]?[jt]sx?$|test\.[cm]?[jt]sx?$"
_INHERITS: Final = "; inherits:"
_TYPESCRIPT: Final = "tree_sitter_typescript"

TABLE: Final[tuple[LanguageRow, ...]] = (
    LanguageRow(
        "python", (".py", ".pyi"), "tree_sitter_python", "language", "python.scm",
        "python", r"test_|.*_test\.[^.]*$",
    ),
    LanguageRow(
        "go", (".go",), "tree_sitter_go", "language", "go.scm",
        "go", r".*_test\.go$", r"(Test|Benchmark|Fuzz|Example)(?![a-z])",
    ),
    LanguageRow(
        "typescript", (".ts", ".mts", ".cts"), _TYPESCRIPT, "language_typescript", "typescript.scm",
        "ecmascript", _ES_TESTS, r"test",
    ),
    LanguageRow(
        "tsx", (".tsx",), _TYPESCRIPT, "language_tsx", "tsx.scm", "ecmascript", _ES_TESTS, r"test",
    ),
    LanguageRow(
        "javascript", (".js", ".jsx", ".mjs", ".cjs"), "tree_sitter_javascript", "language",
        "javascript.scm", "ecmascript", _ES_TESTS, r"test",
    ),
    LanguageRow("rust", (".rs",), "tree_sitter_rust", "language", "rust.scm"),
)  # fmt: skip

PYTHON_CALLS: Final = LanguageRow(
    "python", (), "tree_sitter_python", "language", "python_calls.scm", "python"
)
"""What is asked of some calls in Python, in a query of its own."""

_BY_EXTENSION: Final[dict[str, LanguageRow]] = {
    extension: row for row in TABLE for extension in row.extensions
}


def language_of(path: str) -> LanguageRow | None:
    """The row for a path's extension, or None where the index has no grammar for it."""
    dot = path.rfind(".")
    return None if dot < 0 else _BY_EXTENSION.get(path[dot:])


def is_configuration(path: str) -> bool:
    """Whether the file decides which package a name means, though it defines nothing itself."""
    return path.endswith("go.mod") and basename(path) == "go.mod"


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
    """The row's query, after those that its first line names (`; inherits: a, b`)."""
    return _query_file(row.query)


def _query_file(name: str) -> str:
    from importlib.resources import files

    text = files(__package__).joinpath("queries", name).read_text(encoding="utf-8")
    first = text.partition("\n")[0]
    above = first.removeprefix(_INHERITS).split(",") if first.startswith(_INHERITS) else []
    return "\n".join([*(_query_file(f"{one.strip()}.scm") for one in above), text])
