"""Classes: their bases in method resolution order, and where an attribute comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bind import Binder, Key, Meaning
    from .bind_kinds import Value
    from .facts import FileFacts


class Classes:
    """For one `Binder`."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        self._members: dict[tuple[Key, str, int], Meaning] = {}
        self._linear: dict[Key, tuple[tuple[Key, ...], bool]] = {}

    def member(self, key: Key, name: str, skip: int = 0) -> Meaning:
        """The attribute `name` of a class, sought from place `skip` of its resolution order on.

        Known, but nothing of ours, where every base can be followed or lies outside the repository.
        """
        known = self._members.get((key, name, skip))
        if known is not None:
            return known
        before = self._binder.cuts
        meaning = self._member(key, name, skip)
        if self._binder.cuts == before:
            self._members[key, name, skip] = meaning
        return meaning

    def _member(self, key: Key, name: str, skip: int) -> Meaning:
        from .bind import FOREIGN, UNKNOWN

        binder = self._binder
        order, complete = self.linear(key)
        for one in order[skip:]:
            facts = binder.facts(one.path)
            if facts is None:
                continue
            found = facts.table.get((facts.definitions[one.number].inner, name))
            if found:
                return binder.bound(one.path, facts, found)
        special = name.startswith("__") and name.endswith("__")
        return FOREIGN if special or complete or self._followed(order) else UNKNOWN

    def _followed(self, order: tuple[Key, ...]) -> bool:
        """Whether the text shows what every base is, if only that it is not of the repository."""
        binder = self._binder
        for one in order:
            facts = binder.facts(one.path)
            if facts is None:
                return False
            for base in facts.definitions[one.number].bases:
                if any(
                    value.form in ("unknown", "result")
                    for value in self.base(one.path, facts, base)
                ):
                    return False
        return True

    def base(self, path: str, facts: FileFacts | None, number: int) -> tuple[Value, ...]:
        """What a base is; `Base[int]` is `Base`."""
        while facts is not None and number >= 0 and facts.expressions[number].op == "item":
            number = facts.expressions[number].argument
        return self._binder.values.expression(path, number)

    def linear(self, key: Key) -> tuple[tuple[Key, ...], bool]:
        """The class and its bases in the repository, in method resolution order (C3; depth first
        where the bases contradict each other); and whether every base is among them."""
        known = self._linear.get(key)
        if known is not None:
            return known
        self._linear[key] = ((key,), False)
        binder = self._binder
        before = binder.cuts
        facts = binder.facts(key.path)
        complete = True
        parents: dict[Key, None] = {}
        for base in facts.definitions[key.number].bases if facts is not None else ():
            classes = [
                value.key
                for value in self.base(key.path, facts, base)
                if value.form == "definition"
                and value.key is not None
                and binder.definition(value.key).kind == "class"
            ]
            complete = complete and bool(classes)
            parents.update((one, None) for one in classes if one != key)
        lists: list[list[Key]] = []
        for parent in parents:
            order, whole = self.linear(parent)
            complete = complete and whole
            lists.append([one for one in order if one != key])
        result = ((key, *_merge([*lists, list(parents)])), complete)
        if binder.cuts == before:
            self._linear[key] = result
        else:
            del self._linear[key]
        return result


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
