"""What would go wrong if a name were spelled differently: clashes, capture, shadowing."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from ..refused import MacroRefused
from .renaming import Renaming
from .scopes import Module, Scope, Token
from .values import outside_has


def check_collisions(renaming: Renaming, new: str) -> None:
    """Raises MacroRefused where `new` already means something that the renaming would disturb."""
    found = [
        *_taken(renaming, new),
        *_captured(renaming, new),
        *_shadowed(renaming, new),
        *_star_importers(renaming, new),
        *_classes(renaming, new),
    ]
    if found:
        places = tuple(dict.fromkeys(found))
        raise MacroRefused(
            "collision", f"{new} is taken: {places[0]}" + _more(len(places) - 1), places
        )


def _more(count: int) -> str:
    return f" (and {count} more)" if count > 0 else ""


def _at(module: Module, start: int, what: str) -> str:
    return f"{module.path}:{module.line_of(start)} {what}"


def _taken(renaming: Renaming, new: str) -> Iterator[str]:
    """The scope of the definition, or of a module that imports it, has the name already."""
    for scope in renaming.owners:
        module = scope.module
        if new in scope.bindings:
            start = next((b.start for b in scope.bindings[new]), scope.node.start_byte)
            yield _at(module, start, f"{new} is defined in {scope.qualname or 'the module'}")
        if scope.kind != "class" and hasattr(builtins, new):
            yield _at(module, scope.node.start_byte, f"{new} is a builtin function or class")
        if scope.kind == "module":
            submodule = renaming.program.submodule(module.path, new)
            if submodule is not None:
                yield f"{submodule}:1 {new} is a module of this package"


def _chain(scope: Scope) -> Iterator[Scope]:
    yield scope
    yield from scope.enclosing()


def _captured(renaming: Renaming, new: str) -> Iterator[str]:
    """A renamed use would find another `new` on its way out to the definition."""
    for token in renaming.renamed:
        owner = renaming.owner_of(token)
        for scope in _chain(token.scope):
            if scope is owner or renaming.old in token.scope.globals:
                break
            if new in scope.bindings or new in scope.globals or new in scope.nonlocals:
                what = f"{new} of {scope.qualname or 'this scope'} hides the renamed name"
                yield _at(token.scope.module, token.start, what)
                break


def _shadowed(renaming: Renaming, new: str) -> Iterator[str]:
    """A use of `new` that means something farther out would find the renamed definition."""
    for module in {scope.module: None for scope in renaming.owners}:
        for token in module.tokens.get(new, []):
            if _would_find(renaming, token, new):
                yield _at(module, token.start, f"{new} is used here and means something else")


def _would_find(renaming: Renaming, token: Token, new: str) -> bool:
    meant = token.scope.owner(new)
    chain = [token.scope.module.scope] if new in token.scope.globals else _chain(token.scope)
    for scope in chain:
        if scope is meant:
            return False
        if scope in renaming.owners:
            return True
    return False


def _star_importers(renaming: Renaming, new: str) -> Iterator[str]:
    """`import *` would bring `new` into a module that has it or uses it."""
    if new.startswith("_") or renaming.old.startswith("_"):
        return
    paths = {scope.module.path for scope in renaming.owners if scope.kind == "module"}
    for module in renaming.program.containing(new):
        if module.path in paths or not paths & set(renaming.program.star_sources(module)):
            continue
        for token in module.tokens.get(new, []):
            if token.scope.owner(new) in (None, module.scope):
                yield _at(module, token.start, f"{new} would also come in through import *")
                break


def _classes(renaming: Renaming, new: str) -> Iterator[str]:
    """A class of the family, above it or below it, has the name already."""
    if not renaming.family:
        return
    above = {one for owner in renaming.family for one in renaming.inference.lineage(owner).classes}
    for module in renaming.program.containing(new):
        for one in module.classes:
            if new not in one.bindings and new not in one.attributes:
                continue
            below = renaming.family & set(renaming.inference.lineage(one).classes)
            if one in above or below:
                yield _at(module, one.node.start_byte, f"{one.qualname} has {new}")
    for owner in renaming.family:
        for base in renaming.inference.lineage(owner).outside:
            if outside_has(base, new):
                yield f"{owner.module.path} {owner.qualname} inherits {new} from {base}"
