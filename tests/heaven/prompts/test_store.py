"""The prompt store: kept for good, each content once, given back byte for byte."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import pytest
from genesis_ssmp.heaven import (
    BadEvent,
    BlobMissing,
    Heaven,
    LogFailed,
    PromptDamaged,
    PromptMissing,
    PromptTooLarge,
    ReadOnly,
    Section,
    SectionMissing,
)
from genesis_ssmp.heaven.canonical import encode
from genesis_ssmp.heaven.fsck import fsck
from genesis_ssmp.heaven.log import eventlog
from genesis_ssmp.heaven.log.derived import BadState
from genesis_ssmp.heaven.prompts import store as prompts
from genesis_ssmp.heaven.prompts.records import (
    dump_outline,
    load_outline,
    outline_text,
    prompt_json,
    stored_json,
)
from genesis_ssmp.heaven.prompts.store import MAX_HEADINGS, MAX_PROMPT_BYTES
from genesis_ssmp.heaven.prompts.table import PROMPT_STORED, PromptTable
from genesis_ssmp.heaven.records import Json
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.evidence import Evidence
from kit.heaven import HeavenHome

TASK = b"""\
# Rename the parser

Parsers are everywhere.

## Constraints

No public name changes.

## Acceptance criteria

- [ ] all tests pass

## API

```python
# not a heading
def parse(text: str) -> Tree: ...
```

## Glossary

