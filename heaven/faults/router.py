"""The page-fault router: a request for context to shards of source text, within budget.

A mission that asks gets whole lines of the files as they are, the file's content kept as a blob (so
that what an author saw survives), and what it costs: one call, and the bytes of the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from threading import RLock
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from ...proto.pf import (
    Args,
    BudgetRemaining,
    Command,
    Excerpt,
    Request,
    Response,
    ResponseMeta,
    Shard,
    ShardKind,
    ShardMeta,
)
from ..canonical import encode
from ..errors import HeavenError, PathOutside, PromptDamaged, PromptMissing, SectionMissing
from ..index.source import Lines
from ..index.watch import file_signature
from ..log.eventlog import EventLog
from ..paths import normalise, resolve_inside
from ..prompts.faults import show_search, show_section, show_summary
from ..records import Json, Symbol
from ..tree import is_listed
from .excerpts import excerpt, fit, of_references, of_symbol
from .governor import BudgetSpent
from .missions import Draw, Missions

if TYPE_CHECKING:
    from ..index.symbols import SymbolIndex
    from ..prompts.store import PromptStore

Reason: TypeAlias = Literal["budget", "unknown", "bad_request"]
Data: TypeAlias = "dict[str, str | int | float]"

_CALLERS: Final = 20
_PREFETCHED_CALLERS: Final = 10
_PREFETCHED_TESTS: Final = 5
_TESTS: Final = 10
_SEARCH: Final = 20
_SLICE: Final = 20
_MAX_LINES: Final = 10_000
_MAX_K: Final = 1_000
_OF_PROMPTS: Final[dict[Command, ShardKind]] = {
    "PF_PROMPT_SECTION": "prompt_section",
    "PF_PROMPT_SEARCH": "prompt_search",
    "PF_PROMPT_SUMMARY": "prompt_summary",
}
_EXCERPT: Final = tuple(one.name for one in fields(Excerpt))
_MAX_SLICED_FILE: Final = 64 * 1_048_576


class FaultRefused(HeavenError):
    """A page fault that is not answered. `candidates` are names that do exist.

    `budget`: the mission drew all it may. `unknown`: there is no such symbol, file or prompt; ask
    for one of `candidates`. `bad_request`: the request itself is wrong; the message names what.
    """

    def __init__(self, reason: Reason, message: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.candidates = tuple(candidates)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A shard before the budget: `key` tells it from every other shard of its mission."""

    kind: ShardKind
    key: str
    subject: str
    excerpts: tuple[Excerpt, ...]
    note: str | None = None
    complete: bool = True
    prefetched: bool = False
    data: Data | None = None


