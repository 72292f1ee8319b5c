"""A unified diff as Edit IR: every hunk on the one place where its old lines stand."""

from __future__ import annotations

from collections.abc import Sequence

from ...proto.edit_ir import EditOp
from ..edits.lines import bare as file_bare
from ..edits.lines import dominant_eol
from ..edits.versions import BlobReader
from .answer import Line, bare, open_fence
from .changes import Change, Normalised, check_overlap, fill
from .diff_text import BodyLine, FileDiff, Hunk, parse
from .placing import Quote, not_shown, place_all
from .refusal import Code, Format, FormatRefused, Place, raise_all
from .shown import Shown, Version, spell

_FORMAT: Format = "unified_diff"


def normalise_diff(lines: Sequence[Line], shown: Shown, blobs: BlobReader) -> Normalised:
    """Raises FormatRefused, and what the blob store raises.

    Line numbers in hunk heads count only where a file's heads agree with their bodies and with each
    other, and the old lines of all its hunks stand where they say: then they tell apart several
    places with the same lines. Otherwise the old lines alone say where a hunk belongs.
    """
    opened = open_fence(lines)
    if opened is not None:
        raise FormatRefused(
            "cut_off",
            "the code fence that begins here is not closed: the answer is not all there",
            format=_FORMAT,
            place=opened.place(),
            next_step="send the whole diff again, or part of it",
        )
    batch = _Batch(shown, blobs)
    refused: list[FormatRefused] = []
    for file in parse(lines):
        try:
            batch.add(file)
        except FormatRefused as refusal:
            refused.extend((refusal, *refusal.others))
            refusal.others = ()
    raise_all(refused)
    return batch.finish()


