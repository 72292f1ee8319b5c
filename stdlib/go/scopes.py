"""What a name means within a function, by Go's rules of scope."""

from __future__ import annotations

from ...heaven.index.facts import Binding, FileFacts


def bindings(facts: FileFacts, scope: int, name: str, at: int) -> list[Binding]:
    """The bindings of the innermost scope below the file's own that knows the name at a byte."""
    while scope > 0:
        row = facts.scopes[scope]
        if row.kind != "class":
            found = [
                one
                for one in facts.table.get((scope, name), ())
                if one.at <= at or one.how == "definition"
            ]
            if found:
                return found
        scope = row.parent
    return []


def chain(facts: FileFacts, scope: int) -> list[int]:
    """A scope and those around it, the file's own left out."""
    found = []
    while scope > 0:
        found.append(scope)
        scope = facts.scopes[scope].parent
    return found
