"""What can go wrong in Heaven. Each error carries what its caller needs to act on it."""

from __future__ import annotations

from pathlib import Path


class HeavenError(Exception):
    """Any refusal or failure of Heaven; the message is fit to show to a user."""


class HeavenInUse(HeavenError):
    """Another open Heaven holds this repository. Nobody's fault: wait, or stop process `pid`.

    `pid` is None in the instant between its taking the lock and its writing its number.
    """

    def __init__(self, pid: int | None, path: Path) -> None:
        who = "another process" if pid is None else f"pid {pid}"
        super().__init__(f"{path} is in use by {who}")
        self.pid = pid
        self.path = path


class NoHeaven(HeavenError):
    """There is no Heaven to read at `path`. The caller's fault: open it for writing first."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"there is no Heaven at {path}")
        self.path = path


class NoRepository(HeavenError):
    """`path` cannot be a repository's root. The caller's fault: name an existing directory."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is no place for a Heaven: {reason}")
        self.path = path
        self.reason = reason


class UnknownFormat(HeavenError):
    """The state was written by another version. Use that version, or move `path` away."""

    def __init__(self, path: Path, found: str, supported: str) -> None:
        super().__init__(
            f"{path} is in format {found or 'unknown'}; this version reads format {supported}"
        )
        self.path = path
        self.found = found
        self.supported = supported


class ReadOnly(HeavenError):
    """A change was asked of a Heaven that was opened for reading. The caller's fault."""

    def __init__(self) -> None:
        super().__init__("this Heaven was opened read-only")


class Closed(HeavenError):
    """The Heaven was closed before this call. The caller's fault: open it again."""

    def __init__(self) -> None:
        super().__init__("this Heaven is closed")


class NotCanonical(HeavenError):
    """The value has no canonical JSON form (NaN, a key that is not text, a lone surrogate, bytes).

    The caller's fault: send JSON values only.
    """


class PathOutside(HeavenError):
    """A path leaves the repository or enters its private parts. The fault of whoever named it.

    `reason` is a short phrase; never retry with the same path.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path!r}: {reason}")
        self.path = path
        self.reason = reason


class TreeUnreadable(HeavenError):
    """A file of the repository could not be read. The environment's fault: mend its permissions."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"cannot read {path!r}: {reason}")
        self.path = path
        self.reason = reason


class BadBlobId(HeavenError):
    """A blob id is not 64 lower-case hexadecimal digits. The caller's fault."""

    def __init__(self, blob_id: str) -> None:
        super().__init__(f"not a blob id (64 hexadecimal digits): {blob_id[:80]!r}")
        self.blob_id = blob_id


class BlobMissing(HeavenError):
    """No blob has this id. Either it was never put, or the store was pruned."""

    def __init__(self, blob_id: str) -> None:
        super().__init__(f"no blob {blob_id}")
        self.blob_id = blob_id


class BlobDamaged(HeavenError):
    """The stored bytes are not what their name says: the disk's fault. Putting the same content
    again repairs it."""

    def __init__(self, blob_id: str, path: Path) -> None:
        super().__init__(f"blob {blob_id} is damaged ({path})")
        self.blob_id = blob_id
        self.path = path


class BadEvent(HeavenError):
    """The event's kind is malformed or reserved for Heaven itself. The caller's fault."""


class EventTooLarge(HeavenError):
    """The record would be over `limit` bytes. The caller's fault: put the bulk in a blob."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"an event of {size} bytes is over the limit of {limit}")
        self.size = size
        self.limit = limit


class LogDamaged(HeavenError):
    """The log was changed after it was written; `offset` is the byte where its bad record starts.

    The disk's (or an editor's) fault. Nothing was changed: restore the file from a copy, or cut it
    at `offset` knowing that every later event is lost.
    """

    def __init__(self, path: Path, offset: int, reason: str) -> None:
        super().__init__(f"{path} is damaged at byte {offset}: {reason}")
        self.path = path
        self.offset = offset
        self.reason = reason


class LogFailed(HeavenError):
    """Writing the log failed, so nothing more is acknowledged. The environment's fault (disk full,
    I/O error): mend it and open Heaven again; what was acknowledged is there."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"cannot write {path}: {reason}")
        self.path = path
        self.reason = reason


class BadScope(HeavenError):
    """A scope, mode or time-to-live is malformed. The caller's fault."""


class LeaseNotOwned(HeavenError):
    """The lease belongs to `holder`. The caller's fault; nothing was renewed or released."""

    def __init__(self, lease_id: str, owner_id: str, holder: str) -> None:
        super().__init__(f"lease {lease_id} belongs to {holder}, not to {owner_id}")
        self.lease_id = lease_id
        self.owner_id = owner_id
        self.holder = holder


