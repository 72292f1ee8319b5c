"""What the server makes of a body is what jsonschema makes of it, over a real socket."""

from __future__ import annotations

from typing import Any

import pytest
from genesis_ssmp.proto import wire as proto_wire
from hypothesis import HealthCheck, given, settings
from kit.messages import damaged, instances
from kit.server import Wire

REQUESTS = {"/pf": ("pf", "Request"), "/lease/acquire": ("leases", "AcquireRequest")}


@pytest.mark.parametrize("path", REQUESTS)
def test_a_body_is_refused_where_its_schema_refuses_it(wire: Wire, path: str) -> None:
    schema, title = REQUESTS[path]

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged(schema) | instances(schema).filter(lambda one: _is_request(one)))
    def judged(body: Any) -> None:
        answer = wire.post(path, body)
        refused = answer.status == 422 and answer.json["type"] == "WireError"
        assert refused != _valid(schema, title, body), (body, answer.body)

    judged()


def _is_request(message: Any) -> bool:
    return message.get("type") == "request" or "scopes" in message


def _valid(schema: str, title: str, body: Any) -> bool:
    """Whether the schema takes it, and takes it as this one of its shapes."""
    try:
        proto_wire.validate(schema, body)
    except proto_wire.WireError:
        return False
    required = proto_wire.schema(schema)["$defs"]
    assert isinstance(required, dict)
    shape = required[title]
    assert isinstance(shape, dict)
    known = shape["properties"]
    assert isinstance(known, dict)
    return (
        isinstance(body, dict)
        and set(body) <= set(known)
        and body.get("type", "request") == "request"
    )


def test_the_path_of_what_is_wrong_is_told(wire: Wire) -> None:
    scope = {"scope_type": "file", "scope_value": "a.py"}
    asked = {"owner_id": "o", "mission_id": "m", "scopes": [scope, {**scope, "scopevalue": "x"}]}
    answer = wire.post("/lease/acquire", asked)
    assert answer.status == 422
    assert answer.json["fields"] == {
        "path": "scopes[1]",
        "message": "unknown field 'scopevalue'; did you mean 'scope_value'?",
    }
    assert answer.error.startswith("scopes[1]: unknown field 'scopevalue'")
    fenced = {"kind": "note", "data": {}, "fence": {"owner_id": "o", "paths": [], "token": []}}
    assert wire.post("/event", fenced).json["fields"] == {
        "path": "fence",
        "message": "unknown field 'token'; did you mean 'tokens'?",
    }
