"""A file to rows: whatever is in it, and as the store and the workers' pipes carry it."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven.index import prepared
from genesis_ssmp.heaven.index.facts import load
from genesis_ssmp.heaven.index.languages import TABLE, LanguageRow
from genesis_ssmp.heaven.index.prepared import Known, packing, prepare
from genesis_ssmp.heaven.index.symbols import SymbolIndex
from hypothesis import given, settings
from hypothesis import strategies as st


@settings(max_examples=60, deadline=None)
@given(
    source=st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    language=st.sampled_from(TABLE),
)
def test_any_bytes_become_rows_and_survive_the_pipe(
    tmp_path_factory: pytest.TempPathFactory, source: bytes, language: LanguageRow
) -> None:
    root = tmp_path_factory.mktemp("any")
    path = f"a{language.extensions[0]}"
    (root / path).write_bytes(source)
    found = prepare(str(root), Known(path))
    pack, unpack = packing()
    assert unpack(pack([found])) == [found]
    facts = load(found.facts)
    assert len(facts.definitions) == len(found.symbols)
    assert len(facts.uses) == found.uses


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("def f(): ...\n")
    (tmp_path / "link.py").symlink_to("real.py")
    assert prepare(str(tmp_path), Known("link.py")).row is None


def test_symbols_whose_ids_collide_are_all_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one insertion and in another one later."""
    monkeypatch.setattr(prepared, "preferred_id", lambda path, qualname, overload: 7)
    for name in "abc":
        (tmp_path / f"{name}.py").write_text(f"def {name}1(): ...\ndef {name}2(): ...\n")
    index = SymbolIndex(tmp_path, None)
    first = {one.name: one for name in "abc" for one in index.search(name)}
    assert sorted(first) == ["a1", "a2", "b1", "b2", "c1", "c2"]
    (tmp_path / "b.py").write_text("def b1(): ...\ndef b3(): ...\n")
    (tmp_path / "d.py").write_text("def d1(): ...\n")
    names = ["a1", "a2", "b1", "b3", "c1", "c2", "d1"]
    found = [index.find_symbols(name) for name in names]
    assert [[one.name for one in each] for each in found] == [[name] for name in names]
    assert len({one.id for each in found for one in each}) == len(names)
    assert all(index.symbol(one.id) == one for each in found for one in each)
    index.close()
