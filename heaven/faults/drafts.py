"""A shard before any budget: the same for every mission that asks, so it is made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Final, TypeAlias, cast

from ...proto.pf import Excerpt, ShardKind
from ..canonical import encode
from ..records import Json

Data: TypeAlias = "dict[str, str | int | float]"

_EXCERPT: Final = tuple(one.name for one in fields(Excerpt))


@dataclass(frozen=True, slots=True)
class Draft:
    """`key` tells the shard from every other one of its mission. `content` is what its blob holds,
    under `blob_id`; `size` counts the bytes of text, which are what a budget pays for.

    `files` are the contents that the excerpts are of, by their blob ids.
    """

    kind: ShardKind
    key: str
    subject: str
    excerpts: tuple[Excerpt, ...]
    content: bytes
    blob_id: str
    size: int
    note: str | None
    complete: bool
    prefetched: bool
    data: Data | None
    files: Mapping[str, bytes]


def draft(
    kind: ShardKind,
    key: str,
    subject: str,
    excerpts: Sequence[Excerpt],
    note: str | None = None,
    complete: bool = True,
    *,
    prefetched: bool = False,
    data: Data | None = None,
    files: Mapping[str, bytes],
) -> Draft:
    content = content_of(excerpts, data)
    return Draft(
        kind,
        key,
        subject,
        tuple(excerpts),
        content,
        sha256(content).hexdigest(),
        sum(len(one.text.encode()) for one in excerpts),
        note,
        complete,
        prefetched,
        data,
        files,
    )


def content_of(excerpts: Sequence[Excerpt], data: Data | None) -> bytes:
    """The canonical JSON of a shard's excerpts; of its data where it has no source text."""
    if data is not None and not excerpts:
        return encode(cast("dict[str, Json]", data))
    return encode([{name: getattr(one, name) for name in _EXCERPT} for one in excerpts])
