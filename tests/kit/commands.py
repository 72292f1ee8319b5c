"""The `aa` command line, run in the test's own process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from genesis_ssmp.cli import output
from genesis_ssmp.cli.aa import cli


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


Aa = Callable[..., Said]


@pytest.fixture
def aa(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Aa:
    """Call it with the arguments that follow `aa`."""

    def call(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["aa", *arguments])
        with pytest.raises(SystemExit) as stopped:
            output.main(cli, "aa")
        said = capfdbinary.readouterr()
        code = stopped.value.code
        return Said(code if isinstance(code, int) else 0, said.out.decode(), said.err.decode())

    return call
