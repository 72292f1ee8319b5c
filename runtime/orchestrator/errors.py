"""What can go wrong in planning and in a swarm, by whose fault it is."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import RunError


@dataclass(slots=True)
class BadPlan(RunError):
    """The plan cannot be carried out as it is written: its author's to mend.

    `problems` name the missions; nothing was done.
    """

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.problems)


@dataclass(slots=True)
class NothingToPlan(RunError):
    """The words lead to no file of the repository: name a file, a symbol or a message."""

    task: str

    def __str__(self) -> str:
        return (
            f"nothing in this repository matches {self.task!r}; "
            "name a file, a symbol, or words that stand in the code"
        )


@dataclass(slots=True)
class NoSuchSwarm(RunError):
    """No swarm of this name is in the log; `aa log` lists the runs of swarms."""

    swarm: str

    def __str__(self) -> str:
        if self.swarm == "last":
            return "no swarm has worked in this repository yet"
        return f"no swarm {self.swarm!r} in this repository's log"


@dataclass(slots=True)
class SwarmEnded(RunError):
    """The swarm came to its end, so there is nothing to resume: start it anew with `aa swarm`."""

    swarm: str
    status: str

    def __str__(self) -> str:
        return f"swarm {self.swarm} is not cut off, it ended: {self.status}"


@dataclass(slots=True)
class SwarmIncomplete(RunError):
    """The swarm has no end in the log: it was killed (`aa swarm --resume`), or still works."""

    swarm: str

    def __str__(self) -> str:
        return f"swarm {self.swarm} has no recorded end: it was cut off or still works"


@dataclass(slots=True)
class SwarmDivergence(RunError):
    """A replayed landing came out otherwise than recorded: the record or the code was changed."""

    swarm: str
    mission: str
    reason: str

    def __str__(self) -> str:
        return f"replay of swarm {self.swarm} diverges at mission {self.mission}: {self.reason}"


@dataclass(slots=True)
class ReceiptRefused(RunError):
    """A receipt does not speak for the tree that is to be: run the check on that tree."""

    wanted: str
    found: str
    check: str

    def __str__(self) -> str:
        return (
            f"the receipt of {self.check} is of tree {self.found[:12]}, "
            f"not of tree {self.wanted[:12]}"
        )


@dataclass(slots=True)
class BadSettings(RunError):
    """A table of genesis.toml, or a price file, is not as it should be: the user's to mend."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"
