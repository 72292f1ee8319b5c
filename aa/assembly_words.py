"""The words of assembly text: how a line is cut into tokens, how a text constant is written.

    12  loop: FAULT_SLICE "src/app.py" 1 50   ; a comment
    .line 4 "std.rename"
    MACRO "RENAME_SYMBOL" {new="Hello", old="Greet"}

`"..."` knows \\\\ \\" \\n \\t \\r and \\u{HEX}; everything that a terminal would not show as itself
is written as \\u{HEX}, so a listing hides nothing. `@3` is constant 3 whatever it is, `#3` the
number 3 where a word belongs.
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from .node import dataclass
from .span import Span

TokenKind: TypeAlias = Literal["word", "number", "text", "constant", "raw", "mark"]


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is decoded: the text without quotes, the digits without their sign."""

    kind: TokenKind
    value: str
    span: Span


class BadToken(ValueError):
    """A line that is no assembly text: the author's mistake, at `span`."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


_TOKEN: Final = re.compile(
    r"""[ \t]*(?:
        (?P<text>"[^"\\]*(?:\\.[^"\\]*)*")
      | (?P<constant>@[0-9]+)
      | (?P<raw>\#[0-9]+)
      | (?P<number>[0-9]+(?![A-Za-z0-9_.]))
      | (?P<word>[A-Za-z0-9_.]+)
      | (?P<mark>==|!=|[{}=,:])
    )""",
    re.VERBOSE,
)
_BLANK: Final = re.compile(r"[ \t]*(?:;.*)?\Z", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|(.))", re.DOTALL)
_SHORT: Final = {"\\": "\\", '"': '"', "n": "\n", "t": "\t", "r": "\r"}
_WRITTEN: Final = {char: "\\" + name for name, char in _SHORT.items()}


def tokens(text: str, line: int) -> list[Token]:
    """The tokens of one line without its end of line. Raises BadToken."""
    found: list[Token] = []
    at = 0
    while _BLANK.match(text, at) is None:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            start = at + len(text[at:]) - len(text[at:].lstrip(" \t"))
            what = "this text has no closing quote" if text[start] == '"' else "what is this?"
            raise BadToken(what, Span(line, start + 1, len(text) - start))
        group = match.lastgroup
        span = Span(line, match.start(group) + 1, match.end(group) - match.start(group))
        value = match[group]
        if group == "text":
            found.append(Token("text", _unquote(value[1:-1], span), span))
        elif group == "constant":
            found.append(Token("constant", value[1:], span))
        elif group == "raw":
            found.append(Token("raw", value[1:], span))
        elif group == "number":
            found.append(Token("number", value, span))
        else:
            found.append(Token("word" if group == "word" else "mark", value, span))
        at = match.end()
    return found


def quote(text: str) -> str:
    """The text as a token that `tokens` reads back."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_write, text)) + '"'


def visible(text: str) -> str:
    """The text on one line, with nothing in it that a terminal would act on."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _write(char) for char in text)


def _write(char: str) -> str:
    short = _WRITTEN.get(char)
    if short is not None:
        return short
    return char if char.isprintable() else f"\\u{{{ord(char):x}}}"


def _unquote(inner: str, span: Span) -> str:
    def decoded(match: re.Match[str]) -> str:
        digits, char = match[1], match[2]
        if digits is None:
            if char not in _SHORT:
                raise BadToken(f"unknown escape \\{char}", span)
            return _SHORT[char]
        value = int(digits, 16)
        if value > 0x10FFFF or 0xD800 <= value <= 0xDFFF:
            raise BadToken(f"\\u{{{digits}}} is no character", span)
        return chr(value)

    value = _ESCAPE.sub(decoded, inner) if "\\" in inner else inner
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise BadToken("the text is not UTF-8", span)
    return value
