"""Unified diffs as they are written: file heads, hunks, and what models get wrong in them.

The counts in a hunk's head are evidence, not law. Where reading by them ends at the end of a hunk
they are believed (so that a removed line `-- x` is no file head); else the hunk goes on to the next
thing that cannot be in one. A blank line stands for a blank line of context.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NoReturn, TypeAlias

from .answer import Line, fence
from .refusal import FormatRefused

Sign: TypeAlias = Literal[" ", "-", "+"]

_HEAD: Final = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_GIT: Final = "diff --git "
_PAIR: Final = re.compile(r'("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)\Z')
_ESCAPE: Final = re.compile(r'\\([0-3][0-7]{2}|[abtnvfr"\\])')
_LETTERS: Final = dict(zip("abtnvfr", "\a\b\t\n\v\f\r", strict=True))
_NULL: Final = "/dev/null"
_OTHER: Final = ("<<<<<<< SEARCH", "GENESIS_PATCH_V1")


@dataclass(frozen=True, slots=True)
class BodyLine:
    """`unended`: the line is said to have no line end (`\\ No newline at end of file`)."""

    sign: Sign
    line: Line
    unended: bool = False

    @property
    def text(self) -> str:
        return self.line.text[1:]


@dataclass(frozen=True, slots=True)
class Hunk:
    """`starts` are the line numbers in the head (old, new), None where it has none; `whole` says
    that its counts are those of `body`."""

    head: Line
    starts: tuple[int, int] | None
    body: tuple[BodyLine, ...]
    whole: bool

    def side(self, sign: Sign) -> list[BodyLine]:
        """The lines of the old side ("-") or of the new one ("+"), context included."""
        return [line for line in self.body if line.sign in (" ", sign)]


@dataclass(slots=True)
class FileDiff:
    """One file's part. `old` and `new` are paths as written, None for /dev/null; `named` are those
    of rename, copy and `diff --git` lines, which have their prefixes off."""

    head: Line
    old: str | None = None
    new: str | None = None
    named: tuple[str, str] | None = None
    how: Literal["rename", "copy", "delete", "add"] | None = None
    hunks: list[Hunk] = field(default_factory=list)


def opens_diff(lines: Sequence[Line], at: int) -> bool:
    """Whether a unified diff begins on this line."""
    text = lines[at].text
    return text.startswith(_GIT) or _HEAD.match(text) is not None or _heads(lines, at)


def parse(lines: Sequence[Line]) -> list[FileDiff]:
    """The files of a diff. Raises FormatRefused: malformed, mixed, unsupported."""
    reader = _Reader(lines)
    reader.run()
    return reader.files


class _Reader:
    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._at = 0
        self.files: list[FileDiff] = []

    def run(self) -> None:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            text = line.text
            if text.startswith(_GIT):
                self._git(line)
            elif _heads(self._lines, self._at):
                self._paths()
            elif text.startswith("@@"):
                self._hunk(line)
            elif self.files and self._extended(line):
                self._at += 1
            elif text.startswith(_OTHER):
                self._refuse(line, "a unified diff and another format are mixed", "send one", True)
            else:
                self._at += 1

    def _git(self, line: Line) -> None:
        pair = _pair(line.text.removeprefix(_GIT).rstrip())
        if pair is None:
            self._refuse(line, "this line names no two files", "write `diff --git a/PATH b/PATH`")
        self.files.append(FileDiff(line, named=pair))
        self._at += 1

    def _extended(self, line: Line) -> bool:
        """A line between `diff --git` and the hunks."""
        text, file = line.text, self.files[-1]
        word, _, rest = text.partition(" ")
        kind, _, path = rest.partition(" ")
        if file.hunks:
            return False
        if text.startswith(("old mode ", "new mode ")):
            self._unsupported(line, "the mode of a file", "leave the mode lines out")
        if text.startswith(("GIT binary patch", "Binary files ")):
            self._unsupported(line, "binary content", "leave the file out")
        if text.startswith(("new file mode ", "deleted file mode ")):
            file.how = "add" if word == "new" else "delete"
            if word == "new" and not text.endswith("0644"):
                self._unsupported(line, f"a new file of mode {text[-6:]}", "write mode 100644")
            return True
        if word in ("rename", "copy") and kind in ("from", "to"):
            file.how = "rename" if word == "rename" else "copy"
            old, new = file.named or ("", "")
            name = _plain(path)
            file.named = (name, new) if kind == "from" else (old, name)
            return True
        return False

    def _paths(self) -> None:
        line = self._lines[self._at]
        file = self.files[-1] if self.files else None
        if file is None or file.hunks or file.old is not None or file.new is not None:
            file = FileDiff(line)
            self.files.append(file)
        names = [_plain(self._lines[self._at + n].text[4:]) for n in (0, 1)]
        if names == [_NULL, _NULL]:
            self._refuse(line, "both sides are /dev/null", "name the file on one side")
        file.old, file.new = (None if name == _NULL else name for name in names)
        if file.old is None:
            file.how = "add"
        elif file.new is None:
            file.how = "delete"
        self._at += 2

    def _hunk(self, head: Line) -> None:
        if not self.files:
            self._refuse(
                head,
                "a hunk stands before the head of any file",
                "write `--- a/PATH` and `+++ b/PATH` above it",
            )
        start = self._at + 1
        found = _HEAD.match(head.text)
        starts, body, end, whole = None, None, start, False
        if found is not None:
            starts = (int(found[1]), int(found[3]))
            counts = [1 if found[n] is None else int(found[n]) for n in (2, 4)]
            body, end = self._by_counts(start, counts[0], counts[1])
            whole = body is not None
        if body is None:
            body, end = self._to_the_end(start)
        if not body:
            self._refuse(head, "the hunk has no lines", "write its lines, or leave it out")
        self.files[-1].hunks.append(Hunk(head, starts, tuple(body), whole))
        self._at = end

    def _by_counts(self, at: int, old: int, new: int) -> tuple[list[BodyLine] | None, int]:
        """The body that the counts say, None where it does not end where a hunk can."""
        body: list[BodyLine] = []
        while old > 0 or new > 0:
            line = self._lines[at] if at < len(self._lines) else None
            sign = _sign(line.text) if line is not None else None
            if line is None or sign is None:
                if line is None or not line.text.startswith("\\") or not body:
                    return None, at
                body[-1] = _unended(body[-1])
                at += 1
                continue
            old -= sign != "+"
            new -= sign != "-"
            body.append(BodyLine(sign, line))
            at += 1
        while at < len(self._lines) and self._lines[at].text.startswith("\\") and body:
            body[-1] = _unended(body[-1])
            at += 1
        ended = (old, new) == (0, 0) and self._can_end(at)
        return (body, at) if ended else (None, at)

    def _can_end(self, at: int) -> bool:
        while at < len(self._lines) and not self._lines[at].text:
            at += 1
        if at == len(self._lines) or self._ends(at) or self._lines[at].text.rstrip() == "--":
            return True
        return _sign(self._lines[at].text) is None

    def _ends(self, at: int) -> bool:
        """Whether a hunk cannot go on here."""
        text = self._lines[at].text
        return (
            text.startswith(("@@", _GIT, "Index: "))
            or fence(text) is not None
            or _heads(self._lines, at)
        )

    def _to_the_end(self, at: int) -> tuple[list[BodyLine], int]:
        body: list[BodyLine] = []
        while at < len(self._lines) and not self._ends(at):
            line = self._lines[at]
            sign = _sign(line.text)
            if sign is not None:
                body.append(BodyLine(sign, line))
            elif line.text.startswith("\\") and body:
                body[-1] = _unended(body[-1])
            elif self._rest_is_blank(at):
                break
            else:
                self._refuse(
                    line,
                    "a line of a hunk begins with a blank, `-` or `+`",
                    "begin the line so, or count the lines of the hunk right in its head",
                )
            at += 1
        # Behind the last line with a sign these are space between hunks; as context they only say
        # where the hunk stands, so that to leave them out is never wrong.
        while body and not body[-1].line.text:
            body.pop()
        return body, at

    def _rest_is_blank(self, at: int) -> bool:
        return all(not line.text.strip() for line in self._lines[at:])

    def _unsupported(self, line: Line, what: str, next_step: str) -> NoReturn:
        raise FormatRefused(
            "unsupported",
            f"an edit cannot say {what}",
            format="unified_diff",
            place=line.place(),
            next_step=next_step,
        )

    def _refuse(self, line: Line, message: str, next_step: str, mixed: bool = False) -> NoReturn:
        raise FormatRefused(
            "mixed" if mixed else "malformed",
            message,
            format="unified_diff",
            place=line.place(),
            said=line.text,
            next_step=next_step,
        )


def _heads(lines: Sequence[Line], at: int) -> bool:
    """Whether these two lines are a `---` and a `+++` line."""
    pair = [line.text for line in lines[at : at + 2]]
    return len(pair) == 2 and pair[0].startswith("--- ") and pair[1].startswith("+++ ")


def _sign(text: str) -> Sign | None:
    if not text or text == "\r" or text[0] == " ":
        return " "
    if text[0] == "-":
        return "-"
    return "+" if text[0] == "+" else None


def _unended(line: BodyLine) -> BodyLine:
    return BodyLine(line.sign, line.line, True)


def _pair(text: str) -> tuple[str, str] | None:
    """The two paths of a `diff --git` line, prefixes off. Paths with blanks are told by being the
    same on both sides."""
    half = len(text) // 2
    if text[half : half + 1] == " " and text[2:half] == text[half + 3 :] and text[:2] == "a/":
        return text[2:half], text[half + 3 :]
    found = _PAIR.match(text)
    if found is None:
        return None
    return _plain(found[1]).removeprefix("a/"), _plain(found[2]).removeprefix("b/")


def _plain(path: str) -> str:
    """A path without the time stamp behind it and unquoted: git has UTF-8 in octal escapes."""
    path = path.partition("\t")[0].strip()
    if len(path) < 2 or path[0] != '"' or path[-1] != '"':
        return path
    data = bytearray()
    at = 1
    for found in _ESCAPE.finditer(path, 1, len(path) - 1):
        data += path[at : found.start()].encode()
        code = found[1]
        data += bytes([int(code, 8)]) if len(code) == 3 else _LETTERS.get(code, code).encode()
        at = found.end()
    data += path[at:-1].encode()
    return data.decode("utf-8", "replace")