Tree: what parse returns.
"""
REVISED = TASK.replace(b"No public name", b"Not one public name").replace(
    b"## Glossary\n\nTree: what parse returns.\n", b""
)
ID = sha256(TASK).hexdigest()


def blob_file(home: HeavenHome, blob_id: str) -> Path:
    return home.root / ".heaven" / "blobs" / "sha256" / blob_id[:2] / blob_id[2:]


def test_a_prompt_is_named_by_its_bytes_and_its_sections_tell_where_they_are(
    tmp_path: Path,
) -> None:
    with HeavenHome(tmp_path) as home:
        stored = home.heaven.store_prompt(TASK)
        prompt = stored.prompt
        assert (prompt.prompt_id, prompt.total_bytes) == (ID, len(TASK))
        assert prompt.title == "Rename the parser"
        assert [(one.index, one.title, one.type, one.score) for one in prompt.sections] == [
            (0, "Rename the parser", "other", 0.0),
            (1, "Constraints", "constraints", 3.0),
            (2, "Acceptance criteria", "acceptance", 2.5),
            (3, "API", "api", 2.0),
            (4, "Glossary", "glossary", 0.5),
        ]
        for one in prompt.sections:
            content = TASK[one.start_byte : one.end_byte]
            assert home.heaven.get_blob(one.blob_id) == content
            assert TASK.splitlines(keepends=True)[one.start_line - 1 : one.end_line] == (
                content.splitlines(keepends=True)
            )
            found = home.heaven.prompt_section(ID, one.index)
            assert (found.prompt_id, found.section, found.content) == (ID, one, content)
        assert home.heaven.get_prompt(ID) == prompt
        assert home.heaven.reconstruct_prompt(ID) == TASK


def test_trap_prompts_survive_a_restart_instead_of_living_only_in_memory(tmp_path: Path) -> None:
    """Trap: prompts live only in memory."""
    with HeavenHome(tmp_path) as home:
        prompt = home.heaven.store_prompt(TASK).prompt
        home.heaven.store_prompt(REVISED, ID)
        before = home.heaven.prompts()
        home.reopen()
        assert home.heaven.prompts() == before and len(before) == 2
        assert home.heaven.get_prompt(ID) == prompt
        assert home.heaven.reconstruct_prompt(ID) == TASK
        assert home.heaven.reconstruct_prompt(sha256(REVISED).hexdigest()) == REVISED
        assert home.heaven.store_prompt(TASK).stored_before


def test_a_prompt_is_one_event_after_its_blobs_and_storing_it_again_is_none(
    tmp_path: Path,
) -> None:
    with HeavenHome(tmp_path) as home:
        first = home.heaven.store_prompt(TASK)
        again = home.heaven.store_prompt(TASK)
        assert (first.stored_before, again.stored_before) == (False, True)
        assert again.prompt == first.prompt
        (event,) = home.heaven.events(kinds={PROMPT_STORED})
        assert event.data["prompt_id"] == ID and event.data["sections"] == 5
        outline = event.data["outline"]
        assert isinstance(outline, str)
        assert load_outline(home.heaven.get_blob(outline)) == first.prompt


def test_sections_that_several_prompts_have_are_kept_once(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:

        def blobs() -> int:
            return sum(1 for one in (home.root / ".heaven/blobs").rglob("*") if one.is_file())

        home.heaven.store_prompt(TASK)
        assert blobs() == 6
        home.heaven.store_prompt(REVISED)
        assert blobs() == 8, "one section and one outline are new"


def test_a_delta_tells_what_is_new_unchanged_and_removed(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        first = home.heaven.store_prompt(TASK)
        assert (first.new, first.unchanged, first.removed) == ((0, 1, 2, 3, 4), (), ())
        second = home.heaven.store_prompt(REVISED, ID[:10])
        assert second.previous == ID
        assert (second.new, second.unchanged, second.removed) == ((1,), (0, 2, 3), (1, 4))
        assert home.heaven.prompts()[1].previous == ID
        back = home.heaven.store_prompt(TASK, second.prompt.prompt_id)
        assert (back.stored_before, back.new, back.removed) == (True, (1, 4), (1,))


def test_without_a_previous_prompt_the_delta_is_against_all_that_is_stored(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        home.heaven.store_prompt(TASK)
        found = home.heaven.store_prompt(REVISED)
        assert (found.previous, found.new, found.unchanged) == (None, (1,), (0, 2, 3))
        assert home.heaven.store_prompt(TASK).new == ()


@pytest.mark.parametrize("form", ["{}", "sha256:{}", "sha256-{}", "SHA256:{}", " {} "])
def test_an_id_is_given_in_full_or_by_eight_digits_or_more(tmp_path: Path, form: str) -> None:
    with HeavenHome(tmp_path) as home:
        home.heaven.store_prompt(TASK)
        for digits in (ID, ID[:8], ID[:20], ID.upper()):
            assert home.heaven.get_prompt(form.format(digits)).prompt_id == ID


@pytest.mark.parametrize("ref", ["", "x", ID[:7], "0" * 64, ID + "0", f"md5:{ID}", "../x", "a\0"])
def test_an_unknown_id_is_refused_with_ids_that_are_known(tmp_path: Path, ref: str) -> None:
    with HeavenHome(tmp_path) as home:
        home.heaven.store_prompt(TASK)
        with pytest.raises(PromptMissing) as caught:
            home.heaven.get_prompt(ref)
        assert caught.value.ref == ref and caught.value.near == (ID[:12],)


def test_the_id_that_begins_most_alike_is_told_first(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        ids = [home.heaven.store_prompt(b"%d" % n).prompt.prompt_id for n in range(200)]
        for wanted in ids[::20]:
            typo = wanted[:10] + ("0" if wanted[10] != "0" else "1") + wanted[11:]
            with pytest.raises(PromptMissing) as caught:
                home.heaven.get_prompt(typo)
            assert caught.value.near[0] == wanted[:12] and len(caught.value.near) == 5


def test_a_prefix_of_two_prompts_is_refused_with_both(tmp_path: Path) -> None:
    pair = ("aabbccdd" + "0" * 56, "aabbccdd" + "1" * 56)
    with HeavenHome(tmp_path) as home:
        home.heaven.store_prompt(TASK)
        (event,) = home.heaven.events(kinds={PROMPT_STORED})
        for prompt_id in pair:
            home.heaven._log.append(PROMPT_STORED, {**event.data, "prompt_id": prompt_id})
        with pytest.raises(PromptMissing) as caught:
            home.heaven.get_prompt("aabbccdd")
        assert caught.value.near == pair and "more than one" in str(caught.value)
        with pytest.raises(PromptDamaged, match="of another prompt"):
            home.heaven.get_prompt(pair[0])


def test_a_section_that_is_not_there_is_refused_with_how_many_there_are(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        home.heaven.store_prompt(TASK)
        home.heaven.store_prompt(b"")
        for index in (5, -1):
            with pytest.raises(SectionMissing, match="5 sections, 0 to 4") as caught:
                home.heaven.prompt_section(ID, index)
            assert (caught.value.index, caught.value.count) == (index, 5)
        with pytest.raises(SectionMissing, match="no sections"):
            home.heaven.prompt_section(sha256(b"").hexdigest(), 0)


@settings(deadline=None, max_examples=1_000 if os.environ.get("GENESIS_SOAK") else 60)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=300),
            st.sampled_from(["# A\r\n", "```\n", "## x", "\n\n"]).map(str.encode),
            st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
        )
    ).map(b"".join)
)
def test_any_bytes_come_back_as_they_were(store: HeavenHome, content: bytes) -> None:
    prompt_id = store.heaven.store_prompt(content).prompt.prompt_id
    assert prompt_id == sha256(content).hexdigest()
    assert store.heaven.reconstruct_prompt(prompt_id) == content


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeavenHome]:
    with HeavenHome(tmp_path_factory.mktemp("store")) as home:
        yield home


def test_prompts_over_the_limits_are_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        with pytest.raises(PromptTooLarge) as caught:
            home.heaven.store_prompt(b"x" * (MAX_PROMPT_BYTES + 1))
        assert (caught.value.what, caught.value.limit) == ("bytes", MAX_PROMPT_BYTES)
        with pytest.raises(PromptTooLarge):
            home.heaven.store_prompt(b"# x\n" * (MAX_HEADINGS + 1))
        assert home.heaven.prompts() == () and home.heaven.last_seq == 0
        content = b"# x\n" * MAX_HEADINGS
        assert len(home.heaven.store_prompt(content).prompt.sections) == MAX_HEADINGS
        home.reopen()
        assert home.heaven.reconstruct_prompt(sha256(content).hexdigest()) == content


def test_a_prompt_is_not_forged_by_appending_its_event(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        with pytest.raises(BadEvent):
            home.heaven.append(PROMPT_STORED, {"prompt_id": ID})
        assert home.heaven.prompts() == ()


@pytest.mark.parametrize(
    "wrong", [{"prompt_id": "x"}, {"outline": None}, {"title": 1}, {"sections": "5"}]
)
def test_an_event_that_tells_of_no_prompt_is_refused(
    tmp_path: Path, wrong: dict[str, str | int | None]
) -> None:
    with HeavenHome(tmp_path) as home:
        home.heaven.store_prompt(TASK)
        (event,) = home.heaven.events(kinds={PROMPT_STORED})
        with pytest.raises(BadEvent):
            home.heaven._log.append(PROMPT_STORED, {**event.data, **wrong})


def test_a_reader_sees_prompts_stored_after_it_opened_and_stores_none(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        home.heaven.sync()
        with Heaven.open(tmp_path, read_only=True) as reader:
            assert reader.prompts() == ()
            home.heaven.store_prompt(TASK)
            assert reader.reconstruct_prompt(ID[:8]) == TASK
            assert reader.prompt_section(ID, 1).section.type == "constraints"
            with pytest.raises(ReadOnly):
                reader.store_prompt(REVISED)


@pytest.mark.parametrize("which", ["section", "outline"])
@pytest.mark.parametrize("harm", ["torn", "gone"])
def test_a_damaged_prompt_is_never_served_and_storing_it_again_mends_it(
    tmp_path: Path, which: str, harm: str
) -> None:
    with HeavenHome(tmp_path) as home:
        prompt = home.heaven.store_prompt(TASK).prompt
        entry = home.heaven.prompts()[0]
        blob = prompt.sections[3].blob_id if which == "section" else entry.outline
        file = blob_file(home, blob)
        if harm == "gone":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[:-1])
        with pytest.raises(PromptDamaged, match="store it again"):
            home.heaven.reconstruct_prompt(ID)
        with pytest.raises(PromptDamaged):
            home.heaven.prompt_section(ID, 3)
        again = home.heaven.store_prompt(TASK)
        assert again.stored_before and again.prompt == prompt
        assert home.heaven.reconstruct_prompt(ID) == TASK
        assert len(list(home.heaven.events(kinds={PROMPT_STORED}))) == 1


def in_one_piece(content: bytes, **_: object) -> tuple[Section, ...]:
    """A sectioner of another version."""
    digest, lines = sha256(content).hexdigest(), content.count(b"\n")
    return (Section(0, "", 0, "other", 0.0, digest, 0, len(content), 1, lines),)


def test_sections_keep_their_numbers_when_the_sectioner_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program names a section by its number; the outline is kept, not computed again."""
    with HeavenHome(tmp_path) as home:
        before = home.heaven.store_prompt(TASK).prompt
        monkeypatch.setattr(prompts, "section", in_one_piece)
        home.reopen()
        assert home.heaven.get_prompt(ID) == before
        assert home.heaven.store_prompt(TASK).prompt == before
        assert len(home.heaven.store_prompt(REVISED).prompt.sections) == 1


