"""Operands of assembly text, and the two ways in which its constants get their indexes."""

from __future__ import annotations

from typing import Final

from .assembly_words import Token, quote
from .diagnostic import did_you_mean
from .leb128 import U32_MAX
from .module import Constant
from .node import dataclass
from .opcodes import CHOICES, Kind, Operand
from .pool import Pool
from .span import Span


@dataclass(slots=True)
class Wrong(Exception):
    """Something on this line; the next line is read all the same."""

    code: str
    message: str
    span: Span
    hint: str | None = None


TEXTS: Final = ("text", "constant")


def take(words: list[Token], operand: Operand) -> list[Token]:
    """The tokens of one operand, removed from `words`."""
    end = 1
    if operand.kind is Kind.RECORD and words and words[0].value == "{":
        while end < len(words) and not (words[end - 1].value == "}" and _is_mark(words[end - 1])):
            end += 1
    taken = words[:end]
    del words[:end]
    return taken


def _is_mark(token: Token) -> bool:
    return token.kind == "mark"


def read_operand(operand: Operand, taken: list[Token], pool: Interned | Given) -> int:
    token = taken[0]
    if operand.kind in CHOICES:
        words = CHOICES[operand.kind]
        if token.kind == "raw":
            return read_number(token)
        if token.value in words and token.kind != "text":
            return words.index(token.value)
        hint = did_you_mean(token.value, words)
        raise Wrong("AA0622", f"{operand.name} is {' or '.join(words)}", token.span, hint)
    if operand.kind is Kind.INT:
        if token.kind != "number":
            raise Wrong("AA0622", f"{operand.name} is a number", token.span)
        return read_number(token)
    if token.kind == "constant":
        return pool.index(token)
    if operand.kind is Kind.TEXT:
        if token.kind != "text":
            raise Wrong("AA0622", f'{operand.name} is a text: "..."', token.span)
        return pool.text(token)
    return pool.record(read_pairs(taken, token), token)


def read_pairs(words: list[Token], at: Token) -> list[tuple[Token, Token]]:
    """The pairs of `{name="value", ...}`; names are words or texts."""
    shape = Wrong("AA0622", 'a record is written {name="value", other="value"}', at.span)
    if len(words) < 2 or words[0].value != "{" or words[-1].value != "}":
        raise shape
    if not (_is_mark(words[0]) and _is_mark(words[-1])):
        raise shape
    inner = words[1:-1]
    pairs: list[tuple[Token, Token]] = []
    for start in range(0, len(inner), 4):
        part = inner[start : start + 4]
        ends = len(part) == 3 or (len(part) == 4 and part[3].value == "," and _is_mark(part[3]))
        if not ends or part[1].value != "=" or not _is_mark(part[1]):
            raise shape
        if part[0].kind not in (*TEXTS, "word") or part[2].kind not in TEXTS:
            raise shape
        pairs.append((part[0], part[2]))
    return pairs


def read_number(token: Token, limit: int = U32_MAX) -> int:
    if not token.value.isdecimal() or not token.value.isascii():
        raise Wrong("AA0624", "a number belongs here", token.span)
    # A number of a thousand digits is not worth converting.
    if len(token.value) > 10 or int(token.value) > limit:
        raise Wrong("AA0625", f"the number is larger than {limit}", token.span)
    return int(token.value)


class Interned:
    """The pool that the code implies."""

    def __init__(self) -> None:
        self._pool = Pool()

    def constants(self) -> tuple[Constant, ...]:
        return self._pool.constants()

    def index(self, token: Token) -> int:
        message = f"constant @{token.value} is not there: the text has no .const lines"
        raise Wrong("AA0627", message, token.span)

    def text(self, token: Token) -> int:
        return self._pool.text(token.value)

    def file(self, token: Token | None, _: Span) -> int:
        if token is not None and token.kind == "constant":
            return self.index(token)
        return self._pool.text("" if token is None else token.value)

    def record(self, pairs: list[tuple[Token, Token]], at: Token) -> int:
        for token in (token for pair in pairs for token in pair):
            if token.kind == "constant":
                self.index(token)
        names = [name.value for name, _ in pairs]
        if len(set(names)) != len(names):
            raise Wrong("AA0622", "a name is twice in this record", at.span)
        return self._pool.record((name.value, value.value) for name, value in pairs)


class Given:
    """The pool that the `.const` lines spell out."""

    def __init__(self, constants: tuple[Constant, ...]) -> None:
        self._constants = constants
        self._first: dict[Constant, int] = {}
        for index, constant in enumerate(constants):
            self._first.setdefault(constant, index)

    def constants(self) -> tuple[Constant, ...]:
        return self._constants

    def index(self, token: Token) -> int:
        return read_number(token)

    def text(self, token: Token) -> int:
        return self._find(token.value, token.span)

    def file(self, token: Token | None, span: Span) -> int:
        if token is not None and token.kind == "constant":
            return read_number(token)
        return self._find("" if token is None else token.value, span)

    def record(self, pairs: list[tuple[Token, Token]], at: Token) -> int:
        found = tuple(sorted((self.text(name), self.text(value)) for name, value in pairs))
        return self._find(found, at.span)

    def _find(self, constant: Constant, span: Span) -> int:
        index = self._first.get(constant)
        if index is None:
            shown = quote(constant) if isinstance(constant, str) else "this record"
            raise Wrong("AA0627", f"no .const line has {shown}", span)
        return index
