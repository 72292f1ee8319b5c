"""A client of the first implementation: its requests as bytes on a socket, and the fields it reads.

It sends no header but those of HTTP/1.1, the token apart, which the first implementation lacked.
"""

from __future__ import annotations

import json
import socket
from typing import Any

from kit.server import Wire

LEASE = "lease_id owner_id mission_id scope_type scope_value issued_at expires_at"
PLACE = "path start_byte end_byte start_line end_line"
SECTIONS = b"# Constraints\nKeep it short.\n\n# Examples\nNone.\n"


class FirstClient:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def ask(self, line: str, body: object = None) -> Any:
        """The JSON of a 200, or {"error": ...} and its status."""
        info = self._wire.server.info
        data = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        head = (
            f"{line} HTTP/1.1\r\nHost: {info.host}:{info.port}\r\n"
            f"Authorization: Bearer {self._wire.server.token}\r\n"
            f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        )
        with socket.create_connection((info.host, info.port), 30) as connection:
            connection.sendall(head.encode() + data)
            with connection.makefile("rb") as file:
                answer = file.read()
        start, _, text = answer.partition(b"\r\n\r\n")
        status = int(start.split(b" ")[1])
        value = json.loads(text)
        return value if status == 200 else (status, value["error"])


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode()


def has(value: Any, fields: str) -> bool:
    return set(fields.split()) <= set(value)


def test_every_endpoint_answers_a_first_client_in_the_fields_that_it_reads(wire: Wire) -> None:
    ask = FirstClient(wire).ask
    assert has(
        ask("GET /status"), "state_rev active_leases_count hotset_summary file_clock_summary"
    )
    blob = ask("POST /blob", b"hello")["blob_id"]
    assert ask(f"GET /blob/{blob}")["content"] == "hello"
    assert ask("POST /event", {"kind": "note", "data": {"n": 1}})["offset"] == 1
    assert has(ask("GET /events/tail?n=5")["events"][0], "kind data")
    built = ask("POST /ir/build", {"repo_path": str(wire.heaven.root)})
    assert built["files_indexed"] > 0 and has(built["stats"], "files symbols refs")
    (symbol,) = ask("GET /ir/symdef?name=Add")["symbols"]
    assert has(symbol, f"id name kind {PLACE}")
    assert has(ask("GET /ir/callers?name=Add&top_k=3")["refs"][0], f"id symbol_id ref_kind {PLACE}")
    assert ask("GET /ir/slice?path=calc/core.py&start_line=4&n=1")["content"].startswith("def Add")
    assert ask("GET /ir/search?q=Eval&top_k=3")["symbols"][0]["name"] == "Eval"
    asked = {"mission_id": "m", "symbol": "Add"}
    fault = ask("POST /pf", {"type": "request", "command": "PF_SYMDEF", "args": asked})
    assert fault["type"] == "response" and has(fault["shards"][0], "kind blob_id meta")
    assert has(fault["meta"], "pf_count shard_bytes budget_remaining")
    assert has(fault["meta"]["budget_remaining"], "pf_calls_left shard_bytes_left")
    scopes = [{"scope_type": "file", "scope_value": "calc/core.py"}]
    wanted = {"owner_id": "o", "mission_id": "m", "scopes": scopes}
    granted = ask("POST /lease/acquire", wanted)
    assert granted["denied"] == [] and has(granted["acquired"][0], LEASE)
    assert ask("POST /lease/acquire", {**wanted, "owner_id": "p"})["denied"] == [
        "file:calc/core.py"
    ]
    assert has(ask("GET /lease/list?active_only=true")["leases"][0], LEASE)
    assert ask("POST /file-clock/inc", {"paths": ["calc/core.py"]})["clocks"] == {"calc/core.py": 1}
    assert ask("POST /file-clock/get", {"paths": ["calc/core.py"]})["clocks"] == {"calc/core.py": 1}
    manifest = {
        "owner_id": "o",
        "mission_id": "m",
        "symbols_touched": ["Add"],
        "files_touched": ["calc/core.py"],
    }
    assert ask("POST /validate-manifest", manifest)["allowed"] is True
    late = ask("POST /validate-manifest", {**manifest, "expected_clocks": {"calc/core.py": 0}})
    assert late["allowed"] is False and has(late, "reason clock_drift")
    strange = ask("POST /validate-manifest", {**manifest, "owner_id": "p"})
    assert strange["allowed"] is False and has(strange, "reason missing_leases")
    prompt = ask("POST /prompt/store", SECTIONS)["prompt_id"]
    assert len(ask(f"GET /prompt/{prompt}")["sections"]) == 2
    assert ask(f"GET /prompt/{prompt}/section/1")["content"] == "# Examples\nNone.\n"
    whole = ask(f"GET /prompt/{prompt}/reconstruct")
    assert (whole["prompt_id"], whole["content"]) == (prompt, SECTIONS.decode())
    ids = [granted["acquired"][0]["lease_id"]]
    assert ask("POST /lease/release", {"owner_id": "o", "lease_ids": ids})["released"] == ids


def test_to_release_a_lease_without_saying_whose_it_is_names_what_is_missing(wire: Wire) -> None:
    """The one request of a first client that is refused: anybody could release anything."""
    ask = FirstClient(wire).ask
    assert ask("POST /lease/release", {"lease_ids": ["L1"]}) == (
        422,
        "missing field 'owner_id': a lease is released by its owner only",
    )


def test_errors_are_a_text(wire: Wire) -> None:
    ask = FirstClient(wire).ask
    assert ask(f"GET /blob/{'0' * 64}") == (404, f"no blob {'0' * 64}")
    assert ask("GET /ir/symdef") == (422, "missing field 'name'")
    assert ask("GET /nothing") == (404, "there is no such endpoint")
