"""A name as a variable: all tokens that must change together, and those that may have to."""

from __future__ import annotations

from pathlib import Path

from genesis_ssmp.heaven.index.naming import Naming, Token
from genesis_ssmp.heaven.index.symbols import SymbolIndex
from kit.marked import write


def check(root: Path, files: dict[str, str], name: str) -> None:
    """Assert that the tokens of `name` are the marked ones: ‹sure›, ‹?unsure›."""
    sure, unsure = write(root, files)
    index = SymbolIndex(root, None)

    def question() -> tuple[set[str], set[str]]:
        naming: Naming = index.naming(index.find_symbols(name))
        return {place(root, t) for t in naming.sure}, {place(root, t) for t in naming.unsure}

    try:
        assert index.ask(question) == (sure, unsure)
    finally:
        index.close()


def place(root: Path, token: Token) -> str:
    source = (root / token.path).read_bytes()
    line = source.count(b"\n", 0, token.start) + 1
    start = source.rfind(b"\n", 0, token.start) + 1
    return f"{token.path}:{line}:{len(source[start : token.start].decode()) + 1}"


def test_what_a_scope_binds_to_the_name_is_one_variable(tmp_path: Path) -> None:
    files = {
        "a.py": "def ‹f›(): ...\n",
        "b.py": "from a import ‹f›\n‹f› = wrap(‹f›)\ndef g():\n    global ‹f›\n    ‹f› = 1\n",
        "c.py": "try:\n    from a import ‹f›\nexcept ImportError:\n    ‹f› = None\n‹f›()\n",
        "d.py": "import b, c\nb.‹f›()\nc.‹f›()\n",
    }
    check(tmp_path, files, "a.py::f")


def test_an_alias_is_a_variable_of_its_own(tmp_path: Path) -> None:
    files = {
        "a.py": "def ‹f›(): ...\n",
        "b.py": "from a import ‹f› as h\nh()\n",
        "c.py": "from b import h as f\nf()\n",
    }
    check(tmp_path, files, "f")


def test_receivers_of_any_class_of_the_family_are_sure_together(tmp_path: Path) -> None:
    files = {
        "a.py": """\
            import typing as t
            class A:
                def ‹f›(self): ...
            class B(A):
                def ‹f›(self): ...
            class C:
                def f(self): ...
            def one(x: t.Union[A, B], y: t.Union[A, C], z):
                x.‹f›()
                y.‹?f›()
                z.‹?f›()
                one.f()
            """
    }
    check(tmp_path, files, "A.f")


def test_a_mixin_may_speak_of_what_its_subclasses_have(tmp_path: Path) -> None:
    files = {
        "a.py": """\
            class Mixin:
                def run(self): return self.‹?f›(), super().‹?f›()
            class A(Mixin):
                def ‹f›(self): ...
            class Alone:
                def run(self): return self.f()
            """
    }
    check(tmp_path, files, "A.f")


def test_a_method_set_as_an_attribute_in_a_subclass_is_followed(tmp_path: Path) -> None:
    files = {
        "a.py": """\
            class A:
                def ‹f›(self): ...
            class B(A):
                def __init__(self):
                    self.‹f› = print
                    self.‹f›()
            """
    }
    check(tmp_path, files, "A.f")
