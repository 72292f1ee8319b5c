"""Replaced lines of a shown file as Edit IR operations, with the hashes of what was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...proto.edit_ir import EditIR, EditOp
from ..edits import EditRefused, Staged, fill_hashes
from ..edits.versions import BlobReader
from .answer import Line, bare
from .refusal import Format, FormatRefused, Place, raise_all
from .shown import Shown


@dataclass(frozen=True, slots=True)
class Change:
    """Lines `start`..`end` (0-based, end exclusive) of `path` give way to `new`.

    New lines have no line feed; a carriage return at their end counts only where the file has no
    line ends of its own. `line` is where the answer says so.
    """

    path: str
    start: int
    end: int
    new: tuple[str, ...]
    line: Line

    def op(self) -> EditOp:
        content = "".join(f"{text}\n" for text in self.new)
        if self.start == self.end:
            return EditOp("insert_lines", self.path, lines=(self.start + 1,), content=content)
        lines = (self.start + 1, self.end)
        if not self.new:
            return EditOp("delete_span", self.path, lines=lines)
        return EditOp("replace_span", self.path, lines=lines, content=content)


@dataclass(frozen=True, slots=True)
class Normalised:
    """An answer as Edit IR, and what else it said that the landing must agree with.

    `files` are the files that the text itself lists, None where its format lists none. `moves` are
    (from, to) of files that a deletion and an addition stand for; `endings` say of a path, and
    where in the answer, whether its last line is to have a line end.
    """

    format: Format
    edit: EditIR
    files: tuple[str, ...] | None = None
    moves: tuple[tuple[str, str], ...] = ()
    endings: tuple[tuple[str, bool, Place], ...] = ()

    def check(self, staged: Staged) -> None:
        """Compare the staged batch with what the text said of it.

        Raises FormatRefused: final_newline, unsupported (an executable file is moved).
        """
        changes = {change.path: change for change in staged.files}
        for path, wanted, place in self.endings:
            change = changes.get(path)
            if change is not None and change.after and change.after.endswith(b"\n") != wanted:
                raise FormatRefused(
                    "final_newline",
                    f"the diff {'adds' if wanted else 'takes away'} the line end of the last line "
                    f"of {path}, and an edit leaves that as it is",
                    format=self.format,
                    place=place,
                    path=path,
                    next_step="leave the `\\ No newline at end of file` lines out",
                )
        for old, new in self.moves:
            change = changes.get(old)
            if change is not None and change.mode & 0o111:
                raise FormatRefused(
                    "unsupported",
                    f"{old} is executable, and as {new} it would not be",
                    format=self.format,
                    path=old,
                    next_step="leave the file where it is",
                )


def minimal(change: Change, old: Sequence[bytes]) -> Change:
    """The change without the lines at its edges that stay as they are; `old` are its lines."""
    new = list(map(bare, change.new))
    low = 0
    while low < min(len(old), len(new)) and old[low] == new[low]:
        low += 1
    high = 0
    while high < min(len(old), len(new)) - low and old[-1 - high] == new[-1 - high]:
        high += 1
    return Change(
        change.path,
        change.start + low,
        change.end - high,
        change.new[low : len(new) - high],
        change.line,
    )


def check_overlap(format: Format, changes: Sequence[Change]) -> None:
    """Raises FormatRefused (overlap) where two changes want one line, or insert at one place."""
    refused = []
    last: dict[str, Change] = {}
    for change in sorted(changes, key=lambda one: (one.path, one.start, one.end)):
        before = last.get(change.path)
        if before is not None and (
            change.start < before.end or (change.start, change.end) == (before.start, before.end)
        ):
            refused.append(
                FormatRefused(
                    "overlap",
                    f"this part and the one at line {before.line.number} of the answer both want "
                    f"line {change.start + 1} of {change.path}",
                    format=format,
                    place=change.line.place(),
                    path=change.path,
                    file_line=change.start + 1,
                    next_step="make them one; each part is about the file as it was shown",
                )
            )
        if before is None or change.end > before.end:
            last[change.path] = change
    raise_all(refused)


def fill(
    format: Format,
    ops: Sequence[EditOp],
    lines: Sequence[Line],
    shown: Shown,
    blobs: BlobReader,
    chosen: dict[str, str],
) -> EditIR:
    """The operations with the hashes of the shown text; `lines` are where the answer says each.

    Raises FormatRefused: nothing, not_shown, malformed.
    """
    if not ops:
        raise FormatRefused(
            "nothing",
            "the answer changes nothing",
            format=format,
            next_step="send a change, or say in words why there is none",
        )
    try:
        return fill_hashes(EditIR(tuple(ops)), shown.only(chosen), blobs)
    except EditRefused as refused:
        raise_all([_told(format, one, lines) for one in (refused, *refused.others)])
        raise


def _told(format: Format, refused: EditRefused, lines: Sequence[Line]) -> FormatRefused:
    """An edit's refusal with its place in the answer."""
    line = lines[refused.op_index] if 0 <= refused.op_index < len(lines) else None
    return FormatRefused(
        "not_shown" if refused.code == "not_shown" else "malformed",
        refused.message,
        format=format,
        place=line.place() if line is not None else None,
        path=refused.path,
        file_line=refused.line,
        candidates=refused.candidates,
        next_step=refused.next_step,
    )
