"""The symbol index: what is defined where, and what refers to it, as the working tree is now.

Every question first brings the index up to date with the files' content, so no answer is stale;
`standing` says whether anything was left out. References are bound while the question is answered.
"""

from __future__ import annotations

import tomllib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from hashlib import sha256
from pathlib import Path
from posixpath import basename
from threading import RLock
from typing import Final, TypeVar, cast

from .bind import Binder, Key, Meaning
from .errors import TreeUnreadable
from .facts import FileFacts, Use
from .freshen import Freshener
from .index_store import IndexStore, Lines
from .modules import ModuleMap
from .paths import normalise
from .records import Position, Reference, Symbol
from .search import match_expression
from .tests_reach import TestReach, tests_reaching
from .tree import list_files

_SUGGESTED: Final = 0.3
_AMBIGUOUS: Final = 0.6
_CACHED_FILES: Final = 1_024
_REMEMBERED: Final = 4_096
_ATTEMPTS: Final = 6
_KIND_ORDER: Final = {"call": 0, "plain": 1, "attribute": 1, "assignment": 2, "type": 3}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IndexStats:
    """Counts of the whole index: files read, definitions, uses of names; `skipped` maps the files
    that were left out to the reason; `broken` are those with syntax errors (read all the same)."""

    files: int
    symbols: int
    refs: int
    changed: int
    skipped: Mapping[str, str]
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """`as_of` names the state of the sources that answers are about (a hash of their hashes);
    `complete` is false where files were left out or have syntax errors."""

    as_of: str
    complete: bool


class SourceMoved(Exception):
    """A file changed while a question was being answered: it is asked again."""


