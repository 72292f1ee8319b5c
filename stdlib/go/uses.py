"""Every token that means a definition: the index's answer, with what it does not follow in Go added
(keys of literals, type switches), and what may mean it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import dirname
from typing import TYPE_CHECKING, Final

from ...heaven.index.facts import FileFacts
from ..occurrences import Spot, Token, missed, occurrences, word, words_in
from .literals import key_meaning
from .packages import exported
from .scopes import bindings
from .subject import Repository, Subject
from .types import Type

if TYPE_CHECKING:
    from tree_sitter import Node

_STRINGS: Final = frozenset({"interpreted_string_literal_content", "raw_string_literal_content"})
_GENERIC: Final = frozenset(
    {"slices", "maps", "iter", "sync", "sync/atomic", "unique", "weak", "cmp"}
)
"""Packages of Go's library whose functions give back what they are given."""


@dataclass(frozen=True, slots=True)
class Uses:
    """`sure` includes the definitions' own tokens."""

    sure: frozenset[Token]
    unsure: tuple[Spot, ...]


def is_go(path: str) -> bool:
    return path.endswith(".go")


def uses_of(repository: Repository, found: Subject) -> Uses:
    """For use within the index's `ask`."""
    index = repository.index
    seen = occurrences(index, found.family)
    sure = {one for one in (*seen.sure, *seen.aliased) if _is_name(repository, one, found.name)}
    sure = {one for one in sure if _stands(repository, found, one)}
    unsure = {one for one in seen.unsure if _can_reach(repository, found, one.path)}
    if found.is_member or found.kind in ("type", "interface"):
        more, doubtful = _keys(repository, found, sure)
        sure |= more
        unsure |= doubtful
    for one in sorted(unsure):
        decided = _switched(repository, found, one)
        if decided is not None:
            unsure.discard(one)
            if decided:
                sure.add(one)
    unsure -= sure
    spots = [_spot(repository, one) for one in sorted(unsure)]
    spots += list(_from_generics(repository, found, sure | unsure))
    spots += list(missed(index, seen, is_go))
    spots += list(_in_strings(repository, found))
    spots += list(_directives(repository, found))
    return Uses(frozenset(sure), tuple(sorted(set(spots))))


def _is_name(repository: Repository, one: Token, name: str) -> bool:
    return repository.index.lines(one.path).source[one.start : one.end] == name.encode()


def _stands(repository: Repository, found: Subject, one: Token) -> bool:
    """Whether a proven token is not the key of a literal that means something else."""
    node = repository.trees.at(one.path, one.start, one.end)
    meaning = key_meaning(repository, one.path, node)
    if meaning is None or meaning == "unknown":
        return True
    if meaning == "value":
        return found.kind != "field"
    return found.kind in ("field", "type", "interface")


def _can_reach(repository: Repository, found: Subject, path: str) -> bool:
    """Whether a file can have values of what owns the definition."""
    here = dirname(path)
    homes = {dirname(key.path) for key in found.keys}
    if here in homes:
        return True
    if not exported(found.name):
        return False
    packages = repository.packages
    starts = {here}
    for one in packages.imports(path):
        where = packages.directory(one.path)
        if where is not None:
            starts.add(where)
    return any(packages.depends(start, home) for start in starts for home in homes)


def _keys(
    repository: Repository, found: Subject, sure: set[Token]
) -> tuple[set[Token], set[Token]]:
    """Keys of literals that are the field, or the field that an embedded type makes."""
    more: set[Token] = set()
    doubtful: set[Token] = set()
    if found.kind == "method":
        return more, doubtful
    types = repository.types
    if found.kind == "field":
        owners = {repository.owner(key) for key in found.keys}
    else:
        mine = {
            Type(repository.packages.of(key.path), found.symbols[0].qualname) for key in found.keys
        }
        owners = {one for kind in mine for one in types.embedders(kind)}
    pattern = re.compile(rf"(?<!\w){re.escape(found.name)}\s*:".encode())
    for path in repository.packages.every:
        source = repository.index.lines(path).source
        if found.name.encode() not in source:
            continue
        for at in pattern.finditer(source):
            end = at.start() + len(found.name.encode())
            token = Token(path, at.start(), end)
            if token in sure:
                continue
            node = repository.trees.at(path, token.start, end)
            meaning = key_meaning(repository, path, node)
            if isinstance(meaning, tuple) and meaning[1] in owners:
                more.add(token)
            elif meaning == "unknown" and _can_reach(repository, found, path) and _elided(node):
                doubtful.add(token)
    return more, doubtful


def _elided(node: Node) -> bool:
    """Whether the literal that a key is in leaves out its type."""
    above: Node | None = node
    while above is not None and above.type != "literal_value":
        above = above.parent
    outer = above.parent if above is not None else None
    return outer is not None and outer.type != "composite_literal"


