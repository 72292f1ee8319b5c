"""Page faults: source text with line numbers, within an exact budget, each shard sent once."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.faults.router import FaultRefused
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.proto.pf import Args, Command, Request, Response

BODY = '''\
    """The first line.

    More of it.
    """
    return max(a,
               b)
'''
SOURCE = f"""\
import os


@staticmethod
def bigger(
    a, b={{"x": 1}}
):
{BODY}

class Box:
    '''A box.'''

    size = 1

    def open(self):
        return bigger(1, 2)

    def shut(self): ...
"""


@pytest.fixture
def heaven(tmp_path: Path) -> Iterator[Heaven]:
    (tmp_path / "lib.py").write_text(SOURCE)
    (tmp_path / "other.py").write_text("from lib import bigger\n\n\nbigger(3, 4)\nx = 1\n")
    (tmp_path / "test_lib.py").write_text(
        "from lib import bigger\n\n\ndef test_bigger():\n    assert bigger(1, 2) == 2\n"
    )
    with Heaven.open(tmp_path) as found:
        yield found


def ask(heaven: Heaven, command: Command, mission: str = "m", **args: Any) -> Response:
    return heaven.fault(Request(command, Args(mission_id=mission, **args)))


def refused(heaven: Heaven, command: Command, **args: Any) -> FaultRefused:
    with pytest.raises(FaultRefused) as caught:
        ask(heaven, command, **args)
    return caught.value


def test_trap_a_definition_comes_whole_with_callers_and_tests(heaven: Heaven) -> None:
    """Trap: "full" definitions without source text."""
    symdef, callers, tests = ask(heaven, "PF_SYMDEF", symbol="bigger").shards
    assert [one.kind for one in (symdef, callers, tests)] == ["symdef", "callers", "tests"]
    (one,) = symdef.excerpts
    assert (one.path, one.start_line, one.end_line) == ("lib.py", 4, 13)
    assert one.text == "".join(SOURCE.splitlines(keepends=True)[3:13])
    assert one.text.startswith("@staticmethod\ndef bigger(")
    assert heaven.get_blob(one.file_blob) == SOURCE.encode()
    assert [(c.path, c.start_line, c.end_line, c.symbol) for c in callers.excerpts] == [
        ("lib.py", 21, 23, "Box.open"),
        ("other.py", 3, 5, None),
        ("test_lib.py", 4, 5, "test_bigger"),
    ]
    assert [one.symbol for one in tests.excerpts] == ["test_bigger"]
    assert callers.meta.prefetched and tests.meta.prefetched and not symdef.meta.prefetched
    assert [shard.meta.handle for shard in (symdef, callers, tests)] == ["s1", "s2", "s3"]


def test_a_blob_holds_the_excerpts_in_canonical_json(heaven: Heaven) -> None:
    shard = ask(heaven, "PF_SYMDEF", symbol="bigger").shards[0]
    stored = json.loads(heaven.get_blob(shard.blob_id))
    assert stored[0]["text"] == shard.excerpts[0].text
    assert list(stored[0]) == sorted(stored[0])


def test_depths(heaven: Heaven) -> None:
    signature = ask(heaven, "PF_SYMDEF", symbol="bigger", depth="signature").shards[0]
    assert signature.excerpts[0].text == 'def bigger(\n    a, b={"x": 1}\n):\n'
    summary = ask(heaven, "PF_SYMDEF", symbol="bigger", depth="summary").shards[0]
    assert summary.excerpts[0].text.endswith('"""The first line.\n')
    box = ask(heaven, "PF_SYMDEF", symbol="Box", depth="summary").shards[0]
    assert [textwrap.dedent(one.text) for one in box.excerpts] == [
        "class Box:\n    '''A box.'''\n",
        "size = 1\n",
        "def open(self):\n",
        "def shut(self): ...\n",
    ]


def test_trap_relative_paths_are_of_the_repository_not_of_the_process(
    heaven: Heaven, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "lib.py").write_text("def bigger(): 'of another directory'\n")
    monkeypatch.chdir(elsewhere)
    assert ask(heaven, "PF_SLICE", path="lib.py", n=1).shards[0].excerpts[0].text == "import os\n"
    (one,) = ask(heaven, "PF_SYMDEF", symbol="lib.py::bigger").shards[0].excerpts
    assert one.start_line == 4