def test_an_outline_lost_after_the_sectioner_changed_is_told_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HeavenHome(tmp_path) as home:
        with monkeypatch.context() as older:
            older.setattr(prompts, "section", in_one_piece)
            assert len(home.heaven.store_prompt(TASK).prompt.sections) == 1
        (first,) = home.heaven.prompts()
        blob_file(home, first.outline).unlink()
        assert len(home.heaven.store_prompt(TASK).prompt.sections) == 5
        assert len(list(home.heaven.events(kinds={PROMPT_STORED}))) == 2
        home.reopen()
        (entry,) = home.heaven.prompts()
        assert (entry.sections, entry.stored_at) == (5, first.stored_at)
        assert home.heaven.reconstruct_prompt(ID) == TASK


def test_threads_storing_one_prompt_write_one_event(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        found: list[bool] = []

        def work() -> None:
            found.append(home.heaven.store_prompt(TASK).stored_before)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == [False] + [True] * 7
        assert len(list(home.heaven.events(kinds={PROMPT_STORED}))) == 1


STORING = """
import sys
from pathlib import Path
from genesis_ssmp.heaven import Heaven
with Heaven.open(Path(sys.argv[1])) as heaven:
    number = 0
    while True:
        content = b"# Prompt %d\\n\\nSame in all.\\n## Constraints\\n%d\\n" % (number, number)
        print(heaven.store_prompt(content).prompt.prompt_id, flush=True)
        number += 1
"""


def test_a_prompt_that_was_acknowledged_survives_kill_9(tmp_path: Path, evidence: Evidence) -> None:
    total = 0
    for acknowledged in (1, 7, 23):
        child = subprocess.Popen(
            [sys.executable, "-c", STORING, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        told = [child.stdout.readline().strip() for _ in range(acknowledged)]
        child.send_signal(signal.SIGKILL)
        told += child.stdout.read().split()
        child.wait()
        child.stdout.close()
        told = [one for one in told if len(one) == 64]
        with Heaven.open(tmp_path) as heaven:
            for prompt_id in told:
                assert sha256(heaven.reconstruct_prompt(prompt_id)).hexdigest() == prompt_id
            for entry in heaven.prompts():
                heaven.reconstruct_prompt(entry.prompt_id)
        total += len(told)
    evidence.note("killed", times=3, acknowledged=total)


def test_nothing_is_acknowledged_before_its_event_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with HeavenHome(tmp_path) as home:
        home.heaven.store_prompt(TASK)
        assert ID.encode() in home.log.read_bytes()
        monkeypatch.setattr(eventlog, "sync_data", full)
        with pytest.raises(LogFailed):
            home.heaven.store_prompt(REVISED)


def test_a_kill_between_the_blobs_and_the_event_leaves_no_prompt_and_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with HeavenHome(tmp_path) as home:
        with monkeypatch.context() as dying:
            dying.setattr(home.heaven._log, "append", die)
            with pytest.raises(Killed):
                home.heaven.store_prompt(TASK)
        home.reopen()
        assert home.heaven.prompts() == ()
        with pytest.raises(PromptMissing):
            home.heaven.get_prompt(ID)
        assert not home.heaven.store_prompt(TASK).stored_before
        assert home.heaven.reconstruct_prompt(ID) == TASK


def test_prompts_come_back_from_a_snapshot_as_from_the_log(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        home.heaven.store_prompt(TASK)
        home.heaven.store_prompt(REVISED, ID)
        table = home.heaven._state.prompts
        other = PromptTable(threading.RLock())
        other.restore(json.loads(encode(table.state())))
        assert other.all() == table.all() and other.state() == table.state()
        assert other.find(ID[:9]) == table.find(ID)
        damaged: list[Json] = [{}, [1], [{}], [{**asdict(table.all()[0]), "outline": "x"}]]
        for wrong in damaged:
            with pytest.raises(BadState):
                other.restore(wrong)
        assert other.all() == table.all()


@pytest.mark.parametrize("which", [0, 5])
def test_fsck_misses_each_blob_of_a_prompt(tmp_path: Path, which: int) -> None:
    with HeavenHome(tmp_path) as home:
        prompt = home.heaven.store_prompt(TASK).prompt
        blobs = [one.blob_id for one in prompt.sections] + [home.heaven.prompts()[0].outline]
        home.close()
        assert fsck(home.root).ok
        blob_file(home, blobs[which]).unlink()
        report = fsck(home.root)
        assert [one.blob_id for one in report.findings if one.severity == "error"] == [blobs[which]]


def test_roles_are_pinned_the_sections_of_their_types(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        prompt = home.heaven.store_prompt(TASK).prompt
        assert [one.index for one in prompt.pinned("planner")] == [1, 2]
        assert [one.index for one in prompt.pinned("builder")] == [1, 3]
        assert [one.index for one in prompt.pinned("reviewer")] == [1, 2]


def test_an_outline_is_a_line_a_section_with_type_size_and_roles(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        text = outline_text(home.heaven.store_prompt(TASK).prompt)
        assert text.splitlines() == [
            "0 other 46 B Rename the parser",
            "1 constraints 41 B   Constraints [planner, builder, reviewer]",
            "2 acceptance 46 B   Acceptance criteria [planner, reviewer]",
            "3 api 73 B   API [builder]",
            "4 glossary 39 B   Glossary",
        ]
        long = home.heaven.store_prompt(b"word\n\n" * 1_000).prompt
        assert outline_text(long).splitlines()[0] == "0 other 4092 B (untitled) (1/2)"


def test_the_json_has_the_fields_of_the_format(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        stored = home.heaven.store_prompt(TASK)
        record = stored_json(stored)
        assert set(record) == {
            *("prompt_id", "total_bytes", "sections"),
            *("stored_before", "previous", "new", "unchanged", "removed"),
        }
        sections = record["sections"]
        assert isinstance(sections, list) and isinstance(sections[0], dict)
        assert {"index", "title", "type", "score", "blob_id", "start_byte", "end_byte"} <= set(
            sections[0]
        )
        assert load_outline(dump_outline(stored.prompt)) == stored.prompt
        assert prompt_json(stored.prompt)["total_bytes"] == len(TASK)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"index":1', b'"index":2'),
        (b'"start_byte":46', b'"start_byte":44'),
        (b'"type":"api"', b'"type":"abi"'),
        (b'"score":2.0', b'"score":"2"'),
        (b'"level":1', b'"level":null'),
        (b'"title":"API"', b'"title":0'),
        (b'"total_bytes"', b'"total"'),
        (b'"sections"', b'"section"'),
        (b"{", b"["),
    ],
)
def test_an_outline_with_a_gap_or_a_wrong_field_is_none(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    with HeavenHome(tmp_path) as home:
        data = dump_outline(home.heaven.store_prompt(TASK).prompt)
        assert data.replace(old, new) != data
        with pytest.raises(ValueError):
            load_outline(data.replace(old, new))


def search(home: HeavenHome, query: str, top_k: int = 20) -> list[tuple[int, tuple[int, ...]]]:
    _, hits = home.heaven._prompts.search(ID, query, top_k)
    return [(hit.found.section.index, hit.lines) for hit in hits]


def test_a_search_ranks_sections_by_their_words_and_names_the_lines(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        home.heaven.store_prompt(TASK)
        assert search(home, "tree") == [(4, (3,)), (3, (5,))]
        assert search(home, "public NAME") == [(1, (3,))]
        assert search(home, "pars")[0][0] == 0, "a word matches what begins with it"
        assert search(home, "parse", top_k=1) == search(home, "parse")[:1]
        assert search(home, "nothing_of_it zebra") == []
        assert search(home, "?! --") == []


def test_a_search_prefers_rare_words_and_titles(tmp_path: Path) -> None:
    with HeavenHome(tmp_path) as home:
        home.heaven.store_prompt(TASK)
        assert search(home, "parse glossary")[0][0] == 4
        assert search(home, "api")[0] == (3, (1,))


def test_a_missing_blob_is_no_bare_blob_error(tmp_path: Path) -> None:
    """What is wrong with a prompt is told as the prompt's trouble, with what mends it."""
    with HeavenHome(tmp_path) as home:
        prompt = home.heaven.store_prompt(TASK).prompt
        blob_file(home, prompt.sections[0].blob_id).unlink()
        with pytest.raises(PromptDamaged):
            home.heaven._prompts.search(ID, "x", 1)
        with pytest.raises(BlobMissing):
            home.heaven.get_blob(prompt.sections[0].blob_id)