class FaultRouter:
    """Answers faults. Thread-safe; what each mission drew goes into `log`, for `missions`.

    `put_blobs` stores contents durably as one group; `status` gives the counters of PF_STATUS.
    """

    def __init__(
        self,
        index: SymbolIndex,
        put_blobs: Callable[[Iterable[bytes]], list[str]],
        status: Callable[[], Mapping[str, str | int | float]],
        prompts: PromptStore,
        missions: Missions,
        log: EventLog,
    ) -> None:
        self._index = index
        self._put_blobs = put_blobs
        self._status = status
        self._prompts = prompts
        self._missions = missions
        self._log = log
        self._guard = RLock()
        self._stored: set[str] = set()

    def forget(self, mission_id: str) -> None:
        """Start the mission's budget and deltas afresh: it is run again by somebody who was shown
        nothing."""
        with self._guard:
            self._missions.forget(mission_id, self._log)

    def fault(self, request: Request) -> Response:
        """Answer one fault. Raises FaultRefused, TreeUnreadable, OSError.

        Every fault counts as a call, refused ones included, except those that the budget refuses.
        Text is cut at whole lines to the bytes that are left, and the shard says so; shards that
        were not asked for (prefetched) come whole or not at all.
        """
        with self._guard:
            try:
                draw = self._missions.draw(request.args.mission_id or "")
            except BudgetSpent as spent:
                raise FaultRefused("budget", str(spent)) from None
            try:
                response = self._answer(request, draw)
            except BaseException:
                draw.deliver_nothing()
                self._missions.record(draw, self._log)
                raise
            self._missions.record(draw, self._log)
            return response

    def _answer(self, request: Request, draw: Draw) -> Response:
        files: dict[str, bytes] = {}
        if request.command == "PF_STATUS":
            # Not inside `ask`: Heaven's own lock comes before the index's, never after.
            return self._reply(draw, [self._status_draft(draw)], files)
        if request.command in _OF_PROMPTS:
            # Outside as well, for the same reason.
            return self._reply(draw, [self._prompt_draft(request, files)], files)
        drafts = self._index.ask(lambda: self._drafts(request, files))
        return self._reply(draw, drafts, files)

    # What each command answers

    def _drafts(self, request: Request, files: dict[str, bytes]) -> list[_Draft]:
        files.clear()
        args = request.args
        match request.command:
            case "PF_SYMDEF":
                drafts = self._symdef(args)
            case "PF_CALLERS":
                drafts = [self._callers(args, _count(args, _CALLERS), prefetched=False)]
            case "PF_TESTS":
                drafts = [self._tests(args, _count(args, _TESTS), prefetched=False)]
            case "PF_SEARCH":
                drafts = [self._search(args)]
            case "PF_SLICE":
                drafts = [self._slice(args, files)]
            case _:
                raise AssertionError(f"{request.command} is answered without the index")
        for draft in drafts:
            for one in draft.excerpts:
                if one.file_blob not in files:
                    files[one.file_blob] = self._source(one)
        return drafts

    def _source(self, one: Excerpt) -> bytes:
        return self._index.lines(one.path).source

    def _status_draft(self, draw: Draw) -> _Draft:
        drawn, left = draw.drawn, draw.remaining
        data: Data = {
            **self._status(),
            "pf_count": drawn.calls,
            "shard_bytes": drawn.bytes,
            "pf_calls_left": left.calls,
            "shard_bytes_left": left.bytes,
        }
        return _Draft("status", "status", "status", (), data=data)

    def _prompt_draft(self, request: Request, files: dict[str, bytes]) -> _Draft:
        args = request.args
        ref = _needed(args.prompt_id, "prompt_id")
        try:
            if request.command == "PF_PROMPT_SECTION":
                if args.section_index is None:
                    raise FaultRefused("bad_request", "the request needs a section_index")
                shown = show_section(self._prompts, ref, args.section_index)
            elif request.command == "PF_PROMPT_SEARCH":
                query = _needed(args.query, "query")
                shown = show_search(self._prompts, ref, query, _count(args, _SEARCH))
            else:
                shown = show_summary(self._prompts, ref)
        except PromptMissing as missing:
            raise FaultRefused("unknown", str(missing), missing.near) from None
        except SectionMissing as missing:
            near = str(min(max(missing.index, 0), missing.count - 1))
            raise FaultRefused("unknown", str(missing), (near,) if missing.count else ()) from None
        except PromptDamaged as damaged:
            raise FaultRefused("unknown", str(damaged)) from None
        files |= shown.files
        return _Draft(
            _OF_PROMPTS[request.command],
            shown.key,
            shown.subject,
            shown.excerpts,
            shown.note,
            shown.complete,
            data=shown.data,
        )

    def _symdef(self, args: Args) -> list[_Draft]:
        name = _needed(args.symbol, "symbol")
        depth = args.depth or "full"
        found = self._named(name, args.path)
        excerpts = tuple(part for symbol in found for part in of_symbol(self._index, symbol, depth))
        note = None
        places = {(one.path, one.qualname) for one in found}
        if len(places) > 1:
            listed = ", ".join(f"{path}::{qualname}" for path, qualname in sorted(places)[:20])
            note = f"{name} names {len(places)} definitions: {listed}"
        key = f"symdef {depth} {args.path or ''} {name}"
        main = _Draft("symdef", key, name, excerpts, note)
        return [
            main,
            self._callers(args, _PREFETCHED_CALLERS, prefetched=True),
            self._tests(args, _PREFETCHED_TESTS, prefetched=True),
        ]

    def _callers(self, args: Args, count: int, *, prefetched: bool) -> _Draft:
        name = _needed(args.symbol, "symbol")
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
        return _Draft("callers", key, name, excerpts, note, not notes, prefetched)

    def _tests(self, args: Args, count: int, *, prefetched: bool) -> _Draft:
        name = _needed(args.symbol, "symbol")
        reached: dict[int, tuple[Symbol, float]] = {}
        for symbol in self._named(name, args.path):
            for one in self._index.tests_of(symbol, _MAX_K):
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
        return _Draft("tests", key, name, excerpts, note, len(order) <= count, prefetched)

    def _search(self, args: Args) -> _Draft:
        query = _needed(args.query, "query")
        count = _count(args, _SEARCH)
        found = self._index.search(query, count)
        excerpts = tuple(
            part for symbol in found for part in of_symbol(self._index, symbol, "signature")
        )
        data: Data = {"found": len(found)}
        note = None if found else "nothing matches"
        return _Draft("search", f"search {count} {query}", query, excerpts, note, data=data)

    def _slice(self, args: Args, files: dict[str, bytes]) -> _Draft:
        path = _needed(args.path, "path")
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
        files[one.file_blob] = source
        subject = f"{path}:{first}-{first + count - 1}"
        excerpts = (one,) if one.text else ()
        return _Draft("slice", f"slice {subject}", subject, excerpts, note, whole)

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
        if not is_listed(self._index.root, wanted):
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

    # From drafts to a reply

    def _reply(self, draw: Draw, drafts: list[_Draft], files: Mapping[str, bytes]) -> Response:
        shards: list[Shard] = []
        contents: dict[str, bytes] = {}
        dropped = 0
        for draft in drafts:
            shard, content = self._shard(draw, draft)
            if shard is None:
                dropped += 1
                continue
            if content is not None:
                contents[shard.blob_id] = content
                for one in shard.excerpts:
                    contents[one.file_blob] = files[one.file_blob]
            shards.append(shard)
        self._store(contents)
        if dropped and shards:
            shards[0] = _noted(shards[0], "what is prefetched was left out: it is over the budget")
        drawn, left = draw.drawn, draw.remaining
        meta = ResponseMeta(
            drawn.calls,
            drawn.bytes,
            sum(shard.meta.prefetched for shard in shards),
            BudgetRemaining(left.calls, left.bytes),
        )
        return Response(tuple(shards), meta)

    def _shard(self, draw: Draw, draft: _Draft) -> tuple[Shard | None, bytes | None]:
        """The shard, and the content of its blob; no shard if a prefetched one does not fit."""
        content = _content(draft.excerpts, draft.data)
        blob = sha256(content).hexdigest()
        handle = draw.handle(draft.key)
        if draw.unchanged(draft.key, blob):
            same = f"the same as {handle}, which was sent"
            same = same if draft.note is None else f"{same}; {draft.note}"
            meta = ShardMeta(handle, draft.subject, 0, draft.complete, same, draft.prefetched)
            return Shard("unchanged", blob, meta), None
        cut = fit(draft.excerpts, draw.remaining.bytes)
        if cut.lines_left_out and draft.prefetched:
            return None, None
        note = draft.note
        if cut.lines_left_out:
            content = _content(cut.excerpts, draft.data)
            blob = sha256(content).hexdigest()
            gone = f"{cut.lines_left_out} lines left out: the budget is used up"
            note = gone if draft.note is None else f"{draft.note}; {gone}"
        whole = not cut.lines_left_out
        draw.delivered(draft.key, blob, cut.bytes, whole=whole and draft.kind != "status")
        meta = ShardMeta(
            handle, draft.subject, cut.bytes, draft.complete and whole, note, draft.prefetched
        )
        return Shard(draft.kind, blob, meta, cut.excerpts, draft.data), content

    def _store(self, contents: Mapping[str, bytes]) -> None:
        """One group of syncs for all of the reply; what this router stored before costs nothing."""
        fresh = {blob: content for blob, content in contents.items() if blob not in self._stored}
        if fresh:
            self._stored.update(self._put_blobs(fresh.values()))


def _content(excerpts: Sequence[Excerpt], data: Data | None) -> bytes:
    """The canonical JSON of a shard's excerpts; of its data where it has no source text."""
    if data is not None and not excerpts:
        return encode(cast("dict[str, Json]", data))
    return encode([{name: getattr(one, name) for name in _EXCERPT} for one in excerpts])


def _noted(shard: Shard, note: str) -> Shard:
    text = note if shard.meta.note is None else f"{shard.meta.note}; {note}"
    return replace(shard, meta=replace(shard.meta, note=text))


def _needed(value: str | None, field: str) -> str:
    if value is None or not value.strip():
        raise FaultRefused("bad_request", f"the request needs a {field}")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise FaultRefused("bad_request", f"the {field} is not UTF-8")
    return value


def _count(args: Args, default: int) -> int:
    count = default if args.top_k is None else args.top_k
    if not 1 <= count <= _MAX_K:
        raise FaultRefused("bad_request", f"top_k is {count}; it must be 1 to {_MAX_K}")
    return count


def _is_text(source: bytes) -> bool:
    try:
        source.decode()
    except UnicodeDecodeError:
        return False
    return True
