"""Both implementations of HeavenProtocol over one repository: whoever tests the protocol takes the
fixture `either`, and runs twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.protocol import HeavenProtocol

from .clock import FrozenClock
from .repository import Repository, make_repository
from .server import client_of, serving


@dataclass(frozen=True, slots=True)
class Either:
    """`heaven` is what a test asks; `embedded` the Heaven that answers in the end."""

    heaven: HeavenProtocol
    embedded: Heaven
    clock: FrozenClock
    repository: Repository


@pytest.fixture(params=["embedded", "http"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Either]:
    """The calculator's Heaven on a clock that stands still: itself, or through a socket."""
    repository = make_repository(tmp_path / "repository")
    clock = FrozenClock()
    with Heaven.open(repository.root, clock=clock) as heaven:
        if request.param == "embedded":
            yield Either(heaven, heaven, clock, repository)
        else:
            with serving(heaven) as server, client_of(server) as client:
                yield Either(client, heaven, clock, repository)
