"""What a command says about how a run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .output import CONFLICT, ENVIRONMENT, FAILED, Report

if TYPE_CHECKING:
    from ..runtime.execute import Ended

_WORDS: Final = {
    0: "done",
    FAILED: "failed, the tree is as it was before the section",
    CONFLICT: "conflict",
    ENVIRONMENT: "abandoned, the tree is as it was",
}


def say_ended(report: Report, ended: Ended) -> None:
    """Put the end of a run into the report, and print it."""
    outcome = ended.outcome
    report.result |= {
        "run": ended.run,
        "status": outcome.status if outcome else "abandoned",
        "message": ended.message,
        "head": ended.head,
        "tree": ended.tree,
        "steps": outcome.steps if outcome else None,
        "angel_calls": outcome.angel_calls if outcome else None,
        "turns": outcome.turns if outcome else None,
        "rejects": outcome.rejects if outcome else None,
        "tokens": outcome.tokens if outcome else None,
        "retries": len(outcome.handled) if outcome else None,
    }
    report.say(f"run {ended.run}: {_WORDS[ended.exit_code]}")
    if ended.message:
        report.say(f"  {ended.message}")
