"""Heaven: the shared-state memory plane. What is listed here is its public face."""

from __future__ import annotations

from .clock import Clock, SystemClock
from .errors import (
    BadBlobId,
    BadEvent,
    BadScope,
    BlobDamaged,
    BlobMissing,
    Closed,
    EventTooLarge,
    HeavenError,
    HeavenInUse,
    LeaseGone,
    LeaseNotOwned,
    LogDamaged,
    LogFailed,
    NoHeaven,
    NoRepository,
    NotCanonical,
    NotLeased,
    PathOutside,
    ReadOnly,
    StaleToken,
    TreeUnreadable,
    UnknownFormat,
)
from .heaven import Heaven
from .records import Event, Json, JsonObject, Position, Reference, RefKind, Symbol
from .tree import Entry, Manifest

__all__ = [
    "BadBlobId",
    "BadEvent",
    "BadScope",
    "BlobDamaged",
    "BlobMissing",
    "Clock",
    "Closed",
    "Entry",
    "Event",
    "EventTooLarge",
    "Heaven",
    "HeavenError",
    "HeavenInUse",
    "Json",
    "JsonObject",
    "LeaseGone",
    "LeaseNotOwned",
    "LogDamaged",
    "LogFailed",
    "Manifest",
    "NoHeaven",
    "NoRepository",
    "NotCanonical",
    "NotLeased",
    "PathOutside",
    "Position",
    "ReadOnly",
    "RefKind",
    "Reference",
    "StaleToken",
    "Symbol",
    "SystemClock",
    "TreeUnreadable",
    "UnknownFormat",
]
