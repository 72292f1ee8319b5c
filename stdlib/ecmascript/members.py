"""Tokens of a member (method, field, enum constant): proven ones, and those that may be it.

Types are matched by their shape, so what has the same name in another shape is told of too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ...heaven.index.bind import Key
from ...heaven.index.facts import FileFacts
from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ..refused import MacroRefused
from ..syntax import Trees
from ..targets import keys_of, place_of, row_of
from .bases import outside_bases, outside_has
from .literals import Literals
from .modules import Modules
from .scopes import text_of
from .spots import Spot, nodes_of
from .spread import Place

if TYPE_CHECKING:
    from tree_sitter import Node

_GUESSED: Final = 0.3
_SHAPES: Final = frozenset({"interface_body", "object_type", "object"})
_DEFINING: Final = frozenset(
    {
        "method_definition", "public_field_definition", "field_definition", "property_signature",
        "method_signature", "abstract_method_signature",
    }
)  # fmt: skip
_KEYS: Final = frozenset(
    {
        "property_identifier",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
    }
)
_PROTOCOL: Final = frozenset(
    [
        "constructor",
        "prototype",
        "toString",
        "toLocaleString",
        "valueOf",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "__proto__",
        "toJSON",
        "then",
    ]
)


class Members:
    """Of the symbols' family. For use within the index's `ask`.

    `sure`: tokens of the member, definitions among them. `unsure`: what may be it.
    """

    def __init__(
        self, index: SymbolIndex, trees: Trees, modules: Modules, symbols: Sequence[Symbol]
    ) -> None:
        self.index, self.trees, self.modules = index, trees, modules
        self.name = symbols[0].name
        self.family: tuple[Symbol, ...] = _family(index, symbols)
        self.keys: tuple[Key, ...] = tuple(
            sorted({key for one in self.family for key in keys_of(index, one)})
        )
        self.definitions: dict[Place, Node] = {}
        self.sure: dict[Place, Node] = {}
        self.unsure: list[Spot] = []
        self._private = self.name.startswith("#")
        self._literals = Literals(index, modules)
        self._owners = {
            Key(key.path, row.owner) for key in self.keys if (row := row_of(index, key)).owner >= 0
        }
        for key in self.keys:
            facts = index.facts_of(key.path) or FileFacts()
            start = facts.definitions[key.number].name_start
            place = Place(key.path, start, start + len(self.name.encode()))
            self.definitions[place] = self.sure[place] = trees.at(*place)
        self._referred()
        self._swept()

    def check_followable(self) -> None:
        """Raises MacroRefused where something outside of the repository asks for the member by its
        name."""
        if self.name in _PROTOCOL:
            raise MacroRefused("outside", f"{self.name} is a name that the language itself calls")
        for place, node in self.definitions.items():
            where = place_of(self.index, place.path, place.start)
            holder = _holder(node)
            if holder is None or self._hidden(node):
                continue
            overrides = node.parent is not None and any(
                text_of(one) == "override" for one in node.parent.children
            )
            outside = outside_bases(self.modules, place.path, holder)
            for base, specifier in outside:
                known = outside_has(self.index.root, base, specifier, self.name)
                if known or (overrides and len(self.definitions) == 1):
                    raise MacroRefused(
                        "outside",
                        f"{self.name} ({where}) is {base}'s, which is outside of the repository",
                        (where,),
                    )
                if known is None:
                    why = f"{base}, outside of the repository, may have it"
                    self.unsure.append(Spot(*place, why, False))

    # What the index binds

    def _referred(self) -> None:
        ids = {one.id for one in self.family}
        found: dict[Place, bool] = {}
        for symbol in self.family:
            for one in self.index.references(symbol):
                place = Place(one.path, one.at.start_byte, one.at.end_byte)
                proven = one.confidence == 1.0 or (
                    bool(one.candidates)
                    and ids.issuperset(one.candidates)
                    and one.confidence > _GUESSED
                )
                found[place] = found.get(place, False) or proven
        for place, proven in sorted(found.items()):
            node = self.trees.at(*place)
            if place in self.sure or text_of(node) != self.name:
                continue
            if proven:
                self.sure[place] = node
            else:
                why = "what is before the dot is not known"
                if node.parent is None or node.parent.type != "member_expression":
                    why = "what this is taken from is not known"
                self.unsure.append(Spot(*place, why, True, _rewritten(node)))

    # What it does not: keys, strings, other shapes

    def _swept(self) -> None:
        if self._private:
            self._swept_private()
            return
        told = {(one.path, one.start) for one in self.unsure}
        lone = all(self._hidden(node) for node in self.definitions.values())
        shaped = any(
            (holder := _holder(node)) is not None and holder.type in _SHAPES
            for node in self.definitions.values()
        )
        for path in self.modules.paths:
            source = self.trees.source(path)
            if self.name.encode() not in source:
                continue
            facts = self.index.facts_of(path) or FileFacts()
            uses = {
                facts.uses[one].start: facts.uses[one] for one in facts.names.get(self.name, ())
            }
            for node in nodes_of(self.trees.root(path), source, self.name):
                place = Place(path, node.start_byte, node.end_byte)
                if place in self.sure or (path, node.start_byte) in told:
                    continue
                if self._in_enum(node, path):
                    self.sure[place] = node
                    continue
                if self._is_key(path, node):
                    self.sure[place] = node
                    continue
                why = self._why(node, node.start_byte in uses, lone, shaped)
                if why:
                    # Another type's own uses would not follow its definition.
                    holder = _holder(node)
                    own = holder is None or holder.type == "object"
                    self.unsure.append(Spot(*place, why, own, _rewritten(node)))
        for place, node in self.definitions.items():
            holder = _holder(node)
            if holder is not None and holder.type == "object":
                why = "what takes the object may ask for it by this name"
                self.unsure.append(Spot(*place, why, False))

    def _swept_private(self) -> None:
        """`#name` is seen in its class alone, and only there."""
        bodies = [
            (place.path, holder)
            for place, node in self.definitions.items()
            if (holder := _holder(node)) is not None
        ]
        self.unsure.clear()
        for path, body in bodies:
            for node in nodes_of(self.trees.root(path), self.trees.source(path), self.name):
                if body.start_byte <= node.start_byte < body.end_byte:
                    self.sure[Place(path, node.start_byte, node.end_byte)] = node

    def _is_key(self, path: str, node: Node) -> bool:
        """Whether it is the key of an object whose declared type has the member."""
        if node.type not in _KEYS:
            return False
        types = self._literals.types_of(path, node)
        return any(not self._owners.isdisjoint(self.index.line(one)) for one in types)

    def _in_enum(self, node: Node, path: str) -> bool:
        """A bare name within the body of the member's enum."""
        if node.type != "identifier":
            return False
        for place, own in self.definitions.items():
            holder = _holder(own)
            if holder is None or holder.type != "enum_body" or place.path != path:
                continue
            if holder.start_byte <= node.start_byte < holder.end_byte:
                above = node.parent
                return above is None or above.type not in ("member_expression", "pair")
        return False

    def _why(self, node: Node, bound: bool, lone: bool, shaped: bool) -> str:
        """Why a token may be the member; empty for one that is known not to be."""
        above = node.parent
        kind = above.type if above is not None else ""
        if node.type == "string_fragment":
            return "a name in a string"
        if node.type not in _KEYS:
            return ""
        holder = _holder(node)
        if kind in _DEFINING and holder is not None:
            if lone:
                return ""
            if shaped or holder.type in _SHAPES:
                return "another type's, which may have to have the same shape"
            return ""
        if kind == "member_expression" and bound:
            return ""
        if kind == "member_expression":
            return "what is before the dot is not known"
        if lone and not kind.endswith("_pattern"):
            return ""
        if kind == "jsx_attribute":
            return "a component's property"
        if kind in ("enum_body", "enum_assignment"):
            return ""
        return "an object's property, whose type is not known"

    def _hidden(self, node: Node) -> bool:
        """Whether only its own class sees it."""
        above = node.parent
        return self._private or (
            above is not None
            and any(
                one.type == "accessibility_modifier" and text_of(one) == "private"
                for one in above.children
            )
        )


