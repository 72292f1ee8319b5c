"""Texts of edits that models write by themselves, as Edit IR.

A unified diff, search/replace blocks and GENESIS_PATCH_V1 come in; operations with the hashes of
the text that their author was shown come out, or a refusal that says where in the answer and in the
file the two differ first. What lands is then the edit engine's business, as for any Edit IR.

    made = normalise(answer, excerpts, heaven, welcome=ALL)     # or FormatRefused
    staged = stage(made.edit, ...)
    made.check(staged)
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, get_args

from ...proto.pf import Excerpt
from ..edits.versions import BlobReader
from .answer import Line, read_lines
from .blocks import normalise_blocks, opens_block
from .changes import Normalised
from .diff_text import opens_diff
from .patch_v1 import MARK, normalise_patch
from .refusal import NAMES, Code, Format, FormatRefused, Place
from .shown import Shown
from .unified import normalise_diff

__all__ = [
    "ALL",
    "Code",
    "Format",
    "FormatRefused",
    "Normalised",
    "Place",
    "detect",
    "normalise",
]

ALL: Final[frozenset[Format]] = frozenset(get_args(Format))


def detect(lines: Sequence[Line]) -> Format | None:
    """The format of the first line that opens one; the rest of the answer must be of it too."""
    for at, line in enumerate(lines):
        if line.text.strip() == MARK:
            return "genesis_patch_v1"
        if opens_block(line.text):
            return "search_replace"
        if opens_diff(lines, at):
            return "unified_diff"
    return None


def normalise(
    answer: str,
    excerpts: Sequence[Excerpt],
    blobs: BlobReader,
    *,
    welcome: Collection[Format] = ALL,
) -> Normalised:
    """The answer as Edit IR. `excerpts` are what its author was shown, oldest first; `blobs` has
    the versions of the files that they were cut from.

    Raises FormatRefused; what `blobs` raises where a shown version is not in the store.
    """
    lines = read_lines(answer)
    format = detect(lines)
    wanted = " or ".join(NAMES[one] for one in sorted(welcome))
    if format is None:
        raise FormatRefused(
            "unknown_format",
            "the answer is in no format of edits that is known here",
            place=Place(1),
            said=lines[0].text if lines else "",
            next_step=f"answer with {wanted}",
        )
    if format not in welcome:
        raise FormatRefused(
            "not_welcome",
            f"the answer is {NAMES[format]}, which the program's output mode does not take",
            format=format,
            place=Place(1),
            next_step=f"answer with {wanted}",
        )
    shown = Shown(excerpts, blobs)
    if format == "unified_diff":
        return normalise_diff(lines, shown, blobs)
    if format == "search_replace":
        return normalise_blocks(lines, shown, blobs)
    return normalise_patch(lines, shown, blobs)
