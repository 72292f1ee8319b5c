"""RENAME_SYMBOL of a parameter, a named result or a receiver: they are known to their function
alone."""

from __future__ import annotations

from ...heaven.index.bind import Key
from ..occurrences import Spot, Token
from ..refused import MacroRefused
from ..targets import keys_of, place_of
from .literals import key_meaning
from .scopes import bindings, chain
from .subject import Repository, Subject


def rename_param(
    repository: Repository, found: Subject, old: str, new: str
) -> tuple[set[Token], list[Spot]]:
    """The tokens of the parameter `old`, and those that may be it. Raises MacroRefused where there
    is no such parameter, or where `new` is taken in the function."""
    sure: set[Token] = set()
    doubtful: list[Spot] = []
    for symbol in found.symbols:
        for key in keys_of(repository.index, symbol):
            scope = scope_of(repository, key)
            if not repository.packages.facts(key.path).table.get((scope, old)):
                continue
            check_free(repository, key, old, new)
            tokens, spots = parameter_tokens(repository, key, old)
            sure |= tokens
            doubtful += spots
    if not sure:
        raise MacroRefused(
            "unknown", f"{found.symbols[0].qualname} ({found.where}) has no parameter {old}"
        )
    return sure, doubtful


def scope_of(repository: Repository, key: Key) -> int:
    """The scope that holds a function's parameters; -1 for a method of an interface."""
    facts = repository.packages.facts(key.path)
    row = facts.definitions[key.number]
    if row.inner >= 0:
        return row.inner
    return next((n for n, one in enumerate(facts.scopes) if one.definition == key.number), -1)


def parameter_tokens(repository: Repository, key: Key, name: str) -> tuple[set[Token], list[Spot]]:
    """A parameter's name in its declaration and wherever the body means it."""
    facts = repository.packages.facts(key.path)
    scope = scope_of(repository, key)
    width = len(name.encode())
    bound = facts.table.get((scope, name), [])
    sure = {Token(key.path, one.at, one.at + width) for one in bound}
    doubtful: list[Spot] = []
    for number in facts.names.get(name, ()):
        use = facts.uses[number]
        if scope not in chain(facts, use.scope) or use.on == -2:
            continue
        if use.on >= 0 and facts.expressions[use.on].op != "instance":
            continue
        node = repository.trees.at(key.path, use.start, use.end)
        meaning = key_meaning(repository, key.path, node)
        if isinstance(meaning, tuple) or (use.on >= 0 and meaning is None):
            continue
        mine = bindings(facts, use.scope, name, use.start)
        if not mine or mine[0].scope != scope:
            continue
        if meaning == "unknown":
            doubtful.append(Spot(key.path, use.start, use.end, "may be a field's name", True))
            continue
        sure.add(Token(key.path, use.start, use.end))
    return sure, doubtful


def check_free(repository: Repository, key: Key, old: str, new: str) -> None:
    """Raises MacroRefused where `new` would clash with a name of the function, or hide one that it
    uses. `old` is the parameter that becomes it, or empty."""
    facts = repository.packages.facts(key.path)
    row = facts.definitions[key.number]
    scope = scope_of(repository, key)
    if scope < 0:
        return
    taken = [
        one.at
        for (where, name), rows in facts.table.items()
        if name == new and scope in chain(facts, where) and facts.scopes[where].kind != "class"
        for one in rows
    ]
    for number in facts.names.get(new, ()):
        use = facts.uses[number]
        if use.on != -1 or scope not in chain(facts, use.scope):
            continue
        node = repository.trees.at(key.path, use.start, use.end)
        if not isinstance(key_meaning(repository, key.path, node), tuple):
            taken.append(use.start)
    if taken:
        where = place_of(repository.index, key.path, min(taken))
        raise MacroRefused("collision", f"{row.qualname} has another {new} ({where})", (where,))
