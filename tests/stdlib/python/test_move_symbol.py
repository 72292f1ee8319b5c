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


def test_imports_that_only_it_used_go_from_the_old_file(tmp_path: Path) -> None:
    files = {
        "a.py": (
            "import json\nimport os\nfrom re import compile, escape, sub\n\n\n"
            "def moved(x):\n    return json.dumps(escape(compile(sub(x))))\n\n\n"
            "def stays():\n    return os.sep, sub\n"
        )
    }
    done = carry_out(tmp_path, files, "MOVE_SYMBOL", symbol="moved", to="b.py")
    assert done.files["a.py"] == (
        "import os\nfrom re import sub\n\n\ndef stays():\n    return os.sep, sub\n"
    )
    head, _, _ = done.files["b.py"].partition("\n\n")
    assert sorted(head.splitlines()) == [
        "from re import compile",
        "from re import escape",
        "from re import sub",
        "import json",
    ]


@pytest.mark.parametrize(
    ("line", "use", "other"),
    [
        ("import json  # noqa: F401", "json", ""),
        ("import json as json", "json", ""),
        ("from json import dumps as dumps", "dumps", ""),
        ("import json\n__all__ = ['json']", "json", ""),
        ("import json\nNAME = 'json'", "json", ""),
        ("try:\n    import json\nexcept ImportError:\n    json = None", "json", ""),
        ("from json import dumps", "dumps", "from a import dumps\n"),
        ("from json import dumps", "dumps", "from a import *\ndumps()\n"),
        ("from json import dumps", "dumps", "import a as b\nb.dumps()\n"),
        ("from json import dumps", "dumps", "patch('a.dumps')\n"),
    ],
)
def test_imports_that_others_may_want_stay(tmp_path: Path, line: str, use: str, other: str) -> None:
    files = {"a.py": f"{line}\n\n\ndef moved():\n    pass\n\n\nx = 1\n", "c.py": other}
    files["a.py"] = files["a.py"].replace("pass", use) if "try" not in line else files["a.py"]
    done = carry_out(tmp_path, files, "MOVE_SYMBOL", symbol="moved", to="b.py")
    assert done.files["a.py"].startswith(line + "\n")


def test_a_package_s_own_imports_stay(tmp_path: Path) -> None:
    files = {"p/__init__.py": "import json\n\n\ndef moved():\n    json\n", "p/c.py": ""}
    done = carry_out(tmp_path, files, "MOVE_SYMBOL", symbol="moved", to="p/c.py")
    assert done.files["p/__init__.py"].startswith("import json\n")


@pytest.mark.parametrize(
    ("target", "after"),
    [
        ("__all__ = ['a', 'z']\n", "__all__ = ['a', 'moved', 'z']\n"),
        (
            '__all__ = (\n    "z",\n    "a",\n)\n',
            '__all__ = (\n    "z",\n    "a",\n    "moved",\n)\n',
        ),
        ("x = 1\n", "x = 1\n"),
        (None, '__all__ = ["moved"]\n'),
    ],
)
def test_what_the_old_list_of_public_names_has_the_new_one_has(
    tmp_path: Path, target: str | None, after: str
) -> None:
    files = {"a.py": "__all__ = ['moved']\n\n\ndef moved():\n    pass\n"}
    more = {} if target is None else {"b.py": target}
    done = carry_out(tmp_path, {**files, **more}, "MOVE_SYMBOL", symbol="moved", to="b.py")
    assert done.files["b.py"].startswith(after)
    assert "from b import moved" in done.files["a.py"] and "['moved']" in done.files["a.py"]


def test_a_name_that_was_not_public_does_not_become_so(tmp_path: Path) -> None:
    files = {"a.py": "__all__ = ['x']\nx = 1\ndef moved(): pass\n", "b.py": "__all__ = []\n"}
    done = carry_out(tmp_path, files, "MOVE_SYMBOL", symbol="moved", to="b.py")
    assert done.files["b.py"].startswith("__all__ = []\n")