def test_text_that_no_file_can_hold_is_a_bad_request(heaven: Heaven) -> None:
    """A lone surrogate is no UTF-8; the store would stumble over it."""
    for text in ("f\ud800", "\udc80.py::f"):
        assert refused(heaven, "PF_SYMDEF", symbol=text).reason == "bad_request"
        assert refused(heaven, "PF_SEARCH", query=text).reason == "bad_request"
        assert refused(heaven, "PF_SLICE", path=text).reason == "bad_request"


def test_a_name_after_its_path_gives_that_definition_alone(heaven: Heaven) -> None:
    (heaven.root / "more.py").write_text("class B:\n    def f(self): ...\ndef f(): ...\n")
    (shard, _, _) = ask(heaven, "PF_SYMDEF", symbol="more.py::f").shards
    assert [one.symbol for one in shard.excerpts] == ["f"]
    assert shard.meta.note is None
    assert len(ask(heaven, "PF_SYMDEF", symbol="f").shards[0].excerpts) == 2


def test_an_ambiguous_name_gives_all_it_names_and_says_so(heaven: Heaven) -> None:
    (heaven.root / "more.py").write_text("def bigger(): ...\n")
    shard = ask(heaven, "PF_SYMDEF", symbol="bigger").shards[0]
    assert [one.path for one in shard.excerpts] == ["lib.py", "more.py"]
    assert shard.meta.note == "bigger names 2 definitions: lib.py::bigger, more.py::bigger"
    one = ask(heaven, "PF_SYMDEF", symbol="more.py::bigger").shards[0]
    assert [each.path for each in one.excerpts] == ["more.py"]


def test_slices(heaven: Heaven) -> None:
    def lines(**args: Any) -> tuple[str, str | None]:
        shard = ask(heaven, "PF_SLICE", mission="m" + str(args), **args).shards[0]
        return "".join(one.text for one in shard.excerpts), shard.meta.note

    assert lines(path="other.py", start_line=4, n=1) == ("bigger(3, 4)\n", None)
    assert lines(path="./other.py", start_line=4, n=9) == (
        "bigger(3, 4)\nx = 1\n",
        "the file has 5 lines",
    )
    assert lines(path="other.py", start_line=9) == ("", "the file has 5 lines")
    (heaven.root / "raw.txt").write_bytes(b"a\r\nb\x0cc\nlast")
    assert lines(path="raw.txt") == ("a\r\nb\x0cc\nlast", "the file has 3 lines")
    (heaven.root / "latin.txt").write_bytes(b"\xe9\n")
    shard = ask(heaven, "PF_SLICE", path="latin.txt", n=1).shards[0]
    assert not shard.meta.complete and shard.excerpts[0].text == "\ufffd\n"


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x", "a/../../x", ".git/config", ".heaven/log.jsonl", "link", "in/x", "a\0"],
)
def test_trap_no_path_leaves_the_repository(heaven: Heaven, path: str) -> None:
    """Trap: `/etc/passwd` served as a slice."""
    (heaven.root / "link").symlink_to("/etc/passwd")
    (heaven.root / "in").symlink_to("/etc")
    assert refused(heaven, "PF_SLICE", path=path).reason == "bad_request"
    if path != "in/x" and path != "link":
        assert refused(heaven, "PF_SYMDEF", symbol=f"{path}::x").reason == "bad_request"


