"""What a pass has to say about a program: one value, printed by the `render_*` functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from .node import dataclass
from .span import Span

if TYPE_CHECKING:
    from .source import Source

Severity: TypeAlias = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that explains the first: "the label is already here"."""

    message: str
    span: Span
    file: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `message` is one line without a full stop at its end. `file` is the `Source.name` that `span`
    counts in; "" where only one file is in play. `hint` says what to do about it.
    """

    code: str
    severity: Severity
    message: str
    span: Span
    file: str = ""
    hint: str | None = None
    related: tuple[Related, ...] = ()


def error(
    code: str,
    message: str,
    span: Span,
    *,
    file: str = "",
    hint: str | None = None,
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    """A diagnostic that keeps the program from being compiled."""
    return Diagnostic(code, "error", message, span, file, hint, related)


def warning(
    code: str,
    message: str,
    span: Span,
    *,
    file: str = "",
    hint: str | None = None,
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    """A diagnostic about a program that compiles and may not do what was meant."""
    return Diagnostic(code, "warning", message, span, file, hint, related)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """True if any of them keeps the program from being compiled."""
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)


def suggest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `word` was probably meant to be, or None."""
    if not word or len(word) > 64:
        return None
    from difflib import get_close_matches

    candidates = list(known)
    close = get_close_matches(word, candidates, n=1, cutoff=0.6)
    if close:
        return close[0]
    folded = {candidate.casefold(): candidate for candidate in candidates}
    close = get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The hint "did you mean X?", or None where nothing is close."""
    best = suggest(word, known)
    return None if best is None else f"did you mean {best}?"


def render_text(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source], color: bool = False
) -> str:
    """For people: message, source line with carets, hint, related places; ends in a newline.

    `sources` maps `Diagnostic.file` to its text; a file that is not in it is shown without lines.
    At most 200 findings a file are printed, then a note says how many more there are. "" for none.
    """
    from .render import text

    return text(diagnostics, sources, color)


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """For programs: a JSON array with one object a finding, all of them, and a newline."""
    from .render import as_json

    return as_json(diagnostics)


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """For GitHub Actions: one workflow command a finding, capped as in `render_text`."""
    from .render import github

    return github(diagnostics)
