"""The endpoints as a client of the first implementation knows them: fields and their meanings."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import cast

import pytest
from genesis_ssmp.heaven.server.openapi import describe
from genesis_ssmp.heaven.server.route import Body
from genesis_ssmp.heaven.server.routes import ROUTES
from genesis_ssmp.proto import wire as proto_wire
from kit.server import Wire

SEED = {
    "GET /status",
    "POST /blob",
    "GET /blob/{id}",
    "POST /event",
    "GET /events/tail",
    "POST /ir/build",
    "GET /ir/symdef",
    "GET /ir/callers",
    "GET /ir/slice",
    "GET /ir/search",
    "POST /pf",
    "POST /lease/acquire",
    "POST /lease/release",
    "GET /lease/list",
    "POST /file-clock/get",
    "POST /file-clock/inc",
    "POST /validate-manifest",
    "POST /prompt/store",
    "GET /prompt/{id}",
    "GET /prompt/{id}/section/{index}",
    "GET /prompt/{id}/reconstruct",
}
ADDED = {
    "POST /lease/renew",
    "GET /events",
    "GET /health",
    "GET /metrics",
    "GET /events/stream",
    "GET /openapi.json",
    "GET /prompts",
    "POST /blobs",
    "POST /mission/forget",
    "POST /run",
    "POST /run/stop",
}
SYMBOL = {"id", "name", "kind", "path", "start_byte", "end_byte", "start_line", "end_line"}
LEASE = {
    "lease_id",
    "owner_id",
    "mission_id",
    "scope_type",
    "scope_value",
    "issued_at",
    "expires_at",
}


def test_the_routes_are_the_first_ones_and_those_added() -> None:
    assert {route.name for route in ROUTES} == SEED | ADDED


def test_blobs(wire: Wire) -> None:
    stored = wire.post("/blob", b"hello").json
    assert stored == {"blob_id": sha256(b"hello").hexdigest()}
    found = wire.get(f"/blob/{stored['blob_id']}").json
    assert (found["blob_id"], found["content"]) == (stored["blob_id"], "hello")
    binary = wire.post("/blob", b"\xff\0").json["blob_id"]
    assert wire.get(f"/blob/{binary}").json == {
        "blob_id": binary,
        "content": "/wA=",
        "encoding": "base64",
    }


def test_events(wire: Wire) -> None:
    assert wire.post("/event", {"kind": "note", "data": {"n": None}}).json["offset"] == 1
    (event,) = json.loads(wire.get("/events/tail?n=5").body)["events"]
    assert (event["kind"], event["data"], event["seq"]) == ("note", {"n": None}, 1)


def test_every_answer_of_the_index_says_what_it_is_about_and_whether_it_is_whole(
    wire: Wire,
) -> None:
    asked = ("/ir/symdef?name=Add", "/ir/callers?name=Add", "/ir/search?q=eval")
    before = [json.loads(wire.get(one).body) for one in asked]
    assert {one["complete"] for one in before} == {True}
    (as_of,) = {one["as_of"] for one in before}
    assert as_of == wire.heaven.index.standing().as_of
    (wire.heaven.root / "broken.py").write_text("def (:\n")
    after = [json.loads(wire.get(one).body) for one in asked]
    assert {one["complete"] for one in after} == {False}
    assert as_of not in {one["as_of"] for one in after}


def test_the_index(wire: Wire) -> None:
    root = str(wire.heaven.root)
    built = json.loads(wire.post("/ir/build", {"repo_path": root}).body)
    assert built["files_indexed"] == built["stats"]["files"] > 0
    assert {"files", "symbols", "refs"} <= set(built["stats"])
    (symbol,) = json.loads(wire.get("/ir/symdef?name=Add").body)["symbols"]
    assert set(symbol) > SYMBOL
    assert (symbol["path"], symbol["start_line"]) == ("calc/core.py", 4)
    refs = json.loads(wire.get("/ir/callers?name=Add&top_k=5").body)["refs"]
    assert set(refs[0]) > {"id", "symbol_id", "path", "ref_kind", "start_line"}
    assert refs[0]["symbol_id"] == symbol["id"]
    assert {ref["ref_kind"] for ref in refs} <= {"call", "import", "assignment", "reference"}
    assert json.loads(wire.get("/ir/search?q=eval&top_k=3").body)["symbols"][0]["name"] == "Eval"
    content = wire.get("/ir/slice?path=calc/core.py&start_line=4&n=1").json["content"]
    assert content == "def Add(a: int, b: int) -> int:\n"


def test_leases(wire: Wire) -> None:
    scopes = [{"scope_type": "file", "scope_value": "a.py"}]
    asked = {"owner_id": "o", "mission_id": "m", "scopes": scopes}
    granted = json.loads(wire.post("/lease/acquire", asked).body)
    assert set(granted) == {"acquired", "denied"}
    assert set(granted["acquired"][0]) > LEASE
    other = json.loads(wire.post("/lease/acquire", {**asked, "owner_id": "p"}).body)
    assert other == {"acquired": [], "denied": ["file:a.py"]}
    ids = [granted["acquired"][0]["lease_id"]]
    assert json.loads(wire.get("/lease/list").body)["leases"] == granted["acquired"]
    renewed = wire.post("/lease/renew", {"owner_id": "o", "lease_ids": ids, "ttl_seconds": 900})
    assert [one["lease_id"] for one in json.loads(renewed.body)["renewed"]] == ids
    gone = wire.post("/lease/release", {"owner_id": "o", "lease_ids": ids}).json
    assert gone == {"released": ids}
    assert wire.get("/lease/list?active_only=true").json == {"leases": []}
    ended = json.loads(wire.get("/lease/list?active_only=false").body)["leases"]
    assert [one["lease_id"] for one in ended] == ids


def test_clocks_and_manifests(wire: Wire) -> None:
    assert wire.post("/file-clock/inc", {"paths": ["a.py"]}).json == {"clocks": {"a.py": 1}}
    assert wire.post("/file-clock/get", {"paths": ["a.py"]}).json == {"clocks": {"a.py": 1}}
    manifest = {
        "owner_id": "o",
        "mission_id": "m",
        "symbols_touched": [],
        "files_touched": ["a.py"],
        "expected_clocks": {"a.py": 0},
    }
    verdict = wire.post("/validate-manifest", manifest).json
    assert verdict["allowed"] is False
    assert verdict["missing_leases"] == ["file:a.py"]
    assert verdict["clock_drift"] == {"a.py": {"expected": 0, "actual": 1}}


def test_a_page_fault_and_its_answer_have_the_shapes_of_the_schema(wire: Wire) -> None:
    request = {"type": "request", "command": "PF_SYMDEF", "args": {"symbol": "Add"}}
    answer = wire.post("/pf", request)
    proto_wire.validate("pf", json.loads(answer.body))
    meta = json.loads(answer.body)["meta"]
    assert meta["budget_remaining"] == {
        "pf_calls_left": 19,
        "shard_bytes_left": 65_536 - meta["shard_bytes"],
    }


def test_the_status_has_the_shape_of_the_schema(wire: Wire) -> None:
    proto_wire.validate("heaven_status", json.loads(wire.get("/status").body))


def test_a_prompt_is_stored_in_sections_and_comes_back_byte_for_byte(wire: Wire) -> None:
    content = b"# Constraints\nKeep it short.\n\n# Examples\nNone.\n"
    stored = wire.post("/prompt/store", content)
    assert stored.status == 200
    assert stored.json["prompt_id"] == sha256(content).hexdigest()
    assert stored.json["new"] == [0, 1]
    outline = json.loads(wire.get(f"/prompt/{stored.json['prompt_id']}").body)
    assert [one["type"] for one in outline["sections"]] == ["constraints", "examples"]
    section = wire.get(f"/prompt/{sha256(content).hexdigest()[:12]}/section/1").json
    assert section["content"] == "# Examples\nNone.\n"
    whole = wire.get(f"/prompt/{stored.json['prompt_id']}/reconstruct").json
    assert (whole["content"], whole["encoding"]) == (content.decode(), "utf-8")


def test_a_prompt_or_section_that_is_not_there_is_404(wire: Wire) -> None:
    stored = wire.post("/prompt/store", b"# Goal\n").json["prompt_id"]
    for part in ("/section/9", "/section/x", "/section/-1"):
        assert wire.get(f"/prompt/{stored}{part}").status == 404
    for part in ("", "/section/0", "/reconstruct"):
        assert wire.get(f"/prompt/{'0' * 64}{part}").status == 404


def test_an_error_is_a_text_and_says_which_one_it_was(wire: Wire) -> None:
    answer = wire.get(f"/blob/{'0' * 64}")
    assert answer.status == 404
    assert answer.json == {
        "error": f"no blob {'0' * 64}",
        "type": "BlobMissing",
        "fields": {"blob_id": "0" * 64},
    }


def test_health_needs_no_token_and_tells_no_secret(wire: Wire) -> None:
    answer = wire.ask("GET", "/health", token="")
    assert answer.status == 200
    assert set(answer.json) == {"status", "version"}


def test_metrics_are_counted_by_route_and_never_by_what_was_sent(wire: Wire) -> None:
    wire.get("/status")
    wire.get("/no/such/<thing>")
    wire.get(f"/blob/{'0' * 64}")
    text = wire.get("/metrics").body.decode()
    assert 'heaven_requests_total{route="GET /status",status="200"} 1' in text
    assert 'heaven_requests_total{route="GET /blob/{id}",status="404"} 1' in text
    assert 'heaven_requests_total{route="none",status="404"} 1' in text
    assert "thing" not in text
    assert 'heaven_request_seconds_bucket{route="GET /status",le="+Inf"} 1' in text
    assert "heaven_log_events 0" in text


def test_the_openapi_document_is_whole(wire: Wire) -> None:
    """Every route, every reference resolved, every schema one that JSON Schema accepts."""
    from jsonschema import Draft202012Validator

    document = json.loads(wire.get("/openapi.json").body)
    assert document["openapi"] == "3.1.0"
    named = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert named == SEED | ADDED
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    references = [value for value in _values(document, "$ref") if isinstance(value, str)]
    assert references
    assert {r.removeprefix("#/components/schemas/") for r in references} <= set(schemas)
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids)) == len(ROUTES)
    assert document["paths"]["/health"]["get"]["security"] == []


def _values(value: object, key: str) -> list[object]:
    if isinstance(value, dict):
        found = [value[key]] if key in value else []
        return found + [one for item in value.values() for one in _values(item, key)]
    if isinstance(value, list):
        return [one for item in value for one in _values(item, key)]
    return []


def test_openapi_takes_the_shapes_that_proto_has_from_there() -> None:
    components = describe("1")["components"]
    definitions = proto_wire.schema("leases")["$defs"]
    assert isinstance(components, dict) and isinstance(definitions, dict)
    schemas = components["schemas"]
    assert isinstance(schemas, dict)
    assert schemas["Lease"] == definitions["Lease"]


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if isinstance(r.body, type)], ids=lambda r: r.name
)
def test_a_field_that_is_unknown_or_missing_names_itself(wire: Wire, route: object) -> None:
    found = next(one for one in ROUTES if one is route)
    assert isinstance(found.body, type) and not isinstance(found.body, Body)
    unknown = wire.post(found.path, {"surprise": 1})
    assert unknown.status == 422
    assert "surprise" in unknown.error
    if found.path != "/ir/build":
        missing = wire.post(found.path, {})
        assert missing.status == 422
        assert "missing field" in missing.error


def test_a_query_is_as_strict_as_a_body(wire: Wire) -> None:
    for target, words in (
        ("/ir/search?query=x", "unknown field 'query'"),
        ("/ir/search", "missing field 'q'"),
        ("/ir/search?q=a&q=b", "'q' is given twice"),
        ("/ir/search?q=a&top_k=5000", "5000 is not within 1 to 1000"),
        ("/events/tail?n=-1", "-1 is not within"),
        ("/events/tail?n=1e3", "a whole number"),
        ("/lease/list?active_only=yes", "true or false"),
        ("/ir/slice?path=a&n=100000000", "is not within 1 to 10000"),
    ):
        answer = wire.get(target)
        assert (answer.status, words in answer.error) == (422, True), (target, answer.body)


def test_a_malformed_fault_among_several_is_named_and_nothing_is_counted(wire: Wire) -> None:
    good = {"command": "PF_STATUS", "args": {"mission_id": "m"}}
    answer = wire.post("/pf", [good, {"command": "PF_STATUS", "args": {"missing_id": "m"}}])
    assert answer.status == 422 and answer.error.startswith("[1].args: unknown field 'missing_id'")
    for several in ([], [good] * 101, [good, 7], [[good]]):
        assert wire.post("/pf", several).status == 422
    assert wire.heaven.last_seq == 0
    assert wire.post("/file-clock/get", [{"paths": []}]).status == 422, "only faults come as lists"


def test_several_faults_come_back_as_a_list_and_one_as_itself(wire: Wire) -> None:
    good = {"type": "request", "command": "PF_SYMDEF", "args": {"mission_id": "m", "symbol": "Add"}}
    bad = {"command": "PF_SYMDEF", "args": {"mission_id": "m", "symbol": "Adds"}}
    answer = wire.post("/pf", [good, bad])
    assert answer.status == 200
    one, refused = json.loads(answer.body)
    assert one["type"] == "response" and one["shards"][0]["kind"] == "symdef"
    assert refused["type"] == "FaultRefused" and "Add" in refused["fields"]["candidates"]
    assert wire.post("/pf", good).json["type"] == "response"


def test_a_search_gives_names_and_lines_of_code(wire: Wire) -> None:
    found = wire.get("/ir/search?q=numbers+in+text").json
    assert found["symbols"], "for want of a name, the definition around"
    (code,) = cast("list[dict[str, object]]", found["code"])
    assert (code["path"], code["symbol"], code["rank"]) == ("calc/core.py", "Eval", 1)
    assert '"""Add the numbers in text."""' in str(code["text"])
