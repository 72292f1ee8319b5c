"""What the five commands about the repository show: source text of one state of the tree.

Shards are worked out once for each state: until a file changes, the next mission that asks gets the
same ones. The files that they show are looked at again each time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from ...proto.pf import Args, Command, Excerpt, Request, ShardKind
from ..errors import PathOutside
from ..index.source import Lines
from ..index.watch import file_signature
from ..paths import normalise, resolve_inside
from ..records import Symbol
from ..tree import is_listed
from .drafts import Data, Draft, draft
from .excerpts import excerpt, of_hits, of_references, of_symbol
from .refusal import MOST_HITS, FaultRefused, count_of, needed

if TYPE_CHECKING:
    from ..index.symbols import SymbolIndex

_CALLERS: Final = 20
_PREFETCHED_CALLERS: Final = 10
_PREFETCHED_TESTS: Final = 5
_TESTS: Final = 10
_SEARCH: Final = 20
_SLICE: Final = 20
_MAX_LINES: Final = 10_000
_MAX_SLICED_FILE: Final = 64 * 1_048_576
_REMEMBERED_BYTES: Final = 32 * 1_048_576


@dataclass(frozen=True, slots=True)
class _Known:
    """Shards of one state of the tree, and the indexed files that they show."""

    drafts: tuple[Draft, ...]
    paths: tuple[str, ...]


class TreeDrafts:
    """Shards of the repository that `index` is of. For use inside `SymbolIndex.ask`."""

    def __init__(self, index: SymbolIndex) -> None:
        self._index = index
        self._known: dict[tuple[Command, Args], _Known] = {}
        self._known_bytes = 0
        self._version = -1

    def of(self, request: Request) -> tuple[Draft, ...]:
        """The shards of a request, the one that was asked for first. Raises FaultRefused."""
        args = request.args
        if request.command == "PF_SLICE":
            # Of any file, also of one that the index does not watch.
            return (self._slice(args),)
        if self._version != self._index.version:
            self._known.clear()
            self._known_bytes, self._version = 0, self._index.version
        key = (request.command, args if args.mission_id is None else replace(args, mission_id=None))
        known = self._known.get(key)
        if known is None:
            known = self._work_out(request)
            self._remember(key, known)
        else:
            self._index.check(known.paths)
        return known.drafts

    def _remember(self, key: tuple[Command, Args], known: _Known) -> None:
        # The text is held twice, as excerpts and as a blob's content.
        size = 2 * sum(len(one.content) for one in known.drafts) + 2_000
        if self._known_bytes + size > _REMEMBERED_BYTES:
            self._known.clear()
            self._known_bytes = 0
        self._known[key] = known
        self._known_bytes += size

    def _work_out(self, request: Request) -> _Known:
        args = request.args
        match request.command:
            case "PF_SYMDEF":
                drafts = self._symdef(args)
            case "PF_CALLERS":
                drafts = [self._callers(args, count_of(args, _CALLERS), prefetched=False)]
            case "PF_TESTS":
                drafts = [self._tests(args, count_of(args, _TESTS), prefetched=False)]
            case "PF_SEARCH":
                drafts = [self._search(args)]
            case _:
                raise AssertionError(f"{request.command} is answered without the index")
        paths = dict.fromkeys(one.path for each in drafts for one in each.excerpts)
        return _Known(tuple(drafts), tuple(paths))

    def _of_index(
        self,
        kind: ShardKind,
        key: str,
        subject: str,
        excerpts: tuple[Excerpt, ...],
        note: str | None = None,
        complete: bool = True,
        *,
        prefetched: bool = False,
        data: Data | None = None,
    ) -> Draft:
        files = {one.file_blob: self._index.lines(one.path).source for one in excerpts}
        return draft(
            kind,
            key,
            subject,
            excerpts,
            note,
            complete,
            prefetched=prefetched,
            data=data,
            files=files,
        )

    def _symdef(self, args: Args) -> list[Draft]:
        name = needed(args.symbol, "symbol")
        depth = args.depth or "full"
        found = self._named(name, args.path)
        excerpts = tuple(part for symbol in found for part in of_symbol(self._index, symbol, depth))
        note = None
        places = {(one.path, one.qualname) for one in found}
        if len(places) > 1:
            listed = ", ".join(f"{path}::{qualname}" for path, qualname in sorted(places)[:20])
            note = f"{name} names {len(places)} definitions: {listed}"
        key = f"symdef {depth} {args.path or ''} {name}"
        main = self._of_index("symdef", key, name, excerpts, note)
        return [
            main,
            self._callers(args, _PREFETCHED_CALLERS, prefetched=True),
            self._tests(args, _PREFETCHED_TESTS, prefetched=True),
        ]

    def _callers(self, args: Args, count: int, *, prefetched: bool) -> Draft:
        name = needed(args.symbol, "symbol")
        symbols = self._named(name, args.path)
        found = self._index.uses(symbols)
        excerpts = of_references(self._index, found[:count])
        doubtful = self._index.doubtful(symbols[0].name)
        notes = []
        if len(found) > count:
            notes.append(f"the first {count} of {len(found)} uses")
        if doubtful:
            notes.append(f"some may be missing: not read in full: {', '.join(doubtful[:5])}")
        key = f"callers {count} {args.path or ''} {name}"
        note = "; ".join(notes) or None
        return self._of_index(
            "callers", key, name, excerpts, note, not notes, prefetched=prefetched
        )

    def _tests(self, args: Args, count: int, *, prefetched: bool) -> Draft:
        name = needed(args.symbol, "symbol")
        reached: dict[int, tuple[Symbol, float]] = {}
        for symbol in self._named(name, args.path):
            for one in self._index.tests_of(symbol, MOST_HITS):
                known = reached.get(one.test.id)
                if known is None or known[1] < one.confidence:
                    reached[one.test.id] = (one.test, one.confidence)
        order = sorted(
            reached.values(), key=lambda one: (-one[1], one[0].path, one[0].extent.start_byte)
        )
        depth: Literal["full", "signature"] = "signature" if prefetched else "full"
        excerpts = tuple(
            replace(part, confidence=round(confidence, 2))
            for test, confidence in order[:count]
            for part in of_symbol(self._index, test, depth)
        )
        note = f"the first {count} of {len(order)} tests" if len(order) > count else None
        if not order:
            note = "no test is known to reach it"
        key = f"tests {depth} {count} {args.path or ''} {name}"
        return self._of_index(
            "tests", key, name, excerpts, note, len(order) <= count, prefetched=prefetched
        )

    def _search(self, args: Args) -> Draft:
        query = needed(args.query, "query")
        count = count_of(args, _SEARCH)
        found = self._index.hits(query, count)
        excerpts = of_hits(self._index, found)
        data: Data = {"found": len(found)}
        note = None if found else "nothing matches"
        return self._of_index("search", f"search {count} {query}", query, excerpts, note, data=data)

    def _slice(self, args: Args) -> Draft:
        path = needed(args.path, "path")
        first = 1 if args.start_line is None else args.start_line
        count = _SLICE if args.n is None else args.n
        if first < 1:
            raise FaultRefused("bad_request", f"start_line is {first}; lines count from 1")
        if not 1 <= count <= _MAX_LINES:
            raise FaultRefused("bad_request", f"n is {count}; it must be 1 to {_MAX_LINES}")
        path, source = self._read(path)
        lines = Lines(source)
        last = min(first + count - 1, lines.count)
        note: str | None = None
        if last < first + count - 1:
            note = f"the file has {lines.count} line{'' if lines.count == 1 else 's'}"
        one = excerpt(path, lines, first, max(last, first - 1))
        whole = "\ufffd" not in one.text or _is_text(source)
        if not whole:
            note = "bytes that are not UTF-8 are shown as U+FFFD"
        subject = f"{path}:{first}-{first + count - 1}"
        excerpts = (one,) if one.text else ()
        files = {one.file_blob: source}
        return draft("slice", f"slice {subject}", subject, excerpts, note, whole, files=files)

    def _read(self, path: str) -> tuple[str, bytes]:
        try:
            wanted = normalise(path)
            where = resolve_inside(self._index.root, wanted)
        except PathOutside as outside:
            raise FaultRefused("bad_request", str(outside)) from None
        seen = file_signature(where)
        if seen is None:
            near = self._index.near_paths(wanted)
            raise FaultRefused("unknown", f"there is no file {wanted}", near)
        if not self._index.is_listed(wanted) and not is_listed(self._index.root, wanted):
            # What a repository ignores is often what nobody else should see (.env).
            raise FaultRefused("unknown", f"{wanted} is ignored by this repository, and not shown")
        if seen[0] > _MAX_SLICED_FILE:
            raise FaultRefused("bad_request", f"{wanted} is too large to be shown")
        try:
            source = where.read_bytes()
        except OSError as error:
            raise FaultRefused("unknown", f"cannot read {wanted}: {error.strerror}") from None
        if b"\0" in source:
            raise FaultRefused("bad_request", f"{wanted} is no text file")
        return wanted, source

    def _named(self, name: str, path: str | None) -> tuple[Symbol, ...]:
        try:
            found = self._index.find_symbols(name, path=path)
        except PathOutside as outside:
            raise FaultRefused("bad_request", str(outside)) from None
        if not found:
            near = self._index.near(name)
            raise FaultRefused("unknown", f"there is no symbol {name!r}", near)
        return found


def _is_text(source: bytes) -> bool:
    try:
        source.decode()
    except UnicodeDecodeError:
        return False
    return True
