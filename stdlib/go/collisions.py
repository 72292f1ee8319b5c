"""Names that are taken: where a definition of another name would clash, hide one or be hidden."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..occurrences import Token
from ..refused import MacroRefused
from ..targets import place_of
from .packages import Package
from .scopes import bindings, chain
from .subject import Repository, Subject
from .types import Type

if TYPE_CHECKING:
    from tree_sitter import Node


def check_collisions(
    repository: Repository, found: Subject, new: str, tokens: Iterable[Token]
) -> None:
    """Raises MacroRefused where `new` cannot take the name's place at one of the tokens."""
    tokens = sorted(tokens)
    if found.is_member:
        for key in sorted(found.keys):
            check_members(repository, repository.owner(key), new)
        return
    kinds = {repository.packages.of(key.path) for key in found.keys}
    if found.kind in ("type", "interface"):
        for package in kinds:
            mine = Type(package, found.symbols[0].qualname)
            for one in repository.types.embedders(mine):
                check_members(repository, one, new)
    if "." in found.symbols[0].qualname:
        _check_local(repository, found, new)
    else:
        users = {repository.packages.of(one.path) for one in tokens if is_bare(repository, one)}
        for package in kinds | users:
            check_package(repository, package, new)
    check_hidden(repository, new, tokens)


def check_package(repository: Repository, package: Package, new: str) -> None:
    """Raises MacroRefused where the scope of a package, or the imports of one of its files, has the
    name, or where something in it means by it what is not the package's."""
    packages = repository.packages
    taken = packages.scope(package).get(new)
    if taken:
        where = repository.where(taken[0])
        raise MacroRefused("collision", f"{package.name} declares {new} ({where})", (where,))
    for path in packages.files(package):
        facts = packages.facts(path)
        for one in packages.imports(path):
            if one.local == new:
                where = place_of(repository.index, path, one.node.start_byte)
                raise MacroRefused("collision", f"{new} is an import ({where})", (where,))
        for number in facts.names.get(new, ()):
            use = facts.uses[number]
            if use.on == -1 and use.imported < 0 and not bindings(facts, use.scope, new, use.start):
                node = repository.trees.at(path, use.start, use.end)
                if _is_key(node):
                    continue
                where = place_of(repository.index, path, use.start)
                raise MacroRefused("collision", f"{new} means something else ({where})", (where,))


def _is_key(node: Node) -> bool:
    element = node.parent
    return (
        element is not None
        and element.type == "literal_element"
        and element.parent is not None
        and element.parent.type == "keyed_element"
        and element.parent.named_children[0] == element
    )


def check_members(repository: Repository, kind: Type, new: str) -> None:
    """Raises MacroRefused where a type, what it embeds, or what embeds it has the member."""
    types = repository.types
    for one in (kind, *types.embedders(kind)):
        taken = types.has_member(one, new)
        if taken is not None:
            where = repository.where(taken)
            raise MacroRefused("collision", f"{one.name} has a member {new} ({where})", (where,))
        outside = types.methods(one).rows.get(new)
        if outside is not None:
            raise MacroRefused("collision", f"{one.name} has a method {new} from what it embeds")
        for inner in types.embedded(one)[0]:
            if inner.name == new:
                raise MacroRefused("collision", f"{one.name} embeds a type {new}")
        for _, node in types.embedded(one)[1]:
            text = (node.text or b"").decode("utf-8", "replace")
            if text.lstrip("*").partition("[")[0].rpartition(".")[2] == new:
                raise MacroRefused("collision", f"{one.name} embeds a type {new}")


def check_hidden(repository: Repository, new: str, tokens: Iterable[Token]) -> None:
    """Raises MacroRefused where a function's own name `new` would hide the definition."""
    for one in tokens:
        if not is_bare(repository, one):
            continue
        facts = repository.packages.facts(one.path)
        scope = next((use.scope for use in facts.uses if use.start == one.start), 0)
        hidden = bindings(facts, scope, new, one.start)
        if hidden:
            where = place_of(repository.index, one.path, hidden[0].at)
            use_at = place_of(repository.index, one.path, one.start)
            raise MacroRefused(
                "collision",
                f"{new} is a local name ({where}) where it is used ({use_at})",
                (where,),
            )


def _check_local(repository: Repository, found: Subject, new: str) -> None:
    """A definition within a function."""
    for key in sorted(found.keys):
        facts = repository.packages.facts(key.path)
        row = facts.definitions[key.number]
        for number in facts.names.get(new, ()):
            use = facts.uses[number]
            if use.on == -1 and row.scope in chain(facts, use.scope):
                where = place_of(repository.index, key.path, use.start)
                raise MacroRefused(
                    "collision", f"{new} is used in its function ({where})", (where,)
                )
        if facts.table.get((row.scope, new)):
            where = place_of(repository.index, key.path, facts.table[row.scope, new][0].at)
            raise MacroRefused("collision", f"{new} is declared beside it ({where})", (where,))


def is_bare(repository: Repository, one: Token) -> bool:
    """Whether the token stands by itself: no member, and not behind a package's name."""
    node = repository.trees.at(one.path, one.start, one.end)
    above = node.parent
    if above is None:
        return True
    if above.type == "selector_expression":
        return above.child_by_field_name("field") != node
    if above.type == "qualified_type":
        return above.child_by_field_name("name") != node
    return node.type not in ("field_identifier",) and not _is_key(node)
