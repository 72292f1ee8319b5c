"""Texts of edits for tests: made from two versions of files, and landed on the first of them."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from genesis_ssmp.proto.anchors import split_lines
from genesis_ssmp.proto.pf import Excerpt
from genesis_ssmp.runtime.edits import Staged, stage
from genesis_ssmp.runtime.formats import ALL, Format, FormatRefused, normalise

from .edits import EditBench

NO_NEWLINE = "\\ No newline at end of file"


def whole(path: str, data: bytes) -> Excerpt:
    """An excerpt that shows all of a file."""
    count = len(split_lines(data))
    text = data.decode("utf-8", "replace")
    return Excerpt(path, hashlib.sha256(data).hexdigest(), 1, count, text)


class Answers:
    """Files in a directory, all of them shown; answers are staged against them."""

    def __init__(self, root: Path, files: Mapping[str, bytes]) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.bench = EditBench(root)
        for path, data in files.items():
            self.bench.write(path, data)
        self.shown: list[Excerpt] = [whole(path, data) for path, data in files.items()]

    def staged(self, answer: str, welcome: frozenset[Format] = ALL) -> Staged:
        """Raises FormatRefused, EditRefused."""
        made = normalise(answer, self.shown, self.bench.blobs, welcome=welcome)
        staged = stage(
            made.edit, self.bench.root, symbols=self.bench.symbols, blobs=self.bench.blobs
        )
        made.check(staged)
        return staged

    def after(self, answer: str) -> dict[str, bytes | None]:
        """The files that the answer changes, as they would be; None for one that is gone."""
        return {change.path: change.after for change in self.staged(answer).files}

    def refusal(self, answer: str) -> FormatRefused:
        """How the answer is refused; the test fails where it is not."""
        try:
            after = self.after(answer)
        except FormatRefused as refused:
            return refused
        raise AssertionError(f"landed: {after}")


def unified(path: str, old: bytes, new: bytes, context: int = 3) -> str:
    """What `diff -u` writes of two versions of a file."""
    before, after = ([_text(line) for line in split_lines(data)] for data in (old, new))
    out = []
    for line in difflib.unified_diff(before, after, f"a/{path}", f"b/{path}", n=context):
        out.append(line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}\n")
    return "".join(out)


def blocks(path: str, old: bytes, new: bytes, context: int = 3) -> str:
    """Search/replace blocks for two versions, both of which end with a line end."""
    before, after = _lines(old), _lines(new)
    out = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for group in matcher.get_grouped_opcodes(context):
        search = before[group[0][1] : group[-1][2]]
        replace = after[group[0][3] : group[-1][4]]
        marked = ["<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE"]
        out.append("\n".join([path, *marked, ""]))
    return "\n".join(out)


def patch_v1(path: str, old: bytes, new: bytes) -> str:
    """GENESIS_PATCH_V1 for two versions. What is inserted replaces the line beside it too."""
    before, after = _lines(old), _lines(new)
    out = ["GENESIS_PATCH_V1", "MISSION: m", f"FILES: {path}"]
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, low, high, start, end in matcher.get_opcodes():
        if tag == "delete":
            out += [f"### DELETE {path} {low + 1} {high}", "### END"]
        elif tag == "replace":
            out += [f"### REPLACE {path} {low + 1} {high}", *after[start:end], "### END"]
        elif tag == "insert" and low < len(before):
            kept = [*after[start:end], before[low]]
            out += [f"### REPLACE {path} {low + 1} {low + 1}", *kept, "### END"]
        elif tag == "insert":
            kept = [before[low - 1], *after[start:end]]
            out += [f"### REPLACE {path} {low} {low}", *kept, "### END"]
    return "\n".join([*out, ""])


def _lines(data: bytes) -> Sequence[str]:
    return [_text(line).rstrip("\n") for line in split_lines(data)]


def _text(line: bytes) -> str:
    return line.decode()
