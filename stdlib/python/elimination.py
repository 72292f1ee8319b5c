"""Whose attribute it must be: a name that no other class has, here or outside.

`x.store_error()` says nothing of `x`. If one family of classes defines `store_error`, nothing else
in the repository makes an attribute of that name, and neither Python, its standard library nor what
the files import from elsewhere has one, then it can only be that family's.
"""

from __future__ import annotations

import builtins
import importlib
import re
import sys
import types
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final, Literal, TypeAlias

from ...aa.macros import PYTHON
from ...heaven.index.facts import FileFacts
from ...heaven.index.naming import Naming, Token
from ...heaven.index.outside import UNSAFE_TO_IMPORT
from ...heaven.index.symbols import SymbolIndex
from .texts import strings
from .unsure import READERS

Owner: TypeAlias = Literal["family", "repository", "outside"]

# What objects are made of wherever they come from.
_COMMON: Final = (
    "argparse", "asyncio", "collections", "contextlib", "datetime", "decimal", "enum", "functools",
    "io", "json", "logging", "os", "pathlib", "queue", "re", "socket", "string", "subprocess",
    "threading", "typing", "unittest", "weakref",
)  # fmt: skip
_MOST_FILES: Final = 600
_STORED: Final = re.compile(rb"\s*(?:(?:[-+*/%@&|^]|//|\*\*|<<|>>)?=(?!=)|:(?!=))")
_LIST_OF_NAMES: Final = re.compile(rb"\s*\w+(?:[\s,]+\w+)*\s*")


def owner_of(index: SymbolIndex, naming: Naming) -> Owner:
    """Who has an attribute of the name: "family", `naming`'s classes alone; "repository", maybe
    something else in it too, or of a package that is not found; "outside", something outside. For
    use within the index's `ask`."""
    name = naming.name.encode()
    files = [
        path for path in index.paths()
        if path.endswith(PYTHON) and name in index.lines(path).source
    ]  # fmt: skip
    outside = _has_outside(index, naming.name, files) if naming.classes else True
    if outside:
        return "outside"
    return "repository" if outside is None or _made_elsewhere(index, naming, files) else "family"


def settle(index: SymbolIndex, naming: Naming) -> frozenset[Token]:
    """Make those tokens of `naming.unsure` sure that can be nothing else. For use within the
    index's `ask`.

    Returns those of the rest that are likely: nothing outside has the attribute, or it is proved
    elsewhere in the same file.
    """
    tokens = frozenset(one for one in naming.unsure if _is_attribute(index, one))
    owner: Owner = owner_of(index, naming) if tokens else "outside"
    if owner == "family":
        naming.sure.extend(sorted(tokens, key=lambda one: (one.path, one.start)))
        naming.unsure[:] = [one for one in naming.unsure if one not in tokens]
        return frozenset()
    if owner == "outside" and naming.classes:
        proved = {one.path for one in naming.sure if _is_attribute(index, one)}
        return frozenset(one for one in tokens if one.path in proved)
    return tokens if naming.classes else frozenset()


def _is_attribute(index: SymbolIndex, token: Token) -> bool:
    source = index.lines(token.path).source
    return source[: token.start].rstrip()[-1:] == b"."


def _made_elsewhere(index: SymbolIndex, naming: Naming, files: Iterable[str]) -> bool:
    """Whether something else of the repository has, or may be given, an attribute of the name."""
    if not naming.classes.issuperset(naming.holders(naming.name)):
        return True
    for token in naming.unsure:
        source = index.lines(token.path).source
        if _STORED.match(source, token.end):
            return True
    word = re.escape(naming.name.encode())
    keyword = re.compile(rb"[(,]\s*" + word + rb"\s*=(?!=)")
    for path in files:
        facts = index.facts_of(path) or FileFacts()
        for (scope, name), bindings in facts.table.items():
            if name == naming.name and any(one.how != "import" for one in bindings):
                kind = facts.scopes[scope].kind
                # A variable of a function is no attribute; one of a module is the module's.
                if kind == "module":
                    return True
        source = index.lines(path).source
        if keyword.search(source) or _named_in_string(source, naming.name.encode()):
            return True
    return False


