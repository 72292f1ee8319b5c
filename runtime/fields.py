"""Typed reading of recorded JSON: the fields of results and events, narrowed or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from ..heaven.records import Json, JsonObject

T = TypeVar("T", bound=str)


class FieldError(ValueError):
    """A record lacks a field or has it in another type: written by another version, or damaged."""

    def __init__(self, name: str, wanted: str) -> None:
        super().__init__(f"field {name!r} is not {wanted}")
        self.name = name


def text(record: JsonObject, name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise FieldError(name, "a text")
    return value


def optional_text(record: JsonObject, name: str) -> str | None:
    value = record.get(name)
    if value is not None and not isinstance(value, str):
        raise FieldError(name, "a text or null")
    return value


def number(record: JsonObject, name: str) -> int:
    value = record.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise FieldError(name, "a whole number")
    return value


def flag(record: JsonObject, name: str) -> bool:
    value = record.get(name)
    if not isinstance(value, bool):
        raise FieldError(name, "true or false")
    return value


def record(parent: JsonObject, name: str) -> JsonObject:
    value = parent.get(name)
    if not isinstance(value, Mapping):
        raise FieldError(name, "an object")
    return value


def optional_record(parent: JsonObject, name: str) -> JsonObject | None:
    value = parent.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise FieldError(name, "an object or null")
    return value


def items(record: JsonObject, name: str) -> Sequence[Json]:
    value = record.get(name)
    if not isinstance(value, list | tuple):
        raise FieldError(name, "a list")
    return value


def texts(record: JsonObject, name: str) -> tuple[str, ...]:
    found = items(record, name)
    if not all(isinstance(item, str) for item in found):
        raise FieldError(name, "a list of texts")
    return tuple(item for item in found if isinstance(item, str))


def records(record: JsonObject, name: str) -> tuple[JsonObject, ...]:
    found = items(record, name)
    if not all(isinstance(item, Mapping) for item in found):
        raise FieldError(name, "a list of objects")
    return tuple(item for item in found if isinstance(item, Mapping))


def one_of(record: JsonObject, name: str, known: Sequence[T]) -> T:
    value = record.get(name)
    for one in known:
        if one == value:
            return one
    raise FieldError(name, f"one of {', '.join(known)}")
