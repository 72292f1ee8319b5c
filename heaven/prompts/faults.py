"""Prompts as shards: what each of the three prompt faults shows.

A section is shown as a file of its own, `prompt:ID/INDEX`, whose blob is the section's and whose
lines count from 1; an outline as `prompt:ID`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...proto.pf import Excerpt
from ..faults.excerpts import excerpt
from ..index.source import Lines
from .records import SHORT, PromptSection, outline_text

if TYPE_CHECKING:
    from .store import PromptStore

_AROUND: Final = 1
_UNDECODABLE: Final = "bytes that are not UTF-8 are shown as U+FFFD"


@dataclass(frozen=True, slots=True)
class PromptShard:
    """What a mission is shown of a prompt, before the budget: `key` tells it from other shards,
    `files` are the contents that the excerpts are of."""

    key: str
    subject: str
    excerpts: tuple[Excerpt, ...]
    note: str | None
    complete: bool
    data: dict[str, str | int | float]
    files: dict[str, bytes]


def show_section(prompts: PromptStore, ref: str, index: int) -> PromptShard:
    """A section, all of it. Raises PromptMissing, SectionMissing, PromptDamaged."""
    found = prompts.section(ref, index)
    one = found.section
    path, lines = _path(found), Lines(found.content)
    whole = _part(found, lines, 1, lines.count)
    text = _is_text(found.content)
    data: dict[str, str | int | float] = {"type": one.type}
    if one.parts > 1:
        data |= {"part": one.part, "parts": one.parts}
    return PromptShard(
        f"prompt_section {found.prompt_id} {index}",
        f"{path} {one.title}".rstrip(),
        (whole,),
        None if text else _UNDECODABLE,
        text,
        data,
        {one.blob_id: found.content},
    )


def show_search(prompts: PromptStore, ref: str, query: str, count: int) -> PromptShard:
    """The lines that hold words of the query, by section, best first, each with a line around it.
    Raises PromptMissing, PromptDamaged."""
    prompt, hits = prompts.search(ref, query, count)
    excerpts: list[Excerpt] = []
    files: dict[str, bytes] = {}
    for hit in hits:
        lines = Lines(hit.found.content)
        files[hit.found.section.blob_id] = hit.found.content
        for first, last in _windows(hit.lines, lines.count):
            excerpts.append(_part(hit.found, lines, first, last))
    note = None if hits else "nothing matches"
    subject = f"prompt:{prompt.prompt_id[:SHORT]} {query}"
    return PromptShard(
        f"prompt_search {prompt.prompt_id} {count} {query}",
        subject,
        tuple(excerpts),
        note,
        True,
        {"found": len(hits)},
        files,
    )


def show_summary(prompts: PromptStore, ref: str) -> PromptShard:
    """The outline: a line a section. Raises PromptMissing, PromptDamaged."""
    prompt = prompts.get(ref)
    path = f"prompt:{prompt.prompt_id[:SHORT]}"
    text = outline_text(prompt).encode()
    lines = Lines(text)
    excerpts = (excerpt(path, lines, 1, lines.count, kind="outline"),) if text else ()
    return PromptShard(
        f"prompt_summary {prompt.prompt_id}",
        f"{path} {prompt.title}".rstrip(),
        excerpts,
        None if text else "the prompt is empty",
        True,
        {
            "prompt_id": prompt.prompt_id,
            "sections": len(prompt.sections),
            "bytes": prompt.total_bytes,
        },
        {lines.digest: text} if text else {},
    )


def _path(found: PromptSection) -> str:
    return f"prompt:{found.prompt_id[:SHORT]}/{found.section.index}"


def _part(found: PromptSection, lines: Lines, first: int, last: int) -> Excerpt:
    one = found.section
    return excerpt(_path(found), lines, first, last, symbol=one.title or None, kind=one.type)


def _windows(numbers: tuple[int, ...], count: int) -> list[tuple[int, int]]:
    """Each line with those around it; windows that touch are one."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        first, last = max(1, number - _AROUND), min(count, number + _AROUND)
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
