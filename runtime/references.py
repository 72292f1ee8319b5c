"""Which blobs the events of runs count on: what `aa fsck` looks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..heaven.records import Event, Json
from .edits.journal import PREPARED, STAGED

_FIELDS: Final = {
    "run_started": frozenset({"module", "source"}),
    "receipt": frozenset({"receipt"}),
    "swarm_started": frozenset({"plan", "base"}),
    "mission_started": frozenset({"base", "code", "source"}),
    "mission_landed": frozenset({"base", "edit", "record", "receipt"}),
    "plan_replaced": frozenset({"plan", "request", "answer"}),
    STAGED: frozenset({"before", "after"}),
    PREPARED: frozenset({"edit"}),
    "syscall_result": frozenset(
        {
            *("after", "answer", "before", "blob_id", "file_blob", "manifest", "output", "pack"),
            *("said", "system", "tools"),
        }
    ),
}
"""By event kind, the fields that hold the id of a blob, at whatever depth."""


def blobs_of(event: Event) -> Iterator[str]:
    """The ids of the blobs that the event names."""
    fields = _FIELDS.get(event.kind)
    if fields is None:
        return
    if event.kind == "syscall_result" and "value" not in event.data:
        yield from _ids(dict(event.data), frozenset({"result"}))
    yield from _ids(dict(event.data), fields)


def blobs_in(kind: str, value: Json) -> Iterator[str]:
    """The ids of the blobs that a result of this kind of event names, where it is a blob itself."""
    yield from _ids(value, _FIELDS.get(kind, frozenset()))


def base_blobs(result: Json) -> Iterator[str]:
    """The versions of files that the author of an edit says they saw, in a syscall's result."""
    yield from _ids(result, frozenset({"base_blob"}))


def _ids(value: Json, fields: frozenset[str]) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in fields and isinstance(inner, str):
                if _is_id(inner):
                    yield inner
            elif isinstance(inner, (dict, list)):
                yield from _ids(inner, fields)
    elif isinstance(value, list):
        for inner in value:
            yield from _ids(inner, fields)


def _is_id(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")
