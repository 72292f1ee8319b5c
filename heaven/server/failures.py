"""Errors over the wire: what status each has, and back to the same error at the other end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ...proto.wire import WireError
from .. import errors
from ..errors import HeavenError, HeavenRefused
from ..faults.router import FaultRefused
from ..records import Json

_STATUS: Final[dict[str, int]] = {
    "BadBlobId": 422,
    "BadEvent": 422,
    "BadScope": 422,
    "BadSlice": 422,
    "BlobDamaged": 500,
    "BlobMissing": 404,
    "Closed": 503,
    "EventTooLarge": 413,
    "HeavenInUse": 409,
    "LeaseGone": 409,
    "LeaseNotOwned": 403,
    "LogDamaged": 500,
    "LogFailed": 507,
    "NoHeaven": 404,
    "NoRepository": 404,
    "NoSuchFile": 404,
    "NotCanonical": 422,
    "NotLeased": 403,
    "OtherVersion": 409,
    "PathOutside": 403,
    "PromptDamaged": 500,
    "PromptMissing": 404,
    "PromptTooLarge": 413,
    "ReadOnly": 403,
    "SectionMissing": 404,
    "StaleToken": 409,
    "TreeUnreadable": 500,
    "UnknownFormat": 500,
}
"""By the error's name; what is not listed is the server's fault."""
_REFUSED: Final = {"budget": 429, "unknown": 404, "bad_request": 422}
_BY_NAME: Final[dict[str, type[HeavenError]]] = {
    one.__name__: one
    for one in (*vars(errors).values(), FaultRefused)
    if isinstance(one, type) and issubclass(one, HeavenError)
}


class Refusal(Exception):
    """The server's own answer to a request that reaches no operation: `status` and why."""

    def __init__(
        self, status: int, reason: str, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers


def failure(error: HeavenError | WireError | OSError | Refusal) -> tuple[int, dict[str, Json]]:
    """The HTTP status and the body of an error."""
    fields: dict[str, Json] = {}
    if isinstance(error, Refusal):
        status = error.status
    elif isinstance(error, WireError):
        status = 422
        fields = {"path": error.path, "message": error.message}
    elif isinstance(error, OSError):
        status = 507
    elif isinstance(error, FaultRefused):
        status = _REFUSED[error.reason]
        fields = _fields(error)
    else:
        status = _STATUS.get(type(error).__name__, 500)
        fields = _fields(error)
    text = str(error) if not isinstance(error, OSError) else error.strerror or str(error)
    return status, {"error": text, "type": type(error).__name__, "fields": fields}


def revive(status: int, body: Mapping[str, Json]) -> HeavenError | WireError:
    """The error that `failure` wrote, HeavenRefused for one that is nobody else's."""
    text, name, fields = body.get("error"), body.get("type"), body.get("fields")
    message = text if isinstance(text, str) else "no reason given"
    if not isinstance(fields, dict):
        return HeavenRefused(status, message)
    if name == "WireError":
        return WireError(str(fields.get("path", "")), str(fields.get("message", message)))
    kind = _BY_NAME.get(name) if isinstance(name, str) else None
    if kind is None:
        return HeavenRefused(status, message)
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    for one in _parameters(kind):
        value = fields.get(one)
        if isinstance(value, list):
            setattr(error, one, tuple(value))
        elif isinstance(value, str) and one == "path" and kind in _PATHS:
            setattr(error, one, Path(value))
        else:
            setattr(error, one, value)
    return error


_PATHS: Final = frozenset(
    {
        errors.BlobDamaged,
        errors.HeavenInUse,
        errors.LogDamaged,
        errors.LogFailed,
        errors.NoHeaven,
        errors.NoRepository,
        errors.UnknownFormat,
    }
)
"""The errors whose `path` is a Path, not a name in the repository."""


def _parameters(kind: type[HeavenError]) -> tuple[str, ...]:
    """What an error is made of, but its message; each is an attribute too (a test holds that)."""
    if kind.__init__ is Exception.__init__:
        return ()
    code = kind.__init__.__code__
    return tuple(name for name in code.co_varnames[1 : code.co_argcount] if name != "message")


def _fields(error: HeavenError) -> dict[str, Json]:
    fields: dict[str, Json] = {}
    for name in _parameters(type(error)):
        value = getattr(error, name)
        if isinstance(value, Path):
            fields[name] = str(value)
        elif isinstance(value, tuple):
            fields[name] = [str(one) for one in value]
        elif value is None or isinstance(value, str | int):
            fields[name] = value
    return fields
