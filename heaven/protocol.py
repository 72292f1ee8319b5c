"""What a client of Heaven can ask for, whether Heaven is in this process or behind a socket."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from ..proto.heaven_status import HeavenStatus
from ..proto.leases import AcquireResponse, Lease, Scope
from .leases.leases import DEFAULT_TTL_SECONDS
from .leases.lockmodes import LockMode
from .manifests import Verdict
from .prompts.records import Prompt, PromptEntry, PromptSection, StoredPrompt
from .records import Event, JsonObject, Reference, Symbol

if TYPE_CHECKING:
    from ..proto.pf import Request, Response
    from .faults.refusal import FaultRefused
    from .index.stats import IndexStats


class HeavenProtocol(Protocol):
    """Implemented by `Heaven` (embedded) and `HeavenClient` (over HTTP): same answers, same errors.

    The client raises two errors more: HeavenUnreachable and HeavenRefused.
    """

    def put_blob(self, data: bytes) -> str:
        """Store bytes durably; their SHA-256 in hex."""
        ...

    def put_blobs(self, contents: Iterable[bytes]) -> list[str]:
        """Store several contents durably; their ids, in order."""
        ...

    def get_blob(self, blob_id: str) -> bytes:
        """Raises BadBlobId, BlobMissing, BlobDamaged."""
        ...

    def append(self, kind: str, data: JsonObject) -> Event:
        """Add an event; durable on return. Raises BadEvent, NotCanonical, EventTooLarge."""
        ...

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
        path: checked and written in one step. Raises also NotLeased, StaleToken, PathOutside."""
        ...

    def events(self, after: int = 0, kinds: Collection[str] | None = None) -> Iterator[Event]:
        """Events with `seq` > `after`, in order, only those of `kinds` if given."""
        ...

    def tail(self, count: int) -> tuple[Event, ...]:
        """The last `count` events, oldest first."""
        ...

    @property
    def head(self) -> str:
        """The hash of the last event, 64 zeros before the first."""
        ...

    @property
    def last_seq(self) -> int:
        """The number of the last event, 0 before the first."""
        ...

    def clocks(self, paths: Iterable[str]) -> dict[str, int]:
        """The clock of each path. Raises PathOutside."""
        ...

    def clock_inc(self, paths: Iterable[str]) -> dict[str, int]:
        """Raise each path's clock by one; the new values. Raises PathOutside."""
        ...

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
    ) -> AcquireResponse:
        """Lease the scopes, all or none, or those that are free. With `wait_seconds`, wait so long
        for those that are not, first come, first served. Raises BadScope, PathOutside."""
        ...

    def renew(
        self,
        owner_id: str,
        lease_ids: Collection[str],
        *,
        ttl_seconds: float = DEFAULT_TTL_SECONDS,
    ) -> tuple[Lease, ...]:
        """Move the expiries out, all or none. Raises LeaseGone, LeaseNotOwned, BadScope."""
        ...

    def release(self, owner_id: str, lease_ids: Collection[str]) -> tuple[str, ...]:
        """End the leases; those that were still active. Raises LeaseNotOwned."""
        ...

    def active_leases(self) -> tuple[Lease, ...]:
        """The leases that have not ended."""
        ...

    def validate_manifest(
        self,
        owner_id: str,
        *,
        symbols: Sequence[str],
        files: Sequence[str],
        expected_clocks: Mapping[str, int] | None = None,
    ) -> Verdict:
        """Whether the owner may write all of that now. Raises BadScope, PathOutside."""
        ...

    def build_index(self, progress: Callable[[int, int], None] | None = None) -> IndexStats:
        """Bring the symbol index up to date; `progress` gets (files done, files to do), from a
        server only at the end. Raises TreeUnreadable."""
        ...

    def find_symbols(self, name: str) -> tuple[Symbol, ...]:
        """The definitions that `name` names exactly. Raises PathOutside, TreeUnreadable."""
        ...

    def callers(self, name: str, top_k: int = 20) -> tuple[Reference, ...]:
        """Where what `name` names is used, calls first. Raises TreeUnreadable."""
        ...

    def search(self, query: str, top_k: int = 20) -> tuple[Symbol, ...]:
        """Symbols that match the words, best first. Raises TreeUnreadable."""
        ...

    def read_slice(self, path: str, start_line: int = 1, n: int = 20) -> str:
        """Lines of a file as they are now. Raises PathOutside, NoSuchFile, BadSlice."""
        ...

    def fault(self, request: Request) -> Response:
        """Answer a page fault, within its mission's budget. Raises FaultRefused."""
        ...

    def faults(self, requests: Sequence[Request]) -> tuple[Response | FaultRefused, ...]:
        """Answer page faults in order, over one state of the files; one that is refused has its
        refusal in its place. At most 100 at once over HTTP."""
        ...

    def forget_mission(self, mission_id: str) -> None:
        """Start a mission's page-fault budget and deltas afresh."""
        ...

    def store_prompt(self, content: bytes, previous: str | None = None) -> StoredPrompt:
        """Keep a prompt as sections, durably, and say which of them are new, to the store or to the
        prompt `previous`. Raises PromptTooLarge, PromptMissing, PromptDamaged."""
        ...

    def get_prompt(self, ref: str) -> Prompt:
        """A prompt's outline; `ref` is its id, or 8 or more digits that only it begins with. Raises
        PromptMissing, PromptDamaged."""
        ...

    def prompt_section(self, ref: str, index: int) -> PromptSection:
        """A section, with its bytes. Raises PromptMissing, SectionMissing, PromptDamaged."""
        ...

    def reconstruct_prompt(self, ref: str) -> bytes:
        """The bytes that were stored. Raises PromptMissing, PromptDamaged."""
        ...

    def prompts(self) -> tuple[PromptEntry, ...]:
        """Every stored prompt, in the order of storing."""
        ...

    def status(self) -> HeavenStatus:
        """The last event's number, live leases, what is asked for most, every file clock."""
        ...

    def close(self) -> None:
        """Let go of it. Idempotent."""
        ...
