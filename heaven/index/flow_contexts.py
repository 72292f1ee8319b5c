"""What a callback's parameters are, as the signature of what it is passed to declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .flow_rules import UNKNOWN_VALUE, Found, Value, flat, joined
from .outline import PLACES

if TYPE_CHECKING:
    from .bind import Key
    from .flow import Flow


class Contexts:
    """For one `Flow`."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def parameter(self, callee: Value, place: int) -> Found:
        """What a function gets that is an argument of `callee`; `place` is the argument's, times
        `PLACES`, and the parameter's."""
        if callee.form != "definition" or callee.key is None:
            return UNKNOWN_VALUE
        flow = self._flow
        keys: tuple[Key, ...] = (callee.key,)
        if flow.definition(callee.key).kind == "class":
            keys = flow.members.member(callee.key, "constructor").keys
        argument, number = divmod(place, PLACES)
        found = flat(
            joined(self._declared(key, argument), lambda one: self._given(one, number))
            for key in keys
        )
        return tuple(one for one in found if one.form != "unknown") or UNKNOWN_VALUE

    def _declared(self, key: Key, place: int) -> Found:
        """The declared type of the parameter at a place."""
        facts, row = self._flow.facts(key.path), self._flow.definition(key)
        if facts is None or row.inner < 0:
            return UNKNOWN_VALUE
        own = [one for one in facts.bindings if one.scope == row.inner and one.how == "parameter"]
        own.sort(key=lambda one: one.at)
        return self._flow.typed(key.path, own[place].type) if place < len(own) else UNKNOWN_VALUE

    def _given(self, value: Value, number: int) -> Found:
        """What a value that is called gets as the parameter of that number."""
        if value.form == "function":
            return value.parts[number].parts if number < len(value.parts) else UNKNOWN_VALUE
        if value.form == "instance" and value.key is not None:
            row = self._flow.definition(value.key)
            if row.kind == "type" and row.returns >= 0:
                inner = self._flow.typed(value.key.path, row.returns)
                return joined(
                    tuple(one for one in inner if one.form == "function"),
                    lambda one: self._given(one, number),
                )
        return UNKNOWN_VALUE
