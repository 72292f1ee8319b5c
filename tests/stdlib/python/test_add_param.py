"""ADD_PARAM through the real index and the real edit engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.renames import carry_out, refusal

SHAPES = {
    "a.py": """
        import functools

        class Base:
            def run(self, a, *, k=1):
                return a

            @classmethod
            def make(cls, a):
                return cls()

            @staticmethod
            async def still(a): return a

        class Sub(Base):
            def run(self, a, *, k=1):
                return super().run(a)

        class Hands(Base):
            def run(self, a, **more):
                return super().run(a, k=2)
        """,
    "b.py": """
        from a import Base as B, Sub

        def use(x: B):
            x.run(1)
            B.run(x, 1, k=2)
            Sub().run(
                1,
                k=3,  # three
            )
            B.make(1)
            B.still(a for a in ())
        """,
}


def test_a_method_its_overrides_and_its_calls_under_any_name(tmp_path: Path) -> None:
    done = carry_out(
        tmp_path,
        SHAPES,
        "ADD_PARAM",
        func="Base.run",
        param="p",
        argument="None",
        type="int | None",
    )
    assert done.files["a.py"].count("def run(self, a, *, k=1, p: int | None)") == 2
    assert "def run(self, a, **more)" in done.files["a.py"]
    assert "super().run(a, p=None)" in done.files["a.py"]
    assert "super().run(a, k=2, p=None)" in done.files["a.py"]
    assert "x.run(1, p=None)" in done.files["b.py"]
    assert "B.run(x, 1, k=2, p=None)" in done.files["b.py"]
    assert "        k=3,  # three\n        p=None,\n    )" in done.files["b.py"]
    assert done.unsure == []


def test_a_default_at_the_end_changes_no_call(tmp_path: Path) -> None:
    done = carry_out(tmp_path, SHAPES, "ADD_PARAM", func="Base.run", param="p", default="{}")
    assert (
        done.files["b.py"]
        == carry_out(tmp_path, SHAPES, "ADD_PARAM", func="Base.make", param="p", default="0").files[
            "b.py"
        ]
    )
    assert done.expansion.sure == 2 and done.unsure == []


def test_a_first_parameter_moves_what_is_passed_by_position(tmp_path: Path) -> None:
    done = carry_out(
        tmp_path, SHAPES, "ADD_PARAM", func="Base.run", param="p", argument="0", position="0"
    )
    assert "def run(self, p, a, *, k=1)" in done.files["a.py"]
    assert "x.run(0, 1)" in done.files["b.py"]
    assert "B.run(x, 0, 1, k=2)" in done.files["b.py"]


def test_class_methods_static_methods_and_lone_generators(tmp_path: Path) -> None:
    made = carry_out(
        tmp_path, SHAPES, "ADD_PARAM", func="Base.make", param="p", argument="0", position="0"
    )
    assert "def make(cls, p, a)" in made.files["a.py"] and "B.make(0, 1)" in made.files["b.py"]
    still = carry_out(tmp_path, SHAPES, "ADD_PARAM", func="Base.still", param="p", argument="0")
    assert "async def still(a, p)" in still.files["a.py"]
    assert "B.still((a for a in ()), p=0)" in still.files["b.py"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(): pass\n", "def f(p=1): pass\n"),
        ("def f(\n\ta,\n\tb=2,\n): pass\n", "def f(\n\ta,\n\tb=2,\n\tp=1,\n): pass\n"),
        ("def f(\n    a,\n    b  # last\n): pass\n",
         "def f(\n    a,\n    b,  # last\n    p=1\n): pass\n"),
        ("def f(a, b,): pass\n", "def f(a, b, p=1,): pass\n"),
        ("def f(a, /): pass\n", "def f(a, /, p=1): pass\n"),
        ("def f(*a, **k): pass\n", "def f(*a, p=1, **k): pass\n"),
        ("def f(*a: int): pass\r\nx = 1\r\n", "def f(*a: int, p=1): pass\r\nx = 1\r\n"),
        ('def f(a="(,"): pass', 'def f(a="(,", p=1): pass'),
    ],
)  # fmt: skip
def test_every_way_to_write_a_signature_keeps_its_form(
    tmp_path: Path, before: str, after: str
) -> None:
    (tmp_path / "a.py").write_bytes(before.encode())
    done = carry_out(tmp_path, {}, "ADD_PARAM", func="f", param="p", default="1")
    assert done.files["a.py"] == after


def test_a_required_one_behind_defaults_is_keyword_only(tmp_path: Path) -> None:
    files = {"a.py": "def f(a=1): pass\nf()\nf(2)\n"}
    done = carry_out(tmp_path, files, "ADD_PARAM", func="f", param="p", argument="3")
    assert done.files["a.py"] == "def f(a=1, *, p): pass\nf(p=3)\nf(2, p=3)\n"


def test_overloads_all_get_it_and_a_type_comment_is_listed(tmp_path: Path) -> None:
    files = {
        "a.py": "import typing as t\n@t.overload\ndef f(a: int) -> int: ...\n@t.overload\n"
        "def f(a: str) -> str: ...\ndef f(a):\n    # type: (object) -> object\n    return a\n"
    }
    done = carry_out(tmp_path, files, "ADD_PARAM", func="f", param="p", default="1")
    assert done.files["a.py"].count("p=1") == 3 and done.unsure == [("a.py", 7)]


def test_what_is_passed_on_by_name_is_listed_with_a_default_and_refused_without(
    tmp_path: Path,
) -> None:
    files = {"a.py": "import functools\ndef f(a): pass\nmap(f, [1])\ng = functools.partial(f, 1)\n"}
    args = {"func": "f", "param": "p", "argument": "1"}
    error = refusal(tmp_path, files, "ADD_PARAM", **args)
    assert error.reason == "unsure" and [c.split()[0] for c in error.candidates] == [
        "a.py:3",
        "a.py:4",
    ]
    done = carry_out(tmp_path, files, "ADD_PARAM", default="0", **args)
    assert done.unsure == [("a.py", 3), ("a.py", 4)]
    assert (
        "def f(a, p)"
        in carry_out(tmp_path, files, "ADD_PARAM", unsure="include", **args).files["a.py"]
    )


def test_a_call_of_something_unknown_is_refused_without_a_default(tmp_path: Path) -> None:
    files = {"a.py": "class A:\n    def f(self): pass\n\ndef g(x):\n    x.f()\n"}
    args = {"func": "A.f", "param": "p", "argument": "1"}
    assert refusal(tmp_path, files, "ADD_PARAM", **args).reason == "unsure"
    done = carry_out(tmp_path, files, "ADD_PARAM", unsure="include", **args)
    assert "x.f(p=1)" in done.files["a.py"]


@pytest.mark.parametrize(
    ("source", "more", "reason"),
    [
        ("def f(p): pass\n", {"default": "1"}, "collision"),
        ("def f():\n    p = 1\n", {"default": "1"}, "collision"),
        ("p = 1\ndef f():\n    return p\n", {"default": "1"}, "collision"),
        ("p = 1\ndef f():\n    return lambda: p\n", {"default": "1"}, "collision"),
        ("def f(**k): pass\nf(p=1)\n", {"default": "1"}, "collision"),
        ("def f(): pass\nf()\n", {}, "arguments"),
        ("def f(a): pass\nf(1)\n", {"default": "[]", "position": "0"}, "arguments"),
        ("def f(a=1): pass\n", {"position": "1"}, "arguments"),
        ("def f(): pass\n", {"position": "1"}, "arguments"),
        ("def f(): pass\nf()\n", {"argument": "nothing"}, "name"),
        ("def f(): pass\n", {"default": "1, q=2"}, "syntax"),
        ("def f(): pass\n", {"default": "1) + (2"}, "syntax"),
        ("def f(): pass\n", {"default": "1", "type": "int = 2"}, "syntax"),
        ("def f(): pass\n", {"default": "1", "type": "Path"}, "name"),
        ("f = 1\n", {"default": "1"}, "unsupported"),
        ("class f: pass\n", {"default": "1"}, "unsupported"),
        ("class C:\n    @property\n    def f(self): pass\n", {"default": "1"}, "unsupported"),
        ("class f:\n    def __init__(self): pass\nf()\n", {"argument": "1"}, "unsupported"),
        ("@x.y\ndef f(): pass\nf()\n", {"argument": "1"}, "unsure"),
        ("def f(a, *r): pass\nf(*b)\n", {"argument": "1", "position": "1"}, "unsure"),
        ("def f(a): pass\nf(**b)\n", {"argument": "1"}, "unsure"),
        ("def f(): pass\nclass A:\n    def f(self): pass\n", {"default": "1"}, "ambiguous"),
    ],
)  # fmt: skip
def test_what_might_break_is_refused(
    tmp_path: Path, source: str, more: dict[str, str], reason: str
) -> None:
    assert (
        refusal(tmp_path, {"a.py": source}, "ADD_PARAM", func="f", param="p", **more).reason
        == reason
    )


def test_a_class_stands_for_its_constructor(tmp_path: Path) -> None:
    files = {"a.py": "class A:\n    def __init__(self, a): pass\n\nA(1)\n"}
    done = carry_out(tmp_path, files, "ADD_PARAM", func="A", param="p", default="None")
    assert "def __init__(self, a, p=None)" in done.files["a.py"]
