"""From lines that an answer quotes to the one place of the shown file where they stand.

Quoted lines must be there exactly and once. Matches that overlap count; the first of several is
never taken, and white space that differs is never guessed away: both are refused, with the places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .answer import Line, bare
from .refusal import Format, FormatRefused
from .shown import Shown, Version, first_column

_LISTED = 8


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines of a file as an answer quotes them.

    `prefix` is the number of characters before the text on each line of the answer, `opening` the
    line that begins this part of the answer. `stated` (0-based) is the place that it names, and
    `trusted` says that this place may tell several matches apart.
    """

    lines: tuple[Line, ...]
    prefix: int
    opening: Line
    stated: int | None = None
    trusted: bool = False

    @property
    def texts(self) -> list[bytes]:
        return [bare(line.text[self.prefix :]) for line in self.lines]


def place_all(
    format: Format, shown: Shown, path: str, quotes: Sequence[Quote]
) -> tuple[Version, list[int]]:
    """The newest version that holds all quotes, and where (0-based) each stands in it.

    Raises FormatRefused: not_shown, no_match, several_matches, no_context; where no version fits,
    what the newest lacks.
    """
    versions = shown.versions(path)
    if not versions:
        raise not_shown(format, shown, path, quotes[0].opening)
    first: list[FormatRefused] = []
    for version in versions:
        refused: list[FormatRefused] = []
        places: list[int] = []
        for quote in quotes:
            try:
                places.append(_place(format, version, quote))
            except FormatRefused as refusal:
                refused.append(refusal)
        if not refused:
            return version, places
        first = first or refused
    head, *rest = first
    head.others = tuple(rest)
    raise head


def not_shown(format: Format, shown: Shown, path: str, line: Line) -> FormatRefused:
    return FormatRefused(
        "not_shown",
        f"no part of {path} was shown",
        format=format,
        place=line.place(),
        path=path,
        candidates=shown.near(path),
        next_step="name a file that was shown, or ask for its lines first (PF_SLICE)",
    )


def _place(format: Format, version: Version, quote: Quote) -> int:
    texts = quote.texts
    if not texts:
        if not version.text.lines:
            return 0
        raise FormatRefused(
            "no_context",
            f"there are lines to insert into {version.path}, and no line of it says where",
            format=format,
            place=quote.opening.place(),
            path=version.path,
            next_step="quote at least one line beside the place as context",
        )
    if version.text.bom:
        texts[0] = texts[0].removeprefix(version.text.bom)
    found = version.find(texts)
    if len(found) == 1:
        return found[0]
    if not found:
        raise _no_match(format, version, quote, texts)
    if quote.trusted and quote.stated in found:
        return quote.stated
    more = len(found) - _LISTED
    raise FormatRefused(
        "several_matches",
        f"these lines are in {version.path} {len(found)} times, and nothing says which is meant",
        format=format,
        place=quote.lines[0].place(quote.prefix + 1),
        path=version.path,
        candidates=(
            *(f"line {at + 1}" for at in found[:_LISTED]),
            *((f"{more} more",) if more > 0 else ()),
        ),
        next_step="quote more lines before or after, until they are there only once",
    )


def _no_match(
    format: Format, version: Version, quote: Quote, texts: Sequence[bytes]
) -> FormatRefused:
    near = version.nearest(texts, quote.stated)
    what = f"these lines are not in {version.path} as it was shown"
    next_step = "copy the lines from what was shown, every character of them"
    if near is None:
        return FormatRefused(
            "no_match",
            f"{what}; not one of them is like any line there",
            format=format,
            place=quote.lines[0].place(quote.prefix + 1),
            path=version.path,
            said=quote.lines[0].text[quote.prefix :],
            next_step=f"{next_step}, and name the file that they are in",
        )
    start, number = near
    at = start + number
    inside = 0 <= at < len(version.text.bare)
    found = version.text.bare[at] if inside else b""
    said = texts[number]
    if inside and b"".join(said.split()) == b"".join(found.split()):
        what += "; this line differs in white space only"
        next_step = "copy the line with its tabs and blanks as they were shown"
    elif not inside:
        what += "; the file " + ("ends" if at >= 0 else "begins") + " there"
    elif said.strip() in (b"...", b"# ...", b"// ..."):
        next_step = "write out what the dots stand for: every line between the first and the last"
    return FormatRefused(
        "no_match",
        what,
        format=format,
        place=quote.lines[number].place(
            quote.prefix + (first_column(said, found) if inside else 1)
        ),
        path=version.path,
        file_line=at + 1 if inside else None,
        said=said.decode("utf-8", "backslashreplace"),
        found=found.decode("utf-8", "backslashreplace") if inside else None,
        next_step=next_step,
    )
