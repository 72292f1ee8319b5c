"""One pass over a file in byte order: scopes open and close, names get their scope and meaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from ..records import RefKind
from .expressions import Expressions
from .facts import (
    Binding,
    Definition,
    FileFacts,
    How,
    Import,
    Narrowing,
    Op,
    Scope,
    ScopeKind,
)
from .narrowing import Range
from .reading import Opening, Reading, Role
from .uses import Uses

_STATIC: Final = "staticmethod"
_REGION, _OPENING, _IMPORT, _RESULT = range(4)
_OPS: Final[dict[str, Op]] = {
    "context": "enter", "raised": "call", "iterable": "element", "expected": "expected",
}  # fmt: skip

_Event: TypeAlias = "tuple[int, int, int, int, Opening | Range | int | None, int]"


class Sweep:
    """Turns a finished `Reading` into facts."""

    def __init__(self, reading: Reading) -> None:
        reading.finish()
        self.reading = reading
        self.definitions: list[Definition] = []
        self.scopes: list[Scope] = [Scope("module", -1, -1)]
        self.bindings: list[Binding] = []
        self.imports: list[Import] = []
        self.uses = Uses()
        self.use_at: dict[int, int] = {}
        self._known: dict[Range, int] = {}
        self._overloads: dict[str, int] = {}
        self._bound: set[tuple[int, str]] = set()
        self._first: dict[tuple[int, str], int] = {}
        self._variables: dict[tuple[int, str], int] = {}
        self._fields: dict[tuple[int, str], int] = {}
        self._self_names: dict[int, str] = {}
        self._outward: dict[tuple[int, str], How] = {}
        self._pending: list[tuple[int, Role]] = []
        self._pending_uses: list[tuple[int, Range]] = []
        self._pending_definitions: list[tuple[int, Opening]] = []
        self._results: dict[int, list[Range]] = {}
        self._yields: dict[int, list[Range]] = {}
        self._stack: list[tuple[int, int, int]] = []

    def run(self, has_error: bool) -> FileFacts:
        stack = self._stack = [(len(self.reading.source) + 1, 0, -1)]
        roles, token = self.reading.roles, self._token
        plain = self._plain_uses()
        events = self._events()
        events.append((len(self.reading.source) + 1, 0, -1, 0, None, 0))
        ahead = iter(events)
        event = next(ahead)
        # A region comes before the token that starts where it does.
        for start in self._tokens():
            while event[0] <= start:
                while stack[-1][0] <= event[0]:
                    stack.pop()
                self._handle(event)
                event = next(ahead)
            while stack[-1][0] <= start:
                stack.pop()
            role = roles.get(start)
            if role is None:
                plain(start, stack[-1][1])
            else:
                token(start, role)
        while event[2] >= 0:
            while stack[-1][0] <= event[0]:
                stack.pop()
            self._handle(event)
            event = next(ahead)
        return self._facts(has_error)

    def _tokens(self) -> list[int]:
        """Where the names stand that define nothing by a construct of their own, in order."""
        names = {one.name[1] for one in self.reading.openings.values() if one.name is not None}
        return sorted(self.reading.tokens.keys() - names)

    def _events(self) -> list[_Event]:
        """(start, -end, order, number, payload, which): regions come before what is in them."""
        reading = self.reading
        events: list[_Event] = []
        for number, opening in enumerate(reading.openings.values()):
            start, end = opening.at
            events.append((start, -end, _OPENING, number, opening, 0))
            if opening.typevars is not None:
                events.append((opening.typevars[0], -end, _REGION, number, opening, 3))
            if opening.parameters is not None:
                first, last = opening.parameters
                events.append((first, -last, _REGION, number, opening, 1))
            if opening.kind != "comprehension":
                first, last = opening.body
                events.append((first, -last, _REGION, number, opening, 2))
        for number, (first, last) in enumerate(reading.outers.values()):
            events.append((first, -last, _REGION, -1 - number, None, 4))
        for number, statement in enumerate(reading.imports):
            at = statement.bound_at if statement.name != "*" else statement.at
            events.append((at, -at, _IMPORT, number, number, 0))
        for number, ((first, last), yielded) in enumerate(reading.results):
            events.append((first, -last, _RESULT, number, (first, last), int(yielded)))
        events.sort(key=lambda event: event[:4])
        return events

    def _handle(self, event: _Event) -> None:
        _, minus_end, order, _, payload, which = event
        if order == _OPENING and isinstance(payload, Opening):
            self._open(payload)
        elif order == _IMPORT and isinstance(payload, int):
            self._import(payload)
        elif order == _RESULT and isinstance(payload, tuple):
            self._result(payload, which == 1)
        elif isinstance(payload, Opening):
            if which == 1:
                self._stack.append((-minus_end, self._stack[-1][1], payload.scope))
            elif which == 2:
                self._stack.append((-minus_end, payload.scope, -1))
            else:
                self._stack.append((-minus_end, self.scopes[payload.scope].parent, -1))
        else:
            inner = self._stack[-1][1]
            self._stack.append((-minus_end, self.scopes[inner].parent, -1))

    def _open(self, opening: Opening) -> None:
        outside = self._stack[-1][1]
        opening.outside = outside
        parent = outside
        if opening.typevars is not None:
            parent = self._scope("function", outside, -1)
        kind: ScopeKind = "function"
        if opening.kind == "class":
            kind = "class"
        elif opening.kind == "comprehension":
            kind = "comprehension"
        number = -1
        if opening.name is not None:
            number = len(self.definitions)
        opening.scope = self._scope(kind, parent, number)
        if opening.name is not None:
            self._define(opening, *opening.name)
        if kind == "comprehension":
            self._stack.append((opening.at[1], opening.scope, -1))

    def _result(self, at: Range, yielded: bool) -> None:
        """A function's result; what a lambda gives is not asked for."""
        definition = self.scopes[self._stack[-1][1]].definition
        if definition >= 0:
            table = self._yields if yielded else self._results
            table.setdefault(definition, []).append(at)

    def _scope(self, kind: ScopeKind, parent: int, definition: int) -> int:
        self.scopes.append(Scope(kind, parent, definition))
        return len(self.scopes) - 1

    def _define(self, opening: Opening, name: str, name_start: int) -> None:
        scope = opening.outside
        method = self.scopes[scope].kind == "class"
        kind = opening.kind
        if kind == "function" and method:
            kind = "method"
        start, decorators = self.reading.decorated.get(opening.at[0], (opening.at[0], []))
        number = self._add_definition(
            name,
            kind,
            (start, opening.at[1]),
            name_start,
            (opening.at[0], opening.header_end),
            scope,
            opening.scope,
            self.scopes[scope].definition if method else -1,
            tuple(name for name, _ in decorators),
        )
        self._pending_definitions.append((number, opening))
        target_scope = self._target_scope(scope, name)
        self._bind(target_scope, name, "definition", name_start, number)
        if kind == "method" and all(name != _STATIC for name, _ in decorators):
            self._self_names[opening.scope] = ""

    def _add_definition(
        self,
        name: str,
        kind: str,
        extent: Range,
        name_start: int,
        header: Range,
        scope: int,
        inner: int,
        owner: int,
        decorators: tuple[str, ...],
    ) -> int:
        outer = ""
        where = scope
        while where >= 0:
            definition = self.scopes[where].definition
            if definition >= 0:
                outer = self.definitions[definition].qualname + "."
                break
            where = self.scopes[where].parent
        qualname = outer + name
        overload = self._overloads.get(qualname, 0)
        self._overloads[qualname] = overload + 1
        self.definitions.append(
            Definition(
                name,
                qualname,
                kind,
                overload,
                extent[0],
                extent[1],
                name_start,
                header[0],
                header[1],
                scope,
                inner,
                owner,
                -1,
                (),
                (),
                (),
                (),
                decorators,
            )
        )
        return len(self.definitions) - 1

    def _bind(self, scope: int, name: str, how: How, at: int, target: int = -1) -> int:
        self.bindings.append(Binding(scope, name, how, at, target, -1, -1))
        self._bound.add((scope, name))
        if how in ("definition", "field"):
            self._first.setdefault((scope, name), target)
        return len(self.bindings) - 1

    def _target_scope(self, scope: int, name: str) -> int:
        """The scope that an assignment in `scope` binds in, after global and nonlocal."""
        outward = self._outward.get((scope, name))
        if outward == "global":
            return 0
        if outward == "nonlocal":
            where = self.scopes[scope].parent
            while where > 0:
                if self.scopes[where].kind == "function" and (where, name) in self._bound:
                    return self._target_scope(where, name)
                where = self.scopes[where].parent
        return scope

    def _import(self, number: int) -> None:
        statement = self.reading.imports[number]
        scope = self._stack[-1][1]
        target_scope = self._target_scope(scope, statement.bound)
        row = Import(
            statement.module, statement.level, statement.name, statement.bound, target_scope
        )
        self.imports.append(row)
        self._bind(target_scope, statement.bound, "import", statement.bound_at, number)

    def _token(self, start: int, role: Role) -> None:
        if role.ignore:
            return
        scope = self._stack[-1][1]
        name = self.reading.tokens[start][1]
        if not role.binding or role.imported >= 0:
            self._use(start, role, scope)
        elif role.binding == "parameter":
            self._parameter(start, role, name)
        elif role.binding == "field":
            self._field(start, role, name, scope)
        elif role.binding in ("global", "nonlocal"):
            how: How = "global" if role.binding == "global" else "nonlocal"
            self._outward[scope, name] = how
            self._bind(scope, name, how, start)
            self._use(start, role, scope)
        else:
            self._variable(start, role, name, scope)

    def _parameter(self, start: int, role: Role, name: str) -> None:
        scope = next((entry[2] for entry in reversed(self._stack) if entry[2] >= 0), -1)
        if scope < 0:
            return
        how: How = "parameter"
        if self._self_names.get(scope) == "":
            self._self_names[scope] = name
            how = "self"
        binding = self._bind(scope, name, how, start)
        self._pending.append((binding, role))

    def _variable(self, start: int, role: Role, name: str, scope: int) -> None:
        if role.binding == "walrus":
            while self.scopes[scope].kind == "comprehension":
                scope = self.scopes[scope].parent
        target_scope = self._target_scope(scope, name)
        kind = self.scopes[target_scope].kind
        if kind in ("function", "comprehension") or role.binding == "typevar":
            self._pending.append((self._bind(target_scope, name, "variable", start), role))
            self._use(start, role, scope, "assignment")
            return
        number = self._variables.get((target_scope, name), -1)
        if number < 0 and (target_scope, name) in self._first:
            number = self._variables[target_scope, name] = self._first[target_scope, name]
            self._use(start, role, scope, "assignment")
        elif number < 0:
            what = "field" if kind == "class" else "constant" if _is_constant(name) else "variable"
            number = self._variable_definition(start, role, name, what, target_scope)
            self._variables[target_scope, name] = number
        else:
            self._use(start, role, scope, "assignment")
        binding = self._bind(target_scope, name, "definition", start, number)
        self._pending.append((binding, role))

    def _variable_definition(self, start: int, role: Role, name: str, kind: str, scope: int) -> int:
        extent = role.statement or (start, self.reading.tokens[start][0])
        header = (extent[0], max(self._header_end(extent), self.reading.tokens[start][0]))
        owner = self.scopes[scope].definition if kind == "field" else -1
        return self._add_definition(name, kind, extent, start, header, scope, -1, owner, ())

    def _header_end(self, extent: Range) -> int:
        """Up to the end of the statement's first line: a table of a thousand lines is no header."""
        newline = self.reading.source.find(b"\n", extent[0], extent[1])
        return extent[1] if newline < 0 else newline

    def _field(self, start: int, role: Role, name: str, scope: int) -> None:
        owner = self._class_of_self(scope, role.owner)
        if owner < 0:
            self._use(start, role, scope, "assignment")
            return
        inner = self.definitions[owner].inner
        number = self._fields.get((inner, name), -1)
        if number < 0:
            number = self._first.get((inner, name), -1)
        if number < 0:
            number = self._variable_definition(start, role, name, "field", inner)
            self._fields[inner, name] = number
        else:
            self._use(start, role, scope, "assignment")
        self._pending.append((self._bind(inner, name, "field", start, number), role))

    def _class_of_self(self, scope: int, name: str) -> int:
        """The class whose method calls its object `name` where `scope` is, or -1."""
        while scope > 0:
            row = self.scopes[scope]
            if row.kind == "function" and (scope, name) in self._bound:
                if self._self_names.get(scope) != name:
                    return -1
                outer = row.parent
                while outer > 0 and self.scopes[outer].kind != "class":
                    outer = self.scopes[outer].parent
                return self.scopes[outer].definition
            scope = row.parent
        return -1

    def _plain_uses(self) -> Callable[[int, int], None]:
        """Takes in a token and its scope: a use of which nothing is said but what it is an
        attribute of, and that it is called. Two of three tokens are such, so each costs no more
        than it must."""
        tokens, use_at, uses = self.reading.tokens, self.use_at, self.uses
        on_of, called, pending = self.reading.members.get, self.reading.called, self._pending_uses
        names, starts, ends = uses.names.append, uses.starts.append, uses.ends.append
        scopes, kinds, ons = uses.scopes.append, uses.kinds.append, uses.on.append

        def take(start: int, scope: int) -> None:
            end, name = tokens[start]
            number = use_at[start] = len(use_at)
            names(name)
            starts(start)
            ends(end)
            scopes(scope)
            on = on_of(start)
            if on is None:
                ons(-1)
                kinds("call" if start in called else "plain")
            else:
                ons(-2)
                kinds("call" if start in called else "attribute")
                pending.append((number, on))

        return take

    def _use(self, start: int, role: Role, scope: int, kind: RefKind | None = None) -> None:
        end, name = self.reading.tokens[start]
        on = role.on or self.reading.members.get(start)
        if kind is None:
            kind = role.kind
            if kind == "plain" and start in self.reading.members:
                kind = "attribute"
            if kind in ("plain", "attribute") and start in self.reading.called:
                kind = "call"
        number = self.use_at[start] = len(self.uses.kinds)
        if role.imported >= 0:
            self.uses.imported[number] = role.imported, role.depth
            on = None
        elif role.depth:
            self.uses.imported[number] = -1, role.depth
        self.uses.add(name, start, end, scope, kind, -1 if on is None else -2)
        if on is not None:
            self._pending_uses.append((number, on))

    def _facts(self, has_error: bool) -> FileFacts:
        reading = self.reading
        made = Expressions(reading, self.use_at)
        typed = sorted((start, end) for start, (end, _) in reading.types.items())
        uses = self.uses
        uses.mark_types(typed)
        types = {start: made.type(tree) for start, (_, tree) in reading.types.items()}
        for number, at in self._pending_uses:
            on = made.expression(at, 0)
            uses.on[number] = on if on >= 0 else -2
        for number, role in self._pending:
            value = -1
            if role.variadic:
                value = made.add("literal", -1)
            elif role.value is not None:
                value = made.expression(role.value, 0)
                if value < 0 and role.value[0] in types:
                    value = made.add("alias", types[role.value[0]])
                if value >= 0 and role.takes in _OPS:
                    value = made.add(_OPS[role.takes], value)
            annotation = types.get(role.annotation, -1) if not role.variadic else -1
            self.bindings[number] = self.bindings[number]._replace(value=value, type=annotation)
        for number, opening in self._pending_definitions:
            ranges = reading.bases.get(opening.at[0], [])
            decorators = reading.decorated.get(opening.at[0], (0, []))[1]
            self.definitions[number] = self.definitions[number]._replace(
                returns=types.get(opening.returns, -1),
                bases=made.all_of(ranges),
                results=made.all_of(self._results.get(number, [])),
                yields=made.all_of(self._yields.get(number, [])),
                applied=made.all_of([at for _, at in decorators]),
            )
            for at in reading.bases.get(opening.at[0], ()):
                uses.mark_base(self.use_at.get(reading.head(at), -1))
        narrowings = tuple(
            Narrowing(one.text, *one.at, made.all_of(one.classes)) for one in reading.narrowings
        )
        return FileFacts(
            tuple(self.definitions),
            tuple(self.scopes),
            tuple(self.bindings),
            tuple(self.imports),
            uses.rows(),
            tuple(made.expressions),
            tuple(made.types),
            narrowings,
            int(has_error),
        )


def _is_constant(name: str) -> bool:
    return name.upper() == name and any(letter.isalpha() for letter in name)
