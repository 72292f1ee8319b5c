"""Module names to files."""

from __future__ import annotations

from genesis_ssmp.heaven.index.modules import Module, ModuleMap

FILES = [
    "setup.py",
    "src/pkg/__init__.py",
    "src/pkg/a.py",
    "src/pkg/sub/__init__.py",
    "src/pkg/sub/b.py",
    "tests/test_a.py",
    "space/inner/c.py",
    "stubs.py",
    "stubs.pyi",
]


def test_a_file_answers_to_its_package_and_to_its_path() -> None:
    found = ModuleMap.of(FILES)
    assert found.absolute("pkg.a") == (Module("src/pkg/a.py", True),)
    assert found.absolute("src.pkg.a") == (Module("src/pkg/a.py", True),)
    assert found.absolute("pkg") == (Module("src/pkg/__init__.py", True),)
    assert found.absolute("test_a") == found.absolute("tests.test_a")
    assert found.absolute("space.inner") == (Module("space/inner", False),)
    assert found.absolute("stubs") == (Module("stubs.py", True),)
    assert found.absolute("os") == ()


def test_relative_imports_climb_directories() -> None:
    found = ModuleMap.of(FILES)
    assert found.relative("src/pkg/sub/b.py", 2, "a") == (Module("src/pkg/a.py", True),)
    assert found.relative("src/pkg/sub/__init__.py", 1, "b") == (Module("src/pkg/sub/b.py", True),)
    assert found.relative("setup.py", 2, "x") == ()


def test_children_of_packages() -> None:
    found = ModuleMap.of(FILES)
    package = found.absolute("pkg")[0]
    assert found.child(package, "a") == (Module("src/pkg/a.py", True),)
    assert found.child(Module("src/pkg/a.py", True), "b") == ()


def test_two_modules_of_one_name_are_two_answers() -> None:
    found = ModuleMap.of(["one/helper.py", "two/helper.py"])
    assert len(found.absolute("helper")) == 2
