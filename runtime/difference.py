"""The unified diff of a run."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ..heaven import Heaven
from .edits import Staged
from .edits.lines import is_binary, split_lines
from .history import Change, run_history
from .record import Record
from .runs import Run

_TO_QUOTE: Final = re.compile(rb'[\x00-\x1f"\\\x7f]')
_QUOTED: Final = {b"\t": b"\\t", b"\n": b"\\n", b"\r": b"\\r", b'"': b'\\"', b"\\": b"\\\\"}


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What a run made of one file. `before` and `after` are blob ids, None for no file; `diff` is
    as git has it, and as `git apply` and `patch -p1` take it."""

    path: str
    before: str | None
    after: str | None
    diff: bytes


def run_diff(heaven: Heaven, run: Run) -> tuple[FileDiff, ...]:
    """What the standing edits of a run changed, in path order; bytes as in the files.

    Several edits of one file are one diff. From the log alone: what is in the tree now, and whether
    the run was undone since, does not matter.
    """
    return combined(heaven, run_history(heaven, run).changes)


def combined(record: Record, changes: Iterable[Change]) -> tuple[FileDiff, ...]:
    """What these changes made together, in path order. Raises BlobMissing, BlobDamaged."""
    return tuple(_files(record, changes))


def _files(record: Record, changes: Iterable[Change]) -> Iterator[FileDiff]:
    first: dict[str, str | None] = {}
    last: dict[str, str | None] = {}
    modes: dict[str, str] = {}
    for change in changes:
        modes[change.path] = change.mode
        first.setdefault(change.path, change.before)
        last[change.path] = change.after
    for path in sorted(first):
        before, after = first[path], last[path]
        if before != after:
            old = None if before is None else record.get_blob(before)
            new = None if after is None else record.get_blob(after)
            yield FileDiff(path, before, after, file_diff(path, old, new, modes[path]))


def staged_diff(staged: Staged) -> bytes:
    """What a staged batch would change, as `run_diff` shows what a run changed."""
    return b"".join(
        file_diff(change.path, change.before, change.after, f"{change.mode:o}")
        for change in staged.files
    )


def file_diff(path: str, before: bytes | None, after: bytes | None, mode: str = "100644") -> bytes:
    """The unified diff of two contents, None for no file; a line of its own for binary files.

    `\\ No newline at end of file` as in `diff -u`. `mode` is git's, for a file that comes or goes.
    """
    old_name, new_name = _name(b"a/", path), _name(b"b/", path)
    header = b"diff --git %s %s\n" % (old_name.rstrip(b"\t"), new_name.rstrip(b"\t"))
    if before is None:
        header += b"new file mode %s\n" % mode.encode()
        old_name = b"/dev/null"
    if after is None:
        header += b"deleted file mode %s\n" % mode.encode()
        new_name = b"/dev/null"
    old, new = before or b"", after or b""
    if is_binary(old) or is_binary(new):
        names = old_name.rstrip(b"\t"), new_name.rstrip(b"\t")
        return header + b"Binary files %s and %s differ\n" % names
    lines = difflib.diff_bytes(
        difflib.unified_diff, split_lines(old), split_lines(new), old_name, new_name
    )
    return header + b"".join(
        line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"
        for line in lines
    )


def _name(prefix: bytes, path: str) -> bytes:
    """The file's name in a header, quoted as git does where a reader of lines would stumble."""
    name = prefix + path.encode()
    if _TO_QUOTE.search(name):
        return b'"%s"' % _TO_QUOTE.sub(_escape, name)
    return name + b"\t" if b" " in name else name


def _escape(found: re.Match[bytes]) -> bytes:
    return _QUOTED.get(found[0]) or b"\\%03o" % found[0][0]
