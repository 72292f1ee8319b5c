"""What names and expressions mean in the languages that outline.py reads, decided when asked.

What is common to them is here: scopes, members, declared types, what calls give. What a language
adds (packages, modules, exports) it says as `Rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from .bind import FOREIGN, MAX_DEPTH, UNKNOWN, Facts, Key, Meaning
from .facts import Binding, Definition, FileFacts
from .flow_contexts import Contexts
from .flow_members import Members
from .flow_rules import FOREIGN_VALUE, TYPES, UNKNOWN_VALUE, Found, Rules, Value, flat, joined
from .modules import Module

_CALLED: Final = frozenset({"function", "method"})
_WRAPPERS: Final = frozenset(
    {"Promise", "Readonly", "Partial", "Required", "NonNullable", "Awaited", "PromiseLike", "Pick"}
)
_CONTAINERS: Final = frozenset(
    {"Array", "ReadonlyArray", "Set", "ReadonlySet", "Iterable", "Iterator", "AsyncIterable",
     "Generator", "AsyncGenerator", "IterableIterator"}
)  # fmt: skip
_MAPPINGS: Final = frozenset({"Map", "ReadonlyMap", "Record", "WeakMap"})
_ITEMS: Final = frozenset({"get", "pop", "shift", "at", "find", "findLast"})
_COPIES: Final = frozenset({"filter", "slice", "concat", "reverse", "sort", "values", "splice"})
_OPAQUE: Final = frozenset({"any", "unknown", "object", "Object", "this"})


class Flow:
    """Answers over one state of the repository, as `Binder` does for Python."""

    def __init__(self, facts: Facts, rules: Rules) -> None:
        self.facts = facts
        self.rules = rules
        self._busy: set[tuple[str, str, int]] = set()
        self.cuts = 0
        self._meanings: dict[tuple[str, int], Meaning] = {}
        self._values: dict[tuple[str, str, int], Found] = {}
        self.members = Members(self)
        self.contexts = Contexts(self)

    def definition(self, key: Key) -> Definition:
        facts = self.facts(key.path)
        if facts is None:
            raise LookupError(key)
        return facts.definitions[key.number]

    def guarded(
        self, mark: tuple[str, str, int], work: Callable[[], Found], *, keep: bool = True
    ) -> Found:
        """The work's answer, remembered; unknown where it goes in circles."""
        known = self._values.get(mark)
        if known is not None:
            return known
        if mark in self._busy or len(self._busy) > MAX_DEPTH:
            self.cuts += 1
            return UNKNOWN_VALUE
        before = self.cuts
        self._busy.add(mark)
        try:
            found = work()
        finally:
            self._busy.discard(mark)
        if self.cuts == before and keep:
            self._values[mark] = found
        return found

    def once(self, mark: tuple[str, str, int], work: Callable[[], Meaning]) -> Meaning:
        """The work's meaning; unknown where it goes in circles."""
        if mark in self._busy or len(self._busy) > MAX_DEPTH:
            self.cuts += 1
            return UNKNOWN
        self._busy.add(mark)
        try:
            return work()
        finally:
            self._busy.discard(mark)

    # Names

    def refers(self, path: str, number: int) -> Meaning:
        """The meaning of use `number` of the file `path`."""
        known = self._meanings.get((path, number))
        if known is not None:
            return known
        before = self.cuts
        meaning = self.once((path, "use", number), lambda: self._refers(path, number))
        if self.cuts == before:
            self._meanings[path, number] = meaning
        return meaning

    def _refers(self, path: str, number: int) -> Meaning:
        facts = self.facts(path)
        if facts is None:
            return UNKNOWN
        use = facts.uses[number]
        if use.imported >= 0:
            return self.rules.imported(self, path, facts.imports[use.imported])
        if use.on == -1:
            return self.name(path, facts, use.scope, use.name, use.start)
        if use.on < 0:
            return UNKNOWN
        meaning = self.attribute_of(self.expression(path, use.on), use.name)
        if not meaning.ours and facts.expressions[use.on].op == "instance":
            # The key of a literal of a map type is a name of its own.
            named = self.name(path, facts, use.scope, use.name, use.start)
            return named if named.ours else meaning
        return meaning

    def name(self, path: str, facts: FileFacts, scope: int, name: str, at: int) -> Meaning:
        found = self.bindings(facts, scope, name, at)
        return self.bound(path, facts, found) if found else self.rules.top(self, path, name)

    def bindings(self, facts: FileFacts, scope: int, name: str, at: int) -> list[Binding]:
        """The bindings of the innermost scope below the file's own that knows the name."""
        while scope > 0:
            row = facts.scopes[scope]
            if row.kind != "class":
                found = facts.table.get((scope, name), [])
                if self.rules.ordered:
                    found = [one for one in found if one.at <= at or one.how == "definition"]
                if found:
                    return found
            scope = row.parent
        return []

    def bound(self, path: str, facts: FileFacts, found: Iterable[Binding]) -> Meaning:
        """What a name with these bindings, all of one scope, means."""
        meanings = []
        for one in found:
            if one.how in ("definition", "field"):
                meanings.append(Meaning((Key(path, one.target),)))
            elif one.how == "import":
                meanings.append(self.rules.imported(self, path, facts.imports[one.target]))
        return self.merged(meanings) if meanings else FOREIGN

    def merged(self, meanings: Iterable[Meaning]) -> Meaning:
        """All the meanings: certain where they are redefinitions of one name in one place."""
        keys: dict[Key, None] = {}
        modules: dict[Module, None] = {}
        sure = known = True
        for one in meanings:
            keys.update(dict.fromkeys(one.keys))
            modules.update(dict.fromkeys(one.modules))
            sure = sure and one.sure and one.ours
            known = known and one.known
        if not keys and not modules:
            return FOREIGN if known else UNKNOWN
        places = {(key.path, self.definition(key).qualname) for key in keys}
        return Meaning(tuple(keys), tuple(modules), sure and len(places) + len(modules) == 1)

    # Values

    def expression(self, path: str, number: int) -> Found:
        facts = self.facts(path)
        if facts is None or number < 0:
            return UNKNOWN_VALUE
        mark = (path, "expression", number)
        return self.guarded(mark, lambda: self._expression(facts, path, number))

    def _expression(self, facts: FileFacts, path: str, number: int) -> Found:
        op, argument, other = facts.expressions[number]
        match op:
            case "literal":
                return FOREIGN_VALUE
            case "value":
                return self._use(facts, path, argument)
            case "instance":
                return self.typed(path, argument)
            case "this" | "super":
                return self._this(facts, path, argument, op)
            case "module":
                meaning = self.rules.imported(self, path, facts.imports[argument])
                return self.of_meaning(meaning)
        values = self.expression(path, argument)
        match op:
            case "call":
                return joined(values, self.called)
            case "new":
                return joined(values, self._made)
            case "parameter":
                return joined(values, lambda one: self.contexts.parameter(one, other))
            case "first":
                return joined(values, lambda one: one.parts[:1] if one.form == "tuple" else (one,))
            case "rest":
                return joined(values, lambda one: one.parts[1:] if one.form == "tuple" else ())
            case _:
                return joined(values, self.element)

    def _use(self, facts: FileFacts, path: str, number: int) -> Found:
        use = facts.uses[number]
        if use.on >= 0:
            values = self.expression(path, use.on)
            return joined(values, lambda value: self._member(value, use.name))
        if use.on == -1 and use.imported < 0:
            found = self.bindings(facts, use.scope, use.name, use.start)
            if found:
                return self.of_bindings(path, facts, found)
        return self.of_meaning(self.refers(path, number))

    def of_meaning(self, meaning: Meaning) -> Found:
        if not meaning.ours:
            return FOREIGN_VALUE if meaning.known else UNKNOWN_VALUE
        found = dict.fromkeys(value for key in meaning.keys for value in self.of_definition(key))
        found.update((Value("module", module=module), None) for module in meaning.modules)
        return tuple(found)

    def of_definition(self, key: Key) -> Found:
        """What the name of a definition evaluates to."""
        return self.guarded((key.path, "definition", key.number), lambda: self._of_definition(key))

    def _of_definition(self, key: Key) -> Found:
        facts = self.facts(key.path)
        if facts is None:
            return UNKNOWN_VALUE
        row = facts.definitions[key.number]
        if row.kind == "method" and "get" in row.decorators:
            return self.returned(key)
        if row.kind in TYPES | _CALLED or row.inner >= 0:
            return (Value("definition", key),)
        if row.owner >= 0 and facts.definitions[row.owner].kind == "enum":
            return (Value("instance", Key(key.path, row.owner)),)
        found = facts.table.get((row.scope, row.name), ())
        if row.owner >= 0:
            found = facts.table.get((facts.definitions[row.owner].inner, row.name), ())
        return self.of_bindings(key.path, facts, [one for one in found if one.target == key.number])

    def of_bindings(self, path: str, facts: FileFacts, found: Iterable[Binding]) -> Found:
        """All that a name may be, as far as the text shows any of it."""
        values = {value: None for one in found for value in self._of_binding(path, facts, one)}
        shown = tuple(value for value in values if value.form != "unknown")
        return shown or UNKNOWN_VALUE

    def _of_binding(self, path: str, facts: FileFacts, one: Binding) -> Found:
        if one.type >= 0:
            return self.typed(path, one.type)
        if one.how == "import":
            return self.of_meaning(self.rules.imported(self, path, facts.imports[one.target]))
        if one.how == "definition":
            row = facts.definitions[one.target]
            if row.kind in TYPES | _CALLED or row.inner >= 0:
                return self.of_definition(Key(path, one.target))
        return self.expression(path, one.value) if one.value >= 0 else UNKNOWN_VALUE

    def _this(self, facts: FileFacts, path: str, scope: int, op: str) -> Found:
        within = False
        while scope > 0:
            row = facts.scopes[scope]
            kind = facts.definitions[row.definition].kind if row.definition >= 0 else ""
            if row.kind == "class" and (within or kind in TYPES):
                form = "instance" if op == "this" else "super"
                return (Value(form, Key(path, row.definition)),) if kind else UNKNOWN_VALUE
            if row.kind == "function":
                if kind != "method":
                    return UNKNOWN_VALUE
                # An object's method has the object; what else is in an object, what is around it.
                within = True
            scope = row.parent
        return UNKNOWN_VALUE

    # Types

    def typed(self, path: str, number: int) -> Found:
        """What an annotation says that a value is."""
        facts = self.facts(path)
        if facts is None or number < 0:
            return UNKNOWN_VALUE
        return self.guarded((path, "type", number), lambda: self._typed(facts, path, number))

    def _typed(self, facts: FileFacts, path: str, number: int) -> Found:
        form, used, arguments = facts.types[number]
        parts = [self.typed(path, one) for one in arguments]
        match form:
            case "union":
                return flat(parts)
            case "list":
                return (Value("list", parts=flat(parts)),)
            case "tuple":
                return (
                    parts[0]
                    if len(parts) == 1
                    else (Value("tuple", parts=tuple(part[0] for part in parts)),)
                )
            case "foreign":
                return FOREIGN_VALUE
            case "function":
                return (Value("function", parts=tuple(Value("one", parts=one) for one in parts)),)
            case "unknown" | "self":
                return UNKNOWN_VALUE
        use = facts.uses[used]
        if use.on == -1:
            local = self.bindings(facts, use.scope, use.name, use.start)
            if local and all(one.how == "variable" for one in local):
                return flat(self.typed(path, one.type) for one in local)
        meaning = self.refers(path, used)
        if meaning.keys:
            return (
                tuple(
                    Value("instance", key)
                    for key in meaning.keys
                    if self.definition(key).kind in TYPES
                )
                or UNKNOWN_VALUE
            )
        if form == "generic" and parts:
            if use.name in _WRAPPERS:
                return parts[0]
            if use.name in _CONTAINERS:
                return (Value("list", parts=parts[0]),)
            if use.name in _MAPPINGS:
                return (Value("list", parts=parts[-1]),)
        return FOREIGN_VALUE if meaning.known and use.name not in _OPAQUE else UNKNOWN_VALUE

    # Steps from a value

    def called(self, value: Value) -> Found:
        if value.form == "maker":
            return value.parts
        if value.form == "foreign" and self.rules.closed:
            return FOREIGN_VALUE
        if value.form == "module" and value.module is not None:
            meaning = self.rules.exported(self, value.module, "default")
            return joined(self.of_meaning(meaning), self.called) if meaning.keys else UNKNOWN_VALUE
        if value.form != "definition" or value.key is None:
            return UNKNOWN_VALUE
        if self.definition(value.key).kind in TYPES:
            return (Value("instance", value.key),)
        return self.returned(value.key)

    def _made(self, value: Value) -> Found:
        if value.form == "definition" and value.key is not None:
            known = self.definition(value.key).kind == "class"
            return (Value("instance", value.key),) if known else UNKNOWN_VALUE
        return FOREIGN_VALUE if value.form in ("foreign", "function") else UNKNOWN_VALUE

    def returned(self, key: Key) -> Found:
        """What a function gives: as declared, else as its return statements show."""
        row = self.definition(key)
        if row.returns >= 0:
            return self.typed(key.path, row.returns)
        if not row.results:
            return FOREIGN_VALUE if self.rules.closed else UNKNOWN_VALUE
        return flat(self.expression(key.path, number) for number in row.results)

    def element(self, value: Value) -> Found:
        """What iterating or indexing a value gives."""
        if value.form == "list":
            return value.parts
        if value.form == "instance" and value.key is not None:
            row = self.definition(value.key)
            if row.kind == "type" and row.returns >= 0:
                return joined(self.typed(value.key.path, row.returns), self.element)
        return UNKNOWN_VALUE

    def _member(self, value: Value, name: str) -> Found:
        """What `.name` of a value evaluates to."""
        if value.form == "list":
            if name in _ITEMS:
                return (Value("maker", parts=value.parts),)
            return (Value("maker", parts=(value,)),) if name in _COPIES else UNKNOWN_VALUE
        meaning = self.attribute(value, name)
        if value.form == "instance" and meaning.keys and all(map(self._gives_self, meaning.keys)):
            return (Value("maker", parts=(value,)),)
        return self.of_meaning(meaning)

    def _gives_self(self, key: Key) -> bool:
        facts, row = self.facts(key.path), self.definition(key)
        getter = "get" in row.decorators
        return (
            facts is not None
            and row.returns >= 0
            and not getter
            and facts.types[row.returns].form == "self"
        )

    def attribute_of(self, values: Found, name: str) -> Meaning:
        return self.merged([self.attribute(value, name) for value in values])

    def attribute(self, value: Value, name: str) -> Meaning:
        """What `.name` of a value means."""
        if value.form == "module" and value.module is not None:
            return self.rules.exported(self, value.module, name)
        if value.form == "list":
            # An element's field, named in a literal of many.
            return self.attribute_of(value.parts, name) if self.rules.closed else FOREIGN
        if value.key is None:
            return FOREIGN if value.form in ("foreign", "maker", "function") else UNKNOWN
        return self.members.member(value.key, name, skip=int(value.form == "super"))
