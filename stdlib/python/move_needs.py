"""What a definition needs of the file that it leaves."""

from __future__ import annotations

import builtins

from ...heaven.index.facts import Definition, FileFacts, Import
from ...heaven.index.naming import Naming
from ...heaven.index.symbols import SymbolIndex
from ..refused import MacroRefused
from ..syntax import Trees
from ..targets import place_of
from .imports import Wanted, futures, module_of


def needs_of(
    index: SymbolIndex,
    trees: Trees,
    naming: Naming,
    path: str,
    row: Definition,
    start: int,
    end: int,
    to: str,
) -> tuple[list[Wanted], list[str]]:
    """The imports that go with bytes `start`..`end` of a file, and the names that it has to take
    from the file itself, in the file `to`. For use within the index's `ask`.

    Raises MacroRefused where a name cannot be had elsewhere: it comes with `*` or under a
    condition, or is bound anew while the program runs.
    """
    facts = index.facts_of(path) or FileFacts()
    wanted: dict[str, Wanted] = {}
    back: list[str] = []
    if "annotations" in futures(trees, path):
        wanted["annotations"] = Wanted("__future__", "annotations", "annotations")
    for use in facts.uses:
        if not start <= use.start < end or use.on != -1 or use.imported >= 0:
            continue
        name = use.name
        if name == row.name or name in wanted or name in back:
            continue
        owner = naming.owner(path, use.scope, name, use.start)
        if owner is None:
            if not hasattr(builtins, name) and not (name.startswith("__") and name.endswith("__")):
                where = place_of(index, path, use.start)
                raise MacroRefused("unsupported", f"where {name} comes from is not known", (where,))
            continue
        if owner.scope != 0:
            continue
        bindings = facts.visible(0, name).bindings
        where = place_of(index, path, bindings[0].at)
        rows = [facts.imports[one.target] for one in bindings if one.how == "import"]
        if len(bindings) > 1 and not (len(rows) == len(bindings) and len(set(rows)) == 1):
            raise MacroRefused("unsupported", f"{name} is bound more than once ({where})", (where,))
        if rows:
            node = trees.at(path, bindings[0].at, bindings[0].at + 1)
            while node.parent is not None and not node.type.startswith("import"):
                node = node.parent
            if node.parent is None or node.parent.type != "module":
                raise MacroRefused(
                    "unsupported", f"{name} is imported under a condition ({where})", (where,)
                )
            found = _import(index, path, rows[0], to)
            if found is not None:
                wanted[name] = found
        elif _rebound(facts, name):
            raise MacroRefused(
                "unsupported", f"{name} is a `global` of functions ({where})", (where,)
            )
        else:
            back.append(name)
    return list(wanted.values()), back


def _rebound(facts: FileFacts, name: str) -> bool:
    return any(one.name == name and one.how == "global" for one in facts.bindings)


def _import(index: SymbolIndex, path: str, row: Import, to: str) -> Wanted | None:
    """The import as the file `to` writes it; None for what is that file's own."""
    module = "." * row.level + row.module
    sources = index.import_sources(path, row)
    if to in sources and row.name:
        if row.bound != row.name:
            raise MacroRefused("collision", f"{row.name} of {to} is called {row.bound} in {path}")
        return None
    if row.level:
        if not sources:
            raise MacroRefused("unsupported", f"{module} is no module that can be found")
        module = module_of(index, sources[0], to)
    return Wanted(module, row.name, row.bound)
