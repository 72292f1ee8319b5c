"""One pass over a file in byte order: scopes open and close, names get their scope and meaning."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final, TypeAlias, cast

from ..records import RefKind
from .facts import (
    Binding,
    Definition,
    FileFacts,
    How,
    Import,
    Scope,
    ScopeKind,
    Use,
)
from .outline import Found, Mark, Outline, Range
from .outline_values import OutlineValues

EXPORTS: Final = 1
_DEFINE, _SCOPE, _RESULT, _SELF, _TOKEN = range(5)
_LOCAL: Final = frozenset({"variable", "constant"})
_OUTSIDE: Final = frozenset({"module", "namespace"})
_INSIDE: Final = frozenset({"parameter", "property", "typevar"})

_Event: TypeAlias = "tuple[int, int, int, Range]"


class OutlineSweep:
    """Turns an `Outline` into facts. Scope 0 is the file's, scope 1 holds what it exports."""

    def __init__(self, outline: Outline) -> None:
        outline.finish()
        self.outline = outline
        self.definitions: list[Definition] = []
        self.scopes: list[Scope] = [Scope("module", -1, -1), Scope("exports", 0, -1)]
        self.bindings: list[Binding] = []
        self.imports: list[Import] = []
        self.uses: list[Use] = []
        self._use_at: dict[int, int] = {}
        self._overloads: dict[str, int] = {}
        self._first: dict[tuple[int, str], int] = {}
        self._opened: dict[Range, int] = {}
        self._self_at: dict[Range, int] = {}
        self._results: dict[int, list[Range]] = {}
        self._pending: list[tuple[int, Mark]] = []
        self._pending_uses: list[tuple[int, Range]] = []
        self._pending_definitions: list[tuple[int, Found]] = []
        self._fields: list[tuple[int, Mark, int]] = []
        self._stack: list[tuple[int, int]] = [(len(outline.source) + 1, 0)]
        self._comments = {
            _line_of(outline.source, end - 1): start for start, end in outline.comments
        }
        self._decorator_ends = {end: at for at, end in outline.decorators.items()}
        self._exported = sorted(outline.exported)

    def run(self, has_error: bool) -> FileFacts:
        outline = self.outline
        if outline.package:
            self.imports.append(Import("", 0, "package", outline.package, 0))
        self._shift = len(self.imports)
        for statement in outline.imports:
            self.imports.append(
                Import(statement.module, statement.level, statement.name, statement.bound, 0)
            )
        for start, minus_end, order, at in self._events():
            while self._stack[-1][0] <= start:
                self._stack.pop()
            scope = self._stack[-1][1]
            if order == _TOKEN:
                self._token(start, scope)
            elif order == _DEFINE:
                self._define(outline.definitions[at[0]], scope)
            elif order == _SCOPE:
                self._stack.append((-minus_end, self._open(at, scope)))
            elif order == _SELF:
                self._self_at[at] = scope
            else:
                self._result(at, scope)
        for start, mark, scope in self._fields:
            self._field(start, mark, scope)
        return self._facts(has_error)

    def _events(self) -> list[_Event]:
        """(start, -end, order, key), so that a region comes before what is in it."""
        outline = self.outline
        events: list[_Event] = [(a, -b, _SCOPE, (a, b)) for a, b in outline.regions]
        for found in outline.definitions.values():
            events.append((found.at[0], -found.at[1], _DEFINE, found.name_at))
        events.extend((a, -b, _RESULT, (a, b)) for a, b in outline.results)
        events.extend((a, -b, _SELF, (a, b)) for a, b in outline.selves)
        for start, (end, _, _) in outline.tokens.items():
            if start not in outline.definitions:
                events.append((start, -end, _TOKEN, (start, end)))
        events.sort()
        return events

    def _open(self, at: Range, scope: int) -> int:
        number = self._opened.get(at, -1)
        kind = cast("ScopeKind", self.outline.regions[at])
        self.scopes.append(Scope(kind=kind, parent=scope, definition=number))
        inner = len(self.scopes) - 1
        if number >= 0:
            self.definitions[number] = self.definitions[number]._replace(inner=inner)
        return inner

    def _result(self, at: Range, scope: int) -> None:
        while scope >= 0 and self.scopes[scope].kind not in ("function", "arrow"):
            scope = self.scopes[scope].parent
        if scope >= 0 and self.scopes[scope].definition >= 0:
            self._results.setdefault(self.scopes[scope].definition, []).append(at)

    # Definitions

    def _define(self, found: Found, scope: int) -> None:
        where = self.scopes[scope]
        start = found.name_at[0]
        has_scope = found.opens in self.outline.regions
        if found.kind in _LOCAL and not has_scope and where.kind not in (*_OUTSIDE, "class"):
            mark = Mark(binding="variable", type=found.type)
            if found.value is not None:
                mark.takes, mark.value = "value", found.value
            self._pending.append((self._bind(scope, found.name, "variable", start), mark))
            return
        if where.kind == "class" and where.definition < 0 and found.body is None:
            return
        owner = where.definition if where.kind == "class" and found.kind != "test" else -1
        prefix = ""
        if found.owner is not None:
            prefix = self.outline.source[slice(*found.owner)].decode("utf-8", errors="replace")
        number = self._add_definition(found, scope, owner, prefix)
        self._opened.setdefault(found.opens, number)
        self._pending_definitions.append((number, found))
        if found.at in self.outline.members:
            self._bind(EXPORTS, found.name, "definition", start, number)
            return
        if found.owner is not None or found.kind in ("test", "suite"):
            return
        mark = Mark(type=found.type)
        if found.value is not None:
            mark.takes, mark.value = "value", found.value
        self._pending.append((self._bind(scope, found.name, "definition", start, number), mark))
        self._first.setdefault((scope, found.name), number)
        self._export(found.name, start, scope, number)

    def _export(self, name: str, at: int, scope: int, number: int) -> None:
        if scope != 0:
            return
        before = bisect_right(self._exported, (at, len(self.outline.source) + 1)) - 1
        if before >= 0 and at < self._exported[before][1]:
            name = "default" if self._exported[before] in self.outline.defaults else name
            self._bind(EXPORTS, name, "definition", at, number)

    def _add_definition(self, found: Found, scope: int, owner: int, prefix: str) -> int:
        outer = f"{prefix}." if prefix else ""
        where = -1 if prefix else scope
        while where >= 0:
            definition = self.scopes[where].definition
            if definition >= 0:
                outer = self.definitions[definition].qualname + "."
                break
            where = self.scopes[where].parent
        qualname = outer + found.name
        overload = self._overloads.get(qualname, 0)
        self._overloads[qualname] = overload + 1
        extent = found.at
        while extent in self.outline.wraps:
            extent = self.outline.wraps[extent]
        header_start = self._behind_decorators(extent[0])
        self.definitions.append(
            Definition(
                name=found.name,
                qualname=qualname,
                kind=found.kind,
                overload=overload,
                start=self._with_comments(self._with_decorators(extent[0])),
                end=extent[1],
                name_start=found.name_at[0],
                header_start=header_start,
                header_end=max(self._header_end(found, header_start), found.name_at[1]),
                scope=scope,
                inner=-1,
                owner=owner,
                returns=-1,
                bases=(),
                results=(),
                yields=(),
                applied=(),
                decorators=("get",) if found.getter else (),
            )
        )
        return len(self.definitions) - 1

    def _behind_decorators(self, start: int) -> int:
        source = self.outline.source
        while start in self.outline.decorators:
            start = self.outline.decorators[start]
            while source[start : start + 1].isspace():
                start += 1
        return start

    def _with_decorators(self, start: int) -> int:
        """The start of the decorators that stand before, where they are no part of the node."""
        source = self.outline.source
        before = start
        while self._decorator_ends:
            while source[before - 1 : before].isspace():
                before -= 1
            if before not in self._decorator_ends:
                break
            start = before = self._decorator_ends[before]
        return start

    def _header_end(self, found: Found, start: int) -> int:
        source = self.outline.source
        end = found.at[1]
        if found.body is not None:
            text = source[start : found.body[0]].rstrip()
            return start + len(text.removesuffix(b"=>").rstrip())
        newline = source.find(b"\n", found.name_at[1], end)
        if found.kind in ("function", "method"):
            return end
        return end if newline < 0 else newline

    def _with_comments(self, start: int) -> int:
        """The start of the comments that stand on the lines directly above, each on its own."""
        source = self.outline.source
        line = source.rfind(b"\n", 0, start) + 1
        if source[line:start].strip():
            return start
        while line > 0:
            above = self._comments.get(_line_of(source, line - 1))
            if above is None or above >= line:
                break
            first = source.rfind(b"\n", 0, above) + 1
            if source[first:above].strip():
                break
            start, line = above, first
        return start

    def _bind(self, scope: int, name: str, how: How, at: int, target: int = -1) -> int:
        self.bindings.append(
            Binding(scope=scope, name=name, how=how, at=at, target=target, value=-1, type=-1)
        )
        return len(self.bindings) - 1

    # Tokens

    def _token(self, start: int, scope: int) -> None:
        mark = self.outline.marks.get(start)
        end, name, kind = self.outline.tokens[start]
        if mark is None:
            self._use(start, end, name, scope, kind, None)
            return
        if mark.imported >= 0:
            self._import_token(start, mark, scope)
            return
        if mark.ignore:
            return
        if mark.binding == "field":
            self._fields.append((start, mark, scope))
        elif mark.binding:
            self._binding(start, end, name, mark, scope)
        else:
            kind = mark.kind if mark.kind not in ("plain", "attribute") or kind == "plain" else kind
            self._use(start, end, name, scope, kind, mark.on)

    def _import_token(self, start: int, mark: Mark, scope: int) -> None:
        end, name, _ = self.outline.tokens[start]
        number = mark.imported
        statement = self.outline.imports[number]
        row = self.imports[number + self._shift]
        if statement.bound_at == start:
            self.imports[number + self._shift] = row._replace(scope=scope)
            target = EXPORTS if statement.exported else scope
            self._bind(target, statement.bound, "import", start, number + self._shift)
            if statement.name == "default":
                # So that it is found under the name by which the other file gives it.
                name = "default"
        self.uses.append(
            Use(
                name=name,
                start=start,
                end=end,
                scope=scope,
                kind="import",
                on=-1,
                imported=number + self._shift,
                depth=0,
            )
        )

    def _binding(self, start: int, end: int, name: str, mark: Mark, scope: int) -> None:
        kinds = self.scopes
        if mark.binding == "hoisted":
            while kinds[scope].kind in ("block", "class"):
                scope = kinds[scope].parent
        if mark.binding == "property":
            self._field(start, mark, kinds[scope].parent)
        if kinds[scope].kind not in _OUTSIDE or mark.binding in _INSIDE:
            how: How = "variable" if mark.binding not in ("parameter", "property") else "parameter"
            at = max(start, mark.after)
            self._pending.append((self._bind(scope, name, how, at), mark))
            return
        number = self._first.get((scope, name), -1)
        if number < 0:
            kind = "constant" if mark.binding == "constant" else "variable"
            found = Found(-1, kind, mark.around or (start, end), name, (start, end), (-1, -1))
            number = self._add_definition(found, scope, -1, "")
            self._first[scope, name] = number
            self._export(name, start, scope, number)
        else:
            self._use(start, end, name, scope, "assignment", None)
        self._pending.append((self._bind(scope, name, "definition", start, number), mark))

    def _field(self, start: int, mark: Mark, scope: int) -> None:
        """An attribute that is made by assignment to it in a method."""
        end, name, _ = self.outline.tokens[start]
        inner = scope
        while inner > 0 and not (
            self.scopes[inner].kind == "class" and self.scopes[inner].definition >= 0
        ):
            inner = self.scopes[inner].parent
        if inner <= 0 or (inner, name) in self._first:
            self._use(start, end, name, scope, "assignment", mark.on)
            if inner > 0 and self.definitions[self._first[inner, name]].kind == "field":
                number = self._first[inner, name]
                self._pending.append((self._bind(inner, name, "field", start, number), mark))
            return
        found = Found(-1, "field", (start, end), name, (start, end), (-1, -1))
        number = self._add_definition(found, inner, self.scopes[inner].definition, "")
        self._first[inner, name] = number
        self._pending.append((self._bind(inner, name, "field", start, number), mark))

    def _use(
        self, start: int, end: int, name: str, scope: int, kind: RefKind, on: Range | None
    ) -> None:
        self._use_at[start] = len(self.uses)
        if on is not None:
            self._pending_uses.append((len(self.uses), on))
        self.uses.append(
            Use(
                name=name,
                start=start,
                end=end,
                scope=scope,
                kind=kind,
                on=-1 if on is None else -2,
                imported=-1,
                depth=0,
            )
        )

    def _facts(self, has_error: bool) -> FileFacts:
        outline = self.outline
        made = OutlineValues(outline, self._use_at, self._self_at, self._shift)
        for one in outline.exports:
            mark = Mark(takes="value", value=one.value)
            self._pending.append((self._bind(EXPORTS, one.name, "variable", one.at), mark))
        for number, on in self._pending_uses:
            self.uses[number] = self.uses[number]._replace(on=max(made.expression(on), -2))
            if self.uses[number].on < 0:
                self.uses[number] = self.uses[number]._replace(on=-2)
        for number, mark in self._pending:
            value, annotation = made.of_mark(mark)
            self.bindings[number] = self.bindings[number]._replace(value=value, type=annotation)
        for number, found in self._pending_definitions:
            self.definitions[number] = self.definitions[number]._replace(
                returns=made.type(found.returns) if found.returns is not None else -1,
                bases=tuple(made.expression(at) for at in outline.bases.get(found.at, ())),
                results=tuple(made.expression(at) for at in self._results.get(number, ())),
            )
        return FileFacts(
            definitions=tuple(self.definitions),
            scopes=tuple(self.scopes),
            bindings=tuple(self.bindings),
            imports=tuple(self.imports),
            uses=tuple(self.uses),
            expressions=tuple(made.expressions),
            types=tuple(made.types),
            errors=int(has_error),
        )


def _line_of(source: bytes, at: int) -> int:
    """The byte at which the line ends that holds `at`: a name for the line."""
    end = source.find(b"\n", at)
    return len(source) if end < 0 else end
