"""The hashes that tie an edit to the text its author saw.

A line is hashed without its ending and followed by one newline, so that a file and its copy with
other line endings have the same hashes. A line ends with LF, and with the CR before it if there is
one; a byte order mark is no part of the first line.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

CONTEXT: Final = 3
"""Lines before and lines after the edited region that the anchor covers."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The three hashes of a region; all SHA-256 hex."""

    anchor_hash: str
    span_hash: str
    base_blob: str


def split_lines(data: bytes) -> list[bytes]:
    """The lines with their endings; only the last may have none."""
    parts = data.split(b"\n")
    last = parts.pop()
    lines = [part + b"\n" for part in parts]
    if last:
        lines.append(last)
    return lines


def bare(line: bytes) -> bytes:
    """The line without its ending."""
    if line.endswith(b"\r\n"):
        return line[:-2]
    return line[:-1] if line.endswith(b"\n") else line


def hash_lines(lines: Iterable[bytes]) -> str:
    """SHA-256 over the lines, each without its ending and with one newline."""
    return hashlib.sha256(b"".join(bare(line) + b"\n" for line in lines)).hexdigest()


def prove_lines(lines: Sequence[bytes], first: int, last: int, base_blob: str) -> Proof:
    """The hashes of lines `first`..`last` (1-based, inclusive) of a file split into `lines`.

    `last` = `first` - 1 is the insertion before line `first`. `base_blob` is the SHA-256 hex of
    the whole file.
    """
    start, end = first - 1, last
    around = [*lines[max(0, start - CONTEXT) : start], *lines[end : end + CONTEXT]]
    return Proof(hash_lines(around), hash_lines(lines[start:end]), base_blob)


def split_file(data: bytes) -> list[bytes]:
    """The lines of a whole file, a byte order mark left out."""
    return split_lines(data.removeprefix(codecs.BOM_UTF8))
