"""What an expression evaluates to, as far as annotations and assignments in the text show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from .bind_fixtures import fixture_of
from .facts import Binding, Definition, FileFacts, Type
from .modules import Module

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
_CONTAINERS: Final = frozenset(
    {
        "list", "List", "set", "Set", "frozenset", "FrozenSet", "Sequence", "MutableSequence",
        "Iterable", "Iterator", "Collection", "Generator", "AsyncIterator", "AsyncIterable",
        "AsyncGenerator", "Deque", "deque", "tuple", "Tuple", "Container", "AbstractSet",
    }
)  # fmt: skip
_MAPPINGS: Final = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"}
)
_GETTERS: Final = frozenset({"get", "pop", "setdefault", "popleft", "__getitem__"})
_COPIES: Final = frozenset({"values", "copy", "__iter__"})
_BUILT_IN: Final = frozenset(
    {
        "str", "bytes", "int", "float", "bool", "len", "repr", "bytearray", "range", "print",
        "isinstance", "hasattr", "callable", "open", "input", "format", "ord", "chr", "hash", "id",
        "abs", "round", "dict", "list", "set", "tuple", "frozenset",
    }
)  # fmt: skip
_UNTYPED: Final = Type("unknown", -1, ())
_RAISED: Final = "pytest.ExceptionInfo"
_OPAQUE: Final = frozenset({"Any", "object"})


class Value(NamedTuple):
    """What an expression may be.

    `definition`: a function or class itself, `key`. `instance`: one of class `key`. `super`: the
    same, seen from its bases. `module`. `outside`: what `name` means outside the repository;
    `result`: what calling that gives. `foreign`: built in, or an instance of the class `name` from
    outside; `elements` is what iterating or indexing it gives. `maker`: called, it gives
    `elements`. `none`: None, left out where there are others. `unknown`: the text does not show it.
    """

    form: str
    key: Key | None = None
    module: Module | None = None
    elements: tuple[Value, ...] = ()
    name: str = ""


Found: TypeAlias = tuple[Value, ...]

UNKNOWN_VALUE: Final = Value("unknown")
FOREIGN_VALUE: Final = Value("foreign")
NONE_VALUE: Final = Value("none")
_UNKNOWN: Final[Found] = (UNKNOWN_VALUE,)
_FOREIGN: Final[Found] = (FOREIGN_VALUE,)


class Values:
    """For one `Binder`. Every answer has at least one value; several are alternatives."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        self._expressions: dict[tuple[str, int], Found] = {}
        self._definitions: dict[Key, Found] = {}
        self._names: dict[tuple[str, int, str], Found] = {}

    def expression(self, path: str, number: int) -> Found:
        known = self._expressions.get((path, number))
        if known is not None:
            return known
        binder = self._binder
        facts = binder.facts(path)
        mark = (path, "expression", number)
        if facts is None or number < 0 or not binder.enter(mark):
            return _UNKNOWN
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
            return _FOREIGN
        if row.op == "none":
            return (NONE_VALUE,)
        if row.op == "typed":
            return self.typed(path, row.argument)
        if row.op == "alias":
            return _UNKNOWN
        if row.op == "holding":
            held = self.expression(path, row.argument) if row.argument >= 0 else _UNKNOWN
            return (Value("foreign", elements=held),)
        if row.op == "either":
            return _flat((self.expression(path, row.argument), self.expression(path, row.other)))
        if row.op == "value":
            return self._use(facts, path, row.argument)
        inner = facts.expressions[row.argument]
        if row.op == "call" and inner.op == "value":
            use = facts.uses[inner.argument]
            if use.on == -1 and not self._binder.bindings(facts, use.scope, use.name, use.start):
                if use.name == "super":
                    return self._around(facts, path, use.scope, "super")
                if use.name in _BUILT_IN:
                    return _FOREIGN
        values = self.expression(path, row.argument)
        if row.op == "call":
            return _joined(values, self.called)
        if row.op == "expected":
            raised = _joined(values, self.called)
            return (Value("foreign", name=_RAISED, elements=raised),)
        if row.op == "enter":
            return _joined(values, self.entered)
        return _joined(values, self._item if row.op == "item" else _elements)

    def _item(self, value: Value) -> Found:
        if value.form != "definition" or value.key is None:
            return _elements(value)
        # `Box[int]` is `Box`, as far as names go.
        return (value,) if self._binder.definition(value.key).kind == "class" else _UNKNOWN

    def _use(self, facts: FileFacts, path: str, number: int) -> Found:
        use = facts.uses[number]
        if use.name in facts.narrowable:
            narrow = self._narrowed(facts, path, number)
            if narrow:
                return narrow
        if use.on == -1 and use.imported < 0:
            found = self._binder.bindings(facts, use.scope, use.name, use.start)
            if found:
                return self._named(path, facts, found)
        if use.on >= 0:
            return _joined(
                self.expression(path, use.on), lambda value: self._member(value, use.name)
            )
        return self.of_meaning(self._binder.refers(path, number))

    def _narrowed(self, facts: FileFacts, path: str, number: int) -> Found:
        """What `isinstance` says of the name where it stands; nothing where it says nothing."""
        use = facts.uses[number]
        for one in reversed(facts.narrowed.get(facts.written(number), ())):
            if one.start <= use.start < one.end and not facts.assigned(use, one.start):
                classes = _flat(self.expression(path, at) for at in one.classes)
                found = _joined(classes, self._instance)
                if UNKNOWN_VALUE not in found:
                    return found
        return ()

    def _named(self, path: str, facts: FileFacts, found: list[Binding]) -> Found:
        """`of_bindings` of all that one scope binds a name to: the same for each of its uses."""
        key = (path, found[0].scope, found[0].name)
        known = self._names.get(key)
        if known is not None:
            return known
        before = self._binder.cuts
        values = self.of_bindings(path, facts, found)
        if self._binder.cuts == before:
            self._names[key] = values
        return values

    def of_meaning(self, meaning: Meaning) -> Found:
        if not meaning.ours:
            if not meaning.known:
                return _UNKNOWN
            return tuple(Value("outside", name=one) for one in meaning.outside) or _FOREIGN
        found = [self.of_definition(key) for key in meaning.keys]
        found.append(tuple(Value("module", module=module) for module in meaning.modules))
        found.append(tuple(Value("outside", name=one) for one in meaning.outside))
        return _flat(found)

    def of_definition(self, key: Key) -> Found:
        """What the name of a definition evaluates to."""
        known = self._definitions.get(key)
        if known is not None:
            return known
        binder = self._binder
        facts = binder.facts(key.path)
        mark = (key.path, "definition", key.number)
        if facts is None or not binder.enter(mark):
            return _UNKNOWN
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
                    found = _joined(self.expression(key.path, applied), self.called)
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
        return _flat(self._of_binding(path, facts, one) for one in typed or bindings)

    def _of_binding(self, path: str, facts: FileFacts, one: Binding) -> Found:
        from .bind import Key

        if one.type >= 0:
            return self.typed(path, one.type)
        if one.how == "self":
            return self._self(path, facts, one)
        if one.how == "import":
            return self.of_meaning(self._binder.imported(path, facts.imports[one.target]))
        if one.value >= 0:
            return self.expression(path, one.value)
        if one.how == "definition" and facts.definitions[one.target].inner >= 0:
            return self.of_definition(Key(path, one.target))
        if one.how == "parameter":
            fixture = fixture_of(self._binder, path, facts, one)
            if fixture is not None:
                row = self._binder.definition(fixture)
                if row.returns < 0 and row.yields:
                    return _flat(self.expression(fixture.path, n) for n in row.yields)
                returned = self._returned(fixture, row)
                return _joined(returned, _elements) if row.yields else returned
        return _UNKNOWN

    def _self(self, path: str, facts: FileFacts, one: Binding) -> Found:
        from .bind import Key

        row = facts.definitions[facts.scopes[one.scope].definition]
        if row.owner < 0:
            return _UNKNOWN
        on_class = row.name in _ON_CLASS or any(_last(d) == "classmethod" for d in row.decorators)
        return (Value("definition" if on_class else "instance", Key(path, row.owner)),)

    def _around(self, facts: FileFacts, path: str, scope: int, form: str) -> Found:
        """An instance (or super) of the class that the function at `scope` is in."""
        from .bind import Key

        while scope >= 0:
            row = facts.scopes[scope]
            if row.kind == "class":
                return (Value(form, Key(path, row.definition)),)
            scope = row.parent
        return _UNKNOWN

    # Annotations

    def typed(self, path: str, number: int) -> Found:
        """What an annotation says that a value is."""
        facts = self._binder.facts(path)
        if facts is None or number < 0:
            return _UNKNOWN
        row = facts.types[number]
        if row.form == "union":
            return _flat(self.typed(path, argument) for argument in row.arguments)
        if row.form == "unknown":
            return _UNKNOWN
        use = facts.uses[row.use]
        if row.form == "generic":
            if use.name in ("Type", "type") and row.arguments:
                instances = self.typed(path, row.arguments[0])
                return _joined(instances, _class_of)
            if use.name in _CONTAINERS and row.arguments:
                elements = self.typed(path, row.arguments[0])
                return (Value("foreign", elements=elements),)
            if use.name in _MAPPINGS and len(row.arguments) == 2:
                return (Value("foreign", elements=self.typed(path, row.arguments[1])),)
            if use.name == "Callable" and row.arguments:
                return (Value("maker", elements=self.typed(path, row.arguments[-1])),)
        meaning = self._binder.refers(path, row.use)
        if not meaning.keys:
            if use.name == "Self":
                return self._around(facts, path, use.scope, "instance")
            if not meaning.known or use.name in _OPAQUE:
                return _UNKNOWN
            return tuple(Value("foreign", name=one) for one in meaning.outside) or _FOREIGN
        aliased = [one for key in meaning.keys for one in self._alias(key)]
        if aliased:
            return _flat(aliased)
        return _joined(self.of_meaning(meaning), self._instance)

    def _alias(self, key: Key) -> Iterable[Found]:
        """What a name that stands for a type (`A = Union[B, C]`) says of an instance."""
        facts = self._binder.facts(key.path)
        row = self._binder.definition(key)
        if facts is None or row.inner >= 0:
            return
        for one in facts.table.get((row.scope, row.name), ()):
            if one.value >= 0 and facts.expressions[one.value].op == "alias":
                number = facts.expressions[one.value].argument
                mark = (key.path, "type", number)
                if self._binder.enter(mark):
                    try:
                        yield self.typed(key.path, number)
                    finally:
                        self._binder.leave(mark)

    def _instance(self, value: Value) -> Found:
        """An instance of what stands in an annotation."""
        if value.form == "outside":
            return (Value("foreign", name=value.name),)
        if value.form != "definition" or value.key is None:
            return _UNKNOWN
        kind = self._binder.definition(value.key).kind
        return (Value("instance", value.key),) if kind == "class" else _UNKNOWN

    # Steps from a value

    def called(self, value: Value) -> Found:
        if value.form == "maker":
            return value.elements
        if value.form == "outside":
            return (Value("result", name=value.name),)
        if value.form == "instance":
            return _joined(self._member(value, "__call__"), self.called)
        if value.form != "definition" or value.key is None:
            return _UNKNOWN
        row = self._binder.definition(value.key)
        if row.kind == "class":
            return (Value("instance", value.key),)
        return self._returned(value.key, row)

    def _returned(self, key: Key, row: Definition) -> Found:
        if row.returns >= 0:
            own = row.owner >= 0 and self._gives_self(key.path, row)
            if own:
                return (Value("instance", key._replace(number=row.owner)),)
            return self.typed(key.path, row.returns)
        if row.yields:
            given = _flat(self.expression(key.path, number) for number in row.yields)
            return (Value("foreign", elements=given),)
        found = _flat(self.expression(key.path, number) for number in row.results)
        # What is not declared, an override may give differently.
        return found if row.owner < 0 else _flat((found, _UNKNOWN))

    def _gives_self(self, path: str, row: Definition) -> bool:
        """Whether a method is declared to give what it is called on: `-> Self`, or
        `def f(self: T) -> T`."""
        facts = self._binder.facts(path)
        if facts is None or row.returns < 0 or facts.types[row.returns].form != "name":
            return False
        name = facts.uses[facts.types[row.returns].use].name
        if name == "Self":
            return True
        for one in facts.bindings_of(row.inner, "self"):
            form, used, arguments = facts.types[one.type] if one.type >= 0 else _UNTYPED
            if form == "generic" and facts.uses[used].name in ("Type", "type"):
                form, used, _ = facts.types[arguments[0]] if arguments else _UNTYPED
            if form == "name" and facts.uses[used].name == name:
                return True
        return False

    def entered(self, value: Value) -> Found:
        if value.form == "instance":
            ours = self.attribute(value, "__enter__").ours
            return _joined(self._member(value, "__enter__" if ours else "__aenter__"), self.called)
        return value.elements if value.form == "foreign" and value.elements else _UNKNOWN

    def attribute(self, value: Value, name: str) -> Meaning:
        """What `.name` of a value means."""
        from .bind import FOREIGN, UNKNOWN, Meaning

        if value.form in ("foreign", "maker"):
            return FOREIGN
        if value.form == "outside":
            return Meaning(outside=(f"{value.name}.{name}",))
        if value.form == "module" and value.module is not None:
            return self._binder.member(value.module, name)
        if value.key is None:
            return UNKNOWN
        if value.form == "super":
            return self._binder.classes.member(value.key, name, skip=1)
        if self._binder.definition(value.key).kind == "class":
            return self._binder.classes.member(value.key, name)
        return FOREIGN if name.startswith("__") else UNKNOWN

    def _member(self, value: Value, name: str) -> Found:
        """What `.name` of a value evaluates to; a property evaluates to what it returns."""
        if value.form == "foreign":
            if value.name == _RAISED:
                return value.elements if name in ("value", "exception") else _FOREIGN
            if value.elements and name in _GETTERS:
                return (Value("maker", elements=value.elements),)
            if value.elements and name in _COPIES:
                return (Value("maker", elements=(value,)),)
            return _FOREIGN
        meaning = self.attribute(value, name)
        if value.form in ("instance", "definition", "super") and len(meaning.keys) == 1:
            row = self._binder.definition(meaning.keys[0])
            if row.kind == "method" and self._gives_self(meaning.keys[0].path, row):
                given = (Value("instance", value.key),)
                is_property = any(_last(one) in _PROPERTIES for one in row.decorators)
                return given if is_property else (Value("maker", elements=given),)
        if not meaning.keys or value.form in ("module", "definition"):
            return self.of_meaning(meaning)
        return _flat(self._of_instance(key) for key in meaning.keys)

    def _of_instance(self, key: Key) -> Found:
        row = self._binder.definition(key)
        if any(_last(name) in _PROPERTIES for name in row.decorators):
            return self._returned(key, row)
        return self.of_definition(key)


def _joined(values: Found, step: Callable[[Value], Found]) -> Found:
    return _flat(step(value) for value in values)


def _flat(found: Iterable[Found]) -> Found:
    kept = dict.fromkeys(value for values in found for value in values)
    if len(kept) > 1:
        kept.pop(NONE_VALUE, None)
    return tuple(kept) or _UNKNOWN


def _elements(value: Value) -> Found:
    return value.elements or _UNKNOWN


def _class_of(value: Value) -> Found:
    return (Value("definition", value.key),) if value.form == "instance" else _UNKNOWN


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]
