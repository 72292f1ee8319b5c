"""The eight schema files and the typed models are one contract, strict in every object."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from genesis_ssmp.proto import wire
from genesis_ssmp.proto.edit_ir import EditIR
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.proto.oracle import OracleResponse
from genesis_ssmp.proto.receipts import Receipt
from kit.shapes import MAPS, SHAPES, at
from pydantic import TypeAdapter

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def objects(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all objects with fixed fields."""
    if isinstance(value, dict):
        yield place
        for key, item in value.items():
            if key not in MAPS:
                yield from objects(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from objects(item, (*place, index))


def fields(value: Any) -> Iterator[tuple[Any, ...]]:
    for place in objects(value):
        yield from ((*place, key) for key in at(value, place))


def refusals(name: str, data: Any) -> list[wire.WireError | None]:
    """What the model and the schema say."""
    found: list[wire.WireError | None] = []
    checks: tuple[Callable[[], object], ...] = (
        lambda: wire.parse(SHAPES[name], data),
        lambda: wire.validate(name.split(".")[0], data),
    )
    for check in checks:
        try:
            check()
        except wire.WireError as error:
            found.append(error)
        else:
            found.append(None)
    return found


def test_every_golden_sample_is_of_a_listed_shape() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(SHAPES)
    assert {name.split(".")[0] for name in SHAPES} == set(wire.SCHEMAS)


@pytest.mark.parametrize("name", SHAPES)
def test_golden_sample_passes_and_comes_back_unchanged(name: str) -> None:
    data = golden(name)
    wire.validate(name.split(".")[0], data)
    value: object = wire.parse(SHAPES[name], data)
    assert wire.parse(SHAPES[name], wire.dump(value)) == value
    wire.validate(name.split(".")[0], wire.dump(value))
    if name != "pf.response":  # there a shard leaves out fields that have defaults
        assert wire.dump(value) == data


@pytest.mark.parametrize("name", SHAPES)
def test_unknown_field_in_any_object_is_refused_and_named_by_schema_and_model(name: str) -> None:
    for place in objects(golden(name)):
        data = golden(name)
        at(data, place)["wibble"] = 1
        for error in refusals(name, data):
            assert error is not None, place
            assert "'wibble'" in error.message, (place, error)
            assert [part for part in place if isinstance(part, str)] == [
                part.split("[")[0] for part in error.path.split(".") if part.split("[")[0]
            ]


@pytest.mark.parametrize("name", SHAPES)
def test_a_field_left_out_is_judged_alike_by_schema_and_model(name: str) -> None:
    for place in fields(golden(name)):
        data = golden(name)
        del at(data, place[:-1])[place[-1]]
        model, schema = refusals(name, data)
        assert (model is None) == (schema is None), (place, model, schema)
        if model is not None and len(place) > 1:
            assert f"'{place[-1]}'" in model.message


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("wrong", [None, True, 7, 1.0, 2.5, "seven", [], ["x"], {}, {"x": "y"}])
def test_a_value_of_another_type_is_judged_alike_by_schema_and_model(
    name: str, wrong: object
) -> None:
    for place in fields(golden(name)):
        data = golden(name)
        at(data, place[:-1])[place[-1]] = copy.deepcopy(wrong)
        model, schema = refusals(name, data)
        assert (model is None) == (schema is None), (place, model, schema)


@pytest.mark.parametrize("wrong", [None, True, 1, "text", [], {}])
def test_a_message_that_is_no_object_of_the_shape_is_refused(wrong: Any) -> None:
    for name in SHAPES:
        model, schema = refusals(name, wrong)
        assert model is not None and schema is not None


def test_a_number_as_text_is_not_a_number() -> None:
    data = golden("receipts") | {"exit_code": "0"}
    with pytest.raises(wire.WireError) as caught:
        wire.parse(Receipt, data)
    assert caught.value.path == "exit_code"


def test_misspelled_field_is_named_with_the_field_that_was_meant() -> None:
    data = golden("receipts")
    data["exitcode"] = data.pop("exit_code")
    with pytest.raises(wire.WireError, match=r"unknown field 'exitcode'; did you mean 'exit_code'"):
        wire.parse(Receipt, data)
    nested = golden("oracle.response")
    node = nested["updated_dag"]["nodes"][0]
    node["mission"]["token_budge"] = 1
    with pytest.raises(wire.WireError, match="did you mean 'token_budget'") as caught:
        wire.parse(OracleResponse, nested)
    assert caught.value.path == "updated_dag.nodes[0].mission"


@pytest.mark.parametrize(
    "text", [b"", b"{", b'{"ops": NaN}', b'{"ops": [], "ops": []}', b"\xff\xfe", b"[" * 100_000]
)
def test_text_that_is_not_one_strict_json_value_is_refused(text: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.parse_json(EditIR, text)


def test_values_that_json_cannot_carry_are_refused() -> None:
    for bad in (float("nan"), b"bytes", {1, 2}, "\ud800"):
        with pytest.raises(wire.WireError):
            wire.parse(Scope, {"scope_type": "file", "scope_value": bad})


@pytest.mark.parametrize("name", ["edit_ir", "oracle"])
def test_a_value_nested_too_deeply_is_refused_by_schema_and_model(name: str) -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    for data in (deep, {"ops": deep}):
        with pytest.raises(wire.WireError):
            wire.validate(name, data)
        with pytest.raises(wire.WireError):
            wire.parse(EditIR, data)


def test_names_of_schemas() -> None:
    for name in wire.SCHEMAS:
        assert wire.schema(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    with pytest.raises(KeyError):
        wire.schema("../pyproject")


# The files against the types.


def normal(part: Any, defs: dict[str, Any], base: str) -> Any:
    """A schema as plain structure: references followed, prose and titles dropped."""
    if "$ref" in part:
        ref: str = part["$ref"]
        document, _, fragment = ref.partition("#/$defs/")
        if document in ("", "#"):
            return normal(defs[fragment], defs, base)
        other: dict[str, Any] = wire.schema(document.rsplit(":", 1)[1])
        inner = other["$defs"][fragment] if fragment else other
        return normal(inner, other.get("$defs", {}), document)
    if "anyOf" in part:
        options = [normal(p, defs, base) for p in part["anyOf"] if p.get("type") != "null"]
        if len(options) == 1:
            return options[0]
        return {"anyOf": sorted(options, key=lambda option: json.dumps(option, sort_keys=True))}
    if "const" in part:
        return {"enum": [part["const"]]}
    if "enum" in part:
        return {"enum": sorted(part["enum"])}
    result: dict[str, Any] = {"type": part["type"]}
    if part["type"] == "array":
        result["items"] = normal(part["items"], defs, base)
    if part["type"] == "object":
        extra = part["additionalProperties"]
        result["closed"] = extra if isinstance(extra, bool) else normal(extra, defs, base)
        result["required"] = sorted(part.get("required", []))
        result["properties"] = {
            key: normal(item, defs, base) for key, item in part.get("properties", {}).items()
        }
    return result


def shapes_of(name: str) -> list[Any]:
    content: dict[str, Any] = wire.schema(name)
    parts = content.get("oneOf", [content])
    return [normal(part, content.get("$defs", {}), content["$id"]) for part in parts]


@pytest.mark.parametrize("name", wire.SCHEMAS)
def test_schema_file_equals_the_schema_of_the_types(name: str) -> None:
    types = {key: type_ for key, type_ in SHAPES.items() if key.split(".")[0] == name}
    generated = []
    for type_ in dict.fromkeys(types.values()):
        content = TypeAdapter(type_).json_schema()
        generated.append(normal(content, content.get("$defs", {}), ""))
    assert shapes_of(name) == generated


def every_object(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield part
        for item in part.values():
            yield from every_object(item)
    elif isinstance(part, list):
        for item in part:
            yield from every_object(item)


@pytest.mark.parametrize("name", wire.SCHEMAS)
def test_every_object_is_closed_and_every_field_described(name: str) -> None:
    from jsonschema import Draft202012Validator

    content = wire.schema(name)
    Draft202012Validator.check_schema(content)
    for part in every_object(content):
        if "properties" not in part:
            assert part["additionalProperties"] is not True  # a map of the sender's own keys
            continue
        assert part["additionalProperties"] is False
        assert all(item.get("description") for item in part["properties"].values()), part["title"]


def test_importing_the_wire_loads_neither_pydantic_nor_jsonschema() -> None:
    code = (
        "import sys; import genesis_ssmp.proto.wire, genesis_ssmp.proto.oracle;"
        "sys.exit(', '.join({'pydantic', 'jsonschema', 'referencing'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