def _switched(repository: Repository, found: Subject, one: Token) -> bool | None:
    """Whether a member of a type switch's variable is meant; None where that is not to be told."""
    if not found.is_member:
        return None
    node = repository.trees.at(one.path, one.start, one.end)
    selector = node.parent
    operand = selector.child_by_field_name("operand") if selector is not None else None
    if operand is None or operand == node or operand.type != "identifier":
        return None
    name = repository.trees.text(one.path, operand)
    above = operand.parent
    case: Node | None = None
    while above is not None:
        if above.type in ("type_case", "default_case"):
            case = above
        if above.type == "type_switch_statement":
            alias = above.child_by_field_name("alias")
            if alias is not None and repository.trees.text(one.path, alias) == name:
                break
            case = None
        if above.type in ("function_declaration", "method_declaration"):
            return None
        above = above.parent
    if above is None or case is None or case.type != "type_case":
        return None
    facts = repository.packages.facts(one.path)
    bound = bindings(facts, _scope_of(facts, one), name, operand.start_byte)
    if len(bound) != 1 or not above.start_byte <= bound[0].at < case.start_byte:
        return None
    listed = case.children_by_field_name("type")
    if len(listed) != 1:
        return None
    kind = repository.types.resolve(one.path, listed[0])
    if kind is None:
        return (
            False
            if listed[0].type in ("pointer_type", "type_identifier", "qualified_type")
            else None
        )
    member = repository.types.has_member(kind, found.name)
    method = repository.types.methods(kind).rows.get(found.name)
    key = method[1] if method is not None else member
    return key in found.keys


def _scope_of(facts: FileFacts, one: Token) -> int:
    return next((use.scope for use in facts.uses if use.start == one.start), 0)


def _spot(repository: Repository, one: Token) -> Spot:
    before = repository.index.lines(one.path).source[: one.start].rstrip()[-1:]
    why = "what is before the dot is not known" if before == b"." else "the type is not known"
    return Spot(one.path, one.start, one.end, why, True)


def _from_generics(repository: Repository, found: Subject, known: set[Token]) -> Iterator[Spot]:
    """Members of what a generic function of Go's library gave back, which the index does not
    follow."""
    if not found.is_member:
        return
    for path in repository.index.files_with(found.name):
        if not is_go(path):
            continue
        locals_ = {
            one.local for one in repository.packages.imports(path)
            if one.path in _GENERIC or (repository.packages.outside(one.path)
            and one.path.startswith("golang.org/x/exp"))
        }  # fmt: skip
        if not locals_ or not _can_reach(repository, found, path):
            continue
        facts = repository.packages.facts(path)
        for number in facts.names.get(found.name, ()):
            use = facts.uses[number]
            token = Token(path, use.start, use.end)
            if use.on >= 0 and token not in known and _is_generic(facts, use.on, locals_, 0):
                yield Spot(path, use.start, use.end, "what is before the dot is not known", True)


def _is_generic(facts: FileFacts, number: int, packages: set[str], depth: int) -> bool:
    """Whether an expression goes back to a call of a function in one of the packages."""
    if number < 0 or depth > 20:
        return False
    row = facts.expressions[number]
    if row.op == "value":
        use = facts.uses[row.argument]
        if use.on >= 0:
            return _is_generic(facts, use.on, packages, depth + 1)
        return any(
            _is_generic(facts, one.value, packages, depth + 1)
            for one in bindings(facts, use.scope, use.name, use.start)
        )
    if row.op == "call" and row.argument >= 0:
        callee = facts.expressions[row.argument]
        if callee.op == "value":
            use = facts.uses[callee.argument]
            on = facts.expressions[use.on] if use.on >= 0 else None
            if on is not None and on.op == "value" and facts.uses[on.argument].name in packages:
                return True
    if row.op in ("call", "item", "element", "first", "rest", "parameter"):
        return _is_generic(facts, row.argument, packages, depth + 1)
    return False


def _in_strings(repository: Repository, found: Subject) -> Iterator[Spot]:
    """`{{.Name}}` in a template, and the name that reflection asks for."""
    if not exported(found.name):
        return
    name = found.name.encode()
    for token, node in words_in(repository.index, found.name, is_go, _STRINGS):
        source = repository.index.lines(token.path).source
        text = source[node.start_byte : node.end_byte]
        if found.is_member and source[token.start - 1 : token.start] == b"." and b"{{" in text:
            yield Spot(*token, "a use in a template", True)
        elif found.is_member and text == name and _asked_for(repository, token.path, node):
            yield Spot(*token, "a name in a string", True)


def _asked_for(repository: Repository, path: str, node: Node) -> bool:
    call = node.parent
    while call is not None and call.type != "call_expression":
        if call.type == "block":
            return False
        call = call.parent
    function = call.child_by_field_name("function") if call is not None else None
    if function is None:
        return False
    last = repository.trees.text(path, function).rpartition(".")[2]
    return last in ("FieldByName", "MethodByName", "Lookup")


def _directives(repository: Repository, found: Subject) -> Iterator[Spot]:
    """`//go:linkname name` and `//export name`, and generators that are given a type's name."""
    if found.is_member:
        return
    pattern = word(found.name)
    for path in repository.packages.every:
        source = repository.index.lines(path).source
        if b"//go:" not in source and b"//export " not in source:
            continue
        here = dirname(path) in {dirname(key.path) for key in found.keys}
        for line in re.finditer(
            rb"^//(?:go:linkname|go:generate|export) .*$", source, re.MULTILINE
        ):
            if not here:
                continue
            for at in pattern.finditer(source, *line.span()):
                yield Spot(path, *at.span(), "a directive names it", True)