class SymbolIndex:
    """The index of the repository at `root`. Thread-safe.

    `database` is the SQLite file, None for one in memory. Methods raise TreeUnreadable when files
    keep changing under a question, PathOutside for a path that is none of the repository's.
    """

    def __init__(
        self,
        root: Path,
        database: Path | None,
        *,
        lister: Callable[[Path], tuple[str, ...]] = list_files,
    ) -> None:
        self.root = root
        self._guard = RLock()
        self._store = IndexStore(database)
        self._fresh = Freshener(root, self._store, lister)
        self._facts_cache: OrderedDict[str, tuple[str, FileFacts]] = OrderedDict()
        self._lines_cache: OrderedDict[str, tuple[str, Lines]] = OrderedDict()
        self._ids_cache: dict[str, list[int]] = {}
        self._binder: Binder | None = None
        self._modules: ModuleMap | None = None
        self._standing: Standing | None = None
        self._asking = 0
        # Answers about this very state of the files; emptied as soon as one changes.
        self._answers: dict[tuple[str, str | int, int], object] = {}

    def close(self) -> None:
        with self._guard:
            self._store.close()

    def build(self, progress: Callable[[int, int], None] | None = None) -> IndexStats:
        """Bring the index up to date; `progress` gets (files done, files to do)."""
        with self._guard:
            changed = self._refresh(progress)
            files, symbols, refs = self._store.counts()
            rows = self._fresh.rows.values()
            skipped = {row.path: row.status for row in rows if row.status != "ok"}
            broken = tuple(sorted(row.path for row in rows if row.errors))
            return IndexStats(files, symbols, refs, changed, skipped, broken)

    def standing(self) -> Standing:
        """What the answers are about, as of now."""
        return self.ask(self._stand)

    def ask(self, question: Callable[[], T]) -> T:
        """Answer over one state of the tree: up to date before, and asked again if a file moved
        meanwhile. Questions nest; only the outermost one looks at the files."""
        with self._guard:
            if self._asking:
                return question()
            for _ in range(_ATTEMPTS):
                self._refresh(None)
                self._asking += 1
                try:
                    return question()
                except SourceMoved:
                    continue
                finally:
                    self._asking -= 1
            raise TreeUnreadable(".", "files keep changing while they are read")

    # Symbols

    def find_symbols(
        self, name: str, *, path: str | None = None, kind: str | None = None
    ) -> tuple[Symbol, ...]:
        """The definitions that `name` names exactly, by path and place: a bare name, a qualname
        (`Context.invoke`), `path::qualname`, or a name after its module (`click.core.Context`)."""
        where, separator, rest = name.partition("::")
        if separator:
            name, path = rest, where
        wanted = None if path is None else normalise(path)

        def question() -> tuple[Symbol, ...]:
            found = self._remembered(("named", name, 0), lambda: self._store.by_name(name))
            if not found and "." in name:
                found = self._after_module(name)
            return tuple(
                one
                for one in found
                if (wanted is None or one.path == wanted) and (kind is None or one.kind == kind)
            )

        return self.ask(question) if name else ()

    def _after_module(self, name: str) -> list[Symbol]:
        parts = name.split(".")
        modules = self._module_map()
        for cut in range(len(parts) - 1, 0, -1):
            qualname = ".".join(parts[cut:])
            for module in modules.absolute(".".join(parts[:cut])):
                found = [
                    one for one in self._store.in_file(module.path) if one.qualname == qualname
                ]
                if found:
                    return found
        return []

    def symbol(self, number: int) -> Symbol | None:
        """The symbol with this id; None if there is none (any more)."""
        return self.ask(lambda: self._store.by_id(number))

    def symbols(self, numbers: Iterable[int]) -> tuple[Symbol, ...]:
        """The symbols with these ids, in their order; those that are gone left out."""
        wanted = list(numbers)
        return self.ask(lambda: tuple(self._store.by_ids(wanted)))

    def symbols_in(self, path: str) -> tuple[Symbol, ...]:
        """A file's definitions in the order of their names' places."""
        wanted = normalise(path)
        key = ("in", wanted, 0)
        return self.ask(lambda: self._remembered(key, lambda: tuple(self._store.in_file(wanted))))

    def near(self, name: str, count: int = 5) -> tuple[str, ...]:
        """Names that exist and look like `name`, best first."""
        last = name.rpartition("::")[2].rpartition(".")[2]

        def question() -> tuple[str, ...]:
            names = self._store.names()
            folded: dict[str, str] = {}
            for one in names:
                folded.setdefault(one.lower(), one)
            close = get_close_matches(last.lower(), folded, n=count, cutoff=0.6)
            return tuple(folded[one] for one in close)

        return self.ask(question)

    def near_paths(self, path: str, count: int = 5) -> tuple[str, ...]:
        """Files of the repository whose path looks like `path`, best first."""
        wanted = normalise(path)

        def question() -> tuple[str, ...]:
            listed = self._fresh.listed
            same_name = [one for one in listed if basename(one) == basename(wanted)]
            close = get_close_matches(wanted, listed, n=count, cutoff=0.6)
            return tuple(dict.fromkeys([*same_name, *close]))[:count]

        return self.ask(question)

    def search(self, query: str, top_k: int = 20) -> tuple[Symbol, ...]:
        """Symbols whose name, its parts, path or signature match the words, best first."""

        def question() -> tuple[Symbol, ...]:
            for expression in match_expression(query):
                hits = self._store.search(expression, top_k)
                if hits:
                    return tuple(self._store.by_ids([number for number, _ in hits]))
            close = self.near(query, top_k) if query.strip() else ()
            return tuple(one for name in close for one in self._store.by_name(name))[:top_k]

        return self.ask(question) if top_k > 0 else ()

    # References

    def references(self, symbol: Symbol) -> tuple[Reference, ...]:
        """Every use of the symbol: proven ones (1.0), then those that it could be.

        A symbol that is defined more than once under one qualname (overloads, branches) shares its
        references with its redefinitions. Tokens of an alias are among them: there the text at `at`
        differs from the symbol's name. Uses as an attribute of something unknown have at most 0.3.
        """
        return self.ask(lambda: tuple(self._references(symbol)))

    def callers(self, name: str, top_k: int = 20) -> tuple[Reference, ...]:
        """Where what `name` names (as in `find_symbols`) is used: calls first, imports left out."""

        return self.ask(lambda: self.uses(self.find_symbols(name))[: max(top_k, 0)])

    def uses(self, symbols: Iterable[Symbol]) -> tuple[Reference, ...]:
        """Where any of the symbols is used, imports and `__all__` left out: the surest first, and
        calls before others. Each place once."""
        wanted = list(symbols)
        return self.ask(lambda: self._uses(wanted))

    def _uses(self, symbols: list[Symbol]) -> tuple[Reference, ...]:
        found: dict[tuple[str, int], Reference] = {}
        seen: set[tuple[str, str]] = set()
        for symbol in symbols:
            if (symbol.path, symbol.qualname) in seen:
                continue
            seen.add((symbol.path, symbol.qualname))
            for one in self._references(symbol):
                key = (one.path, one.at.start_byte)
                known = found.get(key)
                if known is None or known.confidence < one.confidence:
                    found[key] = one
        return tuple(
            sorted((r for r in found.values() if not self._is_mention(r)), key=_caller_order)
        )

    def _is_mention(self, one: Reference) -> bool:
        """An import, or a name in a string such as those of `__all__`."""
        if one.ref_kind == "import":
            return True
        before = self.lines(one.path).source[: one.at.start_byte][-1:]
        return one.ref_kind == "plain" and before in (b'"', b"'")

    def family(self, symbol: Symbol) -> tuple[Symbol, ...]:
        """The symbol and, for an attribute of a class, what it overrides and what overrides it in
        the repository: a call through a base class may reach any of them."""
        return self.ask(lambda: self._family(symbol))

    def _family(self, symbol: Symbol) -> tuple[Symbol, ...]:
        binder = self._bound()
        linear = binder.classes.linear
        start = self._keys_of(symbol)
        owners = {Key(key.path, binder.definition(key).owner) for key in start}
        owners = {key for key in owners if key.number >= 0}
        if not owners:
            return tuple(self._store.by_ids([self._id(key) for key in start]))
        holders: dict[Key, list[Key]] = {}
        for path in self._store.files_with(symbol.name):
            facts = self._facts(path)
            for number, row in enumerate(facts.definitions if facts is not None else ()):
                if row.name == symbol.name and row.owner >= 0:
                    holders.setdefault(Key(path, row.owner), []).append(Key(path, number))
        related = set(owners)
        grown = True
        while grown:
            grown = False
            for holder in holders:
                if holder in related:
                    continue
                line = set(linear(holder)[0])
                if line & related or any(holder in linear(one)[0] for one in related):
                    related.add(holder)
                    grown = True
        keys = [key for holder in sorted(related) for key in holders.get(holder, ())]
        return tuple(self._store.by_ids([self._id(key) for key in keys]))

    def tests_of(self, symbol: Symbol, top_k: int = 20) -> tuple[TestReach, ...]:
        """The tests that reach a symbol, best first: by reference, by their name, by import."""
        key = ("tests", symbol.id, top_k)
        work = partial(tests_reaching, self, symbol, top_k)
        return self.ask(lambda: self._remembered(key, work))

    def _remembered(self, key: tuple[str, str | int, int], work: Callable[[], T]) -> T:
        """The same answer as before while no file changed. The key's first part fixes its type."""
        if key in self._answers:
            return cast("T", self._answers[key])
        answer = work()
        if len(self._answers) >= _REMEMBERED:
            self._answers.clear()
        self._answers[key] = answer
        return answer

    def _references(self, symbol: Symbol) -> list[Reference]:
        return self._remembered(("references", symbol.id, 0), lambda: self._find(symbol))

    def _find(self, symbol: Symbol) -> list[Reference]:
        group = set(self._keys_of(symbol))
        if not group:
            return []
        binder = self._bound()
        member = any(binder.definition(key).owner >= 0 for key in group)
        rivals: tuple[int, ...] | None = None
        found: list[Reference] = []
        names = [symbol.name]
        for name in names:
            for path in self._store.files_with(name):
                facts = self._facts(path)
                if facts is None:
                    continue
                for number in facts.names.get(name, ()):
                    use = facts.uses[number]
                    meaning = binder.refers(path, number)
                    if group.isdisjoint(meaning.keys):
                        if meaning.known or name != symbol.name or meaning.keys:
                            continue
                        if use.on == -1 or not member:
                            continue
                        if rivals is None:
                            rivals = self._members_called(name, symbol.id)
                        confidence = max(0.01, round(_SUGGESTED / len(rivals), 2))
                        found.append(self._reference(path, facts, use, confidence, rivals))
                        continue
                    if use.imported >= 0:
                        bound = facts.imports[use.imported].bound
                        if bound not in names:
                            names.append(bound)
                    confidence = 1.0 if meaning.sure else _AMBIGUOUS
                    found.append(self._reference(path, facts, use, confidence, self._ids(meaning)))
        found.sort(key=lambda one: (-one.confidence, one.path, one.at.start_byte))
        return found

    def _reference(
        self, path: str, facts: FileFacts, use: Use, confidence: float, ids: tuple[int, ...]
    ) -> Reference:
        at: Position = self.lines(path).position(use.start, use.end)
        return Reference(path, at, use.kind, facts.scope_name(use.scope), confidence, ids)

    def _members_called(self, name: str, first: int) -> tuple[int, ...]:
        """Ids of everything of this name that is an attribute of a class, `first` at the head."""
        found = [one.id for one in self._store.by_name(name) if self._is_member(one)]
        return tuple(sorted(found, key=lambda number: number != first))

    def _is_member(self, symbol: Symbol) -> bool:
        return any(self._bound().definition(key).owner >= 0 for key in self._keys_of(symbol))

    def _ids(self, meaning: Meaning) -> tuple[int, ...]:
        return tuple(self._id(key) for key in meaning.keys)

    def _id(self, key: Key) -> int:
        ids = self._ids_cache.get(key.path)
        if ids is None:
            ids = self._ids_cache[key.path] = self._store.ids_of_file(key.path)
        return ids[key.number]

    def _keys_of(self, symbol: Symbol) -> list[Key]:
        facts = self._facts(symbol.path)
        return [
            Key(symbol.path, number)
            for number, row in enumerate(facts.definitions if facts is not None else ())
            if row.qualname == symbol.qualname
        ]

    # The state that answers are made from

    def lines(self, path: str) -> Lines:
        """The source of an indexed file, exactly as it was indexed. For use inside `ask`."""
        row = self._fresh.rows.get(path)
        known = self._lines_cache.get(path)
        if row is not None and known is not None and known[0] == row.hash:
            self._lines_cache.move_to_end(path)
            return known[1]
        try:
            source = (self.root / path).read_bytes()
        except OSError as error:
            raise SourceMoved(path) from error
        digest = sha256(source).hexdigest()
        if row is not None and digest != row.hash:
            raise SourceMoved(path)
        lines = Lines(source)
        self._lines_cache[path] = (digest, lines)
        if len(self._lines_cache) > _CACHED_FILES:
            self._lines_cache.popitem(last=False)
        return lines

    def facts_of(self, path: str) -> FileFacts | None:
        """What a file says; None for one that is not indexed. For use inside `ask`."""
        return self._facts(path)

    def _facts(self, path: str) -> FileFacts | None:
        row = self._fresh.rows.get(path)
        if row is None or row.status != "ok":
            return None
        known = self._facts_cache.get(path)
        if known is not None and known[0] == row.hash:
            return known[1]
        facts = self._store.facts(path)
        if facts is not None:
            self._facts_cache[path] = (row.hash, facts)
            if len(self._facts_cache) > _CACHED_FILES:
                self._facts_cache.popitem(last=False)
        return facts

    def _stand(self) -> Standing:
        if self._standing is None:
            rows = self._fresh.rows
            text = "".join(f"{path}\0{rows[path].hash}\n" for path in sorted(rows))
            complete = all(row.status == "ok" and not row.errors for row in rows.values())
            as_of = sha256(text.encode("utf-8", errors="replace")).hexdigest()
            self._standing = Standing(as_of, complete)
        return self._standing

    def _bound(self) -> Binder:
        if self._binder is None:
            self._binder = Binder(self._facts, self._module_map())
        return self._binder

    def _module_map(self) -> ModuleMap:
        if self._modules is None:
            self._modules = ModuleMap.of(self._fresh.rows, _mapped_packages(self.root))
        return self._modules

    def _refresh(self, progress: Callable[[int, int], None] | None) -> int:
        change = self._fresh.refresh(progress)
        if change.contents or change.paths:
            self._binder = None
            self._standing = None
            self._ids_cache.clear()
            self._answers.clear()
        if change.paths:
            self._modules = None
        return change.contents


def _caller_order(one: Reference) -> tuple[float, int, str, int]:
    return -one.confidence, _KIND_ORDER.get(one.ref_kind, 4), one.path, one.at.start_byte


def _mapped_packages(root: Path) -> dict[str, str]:
    """`package-dir` of pyproject.toml: packages whose directories have other names."""
    try:
        data = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        table = data["tool"]["setuptools"]["package-dir"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if not isinstance(table, dict):
        return {}
    return {str(name): str(place).strip("/") for name, place in table.items() if name}
