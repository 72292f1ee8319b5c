"""A repository with an open Heaven, and an edit that changes files in every way."""

from __future__ import annotations

from pathlib import Path

from genesis_ssmp.proto.edit_ir import EditIR, EditOp
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.runtime.edits import Landed, Staged, land, prove, stage, with_proof

from .definitions import Definitions
from .edits import tree
from .heaven import HeavenHome

FILES = {
    "a.txt": b"one\ntwo\nthree\n",
    "bin/run.sh": b"#!/bin/sh\necho hi\n",
    "d/gone.txt": b"gone\n",
    "d/stays.txt": b"stays\n",
}
AFTER = {
    "a.txt": b"one\nTWO\nthree\n",
    "bin/run.sh": b"#!/bin/sh\necho bye\n",
    "d/stays.txt": b"stays\n",
    "new/deep/n.txt": b"n\n",
}


class House:
    """A repository of three files with an open Heaven and a lease on all of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for path, data in FILES.items():
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_bytes(data)
        (root / "bin/run.sh").chmod(0o750)
        self.home = HeavenHome(root)
        self.heaven = self.home.heaven
        self.heaven.acquire("me", "m", [Scope("directory", ".")])

    def stage(self, *ops: EditOp) -> Staged:
        return stage(EditIR(ops), self.root, symbols=Definitions(self.root), blobs=self.heaven)

    def line(self, path: str, number: int, content: str) -> EditOp:
        op = EditOp("replace_line", path, lines=(number,), content=content)
        return with_proof(op, prove((self.root / path).read_bytes(), number, number))

    def four(self) -> Staged:
        """One change of each kind, in new and old directories."""
        base = prove(FILES["d/gone.txt"], 1, 1).base_blob
        return self.stage(
            self.line("a.txt", 2, "TWO"),
            self.line("bin/run.sh", 2, "echo bye"),
            EditOp("add_file", "new/deep/n.txt", content="n\n"),
            EditOp("delete_file", "d/gone.txt", base_blob=base),
        )

    def land(self, staged: Staged) -> Landed:
        return land(staged, self.heaven, run="r", owner_id="me")

    def kinds(self) -> list[str]:
        return [event.kind for event in self.heaven.events() if "lease" not in event.kind]


def contents(root: Path) -> dict[str, bytes]:
    return {path: data for path, (data, _) in tree(root).items() if data is not None}
