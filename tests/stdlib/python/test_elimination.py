"""An attribute of something unknown is whose it must be, and nobody's where that is not shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.stdlib import MacroRefused
from kit.renames import carry_out, refusal, rename

STORE = "class Store:\n    def keep_error(self, e): pass\n"
USE = "def f(x):\n    x.keep_error(1)\n"


def test_an_attribute_that_only_one_class_has_is_that_class_s(tmp_path: Path) -> None:
    use = USE + "    getattr(x, 'keep_error')(2)\n"
    done = rename(tmp_path, {"a.py": STORE, "b.py": use}, "keep_error", "keep")
    assert done.unsure == []
    assert done.files["b.py"] == use.replace("keep_error", "keep")


def test_calls_of_it_take_a_new_parameter(tmp_path: Path) -> None:
    args = {"func": "Store.keep_error", "param": "level", "argument": "0"}
    done = carry_out(tmp_path, {"a.py": STORE, "b.py": USE}, "ADD_PARAM", **args)
    assert done.files["b.py"] == USE.replace("(1)", "(1, level=0)") and done.unsure == []


@pytest.mark.parametrize(
    "other",
    [
        "class Other:\n    def keep_error(self): pass\n",
        "class Other:\n    def __init__(self):\n        self.keep_error = 1\n",
        "def keep_error(): pass\n",
        "def g(y):\n    y.keep_error = 1\n",
        "def g(y):\n    y.keep_error += 1\n",
        "def g(y):\n    setattr(y, 'keep_error', 1)\n",
        "from collections import namedtuple\nT = namedtuple('T', 'level keep_error')\n",
        "from types import SimpleNamespace\ny = SimpleNamespace(keep_error=1)\n",
    ],
)
def test_it_is_refused_where_something_else_may_have_it(tmp_path: Path, other: str) -> None:
    files = {"a.py": STORE, "b.py": USE, "c.py": other}
    error = refusal(tmp_path, files, "RENAME_SYMBOL", old="Store.keep_error", new="keep")
    assert error.reason == "unsure" and "b.py:2" in error.candidates
    done = rename(tmp_path, files, "Store.keep_error", "keep", unsure="leave")
    assert ("b.py", 2) in done.unsure and done.files["b.py"] == USE
    done = rename(tmp_path, files, "Store.keep_error", "keep", unsure="include")
    assert "x.keep(1)" in done.files["b.py"]


@pytest.mark.parametrize(
    ("name", "imports"),
    [
        ("append", ""),  # of a builtin
        ("is_dir", ""),  # of the standard library, whether it is imported or not
        ("_handle_long_word", "import textwrap\n"),
    ],
)
def test_what_something_outside_may_have_is_listed_and_left(
    tmp_path: Path, name: str, imports: str
) -> None:
    files = {
        "a.py": f"class Store:\n    def {name}(self, e): pass\n",
        "b.py": f"{imports}def f(x):\n    x.{name}(1)\n",
    }
    done = rename(tmp_path, files, f"Store.{name}", "keep")
    assert done.files["b.py"] == files["b.py"] and len(done.unsure) == 1


def test_it_is_refused_where_a_package_is_not_there_to_be_looked_at(tmp_path: Path) -> None:
    files = {"a.py": STORE, "b.py": f"import a_module_that_is_not_there\n{USE}"}
    error = refusal(tmp_path, files, "RENAME_SYMBOL", old="Store.keep_error", new="keep")
    assert error.reason == "unsure" and error.candidates == ("b.py:3",)


def test_it_is_refused_where_the_same_file_has_proven_uses(tmp_path: Path) -> None:
    use = "from a import Store\ndef f(x, y: Store):\n    x.append(1)\n    y.append(1)\n"
    files = {"a.py": "class Store:\n    def append(self, e): pass\n", "b.py": use}
    error = refusal(tmp_path, files, "RENAME_SYMBOL", old="Store.append", new="keep")
    assert error.reason == "unsure" and error.candidates == ("b.py:3",)


def test_a_package_in_the_repository_s_own_environment_is_looked_at(tmp_path: Path) -> None:
    package = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages" / "rare_package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("class A:\n    def other(self): pass\n")
    files = {"a.py": STORE, "b.py": f"import rare_package\n{USE}"}
    assert rename(tmp_path, files, "Store.keep_error", "keep").unsure == []
    (package / "more.py").write_text("class B:\n    def keep_error(self): pass\n")
    assert rename(tmp_path, files, "Store.keep_error", "keep").unsure == [("b.py", 3)]


def test_a_refusal_says_how_to_go_on(tmp_path: Path) -> None:
    files = {"a.py": STORE + "class B:\n    def keep_error(self): pass\n", "b.py": USE}
    with pytest.raises(MacroRefused, match="`unsure include` renames it, `unsure leave`"):
        rename(tmp_path, files, "Store.keep_error", "keep")
