"""Short ways to write and stage edits in tests.

bench = EditBench(tmp_path)
bench.write("a.txt", b"one\n")
bench.apply(bench.op("replace_line", "a.txt", lines=(1,), content="eins"))
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from genesis_ssmp.heaven.errors import BlobMissing
from genesis_ssmp.proto.edit_ir import EditIR, EditOp, OpName
from genesis_ssmp.runtime.edits import Staged, prove, stage, with_proof

from .definitions import Definitions


class Blobs:
    """A blob store in memory."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        blob_id = hashlib.sha256(data).hexdigest()
        self.contents[blob_id] = data
        return blob_id

    def get_blob(self, blob_id: str) -> bytes:
        if blob_id not in self.contents:
            raise BlobMissing(blob_id)
        return self.contents[blob_id]


class EditBench:
    """A directory of files, and staging against it; nothing is landed through Heaven here."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.blobs = Blobs()
        self.symbols = Definitions(root)

    def write(self, path: str, data: bytes) -> None:
        """Write the file, and put its content in the blob store, as if it had been read."""
        where = self.root / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(data)
        self.blobs.put(data)

    def op(
        self,
        name: OpName,
        path: str,
        *,
        lines: tuple[int, ...] | None = None,
        content: str | None = None,
        symbol: str | None = None,
        template: str | None = None,
        instances: tuple[dict[str, str], ...] | None = None,
        find: str | None = None,
    ) -> EditOp:
        """The operation with all hashes that it can have, of the file as it is now."""
        op = EditOp(
            name,
            path,
            lines=lines,
            content=content,
            symbol=symbol,
            template=template,
            instances=instances,
            find=find,
        )
        if name == "add_file":
            return op
        data = (self.root / path).read_bytes()
        if lines is None:
            return replace(op, base_blob=self.blobs.put(data))
        last = lines[0] - 1 if name == "insert_lines" else lines[-1]
        return with_proof(op, prove(data, lines[0], last))

    def stage(self, *ops: EditOp) -> Staged:
        return stage(EditIR(ops), self.root, symbols=self.symbols, blobs=self.blobs)

    def apply(self, *ops: EditOp) -> None:
        """Stage, and write the outcome plainly."""
        for change in self.stage(*ops).files:
            where = self.root / change.path
            if change.after is None:
                where.unlink()
            else:
                where.parent.mkdir(parents=True, exist_ok=True)
                where.write_bytes(change.after)

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()


def tree(root: Path) -> Mapping[str, tuple[bytes | None, int]]:
    """Content (None for a directory, the target of a link) and mode of everything under `root`
    but Heaven."""
    found: dict[str, tuple[bytes | None, int]] = {}
    for where in sorted(root.rglob("*")):
        path = where.relative_to(root)
        if ".heaven" in path.parts:
            continue
        content: bytes | None = None
        if where.is_symlink():
            content = str(where.readlink()).encode()
        elif where.is_file():
            content = where.read_bytes()
        found[path.as_posix()] = (content, where.lstat().st_mode)
    return found
