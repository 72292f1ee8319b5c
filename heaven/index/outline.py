"""What the query's matches say of each token of a file: the vocabulary of every language's query
but Python's, whose own is in reading.py.

  names        @use, @use.type, @ignore; @assigned @called @mention (an import) say what a use is
  scopes       @scope.function .arrow .block .class .namespace
  definitions  @define.KIND with @name, and where there are: @body (the header ends before it),
               @opens (the node whose scope is its own, if not the definition's), @owner (the type
               that a method is declared for), @returns @type @value; @base of @base.of; @getter;
               @default (a default export); @wrap around @wrapped is the whole statement;
               @decorator; @comment
  bindings     @bind.parameter .variable .constant .hoisted .typevar .field (of this) .property
               (a parameter that is a field too) with @type | @each (of its parts), and
               @value | @element (of what it is one of) | @first @rest (of several results) |
               @parameter (of what this callee calls @argument with);
               @after: known only behind this node; @around: all of what binds it
  expressions  @whole with @member of @object | @callee | @made (by new) | @same (the same value) |
               @indexed | @ranged | @instance (of a type); @literal; @this; @super; @result
  types        @union of @one, @tuple of @one, @list of @one, @generic of @head and @one,
               @function of @one (its parameters); @this
  imports      @module with @import.default | @import.all | @import.name (@import.alias) |
               @import.star | @import.dot | @import.package | @import.require | @required;
               @reexport; @package
  exports      @exported (a declaration), @exported.member (a definition), @export.name
               (@export.alias), @export.default (a name), @export.value

Of two patterns that define or bind one token, the later one in the file counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from ..records import RefKind

if TYPE_CHECKING:
    from tree_sitter import Node

Range: TypeAlias = tuple[int, int]

# A parameter's place and that of the function among the arguments make one number.
PLACES: Final = 64

_MADE: Final = {
    "callee": "call",
    "made": "new",
    "same": "same",
    "indexed": "item",
    "ranged": "element",
    "instance": "instance",
}
_TAKES: Final = ("value", "element", "first", "rest", "parameter")
_TYPES: Final = ("union", "tuple", "list", "generic", "function")
_IMPORTS: Final = ("default", "all", "name", "star", "dot", "package", "require")
_ABOUT: Final = (
    ("use", {"use"}),
    ("use.type", {"use.type"}),
    ("definition", {"name"}),
    ("import", {"module"}),
    ("expression", {"whole", "literal"}),
    ("type", set(_TYPES)),
)


@dataclass(slots=True)
class Mark:
    """What is said of one name token; `pattern` is the pattern that said what it binds."""

    pattern: int = -1
    binding: str = ""
    kind: RefKind = "plain"
    on: Range | None = None
    takes: str = ""
    value: Range | None = None
    type: Range | None = None
    each: bool = False
    place: int = -1
    around: Range | None = None
    after: int = -1
    imported: int = -1
    ignore: bool = False


@dataclass(slots=True)
class Found:
    """A definition as it is matched. `opens` is the node whose scope is its own."""

    pattern: int
    kind: str
    at: Range
    name: str
    name_at: Range
    opens: Range
    body: Range | None = None
    owner: Range | None = None
    returns: Range | None = None
    type: Range | None = None
    value: Range | None = None
    getter: bool = False


@dataclass(frozen=True, slots=True)
class ImportFound:
    """`bound_at` is the token that makes the name known; -1 where there is none."""

    module: str
    name: str
    bound: str
    level: int
    bound_at: int
    exported: bool


@dataclass(frozen=True, slots=True)
class Export:
    """A value under an exported name. An exported name of the file is an import of its own."""

    name: str
    at: int
    value: Range


def _about(captures: Iterable[str]) -> str:
    """What a pattern speaks of, by the names of its captures."""
    names = set(captures)
    for said, marks in _ABOUT:
        if names & marks:
            return said
    prefixes = {name.partition(".")[0] for name in names}
    return "scope" if "scope" in prefixes else "binding" if "bind" in prefixes else "other"


def span(node: Node) -> Range:
    return node.start_byte, node.end_byte


def _place(node: Node, within: Node | None = None) -> int:
    """How many come before it in its list; of a parameter's name, in that of the function."""
    if within is not None:
        while node.parent is not None and node.parent.type != "formal_parameters":
            if node.parent == within:
                return 0
            node = node.parent
    before = 0
    sibling = node.prev_named_sibling
    while sibling is not None:
        before += sibling.type != "comment"
        sibling = sibling.prev_named_sibling
    return min(before, PLACES - 1)


