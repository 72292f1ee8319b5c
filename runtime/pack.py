"""The text that an angel is shown: invariants, context with numbered source, the task.

`render_pack` shows every shard whole: the way in which runs were recorded before packs were
compiled (`orchestrator.packing`), kept so that these can be replayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..heaven.records import JsonObject
from . import fields

HEADER: Final = """\
You change source code in a repository. Line numbers before `|` count from 1 and are not part of the
text. Answer with the declared output type. Name lines by path and number; give no hashes.
"""


def render_pack(
    task: str, returns: str, invariants: Sequence[str], context: Sequence[JsonObject]
) -> str:
    """One prompt; the same arguments give the same text."""
    parts = [HEADER]
    if invariants:
        parts.append("## Invariants\n" + "".join(f"- {text}\n" for text in invariants))
    shards = [item for item in context if "excerpts" in item]
    notes = [item for item in context if "excerpts" not in item]
    for shard in shards:
        parts.append(_shard(shard))
    for note in notes:
        parts.append(note_text(note))
    parts.append(f"## Output\n{returns}\n")
    parts.append(f"## Task\n{task}\n")
    return "\n".join(parts)


def _shard(shard: JsonObject) -> str:
    meta = fields.record(shard, "meta")
    title = f"## {fields.text(meta, 'handle')} {fields.text(shard, 'kind')} "
    title += fields.text(meta, "subject")
    note = fields.optional_text(meta, "note") if "note" in meta else None
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


def note_text(note: JsonObject) -> str:
    """What a failed attempt leaves for the next one."""
    lines = ["## The attempt before this one failed", fields.text(note, "message")]
    if detail := fields.text(note, "detail"):
        lines.append(detail)
    if advice := fields.text(note, "advice"):
        lines += ["Advice of the oracle:", advice]
    return "\n".join(lines) + "\n"
