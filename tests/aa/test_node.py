"""Nodes behave as standard dataclasses do, and define themselves without compiling anything."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest
from genesis_ssmp.aa.node import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A node with a default and a method."""

    x: int
    y: int = 2

    @property
    def total(self) -> int:
        return self.x + self.y


@dataclass(frozen=True, slots=True)
class Empty:
    pass


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    x: int
    y: int = 2


def test_arguments_are_those_of_a_dataclass() -> None:
    assert Point(1) == Point(x=1, y=2) == Point(1, 2)
    assert Point(1, 2).total == 3
    assert Empty() == Empty()
    with pytest.raises(TypeError):
        Point()  # type: ignore[call-arg]  # that is what is tested
    with pytest.raises(TypeError):
        Point(1, z=3)  # type: ignore[call-arg]  # that is what is tested


def test_equality_hash_and_repr_are_those_of_a_dataclass() -> None:
    assert Point(1) != Point(2)
    other: object = Standard(1)
    assert Point(1) != other
    assert hash(Point(1)) == hash(Standard(1))
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert repr(Point(1)) == repr(Standard(1)).replace("Standard", "Point")


def test_a_node_is_frozen_and_has_no_dict() -> None:
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2  # type: ignore[misc]  # that is what is tested
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    assert not hasattr(point, "__dict__")


def test_the_dataclasses_module_takes_nodes_for_its_own() -> None:
    assert dataclasses.is_dataclass(Point)
    assert [(f.name, f.type) for f in dataclasses.fields(Point)] == [("x", "int"), ("y", "int")]
    assert dataclasses.replace(Point(1), x=5) == Point(5)
    assert dataclasses.asdict(Point(1)) == {"x": 1, "y": 2}
    assert dataclasses.fields(Empty) == ()


def test_a_node_matches_by_position() -> None:
    match Point(3, 4):
        case Point(x, y):
            assert (x, y) == (3, 4)


def test_a_node_can_be_copied_and_pickled() -> None:
    assert copy.deepcopy(Point(1)) == Point(1)
    assert pickle.loads(pickle.dumps(Point(1))) == Point(1)


def test_what_is_not_plain_is_left_to_the_standard_decorator() -> None:
    @dataclass(frozen=True, slots=True)
    class WithFactory:
        items: list[int] = dataclasses.field(default_factory=list)

    assert WithFactory() == WithFactory([])


def test_a_node_can_be_the_base_of_a_dataclass() -> None:
    @dataclass(frozen=True, slots=True)
    class Derived(Point):
        z: int = 3

    assert Derived(1) == Derived(1, 2, 3)
    assert Derived(1).total == 3
    assert isinstance(Derived(1), Point)
    assert Derived(1) != Point(1)