@dataclass(slots=True)
class Outline:
    """All of it by byte offset."""

    source: bytes
    tokens: dict[int, tuple[int, str, RefKind]] = field(default_factory=dict)
    marks: dict[int, Mark] = field(default_factory=dict)
    regions: dict[Range, str] = field(default_factory=dict)
    definitions: dict[int, Found] = field(default_factory=dict)
    wraps: dict[Range, Range] = field(default_factory=dict)
    comments: list[Range] = field(default_factory=list)
    decorators: dict[int, int] = field(default_factory=dict)
    bases: dict[Range, list[Range]] = field(default_factory=dict)
    heads: dict[Range, int] = field(default_factory=dict)
    made: dict[Range, tuple[str, Range]] = field(default_factory=dict)
    types: dict[Range, tuple[str, Range, list[Range]]] = field(default_factory=dict)
    required: dict[Range, int] = field(default_factory=dict)
    results: list[Range] = field(default_factory=list)
    called: list[Range] = field(default_factory=list)
    imports: list[ImportFound] = field(default_factory=list)
    exported: list[Range] = field(default_factory=list)
    defaults: set[Range] = field(default_factory=set)
    members: set[Range] = field(default_factory=set)
    exports: list[Export] = field(default_factory=list)
    selves: dict[Range, str] = field(default_factory=dict)
    package: str = ""
    said: dict[int, str] = field(default_factory=dict)

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", errors="replace")

    def mark(self, at: int) -> Mark:
        mark = self.marks.get(at)
        if mark is None:
            mark = self.marks[at] = Mark()
        return mark

    def collect(self, pattern: int, captures: dict[str, list[Node]]) -> None:
        """Take in one match of the query."""
        said = self.said.get(pattern)
        if said is None:
            said = self.said[pattern] = _about(captures)
        match said:
            case "use" | "use.type":
                node = captures[said][0]
                start, end = node.start_byte, node.end_byte
                if end > start:
                    kind: RefKind = "plain" if said == "use" else "type"
                    self.tokens[start] = (end, self.text(node), kind)
                    self.heads[start, end] = start
            case "scope":
                for name, nodes in captures.items():
                    self.regions.setdefault(span(nodes[0]), name.partition(".")[2])
            case "definition":
                self._definition(pattern, captures)
            case "import":
                self._import(captures)
            case "expression":
                self._expression(captures)
            case "type":
                self._type(captures)
            case "binding":
                self._binding(pattern, captures)
            case _:
                self._other(captures)

    def _other(self, captures: dict[str, list[Node]]) -> None:
        for name, nodes in captures.items():
            node = nodes[0]
            match name:
                case "ignore":
                    self.mark(node.start_byte).ignore = True
                case "assigned":
                    self.mark(node.start_byte).kind = "assignment"
                case "called":
                    self.mark(node.start_byte).kind = "call"
                case "mention":
                    self.mark(node.start_byte).kind = "import"
                case "exported.member":
                    self.members.add(span(node))
                case "wrapped":
                    if span(captures["wrap"][0]) != span(node):
                        self.wraps[span(node)] = span(captures["wrap"][0])
                case "comment":
                    self.comments.append(span(node))
                case "decorator":
                    self.decorators[node.start_byte] = node.end_byte
                case "base":
                    self.bases.setdefault(span(captures["base.of"][0]), []).append(span(node))
                case "result":
                    self.results.append(span(node))
                case "this" | "super":
                    self.selves[span(node)] = name
                case "package":
                    self.package = self.text(node)
                case "exported":
                    self.exported.append(span(node))
                    if "default" in captures:
                        self.defaults.add(span(node))
                case "export.name":
                    alias = captures.get("export.alias", nodes)[0]
                    self._import_row("", self.text(node), alias, 0, exported=True)
                    self._imported(node, len(self.imports) - 1)
                case "export.default":
                    self.imports.append(
                        ImportFound("", self.text(node), "default", 0, node.start_byte, True)
                    )
                    self._imported(node, len(self.imports) - 1)
                case "export.value":
                    self.exports.append(Export("default", node.start_byte, span(node)))

    def finish(self) -> None:
        """What is called, is called whatever its token was said to be before."""
        for callee in self.called:
            head = self.heads.get(callee)
            if head is not None:
                mark = self.mark(head)
                if mark.kind in ("plain", "attribute"):
                    mark.kind = "call"

    def _expression(self, captures: dict[str, list[Node]]) -> None:
        if "literal" in captures:
            at = span(captures["literal"][0])
            self.made.setdefault(at, ("literal", at))
            return
        whole = span(captures["whole"][0])
        if "member" in captures:
            member = captures["member"][0]
            mark = self.mark(member.start_byte)
            mark.on = span(captures["object"][0])
            if mark.kind == "plain":
                mark.kind = "attribute"
            if captures["object"][0].end_byte <= member.start_byte:
                self.heads[whole] = member.start_byte
            return
        for name, op in _MADE.items():
            if name in captures:
                inner = span(captures[name][0])
                if op in ("call", "new"):
                    self.called.append(inner)
                if op != "call" or whole not in self.made:
                    self.made[whole] = (op, inner)

    def _type(self, captures: dict[str, list[Node]]) -> None:
        form = next(name for name in _TYPES if name in captures)
        whole = span(captures[form][0])
        head = span(captures["head"][0]) if "head" in captures else whole
        parts = self.types.setdefault(whole, (form, head, []))[2]
        parts.extend(span(node) for node in captures.get("one", ()))

    def _definition(self, pattern: int, captures: dict[str, list[Node]]) -> None:
        label = next(name for name in captures if name.startswith("define."))
        node, name = captures[label][0], captures["name"][0]
        known = self.definitions.get(name.start_byte)
        # A name that the parser only supposes has no bytes.
        if name.start_byte == name.end_byte or (known is not None and known.pattern >= pattern):
            return
        found = Found(
            pattern,
            label.partition(".")[2],
            span(node),
            self.text(name).strip("\"'`"),
            span(name),
            span(captures["opens"][0] if "opens" in captures else node),
            getter="getter" in captures,
        )
        for part in ("body", "owner", "returns", "type", "value"):
            if part in captures:
                setattr(found, part, span(captures[part][0]))
        self.definitions[name.start_byte] = found
        if "exported.member" in captures:
            self.members.add(found.at)

    def _binding(self, pattern: int, captures: dict[str, list[Node]]) -> None:
        label = next(name for name in captures if name.startswith("bind."))
        token = captures[label][0]
        mark = self.mark(token.start_byte)
        if mark.pattern > pattern:
            return
        mark.pattern, mark.binding = pattern, label.partition(".")[2]
        if "type" in captures:
            mark.type = span(captures["type"][0])
        elif "each" in captures:
            mark.type, mark.each = span(captures["each"][0]), True
        if "around" in captures:
            mark.around = span(captures["around"][0])
        if "after" in captures:
            mark.after = captures["after"][0].end_byte
        for takes in _TAKES:
            if takes in captures:
                mark.takes, mark.value = takes, span(captures[takes][0])
        if "argument" in captures:
            argument = captures["argument"][0]
            mark.place = _place(argument) * PLACES + _place(token, argument)

    def _import(self, captures: dict[str, list[Node]]) -> None:
        module = self.text(captures["module"][0])
        if "required" in captures:
            self.required[span(captures["required"][0])] = len(self.imports)
            self.imports.append(ImportFound(module, "default", "", 1, -1, False))
            return
        form = next(one for one in _IMPORTS if f"import.{one}" in captures)
        node = captures[f"import.{form}"][0]
        exported = "reexport" in captures
        match form:
            case "star" | "dot":
                self.imports.append(ImportFound(module, "*", "*", 0, -1, form == "star"))
                return
            case "package":
                last = module.rpartition("/")[2]
                self.imports.append(ImportFound(module, "", last, 0, node.start_byte, False))
                return
            case "all":
                self._import_row(module, "", node, 0, exported=exported)
            case "require":
                self._import_row(module, "default", node, 1, exported=exported)
            case "default":
                self._import_row(module, "default", node, 0, exported=exported)
            case _:
                alias = captures.get("import.alias", [node])[0]
                level = 1 if "required.from" in captures else 0
                self._import_row(module, self.text(node), alias, level, exported=exported)
        self._imported(node, len(self.imports) - 1)

    def _import_row(
        self, module: str, name: str, bound: Node, level: int, *, exported: bool
    ) -> None:
        self.imports.append(
            ImportFound(module, name, self.text(bound), level, bound.start_byte, exported)
        )
        self._imported(bound, len(self.imports) - 1)

    def _imported(self, node: Node, number: int) -> None:
        mark = self.mark(node.start_byte)
        if mark.imported < 0 or mark.imported < number:
            mark.kind, mark.imported, mark.ignore = "import", number, False
            self.tokens.setdefault(node.start_byte, (node.end_byte, self.text(node), "plain"))
