"""How a run ended, as JSON and back: what a server tells its client."""

from __future__ import annotations

from typing import get_args

from ..aa.diagnostic import Diagnostic, Related, Severity
from ..aa.span import Span
from ..heaven.records import Json, JsonObject
from . import fields
from .execute import Ended
from .outcome import Failure, FailureKind, Outcome, Status


def ended_json(ended: Ended) -> dict[str, Json]:
    """The inverse of `read_ended`."""
    warnings: list[Json] = [diagnostic_json(one) for one in ended.warnings]
    return {
        "run": ended.run,
        "outcome": None if ended.outcome is None else _outcome_json(ended.outcome),
        "head": ended.head,
        "tree": ended.tree,
        "exit_code": ended.exit_code,
        "message": ended.message,
        "warnings": warnings,
    }


def read_ended(record: JsonObject) -> Ended:
    """Raises FieldError."""
    outcome = fields.optional_record(record, "outcome")
    return Ended(
        fields.text(record, "run"),
        None if outcome is None else _outcome(outcome),
        fields.text(record, "head"),
        fields.text(record, "tree"),
        fields.number(record, "exit_code"),
        fields.optional_text(record, "message"),
        tuple(read_diagnostic(one) for one in fields.records(record, "warnings")),
    )


def diagnostic_json(one: Diagnostic) -> dict[str, Json]:
    """The inverse of `read_diagnostic`."""
    related: list[Json] = [
        {"message": other.message, "span": _span_json(other.span), "file": other.file}
        for other in one.related
    ]
    return {
        "code": one.code,
        "severity": one.severity,
        "message": one.message,
        "span": _span_json(one.span),
        "file": one.file,
        "hint": one.hint,
        "related": related,
    }


def read_diagnostic(record: JsonObject) -> Diagnostic:
    """Raises FieldError."""
    severities: tuple[Severity, ...] = get_args(Severity)
    return Diagnostic(
        fields.text(record, "code"),
        fields.one_of(record, "severity", severities),
        fields.text(record, "message"),
        _span(fields.record(record, "span")),
        fields.text(record, "file"),
        fields.optional_text(record, "hint"),
        tuple(
            Related(
                fields.text(other, "message"),
                _span(fields.record(other, "span")),
                fields.text(other, "file"),
            )
            for other in fields.records(record, "related")
        ),
    )


def _span_json(span: Span) -> dict[str, Json]:
    return {"line": span.line, "column": span.column, "length": span.length}


def _span(record: JsonObject) -> Span:
    return Span(
        fields.number(record, "line"),
        fields.number(record, "column"),
        fields.number(record, "length"),
    )


def _outcome_json(outcome: Outcome) -> dict[str, Json]:
    handled: list[Json] = [_failure_json(one) for one in outcome.handled]
    return {
        "status": outcome.status,
        "failure": None if outcome.failure is None else _failure_json(outcome.failure),
        "handled": handled,
        "stuck": outcome.stuck,
        "steps": outcome.steps,
        "angel_calls": outcome.angel_calls,
        "tokens": outcome.tokens,
        "turns": outcome.turns,
        "rejects": outcome.rejects,
    }


def _outcome(record: JsonObject) -> Outcome:
    statuses: tuple[Status, ...] = get_args(Status)
    failure = fields.optional_record(record, "failure")
    return Outcome(
        fields.one_of(record, "status", statuses),
        None if failure is None else _failure(failure),
        tuple(_failure(one) for one in fields.records(record, "handled")),
        fields.optional_text(record, "stuck"),
        fields.number(record, "steps"),
        fields.number(record, "angel_calls"),
        fields.number(record, "tokens"),
        fields.number(record, "turns"),
        fields.number(record, "rejects"),
    )


def _failure_json(failure: Failure) -> dict[str, Json]:
    return {
        "kind": failure.kind,
        "pc": failure.pc,
        "message": failure.message,
        "detail": failure.detail,
    }


def _failure(record: JsonObject) -> Failure:
    kinds: tuple[FailureKind, ...] = get_args(FailureKind)
    return Failure(
        fields.one_of(record, "kind", kinds),
        fields.number(record, "pc"),
        fields.text(record, "message"),
        fields.text(record, "detail"),
    )
