"""Methods that override each other belong together, and so do those that one class mixes."""

from __future__ import annotations

from pathlib import Path

from genesis_ssmp.heaven.index.symbols import SymbolIndex
from kit.marked import write


def family(root: Path, files: dict[str, str], name: str) -> list[str]:
    write(root, files)
    index = SymbolIndex(root, None)
    try:
        return [one.qualname for one in index.family(index.find_symbols(name)[0])]
    finally:
        index.close()


def test_overrides_are_found_up_and_down_and_through_classes_without_the_name(
    tmp_path: Path,
) -> None:
    files = {
        "a.py": "class A:\n    def f(self): ...\n",
        "b.py": "from a import A\nclass B(A): ...\nclass C(B):\n    def f(self): ...\n",
        "d.py": "class D:\n    def f(self): ...\n",
    }
    assert family(tmp_path, files, "C.f") == ["A.f", "C.f"]


def test_a_class_of_two_bases_ties_their_methods(tmp_path: Path) -> None:
    files = {
        "a.py": "class A:\n    def f(self): ...\n",
        "b.py": "class B:\n    def f(self): ...\n",
        "c.py": "from a import A\nfrom b import B\nclass C(\n    A,\n    B,\n): ...\n",
        "d.py": "class D:\n    def f(self): ...\nclass E(D, dict): ...\n",
    }
    assert family(tmp_path, files, "A.f") == ["A.f", "B.f"]


def test_siblings_without_a_common_definition_are_strangers(tmp_path: Path) -> None:
    files = {
        "a.py": (
            "class A: ...\nclass B(A):\n    def f(self): ...\nclass C(A):\n    def f(self): ...\n"
        )
    }
    assert family(tmp_path, files, "B.f") == ["B.f"]
