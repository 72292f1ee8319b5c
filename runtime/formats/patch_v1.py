"""GENESIS_PATCH_V1, the seed's text of edits by line number and symbol, as Edit IR."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NoReturn

from ...proto.edit_ir import EditOp
from ..edits.versions import BlobReader
from .answer import Line, fence
from .changes import Change, Normalised, check_overlap, fill
from .placing import not_shown
from .refusal import Code, Format, FormatRefused
from .shown import Shown, spell

_FORMAT: Format = "genesis_patch_v1"
MARK: Final = "GENESIS_PATCH_V1"
_END: Final = "### END"
_SECTION: Final = re.compile(r"### (REPLACE|ADD|DELETE|INSERT_AFTER)\s+(\S.*?)\s*\Z")
_LINES: Final = re.compile(r"(\S.*?)\s+(\d+)\s+(\d+)\Z")
_SYMBOL: Final = re.compile(r"(\S.*?)\s+(\S+)\Z")
_FIELDS: Final = ("MISSION:", "SYMBOLS:", "FILES:")
_USAGE: Final = {
    "REPLACE": "### REPLACE path first last",
    "DELETE": "### DELETE path first last",
    "ADD": "### ADD path",
    "INSERT_AFTER": "### INSERT_AFTER path symbol",
}


def normalise_patch(lines: Sequence[Line], shown: Shown, blobs: BlobReader) -> Normalised:
    """Raises FormatRefused, and what the blob store raises."""
    patch = _Patch(shown)
    patch.read(lines)
    check_overlap(_FORMAT, patch.changes)
    ops = [*(op for op, _ in patch.ops), *(change.op() for change in patch.changes)]
    at = [*(line for _, line in patch.ops), *(change.line for change in patch.changes)]
    return Normalised(_FORMAT, fill(_FORMAT, ops, at, shown, blobs, {}), files=patch.files)


class _Patch:
    """What the sections come to. `files` are those of the FILES line, None without one."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self.files: tuple[str, ...] | None = None
        self.changes: list[Change] = []
        self.ops: list[tuple[EditOp, Line]] = []

    def read(self, lines: Sequence[Line]) -> None:
        at = next(n for n, line in enumerate(lines) if line.text.strip() == MARK) + 1
        while at < len(lines):
            line = lines[at]
            text = line.text.strip()
            if text.startswith(_FIELDS) and not (self.ops or self.changes):
                if text.startswith("FILES:"):
                    named = text.removeprefix("FILES:").split(",")
                    self.files = tuple(spell(name.strip()) for name in named if name.strip())
                at += 1
            elif text.startswith("###"):
                at = self._section(lines, at)
            elif not text or (fence(text) == "" and self._last(lines, at)):
                at += 1
            else:
                self._refuse(
                    "malformed",
                    "this line is in no section",
                    line,
                    "begin sections with `### REPLACE path first last` or one of its kind, and "
                    "end each with `### END`; a line `### END` within the content ends it too",
                )

    def _last(self, lines: Sequence[Line], at: int) -> bool:
        return not any(line.text.strip() for line in lines[at + 1 :])

    def _section(self, lines: Sequence[Line], at: int) -> int:
        head = lines[at]
        found = _SECTION.match(head.text.strip())
        if found is None:
            self._refuse("malformed", "this begins no section", head, "; ".join(_USAGE.values()))
        end = next((n for n in range(at + 1, len(lines)) if lines[n].text.rstrip() == _END), None)
        if end is None:
            self._refuse(
                "cut_off", "the section that begins here has no end", head, f"end it with `{_END}`"
            )
        self._add(found[1], found[2], head, lines[at + 1 : end])
        return end + 1

    def _add(self, kind: str, rest: str, head: Line, body: Sequence[Line]) -> None:
        if kind == "ADD":
            content = "".join(f"{line.text}\n" for line in body)
            self.ops.append((EditOp("add_file", spell(rest), content=content), head))
            return
        found = (_SYMBOL if kind == "INSERT_AFTER" else _LINES).match(rest)
        if found is None:
            self._refuse("malformed", "the section's head lacks a word", head, _USAGE[kind])
        path = spell(found[1])
        if path not in self._shown:
            raise not_shown(_FORMAT, self._shown, path, head)
        texts = tuple(line.text for line in body)
        if kind == "INSERT_AFTER":
            content = "".join(f"{text}\n" for text in texts)
            op = EditOp("insert_after_symbol", path, symbol=found[2], content=content)
            self.ops.append((op, head))
            return
        first, last = int(found[2]), int(found[3])
        if first < 1 or last < first:
            self._refuse(
                "malformed",
                f"{first} to {last} are no lines; they count from 1, both ends included",
                head,
                _USAGE[kind],
            )
        if kind == "DELETE" and any(text.strip() for text in texts):
            self._refuse(
                "malformed",
                "a deletion has no content",
                body[0],
                "use REPLACE to put other lines in their place",
            )
        new = () if kind == "DELETE" else texts
        self.changes.append(Change(path, first - 1, last, new, head))

    def _refuse(self, code: Code, message: str, line: Line, next_step: str) -> NoReturn:
        raise FormatRefused(
            code,
            message,
            format=_FORMAT,
            place=line.place(),
            said=line.text,
            next_step=next_step,
        )
