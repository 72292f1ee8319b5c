"""The typed models are a faster validator with jsonschema's verdicts: on instances drawn from the
schema files, on instances drawn from the types, and on both damaged at random.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from genesis_ssmp.proto import wire
from hypothesis import HealthCheck, event, given, settings
from kit.messages import damaged, instances
from kit.shapes import MAPS, SHAPES

EXAMPLES = 500 if os.environ.get("GENESIS_SOAK") else 40


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