class _Batch:
    """What the files of a diff come to."""

    def __init__(self, shown: Shown, blobs: BlobReader) -> None:
        self._shown = shown
        self._blobs = blobs
        self._changes: list[Change] = []
        self._ops: list[tuple[EditOp, Line]] = []
        self._chosen: dict[str, str] = {}
        self._moves: list[tuple[str, str]] = []
        self._endings: list[tuple[str, bool, Place]] = []

    def finish(self) -> Normalised:
        check_overlap(_FORMAT, self._changes)
        listed = [*self._ops, *((change.op(), change.line) for change in self._changes)]
        ops, lines = [op for op, _ in listed], [line for _, line in listed]
        edit = fill(_FORMAT, ops, lines, self._shown, self._blobs, self._chosen)
        return Normalised(_FORMAT, edit, moves=tuple(self._moves), endings=tuple(self._endings))

    def add(self, file: FileDiff) -> None:
        old, new = self._paths(file)
        if old is None:
            assert new is not None  # the parser saw to it
            self._create(file, new)
            return
        if not file.hunks and new is not None and file.how not in ("rename", "copy"):
            if file.named is not None and file.old is None:
                return  # `diff --git` and nothing else: an empty change
            raise _refuse("malformed", "the file has no hunks", file.head, old, "write its hunks")
        version, changes = self._placed(file, old)
        if new is None:
            self._delete(file, version, changes)
        elif new != old:
            self._move(file, version, changes, new)
        else:
            self._choose(version, file.head)
            self._changes += changes
            self._ending(file, old)

    def _paths(self, file: FileDiff) -> tuple[str | None, str | None]:
        """The old and the new path, prefixes off; None for none."""
        if file.how == "rename" or file.how == "copy":
            assert file.named is not None  # its lines gave them
            return spell(file.named[0]), spell(file.named[1])
        if file.old is None and file.new is None:
            assert file.named is not None  # else there would be no head
            old, new = file.named
            if file.how == "add":
                return None, spell(new)
            return spell(old), None if file.how == "delete" else spell(new)
        git = file.named is not None
        if file.old is None or file.new is None:
            path = file.new if file.old is None else file.old
            assert path is not None  # the parser refuses /dev/null twice
            name = self._one_side(file, path, git)
            return (None, name) if file.old is None else (name, None)
        old, new = file.old, file.new
        if old.startswith("a/") and new.startswith("b/") and (git or old[2:] == new[2:]):
            return spell(old[2:]), spell(new[2:])
        sides = (old, new, _stripped(old), _stripped(new))
        known = [path for path in dict.fromkeys(map(spell, sides)) if path in self._shown]
        if spell(old) == spell(new):
            path = known[0] if known else spell(old)
            return path, path
        if len(known) == 1 and not git:
            # One side alone has a prefix, or is the name of a copy (`x.py.orig`).
            return known[0], known[0]
        if _stripped(old) == _stripped(new):
            return spell(_stripped(old)), spell(_stripped(new))
        if spell(old) != spell(new) and not git:
            raise _refuse(
                "unclear_path",
                f"the two sides name different files, {old} and {new}",
                file.head,
                old,
                "name one file on both, or write `rename from` and `rename to` lines",
            )
        return spell(old), spell(new)

    def _one_side(self, file: FileDiff, path: str, git: bool) -> str:
        """The path of a file that is on one side only, where a prefix is nothing's equal."""
        side = "b/" if file.old is None else "a/"
        if not path.startswith(side):
            return spell(path)
        if git or not any(known.startswith(side) for known in self._shown.paths):
            return spell(path[2:])
        raise _refuse(
            "unclear_path",
            f"{path} is a path of this repository, or {path[2:]} with a prefix",
            file.head,
            path,
            "write a line `diff --git a/PATH b/PATH` above",
        )

    def _placed(self, file: FileDiff, path: str) -> tuple[Version, list[Change]]:
        if path not in self._shown:
            raise not_shown(_FORMAT, self._shown, path, file.head)
        if not file.hunks:
            return self._shown.versions(path)[0], []
        trusted = _agree(file.hunks)
        quotes = [_quote(hunk, trusted) for hunk in file.hunks]
        if trusted and not self._stand_there(path, quotes):
            quotes = [_quote(hunk, False) for hunk in file.hunks]
        version, places = place_all(_FORMAT, self._shown, path, quotes)
        changes: list[Change] = []
        for hunk, place in zip(file.hunks, places, strict=True):
            changes += _changes(path, hunk, place)
        return version, changes

    def _stand_there(self, path: str, quotes: Sequence[Quote]) -> bool:
        """Whether in some version all quotes stand where their heads say."""
        return any(
            all(
                quote.stated is not None
                and quote.stated in (version.find(quote.texts) if quote.texts else ())
                for quote in quotes
            )
            for version in self._shown.versions(path)
        )

    def _choose(self, version: Version, line: Line) -> None:
        known = self._chosen.setdefault(version.path, version.blob)
        if known != version.blob:
            raise _refuse(
                "no_match",
                f"the parts of the diff fit different versions of {version.path}",
                line,
                version.path,
                "write all of them against the version that was shown last",
            )

    def _create(self, file: FileDiff, path: str) -> None:
        body = [line for hunk in file.hunks for line in hunk.body]
        for one in body:
            if one.sign != "+":
                raise _refuse(
                    "malformed",
                    f"{path} is a new file, and this line is said to be there already",
                    one.line,
                    path,
                    "begin every line with `+`",
                )
        content = "".join(f"{line.text}\n" for line in body)
        if body and body[-1].unended:
            content = content[:-1]
        self._ops.append((EditOp("add_file", path, content=content), file.head))

    def _delete(self, file: FileDiff, version: Version, changes: Sequence[Change]) -> None:
        gone = {line for change in changes for line in range(change.start, change.end)}
        kept = next((n for n in range(len(version.text.lines)) if n not in gone), None)
        if file.hunks and (kept is not None or any(change.new for change in changes)):
            raise FormatRefused(
                "no_match",
                f"the diff deletes {version.path} and does not remove all of its lines",
                format=_FORMAT,
                place=file.head.place(),
                path=version.path,
                file_line=None if kept is None else kept + 1,
                found=None if kept is None else _show(version.text.bare[kept]),
                next_step="remove every line, or give both sides a path to change the file",
            )
        self._choose(version, file.head)
        self._ops.append((EditOp("delete_file", version.path), file.head))

    def _move(self, file: FileDiff, version: Version, changes: Sequence[Change], new: str) -> None:
        """A deletion and an addition. Nothing is lost by a move, so not all has to be shown."""
        check_overlap(_FORMAT, changes)
        try:
            content = _changed(version, changes).decode()
        except UnicodeDecodeError:
            raise _refuse(
                "unsupported",
                f"{version.path} is not UTF-8, and cannot be moved by an edit",
                file.head,
                version.path,
                "leave the file where it is",
            ) from None
        if file.how != "copy":
            op = EditOp("delete_file", version.path, base_blob=version.blob)
            self._ops.append((op, file.head))
            self._moves.append((version.path, new))
        self._ops.append((EditOp("add_file", new, content=content), file.head))
        self._ending(file, new)

    def _ending(self, file: FileDiff, path: str) -> None:
        """Note what the diff says of the last line's end, where it says something."""
        for hunk in file.hunks:
            if any(line.unended for line in hunk.body):
                side = hunk.side("+")
                if side:
                    last = side[-1]
                    self._endings.append((path, not last.unended, last.line.place()))


