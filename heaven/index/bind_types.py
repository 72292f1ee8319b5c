"""What annotations and `isinstance` say that a value is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from .bind_kinds import NOT_OURS, NOT_SHOWN, UNKNOWN_VALUE, Found, Value, flat, joined
from .facts import Definition, FileFacts, Type

if TYPE_CHECKING:
    from .bind import Key
    from .bind_values import Values

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
_OPAQUE: Final = frozenset({"Any", "object"})
_UNTYPED: Final = Type("unknown", -1, ())


class Types:
    """For one `Values`."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def typed(self, path: str, number: int) -> Found:
        """What an annotation says that a value is."""
        facts = self._values.binder.facts(path)
        if facts is None or number < 0:
            return NOT_SHOWN
        row = facts.types[number]
        if row.form == "union":
            return flat(self.typed(path, argument) for argument in row.arguments)
        if row.form == "unknown":
            return NOT_SHOWN
        use = facts.uses[row.use]
        if row.form == "generic":
            if use.name in ("Type", "type") and row.arguments:
                instances = self.typed(path, row.arguments[0])
                return joined(instances, _class_of)
            if use.name in _CONTAINERS and row.arguments:
                elements = self.typed(path, row.arguments[0])
                return (Value("foreign", elements=elements),)
            if use.name in _MAPPINGS and len(row.arguments) == 2:
                return (Value("foreign", elements=self.typed(path, row.arguments[1])),)
            if use.name == "Callable" and row.arguments:
                return (Value("maker", elements=self.typed(path, row.arguments[-1])),)
        meaning = self._values.binder.refers(path, row.use)
        if not meaning.keys:
            if use.name == "Self":
                return self._values.around(facts, path, use.scope, "instance")
            if not meaning.known or use.name in _OPAQUE:
                return NOT_SHOWN
            return tuple(Value("foreign", name=one) for one in meaning.outside) or NOT_OURS
        aliased = [one for key in meaning.keys for one in self._alias(key)]
        if aliased:
            return flat(aliased)
        return joined(self._values.of_meaning(meaning), self.instance)

    def _alias(self, key: Key) -> Iterable[Found]:
        """What a name that stands for a type (`A = Union[B, C]`) says of an instance."""
        facts = self._values.binder.facts(key.path)
        row = self._values.binder.definition(key)
        if facts is None or row.inner >= 0:
            return
        for one in facts.table.get((row.scope, row.name), ()):
            if one.value >= 0 and facts.expressions[one.value].op == "alias":
                number = facts.expressions[one.value].argument
                mark = (key.path, "type", number)
                if self._values.binder.enter(mark):
                    try:
                        yield self.typed(key.path, number)
                    finally:
                        self._values.binder.leave(mark)

    def instance(self, value: Value) -> Found:
        """An instance of what stands in an annotation."""
        if value.form == "outside":
            return (Value("foreign", name=value.name),)
        if value.form != "definition" or value.key is None:
            return NOT_SHOWN
        kind = self._values.binder.definition(value.key).kind
        return (Value("instance", value.key),) if kind == "class" else NOT_SHOWN

    def narrowed(self, facts: FileFacts, path: str, number: int) -> Found:
        """What `isinstance` says of the name where it stands; nothing where it says nothing."""
        use = facts.uses[number]
        for one in reversed(facts.narrowed.get(facts.written(number), ())):
            if one.start <= use.start < one.end and not facts.assigned(use, one.start):
                classes = flat(self._values.expression(path, at) for at in one.classes)
                found = joined(classes, self.instance)
                if UNKNOWN_VALUE not in found:
                    return found
        return ()

    def gives_self(self, path: str, row: Definition) -> bool:
        """Whether a method is declared to give what it is called on: `-> Self`, or
        `def f(self: T) -> T`."""
        facts = self._values.binder.facts(path)
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


def _class_of(value: Value) -> Found:
    return (Value("definition", value.key),) if value.form == "instance" else NOT_SHOWN
