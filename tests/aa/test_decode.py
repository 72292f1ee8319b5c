"""Whatever the bytes are, decoding gives a module whose bytes they are, or BadModule."""

from __future__ import annotations

import hashlib
import tracemalloc

import pytest
from genesis_ssmp.aa.catalogue.bytecode import CODES
from genesis_ssmp.aa.decode import BadModule, decode
from genesis_ssmp.aa.encode import encode
from genesis_ssmp.aa.format_version import FORMAT_VERSION, MAGIC
from genesis_ssmp.aa.leb128 import append
from genesis_ssmp.aa.module import Module
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.modules import any_modules, long_module, modules
from kit.mutations import damaged, mutants, resealed
from kit.programs import examples

META = bytes([0, 0, 1, 100]) + bytes(32)
KNOWN = {code.code for code in CODES}


def number(value: int) -> bytes:
    out = bytearray()
    append(out, value)
    return bytes(out)


def sealed(
    *payloads: bytes, head: bytes = MAGIC + bytes([FORMAT_VERSION]), tail: bytes = b""
) -> bytes:
    """A file of these section payloads, numbered from 1, with a checksum that fits."""
    body = head
    for index, payload in enumerate(payloads, 1):
        body += bytes([index]) + number(len(payload)) + payload
    body += tail
    return body + hashlib.sha256(body).digest()


SMALL = (META, b"\x01\x00\x00", b"\x01\x0a", b"\x00", b"\x01\x00\x02")
"""Constants (""), code (HALT), no handler, line 1 of file ""."""


def refusal(data: bytes) -> BadModule:
    with pytest.raises(BadModule) as caught:
        decode(data)
    assert caught.value.code in KNOWN
    assert 0 <= caught.value.offset <= len(data)
    return caught.value


def test_the_smallest_file_is_a_module() -> None:
    module = decode(sealed(*SMALL))
    assert module.constants == ("",)
    assert encode(module) == sealed(*SMALL)


def replaced(index: int, payload: bytes) -> bytes:
    return sealed(*SMALL[:index], payload, *SMALL[index + 1 :])


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("AA0601", b""),
        ("AA0601", b"BASE_REV HEAD\n"),
        ("AA0604", MAGIC),
        ("AA0604", MAGIC + bytes([FORMAT_VERSION])),
        ("AA0602", MAGIC + b"\x7f" + bytes(64)),
        ("AA0605", MAGIC + b"\x81\x00" + bytes(64)),
        ("AA0603", sealed(*SMALL)[:-1] + b"\x00"),
        ("AA0603", sealed(*SMALL) + b"\x00"),
        ("AA0604", sealed()),
        ("AA0604", sealed(*SMALL[:4])),
        ("AA0606", sealed(*SMALL, tail=b"\x00")),
        ("AA0606", sealed(*SMALL, b"")),
        ("AA0606", replaced(0, META + b"\x00")),
        ("AA0606", replaced(2, b"\x01\x0a\x0a")),
        ("AA0607", replaced(0, b"\x02" + META[1:])),
        ("AA0607", replaced(0, b"\x00\x02" + META[2:])),
        ("AA0607", replaced(0, b"\x00\x00\x03" + META[3:])),
        ("AA0604", replaced(0, META[:-1])),
        ("AA0608", replaced(1, b"\x01\x02\x00")),
        ("AA0608", replaced(1, b"\x01\x00\x01\xff")),
        ("AA0608", replaced(1, b"\x01\x00\x03\xed\xa0\x80")),
        ("AA0604", replaced(1, b"\x01\x00\x7f")),
        ("AA0604", replaced(1, b"\x7f\x00\x00")),
        ("AA0604", replaced(1, b"\x01\x01\x05\x00\x00")),
        ("AA0605", replaced(1, b"\x81\x00\x00\x00")),
        ("AA0609", replaced(2, b"\x01\x7f")),
        ("AA0604", replaced(2, b"\x01\x01")),
        ("AA0604", replaced(2, b"\x02\x0a")),
        ("AA0605", replaced(2, b"\x01\x01\x80\x00")),
        ("AA0610", replaced(3, b"\x01\x00\x00\x03\x00")),
        ("AA0604", replaced(3, b"\x01\x00\x00\x01")),
        ("AA0611", replaced(4, b"\x02\x00\x02")),
        ("AA0611", replaced(4, b"\x00\x00\x02")),
        ("AA0611", replaced(4, b"\x01\x00\x01")),
        ("AA0611", sealed(*SMALL[:2], b"\x02\x0a\x0a", b"\x00", b"\x01\x00\x02\x01\x00\x00")),
        ("AA0606", replaced(4, b"\x01\x00\x02\x00")),
        ("AA0604", replaced(4, b"")),
    ],
)
def test_each_defect_has_its_code(code: str, data: bytes) -> None:
    assert refusal(data).code == code


def test_every_code_of_the_format_is_shown_here() -> None:
    marks = test_each_defect_has_its_code.pytestmark  # type: ignore[attr-defined]
    assert {code for code, _ in marks[0].args[1]} == {c for c in KNOWN if c < "AA0620"}


def test_every_truncation_is_refused() -> None:
    data = encode(long_module(2))
    for length in range(len(data)):
        refusal(data[:length])
    for length in range(len(data) - 32):
        # Cut off, and then given a checksum that fits what is left.
        refusal(resealed(data[:length] + bytes(32)))


def test_every_flipped_bit_is_refused() -> None:
    data = encode(long_module(1))
    for at in range(len(data)):
        for bit in range(8):
            refusal(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])


@pytest.mark.parametrize("section", range(1, 5))
def test_a_huge_count_is_refused_before_anything_is_allocated(section: int) -> None:
    bomb = replaced(section, b"\xff\xff\xff\xff\x0f" + bytes(64))
    tracemalloc.start()
    refusal(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_with_a_good_head_and_checksum_are_a_module_or_refused(body: bytes) -> None:
    _module_or_refused(resealed(MAGIC + bytes([FORMAT_VERSION]) + body + bytes(32)))


@settings(max_examples=examples(60), deadline=None)
@given(st.one_of(modules(), any_modules()), st.integers(0, 10**9))
def test_damage_with_a_fitting_checksum_is_a_module_or_refused(module: Module, seed: int) -> None:
    data = encode(module)
    for offset in range(8):
        _module_or_refused(resealed(damaged(data[:-32], seed + offset) + bytes(32)))


@settings(max_examples=examples(20), deadline=None)
@given(modules(), st.integers(0, 10**9))
def test_mutants_raise_nothing_but_bad_module(module: Module, seed: int) -> None:
    for data in mutants(module, range(seed, seed + 16)):
        _module_or_refused(data)


def _module_or_refused(data: bytes) -> None:
    try:
        module = decode(data)
    except BadModule as bad:
        assert bad.code in KNOWN
        assert 0 <= bad.offset <= len(data)
        return
    # One spelling a module: what is accepted is exactly what would be written.
    assert encode(module) == data
