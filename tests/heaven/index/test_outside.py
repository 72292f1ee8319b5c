"""Classes of the standard library are asked what they have; nothing else is imported for it."""

from __future__ import annotations

import sys

import pytest
from genesis_ssmp.heaven.index.outside import outside_class, outside_has


def test_classes_of_the_library_are_found_by_their_full_name() -> None:
    assert outside_class("builtins.dict") is dict
    assert outside_class("io.StringIO") is not None
    assert outside_class("builtins.len") is None


@pytest.mark.parametrize("name", ["pytest.Item", "nowhere.Thing", "this.s", "Thing", ""])
def test_nothing_is_imported_but_the_library(name: str) -> None:
    sys.modules.pop("this", None)
    assert outside_class(name) is None
    assert "this" not in sys.modules


def test_what_is_not_known_is_not_denied() -> None:
    assert outside_has("builtins.dict", "items") is True
    assert outside_has("builtins.dict", "greet") is False
    assert outside_has("typing.Protocol", "greet") is False
    assert outside_has("pytest.Item", "name") is None
