"""Search/replace blocks, as aider writes them, as Edit IR.

    path/to/file.py
    <<<<<<< SEARCH
    lines as they are
    =======
    lines as they are to be
    >>>>>>> REPLACE

The path stands above its block, or above the fence around it; a block right behind another one may
leave it out. Both parts are whole lines. Nothing to search for makes a new file. Where the lines
themselves hold such marks, longer ones (all three of one length) serve.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ...proto.edit_ir import EditOp
from ..edits.versions import BlobReader
from .answer import Line, fence
from .changes import Change, Normalised, check_overlap, fill, minimal
from .diff_text import opens_diff
from .patch_v1 import MARK
from .placing import Quote, not_shown, place_all
from .refusal import Code, Format, FormatRefused, raise_all
from .shown import Shown, spell

_FORMAT: Format = "search_replace"
_OPEN: Final = re.compile(r"(<{5,}) ?SEARCH\s*\Z")
_CLOSE: Final = re.compile(r"(>{5,}) ?REPLACE\s*\Z")
_DIVIDE: Final = re.compile(r"={5,}\s*\Z")
_PATH: Final = re.compile(r"[^\s`*<>|]+\Z")
_DECORATION: Final = re.compile(r"(?i)(?:#+|//|file(?:name)?:|path:)\s+")


@dataclass(frozen=True, slots=True)
class _Block:
    """One block; `before` are the lines above it, up to the block before."""

    opening: Line
    before: tuple[Line, ...]
    search: tuple[Line, ...]
    replace: tuple[Line, ...]


def opens_block(text: str) -> bool:
    """Whether a search/replace block begins on this line."""
    return _OPEN.match(text) is not None


def normalise_blocks(lines: Sequence[Line], shown: Shown, blobs: BlobReader) -> Normalised:
    """Raises FormatRefused, and what the blob store raises."""
    refused: list[FormatRefused] = []
    changes: list[Change] = []
    new_files: list[tuple[EditOp, Line]] = []
    quotes: dict[str, list[tuple[_Block, Quote]]] = {}
    path = ""
    for block in _blocks(lines):
        try:
            path = _path_of(block, path, shown)
            if block.search:
                quote = Quote(block.search, 0, block.opening)
                quotes.setdefault(path, []).append((block, quote))
                continue
            empty = [one for one in shown.versions(path) if not one.text.lines]
            if path in shown and not empty:
                raise _refuse(
                    "no_context",
                    f"there is nothing to search for, and {path} is not empty",
                    block.opening,
                    path,
                    "search for the line beside the place, and give it back in the replacement",
                )
            new = tuple(line.text for line in block.replace)
            if empty:
                changes.append(Change(path, 0, 0, new, block.opening))
            else:
                content = "".join(f"{line.text}\n" for line in block.replace)
                op = EditOp("add_file", path, content=content)
                new_files.append((op, block.opening))
        except FormatRefused as refusal:
            refused.append(refusal)
    chosen: dict[str, str] = {}
    for path, listed in quotes.items():
        try:
            version, places = place_all(_FORMAT, shown, path, [quote for _, quote in listed])
        except FormatRefused as refusal:
            refused.extend((refusal, *refusal.others))
            refusal.others = ()
            continue
        chosen[path] = version.blob
        for (block, quote), place in zip(listed, places, strict=True):
            new = tuple(line.text for line in block.replace)
            old = version.text.bare[place : place + len(quote.lines)]
            change = minimal(Change(path, place, place + len(old), new, block.opening), old)
            if change.new or change.start < change.end:
                changes.append(change)
    raise_all(refused)
    check_overlap(_FORMAT, changes)
    ops = [*(op for op, _ in new_files), *(change.op() for change in changes)]
    at = [*(line for _, line in new_files), *(change.line for change in changes)]
    return Normalised(_FORMAT, fill(_FORMAT, ops, at, shown, blobs, chosen))


def _blocks(lines: Sequence[Line]) -> list[_Block]:
    """Raises FormatRefused: malformed, cut_off."""
    blocks: list[_Block] = []
    at = above = 0
    while at < len(lines):
        opened = _OPEN.match(lines[at].text)
        if opened is None:
            closed = _CLOSE.match(lines[at].text)
            if closed is not None:
                raise _refuse(
                    "malformed",
                    "this closes a block that was never opened",
                    lines[at],
                    "",
                    "begin each block with `<<<<<<< SEARCH`",
                )
            if opens_diff(lines, at) or lines[at].text.strip() == MARK:
                raise _refuse(
                    "mixed",
                    "search/replace blocks and another format are mixed",
                    lines[at],
                    "",
                    "send one format",
                )
            at += 1
            continue
        end = _end(lines, at, len(opened[1]))
        size = len(opened[1])
        inside = range(at + 1, end)
        dividers = [n for n in inside if _mark(_DIVIDE, lines[n].text, size)]
        nested = next((n for n in inside if _mark(_OPEN, lines[n].text, size)), None)
        if nested is not None or len(dividers) != 1:
            place = lines[nested if nested is not None else dividers[1] if dividers else end]
            what = (
                "a block begins within a block"
                if nested is not None
                else (
                    f"the block has {len(dividers)} lines of {'=' * size} that could divide it"
                    if dividers
                    else f"the block has no line {'=' * size}"
                )
            )
            raise _refuse(
                "malformed",
                what,
                place,
                "",
                f"divide each block by one line; where the text has such lines, use longer marks: "
                f"{'<' * (size + 2)} SEARCH, {'=' * (size + 2)}, {'>' * (size + 2)} REPLACE",
            )
        middle = dividers[0]
        blocks.append(
            _Block(
                lines[at],
                tuple(lines[above:at]),
                tuple(lines[at + 1 : middle]),
                tuple(lines[middle + 1 : end]),
            )
        )
        at = above = end + 1
    return blocks


def _end(lines: Sequence[Line], at: int, size: int) -> int:
    for number in range(at + 1, len(lines)):
        if _mark(_CLOSE, lines[number].text, size):
            return number
    raise _refuse(
        "cut_off",
        "the block that begins here has no end",
        lines[at],
        "",
        f"end it with a line `{'>' * size} REPLACE`",
    )


def _mark(pattern: re.Pattern[str], text: str, size: int) -> bool:
    return pattern.match(text) is not None and len(text) - len(text.lstrip("<=>")) == size


def _path_of(block: _Block, previous: str, shown: Shown) -> str:
    """The path above the block. Raises FormatRefused: no_path, not_shown."""
    above = [line for line in block.before if line.text.strip()]
    words: list[tuple[Line, str]] = []
    for line in reversed(above):
        info = fence(line.text)
        if info is None:
            words.append((line, line.text))
            break
        if info and " " in info:
            words.append((line, info.partition(" ")[2]))
        elif "/" in info or "." in info:
            words.append((line, info))
    for line, text in words:
        name = _DECORATION.sub("", text.strip().strip("*").rstrip(":").strip("`*"), count=1)
        name = name.strip().strip("`*").rstrip(":").strip("`*")
        if spell(name) in shown:
            return spell(name)
        if _PATH.match(name) and ("/" in name or "." in name.strip(".")):
            if block.search:
                raise not_shown(_FORMAT, shown, spell(name), line)
            return spell(name)
    # Words above it could be about another file, so only a block right behind another one has its.
    if previous and not any(fence(line.text) is None for line in above):
        return previous
    raise _refuse(
        "no_path",
        "no path stands above this block",
        block.opening,
        "",
        "write the file's path alone on the line above the block",
    )


def _refuse(code: Code, message: str, line: Line, path: str, next_step: str) -> FormatRefused:
    return FormatRefused(
        code, message, format=_FORMAT, place=line.place(), path=path, next_step=next_step
    )
