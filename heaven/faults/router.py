"""The page-fault router: a request for context to shards of source text, within budget.

A mission that asks gets whole lines of the files as they are, the file's content kept as a blob (so
that what an author saw survives), and what it costs: one call, and the bytes of the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from threading import RLock
from typing import TYPE_CHECKING, TypeAlias

from ...proto.pf import BudgetRemaining, Request, Response, ResponseMeta, Shard, ShardMeta
from ..log.eventlog import EventLog
from .drafts import Data, Draft, content_of, draft
from .excerpts import fit
from .governor import BudgetSpent
from .missions import Draw, Missions
from .of_prompts import OF_PROMPTS, prompt_draft
from .of_tree import TreeDrafts
from .refusal import FaultRefused

if TYPE_CHECKING:
    from ..index.symbols import SymbolIndex
    from ..prompts.store import PromptStore

__all__ = ["FaultRefused", "FaultRouter"]

_Found: TypeAlias = "tuple[Draft, ...] | FaultRefused | None"
"""What the tree has to say to a request; None where it is not asked."""


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
        self._tree = TreeDrafts(index)
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

    def rewind(self, mission_id: str, seq: int) -> None:
        """Bring a mission's budget and deltas back to what they were after event `seq`."""
        with self._guard:
            self._missions.rewind(mission_id, seq, self._log)

    def fault(self, request: Request) -> Response:
        """Answer one fault. Raises FaultRefused, TreeUnreadable, OSError.

        Every fault counts as a call, refused ones included, except those that the budget refuses.
        Text is cut at whole lines to the bytes that are left, and the shard says so; shards that
        were not asked for (prefetched) come whole or not at all.
        """
        answer = self.faults((request,))[0]
        if isinstance(answer, FaultRefused):
            raise answer
        return answer

    def faults(self, requests: Sequence[Request]) -> tuple[Response | FaultRefused, ...]:
        """Answer faults in order, as `fault` would each, all over one state of the tree; one that
        is refused has its refusal in its place. Raises TreeUnreadable, OSError."""
        with self._guard:
            found: list[_Found] = [None] * len(requests)
            try:
                if any(map(_is_of_tree, requests)):
                    found = self._index.ask(lambda: [self._look(one) for one in requests])
            except BaseException:
                for request in requests:
                    self._count_only(request)
                raise
            return tuple(
                self._answer(request, drafts)
                for request, drafts in zip(requests, found, strict=True)
            )

    def _look(self, request: Request) -> _Found:
        if not _is_of_tree(request) or self._missions.is_spent(request.args.mission_id or ""):
            return None
        try:
            return self._tree.of(request)
        except FaultRefused as refused:
            return refused

    def _count_only(self, request: Request) -> None:
        """There is no reply, but there was a call."""
        try:
            draw = self._missions.draw(request.args.mission_id or "")
        except BudgetSpent:
            return
        self._missions.record(draw, self._log)

    def _answer(self, request: Request, found: _Found) -> Response | FaultRefused:
        try:
            draw = self._missions.draw(request.args.mission_id or "")
        except BudgetSpent as spent:
            return FaultRefused("budget", str(spent))
        try:
            response = self._reply(draw, self._drafts(request, draw, found))
        except BaseException as error:
            draw.deliver_nothing()
            self._missions.record(draw, self._log)
            if isinstance(error, FaultRefused):
                return error
            raise
        self._missions.record(draw, self._log)
        return response

    def _drafts(self, request: Request, draw: Draw, found: _Found) -> tuple[Draft, ...]:
        if isinstance(found, FaultRefused):
            raise found
        if found is not None:
            return found
        if request.command == "PF_STATUS":
            return (self._status_draft(draw),)
        return (prompt_draft(self._prompts, request),)

    def _status_draft(self, draw: Draw) -> Draft:
        drawn, left = draw.drawn, draw.remaining
        data: Data = {
            **self._status(),
            "pf_count": drawn.calls,
            "shard_bytes": drawn.bytes,
            "pf_calls_left": left.calls,
            "shard_bytes_left": left.bytes,
        }
        return draft("status", "status", "status", (), data=data, files={})

    # From drafts to a reply

    def _reply(self, draw: Draw, drafts: Iterable[Draft]) -> Response:
        shards: list[Shard] = []
        contents: dict[str, bytes] = {}
        dropped = False
        for one in drafts:
            shard = self._shard(draw, one, contents)
            if shard is None:
                dropped = True
            else:
                shards.append(shard)
        if contents:
            # One group of syncs for all of the reply.
            self._stored.update(self._put_blobs(contents.values()))
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

    def _shard(self, draw: Draw, one: Draft, contents: dict[str, bytes]) -> Shard | None:
        """The shard, whose blobs that are not stored yet go into `contents`; None if a prefetched
        one does not fit."""
        handle = draw.handle(one.key)
        if draw.unchanged(one.key, one.blob_id):
            same = f"the same as {handle}, which was sent"
            same = same if one.note is None else f"{same}; {one.note}"
            meta = ShardMeta(handle, one.subject, 0, one.complete, same, one.prefetched)
            return Shard("unchanged", one.blob_id, meta)
        excerpts, content, blob_id = one.excerpts, one.content, one.blob_id
        size, note, whole = one.size, one.note, True
        if size > (left := draw.remaining.bytes):
            if one.prefetched:
                return None
            cut = fit(excerpts, left)
            whole, excerpts, size = False, cut.excerpts, cut.bytes
            content = content_of(excerpts, one.data)
            blob_id = sha256(content).hexdigest()
            gone = f"{cut.lines_left_out} lines left out: the budget is used up"
            note = gone if note is None else f"{note}; {gone}"
        draw.delivered(one.key, blob_id, size, whole=whole and one.kind != "status")
        if blob_id not in self._stored:
            contents[blob_id] = content
        for shown in excerpts:
            if shown.file_blob not in self._stored:
                contents[shown.file_blob] = one.files[shown.file_blob]
        meta = ShardMeta(handle, one.subject, size, one.complete and whole, note, one.prefetched)
        return Shard(one.kind, blob_id, meta, excerpts, one.data)


def _is_of_tree(request: Request) -> bool:
    """The others are not answered inside `ask`: Heaven's own lock comes before the index's, never
    after."""
    return request.command != "PF_STATUS" and request.command not in OF_PROMPTS


def _noted(shard: Shard, note: str) -> Shard:
    text = note if shard.meta.note is None else f"{shard.meta.note}; {note}"
    return replace(shard, meta=replace(shard.meta, note=text))