def _stripped(path: str) -> str:
    return path[2:] if path.startswith(("a/", "b/")) else path


def _quote(hunk: Hunk, trusted: bool) -> Quote:
    old = tuple(line.line for line in hunk.side("-"))
    stated = None if hunk.starts is None else hunk.starts[0] - 1
    return Quote(old, 1, hunk.head, stated, trusted)


def _agree(hunks: Sequence[Hunk]) -> bool:
    """Whether the heads count their bodies right and differ by what the hunks above add."""
    shift = 0
    for hunk in hunks:
        if hunk.starts is None or not hunk.whole:
            return False
        old, new = len(hunk.side("-")), len(hunk.side("+"))
        # Of an empty side a head names the line before.
        first_old, first_new = hunk.starts[0] + (old == 0), hunk.starts[1] + (new == 0)
        if first_new - first_old != shift:
            return False
        shift += new - old
    return True


def _changes(path: str, hunk: Hunk, place: int) -> list[Change]:
    """The runs of removed and added lines between lines of context."""
    changes: list[Change] = []
    at = place
    run: list[BodyLine] = []
    for line in (*hunk.body, None):
        if line is not None and line.sign != " ":
            run.append(line)
            continue
        if run:
            gone = [one for one in run if one.sign == "-"]
            new = [one for one in run if one.sign == "+"]
            _check_line_ends(path, gone, new)
            if [one.text for one in gone] != [one.text for one in new]:
                texts = tuple(one.text for one in new)
                changes.append(Change(path, at, at + len(gone), texts, run[0].line))
            at += len(gone)
            run = []
        at += 1
    return changes


def _check_line_ends(path: str, gone: Sequence[BodyLine], new: Sequence[BodyLine]) -> None:
    before, after = [one.text for one in gone], [one.text for one in new]
    if before != after and list(map(bare, before)) == list(map(bare, after)):
        raise _refuse(
            "unsupported",
            "the lines differ in their line ends only, and an edit leaves those as they are",
            new[0].line,
            path,
            "leave these lines out",
        )


def _changed(version: Version, changes: Sequence[Change]) -> bytes:
    """The version with the changes made; line ends and the end of the last line stay."""
    lines = list(version.text.lines)
    eol = dominant_eol(lines) or b"\n"
    for change in sorted(changes, key=lambda one: -one.start):
        lines[change.start : change.end] = [bare(text) + eol for text in change.new]
    whole = [line if line.endswith(b"\n") else line + eol for line in lines]
    if version.text.unterminated and whole:
        whole[-1] = file_bare(whole[-1])
    return version.text.bom + b"".join(whole)


def _show(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace")


def _refuse(code: Code, message: str, line: Line, path: str, next_step: str) -> FormatRefused:
    return FormatRefused(
        code, message, format=_FORMAT, place=line.place(), path=path, next_step=next_step
    )