def test_what_does_not_exist_is_refused_with_what_does(heaven: Heaven) -> None:
    missing = refused(heaven, "PF_SYMDEF", symbol="biger")
    assert (missing.reason, missing.candidates[0]) == ("unknown", "bigger")
    assert refused(heaven, "PF_SLICE", path="sub/lib.py").candidates == ("lib.py", "test_lib.py")


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("PF_SYMDEF", {}),
        ("PF_CALLERS", {"symbol": " "}),
        ("PF_CALLERS", {"symbol": "bigger", "top_k": 0}),
        ("PF_SEARCH", {"query": "x", "top_k": 1001}),
        ("PF_SLICE", {"path": "lib.py", "start_line": 0}),
        ("PF_SLICE", {"path": "lib.py", "n": 0}),
        ("PF_SLICE", {"path": "lib.py", "n": 10_001}),
        ("PF_PROMPT_SUMMARY", {}),
        ("PF_PROMPT_SECTION", {"prompt_id": "0" * 64}),
        ("PF_PROMPT_SECTION", {"section_index": 0}),
        ("PF_PROMPT_SEARCH", {"prompt_id": "0" * 64}),
        ("PF_PROMPT_SEARCH", {"prompt_id": "0" * 64, "query": "x", "top_k": 0}),
    ],
)
def test_a_malformed_request_is_refused(
    heaven: Heaven, command: Command, args: dict[str, Any]
) -> None:
    assert refused(heaven, command, **args).reason == "bad_request"


def test_binary_files_are_refused(heaven: Heaven) -> None:
    (heaven.root / "b.bin").write_bytes(b"\0\1")
    assert refused(heaven, "PF_SLICE", path="b.bin").reason == "bad_request"


def test_trap_an_unchanged_shard_is_sent_once_a_mission_and_each_by_itself(heaven: Heaven) -> None:
    """Traps: governor and delta tracker never wired in; one delta key for three shards."""
    first = ask(heaven, "PF_SYMDEF", symbol="bigger")
    (heaven.root / "other.py").write_text("from lib import bigger\nbigger(5, 6)\n")
    second = ask(heaven, "PF_SYMDEF", symbol="bigger")
    assert [one.kind for one in second.shards] == ["unchanged", "callers", "unchanged"]
    assert second.shards[0].blob_id == first.shards[0].blob_id
    assert second.shards[0].excerpts == () and second.shards[0].meta.bytes == 0
    assert second.shards[0].meta.handle == first.shards[0].meta.handle
    other = ask(heaven, "PF_SYMDEF", mission="n", symbol="bigger")
    assert [one.kind for one in other.shards] == ["symdef", "callers", "tests"]
    heaven.forget_mission("m")
    again = ask(heaven, "PF_SYMDEF", symbol="bigger")
    assert again.shards[0].kind == "symdef" and again.meta.pf_count == 1


def test_twenty_calls_and_not_one_more(heaven: Heaven) -> None:
    for number in range(20):
        reply = ask(heaven, "PF_STATUS")
        assert reply.meta.pf_count == number + 1
        assert reply.meta.budget_remaining is not None
        assert reply.meta.budget_remaining.pf_calls_left == 19 - number
    assert refused(heaven, "PF_STATUS").reason == "budget"
    assert ask(heaven, "PF_STATUS", mission="n").meta.pf_count == 1


def test_refused_faults_count_as_calls(heaven: Heaven) -> None:
    for _ in range(20):
        assert refused(heaven, "PF_SYMDEF", symbol="nothing_like_it").reason == "unknown"
    assert refused(heaven, "PF_SYMDEF", symbol="bigger").reason == "budget"


def test_a_reply_is_cut_at_whole_lines_to_the_last_byte(heaven: Heaven) -> None:
    line = "x" * 99 + "\n"
    (heaven.root / "long.txt").write_text(line * 1000)
    first = ask(heaven, "PF_SLICE", path="long.txt", n=600)
    second = ask(heaven, "PF_SLICE", path="long.txt", start_line=601, n=100)
    assert first.shards[0].meta.bytes == 60_000
    (shard,) = second.shards
    assert shard.excerpts[0].text == line * 55
    assert (shard.excerpts[0].start_line, shard.excerpts[0].end_line) == (601, 655)
    assert not shard.meta.complete
    assert shard.meta.note == "45 lines left out: the budget is used up"
    assert second.meta.shard_bytes == 65_500
    assert second.meta.budget_remaining is not None
    assert second.meta.budget_remaining.shard_bytes_left == 36
    third = ask(heaven, "PF_SLICE", path="other.py", start_line=1, n=1)
    assert third.meta.shard_bytes == 65_523
    fourth = ask(heaven, "PF_SLICE", path="long.txt", start_line=1, n=1)
    assert fourth.shards[0].excerpts == () and not fourth.shards[0].meta.complete
    fifth = ask(heaven, "PF_SLICE", path="other.py", start_line=4, n=1)
    assert fifth.meta.shard_bytes == 65_536
    assert refused(heaven, "PF_STATUS").reason == "budget"


