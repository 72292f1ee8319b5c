"""MOVE_SYMBOL: a definition, the imports it needs and the imports of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.renames import carry_out, refusal

FILES = {
    "p/__init__.py": "from .m import f, k\n",
    "p/m.py": "from __future__ import annotations\nimport os\nfrom .n import h\n\n"
    "X = 1\n\n\n# about f\n@h\ndef f(a: int) -> str:\n    return os.path.join(h(a))\n\n\n"
    "def k():\n    return X\n",
    "p/n.py": "def h(x): return x\n",
    "use.py": "def late():\n    from p.m import f as z\n    return z\n",
}  # fmt: skip


def test_it_takes_its_imports_and_comments_along_and_imports_of_it_follow(tmp_path: Path) -> None:
    done = carry_out(tmp_path, FILES, "MOVE_SYMBOL", symbol="f", to="p/new.py")
    assert done.files["p/new.py"] == (
        "from __future__ import annotations\n\nimport os\n\nfrom .n import h\n\n\n# about f\n@h\n"
        "def f(a: int) -> str:\n    return os.path.join(h(a))\n"
    )
    assert done.files["p/__init__.py"] == "from .m import k\nfrom .new import f\n"
    assert "    from p.new import f as z\n" in done.files["use.py"]
    assert done.files["p/m.py"].endswith("X = 1\n\n\ndef k():\n    return X\n")


def test_into_a_file_that_it_imports_from(tmp_path: Path) -> None:
    done = carry_out(tmp_path, FILES, "MOVE_SYMBOL", symbol="f", to="p/n.py")
    assert "import h" not in done.files["p/n.py"] and "def f(a: int)" in done.files["p/n.py"]


def test_what_is_used_under_its_old_module_is_imported_back(tmp_path: Path) -> None:
    files = {**FILES, "t.py": "from p import m\nm.f(1)\n"}
    done = carry_out(tmp_path, files, "MOVE_SYMBOL", symbol="f", to="p/new.py")
    assert "from .new import f\n" in done.files["p/m.py"]
    assert done.files["t.py"] == files["t.py"]


@pytest.mark.parametrize(
    ("files", "symbol", "to", "reason"),
    [
        (FILES, "k", "p/n.py", "unsupported"),  # n would import m, which imports n
        (FILES, "f", "p/m.py", "nothing"),
        (FILES, "h", "use.js", "unsupported"),
        ({"a.py": "def f(): pass\n", "b.py": "def f(): pass\n"}, "a.py::f", "b.py", "collision"),
        ({"a.py": "from x import *\ndef f(): return y\n"}, "f", "b.py", "unsupported"),
        ({"a.py": "x = 1\ndef g():\n    global x\n    x = 2\ndef f(): return x\n"}, "f", "b.py",
         "unsupported"),
        ({"a.py": "class A:\n    def f(self): pass\n"}, "A.f", "b.py", "unsupported"),
        ({"a.py": "if x:\n    def f(): pass\n"}, "f", "b.py", "unsupported"),
        ({"a.py": "y = 1\ndef f(): return y\nf()\n"}, "f", "b.py", "unsupported"),
    ],
)  # fmt: skip
def test_cycles_and_names_that_cannot_be_had_elsewhere_are_refused(
    tmp_path: Path, files: dict[str, str], symbol: str, to: str, reason: str
) -> None:
    assert refusal(tmp_path, files, "MOVE_SYMBOL", symbol=symbol, to=to).reason == reason
