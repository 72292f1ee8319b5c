"""RUN: the project's own tests, linter and type checker, as bounded child processes."""

from __future__ import annotations

from .outcome import CheckOutcome, make_receipt, run_check
from .selector import command
from .stack import CheckUnavailable, Kind, Missing, Stack, Tool, detect

__all__ = [
    "CheckOutcome",
    "CheckUnavailable",
    "Kind",
    "Missing",
    "Stack",
    "Tool",
    "command",
    "detect",
    "make_receipt",
    "run_check",
]
