"""The text that an angel is shown for a task: invariants, context with numbered source, the task.

What stays the same from call to call comes first, so that a provider's prompt cache can keep it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..heaven.records import JsonObject
from . import fields
from .shards import Shards, is_shard


def render_pack(task: str, invariants: Sequence[str], context: Sequence[JsonObject]) -> str:
    """One prompt; the same arguments give the same text. The n-th shard of `context` is `sN`."""
    parts: list[str] = []
    if invariants:
        parts.append("## Invariants\n" + "".join(f"- {text}\n" for text in invariants))
    shards = Shards([item for item in context if is_shard(item)])
    parts.extend(shards.render(index) for index in range(len(shards)))
    parts.extend(_note(item) for item in context if not is_shard(item))
    parts.append(f"## Task\n{task}\n")
    return "\n".join(parts)


def estimate_tokens(text: str) -> int:
    """A quarter of the bytes, rounded up: an estimate, used where no provider's count is known."""
    return -(-len(text.encode()) // 4)


def _note(note: JsonObject) -> str:
    lines = ["## The attempt before this one failed", fields.text(note, "message")]
    if detail := fields.text(note, "detail"):
        lines.append(detail)
    if advice := fields.text(note, "advice"):
        lines += ["Advice of the oracle:", advice]
    return "\n".join(lines) + "\n"
