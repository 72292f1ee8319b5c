from __future__ import annotations

import math

import pytest
from genesis_ssmp.heaven.canonical import decode, decode_object, encode
from genesis_ssmp.heaven.errors import NotCanonical
from hypothesis import given, settings
from hypothesis import strategies as st

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_one_form_whatever_the_order_of_keys() -> None:
    assert encode({"b": 1, "a": [True, None, "é\n"]}) == '{"a":[true,null,"é\\n"],"b":1}'.encode()
    assert encode({"b": 1, "a": 2}) == encode({"a": 2, "b": 1})


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, {"deep": [-math.inf]}, {"text": "\ud800"}, {"bytes": b"x"}, {1: "one"}],
)
def test_values_without_a_canonical_form_are_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        encode(value)  # type: ignore[arg-type]  # what a careless caller would send


def test_endless_nesting_is_refused_not_a_crash() -> None:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(NotCanonical):
        encode(nested)  # type: ignore[arg-type]
    with pytest.raises(NotCanonical):
        decode(b"[" * 100_000)


@pytest.mark.parametrize("text", [b"", b"{", b"NaN", b"[Infinity]", b"\xff", b"{} {}"])
def test_what_is_not_json_is_refused(text: bytes) -> None:
    with pytest.raises(NotCanonical):
        decode(text)


def test_decode_object_wants_an_object() -> None:
    assert decode_object(b'{"a": 1}') == {"a": 1}
    with pytest.raises(NotCanonical):
        decode_object(b"[1]")


@settings(deadline=None, max_examples=200)
@given(json_values)
def test_encoding_is_injective_and_stable(value: object) -> None:
    data = encode(value)  # type: ignore[arg-type]
    assert b"\n" not in data
    assert encode(decode(data)) == data
