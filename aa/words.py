"""From words to values: numbers, choices, paths, symbols and revisions.

A word that is wrong is reported and replaced by a value that is right, so that lowering goes on and
finds the next mistake. A word that still holds a `${name}` without a value is not judged.
"""

from __future__ import annotations

from typing import Final, TypeVar

from .ast import Text, Word
from .diagnostic import Diagnostic, Related, did_you_mean, error, warning
from .lowered import Origin
from .span import Span

ChoiceT = TypeVar("ChoiceT", bound=str)

# Sets of characters in place of patterns: compiling those took longer than most programs do.
_HEX: Final = frozenset("0123456789abcdef")
_REVISION_START: Final = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
)
_REVISION: Final = _REVISION_START | frozenset("./~^@{}+-")
_MAX_DIGITS: Final = 30
_CLOSED: Final = frozenset({".git", ".heaven"})


def is_name(value: str) -> bool:
    """Whether it is one identifier of any of the languages that the index knows: `#` begins a
    private one of JavaScript's."""
    return value.removeprefix("#").replace("$", "_").isidentifier()


def _is_decimal(value: str) -> bool:
    digits = value[1:] if value[:1] in ("+", "-") else value
    return digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS


def _is_tree(value: str) -> bool:
    return value.startswith("tree:") and len(value) == 69 and not set(value[5:]) - _HEX


def shown(value: str) -> str:
    """A word as a message quotes it: in backticks, and cut where it is long."""
    return f"`{value}`" if len(value) <= 60 else f"`{value[:57]}...`"


class Words:
    """Reads the words of one file and collects what is wrong with them.

    `file` is the `Origin.file` of the statements; `used_at` is given for a used module and added
    to every diagnostic; `complete` is that of the expansion.
    """

    def __init__(self, file: str = "", complete: bool = True, used_at: Related | None = None):
        self.file = file
        self.diagnostics: list[Diagnostic] = []
        self._complete = complete
        self._used_at = (used_at,) if used_at else ()

    def origin(self, span: Span) -> Origin:
        return Origin(self.file, span)

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        hint: str | None = None,
        related: tuple[Related, ...] = (),
    ) -> None:
        self.diagnostics.append(
            error(
                code, message, span, file=self.file, hint=hint, related=(*related, *self._used_at)
            )
        )

    def warning(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        hint: str | None = None,
        related: tuple[Related, ...] = (),
    ) -> None:
        self.diagnostics.append(
            warning(
                code, message, span, file=self.file, hint=hint, related=(*related, *self._used_at)
            )
        )

    def open(self, word: Word | Text) -> bool:
        """Whether the word waits for a value that is missing, and so cannot be judged."""
        return not self._complete and "${" in word.value

    def number(self, word: Word, what: str, low: int, high: int) -> int:
        """A decimal number within `low` to `high`, else `low` and AA0211 or AA0212."""
        value = word.value
        if self.open(word):
            return low
        if not _is_decimal(value):
            self.error("AA0211", f"{what} must be a number, not {shown(value)}", word.span)
            return low
        number = int(value)
        if not low <= number <= high:
            self.error("AA0212", f"{what} must be {low} to {high}, not {number}", word.span)
            return low
        return number

    def choice(self, word: Word, table: dict[str, ChoiceT], code: str, what: str) -> ChoiceT:
        """The table's value for the word, else its first value and an error of `code`."""
        chosen = table.get(word.value)
        if chosen is not None:
            return chosen
        if not self.open(word):
            hint = did_you_mean(word.value, table) or "one of " + ", ".join(table)
            self.error(code, f"unknown {what} {shown(word.value)}", word.span, hint=hint)
        return next(iter(table.values()))

    def revision(self, word: Word) -> str:
        value = word.value
        if self.open(word) or _is_tree(value):
            return value
        if value.startswith("tree:"):
            self.error(
                "AA0209",
                "`tree:` takes a SHA-256: 64 lower-case hexadecimal digits",
                word.span,
            )
        elif value[:1] not in _REVISION_START or set(value) - _REVISION or ".." in value:
            self.error(
                "AA0209",
                f"{shown(value)} is no base revision",
                word.span,
                hint="a git commit, HEAD, or tree:SHA256",
            )
        return value

    def path(self, word: Word, *, directory: bool = False) -> str:
        """A path inside the repository in its one spelling: `./src//a.py` is `src/a.py`."""
        value = word.value
        if self.open(word):
            return value
        parts = [part for part in value.split("/") if part not in ("", ".")]
        problem = None
        if value.startswith("/") or (value[1:2] == ":" and value[0].isalpha()):
            problem = "is absolute"
        elif "\\" in value:
            problem = "holds a backslash"
        elif ".." in parts:
            problem = "leads out of the repository"
        elif any(part.lower() in _CLOSED for part in parts):
            problem = "leads into the repository's own state"
        elif not parts and not directory:
            problem = "names no file"
        if problem:
            self.error(
                "AA0210",
                f"{shown(value)} {problem}",
                word.span,
                hint="a path relative to the repository, with `/`",
            )
        return "/".join(parts) or "."

    def symbol(self, word: Word) -> str:
        """A symbol: `name`, `Class.method` or `path::name`."""
        value = word.value
        if self.open(word):
            return value
        path, colons, name = value.rpartition("::")
        if (colons and not path) or ":" in name or len(name.split()) != 1:
            self.error(
                "AA0213",
                f"{shown(value)} names no symbol",
                word.span,
                hint="name, Class.method or path/to/file.py::name",
            )
            return value
        if colons:
            at = Word(path, Span(word.span.line, word.span.column, len(path)))
            return f"{self.path(at)}::{name}"
        return value

    def line(self, text: Text, what: str) -> str:
        """A text that must be one line."""
        if "\n" in text.value and not self.open(text):
            self.error("AA0219", f"{what} must be one line", text.span)
        return text.value

    def words(self, text: Text, what: str) -> str:
        """A text that must say something."""
        if not text.value.strip():
            self.error("AA0218", f"{what} is empty", text.span)
        return text.value
