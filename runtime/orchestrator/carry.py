"""A mission's run, carried over from its worktree's log into the repository's.

It is a run there like any other (`aa log`, `aa why`, `aa replay`), under a name that is free there,
and its record says whose mission it was. What it did to its worktree's files stays behind: what
of that reached the repository's is the landing's to say.
"""

from __future__ import annotations

from typing import Final

from ...heaven import Heaven
from ...heaven.records import Json
from ..bundle import gather
from ..edits.journal import PREPARED
from ..runs import Run, find, next_name

_CARRIED: Final = frozenset(
    {
        *("run_started", "run_resumed", "run_finished", "receipt", PREPARED),
        *("syscall_intent", "syscall_result"),
    }
)


def carry_over(source: Heaven, run: Run, heaven: Heaven, mission: str) -> Run:
    """`mission` is the swarm's and the mission's name (`s1/m3`). The run as it is there; durable.

    Raises BlobMissing, BlobDamaged, LogFailed, OSError.
    """
    events, blobs = gather(source, run)
    heaven.put_blobs(blobs.values())
    name = next_name(heaven)
    with heaven.grouped():
        for event in events:
            if event.kind not in _CARRIED:
                continue
            data: dict[str, Json] = {**event.data, "run": name}
            if event.kind == "run_started":
                data["mission"] = mission
            heaven.append(event.kind, data, sync=False)
    return find(heaven, name)
