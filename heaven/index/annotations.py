"""Type annotations, quoted ones included, read down to the names that say what a value is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(
    r"(?P<name>[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*)"
    r"|(?P<quoted>[A-Za-z]{0,2}(?:'[^'\n]*'|\"[^\"\n]*\"))"
    r"|(?P<mark>[\[\]|,(){}])|(?P<blank>\s+)|(?P<other>.)",
    re.DOTALL,
)
_PART: Final = re.compile(r"[^\W\d]\w*")
_MAX_DEPTH: Final = 20


@dataclass(slots=True)
class TypeNode:
    """`at` is the byte where the (last part of the) name starts; -1 where the form has none."""

    form: str
    at: int = -1
    arguments: list[TypeNode] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class QuotedName:
    """A name inside a quoted annotation; `on` is the byte of the part before its dot, or -1."""

    name: str
    start: int
    end: int
    on: int


def read_annotation(source: bytes, start: int, end: int) -> tuple[TypeNode, list[QuotedName]]:
    """The type written at `start`..`end` (bytes), and the names that stand inside quotes in it."""
    reader = _Reader([], [])
    reader.tokenise(source[start:end], start, False)
    node = reader.union(0)
    return node, reader.quoted


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    parts: list[tuple[str, int, int]]
    in_quotes: bool
    inner: tuple[bytes, int] | None = None


@dataclass(slots=True)
class _Reader:
    tokens: list[_Token]
    quoted: list[QuotedName]
    position: int = 0

    def tokenise(self, text: bytes, base: int, in_quotes: bool) -> None:
        decoded = text.decode("utf-8", errors="surrogateescape")
        plain = decoded.isascii()

        def offset(characters: int) -> int:
            if plain:
                return base + characters
            return base + len(decoded[:characters].encode("utf-8", errors="surrogateescape"))

        for match in _TOKEN.finditer(decoded):
            kind = match.lastgroup or "other"
            if kind == "blank":
                continue
            token = _Token(kind, match.group(), [], in_quotes)
            if kind == "name":
                first = match.start()
                token.parts = [
                    (part.group(), offset(first + part.start()), offset(first + part.end()))
                    for part in _PART.finditer(match.group())
                ]
            elif kind == "quoted":
                opening = match.group().find(match.group()[-1])
                inside = match.group()[opening + 1 : -1]
                token.inner = (
                    inside.encode("utf-8", errors="surrogateescape"),
                    offset(match.start() + opening + 1),
                )
            self.tokens.append(token)

    def peek(self) -> str:
        if self.position >= len(self.tokens):
            return ""
        token = self.tokens[self.position]
        return token.text if token.kind == "mark" else token.kind

    def union(self, depth: int) -> TypeNode:
        node = self.alternatives(depth)
        return TypeNode("unknown") if node.form == "none" else node

    def alternatives(self, depth: int) -> TypeNode:
        found = [self.term(depth)]
        while self.peek() == "|":
            self.position += 1
            found.append(self.term(depth))
        return _one_of(found)

    def term(self, depth: int) -> TypeNode:
        if self.position >= len(self.tokens) or depth > _MAX_DEPTH:
            self.position = len(self.tokens)
            return TypeNode("unknown")
        token = self.tokens[self.position]
        if token.kind == "mark" and token.text in "],)}":
            return TypeNode("unknown")
        self.position += 1
        if token.kind == "quoted" and token.inner is not None:
            return self.quoted_type(token.inner, token.in_quotes, depth)
        if token.kind == "mark" and token.text in "[({":
            closing = {"[": "]", "(": ")", "{": "}"}[token.text]
            inner = self.arguments(closing, depth + 1)
            return inner[0] if token.text == "(" and len(inner) == 1 else TypeNode("unknown")
        if token.kind != "name":
            return TypeNode("unknown")
        if token.text == "None":
            return TypeNode("none")
        if token.in_quotes:
            before = -1
            for name, start, end in token.parts:
                self.quoted.append(QuotedName(name, start, end, before))
                before = start
        last, at, _ = token.parts[-1]
        if self.peek() != "[":
            return TypeNode("name", at)
        self.position += 1
        if last == "Literal":
            self.skip_brackets()
            return TypeNode("unknown")
        arguments = self.arguments("]", depth + 1, 1 if last == "Annotated" else None)
        if last in ("Optional", "Union"):
            return _one_of(arguments)
        if last in ("Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly"):
            return arguments[0] if arguments else TypeNode("unknown")
        known = [TypeNode("unknown") if node.form == "none" else node for node in arguments]
        return TypeNode("generic", at, known)

    def arguments(self, closing: str, depth: int, types: int | None = None) -> list[TypeNode]:
        """The arguments up to `closing`; those after the first `types` are no types (Annotated)."""
        found: list[TypeNode] = []
        while self.position < len(self.tokens) and self.peek() != closing:
            if types is not None and len(found) >= types:
                self.skip_brackets()
                return found
            before = self.position
            if depth > _MAX_DEPTH:
                self.position = len(self.tokens)
                break
            node = self.alternatives(depth)
            found.append(node)
            while self.position < len(self.tokens) and self.peek() not in (",", closing):
                self.position += 1
            if self.peek() == ",":
                self.position += 1
            if self.position == before:
                self.position += 1
        self.position += 1
        return found

    def skip_brackets(self) -> None:
        depth = 1
        while self.position < len(self.tokens) and depth:
            mark = self.peek()
            depth += (mark in ("[", "(", "{")) - (mark in ("]", ")", "}"))
            self.position += 1

    def quoted_type(self, inner: tuple[bytes, int], nested: bool, depth: int) -> TypeNode:
        if nested:
            return TypeNode("unknown")
        reader = _Reader([], self.quoted)
        reader.tokenise(inner[0], inner[1], True)
        return reader.union(depth + 1)


def _one_of(nodes: list[TypeNode]) -> TypeNode:
    kept = [node for node in nodes if node.form != "none"]
    if not kept:
        return TypeNode("none")
    return kept[0] if len(kept) == 1 else TypeNode("union", -1, kept)
