"""A file as lines of bytes, each with its own line ending, so that what is not edited stays."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from ...proto.anchors import bare as bare
from ...proto.anchors import split_lines as split_lines

BOM = codecs.BOM_UTF8
_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Text:
    """`lines` include their endings; only the last may have none. `bare` are the same lines without
    them. `bom` stands before the first.

    A line ends with LF, and with the CR before it if there is one: a CR alone ends nothing, as for
    git and for the parsers behind the index.
    """

    bom: bytes
    lines: tuple[bytes, ...]
    bare: tuple[bytes, ...]

    @property
    def unterminated(self) -> bool:
        """Whether there is a last line and it has no line ending."""
        return bool(self.lines) and not self.lines[-1].endswith(b"\n")

    def join(self) -> bytes:
        return self.bom + b"".join(self.lines)


def split(data: bytes) -> Text:
    bom = BOM if data.startswith(BOM) else b""
    lines = split_lines(data[len(bom) :])
    if b"\r" in data:
        return Text(bom, tuple(lines), tuple([bare(line) for line in lines]))
    parts = data[len(bom) :].split(b"\n")
    return Text(bom, tuple(lines), tuple(parts[: len(lines)]))


def dominant_eol(lines: tuple[bytes, ...] | list[bytes]) -> bytes | None:
    """The ending that most lines have, the first line's where it is even; None without any."""
    crlf = len([line for line in lines if line.endswith(b"\r\n")])
    lf = len([line for line in lines if line.endswith(b"\n")]) - crlf
    if crlf == lf:
        if not lf:
            return None
        return b"\r\n" if lines[0].endswith(b"\r\n") else b"\n"
    return b"\r\n" if crlf > lf else b"\n"


def is_binary(data: bytes) -> bool:
    """Whether its lines are not lines of text: it holds NUL, or says to be UTF-16 or UTF-32."""
    return b"\0" in data or data.startswith(_WIDE)


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def show(line: bytes) -> str:
    """A line for a message."""
    return bare(line).decode("utf-8", "backslashreplace")
