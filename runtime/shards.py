"""The shards that an angel is shown, under the short handles by which it names them.

Handles count through one conversation: s1, s2, ... in the order of showing, whatever mission each
was asked for by (an inner section is a mission of its own and counts from its own s1).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..heaven.records import JsonObject
from ..proto import wire
from ..proto.pf import Excerpt
from . import fields


def is_shard(item: JsonObject) -> bool:
    """Whether a context item is a shard; the others are notes on a failed attempt."""
    return "excerpts" in item


def handle(index: int) -> str:
    """The handle of the shard at `index` (from 0)."""
    return f"s{index + 1}"


class Shards:
    """`shards` are page-fault shards as recorded, in the order of showing; those at the indices
    `hidden` were left out, and count only for the numbering."""

    def __init__(self, shards: Sequence[JsonObject], hidden: Collection[int] = ()) -> None:
        self._shards = tuple(shards)
        self._hidden = frozenset(hidden)

    def __len__(self) -> int:
        return len(self._shards)

    def excerpts(self, name: str) -> tuple[Excerpt, ...] | None:
        """What the shard of that handle shows, None where there is no such shard."""
        number = name.strip().removeprefix("s")
        if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= len(self):
            return None
        at = int(number) - 1
        index = None if at in self._hidden else self.original(at)
        return () if index is None else _excerpts(self._shards[index])

    def every(self) -> tuple[Excerpt, ...]:
        """All excerpts that were shown, oldest first."""
        shown = (at for at in range(len(self)) if at not in self._hidden)
        return tuple(
            one
            for at in shown
            if (index := self.original(at)) is not None
            for one in _excerpts(self._shards[index])
        )

    def original(self, index: int) -> int | None:
        """The index of the shard with the text of the one at `index`: another one where that is
        `unchanged`, None where that one is not here."""
        shard = self._shards[index]
        if fields.text(shard, "kind") != "unchanged":
            return index
        content = fields.text(shard, "blob_id")
        for at in reversed(range(index)):
            earlier = self._shards[at]
            if earlier["blob_id"] == content and fields.text(earlier, "kind") != "unchanged":
                return at
        return None

    def records(self) -> list[JsonObject]:
        """The shards of which the text was shown, as recorded."""
        shown = (at for at in range(len(self)) if at not in self._hidden)
        return [self._shards[index] for at in shown if (index := self.original(at)) is not None]

    def render(self, index: int) -> str:
        """The shard under its handle: where each excerpt is from, and its lines with numbers."""
        shard = self._shards[index]
        original = self.original(index)
        if original is not None and original in self._hidden and index not in self._hidden:
            # Heaven sends a text once, and this one was left out of what the angel was shown.
            shard = self._shards[original]
        meta = fields.record(shard, "meta")
        title = f"## {handle(index)} {fields.text(shard, 'kind')} {fields.text(meta, 'subject')}"
        note = fields.optional_text(meta, "note")
        if fields.text(shard, "kind") == "unchanged":
            where = "what was shown before" if original is None else handle(original)
            note = f"the same as {where}"
        lines = [title + (f" ({note})" if note else "")]
        for excerpt in fields.records(shard, "excerpts"):
            start = fields.number(excerpt, "start_line")
            end = fields.number(excerpt, "end_line")
            lines.append(f"{fields.text(excerpt, 'path')}:{start}-{end}")
            width = len(str(end))
            for number, text in enumerate(fields.text(excerpt, "text").splitlines(), start):
                lines.append(f"{number:>{width}}| {text}")
        data = fields.optional_record(shard, "data")
        if data:
            lines.extend(f"{name}: {value}" for name, value in data.items())
        return "\n".join(lines) + "\n"


def _excerpts(shard: JsonObject) -> tuple[Excerpt, ...]:
    return tuple(wire.parse(Excerpt, one) for one in fields.records(shard, "excerpts"))
