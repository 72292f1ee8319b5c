"""The prompt store: prompts by the hash of their bytes, kept as sections, each content once.

A prompt is an outline blob, a blob for each section, and a `prompt_stored` event that is written
after them: what the event names is there. The table of prompts is derived from the events.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from dataclasses import replace
from hashlib import sha256
from threading import RLock
from typing import Final

from .blobs import BlobStore
from .errors import (
    BadEvent,
    BlobDamaged,
    BlobMissing,
    PromptDamaged,
    PromptMissing,
    PromptTooLarge,
    SectionMissing,
)
from .eventlog import EventLog
from .prompt_records import (
    SHORT,
    Prompt,
    PromptEntry,
    PromptSection,
    StoredPrompt,
    dump_outline,
    load_outline,
)
from .prompt_search import Hit, rank
from .records import Event, Json
from .sectioner import section

PROMPT_STORED: Final = "prompt_stored"
MAX_PROMPT_BYTES: Final = 4 * 1024 * 1024
MAX_HEADINGS: Final = 4_096
MIN_PREFIX: Final = 8

_NEAR: Final = 5
_REF: Final = re.compile(r"(?:sha256[:-])?([0-9a-f]{1,64})", re.IGNORECASE)
_ID: Final = re.compile(r"[0-9a-f]{64}")


class PromptStore:
    """The prompts of one Heaven. Thread-safe; `guard` is the lock of its derived state.

    `ref` is a prompt id, or the first MIN_PREFIX or more digits of one if no other begins so, with
    or without `sha256:` before it.
    """

    def __init__(self, guard: RLock, blobs: BlobStore) -> None:
        self._guard = guard
        self._blobs = blobs
        self._entries: dict[str, PromptEntry] = {}
        self._sorted: list[str] = []

    def fold(self, event: Event) -> None:
        entry = _read_stored(event)
        first = self._entries.get(entry.prompt_id)
        if first is None:
            insort(self._sorted, entry.prompt_id)
            self._entries[entry.prompt_id] = entry
        else:
            self._entries[entry.prompt_id] = replace(
                first, outline=entry.outline, sections=entry.sections, title=entry.title
            )

    def store(self, log: EventLog, content: bytes, previous: str | None = None) -> StoredPrompt:
        """Keep a prompt; on disk when this returns.

        One that is there already is left as it is, and mended if its blobs are damaged. Raises
        PromptTooLarge, PromptMissing (of `previous`), PromptDamaged (likewise), ReadOnly, OSError,
        and what `EventLog.append` raises.
        """
        if len(content) > MAX_PROMPT_BYTES:
            raise PromptTooLarge("bytes", len(content), MAX_PROMPT_BYTES)
        prompt_id = sha256(content).hexdigest()
        before = self.get(previous) if previous is not None else None
        prompt = self._kept(prompt_id)
        if prompt is None:
            cut = section(content, most_headings=MAX_HEADINGS)
            prompt = Prompt(prompt_id, len(content), cut)
        known = (
            {one.blob_id for one in before.sections}
            if before is not None
            else {one.blob_id for one in prompt.sections if self._blobs.has(one.blob_id)}
        )
        outline = dump_outline(prompt)
        parts = [content[one.start_byte : one.end_byte] for one in prompt.sections]
        ids = self._blobs.put_many([*parts, outline])
        data: dict[str, Json] = {
            "prompt_id": prompt_id,
            "title": prompt.title,
            "total_bytes": len(content),
            "sections": len(prompt.sections),
            "outline": ids[-1],
            "previous": before.prompt_id if before is not None else None,
        }
        with self._guard:
            there = self._entries.get(prompt_id)
            if there is None or there.outline != ids[-1]:
                log.append(PROMPT_STORED, data, sync=False)
        # Also where it was there: another thread may have appended it and not be done.
        log.sync()
        indexes = range(len(prompt.sections))
        now = {one.blob_id for one in prompt.sections}
        return StoredPrompt(
            prompt,
            there is not None,
            before.prompt_id if before is not None else None,
            tuple(i for i in indexes if prompt.sections[i].blob_id not in known),
            tuple(i for i in indexes if prompt.sections[i].blob_id in known),
            tuple(one.index for one in before.sections if one.blob_id not in now) if before else (),
        )

    def find(self, ref: str) -> PromptEntry:
        """The prompt that `ref` names. Raises PromptMissing."""
        given = _REF.fullmatch(ref.strip())
        digits = given.group(1).lower() if given else ""
        with self._guard:
            exact = self._entries.get(digits)
            if exact is not None:
                return exact
            near = self._near(digits)
            if given is not None and len(digits) < MIN_PREFIX:
                raise PromptMissing(
                    ref, f"no prompt {ref!r}: an id has {MIN_PREFIX} digits or more", near
                )
            at = bisect_left(self._sorted, digits)
            found = [one for one in self._sorted[at : at + _NEAR] if one.startswith(digits)]
            if given is None or not found:
                raise PromptMissing(ref, f"no prompt {ref!r} is stored", near)
            if len(found) > 1:
                raise PromptMissing(ref, f"more than one prompt begins with {ref!r}", tuple(found))
            return self._entries[found[0]]

    def get(self, ref: str) -> Prompt:
        """A prompt's outline. Raises PromptMissing, PromptDamaged."""
        entry = self.find(ref)
        try:
            prompt = load_outline(self._blobs.get(entry.outline))
        except (BlobMissing, BlobDamaged, ValueError) as error:
            raise PromptDamaged(entry.prompt_id, str(error)) from None
        if prompt.prompt_id != entry.prompt_id:
            raise PromptDamaged(entry.prompt_id, "its outline is of another prompt")
        return prompt

    def section(self, ref: str, index: int) -> PromptSection:
        """One section with its bytes. Raises PromptMissing, SectionMissing, PromptDamaged."""
        prompt = self.get(ref)
        if not 0 <= index < len(prompt.sections):
            raise SectionMissing(prompt.prompt_id, index, len(prompt.sections))
        one = prompt.sections[index]
        return PromptSection(prompt.prompt_id, one, self._content(prompt, one.blob_id))

    def reconstruct(self, ref: str) -> bytes:
        """The bytes as they were stored, checked against the id. Raises PromptMissing,
        PromptDamaged."""
        prompt = self.get(ref)
        content = b"".join(self._content(prompt, one.blob_id) for one in prompt.sections)
        if sha256(content).hexdigest() != prompt.prompt_id:
            raise PromptDamaged(prompt.prompt_id, "its sections do not make it up")
        return content

    def all(self) -> tuple[PromptEntry, ...]:
        """Every prompt, in the order in which they were stored first."""
        with self._guard:
            return tuple(self._entries.values())

    def search(self, ref: str, query: str, top_k: int) -> tuple[Prompt, tuple[Hit, ...]]:
        """The sections of a prompt that hold words of `query`, at most `top_k`, best first. Raises
        PromptMissing, PromptDamaged."""
        prompt = self.get(ref)
        contents = [
            PromptSection(prompt.prompt_id, one, self._content(prompt, one.blob_id))
            for one in prompt.sections
        ]
        return prompt, rank(contents, query)[:top_k]

    def _kept(self, prompt_id: str) -> Prompt | None:
        """The outline that is stored, so that storing again keeps it; None if there is none."""
        try:
            return self.get(prompt_id)
        except (PromptMissing, PromptDamaged):
            return None

    def _content(self, prompt: Prompt, blob_id: str) -> bytes:
        try:
            return self._blobs.get(blob_id)
        except (BlobMissing, BlobDamaged) as error:
            raise PromptDamaged(prompt.prompt_id, str(error)) from None

    def _near(self, digits: str) -> tuple[str, ...]:
        """Stored ids that begin most like `digits`, then the newest, shortened."""
        newest = list(reversed(self._entries))[: 4 * _NEAR]
        at = bisect_left(self._sorted, digits)
        beside = self._sorted[max(0, at - 1) : at + 1] if digits else []
        alike = {one: _alike(one, digits) for one in [*beside, *newest]}
        found = sorted(alike, key=lambda one: -(alike[one] if alike[one] >= 3 else 0))
        return tuple(one[:SHORT] for one in found[:_NEAR])


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(other))


def _read_stored(event: Event) -> PromptEntry:
    data = event.data
    prompt_id, outline, title = data.get("prompt_id"), data.get("outline"), data.get("title")
    total, sections, previous = data.get("total_bytes"), data.get("sections"), data.get("previous")
    if (
        not isinstance(prompt_id, str)
        or not _ID.fullmatch(prompt_id)
        or not isinstance(outline, str)
        or not _ID.fullmatch(outline)
        or not isinstance(title, str)
        or not isinstance(total, int)
        or not isinstance(sections, int)
        or not isinstance(previous, str | None)
    ):
        raise BadEvent(f"event {event.seq}: a prompt_stored that tells of no prompt")
    return PromptEntry(prompt_id, title, total, sections, outline, event.time, previous)
