"""One state of the working tree, as the index has it: what questions are answered from."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from posixpath import dirname
from threading import RLock
from typing import TYPE_CHECKING, Final, TypeVar, cast

from ..errors import TreeUnreadable
from .freshen import Freshener
from .languages import is_configuration
from .source import Lines
from .store import IndexStore

if TYPE_CHECKING:
    from .bind import Key
    from .binders import Binders
    from .facts import FileFacts
    from .modules import ModuleMap

_CACHED_FILES: Final = 1_024
_REMEMBERED: Final = 4_096
_ATTEMPTS: Final = 6

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing:
    """`as_of` names the state of the sources that answers are about (a hash of their hashes);
    `complete` is false where files were left out or have syntax errors."""

    as_of: str
    complete: bool


class SourceMoved(Exception):
    """A file changed while a question was being answered: it is asked again."""


class IndexState:
    """The store, the files it mirrors, and what was loaded from them. Thread-safe through `ask`;
    everything else is for questions asked with it."""

    def __init__(
        self, root: Path, store: IndexStore, lister: Callable[[Path], tuple[str, ...]]
    ) -> None:
        self.root = root
        self.guard = RLock()
        self.store = store
        self.fresh = Freshener(root, store, lister)
        self._facts: OrderedDict[str, tuple[str, FileFacts]] = OrderedDict()
        self._lines: OrderedDict[str, tuple[str, Lines]] = OrderedDict()
        self._ids: dict[str, list[int]] = {}
        self._binder: Binders | None = None
        self._modules: ModuleMap | None = None
        self._standing: Standing | None = None
        self.version = 0
        self._asking = 0
        # The files that this question found to look as they were read.
        self._checked: set[str] = set()
        # Answers about this very state of the files; emptied as soon as one changes.
        self._answers: dict[tuple[Hashable, ...], object] = {}

    def ask(self, question: Callable[[], T]) -> T:
        """Answer over one state of the tree: up to date before, and asked again if a file moved
        meanwhile. Questions nest; only the outermost one looks at the files. Raises
        TreeUnreadable."""
        with self.guard:
            if self._asking:
                return question()
            self._checked.clear()
            for _ in range(_ATTEMPTS):
                self.refresh(None)
                self._asking += 1
                try:
                    return question()
                except SourceMoved:
                    continue
                finally:
                    self._asking -= 1
            raise TreeUnreadable(".", "files keep changing while they are read")

    def refresh(self, progress: Callable[[int, int], None] | None) -> int:
        """Bring the store up to date; how many files changed."""
        change = self.fresh.refresh(progress)
        if change.contents or change.paths:
            self._binder = None
            self._standing = None
            self._ids.clear()
            self._answers.clear()
            self.version += 1
        if change.paths:
            self._modules = None
        return change.contents

    def remembered(self, key: tuple[Hashable, ...], work: Callable[[], T]) -> T:
        """The same answer as before while no file changed. The key's first part fixes its type."""
        if key in self._answers:
            return cast("T", self._answers[key])
        answer = work()
        if len(self._answers) >= _REMEMBERED:
            self._answers.clear()
        self._answers[key] = answer
        return answer

    def check(self, paths: Iterable[str]) -> None:
        """Have a look at files that an answer is about to show, each once a question. Raises
        SourceMoved."""
        moved = [path for path in paths if path not in self._checked]
        if moved:
            self._checked.update(moved)
            suspects = [path for path in moved if not self.fresh.shows(path)]
            if suspects:
                raise SourceMoved(suspects[0])

    def lines(self, path: str) -> Lines:
        """The source of an indexed file, exactly as it was indexed."""
        if path not in self._checked:
            self.check((path,))
        row = self.fresh.rows.get(path)
        known = self._lines.get(path)
        if row is not None and known is not None and known[0] == row.hash:
            self._lines.move_to_end(path)
            return known[1]
        try:
            source = (self.root / path).read_bytes()
        except OSError as error:
            self.fresh.suspect(path)
            raise SourceMoved(path) from error
        digest = sha256(source).hexdigest()
        if row is not None and digest != row.hash:
            self.fresh.suspect(path)
            raise SourceMoved(path)
        lines = Lines(source)
        self._lines[path] = (digest, lines)
        if len(self._lines) > _CACHED_FILES:
            self._lines.popitem(last=False)
        return lines

    def source(self, path: str) -> bytes:
        """An indexed file's content, for whoever goes through many: it is not kept."""
        row, known = self.fresh.rows[path], self._lines.get(path)
        if known is not None and known[0] == row.hash:
            return known[1].source
        try:
            source = (self.root / path).read_bytes()
        except OSError as error:
            self.fresh.suspect(path)
            raise SourceMoved(path) from error
        if sha256(source).hexdigest() != row.hash:
            self.fresh.suspect(path)
            raise SourceMoved(path)
        return source

    def facts(self, path: str) -> FileFacts | None:
        """What a file says; None for one that is not indexed."""
        row = self.fresh.rows.get(path)
        if row is None or row.status != "ok":
            return None
        known = self._facts.get(path)
        if known is not None and known[0] == row.hash:
            return known[1]
        facts = self.store.facts(path)
        if facts is not None:
            self._facts[path] = (row.hash, facts)
            if len(self._facts) > _CACHED_FILES:
                self._facts.popitem(last=False)
        return facts

    def symbol_id(self, key: Key) -> int:
        """The id of the symbol that a definition is."""
        ids = self._ids.get(key.path)
        if ids is None:
            ids = self._ids[key.path] = self.store.ids_of_file(key.path)
        return ids[key.number]

    def standing(self) -> Standing:
        if self._standing is None:
            rows = self.fresh.rows
            text = "".join(f"{path}\0{rows[path].hash}\n" for path in sorted(rows))
            complete = all(row.status == "ok" and not row.errors for row in rows.values())
            as_of = sha256(text.encode("utf-8", errors="replace")).hexdigest()
            self._standing = Standing(as_of, complete)
        return self._standing

    def binder(self) -> Binders:
        if self._binder is None:
            from .binders import Binders

            self._binder = Binders(
                self.facts,
                self.modules(),
                self.fresh.rows,
                _go_modules(self.root, self.fresh.listed),
                self.store.files_with,
            )
        return self._binder

    def modules(self) -> ModuleMap:
        if self._modules is None:
            from .modules import ModuleMap

            self._modules = ModuleMap.of(self.fresh.rows, _mapped_packages(self.root))
        return self._modules


def _go_modules(root: Path, listed: tuple[str, ...]) -> dict[str, str]:
    """The module path that each go.mod declares, by its directory."""
    from .go_names import module_name

    found: dict[str, str] = {}
    for path in listed:
        if is_configuration(path):
            try:
                found[dirname(path)] = module_name((root / path).read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
    return {at: name for at, name in found.items() if name}


def _mapped_packages(root: Path) -> dict[str, str]:
    """`package-dir` of pyproject.toml: packages whose directories have other names."""
    import tomllib

    try:
        data = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        table = data["tool"]["setuptools"]["package-dir"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if not isinstance(table, dict):
        return {}
    return {str(name): str(place).strip("/") for name, place in table.items() if name}
