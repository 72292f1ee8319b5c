"""Which answers a program takes: what it declares, and how strictly it is held to it.

`hard` admits exactly the declared kind, and never a text. `medium` admits edit_ir, macro_ops and
the declared kind; where that is diff_fallback, a unified diff. `soft` admits any kind, by what the
answer holds, and a text in any format that is known, by what the text is.

What an angel really answers is checked by OUTPUT when the program runs.
"""

from __future__ import annotations

from typing import Final

from .diagnostic import Diagnostic, error
from .lowered import Unit

_ALWAYS: Final = {
    "hard": frozenset[str](),
    "medium": frozenset({"edit_ir", "macro_ops"}),
    "soft": frozenset({"edit_ir", "macro_ops", "diff_fallback"}),
}
_TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "hard": (),
    "medium": ("unified_diff",),
    "soft": ("genesis_patch_v1", "search_replace", "unified_diff"),
}


def admitted(mode: str, declared: str) -> frozenset[str]:
    """The kinds of output that `mode` admits of a program which declares `declared`."""
    return _ALWAYS[mode] | ({declared} if mode != "hard" or declared != "diff_fallback" else set())


def texts(mode: str) -> tuple[str, ...]:
    """The formats (of `runtime.formats`) that an answer of the kind diff_fallback may be in."""
    return _TEXTS[mode]


def kind_of(mode: str, said: str, held: frozenset[str]) -> str:
    """The kind of an answer that says it is `said` and holds the kinds `held`.

    In mode soft an answer that holds one thing is that thing, whatever it says.
    """
    if mode == "soft" and said not in held and len(held) == 1:
        return next(iter(held))
    return said


def check_output_mode(unit: Unit) -> tuple[Diagnostic, ...]:
    """AA0501: in mode hard no answer is a text that has to be matched with what was shown."""
    if unit.returns != "diff_fallback" or unit.output_mode != "hard":
        return ()
    origin = unit.returns_origin
    return (
        error(
            "AA0501",
            "output mode hard does not admit diff_fallback",
            origin.span,
            file=origin.file,
            hint="return edit_ir, or compile with `--output-mode medium`",
        ),
    )
