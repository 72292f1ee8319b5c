"""REPLACE_CALL: other functions with the same arguments."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.renames import carry_out, refusal

FILES = {
    "p/__init__.py": "",
    "p/n.py": "def f(x, y=1): return x\n\ndef new(x, *, y=1): return f(x)\n",
    "p/m.py": "from p import n\nfrom p.n import f\n\nf(1)\nn.f(f(2), y=3)\n",
}


def test_calls_of_every_spelling_go_to_the_other_function(tmp_path: Path) -> None:
    done = carry_out(tmp_path, FILES, "REPLACE_CALL", func="f", by="new")
    assert done.files["p/m.py"] == (
        "from p import n\nfrom p.n import f, new\n\nnew(1)\nnew(new(2), y=3)\n"
    )
    assert done.files["p/n.py"] == FILES["p/n.py"] and done.unsure == [("p/n.py", 3)]


def test_a_method_gives_way_to_one_of_its_class(tmp_path: Path) -> None:
    files = {"a.py": "class A:\n    def f(self): pass\n    def g(self): self.f()\n\nA().f()\n"}
    done = carry_out(tmp_path, files, "REPLACE_CALL", func="A.f", by="A.g")
    assert "A().g()" in done.files["a.py"] and "self.f()" in done.files["a.py"]


@pytest.mark.parametrize(
    ("source", "by"),
    [
        ("def f(a, b): pass\ndef g(a): pass\nf(1, 2)\n", "g"),
        ("def f(a): pass\ndef g(b): pass\nf(a=2)\n", "g"),
        ("def f(): pass\ndef g(b): pass\nf()\n", "g"),
        ("def f(*a): pass\ndef g(*a): pass\nf(*x)\n", "g"),
        ("def f(): pass\nclass A:\n    def g(self): pass\nf()\n", "A.g"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(tmp_path: Path, source: str, by: str) -> None:
    error = refusal(tmp_path, {"a.py": source}, "REPLACE_CALL", func="f", by=by)
    assert error.reason == "unsupported"
