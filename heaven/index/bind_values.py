"""What an expression evaluates to, as far as annotations and assignments in the text show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .bind_fixtures import fixture_of
from .bind_kinds import NONE_VALUE, NOT_OURS, NOT_SHOWN, Found, Value, flat, joined
from .bind_types import Types
from .facts import Binding, Definition, FileFacts

if TYPE_CHECKING:
    from .bind import Binder, Key, Meaning

_PLAIN_DECORATORS: Final = frozenset(
    {
        "staticmethod", "classmethod", "abstractmethod", "override", "overload", "final", "cache",
        "lru_cache", "deprecated", "wraps", "no_type_check", "setter", "getter", "deleter",
    }
)  # fmt: skip
_PROPERTIES: Final = frozenset({"property", "cached_property", "abstractproperty"})
_CONTEXTS: Final = frozenset({"contextmanager", "asynccontextmanager"})
_ON_CLASS: Final = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
_GETTERS: Final = frozenset({"get", "pop", "setdefault", "popleft", "__getitem__"})
_COPIES: Final = frozenset({"values", "copy", "__iter__"})
_BUILT_IN: Final = frozenset(
    {
        "str", "bytes", "int", "float", "bool", "len", "repr", "bytearray", "range", "print",
        "isinstance", "hasattr", "callable", "open", "input", "format", "ord", "chr", "hash", "id",
        "abs", "round", "dict", "list", "set", "tuple", "frozenset",
    }
)  # fmt: skip
_RAISED: Final = "pytest.ExceptionInfo"


class Values:
    """For one `Binder`. Every answer has at least one value; several are alternatives."""

    def __init__(self, binder: Binder) -> None:
        self.binder = binder
        self.types = Types(self)
        self._expressions: dict[tuple[str, int], Found] = {}
        self._definitions: dict[Key, Found] = {}
        self._names: dict[tuple[str, int, str], Found] = {}

    def expression(self, path: str, number: int) -> Found:
        known = self._expressions.get((path, number))
        if known is not None:
            return known
        binder = self.binder
        facts = binder.facts(path)
        mark = (path, "expression", number)
        if facts is None or number < 0 or not binder.enter(mark):
            return NOT_SHOWN
        before = binder.cuts
        try:
            found = self._expression(facts, path, number)
        finally:
            binder.leave(mark)
        if binder.cuts == before:
            self._expressions[path, number] = found
        return found

    def _expression(self, facts: FileFacts, path: str, number: int) -> Found:
        row = facts.expressions[number]
        if row.op == "literal":
            return NOT_OURS
        if row.op == "none":
            return (NONE_VALUE,)
        if row.op == "typed":
            return self.types.typed(path, row.argument)
        if row.op == "alias":
            return NOT_SHOWN
        if row.op == "holding":
            held = self.expression(path, row.argument) if row.argument >= 0 else NOT_SHOWN
            return (Value("foreign", elements=held),)
        if row.op == "either":
            return flat((self.expression(path, row.argument), self.expression(path, row.other)))
        if row.op == "value":
            return self._use(facts, path, row.argument)
        inner = facts.expressions[row.argument]
        if row.op == "call" and inner.op == "value":
            use = facts.uses[inner.argument]
            if use.on == -1 and not self.binder.bindings(facts, use.scope, use.name, use.start):
                if use.name == "super":
                    return self.around(facts, path, use.scope, "super")
                if use.name in _BUILT_IN:
                    return NOT_OURS
        values = self.expression(path, row.argument)
        if row.op == "call":
            return joined(values, self.called)
        if row.op == "expected":
            raised = joined(values, self.called)
            return (Value("foreign", name=_RAISED, elements=raised),)
        if row.op == "enter":
            return joined(values, self.entered)
        return joined(values, self._item if row.op == "item" else _elements)

    def _item(self, value: Value) -> Found:
        if value.form != "definition" or value.key is None:
            return _elements(value)
        # `Box[int]` is `Box`, as far as names go.
        return (value,) if self.binder.definition(value.key).kind == "class" else NOT_SHOWN

    def _use(self, facts: FileFacts, path: str, number: int) -> Found:
        use = facts.uses[number]
        if use.name in facts.narrowable:
            narrow = self.types.narrowed(facts, path, number)
            if narrow:
                return narrow
        if use.on == -1 and use.imported < 0:
            found = self.binder.bindings(facts, use.scope, use.name, use.start)
            if found:
                return self._named(path, facts, found)
        if use.on >= 0:
            return joined(
                self.expression(path, use.on), lambda value: self._member(value, use.name)
            )
        return self.of_meaning(self.binder.refers(path, number))

    def _named(self, path: str, facts: FileFacts, found: list[Binding]) -> Found:
        """`of_bindings` of all that one scope binds a name to: the same for each of its uses."""
        key = (path, found[0].scope, found[0].name)
        known = self._names.get(key)
        if known is not None:
            return known
        before = self.binder.cuts
        values = self.of_bindings(path, facts, found)
        if self.binder.cuts == before:
            self._names[key] = values
        return values

    def of_meaning(self, meaning: Meaning) -> Found:
        if not meaning.ours:
            if not meaning.known:
                return NOT_SHOWN
            return tuple(Value("outside", name=one) for one in meaning.outside) or NOT_OURS
        found = [self.of_definition(key) for key in meaning.keys]
        found.append(tuple(Value("module", module=module) for module in meaning.modules))
        found.append(tuple(Value("outside", name=one) for one in meaning.outside))
        return flat(found)

    def of_definition(self, key: Key) -> Found:
        """What the name of a definition evaluates to."""
        known = self._definitions.get(key)
        if known is not None:
            return known
        binder = self.binder
        facts = binder.facts(key.path)
        mark = (key.path, "definition", key.number)
        if facts is None or not binder.enter(mark):
            return NOT_SHOWN
        before = binder.cuts
        try:
            found = self._of_definition(facts, key)
        finally:
            binder.leave(mark)
        if binder.cuts == before:
            self._definitions[key] = found
        return found

    def _of_definition(self, facts: FileFacts, key: Key) -> Found:
        row = facts.definitions[key.number]
        if row.kind in ("function", "method", "class"):
            found: Found = (Value("definition", key),)
            if row.kind != "class":
                for name, applied in zip(
                    reversed(row.decorators), reversed(row.applied), strict=True
                ):
                    if _last(name) in _PLAIN_DECORATORS | _PROPERTIES | _CONTEXTS:
                        continue
                    found = joined(self.expression(key.path, applied), self.called)
            return found
        bindings = [
            one
            for one in facts.table.get((row.scope, row.name), ())
            if one.how in ("definition", "field") and one.target == key.number
        ]
        return self.of_bindings(key.path, facts, bindings)

    def of_bindings(self, path: str, facts: FileFacts, bindings: list[Binding]) -> Found:
        """All that a name may be. Where a binding is annotated, what the annotation says."""
        typed = [one for one in bindings if one.type >= 0]
        return flat(self._of_binding(path, facts, one) for one in typed or bindings)

    def _of_binding(self, path: str, facts: FileFacts, one: Binding) -> Found:
        from .bind import Key

        if one.type >= 0:
            return self.types.typed(path, one.type)
        if one.how == "self":
            return self._self(path, facts, one)
        if one.how == "import":
            return self.of_meaning(self.binder.imported(path, facts.imports[one.target]))
        if one.value >= 0:
            return self.expression(path, one.value)
        if one.how == "definition" and facts.definitions[one.target].inner >= 0:
            return self.of_definition(Key(path, one.target))
        if one.how == "parameter":
            fixture = fixture_of(self.binder, path, facts, one)
            if fixture is not None:
                row = self.binder.definition(fixture)
                if row.returns < 0 and row.yields:
                    return flat(self.expression(fixture.path, n) for n in row.yields)
                returned = self._returned(fixture, row)
                return joined(returned, _elements) if row.yields else returned
        return NOT_SHOWN

    def _self(self, path: str, facts: FileFacts, one: Binding) -> Found:
        from .bind import Key

        row = facts.definitions[facts.scopes[one.scope].definition]
        if row.owner < 0:
            return NOT_SHOWN
        on_class = row.name in _ON_CLASS or any(_last(d) == "classmethod" for d in row.decorators)
        return (Value("definition" if on_class else "instance", Key(path, row.owner)),)

    def around(self, facts: FileFacts, path: str, scope: int, form: str) -> Found:
        """An instance (or super) of the class that the function at `scope` is in."""
        from .bind import Key

        while scope >= 0:
            row = facts.scopes[scope]
            if row.kind == "class":
                return (Value(form, Key(path, row.definition)),)
            scope = row.parent
        return NOT_SHOWN

    # Steps from a value

    def called(self, value: Value) -> Found:
        if value.form == "maker":
            return value.elements
        if value.form == "outside":
            return (Value("result", name=value.name),)
        if value.form == "instance":
            return joined(self._member(value, "__call__"), self.called)
        if value.form != "definition" or value.key is None:
            return NOT_SHOWN
        row = self.binder.definition(value.key)
        if row.kind == "class":
            return (Value("instance", value.key),)
        return self._returned(value.key, row)

    def _returned(self, key: Key, row: Definition) -> Found:
        if row.returns >= 0:
            own = row.owner >= 0 and self.types.gives_self(key.path, row)
            if own:
                return (Value("instance", key._replace(number=row.owner)),)
            return self.types.typed(key.path, row.returns)
        if row.yields:
            given = flat(self.expression(key.path, number) for number in row.yields)
            return (Value("foreign", elements=given),)
        found = flat(self.expression(key.path, number) for number in row.results)
        # What is not declared, an override may give differently.
        return found if row.owner < 0 else flat((found, NOT_SHOWN))

    def entered(self, value: Value) -> Found:
        if value.form == "instance":
            ours = self.attribute(value, "__enter__").ours
            return joined(self._member(value, "__enter__" if ours else "__aenter__"), self.called)
        return value.elements if value.form == "foreign" and value.elements else NOT_SHOWN

    def attribute(self, value: Value, name: str) -> Meaning:
        """What `.name` of a value means."""
        from .bind import FOREIGN, UNKNOWN, Meaning

        if value.form in ("foreign", "maker"):
            return FOREIGN
        if value.form == "outside":
            return Meaning(outside=(f"{value.name}.{name}",))
        if value.form == "module" and value.module is not None:
            return self.binder.member(value.module, name)
        if value.key is None:
            return UNKNOWN
        if value.form == "super":
            return self.binder.classes.member(value.key, name, skip=1)
        if self.binder.definition(value.key).kind == "class":
            return self.binder.classes.member(value.key, name)
        return FOREIGN if name.startswith("__") else UNKNOWN

    def _member(self, value: Value, name: str) -> Found:
        """What `.name` of a value evaluates to; a property evaluates to what it returns."""
        if value.form == "foreign":
            if value.name == _RAISED:
                return value.elements if name in ("value", "exception") else NOT_OURS
            if value.elements and name in _GETTERS:
                return (Value("maker", elements=value.elements),)
            if value.elements and name in _COPIES:
                return (Value("maker", elements=(value,)),)
            return NOT_OURS
        meaning = self.attribute(value, name)
        if value.form in ("instance", "definition", "super") and len(meaning.keys) == 1:
            row = self.binder.definition(meaning.keys[0])
            if row.kind == "method" and self.types.gives_self(meaning.keys[0].path, row):
                given = (Value("instance", value.key),)
                is_property = any(_last(one) in _PROPERTIES for one in row.decorators)
                return given if is_property else (Value("maker", elements=given),)
        if not meaning.keys or value.form in ("module", "definition"):
            return self.of_meaning(meaning)
        return flat(self._of_instance(key) for key in meaning.keys)

    def _of_instance(self, key: Key) -> Found:
        row = self.binder.definition(key)
        if any(_last(name) in _PROPERTIES for name in row.decorators):
            return self._returned(key, row)
        return self.of_definition(key)


def _elements(value: Value) -> Found:
    return value.elements or NOT_SHOWN


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]
