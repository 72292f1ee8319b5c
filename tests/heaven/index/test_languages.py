"""A language is one row and one query file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from genesis_ssmp.heaven.index import languages
from genesis_ssmp.heaven.index.languages import TABLE, LanguageRow, language_of, query, query_text
from genesis_ssmp.heaven.index.symbols import SymbolIndex


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_row_has_a_grammar_and_a_query_that_the_grammar_takes(row: LanguageRow) -> None:
    assert query(row).pattern_count > 0


def test_extensions_belong_to_one_language_each() -> None:
    extensions = [extension for row in TABLE for extension in row.extensions]
    assert len(extensions) == len(set(extensions))


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.py", "python"), ("x/b.pyi", "python"), ("a.txt", None), ("Makefile", None), ("py", None)],
)
def test_the_extension_tells_the_language(path: str, name: str | None) -> None:
    row = language_of(path)
    assert (row and row.name) == name


def test_a_query_may_begin_with_others() -> None:
    rows = {row.name: query_text(row) for row in TABLE}
    assert "(jsx_attribute" in rows["tsx"] and "(jsx_attribute" not in rows["typescript"]
    assert "What JavaScript and TypeScript share" in rows["javascript"]


def test_a_grammar_is_imported_only_when_a_file_of_its_language_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.go").write_text("package b\n")
    code = (
        "import sys; from pathlib import Path\n"
        "from genesis_ssmp.heaven.index.symbols import SymbolIndex\n"
        "SymbolIndex(Path(sys.argv[1]), None).build()\n"
        "print(*sorted(name for name in sys.modules if name.startswith('tree_sitter_')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    loaded = {name for name in done.stdout.split() if "." not in name}
    assert loaded == {"tree_sitter_go", "tree_sitter_python"}


def test_a_row_and_a_query_file_are_all_that_a_language_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = Path(languages.__file__).parent
    knowing = [one.name for one in package.rglob("*.py") if "rust" in one.read_text().lower()]
    assert knowing == ["languages.py"]
    row = LanguageRow("crab", (".crab",), "tree_sitter_rust", "language", "rust.scm")
    monkeypatch.setitem(languages._BY_EXTENSION, ".crab", row)
    (tmp_path / "a.crab").write_text("struct Crab;\nimpl Crab { fn walk(&self) {} }\n")
    (tmp_path / "b.crab").write_text("fn main() { Crab.walk(); }\n")
    index = SymbolIndex(tmp_path, None)
    try:
        (walk,) = index.find_symbols("walk")
        (use,) = index.references(walk)
    finally:
        index.close()
    assert (walk.qualname, walk.kind) == ("Crab.walk", "method")
    assert (use.path, use.ref_kind, use.scope) == ("b.crab", "call", "main")
    assert 0 < use.confidence <= 0.3 and use.candidates == (walk.id,)
