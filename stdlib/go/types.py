"""Types as Go's compiler sees them, as far as the text of the repository shows them: their members
with what they embed, and which type fits which interface."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from ...heaven.index.bind import Key
from .packages import Package, Packages, exported
from .standard import method_sets, standard_paths

if TYPE_CHECKING:
    from tree_sitter import Node

_QUALIFIER: Final = re.compile(r"\b\w+\.(?=\w)")
_EMPTY: Final = re.compile(r"interface\s*\{\s*\}")


class Type(NamedTuple):
    """A type that is declared in a package; `name` is its qualname (`f.T` within a function)."""

    package: Package
    name: str


@dataclass(slots=True)
class MethodSet:
    """By name: the signature, and the definition where it is the repository's. `open` tells that
    it embeds something whose methods are not known."""

    rows: dict[str, tuple[str, Key | None]] = field(default_factory=dict)
    open: bool = False


class Types:
    """For use within the index's `ask`."""

    def __init__(self, packages: Packages) -> None:
        self._packages = packages
        self._trees = packages.trees
        self._sets: dict[Type, MethodSet] = {}
        self._embedders: dict[Type, list[Type]] | None = None

    # Where types are declared

    def declared(self, kind: Type) -> tuple[str, Node] | None:
        """The file of a type's declaration and the node behind its name."""
        head, _, _ = kind.name.rpartition(".")
        if not head:
            keys = self._packages.scope(kind.package).get(kind.name, [])
        else:
            keys = [
                Key(path, number)
                for path in self._packages.files(kind.package)
                for number, row in enumerate(self._packages.facts(path).definitions)
                if row.qualname == kind.name and row.kind in ("type", "interface")
            ]
        for key in keys:
            row = self._packages.row(key)
            name = self._trees.at(key.path, row.name_start, row.name_start + 1)
            spec = name.parent
            if spec is not None and spec.type in ("type_spec", "type_alias"):
                node = spec.child_by_field_name("type")
                return (key.path, node) if node is not None else None
        return None

    def resolve(self, path: str, node: Node) -> Type | None:
        """The repository's type that a type expression names, pointers and arguments left out."""
        while node.type in ("pointer_type", "parenthesized_type", "generic_type", "type_elem"):
            inner = node.child_by_field_name("type") or next(iter(node.named_children), None)
            if inner is None:
                return None
            node = inner
        text = self._trees.text(path, node)
        if node.type == "qualified_type":
            local, _, name = text.partition(".")
            one = self._packages.imported(path, local.strip())
            where = self._packages.directory(one.path) if one is not None else None
            package = self._packages.importable(where) if where is not None else None
            if package is None or name.strip() not in self._packages.scope(package):
                return None
            return Type(package, name.strip())
        if node.type not in ("type_identifier", "identifier"):
            return None
        package = self._packages.of(path)
        for row in self._packages.facts(path).definitions:
            # A type of the function around it hides the package's.
            local_type = row.kind in ("type", "interface") and row.name == text and row.scope != 0
            if local_type and self._around(path, row.start, node):
                return Type(package, row.qualname)
        if text in self._packages.scope(package):
            return Type(package, text)
        for one in self._packages.imports(path):
            where = self._packages.directory(one.path) if one.local == "." else None
            found = self._packages.importable(where) if where is not None else None
            if found is not None and text in self._packages.scope(found):
                return Type(found, text)
        return None

    def _around(self, path: str, at: int, node: Node) -> bool:
        """Whether byte `at` lies in the function that the node is in."""
        above: Node | None = node
        while above is not None and above.type not in (
            "function_declaration",
            "method_declaration",
        ):
            above = above.parent
        return above is not None and above.start_byte <= at < above.end_byte

    # Embedding

    def embedded(self, kind: Type) -> tuple[list[Type], list[tuple[str, Node]]]:
        """What a struct or interface embeds: the repository's types, and type expressions of what
        is not the repository's, each with its file."""
        found = self.declared(kind)
        ours: list[Type] = []
        others: list[tuple[str, Node]] = []
        if found is None:
            return ours, others
        path, node = found
        for one in _embeds(node):
            inner = self.resolve(path, one)
            if inner is not None and inner != kind:
                ours.append(inner)
            else:
                others.append((path, one))
        return ours, others

    def embedders(self, kind: Type) -> list[Type]:
        """The types that embed one, through others too."""
        if self._embedders is None:
            self._embedders = {}
            for path in self._packages.every:
                package = self._packages.of(path)
                for row in self._packages.facts(path).definitions:
                    if row.bases and row.kind in ("type", "interface"):
                        mine = Type(package, row.qualname)
                        for one in self.embedded(mine)[0]:
                            self._embedders.setdefault(one, []).append(mine)
        found: dict[Type, None] = {}
        pending = [kind]
        while pending:
            for one in self._embedders.get(pending.pop(), ()):
                if one not in found:
                    found[one] = None
                    pending.append(one)
        return list(found)

    def has_member(self, kind: Type, name: str, seen: frozenset[Type] = frozenset()) -> Key | None:
        """The field or method of that name, of the type or of what it embeds."""
        if kind in seen:
            return None
        own = self._packages.members(kind.package, kind.name).get(name)
        if own:
            return own[0]
        for one in self.embedded(kind)[0]:
            if one.name == name:
                scope = self._packages.scope(one.package).get(name)
                if scope:
                    return scope[0]
            found = self.has_member(one, name, seen | {kind})
            if found is not None:
                return found
        return None

    # Interfaces

    def is_interface(self, kind: Type) -> bool:
        found = self.declared(kind)
        return found is not None and found[1].type == "interface_type"

    def methods(self, kind: Type) -> MethodSet:
        """What can be called on a pointer to it."""
        if kind in self._sets:
            return self._sets[kind]
        made = self._sets[kind] = MethodSet()
        for name, keys in self._packages.members(kind.package, kind.name).items():
            rows = [key for key in keys if self._packages.row(key).kind == "method"]
            if rows:
                made.rows[name] = (self.signature(rows[0]), rows[0])
        fields = self._packages.members(kind.package, kind.name)
        ours, others = self.embedded(kind)
        for one in ours:
            inner = self.methods(one)
            made.open = made.open or inner.open
            for name, row in inner.rows.items():
                if name not in fields:
                    made.rows.setdefault(name, row)
        for path, node in others:
            text = _outside_label(self._packages, path, self._trees.text(path, node))
            known = method_sets().get(text)
            if known is None:
                made.open = made.open or node.type != "union_type"
                continue
            for name, signature in known.items():
                if name not in fields:
                    made.rows.setdefault(name, (signature, None))
        return made

    def signature(self, key: Key) -> str:
        """Parameters and results by their types alone: `(int,string)(error)`."""
        row = self._packages.row(key)
        node: Node | None = self._trees.at(key.path, row.name_start, row.name_start + 1).parent
        if node is None:
            return ""
        return signature_of(node)

    def fits(self, kind: Type, interface: Type) -> bool:
        """Whether values of a type can stand for the interface, as far as names and the signatures'
        text show."""
        wanted = self.methods(interface)
        if not wanted.rows or kind == interface:
            return False
        have = self.methods(kind)
        loose = self._generic(kind) or self._generic(interface)
        for name, (signature, _) in wanted.rows.items():
            if not exported(name) and kind.package.directory != interface.package.directory:
                return False
            mine = have.rows.get(name)
            if mine is None:
                if not have.open:
                    return False
                continue
            same = mine[0].count(",") == signature.count(",") if loose else mine[0] == signature
            if not same:
                return False
        return True

    def _generic(self, kind: Type) -> bool:
        found = self.declared(kind)
        spec = found[1].parent if found is not None else None
        return spec is not None and spec.child_by_field_name("type_parameters") is not None

    def outside_interface(self, kind: Type, name: str) -> str | None:
        """An interface of Go's own library that the type fits with its method `name`, as far as
        the repository has to do with it."""
        have = self.methods(kind)
        for label, wanted in method_sets().items():
            if name not in wanted or not label.startswith("interface "):
                continue
            fits = all(
                have.rows[m][0] == s if m in have.rows else have.open for m, s in wanted.items()
            )
            if fits and self._is_met(label):
                return label.removeprefix("interface ")
        return None

    def outside_types(self, interface: Type) -> list[str]:
        """The types of Go's own library that fit an interface of the repository, as far as the
        repository has to do with them."""
        wanted = {name: row[0] for name, row in self.methods(interface).rows.items()}
        return [
            label.removeprefix("interface ")
            for label, have in method_sets().items()
            if wanted
            and all(have.get(name) == signature for name, signature in wanted.items())
            and self._is_met(label)
        ]

    def _is_met(self, label: str) -> bool:
        path = label.removeprefix("interface ").rpartition(".")[0]
        return path not in standard_paths() or path in self._packages.standard_imports()


