"""From bytes to a parsed call, strictly: an unknown, missing or doubled field is named."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeVar, cast
from urllib.parse import parse_qsl

from ...proto import wire
from ...proto.wire import WireError
from ..records import Json
from .messages import NewEvent, ReleaseRequest
from .route import Body, Route, Value

T = TypeVar("T")

MOST_AT_ONCE: Final = 100
"""Bodies in one request."""


def parse_query(route: Route, text: bytes) -> dict[str, Value]:
    """The fields of a query with their defaults. Raises WireError."""
    known = {param.name: param for param in route.query}
    found: dict[str, Value] = {}
    try:
        pairs = parse_qsl(
            text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20
        )
    except ValueError as error:
        raise WireError("", f"not a query: {error}") from None
    for name, value in pairs:
        param = known.get(name)
        if param is None:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise WireError("", f"unknown field {name[:80]!r}{hint}")
        if name in found:
            raise WireError("", f"the field {name!r} is given twice")
        found[name] = param.parse(value)
    for name, param in known.items():
        if name not in found:
            if param.required:
                raise WireError("", f"missing field {name!r}")
            if param.default is not None:
                found[name] = param.default
    return found


def parse_body(route: Route, body: bytes) -> object:
    """The value that the operation takes. Raises WireError."""
    if route.body is Body.RAW:
        return body
    if route.body is Body.NONE:
        if body:
            raise WireError("", f"{route.name} takes no body")
        return None
    assert isinstance(route.body, type)
    value = wire.decode(body)
    if route.many and isinstance(value, list):
        return _each(route.body, value)
    if route.body is NewEvent:
        return _new_event(value)
    if route.body is ReleaseRequest and isinstance(value, dict) and set(value) == {"lease_ids"}:
        raise WireError("", "missing field 'owner_id': a lease is released by its owner only")
    return wire.parse(route.body, value)


def _each(kind: type[T], values: list[Json]) -> tuple[T, ...]:
    """Raises WireError, whose path begins with the number of the value: `[3].args`."""
    if not 1 <= len(values) <= MOST_AT_ONCE:
        raise WireError("", f"{len(values)} at once; it must be 1 to {MOST_AT_ONCE}")
    found: list[T] = []
    for number, value in enumerate(values):
        try:
            found.append(wire.parse(kind, value))
        except WireError as error:
            dot = "." if error.path and not error.path.startswith("[") else ""
            raise WireError(f"[{number}]{dot}{error.path}", error.message) from None
    return tuple(found)


def _new_event(value: Json) -> NewEvent:
    """The one message with free-form JSON in it, where null is a value."""
    if not isinstance(value, dict) or not isinstance(value.get("data"), dict):
        return wire.parse(NewEvent, value)
    event = wire.parse(NewEvent, {**value, "data": {}})
    return replace(event, data=cast("dict[str, object]", value["data"]))


def encode(value: object) -> bytes:
    """The JSON of what an operation returned; of a tuple, a list."""
    if isinstance(value, tuple):
        return b"[%b]" % b",".join(map(encode, value))
    if isinstance(value, Mapping):
        return json.dumps(value, separators=(",", ":")).encode()
    try:
        return wire.dump_json(value)
    except ValueError:
        # A file name that is no UTF-8: as an escape.
        return json.dumps(wire.dump(value), separators=(",", ":")).encode()
