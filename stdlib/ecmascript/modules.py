"""What files give each other: ES modules and CommonJS, as their statements say it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ...heaven.index.es_names import EsNames
from ...heaven.index.facts import FileFacts
from ...heaven.index.symbols import SymbolIndex
from ..syntax import Trees, kin_of
from .scopes import CLASSES, FileScopes, Variable, required_source, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

KIN: Final = "ecmascript"
_DEEP: Final = 20
Form: TypeAlias = Literal["import", "reexport", "star", "require"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A name that a file takes from another: `name` is the other's ("default", "*" for the whole),
    `token` where it is written, if it is; `variable` what it is here. `source` is the other file,
    None for one outside of the repository. Of a re-export, `given` is the name it gets."""

    form: Form
    specifier: str
    source: str | None
    name: str
    token: Node | None
    variable: Variable | None
    given: str
    statement: Node
    type_only: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A name that a file gives away: `token` is where the name is written as such (`b` of
    `export {a as b}`), None where the variable's own token does it."""

    name: str
    variable: Variable | None
    token: Node | None
    statement: Node


@dataclass(slots=True)
class FileModule:
    """One file. `loose` are nodes that load another file in a way that is not followed."""

    scopes: FileScopes
    taken: list[Taken] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    loose: list[tuple[str, Node]] = field(default_factory=list)
    is_module: bool = False


class Modules:
    """Over an index. For use within its `ask`."""

    def __init__(self, index: SymbolIndex, trees: Trees) -> None:
        self._index = index
        self._trees = trees
        self._names = EsNames(index.paths())
        self._files: dict[str, FileModule] = {}
        self._importers: dict[str, list[str]] | None = None
        self.paths = tuple(path for path in index.paths() if kin_of(path) == KIN)

    def resolve(self, path: str, specifier: str) -> str | None:
        """The file that a specifier means in the file `path`."""
        return self._names.resolve(path, specifier)

    def importers(self, path: str) -> list[str]:
        """The files that name this one in an import, a re-export or a require; sorted."""
        if self._importers is None:
            self._importers = {}
            for one in self.paths:
                facts = self._index.facts_of(one) or FileFacts()
                found = {self.resolve(one, row.module) for row in facts.imports if row.module}
                for target in found - {None}:
                    if target is not None:
                        self._importers.setdefault(target, []).append(one)
        return self._importers.get(path, [])

    def home(self, path: str, variable: Variable, depth: int = 0) -> tuple[str, Variable] | None:
        """Where a variable comes from, through imports; itself where it is no import. None where
        that is not in the repository, or not a variable."""
        row = next((one for one in self.file(path).taken if one.variable is variable), None)
        if row is None:
            return path, variable
        return self._home(row.source, row.name, depth)

    def _home(self, source: str | None, name: str, depth: int) -> tuple[str, Variable] | None:
        if source is None or depth > _DEEP:
            return None
        file = self.file(source)
        for given in file.given:
            if given.name == name and given.variable is not None:
                return self.home(source, given.variable, depth + 1)
        for row in file.taken:
            found = None
            if row.form == "reexport" and row.given == name and row.name != "*":
                found = self._home(row.source, row.name, depth + 1)
            elif row.form == "star" and name != "default":
                found = self._home(row.source, name, depth + 1)
            if found is not None:
                return found
        return None

    def file(self, path: str) -> FileModule:
        """What a file takes and gives."""
        known = self._files.get(path)
        if known is None:
            root = self._trees.root(path)
            known = self._files[path] = FileModule(FileScopes(root))
            reader = ModuleReader(self, path, known)
            for statement in root.named_children:
                reader.statement(statement)
            reader.common_js(root)
        return known


