"""A new name that would change what any other name means is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.stdlib import MacroRefused
from kit.renames import rename

CASES = {
    "defined beside it": {"a.py": "def f(): pass\ndef g(): pass\n"},
    "imported beside it": {"a.py": "from x import g\ndef f(): pass\n"},
    "assigned beside it": {"a.py": "def f(): pass\nif f:\n    g = 1\n"},
    "a loop variable beside it": {"a.py": "def f(): pass\nfor g in f(): pass\n"},
    "a global of a function": {"a.py": "def f(): pass\ndef h():\n    global g\n    g = 1\n"},
    "a local where it is used": {"a.py": "def f(): pass\ndef h(g):\n    return f(g)\n"},
    "a local around the use": {
        "a.py": "def f(): pass\ndef h():\n    g = 1\n    def k():\n        return f(g)\n"
    },
    "a comprehension variable": {"a.py": "def f(): pass\n[f(g) for g in range(3)]\n"},
    "a local that a use would be hidden by later": {
        "a.py": "def f(): pass\ndef h():\n    f()\n    import g\n"
    },
    "used as a builtin or global of elsewhere": {"a.py": "def f(): pass\nprint(g)\n"},
    "in a module that imports it": {
        "a.py": "def f(): pass\n",
        "b.py": "from a import f\ndef g(): return f()\n",
    },
    "in a function that imports it": {
        "a.py": "def f(): pass\n",
        "b.py": "def h(g):\n    from a import f\n    return f(g)\n",
    },
    "in a module that imports everything": {
        "a.py": "def f(): pass\n",
        "b.py": "from a import *\ndef g(): pass\n",
    },
    "a module of the same package": {"p/__init__.py": "def f(): pass\n", "p/g.py": ""},
}


@pytest.mark.parametrize("name", CASES)
def test_a_taken_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MacroRefused) as caught:
        rename(tmp_path, CASES[name], "f", "g")
    assert caught.value.reason == "collision", caught.value
    assert caught.value.candidates


METHODS = {
    "in the class": "class A:\n    def f(self): pass\n    g = 1\n",
    "as an attribute of instances": (
        "class A:\n    def __init__(self): self.g = 1\n    def f(self): pass\n"
    ),
    "in a subclass": "class A:\n    def f(self): pass\nclass B(A):\n    def g(self): pass\n",
    "in a base": "class Z:\n    def g(self): pass\nclass A(Z):\n    def f(self): pass\n",
    "in a sibling of the family": (
        "class A:\n    def f(self): pass\nclass B(A):\n    def f(self): pass\n    g = 1\n"
    ),
    "of a base outside": "class A(dict):\n    def f(self): pass\n",
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_name_that_the_family_has_is_refused(tmp_path: Path, name: str) -> None:
    new = "items" if "outside" in name else "g"
    with pytest.raises(MacroRefused) as caught:
        rename(tmp_path, {"a.py": METHODS[name]}, "A.f", new)
    assert caught.value.reason == "collision"


FREE = {
    "a local of another function": "def f(): pass\ndef h(g): return g\n",
    "an attribute": "def f(): pass\nf.g = 1\n",
    "a keyword argument": "def f(): pass\ndict(g=1)\n",
    "a method of a class": "def f(): pass\nclass A:\n    def g(self): pass\n",
    "a string": "def f(): pass\n'g'\n",
}


@pytest.mark.parametrize("name", FREE)
def test_a_name_that_disturbs_nothing_is_free(tmp_path: Path, name: str) -> None:
    done = rename(tmp_path, {"a.py": FREE[name]}, "f", "g")
    assert done.files["a.py"].startswith("def g(): pass")


def test_a_method_may_have_the_name_of_a_builtin_and_a_function_may_not(tmp_path: Path) -> None:
    files = {"a.py": "class A:\n    def f(self): pass\ndef h(): pass\n"}
    assert "def open(self)" in rename(tmp_path, files, "A.f", "open").files["a.py"]
    with pytest.raises(MacroRefused, match="builtin"):
        rename(tmp_path, files, "h", "open")


def test_a_method_name_used_as_a_global_in_its_class_body_is_refused(tmp_path: Path) -> None:
    files = {"a.py": "def g(): pass\nclass A:\n    def f(self): pass\n    x = g()\n"}
    with pytest.raises(MacroRefused, match="g is used here"):
        rename(tmp_path, files, "A.f", "g")