def _named_in_string(source: bytes, name: bytes) -> bool:
    """`setattr(x, "name", ...)`, `namedtuple("T", "a name")`, `{"name": ...}`."""
    for text in strings(source):
        if text.argument_of.rpartition(".")[2] in READERS:
            continue
        for start, end in text.parts:
            part = source[start:end]
            if name in part and _LIST_OF_NAMES.fullmatch(part) and name in re.split(rb"\W+", part):
                return True
    return False


def _has_outside(index: SymbolIndex, name: str, files: Iterable[str]) -> bool | None:
    """Whether anything outside of the repository has such an attribute, as far as its text shows;
    None where a package is not found, or too large to be read."""
    if any(hasattr(one, name) for one in _builtin_types()):
        return True
    modules = set(_COMMON)
    foreign: set[str] = set()
    for path in files:
        facts = index.facts_of(path) or FileFacts()
        for row in facts.imports:
            top = row.module.partition(".")[0]
            if row.level or not top or index.import_sources(path, row):
                continue
            (modules if top in sys.stdlib_module_names else foreign).add(top)
    if any(_standard_has(one, name) for one in sorted(modules)):
        return True
    found = [_text_has(_sources(index.root, one), name) for one in sorted(foreign)]
    return True if True in found else None if None in found else False


@lru_cache(maxsize=1)
def _builtin_types() -> tuple[type, ...]:
    of_types = [one for one in vars(types).values() if isinstance(one, type)]
    return (*(one for one in vars(builtins).values() if isinstance(one, type)), *of_types)


def _standard_has(module: str, name: str) -> bool:
    if module in UNSAFE_TO_IMPORT:
        return True
    try:
        found = importlib.import_module(module)
    except ImportError:
        return True
    if hasattr(found, name):
        return True
    if any(hasattr(one, name) for one in list(vars(found).values()) if isinstance(one, type)):
        return True
    return _text_has(_files_of(getattr(found, "__file__", None)), name) is True


def _sources(root: Path, module: str) -> tuple[Path, ...]:
    """The Python files of a top-level module outside of the repository, and of its private half
    (pytest's `_pytest`): of an environment in the repository, else of this process's."""
    places = [str(one) for one in sorted(root.glob("*/lib/python3*/site-packages"))]
    places += [str(one) for one in sorted(root.glob(".*/lib/python3*/site-packages"))]
    found: tuple[Path, ...] = ()
    for name in (module, f"_{module}"):
        spec = PathFinder.find_spec(name, places) or PathFinder.find_spec(name)
        found += _files_of(spec.origin) if spec is not None else ()
    return found


def _files_of(origin: str | None) -> tuple[Path, ...]:
    if origin is None or not origin.endswith(".py"):
        return ()
    path = Path(origin)
    if path.name != "__init__.py":
        return (path,)
    # A test suite that is installed with it hands nothing to anyone.
    return tuple(
        one for one in sorted(path.parent.rglob("*.py"))
        if not {"test", "tests"} & set(one.relative_to(path.parent).parts[:-1])
    )  # fmt: skip


def _text_has(files: tuple[Path, ...], name: str) -> bool | None:
    """Whether a file has the name behind a dot or `def`, or in quotes; None where there is no file,
    or too many."""
    if not files or len(files) > _MOST_FILES:
        return None
    word = re.compile(rb"(?:\.|\bdef |[\"'])" + re.escape(name.encode()) + rb"(?!\w)")
    return any(word.search(source) for source in _read(files))


def _read(files: Iterable[Path]) -> Iterator[bytes]:
    for one in files:
        try:
            yield one.read_bytes()
        except OSError:
            continue
