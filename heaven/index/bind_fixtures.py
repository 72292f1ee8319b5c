"""Pytest's fixtures: a test's parameter is what the fixture of that name gives."""

from __future__ import annotations

from posixpath import dirname
from typing import TYPE_CHECKING

from .facts import Binding, Definition, FileFacts

if TYPE_CHECKING:
    from .bind import Binder, Key


def fixture_of(binder: Binder, path: str, facts: FileFacts, one: Binding) -> Key | None:
    """The fixture that a parameter stands for: of the test's class or module, else of the nearest
    `conftest.py` above; None where the function is neither test nor fixture."""
    from .bind import Key

    number = facts.scopes[one.scope].definition
    if number < 0:
        return None
    row = facts.definitions[number]
    if not (row.name.startswith("test") or is_fixture(row)):
        return None
    found = _named(facts, one.name, number)
    if found >= 0:
        return Key(path, found)
    where = dirname(path)
    while True:
        conftest = f"{where}/conftest.py" if where else "conftest.py"
        above = binder.facts(conftest) if conftest != path else None
        if above is not None:
            found = _named(above, one.name, -1)
            if found >= 0:
                return Key(conftest, found)
        if not where:
            return None
        where = dirname(where)


def _named(facts: FileFacts, name: str, asking: int) -> int:
    for number, row in enumerate(facts.definitions):
        if row.name == name and number != asking and is_fixture(row):
            return number
    return -1


def is_fixture(row: Definition) -> bool:
    """Whether pytest hands out what the function gives."""
    return any(name.rpartition(".")[2] == "fixture" for name in row.decorators)
