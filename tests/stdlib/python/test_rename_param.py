"""RENAME_SYMBOL of a parameter, and what only is renamed when it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.renames import carry_out, refusal, rename

FILES = {
    "a.py": """
        import functools

        class A:
            def f(self, size, other=lambda size: size):
                def inner():
                    nonlocal size
                    size = size + 1
                    return [size for _ in range(size)]
                return dict(size=size), inner

        class B(A):
            def f(self, size, other=None):
                return super().f(size=size)

        def use(a: A, x):
            a.f(size=1)
            a.f(2)
            x.f(size=3)
            functools.partial(a.f, size=4)
        """
}


def test_a_parameter_is_renamed_with_its_keywords_and_overrides(tmp_path: Path) -> None:
    done = rename(tmp_path, FILES, "A.f.size", "extent")
    text = done.files["a.py"]
    assert text.count("def f(self, extent") == 2 and "lambda size: size" in text
    assert "nonlocal extent" in text and "[extent for _ in range(extent)]" in text
    assert "dict(size=extent)" in text and "super().f(extent=extent)" in text
    assert "a.f(extent=1)" in text and "partial(a.f, extent=4)" in text
    assert "x.f(size=3)" in text and [line for _, line in done.unsure] == [18]


def test_unsure_include_takes_what_is_not_proved(tmp_path: Path) -> None:
    done = rename(tmp_path, FILES, "A.f.size", "extent", unsure="include")
    assert "x.f(extent=3)" in done.files["a.py"] and done.unsure == []


@pytest.mark.parametrize("new", ["other", "inner", "dict"])
def test_a_name_that_the_function_uses_is_refused(tmp_path: Path, new: str) -> None:
    error = refusal(tmp_path, FILES, "RENAME_SYMBOL", old="A.f.size", new=new)
    assert error.reason == "collision"


def test_parameters_of_tests_are_names_of_fixtures_and_refused(tmp_path: Path) -> None:
    files = {"test_a.py": "def test_a(tmp_path): pass\n"}
    error = refusal(tmp_path, files, "RENAME_SYMBOL", old="test_a.tmp_path", new="x")
    assert error.reason == "unsupported"


def test_an_unknown_parameter_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, FILES, "RENAME_SYMBOL", old="A.f.nothing", new="x")
    assert error.reason == "unknown"


def test_strings_and_comments_change_when_it_is_asked_for(tmp_path: Path) -> None:
    files = {"a.py": '# go: going\ndef go():\n    """go, gone"""\n\ngetattr(x, "go")\n'}
    assert rename(tmp_path, files, "go", "run", text="include").files["a.py"] == (
        '# run: going\ndef run():\n    """run, gone"""\n\ngetattr(x, "run")\n'
    )


def test_unsure_include_renames_unknown_receivers_and_strings_for_getattr(tmp_path: Path) -> None:
    files = {
        "a.py": 'class A:\n    def go(self): pass\n\ndef f(x):\n    x.go(), getattr(x, "go")\n'
    }
    done = rename(tmp_path, files, "A.go", "run", unsure="include")
    assert 'x.run(), getattr(x, "run")' in done.files["a.py"] and done.unsure == []


def test_a_method_of_a_protocol_is_refused(tmp_path: Path) -> None:
    files = {"a.py": "import typing as t\nclass P(t.Protocol):\n    def go(self): ...\n"}
    assert refusal(tmp_path, files, "RENAME_SYMBOL", old="go", new="run").reason == "unsupported"


names = st.text("abcxyz_", min_size=2, max_size=6).filter(
    lambda one: not one.startswith("__") and one not in ("as", "a")
)
lines = st.sampled_from(
    ["alpha()", "x.alpha()", "a.alpha()", "y = alpha", "def g(alpha): return alpha", "# alpha",
     "print('alpha')", "def h():\n    return alpha()", "class K:\n    alpha = 1", "é = alpha()"]
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(st.lists(lines, max_size=6), names, st.sampled_from(["\n", "\r\n"]))
def test_a_rename_there_and_back_is_the_identity(
    tmp_path_factory: pytest.TempPathFactory, body: list[str], new: str, end: str
) -> None:
    root = tmp_path_factory.mktemp("there")
    text = "\n".join(["import a", "x = a", "def alpha(): pass", *body, ""]).replace("\n", end)
    (root / "a.py").write_bytes(text.encode())
    there = carry_out(root, {}, "RENAME_SYMBOL", old="a.py::alpha", new=f"{new}_new")
    (root / "a.py").write_bytes(there.files["a.py"].encode())
    back = carry_out(root, {}, "RENAME_SYMBOL", old=f"a.py::{new}_new", new="alpha")
    assert there.files["a.py"] != text and back.files["a.py"] == text
