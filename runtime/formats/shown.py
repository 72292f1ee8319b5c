"""The files that the author of an answer was shown, by path and version."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from posixpath import commonprefix

from ...heaven.errors import PathOutside
from ...heaven.paths import normalise
from ...proto.pf import Excerpt
from ..edits.lines import Text, split
from ..edits.versions import BlobReader

_NEAR = 0.6
_MOST_LINES = 5000
"""Of a longer file no line is looked for that is merely like another."""


class Version:
    """One version of a file, of which at least one line (or the empty whole) was shown."""

    def __init__(self, path: str, blob: str, data: bytes) -> None:
        self.path = path
        self.blob = blob
        self.data = data
        self.text: Text = split(data)
        self._places: dict[bytes, list[int]] = {}
        for number, line in enumerate(self.text.bare):
            self._places.setdefault(line, []).append(number)

    def find(self, wanted: Sequence[bytes]) -> list[int]:
        """Where (0-based) the lines stand in a row; all places, also those that overlap."""
        rarest = min(range(len(wanted)), key=lambda n: len(self._places.get(wanted[n], ())))
        every, count = self.text.bare, len(wanted)
        return [
            at - rarest
            for at in self._places.get(wanted[rarest], ())
            if at >= rarest and every[at - rarest : at - rarest + count] == tuple(wanted)
        ]

    def nearest(self, wanted: Sequence[bytes], stated: int | None) -> tuple[int, int] | None:
        """Where the lines are most nearly: (place, index of the first that differs), 0-based.

        `stated` is the place that the answer names. None where not even one line is like any.
        """
        votes: dict[int, int] = {}
        for number, line in enumerate(wanted):
            places = self._places.get(line, ())
            if line.strip() and len(places) <= 100:
                for at in places:
                    votes[at - number] = votes.get(at - number, 0) + 1
        if votes:
            far = 0 if stated is None else stated
            start = max(votes, key=lambda at: (votes[at], -abs(at - far)))
            return start, self._first_difference(wanted, start)
        return self._likest(wanted)

    def _first_difference(self, wanted: Sequence[bytes], start: int) -> int:
        for number, line in enumerate(wanted):
            at = start + number
            if not 0 <= at < len(self.text.bare) or self.text.bare[at] != line:
                return number
        return 0

    def _likest(self, wanted: Sequence[bytes]) -> tuple[int, int] | None:
        if len(self.text.bare) > _MOST_LINES:
            return None
        known = {line.decode("utf-8", "replace"): at[0] for line, at in self._places.items()}
        stripped = {line.strip(): at for line, at in reversed(known.items()) if line.strip()}
        for number, line in enumerate(wanted):
            text = line.decode("utf-8", "replace").strip()
            if not text:
                continue
            close = [text] if text in stripped else get_close_matches(text, stripped, 1, _NEAR)
            if close:
                return stripped[close[0]] - number, number
        return None


class Shown:
    """What the author saw, from the excerpts in the order in which they were shown."""

    def __init__(self, excerpts: Sequence[Excerpt], blobs: BlobReader) -> None:
        self._blobs = blobs
        self.excerpts = tuple(excerpts)
        self._versions: dict[str, list[str]] = {}
        self._read: dict[tuple[str, str], Version] = {}
        for excerpt in excerpts:
            blobs_of = self._versions.setdefault(spell(excerpt.path), [])
            if excerpt.file_blob in blobs_of:
                blobs_of.remove(excerpt.file_blob)
            blobs_of.append(excerpt.file_blob)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self._versions))

    def __contains__(self, path: str) -> bool:
        return path in self._versions

    def versions(self, path: str) -> list[Version]:
        """The versions that were shown, the newest first. Raises what the blob store raises."""
        found = []
        for blob in reversed(self._versions.get(path, ())):
            if (path, blob) not in self._read:
                self._read[path, blob] = Version(path, blob, self._blobs.get_blob(blob))
            found.append(self._read[path, blob])
        return found

    def only(self, chosen: dict[str, str]) -> tuple[Excerpt, ...]:
        """The excerpts without those of other versions of the paths in `chosen` (path to blob)."""
        return tuple(
            one
            for one in self.excerpts
            if chosen.get(spell(one.path), one.file_blob) == one.file_blob
        )

    def near(self, path: str) -> tuple[str, ...]:
        """Paths that were shown and are like this one, else the first few of all."""
        name = path.rpartition("/")[2]
        same = tuple(one for one in self.paths if one.rpartition("/")[2] == name)
        return same or tuple(get_close_matches(path, self.paths, 3)) or self.paths[:5]


def spell(path: str) -> str:
    """The path's one spelling; as it is where it has none, for the edit engine to refuse."""
    try:
        return normalise(path)
    except PathOutside:
        return path


def first_column(said: bytes, found: bytes) -> int:
    """The column (1-based, in characters) at which two lines first differ."""
    left, right = said.decode("utf-8", "replace"), found.decode("utf-8", "replace")
    return len(commonprefix((left, right))) + 1
