"""What a name token means, decided when it is asked and never while files are being read.

`Binder.refers` answers with the definitions that a use stands for; `Binder.values` with what an
expression evaluates to, as far as the text shows. Both follow imports from file to file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from .facts import Binding, Definition, FileFacts, Import
from .modules import Module, ModuleMap

_MAX_DEPTH: Final = 40
_PLAIN_DECORATORS: Final = frozenset(
    {
        "staticmethod",
        "classmethod",
        "abstractmethod",
        "override",
        "overload",
        "final",
        "cache",
        "lru_cache",
        "deprecated",
        "wraps",
        "no_type_check",
    }
)
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
_WRAPPERS: Final = frozenset({"Type", "type"})


class Key(NamedTuple):
    """A definition: the number in its file's facts."""

    path: str
    number: int


class Value(NamedTuple):
    """What an expression is: a `definition` itself, an `instance` of a class, a `module`, the
    `super` of a class, or something `foreign` (defined outside the repository, or built in).

    `elements` are what iterating or indexing gives, where an annotation says.
    """

    form: str
    key: Key = Key("", -1)
    module: Module | None = None
    elements: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """`keys`: the definitions that it may be. `sure`: it is nothing else. `known`: the text shows
    what it is, even if that is none of the repository's definitions (a local, a builtin)."""

    keys: tuple[Key, ...] = ()
    modules: tuple[Module, ...] = ()
    sure: bool = True
    known: bool = True


Facts: TypeAlias = Callable[[str], "FileFacts | None"]
Values: TypeAlias = tuple[Value, ...]

UNKNOWN: Final = Meaning(sure=False, known=False)
FOREIGN: Final = Meaning()
_FOREIGN_VALUE: Final = Value("foreign")


