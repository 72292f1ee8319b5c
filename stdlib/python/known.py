"""Words of Python and its library that say something about a value."""

from __future__ import annotations

from typing import Final

LITERALS: Final = frozenset(
    """
    string concatenated_string integer float true false list dictionary set tuple lambda ellipsis
    list_comprehension set_comprehension dictionary_comprehension generator_expression
    comparison_operator not_operator
    """.split()  # noqa: SIM905
)
"""Syntax nodes whose value is of a builtin type."""

PLAIN_BUILTINS: Final = frozenset(
    """
    str int float bool bytes bytearray list dict set frozenset tuple len repr sorted sum abs range
    enumerate zip map filter open print input isinstance issubclass hasattr id hash ord chr hex
    format any all round divmod pow complex memoryview object slice callable
    """.split()  # noqa: SIM905
)
"""Builtins whose result is never an instance of a class of the repository."""

TRANSPARENT: Final = frozenset(
    """
    staticmethod classmethod property abstractmethod cached_property override final overload
    no_type_check lru_cache cache wraps
    """.split()  # noqa: SIM905
)
"""Decorators under which a function still gives what its annotation says."""

WRAPPERS: Final = frozenset("Final ClassVar Annotated Required NotRequired ReadOnly".split())  # noqa: SIM905

CONTAINERS: Final = frozenset(
    """
    List list Sequence Iterable Iterator Collection Set set FrozenSet frozenset Deque deque Tuple
    tuple MutableSequence AbstractSet
    """.split()  # noqa: SIM905
)
"""Types whose first argument is what iterating over them gives."""

HAND_OUT: Final = frozenset("contextlib.closing contextlib.nullcontext".split())  # noqa: SIM905
"""Context managers that give what they were given."""

FIELD_CLASSES: Final = frozenset("dataclass define frozen mutable attrs s".split())  # noqa: SIM905
"""Decorators that make a class's variables parameters of its constructor."""