class ModuleReader:
    """Reads the statements of the file `path` into `found`; `modules` of None resolves nothing."""

    def __init__(self, modules: Modules | None, path: str, found: FileModule) -> None:
        self._modules, self._path, self._found = modules, path, found
        self._seen: set[int] = set()

    def statement(self, node: Node) -> None:
        if node.type == "import_statement":
            self._found.is_module = True
            self._import(node)
        elif node.type == "export_statement":
            self._found.is_module = True
            self._export(node)

    def _take(
        self, form: Form, specifier: str, name: str, statement: Node, *,
        token: Node | None = None, variable: Variable | None = None, given: str = "",
        type_only: bool = False,
    ) -> None:  # fmt: skip
        source = None
        if self._modules is not None:
            source = self._modules.resolve(self._path, specifier)
        self._found.taken.append(
            Taken(form, specifier, source, name, token, variable, given, statement, type_only)
        )

    def _import(self, node: Node) -> None:
        at = self._found.scopes.at
        clause = next((one for one in node.named_children if one.type.endswith("_clause")), None)
        source = source_of_statement(node)
        only = _type_only(node)
        if clause is None or source is None:
            return
        if clause.type == "import_require_clause":
            bound = clause.named_children[0]
            self._take("require", source, "*", node, variable=at.get(bound.start_byte))
            return
        for one in clause.named_children:
            if one.type == "identifier":
                variable = at.get(one.start_byte)
                self._take("import", source, "default", node, variable=variable, type_only=only)
            elif one.type == "namespace_import":
                variable = at.get(one.named_children[0].start_byte)
                self._take("import", source, "*", node, variable=variable, type_only=only)
            elif one.type == "named_imports":
                for item in one.named_children:
                    name = item.child_by_field_name("name")
                    if item.type != "import_specifier" or name is None:
                        continue
                    alias = item.child_by_field_name("alias")
                    variable = at.get((alias or name).start_byte)
                    self._take(
                        "import", source, text_of(name).strip("\"'"), node, token=name,
                        variable=variable, type_only=only or _type_only(item),
                    )  # fmt: skip

    def _export(self, node: Node) -> None:
        at = self._found.scopes.at
        source = source_of_statement(node)
        only = _type_only(node)
        default = any(one.type == "default" for one in node.children)
        declaration = node.child_by_field_name("declaration")
        value = node.child_by_field_name("value")
        if source is not None:
            clause = next((o for o in node.named_children if o.type == "export_clause"), None)
            whole = next((o for o in node.named_children if o.type == "namespace_export"), None)
            if whole is not None:
                given = text_of(whole.named_children[0])
                self._take("reexport", source, "*", node, given=given, type_only=only)
            elif clause is None:
                self._take("star", source, "*", node, type_only=only)
            for item in clause.named_children if clause is not None else ():
                name = item.child_by_field_name("name")
                if name is None:
                    continue
                alias = item.child_by_field_name("alias")
                self._take(
                    "reexport", source, text_of(name).strip("\"'"), node, token=name,
                    given=text_of(alias or name).strip("\"'"), type_only=only or _type_only(item),
                )  # fmt: skip
            return
        if declaration is not None:
            for name in declared_names(declaration):
                variable = at.get(name.start_byte)
                given = "default" if default else text_of(name)
                self._found.given.append(Given(given, variable, None, node))
            return
        if value is not None:
            variable = at.get(value.start_byte) if value.type == "identifier" else None
            self._found.given.append(Given("default", variable, None, node))
            return
        for clause in node.named_children:
            if clause.type == "identifier":  # export = a
                self._found.given.append(Given("=", at.get(clause.start_byte), None, node))
            for item in clause.named_children if clause.type == "export_clause" else ():
                name = item.child_by_field_name("name")
                if name is None:
                    continue
                alias = item.child_by_field_name("alias")
                given = text_of(alias or name).strip("\"'")
                self._found.given.append(Given(given, at.get(name.start_byte), alias, node))

    def common_js(self, root: Node) -> None:
        """`require`, `import()`, and what is assigned to `exports`, wherever they stand."""
        source = root.text or b""
        if not any(word in source for word in (b"require", b"import(", b"exports", b"mock")):
            return
        stack = [root]
        while stack:
            node = stack.pop()
            stack.extend(node.named_children)
            if node.type == "variable_declarator":
                self._require(node)
            elif node.type == "call_expression" and node.start_byte not in self._seen:
                self._load(node)
            elif node.type == "assignment_expression":
                self._assigned(node)

    def _require(self, node: Node) -> None:
        value, target = node.child_by_field_name("value"), node.child_by_field_name("name")
        specifier = required_source(value)
        if specifier is None or value is None or target is None:
            return
        at = self._found.scopes.at
        call = value
        while call.type != "call_expression":
            call = call.named_children[0]
        self._seen.add(call.start_byte)
        self._found.is_module = True
        if target.type == "identifier":
            self._take("require", specifier, "*", node, variable=at.get(target.start_byte))
            return
        for item in target.named_children if target.type == "object_pattern" else ():
            if item.type == "shorthand_property_identifier_pattern":
                variable = at.get(item.start_byte)
                self._take("require", specifier, text_of(item), node, token=item, variable=variable)
            elif item.type == "pair_pattern":
                key, value = item.child_by_field_name("key"), item.child_by_field_name("value")
                if key is not None and value is not None:
                    variable = at.get(value.start_byte)
                    self._take(
                        "require", specifier, text_of(key), node, token=key, variable=variable
                    )
            else:
                self._found.loose.append((specifier, item))

    def _load(self, node: Node) -> None:
        """A file that is loaded without a name for it, or is named in a call (`jest.mock`)."""
        specifier = required_source(node)
        above = node.parent
        if specifier is not None and above is not None and above.type == "member_expression":
            name = above.child_by_field_name("property")
            if name is not None and not _awaited(node):
                self._take("require", specifier, text_of(name), above, token=name)
                return
        if specifier is None:
            arguments = node.child_by_field_name("arguments")
            first = next(iter(arguments.named_children), None) if arguments is not None else None
            if first is None or first.type != "string":
                return
            specifier = text_of(first)[1:-1]
        if specifier.startswith("."):
            self._found.loose.append((specifier, node))

    def _assigned(self, node: Node) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or left.type != "member_expression":
            return
        at = self._found.scopes.at
        on = left.child_by_field_name("object")
        name = left.child_by_field_name("property")
        if on is None or name is None:
            return
        if text_of(left) == "module.exports":
            self._found.is_module = True
            for item in right.named_children if right.type == "object" else ():
                if item.type == "shorthand_property_identifier":
                    variable = at.get(item.start_byte)
                    self._found.given.append(Given(text_of(item), variable, None, node))
                elif item.type == "pair":
                    key, value = item.child_by_field_name("key"), item.child_by_field_name("value")
                    if key is not None and value is not None:
                        variable = at.get(value.start_byte) if value.type == "identifier" else None
                        self._found.given.append(Given(text_of(key), variable, key, node))
                elif item.type == "method_definition":
                    key = item.child_by_field_name("name")
                    if key is not None:
                        self._found.given.append(Given(text_of(key), None, key, node))
            if right.type == "identifier":
                self._found.given.append(Given("=", at.get(right.start_byte), None, node))
        elif text_of(on) in ("exports", "module.exports"):
            self._found.is_module = True
            variable = at.get(right.start_byte) if right.type == "identifier" else None
            self._found.given.append(Given(text_of(name), variable, name, node))


