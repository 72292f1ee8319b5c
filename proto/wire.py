"""The boundary: JSON in, typed values out, and back; strict both ways.

The dataclasses of this floor and the schema files say the same; a test holds them equal. pydantic
and jsonschema are loaded when first needed, never by importing this module.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar, cast, get_args, get_type_hints

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails
    from referencing import Registry
    from referencing.jsonschema import Schema as SchemaContent

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

T = TypeVar("T")

SCHEMAS: Final = (
    "mission",
    "edit_ir",
    "pf",
    "receipts",
    "leases",
    "oracle",
    "angel_response",
    "heaven_status",
)
"""The names that `schema` and `validate` take."""

_HERE: Final = Path(__file__).parent


class WireError(ValueError):
    """A message does not have its shape: the sender's fault; send it again, corrected.

    `path` is where (`ops[0].lines`; empty for the message itself), `message` what is wrong there;
    an unknown or missing field is named in it.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


def parse(type_: type[T], data: object) -> T:
    """The value of dataclass `type_` that `data` (a decoded JSON value) stands for.

    Nothing is coerced: "1" is not 1. A field without a value is left out, so null is refused.
    Raises WireError for the first thing that is wrong.
    """
    _refuse_null(data, ())
    try:
        text = json.dumps(data, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise WireError("", f"not a JSON value: {error}") from None
    return _parse_text(type_, text)


def parse_json(type_: type[T], text: str | bytes) -> T:
    """As `parse`, from JSON text. An object that has a key twice is refused as well."""
    return parse(type_, decode(text))


def decode(text: str | bytes) -> Json:
    """The JSON value in `text`. Raises WireError on what is not JSON, NaN and a key given twice."""
    try:
        value: Json = json.loads(
            text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant
        )
    except WireError:
        raise
    except (ValueError, RecursionError) as error:
        raise WireError("", f"not JSON: {error}") from None
    return value


def dump(value: object) -> dict[str, Json]:
    """The JSON object of a dataclass of this floor; fields that are None are left out."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"not a value of a wire type: {value!r}")
    result: dict[str, Json] = {}
    for name in _field_names(type(value)):
        item = getattr(value, name)
        if item is not None:
            result[name] = _dump_item(item)
    return result


def dump_json(value: object) -> bytes:
    """`dump`, as JSON text. For types whose free-form parts hold no null, which would be left out
    with the fields that are None."""
    return _adapter(type(value)).dump_json(value, exclude_none=True)


def schema(name: str) -> dict[str, Json]:
    """A fresh copy of the JSON Schema `name` (one of SCHEMAS). Raises KeyError on another name."""
    if name not in SCHEMAS:
        raise KeyError(name)
    value: dict[str, Json] = json.loads(_schema_text(name))
    return value


def validate(name: str, data: Json) -> None:
    """Check a decoded JSON value against the schema `name`. Raises WireError for what is wrong.

    Where the schema is one of several shapes, the error is that of the shape which comes nearest.
    """
    _check(lambda: _validator(name), data)


def conform(schema: Mapping[str, Json], data: Json) -> None:
    """As `validate`, against a schema that is none of SCHEMAS but may refer to them."""
    _check(lambda: _strict()(dict(schema), registry=_registry()), data)


def _check(validator: Callable[[], Validator], data: Json) -> None:
    try:
        # What no JSON text in UTF-8 can carry is no message, whatever shape it has.
        json.dumps(data, allow_nan=False, ensure_ascii=False).encode()
        errors = list(validator().iter_errors(data))
    except RecursionError:
        raise WireError("", "nested too deeply") from None
    except (TypeError, ValueError) as error:
        raise WireError("", f"not a JSON value: {error}") from None
    if errors:
        raise _nearest(errors)


def _dump_item(item: object) -> Json:
    if item is None or isinstance(item, str | int | float):
        return item
    if isinstance(item, Mapping):
        return {str(key): _dump_item(entry) for key, entry in item.items()}
    if isinstance(item, Sequence):
        return [_dump_item(entry) for entry in item]
    return dump(item)


@cache
def _field_names(type_: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(type_))


_ADAPTERS: Final[dict[type, TypeAdapter[object]]] = {}


def _adapter(type_: type[T]) -> TypeAdapter[T]:
    from pydantic import TypeAdapter

    known = _ADAPTERS.get(type_)
    if known is None:
        known = _ADAPTERS[type_] = TypeAdapter(type_)
    return cast("TypeAdapter[T]", known)


def _parse_text(type_: type[T], text: str) -> T:
    import pydantic

    try:
        return _adapter(type_).validate_json(text, strict=True)
    except pydantic.ValidationError as error:
        raise _explain(type_, error.errors(include_url=False)) from None


def _explain(type_: type, errors: Sequence[ErrorDetails]) -> WireError:
    """The first error, a missing field only where nothing is unknown: a misspelling is both."""
    first = next((e for e in errors if e["type"] == "unexpected_keyword_argument"), errors[0])
    where, last = first["loc"][:-1], str(first["loc"][-1]) if first["loc"] else ""
    if first["type"] == "unexpected_keyword_argument":
        missing = [
            str(e["loc"][-1]) for e in errors if e["type"] == "missing" and e["loc"][:-1] == where
        ]
        known = missing or _known_fields(type_, where)
        near = difflib.get_close_matches(last, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return WireError(_spell(where), f"unknown field {last!r}{hint}")
    if first["type"] == "missing":
        return WireError(_spell(where), f"missing field {last!r}")
    return WireError(_spell(first["loc"]), first["msg"])


def _known_fields(type_: type, where: Sequence[int | str]) -> list[str]:
    """The fields of the object at `where` inside a `type_`; none if that is not a plain path."""
    current: object = type_
    for step in where:
        if isinstance(step, str):
            if not isinstance(current, type) or not dataclasses.is_dataclass(current):
                return []
            current = get_type_hints(current).get(step)
        inner = [part for part in get_args(current) if part not in (type(None), ...)]
        while inner and not dataclasses.is_dataclass(current):
            current = inner[0]
            inner = [part for part in get_args(current) if part not in (type(None), ...)]
    if isinstance(current, type) and dataclasses.is_dataclass(current):
        return list(_field_names(current))
    return []


def _refuse_null(data: object, where: tuple[int | str, ...]) -> None:
    """Refuse None anywhere. Explicit stack: nesting is the sender's choice."""
    stack: list[tuple[object, tuple[int | str, ...]]] = [(data, where)]
    while stack:
        value, place = stack.pop()
        if value is None:
            raise WireError(_spell(place), "null is not a value here; leave the field out")
        if isinstance(value, Mapping):
            stack.extend((item, (*place, str(key))) for key, item in value.items())
        elif isinstance(value, list):
            stack.extend((item, (*place, index)) for index, item in enumerate(value))


def _unique_keys(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise WireError("", f"the field {key!r} is given twice")
            seen.add(key)
    return result


def _refuse_constant(text: str) -> float:
    raise WireError("", f"not JSON: {text}")


def _spell(where: Sequence[int | str]) -> str:
    spelled = ""
    for step in where:
        if isinstance(step, int):
            spelled += f"[{step}]"
        else:
            spelled += f".{step}" if spelled else step
    return spelled


@cache
def _schema_text(name: str) -> str:
    return (_HERE / f"{name}.schema.json").read_text(encoding="utf-8")


@cache
def _every() -> dict[str, dict[str, Json]]:
    every = {each: schema(each) for each in SCHEMAS}
    for content in every.values():
        del content["$schema"]  # it would switch back to the stock validator at each reference
    return every


@cache
def _registry() -> Registry[SchemaContent]:
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    registry: Registry[SchemaContent] = Registry()
    return registry.with_resources(
        (str(content["$id"]), Resource.from_contents(content, DRAFT202012))
        for content in _every().values()
    )


@cache
def _strict() -> Callable[..., Validator]:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    # JSON Schema counts 1.0 as an integer; most languages' decoders, and our types, do not.
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
    derive = cast("Callable[..., Callable[..., Validator]]", extend)
    return derive(Draft202012Validator, type_checker=types)


@cache
def _validator(name: str) -> Validator:
    return _strict()(_every()[name], registry=_registry())


def _is_integer(_checker: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _nearest(errors: Sequence[ValidationError]) -> WireError:
    """The error to report: unknown fields first; inside one of several shapes, the nearest one."""
    chosen = min(errors, key=lambda error: error.validator != "additionalProperties")
    if chosen.validator == "oneOf":
        shapes: dict[object, list[ValidationError]] = {}
        for error in chosen.context or ():
            shapes.setdefault(error.schema_path[0], []).append(error)
        return _nearest(min(shapes.values(), key=_distance))
    where = _spell(tuple(chosen.absolute_path))
    instance = chosen.instance
    if chosen.validator == "additionalProperties" and isinstance(instance, Mapping):
        known = chosen.schema["properties"] if isinstance(chosen.schema, Mapping) else {}
        unknown = [key for key in instance if key not in known]
        return WireError(where, "unknown field " + ", ".join(repr(key) for key in unknown))
    if chosen.validator == "required" and isinstance(instance, Mapping):
        required = chosen.schema["required"] if isinstance(chosen.schema, Mapping) else []
        missing = [key for key in required if key not in instance]
        return WireError(where, "missing field " + ", ".join(repr(key) for key in missing))
    return WireError(where, chosen.message)


def _distance(errors: Sequence[ValidationError]) -> tuple[bool, int]:
    """How far a message is from a shape: first whether it says to be another, then the errors."""
    return any(error.validator == "const" for error in errors), len(errors)
