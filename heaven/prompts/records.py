"""What is kept of a prompt: its outline, as a record and as the JSON that is stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Final

from ..canonical import decode_object, encode
from ..errors import NotCanonical
from ..records import Json, JsonObject
from .section_types import PINNED, TYPES, Role, roles_of
from .sectioner import Section

SHORT: Final = 12
"""Hexadecimal digits by which people and models are told of a prompt."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A stored prompt: `prompt_id` is the SHA-256 of its bytes, `total_bytes` their number.

    The sections are those of when it was stored first, so that an index in a program keeps its
    meaning.
    """

    prompt_id: str
    total_bytes: int
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        """The first heading; empty where there is none."""
        return next((one.title for one in self.sections if one.title), "")

    def pinned(self, role: Role) -> tuple[Section, ...]:
        """The sections that an agent in this role is always given, in their order."""
        return tuple(one for one in self.sections if one.type in PINNED[role])


@dataclass(frozen=True, slots=True)
class PromptEntry:
    """A prompt in a list: `sections` is how many it has, `outline` the blob that tells them,
    `stored_at` RFC 3339 in UTC, `previous` the prompt that it was stored as a change of."""

    prompt_id: str
    title: str
    total_bytes: int
    sections: int
    outline: str
    stored_at: str
    previous: str | None


@dataclass(frozen=True, slots=True)
class StoredPrompt:
    """What storing did. `new` and `unchanged` are indexes of the prompt's sections.

    They are told against the sections of `previous`, and `removed` are then indexes of its sections
    that are not in this prompt; without `previous`, against all that the store held.
    """

    prompt: Prompt
    stored_before: bool
    previous: str | None
    new: tuple[int, ...]
    unchanged: tuple[int, ...]
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PromptSection:
    """A section with its bytes."""

    prompt_id: str
    section: Section
    content: bytes


def prompt_json(prompt: Prompt) -> dict[str, Json]:
    """`{prompt_id, total_bytes, sections: [{index, title, type, score, blob_id, ...}]}`."""
    sections: list[Json] = [asdict(one) for one in prompt.sections]
    return {
        "prompt_id": prompt.prompt_id,
        "total_bytes": prompt.total_bytes,
        "sections": sections,
    }


def stored_json(stored: StoredPrompt) -> dict[str, Json]:
    """The prompt's record, and beside it `stored_before`, `previous`, `new`, `unchanged` and
    `removed`."""
    return prompt_json(stored.prompt) | {
        "stored_before": stored.stored_before,
        "previous": stored.previous,
        "new": list(stored.new),
        "unchanged": list(stored.unchanged),
        "removed": list(stored.removed),
    }


def read_stored(record: JsonObject) -> StoredPrompt:
    """The inverse of `stored_json`. Raises ValueError."""
    match record:
        case {
            "stored_before": bool(before),
            "previous": str() | None as previous,
            "new": list(new),
            "unchanged": list(unchanged),
            "removed": list(removed),
        }:
            new_ones, same, gone = map(_indexes, (new, unchanged, removed))
            return StoredPrompt(read_prompt(record), before, previous, new_ones, same, gone)
    raise ValueError("it does not say what was stored")


def read_entry(record: JsonObject) -> PromptEntry:
    """A row of a list of prompts. Raises ValueError."""
    match record:
        case {
            "prompt_id": str(prompt_id),
            "title": str(title),
            "total_bytes": int(total),
            "sections": int(sections),
            "outline": str(outline),
            "stored_at": str(stored_at),
            "previous": str() | None as previous,
        }:
            return PromptEntry(prompt_id, title, total, sections, outline, stored_at, previous)
    raise ValueError("it does not tell of a prompt")


def _indexes(values: list[Json]) -> tuple[int, ...]:
    found = tuple(value for value in values if isinstance(value, int))
    if len(found) < len(values):
        raise ValueError("an index is not a number")
    return found


def dump_outline(prompt: Prompt) -> bytes:
    """The canonical JSON of the prompt's record."""
    return encode(prompt_json(prompt))


def load_outline(data: bytes) -> Prompt:
    """The inverse of `dump_outline`. Raises ValueError."""
    try:
        return read_prompt(decode_object(data))
    except NotCanonical as error:
        raise ValueError(str(error)) from None


def read_prompt(record: JsonObject) -> Prompt:
    """The inverse of `prompt_json`. Raises ValueError where sections are wrong or leave a gap."""
    rows = record.get("sections")
    if not isinstance(rows, list):
        raise ValueError("it lists no sections")
    sections = tuple(read_section(row) for row in rows)
    end = 0
    for number, one in enumerate(sections):
        if one.index != number or one.start_byte != end or one.end_byte <= end:
            raise ValueError(f"section {number} does not follow the one before it")
        end = one.end_byte
    prompt_id, total = record.get("prompt_id"), record.get("total_bytes")
    if not isinstance(prompt_id, str) or total != end:
        raise ValueError("it does not say which bytes it outlines")
    return Prompt(prompt_id, end, sections)


_NUMBERS: Final = tuple(f.name for f in fields(Section) if f.type == "int")


def read_section(row: Json | JsonObject) -> Section:
    """A section of an outline. Raises ValueError."""
    if not isinstance(row, dict):
        raise ValueError("a section is not a record")
    numbers: dict[str, int] = {}
    for name in _NUMBERS:
        value = row.get(name)
        if not isinstance(value, int):
            raise ValueError(f"a section's {name} is not a number")
        numbers[name] = value
    title, blob_id, score = row.get("title"), row.get("blob_id"), row.get("score")
    kind = next((one for one in TYPES if one == row.get("type")), None)
    if not isinstance(title, str) or not isinstance(blob_id, str) or kind is None:
        raise ValueError("a section has no title, type or blob")
    if not isinstance(score, float):
        raise ValueError("a section's score is not a number")
    return Section(title=title, type=kind, score=score, blob_id=blob_id, **numbers)


def outline_text(prompt: Prompt) -> str:
    """A line a section: index, type, size in bytes, title, and the roles to which it is pinned."""
    return "".join(_outline_line(one) for one in prompt.sections)


def _outline_line(one: Section) -> str:
    title = one.title or "(untitled)"
    part = f" ({one.part}/{one.parts})" if one.parts > 1 else ""
    roles = roles_of(one.type)
    pinned = f" [{', '.join(roles)}]" if roles else ""
    indent = "  " * max(0, one.level - 1)
    return f"{one.index} {one.type} {one.size} B {indent}{title}{part}{pinned}\n"
