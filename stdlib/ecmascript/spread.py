"""Every token of a variable that files give each other: through imports, exports and namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ...heaven.index.symbols import SymbolIndex
from ..syntax import Trees
from .modules import Given, Modules, Taken
from .scopes import Token, Variable, text_of
from .spots import Spot, nodes_of

if TYPE_CHECKING:
    from tree_sitter import Node

_DECLARED: Final = (".d.ts", ".d.mts", ".d.cts")
_MEMBERS: Final = frozenset({"member_expression", "nested_type_identifier", "nested_identifier"})


class Place(NamedTuple):
    """Bytes `start`..`end` of a file, and the name that stands there or what must."""

    path: str
    start: int
    end: int


class Spread:
    """Of the variables `start` (path and variable), all of one name. For use within the index's
    `ask`.

    `variables`: those that go by the name, importing files' own too. `given`: the files that give
    it away. `names`: tokens that are the name and no variable (`ns.name`). `unsure`: what may be.
    """

    def __init__(
        self, index: SymbolIndex, trees: Trees, modules: Modules, name: str,
        start: list[tuple[str, Variable]],
    ) -> None:  # fmt: skip
        self.index, self.trees, self.modules, self.name = index, trees, modules, name
        self.variables: list[tuple[str, Variable]] = []
        self.given: list[str] = []
        self.names: dict[Place, Node] = {}
        self.namespaces: list[tuple[str, Variable]] = []
        self.unsure: list[Spot] = []
        self._seen: set[int] = set()
        self._namespaces: set[tuple[str, str]] = set()
        for path, variable in start:
            self.add(path, variable)

    def add(self, path: str, variable: Variable) -> None:
        """Take in a variable, and what the file gives away under its name."""
        if id(variable) in self._seen:
            return
        self._seen.add(id(variable))
        self.variables.append((path, variable))
        file = self.modules.file(path)
        for row in file.given:
            if row.variable is variable and row.name == self.name:
                self.give(path)
        if variable.scope is file.scopes.top and not file.is_module:
            self._globals(path, variable)

    def give(self, path: str) -> None:
        """Take in that the file gives the name away: whoever takes it, takes it by the new one."""
        if path in self.given:
            return
        self.given.append(path)
        for twin in (path, *self._twins(path)):
            if twin not in self.given:
                self.given.append(twin)
            for row in self.modules.file(twin).given:
                if row.name == self.name:
                    self._given_again(twin, row)
            for importer in self.modules.importers(twin):
                self._importer(importer, twin)

    def _given_again(self, path: str, row: Given) -> None:
        if row.token is not None:
            self.names[Place(path, row.token.start_byte, row.token.end_byte)] = row.token
            for node in self._of_exports(path):
                self.names[Place(path, node.start_byte, node.end_byte)] = node
        elif row.variable is not None:
            self.add(path, row.variable)

    def _of_exports(self, path: str) -> list[Node]:
        """`exports.name` within the file itself."""
        found = []
        for node in nodes_of(self.trees.root(path), self.trees.source(path), self.name):
            above = node.parent
            on = above.child_by_field_name("object") if above is not None else None
            if on is not None and text_of(on) in ("exports", "module.exports"):
                found.append(node)
        return found

    def _twins(self, path: str) -> list[str]:
        """`x.d.ts` of `x.js`, and the other way."""
        stem = path
        for ending in (*_DECLARED, ".js", ".jsx", ".mjs", ".cjs"):
            if path.endswith(ending):
                stem = path.removesuffix(ending)
                break
        else:
            return []
        ends = (".js", ".jsx", ".mjs", ".cjs") if path.endswith(_DECLARED) else _DECLARED
        return [stem + end for end in ends if stem + end in self.modules.paths]

    def _importer(self, path: str, source: str) -> None:
        file = self.modules.file(path)
        for row in file.taken:
            if row.source != source:
                continue
            if row.name == self.name and row.token is not None:
                place = Place(path, row.token.start_byte, row.token.end_byte)
                if row.form == "reexport":
                    self.names[place] = row.token
                    if row.given == self.name:
                        self.give(path)
                elif row.variable is not None and row.variable.name == self.name:
                    self.names.setdefault(place, row.token)
                    self.add(path, row.variable)
                else:
                    self.names[place] = row.token
            elif row.form == "star":
                if not any(one.name == self.name for one in file.given):
                    self.give(path)
            elif row.name == "*" or (row.name == "default" and self._is_whole(source)):
                if row.form == "reexport":
                    self._namespace_given(path, row.given)
                elif row.variable is not None:
                    self._namespace(path, row.variable)
        for specifier, node in file.loose:
            if self.modules.resolve(path, specifier) == source:
                self._loose(path, node)

    def _is_whole(self, source: str) -> bool:
        """CommonJS: its default is the module itself."""
        return not any(row.name == "default" for row in self.modules.file(source).given)

    def _loose(self, path: str, loader: Node) -> None:
        """The file is loaded in a way that is not followed: what has the name may be it."""
        scopes = self.modules.file(path).scopes
        for node in nodes_of(self.trees.root(path), self.trees.source(path), self.name):
            if node.type in ("identifier", "type_identifier") and node.start_byte in scopes.at:
                continue
            if node.type != "comment":
                why = f"{text_of(loader)[:40].splitlines()[0]} is not followed"
                self.unsure.append(Spot(path, node.start_byte, node.end_byte, why, True))

    # What holds a whole module

    def _namespace(self, path: str, variable: Variable) -> None:
        key = path, f"{variable.name}@{variable.tokens[0].start}"
        if key in self._namespaces:
            return
        self._namespaces.add(key)
        self.namespaces.append((path, variable))
        for token in variable.tokens:
            self._through(path, token)
        for row in self.modules.file(path).given:
            if row.variable is variable:
                self._namespace_given(path, row.name)

    def _through(self, path: str, token: Token) -> None:
        above = token.node.parent
        if token.bound or above is None or token.role == "export":
            return
        if above.type in _MEMBERS and above.named_children[0] == token.node:
            name = above.named_children[-1]
            if text_of(name) == self.name:
                self.names[Place(path, name.start_byte, name.end_byte)] = name
            return
        if above.type in ("type_query", "export_specifier", "export_statement"):
            return
        if (
            above.type == "subscript_expression"
            and above.child_by_field_name("object") == token.node
        ):
            key = above.child_by_field_name("index")
            if key is not None and key.type == "string":
                if text_of(key)[1:-1] == self.name:
                    start = key.start_byte + 1
                    self.unsure.append(
                        Spot(path, start, key.end_byte - 1, "a name in a string", True)
                    )
                return
        if above.type == "variable_declarator":
            pattern = above.child_by_field_name("name")
            if pattern is not None and pattern.type == "object_pattern":
                for node in nodes_of(pattern, self.trees.source(path), self.name):
                    if pattern.start_byte <= node.start_byte < pattern.end_byte:
                        why = "it is taken from the whole module"
                        self.unsure.append(Spot(path, node.start_byte, node.end_byte, why, False))
                return
        why = "the whole module is passed on"
        self.unsure.append(Spot(path, token.start, token.end, why, False))

    def _namespace_given(self, path: str, name: str) -> None:
        """The file gives away, as `name`, a whole module that has the variable."""
        if (path, f"={name}") in self._namespaces:
            return
        self._namespaces.add((path, f"={name}"))
        for importer in self.modules.importers(path):
            for row in self.modules.file(importer).taken:
                if row.source == path:
                    self._namespace_taken(importer, row, name)

    def _namespace_taken(self, path: str, row: Taken, name: str) -> None:
        if row.name == name and row.form == "reexport":
            self._namespace_given(path, row.given)
        elif row.name == name and row.variable is not None:
            self._namespace(path, row.variable)
        elif row.form == "star":
            self._namespace_given(path, name)
        elif row.name == "*" and row.variable is not None:
            for token in row.variable.tokens:
                self._through_two(path, token, name)

    def _through_two(self, path: str, token: Token, name: str) -> None:
        """`all.ns.name`."""
        above = token.node.parent
        outer = above.parent if above is not None else None
        if (
            above is None
            or outer is None
            or above.type not in _MEMBERS
            or outer.type not in _MEMBERS
        ):
            return
        last = outer.named_children[-1]
        if text_of(above.named_children[-1]) == name and text_of(last) == self.name:
            self.names[Place(path, last.start_byte, last.end_byte)] = last

    # What no file has to import

    def _globals(self, path: str, variable: Variable) -> None:
        """A file without imports and exports shares its names with every other one."""
        for other in self.modules.paths:
            if other == path or self.name.encode() not in self.trees.source(other):
                continue
            file = self.modules.file(other)
            same = file.scopes.top.names.get(self.name)
            if not file.is_module and same is not None and self._is_typed(path, other):
                self.add(other, same)
            for one in file.scopes.references:
                if one.name != self.name or one.variable is not None:
                    continue
                place = Place(other, one.token.start, one.token.end)
                if self._is_typed(path, other):
                    self.names[place] = one.token.node
                else:
                    why = "it may be the script's"
                    self.unsure.append(Spot(*place, why, True))

    @staticmethod
    def _is_typed(path: str, other: str) -> bool:
        return path.endswith(("ts", "tsx")) and other.endswith(("ts", "tsx"))
