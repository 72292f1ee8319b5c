"""What is wrong with a line that the grammar refused.

The grammar knows right lines only. Here a refused line is read again, loosely, to say which part of
it is wrong and what would be right. Works on both languages: a `Dialect` is a table of directives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import lru_cache
from typing import Literal, TypeAlias

from . import diagnostic
from .ast import Language
from .diagnostic import Diagnostic, error
from .node import dataclass
from .span import Span

# The ISA's own directives, so that an AA program which uses one can be told so. The ISA's tests
# hold this equal to its dialect.
ISA_ONLY = (
    "ISA_VERSION",
    "VERSION",
    "PROMPT_REF",
    "MODE",
    "BUDGET",
    "INVARIANT",
    "OP",
    "RUN",
    "IF_FAIL",
    "LABEL",
    "HALT",
    "USE",
)

SCOPE_TYPES = ("symbol", "module", "file", "directory")

PieceKind: TypeAlias = Literal["word", "quoted", "unclosed", "block"]

_PIECE = re.compile(
    r"""[ \t]*+(?:
      (?P<comment>\#(?![^ \t])[^\n]*)
    | (?P<block>\"{3}[^"]*+(?:""?(?!")[^"]*+)*+\"{3})
    | (?P<quoted>[^ \t\n"\#]*"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+")(?![^ \t])
    | (?P<closed>"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+")
    | (?P<unclosed>"[^\n]*)
    | (?P<word>[^ \t\n]++)
    | (?P<rest>[^ \t]))""",
    re.VERBOSE,
)


def shown(word: str) -> str:
    """A word of the program as messages quote it: 40 characters at most."""
    return word if len(word) <= 40 else word[:40] + "..."


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or a quoted text of the line; `start` counts from 0."""

    kind: PieceKind
    text: str
    start: int

    @property
    def shown(self) -> str:
        """The text, cut where it would make a message unreadable."""
        return shown(self.text)


@dataclass(slots=True)
class Line:
    """A refused line. Checks append what they find to `found`."""

    dialect: Dialect
    text: str
    number: int
    file: str
    pieces: list[Piece]
    found: list[Diagnostic] = field(default_factory=list)

    def report(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        self.found.append(error(code, message, span, file=self.file, hint=hint))

    def span(self, piece: Piece) -> Span:
        length = piece.text.find("\n")
        return Span(self.number, piece.start + 1, len(piece.text) if length < 0 else length)

    def end(self) -> Span:
        """Where the next argument would stand."""
        last = self.pieces[-1]
        return Span(self.number, last.start + len(last.text) + 1, 0)


Check: TypeAlias = Callable[[Line], None]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A language: its directives, each with what tells apart the ways of getting it wrong."""

    name: Language
    directives: Mapping[str, Check]


def explain_line(
    dialect: Dialect, text: str, number: int, file: str, offset: int
) -> list[Diagnostic]:
    """At least one error for a refused line; `offset` is where the grammar refused it."""
    line = Line(dialect, text, number, file, _pieces(text))
    keyword = line.pieces[0]
    check = dialect.directives.get(keyword.text)
    if check is None:
        _unknown_directive(line, keyword)
    else:
        check(line)
    if not line.found:
        at = text[offset : offset + 1]
        span = Span(number, offset + 1, 1) if at and "\n" not in text[:offset] else line.end()
        line.report("AA0114", "this is not expected here", span)
    return line.found


@lru_cache(maxsize=1024)
def did_you_mean(word: str, known: tuple[str, ...]) -> str | None:
    """As in `diagnostic`, remembering: a file may hold one misspelling a thousand times."""
    return diagnostic.did_you_mean(word, known)


def _pieces(text: str) -> list[Piece]:
    pieces: list[Piece] = []
    position = 0
    while match := _PIECE.match(text, position):
        position = match.end()
        group = match.lastgroup or "word"
        if group == "comment":
            continue
        kind: PieceKind = "word"
        if group in ("quoted", "closed"):
            kind = "quoted"
        elif group == "block":
            kind = "block"
        elif group == "unclosed":
            kind = "unclosed"
        value = match.group(group).strip(" \t")
        pieces.append(Piece(kind, value, match.start(group)))
    return pieces


def _unknown_directive(line: Line, keyword: Piece) -> None:
    word = keyword.text
    span = line.span(keyword)
    known = tuple(line.dialect.directives)
    leading = re.match(r"[A-Z_]*", word)
    name = leading.group() if leading else ""
    sign = word[len(name) : len(name) + 1]
    if line.text.lstrip(" \t").startswith('"""'):
        hint = 'a block opens behind its directive: DO """'
        span = Span(line.number, keyword.start + 1, 3)
        line.report("AA0125", "this fence belongs to no directive", span, hint)
    elif line.dialect.name == "aa" and name in ISA_ONLY and sign in ("", ":", "="):
        hint = "give the file the suffix .isa, where it is known"
        line.report("AA0112", f"{name} is a directive of the Genesis ISA", span, hint)
    elif name in known and sign in (":", "="):
        place = Span(line.number, keyword.start + len(name) + 1, 1)
        hint = f"write {name} and a blank"
        line.report("AA0122", f"{name} is followed by {sign!r}", place, hint)
    else:
        hint_or_none = did_you_mean(word, known) if len(word) <= 40 else None
        if hint_or_none is None and word[:1].islower():
            hint_or_none = 'a text over several lines stands between """ fences'
        line.report("AA0111", f"{keyword.shown} is not a directive", span, hint_or_none)


def words(*names: str, optional: str | None = None, skip: int = 1) -> Check:
    """A check for a directive of plain words, called `names` in messages."""

    def check(line: Line) -> None:
        check_words(line, names, optional, skip)

    return check


def check_words(line: Line, names: tuple[str, ...], optional: str | None, skip: int) -> None:
    """`names` must stand behind the first `skip` pieces, `optional` may, and nothing else."""
    head = " ".join(piece.shown for piece in line.pieces[:skip])
    shape = " ".join((head, *names, *([f"[{optional}]"] if optional else [])))
    hint = f"write {shape}"
    arguments = line.pieces[skip:]
    for piece in arguments:
        if check_closed(line, piece) and piece.kind != "word":
            line.report("AA0124", "a word is written without quotes", line.span(piece), hint)
    if len(arguments) < len(names):
        missing = names[len(arguments)]
        line.report("AA0113", f"{head} needs {missing}", line.end(), hint)
    most = len(names) + (optional is not None)
    for piece in arguments[most : most + 1]:
        line.report("AA0114", f"{piece.shown} is not expected here", line.span(piece), hint)


def check_closed(line: Line, piece: Piece) -> bool:
    """False, and reported, if the piece is a quoted text without an end."""
    if piece.kind != "unclosed":
        return True
    hint = 'close it with ", and write \\" for a quote inside'
    line.report("AA0108", "the quoted text is not closed", line.span(piece), hint)
    return False


def check_text(line: Line, skip: int, what: str) -> None:
    """One text must stand behind the first `skip` pieces."""
    head = " ".join(piece.shown for piece in line.pieces[:skip])
    arguments = line.pieces[skip:]
    if not arguments:
        line.report("AA0113", f"{head} needs {what}", line.end(), f"write {head} and {what}")
        return
    first = arguments[0]
    if not check_closed(line, first):
        return
    if len(arguments) > 1 and first.kind != "word":
        extra = arguments[1]
        mark = '"""' if first.kind == "block" else '"'
        if "\n" in line.text[: extra.start]:
            place = line.span(first)
        else:
            end = line.pieces[-1].start + len(line.pieces[-1].text)
            place = Span(line.number, extra.start + 1, end - extra.start)
        line.report(
            "AA0110",
            f"the text ends at its closing {mark}, and the line goes on",
            place,
            'drop the quotes, or write \\" for a quote inside' if mark == '"' else None,
        )


def _need(line: Line) -> None:
    if len(line.pieces) < 2:
        kinds = ", ".join(NEEDS)
        line.report("AA0113", "NEED needs a kind", line.end(), f"the kinds are {kinds}")
        return
    kind = line.pieces[1]
    check = NEEDS.get("tests" if kind.text == "test" else kind.text)
    if check is not None:
        check(line)
        return
    hint = did_you_mean(kind.text, tuple(NEEDS)) or f"the kinds are {', '.join(NEEDS)}"
    line.report("AA0115", f"{kind.shown} is not a kind of NEED", line.span(kind), hint)


def _need_search(line: Line) -> None:
    hint = 'write NEED search QUERY [K], a QUERY of several words as "..."'
    arguments = line.pieces[2:]
    if not arguments:
        line.report("AA0113", "NEED search needs QUERY", line.end(), hint)
        return
    if not all(check_closed(line, piece) for piece in arguments):
        return
    if arguments[0].kind == "block":
        line.report("AA0124", "a query cannot be a block", line.span(arguments[0]), hint)
    for piece in arguments[2:3]:
        line.report("AA0114", f"{piece.shown} is not expected here", line.span(piece), hint)
    for piece in arguments[1:2]:
        if piece.kind != "word":
            line.report("AA0124", "a word is written without quotes", line.span(piece), hint)


NEEDS: Mapping[str, Check] = {
    "symdef": words("SYMBOL", optional="full|signature|summary", skip=2),
    "callers": words("SYMBOL", optional="K", skip=2),
    "slice": words("PATH", "START", "COUNT", skip=2),
    "search": _need_search,
    "tests": words("SYMBOL", skip=2),
    "prompt": words("ID", "INDEX", skip=2),
}
"""The kinds of NEED, each with its check."""


def _lease(line: Line) -> None:
    if len(line.pieces) == 1:
        line.report("AA0113", "LEASE needs a scope", line.end(), "write LEASE file:src/app.py")
    for piece in line.pieces[1:]:
        if not check_closed(line, piece):
            continue
        if piece.kind != "word":
            line.report("AA0124", "a scope is written without quotes", line.span(piece))
            continue
        type_, colon, value = piece.text.partition(":")
        if not colon:
            cut = shown(type_)
            guess = "directory" if type_.endswith("/") else "file" if "." in type_ else "symbol"
            if type_ in SCOPE_TYPES:
                hint = f"write {type_}:VALUE without a blank"
            else:
                hint = f"write {guess}:{cut}"
            line.report("AA0116", f"{cut} has no type", line.span(piece), hint)
        elif type_ not in SCOPE_TYPES:
            hint = did_you_mean(type_, SCOPE_TYPES) or f"the types are {', '.join(SCOPE_TYPES)}"
            span = Span(line.number, piece.start + 1, len(type_))
            line.report("AA0117", f"{shown(type_) or 'this'} is not a type of scope", span, hint)
        elif not value:
            hint = f"write {type_}:VALUE without a blank"
            line.report("AA0118", f"the {type_} scope has no value", line.span(piece), hint)


def task(line: Line) -> None:
    """`DO` and `OP`: a text, or a macro with its arguments."""
    check_text(line, 1, "a text")
    if not line.found:
        for piece in line.pieces[2:]:
            check_closed(line, piece)


def _assert(line: Line) -> None:
    if len(line.pieces) > 1 and line.pieces[1].text not in ("test", "tests"):
        piece = line.pieces[1]
        hint = "write ASSERT tests SELECTOR; other conditions need the Genesis ISA (.isa)"
        line.report(
            "AA0119", "ASSERT is about tests only in Angel Assembly", line.span(piece), hint
        )
    elif len(line.pieces) == 1:
        line.report("AA0113", "ASSERT needs tests SELECTOR", line.end())
    else:
        check_text(line, 2, "a selector")


def _param(line: Line) -> None:
    hint = 'write PARAM name[:type] [default], a default with blanks as "..."'
    arguments = line.pieces[1:]
    if not arguments:
        line.report("AA0113", "PARAM needs a name", line.end(), hint)
        return
    if not all(check_closed(line, piece) for piece in arguments):
        return
    name = arguments[0]
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*(?::[A-Za-z0-9_]*)?", name.text) is None:
        before, equals, default = name.text.partition("=")
        if equals and before:
            hint = f"write PARAM {shown(before)} {shown(default)}".rstrip()
        line.report("AA0123", f"{name.shown} cannot name a parameter", line.span(name), hint)
    for piece in arguments[1:2]:
        if piece.kind == "block":
            line.report("AA0124", "a default cannot be a block", line.span(piece), hint)
    for piece in arguments[2:3]:
        line.report("AA0114", f"{piece.shown} is not expected here", line.span(piece), hint)


AA_DIRECTIVES: Mapping[str, Check] = {
    "BASE_REV": words("REVISION"),
    "LEASE": _lease,
    "NEED": _need,
    "DO": task,
    "ASSERT": _assert,
    "RETURN": words("edit_ir|macro_ops|diff_fallback"),
    "PARAM": _param,
}

AA = Dialect("aa", AA_DIRECTIVES)
