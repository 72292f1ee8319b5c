"""The tools that an angel is offered, and the header that says how to answer."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest
from genesis_ssmp.aa.macros import SIGNATURES
from genesis_ssmp.aa.opcodes import CHOICES, Kind
from genesis_ssmp.heaven.canonical import encode
from genesis_ssmp.heaven.records import JsonObject
from genesis_ssmp.proto.angel_response import MacroOp
from genesis_ssmp.proto.edit_ir import EditOp, OpName
from genesis_ssmp.runtime.angels.header import header
from genesis_ssmp.runtime.angels.tools import EDIT_TOOL, MACRO_TOOL, offered, tools_json
from genesis_ssmp.runtime.fields import record, texts
from syrupy.assertion import SnapshotAssertion

EVERY = list(itertools.product(CHOICES[Kind.OUTPUT], CHOICES[Kind.RETURN]))
MOST_TOOLS, MOST_TOKENS = 8, 1_500


@pytest.mark.parametrize(("mode", "returns"), EVERY)
def test_tools_and_header_of_an_output_mode(
    mode: str, returns: str, snapshot: SnapshotAssertion
) -> None:
    assert [tool.name for tool in offered(mode, returns)] == snapshot(name="tools")
    assert header(mode, returns) == snapshot(name="header")


def test_every_schema(snapshot: SnapshotAssertion) -> None:
    assert tools_json(offered("soft", "macro_ops", prompt=True)) == snapshot


@pytest.mark.parametrize(("mode", "returns"), EVERY)
def test_at_most_eight_tools_in_at_most_1500_tokens(mode: str, returns: str) -> None:
    """Tool schemas that cost more tokens than the task are a known failure."""
    tools = offered(mode, returns, prompt=True)
    assert len(tools) <= MOST_TOOLS
    # JSON is more than four bytes a token by every tokenizer at hand (4.3 by cl100k).
    assert len(encode(tools_json(tools))) / 4 <= MOST_TOKENS


@pytest.mark.parametrize(("mode", "returns"), EVERY)
def test_no_tool_has_a_field_for_a_hash(mode: str, returns: str) -> None:
    spelled = encode(tools_json(offered(mode, returns, prompt=True))).decode()
    for word in ("hash", "blob", "sha", "mission_id"):
        assert word not in spelled.replace("shard", "")


def item_of(mode: str, returns: str, name: str) -> JsonObject:
    """The properties of one operation of an answering tool."""
    (tool,) = [one for one in offered(mode, returns) if one.name == name]
    ops = record(record(tool.schema, "properties"), "ops")
    return record(record(ops, "items"), "properties")


def test_the_edit_tool_has_the_fields_of_edit_ir_but_hashes() -> None:
    properties = item_of("hard", "edit_ir", EDIT_TOOL)
    theirs = set(EditOp.__dataclass_fields__) - {"anchor_hash", "span_hash", "base_blob"}
    assert set(properties) - {"shard"} == theirs
    assert set(texts(record(properties, "op"), "enum")) == set(get_args(OpName))


def test_the_macro_tool_has_the_fields_of_a_macro_op() -> None:
    properties = item_of("hard", "macro_ops", MACRO_TOOL)
    assert set(properties) <= set(MacroOp.__dataclass_fields__)
    assert texts(record(properties, "kind"), "enum") == tuple(SIGNATURES)


def test_the_header_is_the_same_bytes_for_every_mission_that_wants_the_same() -> None:
    assert header("medium", "edit_ir") is header("medium", "edit_ir")
    assert "unified diff" not in header("medium", "edit_ir")
    assert "SEARCH" not in header("medium", "diff_fallback")
    assert "SEARCH" in header("soft", "diff_fallback")
