"""What processes that died left open, closed by the first one that comes after them.

Nobody else has this Heaven open, so a run without an end in the log is dead. Its edits stay in the
tree, since somebody may have built on them, and it can be resumed; but where it was being taken
back already (Ctrl-C, a lease that was denied), that is done to the end.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..heaven import Heaven
from ..heaven.errors import BlobDamaged, BlobMissing
from . import runs
from .edits import EditRefused, recover
from .errors import RunError
from .runs import Run
from .undoing import AlreadyUndone, refusal_text, take_back


@dataclass(frozen=True, slots=True)
class Dead:
    """A run whose process died, and what became of it: `str()` is a sentence for the user."""

    run: str
    message: str

    def __str__(self) -> str:
        return f"run {self.run} {self.message}"


def close_dead(heaven: Heaven, spared: str | None = None) -> tuple[Dead, ...]:
    """Finish or take back edits that were left half done, undos of runs likewise, and end every run
    whose process died, but `spared`. May itself be cut off and called again.

    Raises what `edits.recover` raises, LogFailed.
    """
    recover(heaven)
    known = runs.all_runs(heaven)
    dead = [_finished(heaven, run) for run in known if run.being_undone]
    for run in runs.close_interrupted(heaven, spared, known):
        dead.append(
            Dead(
                run.name,
                "was cut off before it ended; what it had landed is still in the tree "
                f"(`aa diff {run.name}`, and `aa resume {run.name}` goes on with it)",
            )
        )
    return tuple(dead)


def _finished(heaven: Heaven, run: Run) -> Dead:
    """Take back what is left of a run, and end it. Where that cannot be done at present (a lease of
    somebody else's, a full disk), the next one to come tries again."""
    message = run.given_up or ""
    cut = f"was cut off while its edits were being undone ({message})"
    runs.free_leases(heaven, run)
    try:
        take_back(heaven, run)
    except AlreadyUndone:
        pass
    except (EditRefused, BlobMissing, BlobDamaged) as refused:
        why = f"they could not be undone: {refusal_text(refused)}"
        runs.abandon(heaven, run, f"{message}; {why}", kept=True)
        return Dead(run.name, f"{cut}; {why}; `aa undo {run.name}` tries again")
    except (RunError, OSError) as error:
        return Dead(run.name, f"{cut}, and that cannot be finished yet: {error}")
    runs.abandon(heaven, run, message)
    return Dead(run.name, f"{cut}; they are all undone now")