def _holder(node: Node) -> Node | None:
    """The body of the class, interface, enum or object that a definition's name stands in."""
    above = node.parent
    if above is None:
        return None
    if above.type in ("enum_body",):
        return above
    if above.type.endswith("_parameter"):
        while above is not None and above.type != "class_body":
            above = above.parent
        return above
    if above.type in (*_DEFINING, "pair", "enum_assignment"):
        return above.parent
    if node.type.startswith("shorthand") and above.type == "object":
        return above
    if above.type == "member_expression":  # this.name = ...
        outer: Node | None = above
        while outer is not None and outer.type != "class_body":
            outer = outer.parent
        return outer
    return None


def _rewritten(node: Node) -> str:
    """What a rename makes of a token that is a variable too: `{}` is the new name."""
    return rewritten(node, text_of(node), variable=False)


def rewritten(node: Node, old: str, *, variable: bool) -> str:
    """The text for a token of which only the variable, or only the property, is renamed; `{}` is
    the new name, and "" stands for it alone."""
    if node.type == "shorthand_property_identifier":
        return f"{old}: {{}}" if variable else f"{{}}: {old}"
    if node.type == "shorthand_property_identifier_pattern":
        return f"{old}: {{}}" if variable else f"{{}}: {old}"
    return ""


def _family(index: SymbolIndex, symbols: Sequence[Symbol]) -> tuple[Symbol, ...]:
    """The symbols, what overrides them or is overridden, and what one use may mean beside them (of
    a value that is of one type or another): all of it has one name."""
    family: dict[int, Symbol] = {}
    pending = list(symbols)
    while pending:
        for one in (symbol := pending.pop(), *index.family(symbol)):
            if one.id in family:
                continue
            family[one.id] = one
            for use in index.references(one):
                if use.confidence > _GUESSED and len(use.candidates) > 1:
                    others = index.symbols(use.candidates)
                    pending += [o for o in others if o.name == one.name and o.id not in family]
    return tuple(family.values())
