"""Missions printed as ISA programs, which a person can read, edit and run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...aa.macros import SIGNATURES
from ...aa.texts import quote
from ...proto.mission import Mission

RETRIES: Final = 2


def program_text(
    mission: Mission,
    *,
    needs: Sequence[str] = (),
    checks: Sequence[str] = ("RUN test",),
    invariants: Sequence[str] = (),
    heading: Sequence[str] = (),
    retries: int = RETRIES,
    handlers: Sequence[str] = ("IF_FAIL ESCALATE",),
) -> str:
    """The program of a mission: its leases, the context it `needs`, its tasks, its `checks`.

    `needs` and `checks` are lines; `heading` becomes comments at the top. The same mission gives
    the same text.
    """
    lines = [f"# {_line(text)}" for text in heading]
    lines += [
        "ISA_VERSION 0",
        "",
        f"BASE_REV {mission.base_rev}",
        "MODE SOLO",
        f"BUDGET {mission.token_budget}",
    ]
    if mission.scopes:
        scopes = " ".join(f"{one.scope_type}:{one.scope_value}" for one in mission.scopes)
        lines.append(f"LEASE {scopes}")
    lines += [f"INVARIANT {text}" for text in invariants]
    if needs:
        lines += ["", *needs]
    if mission.tasks:
        lines += ["", *(f"OP {op_text(task)}" for task in mission.tasks)]
    if checks:
        lines += ["", *checks]
        lines += [f"IF_FAIL RETRY {retries}"] if mission.tasks else []
        lines += handlers
    return "\n".join(lines) + "\n"


def op_text(task: str) -> str:
    """A task as the argument of OP: as it is where it is one plain line, else quoted."""
    text = task.strip().replace("${", "$${")
    special = any(character in text for character in '#"\\') or not text.isprintable()
    # The name of a macro op would be taken for the op itself.
    return quote(text) if special or text.partition(" ")[0] in SIGNATURES else text


def _line(text: str) -> str:
    return " ".join(text.split())
