"""Why an edit does not land, told so that its author can mend it without reading all again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ..errors import RunError

Code: TypeAlias = Literal[
    "bad_op",  # fields that the operation needs, lacks or cannot have
    "bad_template",
    "path_outside",
    "missing",  # no such file
    "exists",  # add_file where something is
    "not_a_file",
    "unreadable",
    "binary",
    "encoding",
    "out_of_range",
    "unproven",  # nothing shows that the author saw this text
    "anchor_mismatch",
    "span_mismatch",
    "base_mismatch",
    "ambiguous",  # the same text with the same surroundings is there more than once
    "no_match",  # the text of replace_text is not there
    "unparsable",  # where the edit came to lie, the file would not parse any more
    "symbol_unknown",
    "symbol_ambiguous",
    "stale_index",
    "shared_line",
    "overlap",
    "not_shown",
    "changed",  # between staging and landing, or since the landing that is to be undone
]


DRIFT: Final[frozenset[Code]] = frozenset(
    {
        "anchor_mismatch", "span_mismatch", "base_mismatch", "ambiguous", "out_of_range",
        "symbol_unknown", "symbol_ambiguous", "no_match", "missing", "exists", "changed",
        "unparsable",
    }
)  # fmt: skip
"""Codes whose cause may be that the file is not as the author saw it."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Where an edit meets somebody else's change.

    `base` (a blob id) is the file as the author saw it and `start`..`end` (0-based, end exclusive)
    the lines there that the edit is about; `line` (1-based) is where that is now.
    """

    base: str
    start: int
    end: int
    line: int


class EditRefused(Exception):
    """A batch that cannot land; no file was touched. The author's fault, or drift.

    `op_index` counts from 0 in the batch (-1: the refusal is not of one operation) and `path` is
    its file. `line` (1-based) is the first line that differs from what the author saw, `expected`
    what was there then (None if not known), `actual` what is there now. `candidates` are what could
    have been meant; `next_step` says what to do. `others` are the refusals of further operations.

    `clash` is set where what the author saw is known and is not there any more; `changed_by` then
    says who changed it, and `mission` names the program that would settle it (`conflict.explain`).
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        op_index: int = -1,
        path: str = "",
        line: int | None = None,
        expected: str | None = None,
        actual: str | None = None,
        candidates: tuple[str, ...] = (),
        next_step: str = "",
        clash: Clash | None = None,
    ) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.op_index = op_index
        self.path = path
        self.line = line
        self.expected = expected
        self.actual = actual
        self.candidates = candidates
        self.next_step = next_step
        self.clash = clash
        self.changed_by: str | None = None
        self.mission: str | None = None
        self.others: tuple[EditRefused, ...] = ()

    def __str__(self) -> str:
        where = f"operation {self.op_index}" if self.op_index >= 0 else "edit"
        if self.path:
            where += f" on {self.path}"
        if self.line is not None:
            where += f", line {self.line}"
        parts = [f"{where}: {self.message} [{self.code}]"]
        if self.expected is not None:
            parts.append(f"  expected: {self.expected}")
        if self.actual is not None:
            parts.append(f"  found:    {self.actual}")
        if self.changed_by is not None:
            parts.append(f"  changed by: {self.changed_by}")
        if self.candidates:
            parts.append("  candidates: " + ", ".join(self.candidates))
        if self.next_step:
            parts.append(f"  next: {self.next_step}")
        if self.mission is not None:
            parts.append(f"  or: aa run {self.mission}")
        parts.extend(str(other) for other in self.others)
        return "\n".join(parts)


@dataclass(slots=True)
class LandFailed(RunError):
    """The file system failed while an edit landed; every file is as it was before.

    The environment's fault (`reason`: disk full, permissions): mend it and land again. Should
    `restored` be false, some files could not be put back: open Heaven again and recover.
    `edit_id` is empty where the edit was not begun.
    """

    edit_id: str
    path: str
    reason: str
    restored: bool

    def __str__(self) -> str:
        state = "nothing changed" if self.restored else "some files could not be put back yet"
        edit = f"edit {self.edit_id}" if self.edit_id else "edit"
        return f"{edit}: cannot write {self.path}: {self.reason} ({state})"
