"""The typed models are a faster validator with jsonschema's verdicts: on instances drawn from the
schema files, on instances drawn from the types, and on both damaged at random.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from genesis_ssmp.proto import wire
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from kit.shapes import MAPS, SHAPES, at

EXAMPLES = 2_000 if os.environ.get("GENESIS_SOAK") else 40

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


def verdicts(name: str, data: Any) -> tuple[bool, bool]:
    """(jsonschema's, the models'): whether `data` is a message of the schema `name`."""

    def passes(check: Callable[[], object]) -> bool:
        try:
            check()
        except wire.WireError:
            return False
        return True

    kinds = dict.fromkeys(kind for shape, kind in SHAPES.items() if shape.split(".")[0] == name)
    parsed = [passes(partial(wire.parse, kind, data)) for kind in kinds]
    assert sum(parsed) <= 1, "a message has one shape"
    return passes(lambda: wire.validate(name, data)), any(parsed)


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


often = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("name", wire.SCHEMAS)
def test_what_the_schema_allows_the_types_take(name: str) -> None:
    @often
    @given(instances(name))
    def allowed(data: Any) -> None:
        assert verdicts(name, data) == (True, True)

    allowed()


@pytest.mark.parametrize("name", wire.SCHEMAS)
def test_schema_and_types_judge_alike_what_is_damaged(name: str) -> None:
    @often
    @given(damaged(name))
    def judged(data: Any) -> None:
        schema, types = verdicts(name, data)
        event(f"allowed: {schema}")
        assert schema == types

    judged()


def test_maps_of_the_senders_own_keys_are_named() -> None:
    """`MAPS`, which other tests of the schemas leave alone, is what the files say."""
    found = set()
    for name in wire.SCHEMAS:
        for part in _objects(wire.schema(name)):
            for key, item in part.get("properties", {}).items():
                inner = item.get("items", item)
                if inner.get("type") == "object" and "properties" not in inner:
                    found.add(key)
    assert found == MAPS


def _objects(part: Any) -> list[dict[str, Any]]:
    if isinstance(part, dict):
        return [part, *(one for item in part.values() for one in _objects(item))]
    if isinstance(part, list):
        return [one for item in part for one in _objects(item)]
    return []


def test_text_that_is_no_unicode_is_refused_by_both() -> None:
    data = {"scope_type": "file", "scope_value": "\ud800"}
    lease = {
        "owner_id": "o",
        "mission_id": "m",
        "scopes": [data],
    }
    assert verdicts("leases", lease) == (False, False)
