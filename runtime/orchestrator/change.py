"""What a mission changed on the whole: from the tree that it began with to the one it ended with,
as one edit that carries the hashes of the former."""

from __future__ import annotations

from collections.abc import Mapping

from ...proto.edit_ir import EditIR, EditOp
from ..door import Entry
from ..edits.anchors import prove_text, with_proof
from ..edits.assemble import assemble
from ..edits.before import Version
from ..edits.merge import stretches
from ..edits.refusal import EditRefused
from ..edits.region import Region
from ..edits.shape import Content
from ..edits.versions import BlobReader
from ..landing import Tree, track

Entries = Mapping[str, tuple[str, str]]
"""A tree: (mode, SHA-256) by path."""


def tree_after(pinned: Entries, recorded: tuple[Entry, ...]) -> dict[str, tuple[str, str]]:
    """The tree at the end of a run that began with `pinned`, by what its record says."""
    tree = Tree(dict(pinned))
    for entry in recorded:
        if entry.op in ("EMIT", "ROLLBACK") and entry.result is not None:
            track(tree, entry.result)
    return dict(tree.entries)


def net_change(before: Entries, after: Entries, blobs: BlobReader) -> EditIR:
    """The operations, in path order; none where nothing changed. The same trees give the same edit.

    Lines where that gives the same bytes, whole files elsewhere. Raises EditRefused (binary) for a
    changed file that is no UTF-8, BlobMissing, BlobDamaged.
    """
    ops: list[EditOp] = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if (old and old[1]) == (new and new[1]):
            continue
        then = None if old is None else blobs.get_blob(old[1])
        now = None if new is None else blobs.get_blob(new[1])
        ops.extend(_file(path, then, now))
    return EditIR(tuple(ops))


def _file(path: str, then: bytes | None, now: bytes | None) -> list[EditOp]:
    if then is None:
        assert now is not None, "a path of neither tree"
        return [EditOp("add_file", path, content=_text(path, now))]
    base = Version(path, then)
    if now is None:
        return [EditOp("delete_file", path, base_blob=base.blob)]
    if not base.binary:
        lines = _lines(path, base, Version(path, now))
        if lines is not None:
            return lines
    return [EditOp("add_file", path, base_blob=base.blob, content=_text(path, now))]


def _lines(path: str, base: Version, wanted: Version) -> list[EditOp] | None:
    """The change line by line; None where that would not give exactly the wanted bytes."""
    ops: list[EditOp] = []
    regions: list[Region] = []
    for index, one in enumerate(stretches(base.text.bare, wanted.text.bare)):
        lines = tuple(wanted.text.bare[one.new_start : one.new_end])
        regions.append(
            Region(index, one.old_start, one.old_end, Content(lines, closed=True, crlf=False))
        )
        try:
            content = "".join(line.decode() + "\n" for line in lines)
        except UnicodeDecodeError:
            return None
        proof = prove_text(base.text, one.old_start + 1, one.old_end, base.blob)
        ops.append(with_proof(_operation(path, one.old_start, one.old_end, content), proof))
    if not ops or assemble(base.text, regions)[0] != wanted.data:
        return None
    return ops


def _operation(path: str, start: int, end: int, content: str) -> EditOp:
    if start == end:
        return EditOp("insert_lines", path, lines=(start + 1,), content=content)
    if not content:
        return EditOp("delete_span", path, lines=(start + 1, end))
    return EditOp("replace_span", path, lines=(start + 1, end), content=content)


def _text(path: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise EditRefused(
            "binary", "a mission changed a file that is no UTF-8 text", path=path
        ) from None