class LeaseGone(HeavenError):
    """The lease expired, was released or never was. Acquire the scope again; what was read under
    the old lease may have changed."""

    def __init__(self, lease_id: str) -> None:
        super().__init__(f"lease {lease_id} is not active")
        self.lease_id = lease_id


class NotLeased(HeavenError):
    """A write outside the owner's exclusive leases. `holder` has the path now, if anyone does.

    The owner may have a lease on symbols of the file while `holder` has one there too: then it may
    write its own symbols, and the write touches others, the first at `lines` (first, last).
    The writer's fault: lease the path first. The write must not be made.
    """

    def __init__(
        self, owner_id: str, path: str, holder: str | None, lines: tuple[int, int] | None = None
    ) -> None:
        by = "nobody" if holder is None else holder
        if lines is None:
            super().__init__(f"{owner_id} holds no exclusive lease on {path!r} (held by {by})")
        else:
            first, last = lines
            where = f"line {first}" if last <= first else f"lines {first} to {last}"
            where = where if first else "all of it"
            super().__init__(
                f"{owner_id} holds leases on symbols of {path!r} only, and {where} is outside of "
                f"them, while {by} holds a lease there: lease the file, or wait"
            )
        self.owner_id = owner_id
        self.path = path
        self.holder = holder
        self.lines = lines


class StaleToken(HeavenError):
    """The writer's fencing token for `path` is of a lease that ended (it slept past its expiry).

    Nobody's fault. The write must not be made: acquire again and work from what is there now.
    """

    def __init__(self, owner_id: str, path: str, token: int, current: int | None) -> None:
        now = "no live lease" if current is None else f"token {current}"
        super().__init__(f"token {token} of {owner_id} is stale for {path!r}: it now has {now}")
        self.owner_id = owner_id
        self.path = path
        self.token = token
        self.current = current


class PromptMissing(HeavenError):
    """`ref` names no stored prompt, or more than one. `near` are ids that do, the closest first.

    The caller's fault: store the prompt, or name one of `near`.
    """

    def __init__(self, ref: str, reason: str, near: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.ref = ref
        self.reason = reason
        self.near = near


class SectionMissing(HeavenError):
    """The prompt has `count` sections, from 0, and none numbered `index`. The caller's fault."""

    def __init__(self, prompt_id: str, index: int, count: int) -> None:
        held = f"{count} sections, 0 to {count - 1}" if count else "no sections"
        super().__init__(f"prompt {prompt_id[:12]} has {held}, and none numbered {index}")
        self.prompt_id = prompt_id
        self.index = index
        self.count = count


class PromptTooLarge(HeavenError):
    """The prompt has `count` of `what` (bytes, headings), and may have `limit`. The caller's
    fault: store it as several prompts."""

    def __init__(self, what: str, count: int, limit: int) -> None:
        super().__init__(f"a prompt may have {limit} {what}; this one has {count} or more")
        self.what = what
        self.count = count
        self.limit = limit


class PromptDamaged(HeavenError):
    """What is stored does not make up the prompt's bytes. The disk's fault, or an editor's: storing
    the prompt again repairs it."""

    def __init__(self, prompt_id: str, reason: str) -> None:
        super().__init__(f"prompt {prompt_id[:12]} is damaged, store it again: {reason}")
        self.prompt_id = prompt_id
        self.reason = reason


class NoSuchFile(HeavenError):
    """There is no readable file at `path`. The caller's fault: ask for one of the repository's."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path!r}: {reason}")
        self.path = path
        self.reason = reason


class BadSlice(HeavenError):
    """The lines asked for cannot be shown: their numbers, or what the file is. The caller's
    fault."""


class OtherVersion(HeavenError):
    """The server speaks another protocol than the client (numbers as text), so that they would
    misunderstand each other. The environment's fault: start the server with the client's version
    of the package."""

    def __init__(self, server: str, client: str) -> None:
        super().__init__(
            f"the server speaks protocol {server} and this client protocol {client}: stop the "
            "server, and start it with the version of the client"
        )
        self.server = server
        self.client = client


class HeavenUnreachable(HeavenError):
    """The server at `url` did not answer: it is gone, or took too long. The environment's fault.

    With `sent` the request may have been carried out all the same: look before doing it again.
    """

    def __init__(self, url: str, reason: str, sent: bool) -> None:
        done = "; the request may have been carried out" if sent else ""
        super().__init__(f"no answer from {url}: {reason}{done}")
        self.url = url
        self.reason = reason
        self.sent = sent


class HeavenRefused(HeavenError):
    """The server refused the request with HTTP `status`, for a reason that is no other error of
    this module: a wrong token, a field that is missing, too much at once. The client's fault,
    from 500 on the server's; `reason` is what it said."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{reason} (HTTP {status})")
        self.status = status
        self.reason = reason
