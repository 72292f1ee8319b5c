"""Unsigned LEB128, the only form in which a module stores a number.

Seven bits a byte, least significant first, the top bit set on all bytes but the last. Numbers are
0 to 2**32 - 1 and have exactly one spelling here, the shortest: two files that differ never mean
the same module.
"""

from __future__ import annotations

from typing import Final

U32_MAX: Final = 0xFFFF_FFFF
LONGEST: Final = 5
"""Bytes that the largest number takes."""


class BadNumber(ValueError):
    """The bytes are no number in its shortest form. The file's fault: it was damaged or forged."""


class NumberCut(ValueError):
    """The bytes end inside a number. The file's fault: cut off, or a length in it is wrong."""


def append(out: bytearray, value: int) -> None:
    """Append `value`, which is 0 to 2**32 - 1."""
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def read(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Read one number of `data[at:end]`; returns it and the offset behind it.

    Raises NumberCut where `end` comes first, BadNumber for a longer spelling than necessary or a
    number over 2**32 - 1.
    """
    value = shift = 0
    while True:
        if at >= end:
            raise NumberCut("the bytes end inside a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift >= 7 * LONGEST:
            raise BadNumber("the number is longer than five bytes")
    if value > U32_MAX:
        raise BadNumber("the number is larger than 4294967295")
    if byte == 0 and shift:
        raise BadNumber("the number is not in its shortest form")
    return value, at


def zigzag(value: int) -> int:
    """Fold a signed difference into an unsigned number: 0, -1, 1, -2 ... become 0, 1, 2, 3 ..."""
    return value << 1 if value >= 0 else (-value << 1) - 1


def unzigzag(value: int) -> int:
    return value >> 1 if not value & 1 else -(value + 1 >> 1)