def test_what_is_prefetched_gives_way_first(heaven: Heaven) -> None:
    line = "x" * 99 + "\n"
    (heaven.root / "long.txt").write_text(line * 1000)
    ask(heaven, "PF_SLICE", path="long.txt", n=653)
    reply = ask(heaven, "PF_SYMDEF", symbol="bigger")
    assert [one.kind for one in reply.shards] == ["symdef", "tests"]
    assert reply.shards[0].meta.complete
    assert reply.shards[0].meta.note == "what is prefetched was left out: it is over the budget"
    assert reply.meta.shard_bytes <= 65_536


def test_tests_search_and_status(heaven: Heaven) -> None:
    (tests,) = ask(heaven, "PF_TESTS", symbol="bigger").shards
    assert tests.excerpts[0].text == "def test_bigger():\n    assert bigger(1, 2) == 2\n"
    (none,) = ask(heaven, "PF_TESTS", symbol="Box.shut").shards
    assert none.excerpts == () and none.meta.note == "no test is known to reach it"
    (search,) = ask(heaven, "PF_SEARCH", query="box").shards
    assert search.excerpts[0].symbol == "Box" and search.data == {"found": 4}
    (status,) = ask(heaven, "PF_STATUS").shards
    assert status.data is not None and status.data["pf_count"] == 4
    assert heaven.get_blob(status.blob_id)


def test_trap_text_is_of_the_moment_of_the_fault(heaven: Heaven) -> None:
    """Trap: offsets go stale and the wrong text is served."""
    ask(heaven, "PF_SYMDEF", symbol="bigger")
    (heaven.root / "lib.py").write_text("# one more line\n" + SOURCE)
    (one,) = ask(heaven, "PF_SYMDEF", symbol="bigger").shards[0].excerpts
    assert one.start_line == 5 and one.text.startswith("@staticmethod\n")


def test_faults_and_leases_of_several_threads_do_not_wait_for_each_other_for_ever(
    heaven: Heaven,
) -> None:
    def faults(number: int) -> None:
        for _ in range(10):
            ask(heaven, "PF_STATUS", mission=f"m{number}")
            ask(heaven, "PF_CALLERS", mission=f"m{number}", symbol="bigger")

    def leases(number: int) -> None:
        for _ in range(10):
            given = heaven.acquire(f"o{number}", "m", [Scope("symbol", "bigger")])
            heaven.release(f"o{number}", [one.lease_id for one in given.acquired])

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(work, n) for n in range(2) for work in (faults, leases)]
        for job in jobs:
            job.result(timeout=60)


def test_an_answer_says_when_it_may_be_incomplete(heaven: Heaven) -> None:
    (heaven.root / "bad.py").write_text("x = = 1\n")
    (callers,) = ask(heaven, "PF_CALLERS", symbol="bigger").shards
    assert callers.meta.complete
    (heaven.root / "bad.py").write_text("x = = bigger(1)\n")
    (callers,) = ask(heaven, "PF_CALLERS", symbol="bigger").shards
    assert not callers.meta.complete
    assert callers.meta.note is not None
    assert callers.meta.note.endswith("some may be missing: not read in full: bad.py")


PROMPT = b"""\
# Task

Swap them.

## Constraints

Keep the public API.
Keep the tests.

## Notes

Unimportant.
"""


@pytest.fixture
def prompt_id(heaven: Heaven) -> str:
    return heaven.store_prompt(PROMPT).prompt.prompt_id


