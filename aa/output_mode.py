"""Does the output that the program declares go with the mode it is compiled for?

`hard` admits exactly the declared type, `medium` Edit IR and macro ops, `soft` anything; what an
angel really answers is checked by OUTPUT when the program runs.
"""

from __future__ import annotations

from .diagnostic import Diagnostic, error, warning
from .lowered import Unit

_ALWAYS = {
    "hard": frozenset[str](),
    "medium": frozenset({"edit_ir", "macro_ops"}),
    "soft": frozenset({"edit_ir", "macro_ops", "diff_fallback"}),
}


def admitted(mode: str, declared: str) -> frozenset[str]:
    """The kinds of output that `mode` admits of a program which declares `declared`."""
    return _ALWAYS[mode] | {declared}


def check_output_mode(unit: Unit) -> tuple[Diagnostic, ...]:
    """AA0501 and AA0502: a plain diff shows no place that can be checked, so it is kept out."""
    if unit.returns != "diff_fallback" or unit.output_mode == "soft":
        return ()
    origin = unit.returns_origin
    if unit.output_mode == "hard":
        return (
            error(
                "AA0501",
                "output mode hard does not admit diff_fallback",
                origin.span,
                file=origin.file,
                hint="return edit_ir, or compile with `--output-mode soft`",
            ),
        )
    return (
        warning(
            "AA0502",
            "output mode medium refuses a diff when the program runs",
            origin.span,
            file=origin.file,
            hint="return edit_ir, or compile with `--output-mode soft`",
        ),
    )
