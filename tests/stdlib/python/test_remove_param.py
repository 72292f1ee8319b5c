"""REMOVE_PARAM through the real index and the real edit engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.renames import carry_out, refusal


def test_the_definition_the_overrides_and_the_calls_lose_it(tmp_path: Path) -> None:
    files = {
        "a.py": "class A:\n    def f(self, a, b, c=0): return a, c\n\n"
        "class B(A):\n    def f(self, a, b, c=0):\n        return super().f(a, 2)\n",
        "b.py": "from a import A as Z, B\nZ().f(1, 2, 3)\nB().f(1, b=2, c=3)\nZ.f(Z(), 1, 2)\n",
    }
    done = carry_out(tmp_path, files, "REMOVE_PARAM", func="A.f", param="b")
    assert done.files["a.py"].count("def f(self, a, c=0)") == 2
    assert "super().f(a)" in done.files["a.py"]
    assert done.files["b.py"].endswith("Z().f(1, 3)\nB().f(1, c=3)\nZ.f(Z(), 1)\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(\n    a,\n    p,  # gone\n    b,\n): pass\n", "def f(\n    a,\n    b,\n): pass\n"),
        ("def f(a, *, p): pass\n", "def f(a): pass\n"),
        ("def f(a, *, p, **k): pass\n", "def f(a, **k): pass\n"),
        ("def f(p, /, a): pass\n", "def f(a): pass\n"),
        ("def f(p=1,): pass\nf(1)\n", "def f(): pass\nf()\n"),
        ("def f(a, p):\r\n\tpass\r\n", "def f(a):\r\n\tpass\r\n"),
    ],
)
def test_every_way_to_write_a_signature_keeps_its_form(
    tmp_path: Path, before: str, after: str
) -> None:
    (tmp_path / "a.py").write_bytes(before.encode())
    assert carry_out(tmp_path, {}, "REMOVE_PARAM", func="f", param="p").files["a.py"] == after


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f(a): pass\n", "unknown"),
        ("def f(p): return p\n", "unsupported"),
        ("def f(p):\n    return lambda: p\n", "unsupported"),
        ("def f(*p): pass\n", "unsupported"),
        ("def f(p): pass\nf(g())\n", "unsupported"),
        ("def f(p): pass\nf(*x)\n", "unsure"),
        ("def f(p): pass\nf(**x)\n", "unsure"),
        ("def f(p): pass\nmap(f, x)\n", "unsure"),
        ("@deco\ndef f(p): pass\n", "unsure"),
        ("class f:\n    def __init__(self, p): pass\n", "unsupported"),
    ],
)
def test_what_might_break_is_refused(tmp_path: Path, source: str, reason: str) -> None:
    error = refusal(tmp_path, {"a.py": source}, "REMOVE_PARAM", func="f", param="p")
    assert error.reason == reason
