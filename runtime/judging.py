"""The checks that need no effect: does an output fit its mode, did the last RUN go as asserted."""

from __future__ import annotations

from typing import Final

from ..aa.output_mode import admitted, kind_of, texts
from ..heaven.records import Json, JsonObject
from . import fields
from .frames import Frame, SectionFailed
from .outcome import Failure


def fitting_output(output: JsonObject, mode: str, declared: str, pc: int) -> dict[str, Json]:
    """`output` with its kind settled, and for a text the formats that are welcome. Raises
    SectionFailed where the mode does not admit it."""
    kind = fields.text(output, "kind")
    response = fields.optional_record(output, "response")
    if response is not None:
        kind = kind_of(mode, kind, _held(response))
    kinds = admitted(mode, declared)
    if kind not in kinds:
        wanted = " or ".join(sorted(kinds))
        message = f"the answer is {kind}, and output mode {mode} admits {wanted}"
        raise SectionFailed(Failure("answer", pc, message))
    fitting: dict[str, Json] = {**output, "kind": kind}
    if kind == "diff_fallback":
        welcome: list[Json] = [*texts(mode)]
        fitting["texts"] = welcome
    return fitting


def judge_passed(frame: Frame | None, kind: str, pc: int) -> None:
    """Raises SectionFailed unless the last RUN of this kind in the section passed."""
    passed = frame.passed.get(kind) if frame else None
    if passed is None:
        message = f"no RUN {kind} came before this assertion in its section"
        raise SectionFailed(Failure("check", pc, message))
    if not passed:
        raise SectionFailed(Failure("check", pc, f"the last RUN {kind} did not pass"))


def judge_exit(frame: Frame | None, comparison: str, wanted: int, pc: int) -> None:
    """Raises SectionFailed unless the section's last exit code compares so (`==`, `!=`)."""
    found = frame.last_exit if frame else None
    if found is None:
        message = "no RUN came before this assertion in its section"
        raise SectionFailed(Failure("check", pc, message))
    if (found == wanted) != (comparison == "=="):
        message = f"exit_code is {found}, not {comparison} {wanted}"
        raise SectionFailed(Failure("check", pc, message))


def _held(response: JsonObject) -> frozenset[str]:
    """The kinds of output that an angel's answer holds, whatever it says it is."""
    return frozenset(kind for kind, field in _HOLDERS.items() if response.get(field) is not None)


_HOLDERS: Final = {"edit_ir": "edit_ir", "macro_ops": "macro_ops", "diff_fallback": "diff"}
