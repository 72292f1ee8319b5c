"""JavaScript and TypeScript: ES modules, CommonJS, and what a file gives to others."""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import dirname, normpath
from typing import TYPE_CHECKING, Final

from .bind import FOREIGN, UNKNOWN, Key, Meaning
from .facts import Binding, Import
from .modules import Module
from .outline_sweep import EXPORTS

if TYPE_CHECKING:
    from .flow import Flow

_SUFFIXES: Final = (
    ".ts", ".tsx", ".mts", ".cts", ".d.ts", ".d.mts", ".d.cts", ".js", ".jsx", ".mjs", ".cjs",
)  # fmt: skip
# What a source may be written in that is imported by the name of what it is compiled to.
_SOURCES: Final = {
    ".js": (".ts", ".tsx", ".d.ts"),
    ".jsx": (".tsx",),
    ".mjs": (".mts", ".d.mts"),
    ".cjs": (".cts", ".d.cts"),
}


class EsNames:
    """Over the repository's paths. A specifier that is not relative lies outside of it."""

    ordered: Final = False
    closed: Final = False

    def __init__(self, paths: Iterable[str]) -> None:
        self._files = frozenset(path for path in paths if path.endswith(_SUFFIXES))

    def top(self, flow: Flow, path: str, name: str) -> Meaning:
        facts = flow.facts(path)
        found = facts.table.get((0, name)) if facts is not None else None
        return flow.bound(path, facts, found) if facts is not None and found else FOREIGN

    def imported(self, flow: Flow, path: str, row: Import) -> Meaning:
        if not row.module:
            return self._own(flow, path, row)
        target = self.resolve(path, row.module)
        if target is None:
            return UNKNOWN if row.module.startswith(".") else FOREIGN
        module = Module(target, True)
        if not row.name:
            return Meaning(modules=(module,))
        meaning = self.exported(flow, module, row.name)
        if row.name == "default" and not meaning.keys:
            # CommonJS: the module itself.
            return Meaning(modules=(module,)) if row.level or meaning.known else meaning
        if row.level and not meaning.ours:
            given = self.exported(flow, module, "default")
            return flow.attribute_of(flow.of_meaning(given), row.name) if given.ours else meaning
        return meaning

    def _own(self, flow: Flow, path: str, row: Import) -> Meaning:
        """What an export of this file's own name stands for."""
        facts = flow.facts(path)
        if facts is None:
            return UNKNOWN
        return flow.name(path, facts, row.scope, row.name, -1)

    def exported(self, flow: Flow, module: Module, name: str) -> Meaning:
        mark = (module.path, f"export {name}", 0)
        return flow.once(mark, lambda: self._exported(flow, module.path, name))

    def _exported(self, flow: Flow, path: str, name: str) -> Meaning:
        facts = flow.facts(path)
        if facts is None:
            return UNKNOWN
        found = facts.table.get((EXPORTS, name), ())
        if found:
            return flow.merged([self._given(flow, path, one) for one in found])
        unknown = False
        meanings = []
        for row in facts.imports:
            if row.name != "*" or name == "default":
                continue
            target = self.resolve(path, row.module)
            if target is None:
                unknown = True
                continue
            meaning = self.exported(flow, Module(target, True), name)
            if meaning.ours:
                meanings.append(meaning)
        if meanings:
            return flow.merged(meanings)
        return UNKNOWN if unknown else FOREIGN

    def _given(self, flow: Flow, path: str, one: Binding) -> Meaning:
        facts = flow.facts(path)
        if facts is not None and one.how in ("definition", "import"):
            return flow.bound(path, facts, [one])
        if facts is None or one.value < 0:
            return UNKNOWN
        op, argument, _ = facts.expressions[one.value]
        if op == "value":
            return flow.refers(path, argument)
        if op == "module":
            return self.imported(flow, path, facts.imports[argument])
        return UNKNOWN

    def members(self, flow: Flow, key: Key, name: str) -> tuple[Key, ...]:
        return ()

    def aliases(self, flow: Flow, key: Key) -> tuple[str, ...]:
        facts = flow.facts(key.path)
        return tuple(
            one.name
            for one in (facts.bindings if facts is not None else ())
            if one.scope == EXPORTS and one.how == "definition" and one.target == key.number
        )

    def resolve(self, path: str, specifier: str) -> str | None:
        """The file that a relative specifier names from the file `path`; None for none."""
        if not specifier.startswith("."):
            return None
        base = normpath(f"{dirname(path)}/{specifier}" if dirname(path) else specifier)
        if base.startswith(".."):
            return None
        base = "" if base == "." else base
        stem, dot, suffix = base.rpartition(".")
        candidates = [base] if not specifier.endswith("/") else []
        candidates += [stem + other for other in _SOURCES.get(dot + suffix, ())]
        candidates += [base + other for other in _SUFFIXES]
        candidates += [f"{base}/index{other}".lstrip("/") for other in _SUFFIXES]
        return next((one for one in candidates if one in self._files), None)
