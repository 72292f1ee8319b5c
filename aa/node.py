"""`dataclass`, for the values of the compiler: the standard one, but nearly free to define.

The standard decorator compiles half a dozen functions for every class when the class is defined,
about half a millisecond; over all node types that is more than the whole compilation of a program.
This one compiles a method when it is first called. Otherwise it is the same: `fields`, `replace`,
`match` and pickling work, and type checkers see the standard decorator. What it has no short way
for (a base class, `field(...)`, `__post_init__`, other options) it leaves to the standard one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    import sys
    from functools import cache

    def dataclass(cls=None, /, **options):
        """As `dataclasses.dataclass`."""
        if cls is None:
            return lambda cls: dataclass(cls, **options)
        if options != {"frozen": True, "slots": True} or not _is_plain(cls):
            return dataclasses.dataclass(cls, **options)
        return _make(cls)

    def _is_plain(cls):
        """Whether the class only has fields with plain defaults, and methods of its own."""
        if cls.__bases__ != (object,) or sys.version_info >= (3, 14):
            return False  # since 3.14 annotations are not simply there to be read
        own = cls.__dict__
        generated = ("__init__", "__eq__", "__hash__", "__repr__", "__post_init__", "__slots__")
        return not any(name in own for name in generated) and not any(
            isinstance(own.get(name), dataclasses.Field) or "ClassVar" in kind or "InitVar" in kind
            for name, kind in own.get("__annotations__", {}).items()
        )

    def _make(cls):
        own = cls.__dict__
        names = tuple(own.get("__annotations__", ()))
        defaults = {name: own[name] for name in names if name in own}
        skipped = {*defaults, "__dict__", "__weakref__"}
        body = {key: value for key, value in own.items() if key not in skipped}
        body |= {
            "__slots__": names,
            "__match_args__": names,
            "__dataclass_fields__": _Fields(defaults),
            "__dataclass_params__": _Params(),
            "__init__": _deferred("__init__", lambda: _init(names, defaults)),
            "__eq__": _deferred("__eq__", lambda: _eq(names)),
            "__hash__": _deferred("__hash__", lambda: _hash(names)),
            "__repr__": _repr,
            "__setattr__": _refuse_set,
            "__delattr__": _refuse_delete,
            "__getstate__": _get_state,
            "__setstate__": _set_state,
        }
        made = type(cls.__name__, (), body)
        for method in ("__init__", "__eq__", "__hash__"):
            body[method].owner = made
        return made

    def _deferred(method, source):
        """A method that puts its compiled self in its place when it is first called."""

        def first(self, *args, **kwargs):
            scope = {"set_field": object.__setattr__}
            text, given = source()
            scope |= given
            exec(text, scope)  # the text is made of field names, as in the standard library
            real = scope[method]
            setattr(first.owner, method, real)
            return real(self, *args, **kwargs)

        return first

    def _init(names, defaults):
        parameters = [f"{n}=default_{n}" if n in defaults else n for n in names]
        body = [f" set_field(self, {n!r}, {n})" for n in names] or [" pass"]
        text = f"def __init__({', '.join(['self', *parameters])}):\n" + "\n".join(body)
        return text, {f"default_{name}": value for name, value in defaults.items()}

    def _eq(names):
        mine, theirs = _tuple("self", names), _tuple("other", names)
        return (
            "def __eq__(self, other):\n"
            " if other.__class__ is not self.__class__: return NotImplemented\n"
            f" return {mine} == {theirs}"
        ), {}

    def _hash(names):
        return f"def __hash__(self):\n return hash({_tuple('self', names)})", {}

    def _tuple(of, names):
        return "(" + "".join(f"{of}.{name}," for name in names) + ")"

    def _repr(self):
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{self.__class__.__qualname__}({shown})"

    def _refuse_set(self, name, value):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def _refuse_delete(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def _get_state(self):
        return [getattr(self, name) for name in self.__slots__]

    def _set_state(self, state):
        for name, value in zip(self.__slots__, state, strict=True):
            object.__setattr__(self, name, value)

    class _Fields:
        """The `__dataclass_fields__` of a class, made when somebody asks for it."""

        def __init__(self, defaults):
            self.defaults = defaults

        def __get__(self, instance, owner):
            found = {}
            for name, kind in owner.__annotations__.items():
                field = dataclasses.field(default=self.defaults.get(name, dataclasses.MISSING))
                field.name, field.type, field.kw_only = name, kind, False
                field._field_type = dataclasses.fields(_sample())[0]._field_type
                found[name] = field
            owner.__dataclass_fields__ = found
            return found

    class _Params:
        """The `__dataclass_params__` of a class, which the standard decorator asks of a base."""

        def __get__(self, instance, owner):
            return _sample().__dataclass_params__

    @cache
    def _sample():
        """A dataclass of the standard decorator, for what only that knows to write."""
        return dataclasses.make_dataclass("Sample", ["x"], frozen=True, slots=True)
