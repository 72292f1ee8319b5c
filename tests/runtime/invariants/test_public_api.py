"""`@public-api-unchanged`, on what agents really do to an interface."""

from __future__ import annotations

import pytest
from kit.breaches import Broken

NAME = "@public-api-unchanged"
PYTHON = """LIMIT: int = 3


def f(a: int, b: str = "x") -> int:
    return a


def _hidden(a):
    return a


class A(Base):
    size = 1

    def m(self, x):
        self.state = x

    @property
    def p(self) -> int:
        return 1

    def _own(self):
        pass
"""
ES = """export function f(a: number): string { return "" }
function inner(a: number) {}
export class K {
  m(x: number): void {}
  private p(x: number) {}
}
export { other as shown } from "./other";
"""
GO = """package x

type T struct{ A int }

func (t *T) Do(x int) error { return nil }
func F(a int) int { return a }
func g(a int) int { return a }
"""
BROKEN = [
    ("x.py", PYTHON, "b: str =", "b: int =", "x.py:4: the signature of f was"),
    ("x.py", PYTHON, "def f(a: int, b", "async def f(a: int, b", "signature of f"),
    ("x.py", PYTHON, "-> int:\n    return a", "-> str:\n    return a", "signature of f"),
    ("x.py", PYTHON, "def m(self, x)", "def m(self, x, y)", "signature of A.m"),
    ("x.py", PYTHON, "    @property\n", "", "signature of A.p"),
    ("x.py", PYTHON, "class A(Base)", "class A", "signature of A"),
    ("x.py", PYTHON, "LIMIT", "MAXIMUM", "x.py:1 (as it is now): public name LIMIT is gone"),
    ("x.py", PYTHON, "    size = 1\n", "", "A.size is gone"),
    ("x.py", PYTHON, "self.state", "self.other", "A.state is gone"),
    ("x.py", PYTHON, "class A", "class B", "A is gone"),
    ("x.ts", ES, "f(a: number)", "f(a: string)", "x.ts:1: the signature of f was"),
    ("x.ts", ES, "export function", "function", "f is gone"),
    ("x.ts", ES, "m(x: number)", "m()", "signature of K.m"),
    ("x.ts", ES, "other as shown", "other as hidden", "shown is gone"),
    ("x.go", GO, "F(a int)", "F(a int, b int)", "signature of F"),
    ("x.go", GO, "Do(x int)", "Done(x int)", "T.Do is gone"),
    ("x.go", GO, "A int", "A string", "signature of T.A"),
]
KEPT = [
    ("x.py", PYTHON, "return a\n", "return a + 1\n"),
    ("x.py", PYTHON, "def _hidden(a)", "def _other(a, b)"),
    ("x.py", PYTHON, "def _own(self)", "def _own(self, x)"),
    ("x.py", PYTHON, "LIMIT: int = 3", "LIMIT: int = 4"),
    ("x.py", PYTHON, "def f(a: int, b: str", "def f(\n    a: int,\n    b: str"),
    ("x.py", PYTHON, "class A", "def new():\n    pass\n\n\nclass A"),
    ("tests/test_x.py", PYTHON, "def f(", "def g("),
    ("_x.py", PYTHON, "def f(", "def g("),
    ("x.ts", ES, "inner(a: number)", "outer()"),
    ("x.ts", ES, "p(x: number)", "p()"),
    ("x.go", GO, "g(a int)", "h()"),
    ("x.md", "def f(): ...\n", "f", "g"),
]


@pytest.mark.parametrize(("path", "text", "old", "new", "told"), BROKEN)
def test_a_public_name_that_goes_or_changes_is_told(
    broken: Broken, path: str, text: str, old: str, new: str, told: str
) -> None:
    assert old in text
    said = broken(NAME, {path: text}, {path: text.replace(old, new)})
    assert said is not None and told in said, said
    assert said.startswith(f"INVARIANT {NAME} does not hold:")
    assert "next:" in said


@pytest.mark.parametrize(("path", "text", "old", "new"), KEPT)
def test_what_nobody_outside_can_see_is_free(
    broken: Broken, path: str, text: str, old: str, new: str
) -> None:
    assert old in text
    assert broken(NAME, {path: text}, {path: text.replace(old, new)}) is None


def test_a_file_that_goes_takes_its_names_with_it(broken: Broken) -> None:
    said = broken(NAME, {"x.py": PYTHON}, {"x.py": None})
    assert said is not None and "public name f is gone" in said


MOVED = PYTHON.partition("class A")


def test_a_definition_may_move_where_its_old_place_imports_it(broken: Broken) -> None:
    files = {"p/__init__.py": "", "p/x.py": PYTHON}
    klass = "class A" + MOVED[2]
    kept = MOVED[0].replace("LIMIT", "from .y import A\n\nLIMIT", 1)
    assert broken(NAME, files, {"p/x.py": kept, "p/y.py": klass}) is None
    changed = klass.replace("def m(self, x)", "def m(self)")
    said = broken(NAME, files, {"p/x.py": kept, "p/y.py": changed})
    assert said is not None and "A.m is gone" in said


def test_a_name_in_a_private_module_is_public_where_a_public_one_imports_it(
    broken: Broken,
) -> None:
    files = {"p/__init__.py": "from ._x import f\n", "p/_x.py": PYTHON}
    said = broken(NAME, files, {"p/_x.py": PYTHON.replace("b: str", "b: int")})
    assert said is not None and "signature of f" in said
    assert broken(NAME, files, {"p/_x.py": PYTHON.replace("def m(self, x)", "def m(self)")}) is None


def test_what_a_package_shows_of_its_modules_stays(broken: Broken) -> None:
    files = {"p/__init__.py": "from .x import f\nfrom .x import A\n", "p/x.py": PYTHON}
    said = broken(NAME, files, {"p/__init__.py": "from .x import f\n"})
    assert said is not None and "public name A is gone" in said


def test_what_all_lists_stays(broken: Broken) -> None:
    text = '__all__ = ["f", "g"]\nfrom m import f, g, h\n'
    said = broken(NAME, {"x.py": text}, {"x.py": text.replace("f, g, h", "g")})
    assert said is None  # still listed: whether it is there is not this invariant's matter
    said = broken(NAME, {"x.py": text}, {"x.py": text.replace('"f", ', "")})
    assert said is not None and "public name f is gone" in said
