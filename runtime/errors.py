"""What can go wrong while a program runs, by whose fault it is."""

from __future__ import annotations

from dataclasses import dataclass


class RunError(Exception):
    """The run cannot start or go on for a reason outside the program; nothing half-done is left."""


@dataclass(slots=True)
class ReplayDivergence(RunError):
    """A replayed program asked for something else than the recorded one.

    The bytecode, the VM or the record was changed since. `expected` and `actual` show pc, opcode
    and operands; replay with the bytecode that the run was pinned to (`aa log RUN` names it).
    """

    seq: int
    pc: int
    line: str
    reason: str
    expected: str | None
    actual: str

    def __str__(self) -> str:
        where = f" ({self.line})" if self.line else ""
        expected = self.expected or "no further syscall"
        return (
            f"replay diverges at pc {self.pc}{where}, syscall {self.seq}: {self.reason}\n"
            f"  recorded: {expected}\n  now:      {self.actual}"
        )


@dataclass(slots=True)
class BaseRevMismatch(RunError):
    """BASE_REV names a revision that is not what is checked out: the user's to reconcile.

    Check out the revision, or write `BASE_REV HEAD` to work on what is there.
    """

    wanted: str
    found: str

    def __str__(self) -> str:
        return (
            f"BASE_REV {self.wanted} is not what is checked out here ({self.found}); "
            "check that revision out, or use BASE_REV HEAD"
        )


@dataclass(slots=True)
class NoSuchRun(RunError):
    """No run of this name is in the log; `aa log` lists them."""

    run: str

    def __str__(self) -> str:
        if self.run == "last":
            return "nothing was run in this repository yet"
        return f"no run {self.run!r} in this repository's log; `aa log` lists the runs"


@dataclass(slots=True)
class RunIncomplete(RunError):
    """The run has no end in the log: it was killed, or is still going."""

    run: str

    def __str__(self) -> str:
        return f"run {self.run} has no recorded end: it was interrupted or is still going"


@dataclass(slots=True)
class RunEnded(RunError):
    """The run came to its end, so there is nothing to resume: start it anew with `aa run`."""

    run: str
    status: str

    def __str__(self) -> str:
        return f"run {self.run} is not cut off, it ended: {self.status}; there is nothing to resume"


@dataclass(slots=True)
class AngelInDoubt(RunError):
    """The process died between asking an angel and recording its answer.

    Whether the answer was paid for is not known here. The program allows asking again where the
    section has IF_FAIL RETRY; else the user must (`aa resume RUN --ask-again`).
    """

    run: str
    pc: int
    line: str
    task: str

    def __str__(self) -> str:
        where = f" ({self.line})" if self.line else ""
        return (
            f"run {self.run} died while it waited for an answer at pc {self.pc}{where}: "
            f"{self.task!r} may have been answered, and paid for, already.\n"
            f"Its section has no IF_FAIL RETRY that would allow asking again; "
            f"`aa resume {self.run} --ask-again` does"
        )


class RunOutdated(RunError):
    """The run died while it waited for an angel under an earlier version, whose question cannot be
    put again: start the program anew."""

    def __str__(self) -> str:
        return (
            "the run was cut off while it waited for an angel, by an earlier version of Genesis; "
            "start the program anew"
        )


@dataclass(slots=True)
class RunDamaged(RunError):
    """A record of the run is not what its hash says; the file or the log was changed by hand."""

    run: str
    reason: str

    def __str__(self) -> str:
        return f"the record of run {self.run} is damaged: {self.reason}"


@dataclass(slots=True)
class AngelUnavailable(RunError):
    """No angel is configured, or the configured one cannot be used: the environment's fault."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(slots=True)
class LeaseDenied(RunError):
    """Another run holds what this program leases; wait for it, or see `aa status`."""

    denied: tuple[str, ...]

    def __str__(self) -> str:
        return "already leased by another run: " + ", ".join(self.denied)
