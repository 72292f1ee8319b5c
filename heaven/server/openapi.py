"""The route table as OpenAPI 3.1. Shapes that `proto` has a schema of are taken from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final, Literal

from ...proto import wire
from ..records import Json
from .messages import Failure
from .parsing import MOST_AT_ONCE
from .route import Body, Param, Route
from .routes import ROUTES

_REFS: Final = "#/components/schemas/"
_FROM_PROTO: Final = ("heaven_status", "leases", "pf")
_ALWAYS: Final = (401, 403, 421, 422, 503)
_PARAM_TYPES: Final = {"str": "string", "int": "integer", "bool": "boolean"}


def describe(version: str) -> dict[str, Json]:
    """The OpenAPI document of this server."""
    schemas = _schemas()
    paths: dict[str, Json] = {}
    for route in ROUTES:
        operations = paths.setdefault(route.path, {})
        assert isinstance(operations, dict)
        operations[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Heaven",
            "version": version,
            "description": "The shared memory of one repository, for coding agents.",
        },
        "servers": [{"url": "http://127.0.0.1:4444"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route) -> dict[str, Json]:
    operation: dict[str, Json] = {
        "operationId": operation_id(route),
        "summary": route.about,
        "responses": _responses(route),
    }
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _path_names(route)
    ]
    parameters += [_parameter(param) for param in route.query]
    if parameters:
        operation["parameters"] = parameters
    if route.body is Body.RAW:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/octet-stream": {"schema": {}}},
        }
    elif isinstance(route.body, type):
        operation["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _or_many(route, _REFS + route.body.__name__, (), most=MOST_AT_ONCE)
                }
            },
        }
    if route.open:
        operation["security"] = []
    return operation


def operation_id(route: Route) -> str:
    """`get_blob_id` for GET /blob/{id}."""
    words = route.path.strip("/").replace("{", "").replace("}", "").replace(".", "_")
    return f"{route.method.lower()}_{words.replace('/', '_').replace('-', '_')}"


def _path_names(route: Route) -> Iterator[str]:
    for part in route.path.split("/"):
        if part.startswith("{"):
            yield part[1:-1]


def _parameter(param: Param) -> dict[str, Json]:
    shape: dict[str, Json] = {"type": _PARAM_TYPES[param.kind]}
    if param.kind == "int":
        shape |= {"minimum": param.least, "maximum": param.most}
    if param.default is not None:
        shape["default"] = param.default
    return {
        "name": param.name,
        "in": "query",
        "required": param.required,
        "description": param.about,
        "schema": shape,
    }


def _responses(route: Route) -> dict[str, Json]:
    if isinstance(route.answer, str):
        media = route.answer.partition(";")[0]
        shape: dict[str, Json] = {"type": "object" if media == "application/json" else "string"}
    else:
        media = "application/json"
        shape = _or_many(route, _REFS + route.answer.__name__, (f"{_REFS}Failure",))
    responses: dict[str, Json] = {
        "200": {"description": "Done.", "content": {media: {"schema": shape}}}
    }
    for status in sorted({*route.errors, *(() if route.open else _ALWAYS)}):
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/json": {"schema": {"$ref": f"{_REFS}Failure"}}},
        }
    return responses


def _or_many(
    route: Route, ref: str, others: tuple[str, ...], most: int | None = None
) -> dict[str, Json]:
    """The shape that `ref` leads to, and where the route takes many, a list of it or `others`."""
    one: dict[str, Json] = {"$ref": ref}
    if not route.many:
        return one
    refs: list[Json] = [{"$ref": other} for other in (ref, *others)]
    item: dict[str, Json] = {"oneOf": refs} if others else one
    several: dict[str, Json] = {"type": "array", "items": item}
    if most is not None:
        several |= {"minItems": 1, "maxItems": most}
    return {"oneOf": [one, several]}


def _schemas() -> dict[str, Json]:
    from pydantic import TypeAdapter

    inputs: list[tuple[str, Literal["validation"], TypeAdapter[object]]] = [
        (kind.__name__, "validation", TypeAdapter(kind))
        for kind in dict.fromkeys([*_types(), Failure])
    ]
    _, generated = TypeAdapter.json_schemas(inputs, ref_template=_REFS + "{model}")
    schemas: dict[str, Json] = dict(generated["$defs"])
    for name in _FROM_PROTO:
        document = wire.schema(name)
        definitions = document.get("$defs")
        if not isinstance(definitions, dict) or not definitions:
            definitions = {str(document["title"]): document}
        for title, definition in definitions.items():
            if title in schemas:
                schemas[title] = _moved(definition)
    return schemas


def _types() -> Iterator[type]:
    for route in ROUTES:
        for kind in (route.body, route.answer):
            if isinstance(kind, type):
                yield kind


def _moved(value: Json) -> Json:
    """The same schema, its references leading into this document."""
    if isinstance(value, Mapping):
        return {
            key: item.replace("#/$defs/", _REFS)
            if key == "$ref" and isinstance(item, str)
            else _moved(item)
            for key, item in value.items()
            if key not in ("$schema", "$id")
        }
    if isinstance(value, list):
        return [_moved(item) for item in value]
    return value
