"""Checksums of the log's file by segments of 4 MiB.

A snapshot keeps the sums, and a boot from it compares them at the speed of SHA-256 over large
pieces (1 GB/s a core), ten times that of checking the chain record by record. A segment that a boot
did not compare is compared before its first record is read.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from errno import EIO
from hashlib import sha256
from typing import Final

SEGMENT_BYTES: Final = 4 * 1024 * 1024
_PIECE: Final = 256 * 1024


class Segments:
    """The SHA-256 of each segment of a file that only grows, the last one so far included."""

    def __init__(self) -> None:
        self._whole: list[str] = []
        self._hasher = sha256()
        self._filled = 0
        self._unchecked: set[int] = set()

    def read_on(self, fd: int, size: int) -> list[str]:
        """Read the file on to the offset `size`; the sums of all segments up to there.
        Raises OSError."""
        at = len(self._whole) * SEGMENT_BYTES + self._filled
        while at < size:
            piece = os.pread(fd, min(_PIECE, size - at, SEGMENT_BYTES - self._filled), at)
            if not piece:
                raise OSError(EIO, "the log was cut while it was open")
            self._hasher.update(piece)
            self._filled += len(piece)
            at += len(piece)
            if self._filled == SEGMENT_BYTES:
                self._whole.append(self._hasher.hexdigest())
                self._hasher, self._filled = sha256(), 0
        return [*self._whole, self._hasher.hexdigest()]

    def resume(self, fd: int, size: int, sums: Sequence[str], *, trust: bool) -> int | None:
        """Stand where `size` bytes were taken in with these sums, after comparing the file with
        them: the first segment that differs, or None. With `trust`, whole segments are left to
        `check`. Raises OSError."""
        last = size // SEGMENT_BYTES
        if len(sums) != last + 1:
            return 0
        if not trust:
            threads = min(4, os.cpu_count() or 1)
            with ThreadPoolExecutor(threads) as pool:
                found = pool.map(lambda index: _hash_of(fd, index), range(last))
                for index, digest in enumerate(found):
                    if digest != sums[index]:
                        return index
        rest = os.pread(fd, size - last * SEGMENT_BYTES, last * SEGMENT_BYTES)
        if sha256(rest).hexdigest() != sums[last]:
            return last
        self._whole = list(sums[:last])
        self._hasher, self._filled = sha256(rest), len(rest)
        self._unchecked = set(range(last)) if trust else set()
        return None

    def check(self, fd: int, start: int, end: int) -> int | None:
        """Compare the segments with bytes from `start` to `end` that were not compared yet: the
        first one that differs, or None. Any thread may call it. Raises OSError."""
        if not self._unchecked:
            return None
        for index in range(start // SEGMENT_BYTES, (max(start, end - 1)) // SEGMENT_BYTES + 1):
            if index in self._unchecked:
                if _hash_of(fd, index) != self._whole[index]:
                    return index
                self._unchecked.discard(index)
        return None


def _hash_of(fd: int, index: int) -> str:
    hasher = sha256()
    at, end = index * SEGMENT_BYTES, (index + 1) * SEGMENT_BYTES
    while at < end:
        piece = os.pread(fd, min(_PIECE, end - at), at)
        if not piece:
            break
        hasher.update(piece)
        at += len(piece)
    return hasher.hexdigest()
