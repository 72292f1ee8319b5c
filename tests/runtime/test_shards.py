"""Handles: what an angel names, and what that stands for."""

from __future__ import annotations

from genesis_ssmp.heaven.records import Json
from genesis_ssmp.runtime.shards import Shards


def shard(kind: str, content: str, text: str = "") -> dict[str, Json]:
    excerpt: dict[str, Json] = {
        "path": "a.py",
        "file_blob": "0" * 64,
        "start_line": 9,
        "end_line": 10,
        "text": text,
    }
    excerpts: list[Json] = [excerpt] if text else []
    meta: Json = {"handle": "s1", "subject": "Add", "bytes": 9, "note": f"from {content}"}
    return {"kind": kind, "blob_id": content, "meta": meta, "excerpts": excerpts}


FULL = shard("symdef", "one", "x\ny\n")
OTHER = shard("slice", "two", "z\n")
AGAIN = shard("unchanged", "one")


def test_lines_have_numbers_of_one_width_under_a_handle_of_the_conversation() -> None:
    text = Shards([OTHER, FULL]).render(1)
    assert text == "## s2 symdef Add (from one)\na.py:9-10\n 9| x\n10| y\n"


def test_an_unchanged_shard_stands_for_the_one_that_was_shown() -> None:
    shards = Shards([FULL, OTHER, AGAIN])
    assert shards.render(2) == "## s3 unchanged Add (the same as s1)\n"
    assert shards.excerpts("s3") == shards.excerpts("s1")
    assert len(shards.excerpts("s1") or ()) == 1


def test_what_was_left_out_is_shown_when_it_is_asked_for() -> None:
    shards = Shards([FULL, OTHER, AGAIN], hidden=[0])
    assert shards.render(2) == "## s3 symdef Add (from one)\na.py:9-10\n 9| x\n10| y\n"
    assert shards.excerpts("s1") == ()
    assert len(shards.excerpts("s3") or ()) == 1
    assert [one.text for one in Shards([FULL, OTHER], hidden=[0]).every()] == ["z\n"]


def test_a_handle_that_is_none_is_told_from_a_shard_without_text() -> None:
    shards = Shards([FULL, shard("status", "three")])
    assert shards.excerpts("s2") == ()
    for name in ("s0", "s3", "1x", "", "s", "s²", "shard 1"):
        assert shards.excerpts(name) is None
    assert shards.excerpts(" s1 ") == shards.excerpts("1") == shards.excerpts("s1")
