"""The prompt store: prompts by the hash of their bytes, kept as sections, each content once.

A prompt is an outline blob, a blob for each section, and a `prompt_stored` event that is written
after them: what the event names is there.
"""

from __future__ import annotations

from hashlib import sha256
from threading import Lock
from typing import Final

from ..blobs import BlobStore
from ..errors import (
    BadBlobId,
    BlobDamaged,
    BlobMissing,
    PromptDamaged,
    PromptMissing,
    PromptTooLarge,
    SectionMissing,
)
from ..log.eventlog import EventLog
from ..records import Event
from .records import Prompt, PromptSection, StoredPrompt, dump_outline, load_outline
from .search import Hit, rank
from .sectioner import section
from .table import PromptTable

MAX_PROMPT_BYTES: Final = 4 * 1024 * 1024
MAX_HEADINGS: Final = 4_096
# Outlines kept in memory, by their blob; beyond it the memory starts afresh.
_REMEMBERED: Final = 16


class PromptStore:
    """The prompts of one Heaven: the rows of `table`, their contents in `blobs`. Thread-safe."""

    def __init__(self, table: PromptTable, blobs: BlobStore) -> None:
        self._table = table
        self._blobs = blobs
        self._lock = Lock()
        self._outlines: dict[str, Prompt] = {}

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
        parts = [content[one.start_byte : one.end_byte] for one in prompt.sections]
        *_, outline = self._blobs.put_many([*parts, dump_outline(prompt)])
        previous_id = before.prompt_id if before is not None else None
        stored_before = self._table.add(log, prompt, outline, previous_id)
        now = {one.blob_id for one in prompt.sections}
        return StoredPrompt(
            prompt,
            stored_before,
            previous_id,
            tuple(one.index for one in prompt.sections if one.blob_id not in known),
            tuple(one.index for one in prompt.sections if one.blob_id in known),
            tuple(one.index for one in before.sections if one.blob_id not in now) if before else (),
        )

    def get(self, ref: str) -> Prompt:
        """A prompt's outline. Raises PromptMissing, PromptDamaged."""
        entry = self._table.find(ref)
        known = self._outlines.get(entry.outline)
        if known is not None:
            return known
        prompt = self._read(entry.prompt_id, entry.outline)
        with self._lock:
            if len(self._outlines) >= _REMEMBERED:
                self._outlines.clear()
            self._outlines[entry.outline] = prompt
        return prompt

    def section(self, ref: str, index: int) -> PromptSection:
        """One section with its bytes. Raises PromptMissing, SectionMissing, PromptDamaged."""
        prompt = self.get(ref)
        if not 0 <= index < len(prompt.sections):
            raise SectionMissing(prompt.prompt_id, index, len(prompt.sections))
        return self._content(prompt, index)

    def reconstruct(self, ref: str) -> bytes:
        """The bytes as they were stored, checked against the id. Raises PromptMissing,
        PromptDamaged."""
        prompt = self.get(ref)
        content = b"".join(one.content for one in self._contents(prompt))
        if sha256(content).hexdigest() != prompt.prompt_id:
            raise PromptDamaged(prompt.prompt_id, "its sections do not make it up")
        return content

    def search(self, ref: str, query: str, top_k: int) -> tuple[Prompt, tuple[Hit, ...]]:
        """The sections of a prompt that hold words of `query`, at most `top_k`, best first. Raises
        PromptMissing, PromptDamaged."""
        prompt = self.get(ref)
        return prompt, rank(self._contents(prompt), query)[:top_k]

    def _kept(self, prompt_id: str) -> Prompt | None:
        """The outline that is on disk, so that storing again keeps it; None if there is none."""
        try:
            return self._read(prompt_id, self._table.find(prompt_id).outline)
        except (PromptMissing, PromptDamaged):
            return None

    def _read(self, prompt_id: str, outline: str) -> Prompt:
        try:
            prompt = load_outline(self._blobs.get(outline))
        except (BlobMissing, BlobDamaged, ValueError) as error:
            raise PromptDamaged(prompt_id, str(error)) from None
        if prompt.prompt_id != prompt_id:
            raise PromptDamaged(prompt_id, "its outline is of another prompt")
        return prompt

    def _contents(self, prompt: Prompt) -> list[PromptSection]:
        return [self._content(prompt, index) for index in range(len(prompt.sections))]

    def _content(self, prompt: Prompt, index: int) -> PromptSection:
        one = prompt.sections[index]
        try:
            return PromptSection(prompt.prompt_id, one, self._blobs.get(one.blob_id))
        except (BlobMissing, BlobDamaged) as error:
            raise PromptDamaged(prompt.prompt_id, str(error)) from None


def blobs_of_prompt(event: Event, blobs: BlobStore) -> list[str]:
    """The blobs that a `prompt_stored` event counts on: the outline, and the sections that it
    names, if it can be read. Raises OSError."""
    outline = event.data.get("outline")
    if not isinstance(outline, str):
        return []
    try:
        sections = load_outline(blobs.get(outline)).sections
    except (BadBlobId, BlobMissing, BlobDamaged, ValueError):
        return [outline]
    return [outline, *(one.blob_id for one in sections)]