def test_a_prompts_section_is_shown_with_its_lines_and_its_type(
    heaven: Heaven, prompt_id: str
) -> None:
    (shard,) = ask(heaven, "PF_PROMPT_SECTION", prompt_id=prompt_id, section_index=1).shards
    (one,) = shard.excerpts
    assert shard.kind == "prompt_section"
    assert shard.meta.subject == f"prompt:{prompt_id[:12]}/1 Constraints"
    assert (one.path, one.start_line, one.end_line) == (f"prompt:{prompt_id[:12]}/1", 1, 5)
    assert one.text == "## Constraints\n\nKeep the public API.\nKeep the tests.\n\n"
    assert (one.symbol, one.kind) == ("Constraints", "constraints")
    assert heaven.get_blob(one.file_blob) == one.text.encode()
    assert shard.meta.bytes == len(one.text) and shard.meta.complete


def test_a_prompts_summary_is_its_outline(heaven: Heaven, prompt_id: str) -> None:
    (shard,) = ask(heaven, "PF_PROMPT_SUMMARY", prompt_id=prompt_id).shards
    assert shard.kind == "prompt_summary"
    assert shard.data == {"prompt_id": prompt_id, "sections": 3, "bytes": len(PROMPT)}
    assert shard.excerpts[0].text == (
        "0 spec 20 B Task [planner]\n"
        "1 constraints 54 B   Constraints [planner, builder, reviewer]\n"
        "2 other 23 B   Notes\n"
    )
    assert heaven.get_blob(shard.excerpts[0].file_blob) == shard.excerpts[0].text.encode()


def test_a_prompt_is_searched_best_section_first(heaven: Heaven, prompt_id: str) -> None:
    def found(query: str, **args: Any) -> list[tuple[str, int, int]]:
        (shard,) = ask(
            heaven, "PF_PROMPT_SEARCH", mission=query, prompt_id=prompt_id, query=query, **args
        ).shards
        assert shard.kind == "prompt_search" and shard.data is not None
        return [(one.symbol or "", one.start_line, one.end_line) for one in shard.excerpts]

    assert found("keep api") == [("Constraints", 2, 5)]
    assert found("unimportant swap") == [("Task", 2, 4), ("Notes", 2, 3)]
    assert found("unimportant swap ", top_k=1) == [("Task", 2, 4)]
    (none,) = ask(heaven, "PF_PROMPT_SEARCH", prompt_id=prompt_id, query="zebra").shards
    assert none.excerpts == () and none.meta.note == "nothing matches"
    assert heaven.get_blob(none.blob_id)


def test_a_prompt_is_named_by_a_prefix_with_or_without_its_algorithm(
    heaven: Heaven, prompt_id: str
) -> None:
    ask(heaven, "PF_PROMPT_SUMMARY", prompt_id=prompt_id)
    for ref in (f"sha256:{prompt_id}", prompt_id[:8], f"sha256-{prompt_id[:20]}"):
        (again,) = ask(heaven, "PF_PROMPT_SUMMARY", prompt_id=ref).shards
        assert again.kind == "unchanged" and again.meta.handle == "s1"


def test_what_no_prompt_has_is_refused_with_what_there_is(heaven: Heaven, prompt_id: str) -> None:
    for ref in ("0" * 64, prompt_id[:7], "p"):
        missing = refused(heaven, "PF_PROMPT_SUMMARY", prompt_id=ref)
        assert (missing.reason, missing.candidates) == ("unknown", (prompt_id[:12],))
    for index, near in ((3, "2"), (99, "2"), (-1, "0")):
        missing = refused(heaven, "PF_PROMPT_SECTION", prompt_id=prompt_id, section_index=index)
        assert (missing.reason, missing.candidates) == ("unknown", (near,))
        assert "3 sections, 0 to 2" in str(missing)


def test_each_shard_of_a_prompt_is_sent_once_a_mission(heaven: Heaven, prompt_id: str) -> None:
    asked: list[tuple[Command, dict[str, Any]]] = [
        ("PF_PROMPT_SECTION", {"section_index": 0}),
        ("PF_PROMPT_SECTION", {"section_index": 1}),
        ("PF_PROMPT_SEARCH", {"query": "keep"}),
        ("PF_PROMPT_SUMMARY", {}),
    ]
    first = [ask(heaven, command, prompt_id=prompt_id, **args) for command, args in asked]
    again = [ask(heaven, command, prompt_id=prompt_id, **args) for command, args in asked]
    for one, other in zip(first, again, strict=True):
        assert other.shards[0].kind == "unchanged"
        assert other.shards[0].blob_id == one.shards[0].blob_id
        assert other.shards[0].meta.handle == one.shards[0].meta.handle
    drawn = sum(one.shards[0].meta.bytes for one in first)
    assert again[-1].meta.pf_count == 8 and again[-1].meta.shard_bytes == drawn
    assert len({one.shards[0].meta.handle for one in first}) == 4


