"""Lines of a file of the repository, for whoever asks outside a mission's budget."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .errors import BadSlice, NoSuchFile
from .paths import normalise, resolve_inside

MAX_LINES: Final = 10_000
MAX_FILE: Final = 64 * 1_048_576


def read_slice(root: Path, path: str, start_line: int, n: int) -> str:
    """Lines `start_line`..`start_line + n - 1` (1-based) of `path`, those that there are, line ends
    and all; bytes that are not UTF-8 become U+FFFD.

    Raises PathOutside, NoSuchFile, BadSlice (the numbers, or a file that is no text).
    """
    if start_line < 1:
        raise BadSlice(f"start_line is {start_line}; lines count from 1")
    if not 1 <= n <= MAX_LINES:
        raise BadSlice(f"n is {n}; it must be 1 to {MAX_LINES}")
    name = normalise(path)
    where = resolve_inside(root, name)
    if not where.is_file():
        raise NoSuchFile(name, "there is no such file")
    try:
        with where.open("rb") as file:
            source = file.read(MAX_FILE + 1)
    except OSError as error:
        raise NoSuchFile(name, error.strerror or "unreadable") from None
    if len(source) > MAX_FILE or b"\0" in source:
        raise BadSlice(f"{name} is no text file, or too large to be shown")
    lines = source.split(b"\n")
    chosen = b"\n".join(lines[start_line - 1 : start_line - 1 + n])
    if chosen and start_line - 1 + n < len(lines):
        chosen += b"\n"
    return chosen.decode("utf-8", "replace")
