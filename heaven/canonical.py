"""Canonical JSON: one value, one sequence of bytes, so that it can be hashed.

Keys sorted by code point, no blanks, UTF-8 without escapes that JSON does not demand, no NaN and
no infinity. Python's own encoder: 7 microseconds an event, where orjson turns NaN into null without
a word and refuses integers beyond 64 bits.
"""

from __future__ import annotations

import json

from .errors import NotCanonical
from .records import Json, JsonObject

_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=True
).encode


def encode(value: Json | JsonObject) -> bytes:
    """The canonical bytes of `value`. Raises NotCanonical."""
    try:
        _check_keys(value)
        return _encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise NotCanonical(f"no canonical JSON: {error}") from error


def encode_decoded(value: Json | JsonObject) -> bytes:
    """As `encode`, in half of the time, for what was decoded from JSON: its keys are text. Raises
    NotCanonical."""
    try:
        return _encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise NotCanonical(f"no canonical JSON: {error}") from error


def decode(data: bytes) -> Json:
    """Any JSON text (canonical or not) as a value. Raises NotCanonical on what is not JSON."""
    try:
        # Plain UTF-8 without blanks around it, as the log holds it, spares half of the work.
        text = data.decode()
        read: tuple[Json, int] = _raw_decode(text)
        if read[1] == len(text):
            return read[0]
    except (ValueError, RecursionError):
        pass  # looked at again below, with care for blanks and encodings
    try:
        text = data.decode(json.detect_encoding(data), "surrogatepass")
        value: Json = _decode(text)
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"not JSON: {error}") from error
    return value


def decode_object(data: bytes) -> dict[str, Json]:
    """Like `decode`, for a JSON object. Raises NotCanonical on any other value."""
    value = decode(data)
    if not isinstance(value, dict):
        raise NotCanonical("not a JSON object")
    return value


def _check_keys(value: Json | JsonObject) -> None:
    """The encoder would turn the key 1 into "1" and so give two values one form."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"the key {key!r} is not text")
            if isinstance(inner, (dict, list)):
                _check_keys(inner)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, (dict, list)):
                _check_keys(inner)


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")


# Made once: `json.loads` with a `parse_constant` makes a decoder for each call.
_decoder = json.JSONDecoder(parse_constant=_refuse)
_decode = _decoder.decode
_raw_decode = _decoder.raw_decode
