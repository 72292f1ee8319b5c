"""What a shard is worth to an angel: by its kind, by how often it is asked for, by its length."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from ...heaven.prompts.section_types import PINNED, SCORES, TYPES, Role, SectionType
from ...heaven.records import JsonObject
from .. import fields

KINDS: Final[dict[str, float]] = {
    "symdef": 3.0,
    "tests": 2.0,
    "callers": 1.5,
    # Asked for by the program too, but for places, not for what is at them.
    "slice": 1.0,
    "search": 0.5,
}
HOT: Final = 1.0
"""For a subject that was asked for more than once."""
RECENT: Final = 0.5
"""For what was asked for since the angel was last asked."""
TOKEN: Final = 0.01
"""What each token takes away."""


def salience(
    shard: JsonObject, tokens: int, hot: Collection[str], recent: Collection[str]
) -> float:
    """The score of a shard of so many tokens. `hot` and `recent` have subjects of shards."""
    subject = subject_of(shard)
    kind = fields.text(shard, "kind")
    types = section_types(shard)
    base = max((SCORES[one] for one in types), default=KINDS.get(kind, 0.0))
    return base + HOT * (subject in hot) + RECENT * (subject in recent) - TOKEN * tokens


def is_pinned(shard: JsonObject, role: Role) -> bool:
    """Whether it is a section of a prompt that the role is always shown."""
    types = section_types(shard)
    return bool(types) and all(one in PINNED[role] for one in types)


def section_types(shard: JsonObject) -> tuple[SectionType, ...]:
    """The types of the prompt sections that a shard holds; none where it holds code."""
    if fields.text(shard, "kind") != "prompt_section":
        return ()
    kinds = [one.get("kind") for one in fields.records(shard, "excerpts")]
    return tuple(one for one in TYPES if one in kinds)


def subject_of(shard: JsonObject) -> str:
    return fields.text(fields.record(shard, "meta"), "subject")
