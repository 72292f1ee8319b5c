"""Why an answer that is a text of edits is not taken, told so that its author can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Format: TypeAlias = Literal["unified_diff", "search_replace", "genesis_patch_v1"]

Code: TypeAlias = Literal[
    "unknown_format",
    "not_welcome",  # a format that the output mode does not take
    "mixed",  # two formats in one answer
    "malformed",
    "cut_off",
    "no_path",
    "unclear_path",
    "not_shown",
    "no_match",
    "several_matches",
    "no_context",  # lines to insert, and nothing that says where
    "overlap",
    "unsupported",  # what Edit IR cannot say: modes, binary content, a change of line endings
    "final_newline",
    "nothing",  # no change in it
]

NAMES: dict[Format, str] = {
    "unified_diff": "unified diff",
    "search_replace": "search/replace blocks",
    "genesis_patch_v1": "GENESIS_PATCH_V1",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the answer: `line` and `column` count from 1."""

    line: int
    column: int = 1


class FormatRefused(Exception):
    """A text of edits that cannot be made Edit IR; the angel's fault, and nothing was changed.

    `place` is where in the answer, `path` and `file_line` (1-based) where in the file that was
    shown; `said` is the answer's line and `found` the file's where the two first differ.
    `candidates` are what could have been meant; `next_step` says what to do. `others` are the
    refusals of further parts of the answer.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        format: Format | None = None,
        place: Place | None = None,
        path: str = "",
        file_line: int | None = None,
        said: str | None = None,
        found: str | None = None,
        candidates: tuple[str, ...] = (),
        next_step: str,
    ) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.format = format
        self.place = place
        self.path = path
        self.file_line = file_line
        self.said = said
        self.found = found
        self.candidates = candidates
        self.next_step = next_step
        self.others: tuple[FormatRefused, ...] = ()

    def __str__(self) -> str:
        where = NAMES[self.format] if self.format else "answer"
        if self.place is not None:
            where += f", line {self.place.line}, column {self.place.column}"
        parts = [f"{where}: {self.message} [{self.code}]"]
        if self.said is not None:
            parts.append(f"  answer: {self.said!r}")
        if self.found is not None:
            at = self.path + (f":{self.file_line}" if self.file_line is not None else "")
            parts.append(f"  {at or 'file'}: {self.found!r}")
        if self.candidates:
            parts.append("  candidates: " + ", ".join(self.candidates))
        parts.append(f"  next: {self.next_step}")
        parts.extend(str(other) for other in self.others)
        return "\n".join(parts)


def raise_all(refused: list[FormatRefused]) -> None:
    """Raise the first with the others in `others`; nothing where the list is empty."""
    if refused:
        first, *rest = refused
        first.others = tuple(rest)
        raise first
