"""Any value of a wire type survives dump and parse, and what is dumped satisfies the schema."""

from __future__ import annotations

import json
import os

import pytest
from genesis_ssmp.proto import wire
from genesis_ssmp.proto.angel_response import AngelResponse
from genesis_ssmp.proto.edit_ir import EditIR
from genesis_ssmp.proto.heaven_status import HeavenStatus
from genesis_ssmp.proto.leases import AcquireRequest, AcquireResponse
from genesis_ssmp.proto.mission import Mission
from genesis_ssmp.proto.oracle import OracleRequest, OracleResponse
from genesis_ssmp.proto.pf import Request, Response
from genesis_ssmp.proto.receipts import Receipt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = 400 if os.environ.get("GENESIS_SOAK") else 25

TYPES: list[tuple[str, type]] = [
    ("mission", Mission),
    ("edit_ir", EditIR),
    ("pf", Request),
    ("pf", Response),
    ("receipts", Receipt),
    ("leases", AcquireRequest),
    ("leases", AcquireResponse),
    ("oracle", OracleRequest),
    ("oracle", OracleResponse),
    ("angel_response", AngelResponse),
    ("heaven_status", HeavenStatus),
]


def is_json(value: object) -> bool:
    """Whether all numbers in it are finite."""
    try:
        json.dumps(wire.dump(value), allow_nan=False)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(("name", "type_"), TYPES)
def test_dump_and_parse_are_inverse_and_agree_with_the_schema(name: str, type_: type) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.from_type(type_).filter(is_json))
    def check(value: object) -> None:
        data = wire.dump(value)
        wire.validate(name, data)
        assert wire.parse(type_, data) == value
        assert wire.parse_json(type_, json.dumps(data)) == value

    check()
