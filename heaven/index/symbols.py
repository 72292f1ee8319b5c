"""The symbol index: what is defined where, and what refers to it, as the working tree is now.

Every question first brings the index up to date with the files' content, so no answer is stale;
`standing` says whether anything was left out. References are bound while the question is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property, partial
from pathlib import Path
from posixpath import basename
from typing import TYPE_CHECKING, TypeVar

from ..paths import normalise
from ..records import Hit, Reference, Symbol
from ..tree import list_files
from ..words import words_in
from .source import Lines
from .state import IndexState, Standing
from .stats import IndexStats, count
from .store import IndexStore

# What answers questions is imported by the first of them: `aa index` asks none.
if TYPE_CHECKING:
    from .facts import FileFacts, Import
    from .naming import Naming
    from .passages import Passage, PassageStore
    from .references import References
    from .search import Search
    from .tests_reach import TestReach

T = TypeVar("T")


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
        self._store = IndexStore(database)
        self._state = IndexState(root, self._store, lister)
        self._passages_version = -1

    @cached_property
    def _references(self) -> References:
        from .references import References

        return References(self._state)

    @cached_property
    def _search(self) -> Search:
        from .search import Search

        return Search(self._state)

    @cached_property
    def _passages(self) -> PassageStore:
        from .passages import PassageStore

        return PassageStore(self._store.connection, self._store.in_file)

    def close(self) -> None:
        with self._state.guard:
            self._state.fresh.close()
            self._store.close()

    def build(self, progress: Callable[[int, int], None] | None = None) -> IndexStats:
        """Bring the index up to date; `progress` gets (files done, files to do)."""
        with self._state.guard:
            changed = self._state.refresh(progress)
            fresh = self._state.fresh
            return count(self.root, fresh.listed, fresh.rows, self._store.counts(), changed)

    def standing(self) -> Standing:
        """What the answers are about, as of now."""
        return self.ask(self._state.standing)

    def ask(self, question: Callable[[], T]) -> T:
        """Answer a question of several parts over one state of the tree: it may be asked again if
        a file moves meanwhile, so it must not do anything but ask."""
        return self._state.ask(question)

    @property
    def version(self) -> int:
        """A number that is another one as soon as a file changed. For use inside `ask`."""
        return self._state.version

    def check(self, paths: Iterable[str]) -> None:
        """Have a look at indexed files before something remembered of them is shown: the question
        is asked again if one was changed and nobody told. For use inside `ask`."""
        self._state.check(paths)

    def is_listed(self, path: str) -> bool:
        """Whether the file is known to be the repository's and not ignored; a new one that holds no
        code may not be known yet. For use inside `ask`."""
        return self._state.fresh.is_listed(path)

    def lines(self, path: str) -> Lines:
        """The source of an indexed file, exactly as it was indexed. For use inside `ask`."""
        return self._state.lines(path)

    def facts_of(self, path: str) -> FileFacts | None:
        """What a file says; None for one that is not indexed. For use inside `ask`."""
        return self._state.facts(path)

    # Symbols

    def find_symbols(
        self, name: str, *, path: str | None = None, kind: str | None = None
    ) -> tuple[Symbol, ...]:
        """The definitions that `name` names exactly, by path and place: a bare name, a qualname
        (`Context.invoke`), `path::qualname`, or a name after its module (`click.core.Context`).

        A bare name stands for every definition that has it, nested ones too. After `path::` it is a
        qualname; only where the file has none such, it is a bare name there. `path` and `kind`
        leave out what is elsewhere or of another kind.
        """
        where, separator, name = name.rpartition("::")
        wanted = {normalise(one) for one in (path, where if separator else None) if one is not None}

        def question() -> tuple[Symbol, ...]:
            found = self._state.remembered(("named", name, 0), lambda: self._store.by_name(name))
            if not found and "." in name:
                found = self._after_module(name)
            there = tuple(
                one for one in found if wanted <= {one.path} and (kind is None or one.kind == kind)
            )
            exact = tuple(one for one in there if one.qualname == name) if separator else ()
            return exact or there

        return self.ask(question) if name else ()

    def _after_module(self, name: str) -> list[Symbol]:
        parts = name.split(".")
        modules = self._state.modules()
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
        return self.ask(
            lambda: self._state.remembered(key, lambda: tuple(self._store.in_file(wanted)))
        )

    def near(self, name: str, count: int = 5) -> tuple[str, ...]:
        """Names that exist and look like `name`, best first."""
        last = name.rpartition("::")[2].rpartition(".")[2]
        return self.ask(lambda: tuple(self._search.near(last, count)))

    def near_paths(self, path: str, count: int = 5) -> tuple[str, ...]:
        """Files of the repository whose path looks like `path`, best first."""
        wanted = normalise(path)

        def question() -> tuple[str, ...]:
            listed = self._state.fresh.listing()
            same_name = [one for one in listed if basename(one) == basename(wanted)]
            close = get_close_matches(wanted, listed, n=count, cutoff=0.6)
            return tuple(dict.fromkeys([*same_name, *close]))[:count]

        return self.ask(question)

    def search(self, query: str, top_k: int = 20) -> tuple[Symbol, ...]:
        """Definitions whose names, or for want of any whose code, match the words, best first."""
        if top_k <= 0:
            return ()
        key = ("symbols", query, top_k)
        work = partial(self._search.symbols, query, top_k)
        return self.ask(lambda: self._state.remembered(key, work))

    def hits(self, query: str, top_k: int = 20) -> tuple[Hit, ...]:
        """Definitions as `search` finds them and code with the words in it, in one order, best
        first. The first call reads all files once, to know their words."""
        if top_k <= 0:
            return ()
        key = ("hits", query, top_k)
        work = partial(self._search.hits, query, top_k)
        return self.ask(lambda: self._state.remembered(key, work))

    def passages(
        self, phrase: str, top_k: int, weights: Sequence[float] = (1.0, 1.0, 1.0, 1.0)
    ) -> tuple[Passage, ...]:
        """The definitions in whose name, path, head or body the words of `phrase` stand one after
        the other, whatever their endings; best first. `weights` say what a word counts in each. The
        first call reads all files once."""
        words = words_in(phrase)
        if not words or top_k <= 0:
            return ()
        key = ("passages", *words, top_k, *weights)

        def work() -> tuple[Passage, ...]:
            state = self._state
            if self._passages_version != state.version:
                rows = state.fresh.rows.values()
                wanted = {row.path: row.hash for row in rows if row.status == "ok"}
                self._passages.update(wanted, state.source)
                self._passages_version = state.version
            expression = f'"{" ".join(words)}"'
            return tuple(self._passages.search(expression, top_k, weights))

        return self.ask(lambda: self._state.remembered(key, work))

    # References

    def references(self, symbol: Symbol) -> tuple[Reference, ...]:
        """Every use of the symbol: proven ones (1.0), then those that it could be.

        A symbol that is defined more than once under one qualname (overloads, branches) shares its
        references with its redefinitions. Tokens of an alias are among them: there the text at `at`
        differs from the symbol's name. Uses as an attribute of something unknown have at most 0.3.
        """
        return self.ask(lambda: tuple(self._references.find(symbol)))

    def callers(self, name: str, top_k: int = 20) -> tuple[Reference, ...]:
        """Where what `name` names (as in `find_symbols`) is used: calls first, imports left out."""

        return self.ask(lambda: self.uses(self.find_symbols(name))[: max(top_k, 0)])

    def uses(self, symbols: Iterable[Symbol]) -> tuple[Reference, ...]:
        """Where any of the symbols is used, imports and `__all__` left out: the surest first, and
        calls before others. Each place once."""
        wanted = list(symbols)
        return self.ask(lambda: self._references.uses(wanted))

    def doubtful(self, name: str) -> tuple[str, ...]:
        """The files where uses of a bare name may have been missed: left out for their size, or
        with syntax errors and the name in them."""
        return self.ask(lambda: self._references.doubtful(name))

    def family(self, symbol: Symbol) -> tuple[Symbol, ...]:
        """The symbol and, for an attribute of a class, what it overrides and what overrides it in
        the repository: a call through a base class may reach any of them."""
        return self.ask(lambda: self._references.family(symbol))

    def naming(self, symbols: Sequence[Symbol]) -> Naming:
        """Every token that stands, by the symbols' own name, for any of them, for what shares their
        variable or for what overrides them. All must have one name. For use inside `ask`."""
        return self._references.naming(symbols)

    def paths(self) -> tuple[str, ...]:
        """The files that were read, sorted. For use inside `ask`."""
        rows = self._state.fresh.rows
        return tuple(sorted(path for path, row in rows.items() if row.status == "ok"))

    def files_with(self, name: str) -> list[str]:
        """The files in which a name stands, strings and comments left out; sorted. For use inside
        `ask`."""
        return self._store.files_with(name)

    def submodule(self, path: str, name: str) -> str | None:
        """The file of the module `name` in the package that the file `path` is; None where there
        is none. For use inside `ask`."""
        from .modules import Module

        found = self._state.modules().child(Module(path, True), name)
        return found[0].path if found else None

    def import_sources(self, path: str, row: Import) -> tuple[str, ...]:
        """The Python files that an import in the file `path` names as its module. For use inside
        `ask`."""
        found = self._state.binder().python.sources(path, row.level, row.module)
        return tuple(one.path for one in found if one.is_file)

    def imported_files(self, path: str) -> tuple[str, ...]:
        """The Python files that a file's imports at its top level name, submodules among them;
        sorted. For use inside `ask`."""
        facts = self._state.facts(path)
        found: set[str] = set()
        for row in facts.imports if facts is not None else ():
            if row.scope == 0:
                sources = self.import_sources(path, row)
                found.update(sources)
                below = (self.submodule(one, row.name) for one in sources if row.name)
                found.update(one for one in below if one is not None)
        return tuple(sorted(found))

    def tests_of(self, symbol: Symbol, top_k: int = 20) -> tuple[TestReach, ...]:
        """The tests that reach a symbol, best first: by reference, by their name, by import."""
        key = ("tests", symbol.id, top_k)
        from .tests_reach import tests_reaching

        work = partial(tests_reaching, self, symbol, top_k)
        return self.ask(lambda: self._state.remembered(key, work))
