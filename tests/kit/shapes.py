"""The wire types by the names of their golden samples, and the places in a message."""

from __future__ import annotations

from typing import Any

from genesis_ssmp.proto.angel_response import AngelResponse
from genesis_ssmp.proto.edit_ir import EditIR
from genesis_ssmp.proto.heaven_status import HeavenStatus
from genesis_ssmp.proto.leases import AcquireRequest, AcquireResponse, Lease
from genesis_ssmp.proto.mission import Mission
from genesis_ssmp.proto.oracle import OracleRequest, OracleResponse
from genesis_ssmp.proto.pf import Request, Response
from genesis_ssmp.proto.receipts import Receipt

SHAPES: dict[str, type] = {
    "mission": Mission,
    "edit_ir": EditIR,
    "pf.request": Request,
    "pf.response": Response,
    "receipts": Receipt,
    "leases.lease": Lease,
    "leases.request": AcquireRequest,
    "leases.response": AcquireResponse,
    "oracle.request": OracleRequest,
    "oracle.response": OracleResponse,
    "angel_response.edit_ir": AngelResponse,
    "angel_response.macro_ops": AngelResponse,
    "angel_response.diff": AngelResponse,
    "heaven_status": HeavenStatus,
}
MAPS = {"instances", "data", "hotset_summary", "file_clock_summary"}
"""Fields whose keys are the sender's own."""


def at(value: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        value = value[step]
    return value
