"""What the query's matches say of each token of a file, gathered before scopes are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

from ..records import RefKind
from .annotations import TypeNode, read_annotation
from .narrowing import Narrowed, Range, class_ranges, narrowed_regions

if TYPE_CHECKING:
    from tree_sitter import Node

_BINDINGS: Final = (
    "variable",
    "parameter",
    "field",
    "walrus",
    "typevar",
    "global",
    "nonlocal",
)
LISTED: Final = -1
_NOTHING: Final = (-1, -1)
NAMED: Final = (
    b"list", b"tuple", b"set", b"sorted", b"reversed", b"iter", b"deque", b"next", b"max", b"min",
    b"isinstance", b"cast", b"TypeVar", b"NewType", b"ForwardRef",
)  # fmt: skip
"""How the callee of a call ends, or begins, that python_calls.scm has something to say of."""
NAMED_FIRST: Final = b"__all__"
_TAKES: Final = ("value", "context", "raised", "iterable", "expected")


Match: TypeAlias = "tuple[int, dict[str, list[Node]]]"


@dataclass(slots=True)
class Role:
    """What is said of one name token; ranges are byte offsets, -1 is "nothing said"."""

    binding: str = ""
    kind: RefKind = "plain"
    takes: str = ""
    value: Range | None = None
    annotation: int = -1
    statement: Range | None = None
    owner: str = ""
    on: Range | None = None
    imported: int = -1
    depth: int = 0
    ignore: bool = False
    variadic: bool = False


@dataclass(slots=True)
class Opening:
    """A construct that opens a scope. `body` and `parameters` are byte ranges."""

    kind: str
    at: Range
    body: Range
    parameters: Range | None = None
    name: tuple[str, int] | None = None
    header_end: int = -1
    returns: int = -1
    typevars: Range | None = None
    scope: int = -1
    outside: int = -1


@dataclass(slots=True)
class ImportRead:
    at: int
    module: str
    level: int
    name: str
    bound: str
    bound_at: int


def span(node: Node) -> Range:
    return node.start_byte, node.end_byte


@dataclass(slots=True)
class Reading:
    """All of it by byte offset. `heads` maps an expression's range to the token that stands for it,
    unless it is the token (`head`); `made` maps the other expressions to what they are made of,
    `either` those that are one of two. `casts` maps calls of `cast` to the start of the type.
    `members` maps an attribute's token to what it is an attribute of; `called` are the tokens of
    what is called. These two are no roles because every other token of a file is one of them.
    """

    source: bytes
    tokens: dict[int, tuple[int, str]] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    openings: dict[Range, Opening] = field(default_factory=dict)
    outers: dict[Range, Range] = field(default_factory=dict)
    decorated: dict[int, tuple[int, list[tuple[str, Range]]]] = field(default_factory=dict)
    results: list[tuple[Range, bool]] = field(default_factory=list)
    bases: dict[int, list[Range]] = field(default_factory=dict)
    heads: dict[Range, int] = field(default_factory=dict)
    made: dict[Range, tuple[str, Range]] = field(default_factory=dict)
    either: dict[Range, tuple[Range, Range]] = field(default_factory=dict)
    casts: dict[Range, int] = field(default_factory=dict)
    members: dict[int, Range] = field(default_factory=dict)
    callees: list[Range] = field(default_factory=list)
    called: set[int] = field(default_factory=set)
    types: dict[int, tuple[int, TypeNode]] = field(default_factory=dict)
    type_nodes: list[Node] = field(default_factory=list)
    imports: list[ImportRead] = field(default_factory=list)
    narrowings: list[Narrowed] = field(default_factory=list)

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", errors="replace")

    def role(self, at: int) -> Role:
        role = self.roles.get(at)
        if role is None:
            role = self.roles[at] = Role()
        return role

    def read(
        self, matches: Iterable[Match], matches_of_call: Callable[[Node], Iterable[Match]]
    ) -> None:
        """Take in all matches of the query, (pattern, captures), and of the one that is asked of
        certain calls.

        The patterns of nearly all matches are read in place here: a call for each would cost more
        than the reading.
        """
        source, tokens, heads, made = self.source, self.tokens, self.heads, self.made
        members, callees = self.members, self.callees
        said = _said()
        for pattern, captures in matches:
            form = said.get(pattern)
            if form is None:
                form = said[pattern] = _form(captures)
            if form == "use":
                node = captures["use"][0]
                start, end = node.start_byte, node.end_byte
                if end > start:
                    tokens[start] = end, source[start:end].decode("utf-8", "replace")
            elif form == "literal":
                node = captures["literal"][0]
                at = node.start_byte, node.end_byte
                if at not in made:
                    made[at] = ("literal", at)
            elif form == "member":
                node = captures["whole"][0]
                at = node.start_byte, node.end_byte
                start = captures["member"][0].start_byte
                node = captures["object"][0]
                members[start] = (node.start_byte, node.end_byte)
                heads[at] = start
            elif form == "callee":
                node = captures["whole"][0]
                at = node.start_byte, node.end_byte
                called = captures["callee"][0]
                start, end = callee = called.start_byte, called.end_byte
                if at not in made:
                    made[at] = ("call", callee)
                callees.append(callee)
                if source.endswith(NAMED, start, end) or source.startswith(NAMED_FIRST, start, end):
                    for _, captures in matches_of_call(node):
                        _READ[_form(captures)](self, captures)
            else:
                _READ[form](self, captures)

    def _none(self, captures: dict[str, list[Node]]) -> None:
        at = span(captures["none"][0])
        self.made.setdefault(at, ("none", at))

    def _narrowing(self, captures: dict[str, list[Node]]) -> None:
        subject, classes = captures["subject"][0], captures["classes"][0]
        self.narrowings.extend(
            Narrowed(self.text(subject), at, class_ranges(classes))
            for at in narrowed_regions(captures["narrowing"][0])
        )

    def _cast(self, captures: dict[str, list[Node]]) -> None:
        self.type_nodes.append(captures["to"][0])
        self.casts[span(captures["cast"][0])] = captures["to"][0].start_byte

    def _ignore(self, captures: dict[str, list[Node]]) -> None:
        self.role(captures["ignore"][0].start_byte).ignore = True

    def _matched(self, captures: dict[str, list[Node]]) -> None:
        role = self.role(captures["matched"][0].start_byte)
        role.on, role.kind = _NOTHING, "attribute"

    def _type(self, captures: dict[str, list[Node]]) -> None:
        self.type_nodes.append(captures["type"][0])

    def _base(self, captures: dict[str, list[Node]]) -> None:
        base = span(captures["base"][0])
        self.bases.setdefault(captures["class.of"][0].start_byte, []).append(base)

    def _decorated(self, captures: dict[str, list[Node]]) -> None:
        whole, defined = captures["decorated"][0], captures["defined"][0]
        _, names = self.decorated.setdefault(defined.start_byte, (whole.start_byte, []))
        node = captures["decorator"][0]
        names.append((self.text(node).partition("(")[0].strip(), span(node)))

    def _result(self, captures: dict[str, list[Node]]) -> None:
        self.results.append((span(captures["result"][0]), False))

    def _yielded(self, captures: dict[str, list[Node]]) -> None:
        self.results.append((span(captures["yielded"][0]), True))

    def _assigned(self, captures: dict[str, list[Node]]) -> None:
        self.role(captures["assigned"][0].start_byte).kind = "assignment"

    def finish(self) -> None:
        """Read the types that no binding asked for; those within a type are read with it."""
        reached = -1
        for node in sorted(self.type_nodes, key=lambda node: (node.start_byte, -node.end_byte)):
            if node.start_byte >= reached:
                self.annotation(node)
                reached = node.end_byte
        self.called.update(head for head in map(self.head, self.callees) if head >= 0)

    def head(self, at: Range) -> int:
        """The token that stands for an expression; -1 if none does."""
        token = self.tokens.get(at[0])
        return at[0] if token is not None and token[0] == at[1] else self.heads.get(at, -1)

    def annotation(self, node: Node) -> int:
        """Read a type once; -> the byte where it starts, the key of `types`."""
        start, end = span(node)
        if start not in self.types:
            tree, quoted = read_annotation(self.source, start, end)
            self.types[start] = (end, tree)
            for name in quoted:
                self.tokens[name.start] = (name.end, name.name)
                if name.on >= 0:
                    role = self.role(name.start)
                    role.on = (name.on, self.tokens[name.on][0])
        return start

    def _expression(self, captures: dict[str, list[Node]]) -> None:
        whole = span(captures["whole"][0])
        if "through" in captures:
            self.made[whole] = ("same", span(captures["through"][0]))
        elif "chosen" in captures:
            self.made[whole] = ("element", span(captures["chosen"][0]))
        elif "held" in captures:
            self.made[whole] = ("holding", span(captures["held"][0]))
        elif "either" in captures:
            self.either[whole] = (span(captures["either"][0]), span(captures["or"][0]))
        elif "inner" in captures:
            self.made[whole] = ("same", span(captures["inner"][0]))
        else:
            self.made.setdefault(whole, ("item", span(captures["indexed"][0])))

    def _definition(self, captures: dict[str, list[Node]]) -> None:
        kind = "class" if "class" in captures else "function"
        node, name = captures[kind][0], captures["name"][0]
        parts = [name]
        opening = Opening(kind, span(node), span(captures["body"][0]))
        for part in ("typevars", "parameters", "bases", "returns"):
            if part in captures:
                parts.append(captures[part][0])
        opening.name = (self.text(name), name.start_byte)
        opening.header_end = max(part.end_byte for part in parts)
        if "parameters" in captures:
            opening.parameters = span(captures["parameters"][0])
        if "typevars" in captures:
            opening.typevars = span(captures["typevars"][0])
        if "returns" in captures:
            opening.returns = self.annotation(captures["returns"][0])
        self.openings[opening.at] = opening

    def _scope(self, captures: dict[str, list[Node]]) -> None:
        if "lambda" in captures:
            at = span(captures["lambda"][0])
            opening = Opening("lambda", at, span(captures["body"][0]))
            if "parameters" in captures:
                opening.parameters = span(captures["parameters"][0])
            self.openings[at] = opening
            return
        at, outer = span(captures["comprehension"][0]), span(captures["outer"][0])
        self.openings.setdefault(at, Opening("comprehension", at, at))
        if at not in self.outers or outer < self.outers[at]:
            self.outers[at] = outer

    def _dotted(self, captures: dict[str, list[Node]]) -> None:
        node = captures["dotted"][0]
        before: Node | None = None
        for part in node.named_children:
            if before is not None:
                self.members[part.start_byte] = span(before)
            before = part
        if before is not None:
            self.heads[span(node)] = before.start_byte

    def _quoted(self, captures: dict[str, list[Node]]) -> None:
        for node in captures["quoted"]:
            name = self.text(node)
            if name.isidentifier():
                self.tokens[node.start_byte] = (node.end_byte, name)
                self.role(node.start_byte).depth = LISTED

    def _binding(self, captures: dict[str, list[Node]]) -> None:
        binding = next((name for name in _BINDINGS if name in captures), "")
        if not binding:
            return
        role = self.role(captures[binding][0].start_byte)
        if role.binding != "parameter":
            role.binding = binding
        if "variadic" in captures:
            role.variadic = True
        if "annotation" in captures:
            role.annotation = self.annotation(captures["annotation"][0])
        if "statement" in captures:
            role.statement = span(captures["statement"][0])
        if "owner" in captures:
            role.owner = self.text(captures["owner"][0])
        for takes in _TAKES:
            # A `with` that expects an exception is first of all that.
            if takes in captures and role.takes != "expected":
                role.takes, role.value = takes, span(captures[takes][0])

    def _import(self, captures: dict[str, list[Node]]) -> None:
        number = len(self.imports)
        at = captures["import"][0].start_byte
        alias = captures["alias"][0] if "alias" in captures else None
        if "module" in captures:
            dotted = captures["module"][0]
            parts = self._module_parts(dotted, number)
            bound_node = alias or dotted.named_children[0]
            name, level = "", 0
            depth = len(parts)
        else:
            source = captures["source"][0]
            dotted_source = source if source.type == "dotted_name" else None
            level = 0
            if dotted_source is None:
                inside = [node for node in source.named_children if node.type == "dotted_name"]
                dotted_source = inside[0] if inside else None
                end = dotted_source.start_byte if dotted_source else source.end_byte
                level = self.source[source.start_byte : end].count(b".")
            parts = self._module_parts(dotted_source, number) if dotted_source is not None else []
            if "star" in captures:
                self.imports.append(ImportRead(at, ".".join(parts), level, "*", "*", at))
                return
            imported = captures["imported"][0]
            token = imported.named_children[0]
            self._import_token(token, number, 0)
            bound_node, name, depth = alias or token, self.text(token), 0
        if alias is not None:
            self._import_token(alias, number, depth)
        bound = self.text(bound_node)
        module = ".".join(parts)
        self.imports.append(ImportRead(at, module, level, name, bound, bound_node.start_byte))

    def _module_parts(self, dotted: Node, number: int) -> list[str]:
        for depth, part in enumerate(dotted.named_children, 1):
            self._import_token(part, number, depth)
        return [self.text(part) for part in dotted.named_children]

    def _import_token(self, node: Node, number: int, depth: int) -> None:
        role = self.role(node.start_byte)
        role.kind, role.imported, role.depth = "import", number, depth


@cache
def _said() -> dict[int, str]:
    """The form of each pattern of the query, as they come to be matched: the same for all files."""
    return {}


def _form(captures: Iterable[str]) -> str:
    """What a pattern speaks of, by the names of its captures: a key of `_READ`, or one of the four
    that `Reading.read` reads itself."""
    names = set(captures)
    if "whole" in names:
        return "member" if "member" in names else "callee" if "callee" in names else "whole"
    return next((form for form in _FORMS if form in names), "binding")


_READ: Final[dict[str, Callable[[Reading, dict[str, list[Node]]], None]]] = {
    "whole": Reading._expression,
    "narrowing": Reading._narrowing,
    "none": Reading._none,
    "cast": Reading._cast,
    "function": Reading._definition,
    "class": Reading._definition,
    "lambda": Reading._scope,
    "comprehension": Reading._scope,
    "import": Reading._import,
    "ignore": Reading._ignore,
    "matched": Reading._matched,
    "type": Reading._type,
    "base": Reading._base,
    "decorated": Reading._decorated,
    "result": Reading._result,
    "yielded": Reading._yielded,
    "dotted": Reading._dotted,
    "quoted": Reading._quoted,
    "assigned": Reading._assigned,
    "binding": Reading._binding,
}
_FORMS: Final = ("use", "literal", *_READ)
