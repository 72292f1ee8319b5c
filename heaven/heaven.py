"""The facade: one object for everything that Heaven remembers about a repository."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..proto.heaven_status import HeavenStatus
from ..proto.leases import AcquireResponse, Lease, Scope
from .blobs import BlobStore
from .clock import Clock, SystemClock, to_text
from .discovery import withdraw
from .durable import make_directory
from .errors import BadEvent
from .layout import (
    blob_directory,
    check_readable,
    checkpoint_file,
    locate,
    lock_file,
    log_file,
    prepare,
    scratch_directory,
    snapshot_file,
)
from .leases.leases import DEFAULT_TTL_SECONDS
from .leases.lockmodes import LockMode
from .leases.writes import TouchedLines
from .lock import FileLock
from .log.eventlog import EventLog
from .manifests import Verdict, judge
from .paths import normalise
from .prompts.records import Prompt, PromptEntry, PromptSection, StoredPrompt
from .prompts.store import PromptStore
from .records import Event, JsonObject, Reference, Symbol
from .slices import read_slice
from .state import HeavenState
from .status import Hotset, describe
from .tree import Manifest, list_files, snapshot

if TYPE_CHECKING:
    from ..proto.pf import Request, Response
    from .faults.refusal import FaultRefused
    from .faults.router import FaultRouter
    from .index.stats import IndexStats
    from .index.symbols import SymbolIndex


class Heaven:
    """The shared memory of one repository, embedded in this process. Thread-safe.

    Use `Heaven.open`, and close it (or use it as a context manager). Everything durable lies in
    `root`/.heaven; leases, clocks and
    prompts are derived from the event log there.
    """

    def __init__(
        self, root: Path, state: Path, clock: Clock, lock: FileLock | None, *, read_only: bool
    ) -> None:
        """For `open`; takes over `lock`, which is None in a reader."""
        self.root = root
        self.state = state
        self.clock = clock
        self.read_only = read_only
        self._lock = lock
        self._guard = RLock()
        self._index_guard = RLock()
        self._index: SymbolIndex | None = None
        self._faults: FaultRouter | None = None
        self._hotset = Hotset()
        self._state = HeavenState(self._guard, clock, root, self._definitions, self._lines_of)
        self._clocks, self._leases = self._state.clocks, self._state.leases
        self._reserved = {kind for part in self._state.all for kind in part.folds}
        self._blobs = BlobStore(
            blob_directory(state), scratch_directory(state), read_only=read_only
        )
        self._prompts = PromptStore(self._state.prompts, self._blobs)
        self._log = EventLog(
            log_file(state),
            clock=clock,
            read_only=read_only,
            derived=self._state.all,
            snapshot=snapshot_file(state),
            checkpoint=checkpoint_file(state),
        )

    @classmethod
    def open(cls, root: Path, *, clock: Clock | None = None, read_only: bool = False) -> Self:
        """Open the Heaven of the repository `root`; a writer creates it where there is none.

        One writer at a time, readers without limit; a reader sees what the writer has made durable.
        Raises HeavenInUse, NoRepository, NoHeaven (reader only), UnknownFormat, LogDamaged,
        OSError.
        """
        root = root.resolve()
        state = locate(root)
        clock = clock or SystemClock()
        if read_only:
            check_readable(state)
            return cls(root, state, clock, None, read_only=True)
        make_directory(state)
        lock = FileLock(lock_file(state), started=to_text(clock.now()))
        try:
            prepare(state)
            # Whoever announced a server held the lock that is ours now.
            withdraw(state)
            return cls(root, state, clock, lock, read_only=False)
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Write out what is buffered and let others in. Raises LogFailed. Idempotent."""
        try:
            with self._index_guard:
                if self._index is not None:
                    self._index.close()
                    self._index = self._faults = None
            self._log.close()
        finally:
            if self._lock is not None:
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Blobs

    def put_blob(self, data: bytes) -> str:
        """Store bytes durably; their SHA-256 in hex. Raises ReadOnly, OSError."""
        return self._blobs.put(data)

    def put_blobs(self, contents: Iterable[bytes]) -> list[str]:
        """Store several contents durably with one group of syncs. Raises ReadOnly, OSError."""
        return self._blobs.put_many(contents)

    @property
    def blobs(self) -> BlobStore:
        """The store itself, for whoever collects garbage in it."""
        return self._blobs

    def get_blob(self, blob_id: str) -> bytes:
        """Bytes, checked against their id. Raises BadBlobId, BlobMissing, BlobDamaged."""
        return self._blobs.get(blob_id)

    def has_blob(self, blob_id: str) -> bool:
        """Whether a blob is stored under this id. Raises BadBlobId."""
        return self._blobs.has(blob_id)

    # Events

    def append(self, kind: str, data: JsonObject, *, sync: bool = True) -> Event:
        """Add an event to the log; with `sync` it and all before it are on disk on return.

        With `sync=False` it is kept, in order, and written together with the next synced one.
        Raises BadEvent (also for the kinds that state is derived from, which only it writes),
        NotCanonical, EventTooLarge, ReadOnly, Closed, LogFailed.
        """
        if kind in self._reserved:
            raise BadEvent(f"{kind} events are written by Heaven itself")
        return self._log.append(kind, data, sync=sync)

    def append_fenced(
        self,
        kind: str,
        data: JsonObject,
        *,
        owner_id: str,
        paths: Iterable[str],
        tokens: Collection[int],
    ) -> Event:
        """`append`, only if the owner's live exclusive leases of these fencing tokens cover every
        path: checked and written in one step. Durable on return. Raises what `check_write` and
        `append` raise."""
        with self.writing(owner_id, paths, tokens):
            event = self.append(kind, data, sync=False)
        self.sync()
        return event

    def sync(self) -> None:
        """Return when every event appended so far is on disk. Raises LogFailed, Closed."""
        self._log.sync()

    def grouped(self) -> AbstractContextManager[None]:
        """In this block nothing that this thread writes to the log (events, leases, clocks) waits
        for the disk; its end does, once for all: acknowledge nothing before. Blobs are durable at
        once as ever. Raises LogFailed, Closed at the end."""
        return self._log.grouped()

    def events(self, after: int = 0, kinds: Collection[str] | None = None) -> Iterator[Event]:
        """Events with `seq` > `after`, in order, only those of `kinds` if given; also the ones not
        yet synced. Raises LogDamaged, Closed."""
        self._refresh()
        return self._log.events(after, kinds)

    def tail(self, count: int) -> tuple[Event, ...]:
        """The last `count` events, oldest first. Raises LogDamaged, Closed."""
        self._refresh()
        return self._log.tail(count)

    @property
    def head(self) -> str:
        """The hash of the last event, 64 zeros before the first."""
        self._refresh()
        return self._log.head

    @property
    def last_seq(self) -> int:
        """The number of the last event, 0 before the first."""
        self._refresh()
        return self._log.last_seq

    # File clocks

    def clocks(self, paths: Iterable[str]) -> dict[str, int]:
        """The clock of each path, keyed by its normalised spelling. Raises PathOutside."""
        self._refresh()
        return self._clocks.get(paths)

    def clock_inc(self, paths: Iterable[str], *, sync: bool = True) -> dict[str, int]:
        """Raise each path's clock by one, in one event; the new values. Raises PathOutside,
        ReadOnly, Closed, LogFailed."""
        return self._clocks.increase(paths, self._log, sync=sync)

    # Leases

    def acquire(
        self,
        owner_id: str,
        mission_id: str,
        scopes: Sequence[Scope],
        *,
        ttl_seconds: float = DEFAULT_TTL_SECONDS,
        partial: bool = False,
        mode: LockMode = "X",
        wait_seconds: float = 0.0,
        go_on: Callable[[], bool] | None = None,
    ) -> AcquireResponse:
        """Lease the scopes, exclusively (X) or against writers only (S), for `ttl_seconds`.

        All of them or none; with `partial`, those that are free. With `wait_seconds`, wait so long
        for those that are not, first come, first served, while `go_on()` is true. Taken in
        canonical order; a scope that the owner has already comes back as the same lease, with its
        expiry moved out. Durable on return. Raises BadScope, PathOutside, ReadOnly, Closed,
        LogFailed; with symbol scopes also TreeUnreadable.
        """
        return self._leases.acquire(
            self._log,
            owner_id,
            mission_id,
            scopes,
            ttl_seconds=ttl_seconds,
            partial=partial,
            mode=mode,
            wait_seconds=wait_seconds,
            go_on=go_on,
        )

    def holders(
        self, owner_id: str, scopes: Iterable[Scope], mode: LockMode = "X"
    ) -> dict[str, str]:
        """For each scope (`type:value`, normalised) that the owner could not have now, an owner who
        is in its way. Raises what `acquire` raises."""
        return self._leases.holders(self._log, owner_id, scopes, mode)

    def renew(
        self,
        owner_id: str,
        lease_ids: Collection[str],
        *,
        ttl_seconds: float = DEFAULT_TTL_SECONDS,
    ) -> tuple[Lease, ...]:
        """Move each expiry to `ttl_seconds` from now, all or none. Raises LeaseGone, LeaseNotOwned,
        BadScope, ReadOnly, Closed, LogFailed."""
        return self._leases.renew(self._log, owner_id, lease_ids, ttl_seconds)

    def release(self, owner_id: str, lease_ids: Collection[str]) -> tuple[str, ...]:
        """End the leases; returns those that were still active. One that expired is no error.
        Raises LeaseNotOwned, ReadOnly, Closed, LogFailed."""
        return self._leases.release(self._log, owner_id, lease_ids)

    def active_leases(self) -> tuple[Lease, ...]:
        """The leases that have not ended, in the order they were granted."""
        self._refresh()
        return self._leases.active()

    def check_write(
        self,
        owner_id: str,
        paths: Iterable[str],
        tokens: Collection[int] | None = None,
        *,
        lines: TouchedLines | None = None,
    ) -> None:
        """Return only if live exclusive leases of the owner cover every path, and, with `tokens`,
        their fencing tokens are among them.

        `lines` says of some paths which lines are written; of the others it may be any. A lease on
        a symbol covers its own lines alone where somebody else has a lease in the same file.
        Raises NotLeased, StaleToken, PathOutside, TreeUnreadable."""
        self._leases.check_write(self._log, owner_id, paths, tokens, lines)

    def writing(
        self,
        owner_id: str,
        paths: Iterable[str],
        tokens: Collection[int] | None = None,
        *,
        lines: TouchedLines | None = None,
    ) -> AbstractContextManager[None]:
        """`check_write` on entry; until the block ends no lease is granted, ended or expired by
        another thread, so that the check and the write are one step. Raises like `check_write`."""
        return self._leases.writing(self._log, owner_id, paths, tokens, lines)

    # Prompts. `ref` is a prompt id, or 8 or more digits that only it begins with.

    def store_prompt(self, content: bytes, previous: str | None = None) -> StoredPrompt:
        """Keep a prompt as sections, durably, and say which of them are new, to the store or to the
        prompt `previous`. Raises PromptTooLarge, PromptMissing, PromptDamaged, ReadOnly, Closed,
        LogFailed, OSError."""
        return self._prompts.store(self._log, content, previous)

    def get_prompt(self, ref: str) -> Prompt:
        """A prompt's outline. Raises PromptMissing, PromptDamaged."""
        self._refresh()
        return self._prompts.get(ref)

    def prompt_section(self, ref: str, index: int) -> PromptSection:
        """A section, with its bytes. Raises PromptMissing, SectionMissing, PromptDamaged."""
        self._refresh()
        return self._prompts.section(ref, index)

    def reconstruct_prompt(self, ref: str) -> bytes:
        """The bytes that were stored. Raises PromptMissing, PromptDamaged."""
        self._refresh()
        return self._prompts.reconstruct(ref)

    def prompts(self) -> tuple[PromptEntry, ...]:
        """Every stored prompt, in the order of storing."""
        self._refresh()
        return self._state.prompts.all()

    def validate_manifest(
        self,
        owner_id: str,
        *,
        symbols: Sequence[str],
        files: Sequence[str],
        expected_clocks: Mapping[str, int] | None = None,
    ) -> Verdict:
        """Whether live exclusive leases of the owner cover all of that, and the clocks stand as
        expected. Raises BadScope, PathOutside, TreeUnreadable."""
        expected = {normalise(path): count for path, count in (expected_clocks or {}).items()}
        return judge(
            owner_id,
            symbols,
            files,
            root=self.root,
            find_symbols=self._definitions,
            leases=self.active_leases(),
            check_write=self._check_any,
            clocks=self.clocks(expected),
            expected=expected,
        )

    # The working tree

    def read_slice(self, path: str, start_line: int = 1, n: int = 20) -> str:
        """Lines `start_line`.. of a file, at most `n`, as they are now; outside any mission's
        budget. Raises PathOutside, NoSuchFile, BadSlice."""
        return read_slice(self.root, path, start_line, n)

    def list_files(self) -> tuple[str, ...]:
        """The repository's files that are not ignored: POSIX paths, sorted.
        Raises TreeUnreadable."""
        return list_files(self.root)

    def snapshot(self) -> Manifest:
        """Content hash and mode of every file that is not ignored. Raises TreeUnreadable."""
        return snapshot(self.root)

    # The symbol index. Every answer is about the files as they are now.

    @property
    def index(self) -> SymbolIndex:
        """The index itself, for questions that are not repeated here; opened at first use.

        A reader keeps its own in memory.
        """
        from .index.symbols import SymbolIndex

        with self._index_guard:
            if self._index is None:
                database = None if self.read_only else self.state / "index.sqlite"
                self._index = SymbolIndex(self.root, database)
            return self._index

    def build_index(self, progress: Callable[[int, int], None] | None = None) -> IndexStats:
        """Bring the index up to date; `progress` gets (files done, files to do).
        Raises TreeUnreadable."""
        return self.index.build(progress)

    def find_symbols(
        self, name: str, *, path: str | None = None, kind: str | None = None
    ) -> tuple[Symbol, ...]:
        """The definitions that a bare name, a qualname or `path::qualname` names exactly; after
        `path::` a nested bare name only where the file has no such qualname.
        Raises PathOutside, TreeUnreadable."""
        return self.index.find_symbols(name, path=path, kind=kind)

    def symbol(self, symbol_id: int) -> Symbol | None:
        """The symbol with this id, or None. Raises TreeUnreadable."""
        return self.index.symbol(symbol_id)

    def symbols_in(self, path: str) -> tuple[Symbol, ...]:
        """A file's definitions, in order. Raises PathOutside, TreeUnreadable."""
        return self.index.symbols_in(path)

    def references(self, symbol: Symbol) -> tuple[Reference, ...]:
        """Every use of a symbol, proven ones (confidence 1.0) first. Raises TreeUnreadable."""
        return self.index.references(symbol)

    def callers(self, name: str, top_k: int = 20) -> tuple[Reference, ...]:
        """Where what `name` names is used, calls first, imports left out. Raises TreeUnreadable."""
        return self.index.callers(name, top_k)

    def search(self, query: str, top_k: int = 20) -> tuple[Symbol, ...]:
        """Definitions whose names, or for want of any whose code, match the words, best first.
        Raises TreeUnreadable."""
        return self.index.search(query, top_k)

    # Page faults

    @property
    def _router(self) -> FaultRouter:
        known = self._faults
        if known is not None:
            return known
        from .faults.router import FaultRouter

        with self._index_guard:
            if self._faults is None:
                self._faults = FaultRouter(
                    self.index,
                    self.put_blobs,
                    self._counters,
                    self._prompts,
                    self._state.missions,
                    self._log,
                )
            return self._faults

    def fault(self, request: Request) -> Response:
        """Answer a page fault with source text, within its mission's budget (20 calls, 65,536
        bytes of text). Raises FaultRefused, TreeUnreadable, ReadOnly, OSError."""
        response = self._router.fault(request)
        self._hotset.served(request.args)
        return response

    def faults(self, requests: Sequence[Request]) -> tuple[Response | FaultRefused, ...]:
        """Answer page faults in order, as `fault` would each, over one state of the files; one
        that is refused has its refusal in its place. Raises TreeUnreadable, ReadOnly, OSError."""
        from .faults.refusal import FaultRefused

        answers = self._router.faults(requests)
        for request, answer in zip(requests, answers, strict=True):
            if not isinstance(answer, FaultRefused):
                self._hotset.served(request.args)
        return answers

    def forget_mission(self, mission_id: str) -> None:
        """Start a mission's page-fault budget and deltas afresh."""
        self._router.forget(mission_id)

    def rewind_mission(self, mission_id: str, seq: int) -> None:
        """Bring a mission's budget and deltas back to what they were after event `seq`: whoever
        asked since then died before it could use the answers. Raises ReadOnly, LogFailed."""
        self._router.rewind(mission_id, seq)

    def _counters(self) -> dict[str, str | int | float]:
        status = self.status()
        return {
            "state_rev": status.state_rev,
            "active_leases_count": status.active_leases_count,
            "index_as_of": self.index.standing().as_of,
        }

    # How it is

    def status(self) -> HeavenStatus:
        """The last event's number, live leases, what is asked for most, and every file clock."""
        self._refresh()
        return describe(
            self._log.last_seq,
            len(self._leases.active()),
            self._hotset.top(),
            self._clocks.all(),
        )

    def _definitions(self, name: str) -> Iterable[tuple[str, str]]:
        """(path, qualified name) of each definition that a symbol scope's value names."""
        return [(one.path, one.qualname) for one in self.index.find_symbols(name)]

    def _lines_of(self, path: str, qualname: str) -> Sequence[tuple[int, int]]:
        """Where the definitions of that name in the file are: first and last line of each."""
        return [
            (one.extent.start_line, one.extent.end_line)
            for one in self.index.find_symbols(qualname, path=path)
            if one.qualname == qualname
        ]

    def _check_any(self, owner_id: str, paths: Iterable[str]) -> None:
        """Like `check_write`, of whether the owner may write anything at all in the paths."""
        paths = tuple(paths)
        self.check_write(owner_id, paths, lines=dict.fromkeys(paths, ()))

    def _refresh(self) -> None:
        if self.read_only:
            with self._guard:
                self._log.refresh()
