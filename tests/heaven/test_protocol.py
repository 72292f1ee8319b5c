"""What HeavenProtocol promises, of the embedded Heaven and of the client over a socket alike."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from genesis_ssmp.heaven import (
    BadBlobId,
    BadEvent,
    BadScope,
    BlobMissing,
    HeavenError,
    LeaseGone,
    LeaseNotOwned,
    NotCanonical,
    NotLeased,
    PathOutside,
    PromptMissing,
    SectionMissing,
    StaleToken,
)
from genesis_ssmp.heaven.errors import BadSlice, NoSuchFile
from genesis_ssmp.heaven.faults.router import FaultRefused
from genesis_ssmp.heaven.log.chain import GENESIS_HASH
from genesis_ssmp.heaven.manifests import Drift
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.proto.pf import Args, Command, Request, Response
from kit.either import Either

FILE = Scope("file", "calc/core.py")


@pytest.mark.parametrize("data", [b"", b"text\n", b"\x00\xff\r\n", "é".encode() * 1000])
def test_a_blob_comes_back_byte_for_byte(either: Either, data: bytes) -> None:
    blob_id = either.heaven.put_blob(data)
    assert blob_id == hashlib.sha256(data).hexdigest()
    assert either.heaven.get_blob(blob_id) == either.embedded.get_blob(blob_id) == data


def test_an_event_is_acknowledged_with_its_place_in_the_chain(either: Either) -> None:
    heaven = either.heaven
    assert (heaven.head, heaven.last_seq, heaven.tail(5)) == (GENESIS_HASH, 0, ())
    first = heaven.append("note", {"text": "a\nb", "nothing": None, "deep": {"list": [1, 2.5]}})
    second = heaven.append("note", {})
    assert (first.seq, second.seq, second.prev) == (1, 2, first.hash)
    assert (heaven.head, heaven.last_seq) == (second.hash, 2)
    assert heaven.tail(5) == (first, second) == tuple(either.embedded.events())
    assert heaven.tail(1) == (second,)
    assert heaven.tail(0) == ()


def test_events_are_paged_without_gap_or_double(either: Either) -> None:
    for n in range(2_100):
        either.embedded.append("even" if n % 2 == 0 else "odd", {"n": n}, sync=False)
    assert [e.seq for e in either.heaven.events(after=7)] == list(range(8, 2_101))
    assert [e.data["n"] for e in either.heaven.events(kinds={"odd"})] == list(range(1, 2_100, 2))
    assert list(either.heaven.events(kinds=())) == []
    assert list(either.heaven.events(after=2_100)) == []
    assert [e.seq for e in either.heaven.tail(1_500)] == list(range(601, 2_101))


def test_several_blobs_come_back_in_order(either: Either) -> None:
    contents = [b"", b"one", b"\x00\xff", b"one", b"x" * 7_000_000, b"y" * 100, b"z" * 12_000_000]
    ids = either.heaven.put_blobs(contents)
    assert ids == [hashlib.sha256(content).hexdigest() for content in contents]
    assert [either.embedded.get_blob(one) for one in ids] == contents
    assert either.heaven.put_blobs([]) == []


def test_clocks_count_under_one_spelling_of_a_path(either: Either) -> None:
    assert either.heaven.clocks(["a.py"]) == {"a.py": 0}
    assert either.heaven.clock_inc(["./a.py", "a.py", "b.py"]) == {"a.py": 1, "b.py": 1}
    assert either.heaven.clocks(["a.py", "c.py"]) == {"a.py": 1, "c.py": 0}


def test_a_lease_keeps_others_out_until_it_is_released(either: Either) -> None:
    heaven = either.heaven
    (lease,) = heaven.acquire("one", "m", [FILE], ttl_seconds=60).acquired
    assert heaven.active_leases() == (lease,) == either.embedded.active_leases()
    refused = heaven.acquire("two", "m", [Scope("directory", "calc"), Scope("file", "b.py")])
    assert (refused.acquired, refused.denied) == ((), ("directory:calc",))
    some = heaven.acquire("two", "m", [FILE, Scope("file", "b.py")], partial=True)
    assert [one.scope_value for one in some.acquired] == ["b.py"]
    assert heaven.release("one", [lease.lease_id]) == (lease.lease_id,)
    assert heaven.release("one", [lease.lease_id]) == ()
    assert heaven.acquire("two", "m", [FILE]).denied == ()


def test_readers_share_a_scope(either: Either) -> None:
    assert either.heaven.acquire("one", "m", [FILE], mode="S").denied == ()
    assert either.heaven.acquire("two", "m", [FILE], mode="S").denied == ()
    assert either.heaven.acquire("three", "m", [FILE]).denied == ("file:calc/core.py",)


def test_a_lease_ends_with_its_time_unless_it_is_renewed(either: Either) -> None:
    (lease,) = either.heaven.acquire("one", "m", [FILE], ttl_seconds=10).acquired
    either.clock.advance(8)
    (renewed,) = either.heaven.renew("one", [lease.lease_id], ttl_seconds=10)
    assert renewed.expires_at > lease.expires_at
    either.clock.advance(8)
    assert either.heaven.active_leases() == (renewed,)
    either.clock.advance(8)
    assert either.heaven.active_leases() == ()
    with pytest.raises(LeaseGone) as gone:
        either.heaven.renew("one", [lease.lease_id])
    assert gone.value.lease_id == lease.lease_id


def test_who_waits_gets_the_lease_when_it_is_free_in_the_order_of_waiting(either: Either) -> None:
    heaven = either.heaven
    (first,) = heaven.acquire("one", "m", [FILE]).acquired
    got: list[str] = []

    def wait(owner: str) -> None:
        granted = heaven.acquire(owner, "m", [FILE], wait_seconds=60).acquired
        got.append(owner)
        heaven.release(owner, [lease.lease_id for lease in granted])

    waiting = []
    for number, owner in enumerate(("two", "three", "four"), 1):
        waiting.append(Thread(target=wait, args=(owner,)))
        waiting[-1].start()
        while len(either.embedded._leases._line) < number:
            time.sleep(0)
    heaven.release("one", [first.lease_id])
    for thread in waiting:
        thread.join()
    assert got == ["two", "three", "four"]


def test_a_wait_in_vain_ends_with_its_time(either: Either) -> None:
    either.heaven.acquire("one", "m", [FILE])
    assert either.heaven.acquire("two", "m", [FILE], wait_seconds=0.01).denied
    assert either.heaven.acquire("one", "m", [FILE], wait_seconds=0.01).denied == ()


def test_an_event_is_written_only_under_leases_that_still_stand(either: Either) -> None:
    heaven = either.heaven

    def write(owner: str, token: int, path: str = "calc/core.py") -> int:
        return heaven.append_fenced(
            "note", {"by": owner}, owner_id=owner, paths=[path], tokens=[token]
        ).seq

    (old,) = heaven.acquire("one", "m", [FILE], ttl_seconds=10).acquired
    assert write("one", old.fencing_token) == 2
    with pytest.raises(NotLeased):
        write("one", old.fencing_token, "other.py")
    with pytest.raises(PathOutside):
        write("one", old.fencing_token, "../x")
    either.clock.advance(11)
    (new,) = heaven.acquire("two", "m", [FILE]).acquired
    with pytest.raises(StaleToken) as stale:
        write("one", old.fencing_token)
    assert (stale.value.token, stale.value.current) == (old.fencing_token, new.fencing_token)
    assert write("two", new.fencing_token) == heaven.last_seq
    with pytest.raises(BadEvent):
        heaven.append_fenced("lease_granted", {}, owner_id="two", paths=[], tokens=[])
    assert [event.data for event in heaven.events(kinds={"note"})] == [{"by": "one"}, {"by": "two"}]


def test_nobody_releases_or_renews_the_lease_of_another(either: Either) -> None:
    (lease,) = either.heaven.acquire("one", "m", [FILE]).acquired
    for attempt in (either.heaven.release, either.heaven.renew):
        with pytest.raises(LeaseNotOwned) as refused:
            attempt("two", [lease.lease_id])
        assert (refused.value.holder, refused.value.owner_id) == ("one", "two")
    assert either.heaven.active_leases() == (lease,)


def test_a_manifest_needs_leases_and_clocks_that_stand_still(either: Either) -> None:
    heaven = either.heaven
    files, symbols = ["calc/core.py"], ["Add"]
    bare = heaven.validate_manifest("one", symbols=symbols, files=files)
    assert not bare.allowed
    assert bare.missing_leases == ("file:calc/core.py", "symbol:Add")
    assert bare.reason is not None and "file:calc/core.py" in bare.reason
    heaven.acquire("one", "m", [FILE])
    clocks = heaven.clocks(files)
    held = heaven.validate_manifest("one", symbols=symbols, files=files, expected_clocks=clocks)
    assert held.allowed and held.reason is None and held.missing_leases == ()
    heaven.clock_inc(files)
    late = heaven.validate_manifest("one", symbols=symbols, files=files, expected_clocks=clocks)
    assert not late.allowed
    assert late.clock_drift == {"calc/core.py": Drift(expected=0, actual=1)}
    assert not heaven.validate_manifest("two", symbols=symbols, files=[]).allowed


def test_a_lease_of_one_symbol_does_not_cover_its_neighbour(either: Either) -> None:
    either.heaven.acquire("one", "m", [Scope("symbol", "Add")])
    assert either.heaven.validate_manifest("one", symbols=["Add"], files=[]).allowed
    both = either.heaven.validate_manifest("one", symbols=["Add", "Eval"], files=[])
    assert both.missing_leases == ("symbol:Eval",)


def test_the_index_answers_alike(either: Either) -> None:
    heaven, embedded = either.heaven, either.embedded
    stats = heaven.build_index()
    assert (stats.files, stats.broken) == (len(either.repository.tree()) - 1, ())
    assert heaven.find_symbols("Add") == embedded.find_symbols("Add") != ()
    assert heaven.find_symbols("nobody") == ()
    assert heaven.callers("Add", 3) == embedded.callers("Add", 3) != ()
    assert heaven.search("eval", 5) == embedded.search("eval", 5) != ()


def test_a_change_made_outside_is_seen_by_the_next_question(either: Either) -> None:
    assert either.heaven.find_symbols("Sub") == ()
    either.repository.write("calc/sub.py", "def Sub(a, b):\n    return a - b\n")
    assert [one.path for one in either.heaven.find_symbols("Sub")] == ["calc/sub.py"]


def test_a_slice_is_whole_lines_as_they_are(either: Either) -> None:
    either.repository.write("a.txt", b"one\r\ntwo\nthree")
    assert either.heaven.read_slice("a.txt", 1, 1) == "one\r\n"
    assert either.heaven.read_slice("a.txt", 2, 1) == "two\n"
    assert either.heaven.read_slice("a.txt", 2, 100) == "two\nthree"
    assert either.heaven.read_slice("a.txt", 9, 1) == ""


def test_a_page_fault_is_answered_within_its_budget(either: Either) -> None:
    request = Request("PF_SYMDEF", Args(mission_id="m", symbol="Add"))
    response = either.heaven.fault(request)
    assert response.shards[0].kind == "symdef"
    assert "def Add" in response.shards[0].excerpts[0].text
    assert either.heaven.fault(request).shards[0].kind == "unchanged"
    for _ in range(18):
        either.heaven.fault(Request("PF_STATUS", Args(mission_id="m")))
    with pytest.raises(FaultRefused) as refused:
        either.heaven.fault(request)
    assert refused.value.reason == "budget"


def test_several_faults_are_answered_in_order_each_counted(either: Either) -> None:
    """A refusal stands in its place, and the budget counts each as if it had come alone."""

    def ask(command: Command, mission: str = "m", **args: Any) -> Request:
        return Request(command, Args(mission_id=mission, **args))

    prompt = either.embedded.store_prompt(b"# Task\n\nDo it.\n").prompt.prompt_id
    several = [
        ask("PF_SYMDEF", symbol="Add"),
        ask("PF_SYMDEF", symbol="Evall"),
        ask("PF_SYMDEF", symbol="Add"),
        ask("PF_STATUS", mission="n"),
        ask("PF_SLICE", path="../x"),
        ask("PF_PROMPT_SUMMARY", prompt_id=prompt),
        ask("PF_SLICE", path="calc/core.py", n=1),
    ]
    first, unknown, again, status, outside, summary, lines = either.heaven.faults(several)
    assert isinstance(first, Response) and first.shards[0].kind == "symdef"
    assert isinstance(unknown, FaultRefused) and unknown.reason == "unknown"
    assert "Eval" in unknown.candidates
    assert isinstance(again, Response)
    assert {one.kind for one in again.shards} == {"unchanged"}
    assert isinstance(status, Response) and status.meta.pf_count == 1
    assert isinstance(outside, FaultRefused) and outside.reason == "bad_request"
    assert isinstance(summary, Response) and summary.shards[0].kind == "prompt_summary"
    assert isinstance(lines, Response) and lines.meta.pf_count == 6
    assert lines.meta.shard_bytes == sum(
        shard.meta.bytes for one in (first, again, summary, lines) for shard in one.shards
    )
    assert either.heaven.faults([]) == ()


def test_the_budget_ends_in_the_middle_of_several_faults(either: Either) -> None:
    line = "x" * 99 + "\n"
    either.repository.write("long.txt", line * 1000)
    slices = [
        Request("PF_SLICE", Args(mission_id="m", path="long.txt", start_line=n * 300 + 1, n=300))
        for n in range(3)
    ]
    answers = either.heaven.faults([*slices, *slices[:1] * 30])
    cut = answers[2]
    assert isinstance(cut, Response) and cut.shards[0].excerpts[0].text == line * 55
    assert cut.shards[0].meta.note == "245 lines left out: the budget is used up"
    replies = [one for one in answers if isinstance(one, Response)]
    assert [one.meta.pf_count for one in replies] == list(range(1, 21))
    assert all(one.shards[0].kind == "unchanged" for one in replies[3:])
    refused = [one for one in answers[20:] if isinstance(one, FaultRefused)]
    assert [one.reason for one in refused] == ["budget"] * 13


def test_a_mission_that_is_forgotten_starts_afresh(either: Either) -> None:
    request = Request("PF_SYMDEF", Args(mission_id="m", symbol="Add"))
    either.heaven.fault(request)
    assert either.heaven.fault(request).shards[0].kind == "unchanged"
    either.heaven.forget_mission("m")
    response = either.heaven.fault(request)
    assert response.shards[0].kind == "symdef"
    assert response.meta.budget_remaining is not None
    assert response.meta.budget_remaining.pf_calls_left == 19
    either.heaven.forget_mission("nobody")


PROMPT = b"# Constraints\nShort.\n\n# Examples\nNone.\n"


def test_a_prompt_is_kept_in_sections_and_told_since_another(either: Either) -> None:
    heaven = either.heaven
    assert heaven.prompts() == ()
    first = heaven.store_prompt(PROMPT)
    assert (first.stored_before, first.new, first.unchanged) == (False, (0, 1), ())
    changed = heaven.store_prompt(PROMPT.replace(b"None", b"\xffOne"), first.prompt.prompt_id[:12])
    assert (changed.previous, changed.new) == (first.prompt.prompt_id, (1,))
    assert (changed.unchanged, changed.removed) == ((0,), (1,))
    assert heaven.store_prompt(PROMPT).stored_before
    assert heaven.prompts() == either.embedded.prompts()
    assert [one.prompt_id for one in heaven.prompts()] == [
        first.prompt.prompt_id,
        changed.prompt.prompt_id,
    ]
    outline = heaven.get_prompt(first.prompt.prompt_id[:8])
    assert outline == first.prompt == either.embedded.get_prompt(first.prompt.prompt_id)
    section = heaven.prompt_section(changed.prompt.prompt_id, 1)
    assert section == either.embedded.prompt_section(changed.prompt.prompt_id, 1)
    assert section.content == b"# Examples\n\xffOne.\n"
    assert heaven.reconstruct_prompt(first.prompt.prompt_id) == PROMPT


def test_an_unknown_symbol_is_refused_with_what_is_near(either: Either) -> None:
    with pytest.raises(FaultRefused) as refused:
        either.heaven.fault(Request("PF_SYMDEF", Args(symbol="Evall")))
    assert refused.value.reason == "unknown"
    assert "Eval" in " ".join(refused.value.candidates)
    assert "Evall" in str(refused.value)


def test_the_status_tells_the_log_leases_clocks_and_hot_subjects(either: Either) -> None:
    either.heaven.acquire("one", "m", [FILE])
    either.heaven.clock_inc(["a.py"])
    either.heaven.fault(Request("PF_SYMDEF", Args(symbol="Add")))
    status = either.heaven.status()
    assert (status.state_rev, status.active_leases_count) == (3, 1), "lease, clock, page fault"
    assert (status.hotset_summary, status.file_clock_summary) == ({"Add": "1"}, {"a.py": "1"})


def _section(index: int) -> Callable[[Either], object]:
    return lambda e: e.heaven.prompt_section(
        e.embedded.store_prompt(b"# One\n").prompt.prompt_id, index
    )


REFUSALS: list[tuple[str, type[HeavenError], Callable[[Either], object]]] = [
    ("blob id", BadBlobId, lambda e: e.heaven.get_blob("../../etc/passwd")),
    ("blob", BlobMissing, lambda e: e.heaven.get_blob("0" * 64)),
    ("lease event", BadEvent, lambda e: e.heaven.append("lease_granted", {})),
    ("kind", BadEvent, lambda e: e.heaven.append("Not A Kind", {})),
    ("NaN", NotCanonical, lambda e: e.heaven.append("note", {"n": float("nan")})),
    ("clock path", PathOutside, lambda e: e.heaven.clock_inc(["../x"])),
    ("lease path", PathOutside, lambda e: e.heaven.acquire("o", "m", [Scope("file", "/etc")])),
    ("ttl", BadScope, lambda e: e.heaven.acquire("o", "m", [FILE], ttl_seconds=0.0)),
    ("long ttl", BadScope, lambda e: e.heaven.acquire("o", "m", [FILE], ttl_seconds=1e9)),
    ("owner", BadScope, lambda e: e.heaven.acquire("", "m", [FILE])),
    ("slice path", PathOutside, lambda e: e.heaven.read_slice("../../etc/passwd")),
    ("slice absolute", PathOutside, lambda e: e.heaven.read_slice("/etc/passwd")),
    ("slice state", PathOutside, lambda e: e.heaven.read_slice(".heaven/log.jsonl")),
    ("slice file", NoSuchFile, lambda e: e.heaven.read_slice("absent.py")),
    ("wait", BadScope, lambda e: e.heaven.acquire("o", "m", [FILE], wait_seconds=-1.0)),
    ("long wait", BadScope, lambda e: e.heaven.acquire("o", "m", [FILE], wait_seconds=1e6)),
    ("prompt", PromptMissing, lambda e: e.heaven.get_prompt("0" * 64)),
    ("prompt id", PromptMissing, lambda e: e.heaven.get_prompt("../x")),
    ("empty prompt id", PromptMissing, lambda e: e.heaven.reconstruct_prompt("")),
    ("dot prompt id", PromptMissing, lambda e: e.heaven.prompt_section("..", 0)),
    ("since", PromptMissing, lambda e: e.heaven.store_prompt(b"x", "12345678")),
    ("section", SectionMissing, _section(7)),
    ("section below 0", SectionMissing, _section(-1)),
    ("slice binary", BadSlice, lambda e: e.heaven.read_slice("zero.bin")),
]


@pytest.mark.parametrize(
    ("kind", "attempt"), [(k, a) for _, k, a in REFUSALS], ids=[name for name, _, _ in REFUSALS]
)
def test_a_refusal_is_the_same_error_with_the_same_words(
    either: Either, kind: type[HeavenError], attempt: Callable[[Either], object]
) -> None:
    either.repository.write("zero.bin", b"\0\0")
    with pytest.raises(kind) as refused:
        attempt(either)
    with pytest.raises(kind) as embedded:
        attempt(Either(either.embedded, either.embedded, either.clock, either.repository))
    assert type(refused.value) is type(embedded.value)
    assert str(refused.value) == str(embedded.value)
    assert vars(refused.value) == vars(embedded.value)


def test_a_link_out_of_the_repository_is_not_followed(either: Either) -> None:
    (either.repository.root / "link").symlink_to("/etc")
    with pytest.raises(PathOutside):
        either.heaven.read_slice("link/passwd")
