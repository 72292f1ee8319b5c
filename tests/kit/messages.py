"""Hypothesis strategies for messages of the eight schemas, and for such messages damaged."""

from __future__ import annotations

import copy
from typing import Any

from genesis_ssmp.proto import wire
from hypothesis import event
from hypothesis import strategies as st

from .shapes import SHAPES, at

texts = st.text(max_size=6)
whole = st.integers() | st.integers(-3, 3)
numbers = whole | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def of_schema(part: Any, defs: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that the schema `part` describes, told from the file alone."""
    if "$ref" in part:
        document, _, fragment = part["$ref"].partition("#/$defs/")
        if document in ("", "#"):
            return of_schema(defs[fragment], defs)
        other: dict[str, Any] = wire.schema(document.rsplit(":", 1)[1])
        return of_schema(other["$defs"][fragment] if fragment else other, other.get("$defs", {}))
    for key in ("oneOf", "anyOf"):
        if key in part:
            return st.one_of([of_schema(one, defs) for one in part[key]])
    if "const" in part:
        return st.just(part["const"])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if part["type"] == "array":
        return st.lists(of_schema(part["items"], defs), max_size=3)
    if part["type"] == "object":
        if "properties" not in part:
            return st.dictionaries(texts, of_schema(part["additionalProperties"], defs), max_size=3)
        properties = {key: of_schema(one, defs) for key, one in part["properties"].items()}
        required = set(part.get("required", []))
        return st.fixed_dictionaries(
            {key: one for key, one in properties.items() if key in required},
            optional={key: one for key, one in properties.items() if key not in required},
        )
    simple = {"string": texts, "integer": whole, "number": numbers, "boolean": st.booleans()}
    return simple[part["type"]]


def instances(name: str) -> st.SearchStrategy[Any]:
    """What the schema file allows."""
    content: dict[str, Any] = wire.schema(name)
    return of_schema(content, content.get("$defs", {}))


def typed(name: str) -> st.SearchStrategy[Any]:
    """What the types allow, as they write it."""
    types = {kind for shape, kind in SHAPES.items() if shape.split(".")[0] == name}
    return st.one_of([st.from_type(kind).map(wire.dump) for kind in sorted(types, key=str)])


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where there is a value, the message itself first."""
    found = [here]
    if isinstance(value, dict):
        for key, item in value.items():
            found += places(item, (*here, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += places(item, (*here, index))
    return found


@st.composite
def damaged(draw: st.DrawFn, name: str) -> Any:
    """An instance with one to three of its parts removed, added, doubled, replaced or swapped."""
    data = copy.deepcopy(draw(instances(name) | typed(name)))
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.sampled_from(places(data)))
        value = at(data, where)
        kind = draw(st.sampled_from(["replace", "retype", "remove", "add", "double", "swap"]))
        event(kind)
        if kind == "add" and isinstance(value, dict):
            known = sorted({str(step) for place in places(data) for step in place})
            value[draw(st.sampled_from([*known, "wibble", ""]))] = draw(json_values)
        elif kind == "double" and isinstance(value, list) and value:
            value.append(copy.deepcopy(draw(st.sampled_from(value))))
        elif not where:
            data = draw(json_values) if kind == "replace" else data
        elif kind == "remove":
            del at(data, where[:-1])[where[-1]]
        elif kind == "retype":
            at(data, where[:-1])[where[-1]] = draw(st.sampled_from(_near(value)))
        elif kind == "swap":
            other = draw(st.sampled_from(places(data)))
            at(data, where[:-1])[where[-1]] = copy.deepcopy(at(data, other))
        else:
            at(data, where[:-1])[where[-1]] = draw(json_values)
    return data


def _near(value: Any) -> list[Any]:
    """Values that a careless reader takes for the same."""
    if isinstance(value, bool):
        return [int(value), str(value).lower()]
    if isinstance(value, int | float):
        return [str(value), float(min(value, 2**53)), bool(value), None]
    if isinstance(value, str):
        return [[value], 0, value.upper(), value + " ", None]
    return [str(value), None, [], {}, [value]]
