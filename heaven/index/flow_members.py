"""Types of the languages that outline.py reads: their bases, and where a member comes from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .bind import FOREIGN, UNKNOWN, Key, Meaning
from .flow_rules import TYPES

if TYPE_CHECKING:
    from .flow import Flow


class Members:
    """For one `Flow`."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._linear: dict[Key, tuple[tuple[Key, ...], bool]] = {}

    def member(self, key: Key, name: str, skip: int = 0) -> Meaning:
        """The member `name` of a type, of its bases, or of the type that it is another name of."""
        flow = self._flow
        order, complete = self.linear(key)
        for one in order[skip:]:
            facts = flow.facts(one.path)
            row = flow.definition(one)
            found = list(flow.rules.members(flow, one, name))
            for binding in facts.table.get((row.inner, name), ()) if facts is not None else ():
                if row.inner >= 0 and binding.how in ("definition", "field"):
                    found.append(Key(one.path, binding.target))
            if found:
                return flow.merged(Meaning((target,)) for target in dict.fromkeys(found))
            if row.kind == "type" and row.returns >= 0:
                mark = (one.path, f".{name}", one.number)
                meaning = flow.once(mark, partial(self._underlying, one, name))
                if meaning.ours or not meaning.known:
                    return meaning
        shown = flow.definition(key).kind in TYPES | {"namespace"}
        return FOREIGN if shown and complete else UNKNOWN

    def _underlying(self, key: Key, name: str) -> Meaning:
        """The member of the type that a type is another name of."""
        flow = self._flow
        return flow.attribute_of(flow.typed(key.path, flow.definition(key).returns), name)

    def linear(self, key: Key) -> tuple[tuple[Key, ...], bool]:
        """A type and its bases in the repository, nearest first; and whether the text shows what
        every base is."""
        known = self._linear.get(key)
        if known is not None:
            return known
        flow = self._flow
        self._linear[key] = ((key,), False)
        before = flow.cuts
        order: dict[Key, None] = {key: None}
        complete = True
        for base in flow.definition(key).bases:
            for value in flow.expression(key.path, base):
                complete = complete and value.form in ("definition", "foreign")
                if value.form == "definition" and value.key is not None:
                    above, whole = self.linear(value.key)
                    order.update(dict.fromkeys(above))
                    complete = complete and whole
        if flow.cuts == before:
            self._linear[key] = (tuple(order), complete)
        else:
            del self._linear[key]
        return tuple(order), complete