def source_of_statement(node: Node) -> str | None:
    """The specifier of an import or re-export."""
    source = node.child_by_field_name("source")
    if source is None:
        for one in node.named_children:
            source = source or one.child_by_field_name("source")
    return text_of(source)[1:-1] if source is not None else None


def declared_names(node: Node) -> Iterator[Node]:
    """The names that a declaration declares."""
    if node.type == "ambient_declaration":
        for one in node.named_children:
            yield from declared_names(one)
        return
    if node.type in ("lexical_declaration", "variable_declaration"):
        for one in node.named_children:
            name = one.child_by_field_name("name")
            if one.type == "variable_declarator" and name is not None:
                yield from _of_pattern(name)
        return
    name = node.child_by_field_name("name")
    while name is not None and name.type == "nested_identifier":
        name = name.child_by_field_name("object")
    if (
        name is not None
        and name.type != "string"
        and (node.type not in CLASSES or node.type != "class")
    ):
        yield name


def _of_pattern(node: Node) -> Iterator[Node]:
    if node.type in ("identifier", "shorthand_property_identifier_pattern"):
        yield node
        return
    for one in node.named_children:
        if node.type == "pair_pattern" and one == node.child_by_field_name("key"):
            continue
        if node.type.endswith("assignment_pattern") and one == node.child_by_field_name("right"):
            continue
        yield from _of_pattern(one)


def _type_only(node: Node) -> bool:
    return any(one.type == "type" for one in node.children)


def _awaited(node: Node) -> bool:
    callee = node.child_by_field_name("function")
    return callee is not None and callee.type == "import"
