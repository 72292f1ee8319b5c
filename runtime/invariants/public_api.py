"""`@public-api-unchanged`: every public name is still there, with the same signature.

Public is what a user of the package can name: in Python what has no leading underscore (in a module
that has none either, or that a public module imports it from), in Go what begins with a capital, in
TypeScript and JavaScript what is exported. Values of constants and bodies are free, names may be
added, and a definition may move where its old place still imports it. Tests are no API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...heaven.index.extract import extract
from ...heaven.index.languages import language_of
from ...heaven.index.tests_reach import is_test_file
from ..edits import Staged
from .breach import Breach

if TYPE_CHECKING:
    from ...heaven import Heaven
    from ...heaven.index.facts import Definition, FileFacts

_NEXT: Final = "keep the name and the signature, or add a new name beside it"
_VALUES: Final = frozenset({"constant", "variable", "field"})
_SHAPES: Final = frozenset(
    {"property", "staticmethod", "classmethod", "overload", "abstractmethod", "cached_property"}
)
_HIDDEN: Final = re.compile(rb"\s*(private|protected)\s")
_SPACE: Final = re.compile(r"\s*([(),:=\[\]{}|*;<>])\s*")
_PARTS_OF_ALL: Final = re.compile(rb"""["'](\w+)["']""")


@dataclass(frozen=True, slots=True)
class _Name:
    """A public name: its signatures (several where it is overloaded), and the line of the first."""

    signatures: tuple[str, ...]
    line: int


def breaches(staged: Staged, heaven: Heaven) -> list[Breach]:
    """Public names that are gone or have another signature."""
    after = {
        change.path: _public(change.path, change.after)
        for change in staged.files
        if change.after is not None
    }
    found: list[Breach] = []
    for change in staged.files:
        if change.before is None:
            continue
        now = after.get(change.path, {})
        imported = _imported(change.path, change.after or b"")
        for name, was in _public(change.path, change.before).items():
            there = now.get(name)
            if there is not None and there.signatures == was.signatures:
                continue
            if there is None and name.split(".")[0] in imported:
                moved = (names.get(name) for path, names in after.items() if path != change.path)
                if any(one is not None and one.signatures == was.signatures for one in moved):
                    continue
                if _elsewhere(heaven, change.path, name, was):
                    continue
            if _private_module(change.path) and not _imported_publicly(heaven, change.path, name):
                continue
            if there is None:
                message = f"public name {name} is gone"
                found.append(Breach(change.path, was.line, message, _NEXT, before=True))
            else:
                message = f"the signature of {name} was `{'; '.join(was.signatures)}`"
                found.append(Breach(change.path, there.line, message, _NEXT))
    return found


def _public(path: str, source: bytes) -> dict[str, _Name]:
    """The public names that a file makes known, with what is public in its classes."""
    row = language_of(path)
    if row is None or row.binding == "names" or is_test_file(path):
        return {}
    facts = extract(source, row)
    names: dict[str, _Name] = {}
    for definition in _public_definitions(row.binding, facts, source):
        line = source.count(b"\n", 0, definition.start) + 1
        signature = _signature(definition, source)
        known = names.get(definition.qualname)
        if known is not None:
            # An attribute that a method sets again is one name.
            if definition.kind in _VALUES:
                continue
            signatures = (*known.signatures, signature)
            names[definition.qualname] = _Name(signatures, known.line)
        else:
            names[definition.qualname] = _Name((signature,), line)
    for name in _reexported(path, row.binding, facts, source):
        names.setdefault(name, _Name(("",), 1))
    return names


def _public_definitions(binding: str, facts: FileFacts, source: bytes) -> Iterator[Definition]:
    exported = {
        one.target
        for one in facts.bindings
        if one.how == "definition" and facts.scopes[one.scope].kind == "exports"
    }
    for number, definition in enumerate(facts.definitions):
        parts = definition.qualname.split(".")
        if binding == "ecmascript":
            header = source[definition.header_start : definition.header_end]
            if (number in exported or _member_of(facts, definition, exported)) and not (
                _HIDDEN.match(header) or parts[-1].startswith(("#", "_"))
            ):
                yield definition
        elif not _outermost(facts, definition.scope):
            continue
        elif binding == "python":
            if all(_open_name(part) for part in parts):
                yield definition
        elif all(part[:1].isupper() for part in parts):
            yield definition


def _outermost(facts: FileFacts, scope: int) -> bool:
    """Whether a scope is that of the file or of a class in it."""
    while scope >= 0 and facts.scopes[scope].kind in ("module", "class", "exports", "namespace"):
        scope = facts.scopes[scope].parent
    return scope < 0


def _member_of(facts: FileFacts, definition: Definition, exported: set[int]) -> bool:
    owner = definition.owner
    while owner >= 0:
        if owner in exported:
            return True
        owner = facts.definitions[owner].owner
    return False


def _open_name(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _signature(definition: Definition, source: bytes) -> str:
    """The header in one spelling: no white space that means nothing, no value of a constant."""
    text = source[definition.header_start : definition.header_end].decode(errors="replace")
    if definition.kind in _VALUES:
        text = re.split(r"=(?![=>])", text)[0]
    shapes = sorted(
        f"@{name}"
        for name in definition.decorators
        if name.rpartition(".")[2] in _SHAPES or name.endswith((".setter", ".deleter"))
    )
    return " ".join((*shapes, _one_spelling(text)))


def _one_spelling(header: str) -> str:
    text = _SPACE.sub(r"\1", " ".join(header.split()))
    return text.replace(",)", ")").rstrip(" :{;,")


def _reexported(path: str, binding: str, facts: FileFacts, source: bytes) -> Iterator[str]:
    if binding == "ecmascript":
        for one in facts.bindings:
            if one.how == "import" and facts.scopes[one.scope].kind == "exports":
                yield one.name
    elif binding == "python":
        listed = _all(facts, source)
        package = path.endswith("__init__.py")
        for item in facts.imports:
            public = item.bound in listed or (package and item.level > 0 and not listed)
            if public and item.bound != "*" and facts.scopes[item.scope].kind == "module":
                yield item.bound
        known = {one.name for one in facts.bindings if facts.scopes[one.scope].kind == "module"}
        yield from sorted(listed - known)


def _all(facts: FileFacts, source: bytes) -> frozenset[str]:
    """The names in `__all__`, as far as they are written out."""
    return frozenset(
        name.decode()
        for definition in facts.definitions
        if definition.qualname == "__all__"
        for name in _PARTS_OF_ALL.findall(source[definition.start : definition.end])
    )


def _imported(path: str, source: bytes) -> frozenset[str]:
    row = language_of(path)
    if row is None or not source:
        return frozenset()
    return frozenset(one.bound for one in extract(source, row).imports)


def _elsewhere(heaven: Heaven, path: str, name: str, was: _Name) -> bool:
    """Whether another file of the repository has the same definition already."""
    return any(
        symbol.qualname == name
        and symbol.path != path
        and not is_test_file(symbol.path)
        and _one_spelling(symbol.signature) in was.signatures
        for symbol in heaven.find_symbols(name)
    )


def _private_module(path: str) -> bool:
    parts = path.removesuffix(".py").removesuffix(".pyi").split("/")
    return path.endswith((".py", ".pyi")) and not all(map(_open_name, parts))


def _imported_publicly(heaven: Heaven, path: str, name: str) -> bool:
    """Whether a public module imports the name (or the class that has it) from a private one."""
    top = name.split(".")[0]
    return any(
        one.ref_kind == "import"
        and one.path != path
        and not _private_module(one.path)
        and not is_test_file(one.path)
        for symbol in heaven.find_symbols(f"{path}::{top}")
        if symbol.qualname == top
        for one in heaven.index.references(symbol)
    )
