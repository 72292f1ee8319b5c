"""What a rename leaves alone is listed, whatever the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.stdlib import MacroRefused
from kit.renames import rename


def test_uses_in_a_file_that_is_too_large_to_index_are_listed(tmp_path: Path) -> None:
    large = "from a import f\n" + "# filler\n" * 120_000 + "f()\n"
    done = rename(tmp_path, {"a.py": "def f(): pass\n", "large.py": large}, "f", "g")
    assert done.unsure == [("large.py", 1), ("large.py", 120_002)]
    assert done.files["large.py"] == large


def test_words_that_a_syntax_error_may_have_hidden_are_listed(tmp_path: Path) -> None:
    files = {"a.py": "def f(): pass\n", "b.py": "from a import f\nf()\n@@ f(\n# f\n"}
    done = rename(tmp_path, files, "f", "g")
    assert done.files["b.py"] == "from a import g\ng()\n@@ g(\n# f\n"
    assert done.unsure == [("b.py", 4)]


def test_a_pattern_that_matches_by_keyword_is_listed(tmp_path: Path) -> None:
    files = {
        "a.py": (
            "class A:\n    @property\n    def size(self): return 1\n\n"
            "def f(x):\n    match x:\n        case A(size=1): pass\n"
        )
    }
    done = rename(tmp_path, files, "A.size", "extent")
    assert done.unsure == [("a.py", 7)]
    assert done.expansion.unsure[0].why == "what this is taken from is not known"


@pytest.mark.parametrize("text", ["'a.f'", "'{a.f}'", "getattr(x, 'f')", "'run a:f now'"])
def test_names_in_strings_are_listed(tmp_path: Path, text: str) -> None:
    files = {"a.py": "def f(): pass\n", "b.py": f"x = {text}\n"}
    assert rename(tmp_path, files, "f", "g").unsure == [("b.py", 1)]


def test_an_annotation_in_quotes_is_renamed_and_not_listed(tmp_path: Path) -> None:
    files = {"a.py": "class A: pass\n", "b.py": "import a\nx: 'a.A' = None\n"}
    done = rename(tmp_path, files, "A", "B")
    assert done.files["b.py"] == "import a\nx: 'a.B' = None\n"
    assert done.unsure == []


@pytest.mark.parametrize(
    "source",
    [
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A:\n    x: int = 1\n",
        "import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: int = 1\n",
        "import typing as t\nclass A(t.NamedTuple):\n    x: int = 1\n",
        "import enum\nclass A(enum.Enum):\n    x = 1\n",
    ],
)
def test_a_field_that_the_constructor_takes_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(MacroRefused) as caught:
        rename(tmp_path, {"a.py": source}, "A.x", "y")
    assert caught.value.reason == "unsupported"


def test_a_module_that_puts_an_underscore_before_a_name_is_listed(tmp_path: Path) -> None:
    files = {
        "a.py": "def _old(): pass\ndef __getattr__(name):\n    return globals()[f'_{name}']\n",
        "b.py": "x = getattr(y, '_' + z)\n",
    }
    assert rename(tmp_path, files, "_old", "_new").unsure == [("a.py", 3)]