class Binder:
    """Answers over one state of the repository; `facts` gives a file's facts, None if it has none.

    An empty tuple of values means that the text does not show the value.
    """

    def __init__(self, facts: Facts, modules: ModuleMap) -> None:
        self.facts = facts
        self.modules = modules
        self._depth = 0
        self._busy: set[tuple[str, str, int]] = set()
        self._linear: dict[Key, tuple[tuple[Key, ...], bool]] = {}
        self._meanings: dict[tuple[str, int], Meaning] = {}

    # What a token means

    def refers(self, path: str, number: int) -> Meaning:
        """The meaning of use `number` of the file `path`."""
        at = (path, number)
        known = self._meanings.get(at)
        if known is not None:
            return known
        facts = self.facts(path)
        mark = (path, "use", number)
        if facts is None or mark in self._busy or self._depth > _MAX_DEPTH:
            return UNKNOWN
        self._busy.add(mark)
        self._depth += 1
        try:
            meaning = self._refers(facts, path, number)
        finally:
            self._busy.discard(mark)
            self._depth -= 1
        if not self._busy:
            self._meanings[at] = meaning
        return meaning

    def _refers(self, facts: FileFacts, path: str, number: int) -> Meaning:
        use = facts.uses[number]
        if use.imported >= 0:
            row = facts.imports[use.imported]
            if use.depth == 0:
                return self._imported(path, row)
            parts = row.module.split(".")[: use.depth]
            return _of_modules(self._module(path, row.level, ".".join(parts)))
        if use.on == -1:
            return self.name(path, use.scope, use.name, use.start)
        if use.on < 0:
            return UNKNOWN
        values = self.expression(path, use.on)
        return self.attribute(values, use.name)

    def name(self, path: str, scope: int, name: str, at: int) -> Meaning:
        """A bare name, by the scopes that it is seen from."""
        facts = self.facts(path)
        if facts is None:
            return UNKNOWN
        found = self.bindings(facts, scope, name, at)
        if found:
            return self._bound(path, facts, found)
        return self._starred(path, facts, name)

    def bindings(self, facts: FileFacts, scope: int, name: str, at: int) -> list[Binding]:
        """The bindings of the scope that a name used at `at` in `scope` resolves to."""
        where = scope
        while where >= 0:
            row = facts.scopes[where]
            found = [one for one in facts.table.get((where, name), ()) if one.how != "field"]
            # A class's names are seen from its own body only, and from there on down.
            unseen = where != scope or min((one.at for one in found), default=0) > at
            if row.kind == "class" and unseen:
                found = []
            if found and any(one.how == "global" for one in found):
                return [one for one in facts.table.get((0, name), ()) if one.how != "field"]
            if found and any(one.how == "nonlocal" for one in found):
                found = []
            if found:
                return found
            where = row.parent
        return []

    def _bound(self, path: str, facts: FileFacts, found: list[Binding]) -> Meaning:
        keys: dict[Key, None] = {}
        modules: dict[Module, None] = {}
        sure = known = True
        other = False
        # A local that is assigned anew is still the one definition of its scope.
        local = {one.how for one in found} <= {"definition", "variable"}
        for one in found:
            if one.how == "definition":
                keys[Key(path, one.target)] = None
            elif one.how == "import":
                meaning = self._imported(path, facts.imports[one.target])
                keys.update(dict.fromkeys(meaning.keys))
                modules.update(dict.fromkeys(meaning.modules))
                sure = sure and meaning.sure
                known = known and meaning.known
                other = other or not (meaning.keys or meaning.modules)
            else:
                other = other or not local
        if keys or modules:
            sure = sure and not other and self._one_place(keys, modules)
            return Meaning(tuple(keys), tuple(modules), sure)
        return FOREIGN if known else UNKNOWN

    def _one_place(self, keys: dict[Key, None], modules: dict[Module, None]) -> bool:
        """Whether all the definitions are redefinitions of one name in one scope."""
        if modules:
            return not keys and len(modules) == 1
        return len({self._place(key) for key in keys}) <= 1

    def _place(self, key: Key) -> tuple[str, str]:
        return key.path, self.definition(key).qualname

    def definition(self, key: Key) -> Definition:
        facts = self.facts(key.path)
        if facts is None:
            raise LookupError(key)
        return facts.definitions[key.number]

    def _imported(self, path: str, row: Import) -> Meaning:
        if not row.name:
            top = row.module.partition(".")[0]
            return _of_modules(self._module(path, 0, top if row.bound == top else row.module))
        sources = self._module(path, row.level, row.module)
        if not sources:
            return FOREIGN if not row.level else UNKNOWN
        return self._first_of(sources, row.name, path)

    def _first_of(self, sources: tuple[Module, ...], name: str, asking: str) -> Meaning:
        found = [self.member(module, name, asking) for module in sources]
        hits = [one for one in found if one.keys or one.modules]
        if not hits:
            return next((one for one in found if not one.known), found[0])
        if len(hits) == 1:
            return hits[0]
        keys = tuple(dict.fromkeys(key for one in hits for key in one.keys))
        modules = tuple(dict.fromkeys(module for one in hits for module in one.modules))
        return Meaning(keys, modules, sure=False)

    def _module(self, path: str, level: int, name: str) -> tuple[Module, ...]:
        if level:
            return self.modules.relative(path, level, name)
        return self.modules.absolute(name)

    def member(self, module: Module, name: str, asking: str = "") -> Meaning:
        """The name `name` of a module: what it binds, a submodule, or what it imports with `*`."""
        mark = (module.path, name, -1)
        if mark in self._busy:
            return UNKNOWN
        self._busy.add(mark)
        try:
            facts = self.facts(module.path) if module.is_file else None
            if facts is not None:
                found = [one for one in facts.table.get((0, name), ()) if one.how != "field"]
                meaning = self._bound(module.path, facts, found) if found else FOREIGN
                if meaning.keys or meaning.modules:
                    return meaning
                if not found:
                    meaning = self._starred(module.path, facts, name)
                    if meaning.keys or meaning.modules:
                        return meaning
                children = self.modules.child(module, name)
                if children:
                    return _of_modules(children)
                if found:
                    return meaning
                if (0, "__getattr__") in facts.table or not meaning.known:
                    return UNKNOWN
                return meaning
            return _of_modules(self.modules.child(module, name))
        finally:
            self._busy.discard(mark)

    def _starred(self, path: str, facts: FileFacts, name: str) -> Meaning:
        if name.startswith("_"):
            return FOREIGN
        unknown = False
        for row in reversed(facts.imports):
            if row.name != "*":
                continue
            sources = self._module(path, row.level, row.module)
            unknown = unknown or not sources
            for module in sources:
                meaning = self.member(module, name, path)
                if meaning.keys or meaning.modules:
                    return meaning
        return UNKNOWN if unknown else FOREIGN

    # What an expression is

    def expression(self, path: str, number: int) -> Values:
        facts = self.facts(path)
        mark = (path, "expression", number)
        if facts is None or number < 0 or mark in self._busy or self._depth > _MAX_DEPTH:
            return ()
        self._busy.add(mark)
        self._depth += 1
        try:
            row = facts.expressions[number]
            if row.op == "literal":
                return (_FOREIGN_VALUE,)
            if row.op == "value":
                return self.value_of_use(path, row.argument)
            inner = facts.expressions[row.argument]
            if row.op == "call" and inner.op == "value":
                use = facts.uses[inner.argument]
                if use.name == "super" and use.on == -1:
                    return self._super(facts, path, use.scope)
                if use.name == "cast" and use.kind == "call":
                    return ()
            values = self.expression(path, row.argument)
            if row.op == "call":
                return _joined(values, self.called)
            if row.op == "enter":
                return _joined(values, self.entered)
            return _joined(values, self.elements)
        finally:
            self._busy.discard(mark)
            self._depth -= 1

    def value_of_use(self, path: str, number: int) -> Values:
        facts = self.facts(path)
        if facts is None:
            return ()
        use = facts.uses[number]
        if use.on == -1 and use.imported < 0:
            found = self.bindings(facts, use.scope, use.name, use.start)
            if found:
                return self.values_of_bindings(path, facts, found)
        if use.on >= 0:
            return self.attribute_values(self.expression(path, use.on), use.name)
        return self._values(self.refers(path, number))

    def _values(self, meaning: Meaning) -> Values:
        if not meaning.known:
            return ()
        if not meaning.keys and not meaning.modules:
            return (_FOREIGN_VALUE,)
        values: dict[Value, None] = {}
        for key in meaning.keys:
            found = self.value_of_definition(key)
            if not found:
                return ()
            values.update(dict.fromkeys(found))
        for module in meaning.modules:
            values[Value("module", module=module)] = None
        return tuple(values)

    def value_of_definition(self, key: Key) -> Values:
        """What the name of a definition evaluates to."""
        row = self.definition(key)
        if row.kind in ("function", "method", "class"):
            return (Value("definition", key),)
        facts = self.facts(key.path)
        if facts is None:
            return ()
        found = [
            one
            for one in facts.table.get((row.scope, row.name), ())
            if one.how in ("definition", "field") and one.target == key.number
        ]
        return self.values_of_bindings(key.path, facts, found)

    def values_of_bindings(self, path: str, facts: FileFacts, found: list[Binding]) -> Values:
        """All that a name may be; empty as soon as one binding does not show its value."""
        annotated = [one for one in found if one.type >= 0]
        values: dict[Value, None] = {}
        for one in annotated or found:
            if one.how == "self":
                got = self._self_value(path, facts, one)
            elif one.type >= 0:
                got = self.type_values(path, one.type)
            elif one.how == "import":
                got = self._values(self._imported(path, facts.imports[one.target]))
            elif one.target >= 0 and facts.definitions[one.target].inner >= 0 and one.value < 0:
                got = self.value_of_definition(Key(path, one.target))
            else:
                got = self.expression(path, one.value)
            if not got:
                return ()
            values.update(dict.fromkeys(got))
        return tuple(values)

    def _self_value(self, path: str, facts: FileFacts, one: Binding) -> Values:
        method = facts.scopes[one.scope].definition
        row = facts.definitions[method]
        if row.owner < 0:
            return ()
        on_class = row.name in _ON_CLASS or any(_last(d) == "classmethod" for d in row.decorators)
        return (Value("definition" if on_class else "instance", Key(path, row.owner)),)

    def type_values(self, path: str, number: int) -> Values:
        """What an annotation says that a value is: instances."""
        facts = self.facts(path)
        if facts is None:
            return ()
        row = facts.types[number]
        if row.form == "union":
            found: dict[Value, None] = {}
            for argument in row.arguments:
                got = self.type_values(path, argument)
                if not got:
                    return ()
                found.update(dict.fromkeys(got))
            return tuple(found)
        if row.form == "unknown":
            return ()
        use = facts.uses[row.use]
        if row.form == "generic":
            if use.name in _WRAPPERS and row.arguments:
                return tuple(
                    Value("definition", value.key)
                    for value in self.type_values(path, row.arguments[0])
                    if value.form == "instance"
                )
            elements: Values = ()
            if use.name in _CONTAINERS and row.arguments:
                elements = self.type_values(path, row.arguments[0])
            elif use.name in _MAPPINGS and len(row.arguments) == 2:
                elements = self.type_values(path, row.arguments[1])
            if use.name in _CONTAINERS or use.name in _MAPPINGS:
                return (Value("foreign", elements=elements),)
        if use.name in ("Self", "Any", "object") and use.name != "Self":
            return ()
        values: dict[Value, None] = {}
        meaning = self.refers(path, row.use)
        if use.name == "Self" and not meaning.keys:
            return self._enclosing_instance(path, facts, use.scope)
        if not meaning.known:
            return ()
        for key in meaning.keys:
            if self.definition(key).kind == "class":
                values[Value("instance", key)] = None
            else:
                for value in self.value_of_definition(key):
                    if value.form == "definition" and self.definition(value.key).kind == "class":
                        values[Value("instance", value.key)] = None
        if not meaning.keys and not self._is_type_variable(path, facts, use.scope, use.name):
            return (_FOREIGN_VALUE,)
        return tuple(values)

    def _is_type_variable(self, path: str, facts: FileFacts, scope: int, name: str) -> bool:
        return any(one.how not in ("import",) for one in self.bindings(facts, scope, name, 1 << 60))

    def _enclosing_instance(self, path: str, facts: FileFacts, scope: int) -> Values:
        owner = _class_around(facts, scope)
        return (Value("instance", Key(path, owner)),) if owner >= 0 else ()

    def _super(self, facts: FileFacts, path: str, scope: int) -> Values:
        owner = _class_around(facts, scope)
        return (Value("super", Key(path, owner)),) if owner >= 0 else ()

    # Steps from a value

    def called(self, value: Value) -> Values:
        if value.form == "instance":
            return _joined(self.attribute_values((value,), "__call__"), self.called)
        if value.form != "definition":
            return ()
        row = self.definition(value.key)
        if row.kind == "class":
            return (Value("instance", value.key),)
        if any(_last(name) not in _PLAIN_DECORATORS for name in row.decorators):
            return ()
        return self.type_values(value.key.path, row.returns) if row.returns >= 0 else ()

    def entered(self, value: Value) -> Values:
        if value.form == "instance":
            found = self.class_member(value.key, "__enter__")
            if not found.keys:
                return ()
            results: dict[Value, None] = {}
            for key in found.keys:
                row = self.definition(key)
                if row.returns < 0:
                    return ()
                returned = self.type_values(key.path, row.returns)
                results.update(dict.fromkeys(returned))
            return tuple(results)
        return ()

    def elements(self, value: Value) -> Values:
        return value.elements

    def attribute(self, values: Values, name: str) -> Meaning:
        """What `.name` of one of `values` means."""
        if not values:
            return UNKNOWN
        keys: dict[Key, None] = {}
        modules: dict[Module, None] = {}
        sure = known = True
        empty = False
        for value in values:
            meaning = self._attribute(value, name)
            keys.update(dict.fromkeys(meaning.keys))
            modules.update(dict.fromkeys(meaning.modules))
            known = known and meaning.known
            sure = sure and meaning.sure
            empty = empty or not (meaning.keys or meaning.modules)
        if keys or modules:
            places = {self._place(key) for key in keys}
            sure = sure and not empty and len(places) + len(modules) == 1
            return Meaning(tuple(keys), tuple(modules), sure)
        return FOREIGN if known else UNKNOWN

    def _attribute(self, value: Value, name: str) -> Meaning:
        if value.form == "foreign":
            return FOREIGN
        if value.form == "module" and value.module is not None:
            return self.member(value.module, name)
        if value.form == "super":
            return self.class_member(value.key, name, skip=1)
        row = self.definition(value.key)
        if row.kind == "class":
            return self.class_member(value.key, name)
        return FOREIGN if name.startswith("__") else UNKNOWN

    def attribute_values(self, values: Values, name: str) -> Values:
        """What `.name` of `values` evaluates to; properties and bound methods included."""
        if not values:
            return ()
        results: dict[Value, None] = {}
        for value in values:
            if value.form == "module" and value.module is not None:
                got = self._member_values(value.module, name)
            else:
                meaning = self._attribute(value, name)
                got = (
                    self._values(meaning)
                    if not meaning.keys
                    else tuple(
                        one for key in meaning.keys for one in self._instance_member(value, key)
                    )
                )
            if not got:
                return ()
            results.update(dict.fromkeys(got))
        return tuple(results)

    def _member_values(self, module: Module, name: str) -> Values:
        return self._values(self.member(module, name))

    def _instance_member(self, value: Value, key: Key) -> Values:
        row = self.definition(key)
        if value.form != "definition" and any(_last(d) in _PROPERTIES for d in row.decorators):
            return self.type_values(key.path, row.returns) if row.returns >= 0 else ()
        return self.value_of_definition(key)

    # Classes

    def class_member(self, key: Key, name: str, skip: int = 0) -> Meaning:
        """The attribute `name` of a class, by its method resolution order from `skip` on."""
        order, complete = self.linear(key)
        for one in order[skip:]:
            facts = self.facts(one.path)
            if facts is None:
                continue
            inner = facts.definitions[one.number].inner
            found = facts.table.get((inner, name), [])
            hits = dict.fromkeys(
                Key(one.path, binding.target)
                for binding in found
                if binding.how in ("definition", "field") and binding.target >= 0
            )
            if hits:
                return Meaning(tuple(hits))
            if found:
                return self._bound(one.path, facts, found)
        if (name.startswith("__") and name.endswith("__")) or complete:
            return FOREIGN
        return Meaning(sure=False, known=True) if self._all_foreign(order) else UNKNOWN

    def _all_foreign(self, order: tuple[Key, ...]) -> bool:
        """Whether the bases that cannot be followed are all defined outside the repository."""
        for one in order:
            facts = self.facts(one.path)
            if facts is None:
                return False
            for base in facts.definitions[one.number].bases:
                values = self.expression(one.path, base)
                if not values:
                    return False
        return True

    def linear(self, key: Key) -> tuple[tuple[Key, ...], bool]:
        """The class and its bases in the repository, in method resolution order (C3; depth first
        where the bases contradict each other); and whether every base is among them."""
        known = self._linear.get(key)
        if known is not None:
            return known
        self._linear[key] = ((key,), False)
        facts = self.facts(key.path)
        complete = True
        parents: list[Key] = []
        if facts is not None:
            for base in facts.definitions[key.number].bases:
                values = self.expression(key.path, base)
                classes = [
                    value.key
                    for value in values
                    if value.form == "definition" and self.definition(value.key).kind == "class"
                ]
                complete = complete and bool(classes)
                parents.extend(one for one in classes if one != key)
        lists: list[list[Key]] = []
        for parent in parents:
            order, whole = self.linear(parent)
            complete = complete and whole
            lists.append([one for one in order if one != key])
        result = (key, *_merge([*lists, list(dict.fromkeys(parents))]))
        self._linear[key] = (result, complete)
        return result, complete


def _merge(lists: list[list[Key]]) -> list[Key]:
    merged: list[Key] = []
    lists = [one for one in lists if one]
    while lists:
        head = next(
            (one[0] for one in lists if not any(one[0] in other[1:] for other in lists)),
            lists[0][0],
        )
        merged.append(head)
        lists = [rest for one in lists if (rest := [key for key in one if key != head])]
    return merged


def _joined(values: Values, step: Callable[[Value], Values]) -> Values:
    results: dict[Value, None] = {}
    for value in values:
        got = step(value)
        if not got:
            return ()
        results.update(dict.fromkeys(got))
    return tuple(results)


def _of_modules(modules: tuple[Module, ...]) -> Meaning:
    return Meaning((), modules, sure=len(modules) == 1) if modules else FOREIGN


def _class_around(facts: FileFacts, scope: int) -> int:
    """The class whose body holds the function that `scope` is in, or -1."""
    while scope >= 0:
        row = facts.scopes[scope]
        if row.kind == "class":
            return row.definition
        scope = row.parent
    return -1


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]
