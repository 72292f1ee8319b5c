"""What a cut-off run had landed, taken over from the journal by the process that resumes it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from ..heaven import Heaven
from .edits import from_event
from .edits.journal import LANDED, STAGED, Landed, edit_id_of
from .errors import RunDamaged


class Trail:
    """The edits of a run that are on disk, in the order in which they landed.

    Those of recorded syscalls are taken one by one as the calls are gone through again. What is
    left then belongs to the syscall that the process died in.
    """

    def __init__(self, run: str, landed: Iterable[Landed] = (), since: int = 0) -> None:
        """`since` is the number of the event that began the syscall that the process died in."""
        self._run = run
        self.since = since
        self._landed = deque(landed)

    def __len__(self) -> int:
        return len(self._landed)

    def take(self) -> Landed:
        """The next one. Raises RunDamaged where the log has a syscall for it and no edit."""
        if not self._landed:
            raise RunDamaged(self._run, "an edit is recorded that its journal does not have")
        return self._landed.popleft()


def trail_of(heaven: Heaven, run: str, since: int) -> Trail:
    """Call it after `edits.recover`, which closes what a crash left open. Raises BadJournal."""
    begun: dict[str, Landed] = {}
    landed: list[Landed] = []
    for event in heaven.events(kinds=(STAGED, LANDED)):
        if event.kind == STAGED and event.data.get("run") == run:
            begun[edit_id_of(event)] = from_event(event).edit
        elif event.kind == LANDED and edit_id_of(event) in begun:
            landed.append(begun.pop(edit_id_of(event)))
    return Trail(run, landed, since)