def signature_of(node: Node) -> str:
    """Of a node with `parameters` and perhaps a `result`."""
    parameters = node.child_by_field_name("parameters")
    result = node.child_by_field_name("result")
    left = ",".join(_types(parameters)) if parameters is not None else ""
    right = ""
    if result is not None:
        right = ",".join(_types(result)) if result.type == "parameter_list" else _plain(result)
    return f"({left})({right})"


def _types(parameters: Node) -> Iterator[str]:
    for one in parameters.named_children:
        kind = one.child_by_field_name("type")
        if kind is None:
            continue
        names = len(one.children_by_field_name("name")) or 1
        dots = "..." if one.type == "variadic_parameter_declaration" else ""
        for _ in range(names):
            yield dots + _plain(kind)


def _plain(node: Node) -> str:
    text = (node.text or b"").decode("utf-8", "replace")
    return plain_type(text)


def plain_type(text: str) -> str:
    """A type's text with neither package names nor blanks."""
    text = _EMPTY.sub("any", _QUALIFIER.sub("", text))
    return re.sub(r"\s+", "", text)


def _embeds(node: Node) -> list[Node]:
    found: list[Node] = []
    if node.type == "struct_type":
        for rows in node.named_children:
            for one in rows.named_children:
                kind = one.child_by_field_name("type")
                if one.type == "field_declaration" and not one.child_by_field_name("name") and kind:
                    found.append(kind)
    elif node.type == "interface_type":
        for one in node.named_children:
            if one.type == "type_elem" and len(one.named_children) == 1:
                found.append(one.named_children[0])
    return found


def _outside_label(packages: Packages, path: str, text: str) -> str:
    """What `method_sets` calls the type: `interface io.Reader`, `sync.Mutex`."""
    local, dot, name = text.lstrip("*").partition(".")
    if not dot:
        return "interface error" if text == "error" else text
    one = packages.imported(path, local)
    whole = f"{one.path}.{name}" if one is not None else f"{local}.{name}"
    return f"interface {whole}" if f"interface {whole}" in method_sets() else whole
