"""The unified diff of a run."""

from __future__ import annotations

import difflib

from ..heaven import Heaven
from .edits import Staged
from .edits.lines import split_lines
from .history import run_history
from .runs import Run


def run_diff(heaven: Heaven, run: Run) -> bytes:
    """What the standing edits of a run changed, file by file in path order; bytes as in the files.

    Several edits of one file are one diff. `\\ No newline at end of file` as in `diff -u`.
    """
    first: dict[str, str | None] = {}
    last: dict[str, str | None] = {}
    for change in run_history(heaven, run).changes:
        first.setdefault(change.path, change.before)
        last[change.path] = change.after
    return b"".join(
        _file_diff(heaven, path, first[path], last[path])
        for path in sorted(first)
        if first[path] != last[path]
    )


def staged_diff(staged: Staged) -> bytes:
    """What a staged batch would change, as `run_diff` shows what a run changed."""
    return b"".join(_diff(change.path, change.before, change.after) for change in staged.files)


def _file_diff(heaven: Heaven, path: str, before: str | None, after: str | None) -> bytes:
    return _diff(
        path,
        None if before is None else heaven.get_blob(before),
        None if after is None else heaven.get_blob(after),
    )


def _diff(path: str, before: bytes | None, after: bytes | None) -> bytes:
    name = path.encode()
    lines = difflib.diff_bytes(
        difflib.unified_diff,
        split_lines(before or b""),
        split_lines(after or b""),
        b"/dev/null" if before is None else b"a/" + name,
        b"/dev/null" if after is None else b"b/" + name,
    )
    return b"".join(
        line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"
        for line in lines
    )
