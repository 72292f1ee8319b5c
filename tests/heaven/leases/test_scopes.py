from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven import BadScope
from genesis_ssmp.heaven.leases.scopes import Node, canonical_order, nodes_of
from genesis_ssmp.proto.leases import Scope


def nothing(name: str) -> list[tuple[str, str]]:
    return []


def test_each_scope_once_in_one_spelling_and_one_order() -> None:
    messy = [
        Scope("symbol", " ./src/a.py::f "),
        Scope("file", "b"),
        Scope("file", "./a"),
        Scope("directory", "src/"),
        Scope("file", "a"),
        Scope("directory", "./"),
    ]
    assert canonical_order(messy) == canonical_order(reversed(messy)) == [
        Scope("directory", "."),
        Scope("directory", "src"),
        Scope("file", "a"),
        Scope("file", "b"),
        Scope("symbol", "src/a.py::f"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value", ["a.py:: f", "a.py::C..m", "a.py::C.", "a.py::.f", "C. m", ".", "a b", "::f", "a.py::"]
)
def test_trap_a_symbol_has_no_second_spelling(value: str) -> None:
    """Blanks and empty parts would name the same definition under another key."""
    with pytest.raises(BadScope):
        canonical_order([Scope("symbol", value)])


def test_a_module_is_its_file_or_directory(tmp_path: Path) -> None:
    for name in ("pkg/__init__.py", "pkg/mod.py", "pkg/stub.pyi", "src/lib/a.go", "top.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    def paths(module: str) -> list[str | None]:
        return [node.path for node in nodes_of(Scope("module", module), tmp_path, nothing)]

    assert paths("pkg") == ["pkg"]
    assert paths("pkg.mod") == ["pkg/mod.py"]
    assert paths("pkg/mod.py") == ["pkg/mod.py"]
    assert paths("pkg.stub") == ["pkg/stub.pyi"]
    assert paths("top") == ["top.py"]
    assert paths("lib") == ["src/lib"]
    assert paths("new.thing") == ["new/thing", "new/thing.py"]


def test_a_symbol_covers_every_definition_of_its_name_and_the_name(tmp_path: Path) -> None:
    found = [("b.py", "C.run"), ("a.py", "run")]
    assert nodes_of(Scope("symbol", "run"), tmp_path, lambda name: found) == (
        Node(None, "run"),
        Node("a.py", "run"),
        Node("b.py", "C.run"),
    )
    assert nodes_of(Scope("symbol", "b.py::new"), tmp_path, nothing) == (Node("b.py", "new"),)


def test_no_path_collides_with_a_symbols_place() -> None:
    assert Node("a.py", "C.m").key == ("a.py", "\0C", "\0m")
    assert Node("a.py/C/m").key == ("a.py", "C", "m")
    assert Node(None, "C").key == ("\0", "\0C")
    assert Node(".").key == ()