def test_a_prompt_is_cut_to_the_budget_at_whole_lines(heaven: Heaven) -> None:
    fence = b"```\n" + b"x" * 99 + b"\n"
    stored = heaven.store_prompt(fence + (b"y" * 99 + b"\n") * 1_000).prompt
    assert len(stored.sections) == 1
    (shard,) = (
        reply := ask(heaven, "PF_PROMPT_SECTION", prompt_id=stored.prompt_id, section_index=0)
    ).shards
    assert not shard.meta.complete and shard.meta.note is not None
    assert shard.meta.note.endswith("lines left out: the budget is used up")
    assert reply.meta.shard_bytes == 4 + 655 * 100 <= 65_536
    many = heaven.store_prompt(b"".join(b"# Title %d\n" % n for n in range(4_000))).prompt
    reply = ask(heaven, "PF_PROMPT_SUMMARY", mission="n", prompt_id=many.prompt_id)
    assert reply.meta.shard_bytes <= 65_536 and not reply.shards[0].meta.complete


def test_a_damaged_prompt_is_refused_and_says_what_mends_it(heaven: Heaven, prompt_id: str) -> None:
    blob = heaven.get_prompt(prompt_id).sections[1].blob_id
    (heaven.root / ".heaven/blobs/sha256" / blob[:2] / blob[2:]).unlink()
    missing = refused(heaven, "PF_PROMPT_SECTION", prompt_id=prompt_id, section_index=1)
    assert missing.reason == "unknown" and "store it again" in str(missing)


def test_bytes_of_a_prompt_that_are_not_text_are_marked(heaven: Heaven) -> None:
    stored = heaven.store_prompt(b"# A\n\xff\n").prompt.prompt_id
    (shard,) = ask(heaven, "PF_PROMPT_SECTION", prompt_id=stored, section_index=0).shards
    assert shard.excerpts[0].text == "# A\n\ufffd\n" and not shard.meta.complete
    assert heaven.get_blob(shard.excerpts[0].file_blob) == b"# A\n\xff\n"


def test_prompt_faults_wait_for_no_index(
    heaven: Heaven, prompt_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heaven.index, "ask", None)
    assert ask(heaven, "PF_PROMPT_SUMMARY", prompt_id=prompt_id).shards[0].excerpts


@pytest.mark.parametrize("git", [False, True])
def test_an_ignored_file_is_not_shown_to_anybody(tmp_path: Path, git: bool) -> None:
    """What a repository ignores is often what must not leave it: a file of secrets, say."""
    from kit.repository import make_repository

    repository = make_repository(tmp_path / "repo", git=git)
    repository.write(".gitignore", ".env\n.heaven/\n")
    repository.write(".env", "KEY=secret\n")
    with Heaven.open(repository.root) as heaven:
        assert "ignored" in str(refused(heaven, "PF_SLICE", path=".env", start_line=1, n=1))
        assert ask(heaven, "PF_SLICE", path="calc/core.py", start_line=1, n=1).shards
    state = (repository.root / ".heaven").rglob("*")
    assert not [file for file in state if file.is_file() and b"secret" in file.read_bytes()]


def nine(heaven: Heaven) -> dict[Command, dict[str, Any]]:
    """A request of each command that shows something."""
    (heaven.root / "many.txt").write_text("line\n" * 50)
    prompt = heaven.store_prompt(PROMPT).prompt.prompt_id
    return {
        "PF_STATUS": {},
        "PF_SYMDEF": {"symbol": "bigger"},
        "PF_CALLERS": {"symbol": "bigger"},
        "PF_SLICE": {"path": "many.txt", "n": 30},
        "PF_SEARCH": {"query": "bigger"},
        "PF_TESTS": {"symbol": "bigger"},
        "PF_PROMPT_SECTION": {"prompt_id": prompt, "section_index": 1},
        "PF_PROMPT_SEARCH": {"prompt_id": prompt, "query": "public"},
        "PF_PROMPT_SUMMARY": {"prompt_id": prompt},
    }


@pytest.mark.parametrize("command", get_args(Command))
def test_each_of_the_nine_counts_names_and_sends_once(heaven: Heaven, command: Command) -> None:
    """Traps: governor and delta tracker never wired in. The budget is told in each reply and is the
    bytes of the text; handles are short; what was sent is not sent again, except counters."""
    args = nine(heaven)[command]
    first = ask(heaven, command, **args)
    size = sum(len(one.text.encode()) for each in first.shards for one in each.excerpts)
    assert first.meta.pf_count == 1 and first.meta.shard_bytes == size
    assert sum(each.meta.bytes for each in first.shards) == size
    assert first.meta.budget_remaining is not None
    assert first.meta.budget_remaining.pf_calls_left == 19
    assert first.meta.budget_remaining.shard_bytes_left == 65_536 - size
    assert [each.meta.handle for each in first.shards] == [
        f"s{number}" for number in range(1, len(first.shards) + 1)
    ]
    for each in first.shards:
        assert heaven.get_blob(each.blob_id)
        assert all(heaven.get_blob(one.file_blob) for one in each.excerpts)
    second = ask(heaven, command, **args)
    assert second.meta.pf_count == 2
    assert [each.meta.handle for each in second.shards] == [
        each.meta.handle for each in first.shards
    ]
    if command == "PF_STATUS":
        assert second.shards[0].kind == "status" and second.shards[0].data != first.shards[0].data
        return
    assert size > 0 and {each.kind for each in second.shards} == {"unchanged"}
    assert [each.blob_id for each in second.shards] == [each.blob_id for each in first.shards]
    assert second.meta.shard_bytes == size


@pytest.mark.parametrize("command", [one for one in get_args(Command) if one != "PF_STATUS"])
def test_each_of_the_nine_is_cut_to_what_is_left_and_says_so(
    heaven: Heaven, command: Command
) -> None:
    args = nine(heaven)[command]
    whole = ask(heaven, command, mission="other", **args).shards[0]
    (heaven.root / "fill.txt").write_text("x" * 65_532 + "\n")
    left = 65_536 - ask(heaven, "PF_SLICE", path="fill.txt").meta.shard_bytes
    assert left == 3 and whole.meta.bytes > left
    cut = ask(heaven, command, **args)
    shown = sum(len(one.text.encode()) for one in cut.shards[0].excerpts)
    assert shown <= left and cut.meta.shard_bytes == 65_533 + shown
    assert not cut.shards[0].meta.complete
    assert cut.shards[0].meta.note is not None
    assert "lines left out: the budget is used up" in cut.shards[0].meta.note
    again = ask(heaven, command, **args)
    assert again.shards[0].kind != "unchanged", "what was cut was not sent"


def test_what_was_worked_out_is_of_this_state_of_the_files_only(heaven: Heaven) -> None:
    """Shards are kept for the next mission, but never beyond a change, told of or not."""
    for number in range(5):
        (one, _, _) = ask(heaven, "PF_SYMDEF", mission=f"a{number}", symbol="bigger").shards
        assert one.excerpts[0].start_line == 4 + number
        again = ask(heaven, "PF_SYMDEF", mission=f"b{number}", symbol="bigger").shards
        assert again[0].excerpts is one.excerpts, "made once"
        text = "# one more\n" * (number + 1) + SOURCE
        (heaven.root / "lib.py").write_text(text)


def test_code_is_found_where_no_name_has_the_words(heaven: Heaven) -> None:
    (found,) = ask(heaven, "PF_SEARCH", query="more of it").shards
    (one,) = found.excerpts
    assert (one.path, one.symbol, one.kind) == ("lib.py", "bigger", "code")
    assert one.start_line <= 10 <= one.end_line and "More of it." in one.text
