"""Whole runs on a real repository: real Heaven, real edits, real pytest, scripted answers."""

from __future__ import annotations

import errno
import os
from typing import NoReturn

import pytest
from genesis_ssmp.heaven.blobs import BlobStore
from genesis_ssmp.heaven.records import JsonObject
from genesis_ssmp.runtime import fields, runs
from genesis_ssmp.runtime.angels import Question, Reply, Turn
from genesis_ssmp.runtime.errors import AngelUnavailable
from genesis_ssmp.runtime.execute import Ended, Refused, execute
from genesis_ssmp.runtime.outcome import Progress
from genesis_ssmp.runtime.replay import replay
from kit.angel import edit_answer, scripted
from kit.mission import Mission, program
from kit.repository import Repository

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
DOUBLE = edit_answer(
    {
        "op": "replace_line",
        "path": "calc/core.py",
        "lines": [5],
        "content": "    return a + b + 0\n",
    }
)
BREAK = edit_answer(
    {"op": "replace_line", "path": "calc/core.py", "lines": [5], "content": "    return a - b\n"}
)
NEED = "NEED symdef Add\n"


def test_an_angels_edit_lands_and_the_suite_is_run(mission: Mission) -> None:
    ended = mission.ended(HEAD + NEED + "OP Add nothing\nRUN test\n", angel=scripted(DOUBLE))
    assert (ended.exit_code, ended.message) == (0, None)
    assert "return a + b + 0" in (mission.root / "calc/core.py").read_text()
    run = runs.find(mission.heaven, "last")
    assert (run.status, run.exit_code, run.tree) == ("done", 0, ended.tree)


def test_the_receipt_of_a_run_is_in_the_log(mission: Mission) -> None:
    mission.ended(HEAD + "RUN test\n")
    (event,) = mission.heaven.events(kinds={"receipt"})
    assert event.data["run"] == "r1"
    assert mission.heaven.has_blob(str(event.data["receipt"]))


def test_failing_checks_retry_then_restore_every_byte(mission: Mission) -> None:
    before = Repository(mission.root).tree()
    text = HEAD + NEED + "OP break it\nRUN test\nIF_FAIL RETRY 1\n"
    ended = mission.ended(text, angel=scripted(BREAK, BREAK))
    assert ended.exit_code == 1
    assert Repository(mission.root).tree() == before
    kinds = [one.kind for one in mission.progress]
    assert kinds.count("retry") == 1 and kinds.count("undone") == 2


def test_a_retry_that_mends_it_is_done(mission: Mission) -> None:
    text = HEAD + NEED + "OP break it\nRUN test\nIF_FAIL RETRY 1\n"
    ended = mission.ended(text, angel=scripted(BREAK, DOUBLE))
    assert ended.exit_code == 0
    assert "return a + b + 0" in (mission.root / "calc/core.py").read_text()


def test_an_edit_to_lines_never_shown_is_a_conflict(mission: Mission) -> None:
    before = Repository(mission.root).tree()
    ended = mission.ended(HEAD + "OP guess\n", angel=scripted(DOUBLE))
    assert ended.exit_code == 3
    assert Repository(mission.root).tree() == before


def test_trap_a_span_changed_after_it_was_shown_is_not_overwritten(mission: Mission) -> None:
    """Surroundings alone do not show that the span changed."""
    path = mission.root / "calc/core.py"

    class Meddler:
        name = "meddler"

        def reply(self, turn: object) -> object:
            text = path.read_text().replace("return a + b", "return b + a")
            path.write_text(text)
            return scripted(DOUBLE).reply(turn)  # type: ignore[arg-type]  # passed through

        def advise(self, question: object) -> None:
            return None

    ended = mission.ended(HEAD + NEED + "OP change it\n", angel=Meddler())  # type: ignore[arg-type]
    assert ended.exit_code == 3
    assert "return b + a" in path.read_text()


def test_an_edit_outside_the_leases_is_a_conflict(mission: Mission) -> None:
    text = HEAD + "LEASE file:tests/test_core.py\n" + NEED + "OP change it\n"
    ended = mission.ended(text, angel=scripted(DOUBLE))
    assert ended.exit_code == 3
    assert "lease" in (ended.message or "")


def test_an_answer_that_touches_more_than_its_manifest_says_is_refused(mission: Mission) -> None:
    answer: JsonObject = {
        **DOUBLE,
        "manifest": {"files_touched": ["README"], "symbols_touched": []},
    }
    ended = mission.ended(HEAD + NEED + "OP change it\n", angel=scripted(answer))
    assert ended.exit_code == 3
    assert "manifest" in (ended.message or "")


def test_checked_invariants_hold_every_edit(mission: Mission) -> None:
    before = Repository(mission.root).tree()
    for invariant in ("@paths tests/**", "@max-lines 1"):
        text = HEAD + f"INVARIANT {invariant}\n" + NEED + "OP change it\n"
        ended = mission.ended(text, angel=scripted(DOUBLE))
        assert ended.exit_code == 1
        assert invariant in (ended.message or "")
        assert Repository(mission.root).tree() == before


def test_a_field_that_the_schema_does_not_know_fails_the_answer(mission: Mission) -> None:
    answer = {**DOUBLE, "confidence": 0.9}
    ended = mission.ended(HEAD + NEED + "OP change it\n", angel=scripted(answer))
    assert ended.exit_code == 1
    assert "confidence" in (ended.message or "")


def test_without_an_angel_nothing_happens_and_the_instruction_is_named(mission: Mission) -> None:
    events = mission.heaven.last_seq
    result = mission.run(HEAD + "RUN test\nLABEL a\nOP Do something clever\n")
    assert isinstance(result, Refused)
    assert result.exit_code == 4
    (diagnostic,) = result.diagnostics
    assert diagnostic.code == "AA0805" and diagnostic.span.line == 5
    assert "--angel" in (diagnostic.hint or "")
    assert mission.heaven.last_seq == events


def test_a_disk_that_fills_up_in_mid_run_ends_it_with_the_tree_restored(
    mission: Mission, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Repository(mission.root).tree()

    class Filling:
        """Answers twice; then the disk is full."""

        name = "filling"
        answers = scripted(
            DOUBLE, edit_answer({"op": "add_file", "path": "new.txt", "content": "new"})
        )

        def reply(self, turn: Turn) -> Reply:
            answer = self.answers.reply(turn)
            if turn.call == 1:
                assert Repository(mission.root).tree() != before
                monkeypatch.setattr(BlobStore, "_store", self.full)
            return answer

        def advise(self, question: Question) -> None:
            return None

        def full(self, *_args: object) -> NoReturn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    ended = mission.ended(HEAD + NEED + "OP one\nLABEL b\nOP two\n", angel=Filling())
    assert ended.exit_code == 4
    assert "No space left" in (ended.message or "")
    assert Repository(mission.root).tree() == before
    assert runs.find(mission.heaven, "last").status == "abandoned"
    assert mission.heaven.active_leases() == ()


def test_an_undo_that_is_refused_says_why(mission: Mission) -> None:
    path = mission.root / "calc/core.py"

    class Meddler:
        name = "meddler"

        def reply(self, turn: Turn) -> Reply:
            if turn.call == 1:
                path.write_text("# mine\n")
                raise AngelUnavailable("gone")
            return scripted(DOUBLE).reply(turn)

        def advise(self, question: Question) -> None:
            return None

    ended = mission.ended(HEAD + NEED + "OP one\nLABEL b\nOP two\n", angel=Meddler())
    assert ended.exit_code == 4
    assert "could not be undone" in (ended.message or "")
    assert "changed by somebody else" in (ended.message or "")
    assert path.read_text() == "# mine\n"


def test_edits_that_cannot_be_undone_are_told(
    mission: Mission, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    class Last:
        name = "last"

        def reply(self, turn: Turn) -> Reply:
            if turn.call == 1:
                monkeypatch.setattr(BlobStore, "put_many", full)
            return scripted(DOUBLE).reply(turn)

        def advise(self, question: Question) -> None:
            return None

    ended = mission.ended(HEAD + NEED + "OP one\nLABEL b\nOP two\n", angel=Last())
    assert ended.exit_code == 4
    assert "could not be undone" in (ended.message or "")
    assert "return a + b + 0" in (mission.root / "calc/core.py").read_text()


def test_an_exhausted_script_abandons_the_run_and_restores_the_tree(mission: Mission) -> None:
    before = Repository(mission.root).tree()
    text = HEAD + NEED + "OP one\nLABEL b\nOP two\n"
    ended = mission.ended(text, angel=scripted(DOUBLE))
    assert isinstance(ended, Ended) and ended.exit_code == 4
    assert Repository(mission.root).tree() == before
    assert runs.find(mission.heaven, "last").status == "abandoned"


def test_a_macro_op_needs_no_angel(mission: Mission) -> None:
    ended = mission.ended(HEAD + "OP RENAME_SYMBOL Add plus\nRUN test\n")
    assert ended.exit_code == 0, ended.message
    assert "def plus(" in (mission.root / "calc/core.py").read_text()
    assert '__all__ = ["plus", "Eval"]' in (mission.root / "calc/__init__.py").read_text()
    assert "assert plus(1, 2)" in (mission.root / "tests/test_core.py").read_text()


def test_an_angel_may_answer_with_macro_ops(mission: Mission) -> None:
    answer: JsonObject = {
        "output_type": "macro_ops",
        "macro_ops": [{"kind": "RENAME_SYMBOL", "old_name": "Add", "new_name": "plus"}],
    }
    ended = mission.ended(HEAD + NEED + "OP rename it\nRUN test\n", angel=scripted(answer))
    assert ended.exit_code == 0, ended.message
    assert "def plus(" in (mission.root / "calc/core.py").read_text()


def test_what_an_angels_macro_ops_left_alone_is_in_the_log_and_replays(mission: Mission) -> None:
    (mission.root / "calc/more.py").write_text("import calc\n\nx = getattr(calc, 'Add')\n")
    answer: JsonObject = {
        "output_type": "macro_ops",
        "macro_ops": [
            {"kind": "RENAME_SYMBOL", "old_name": "Add", "new_name": "plus"},
            {"kind": "INSERT_IMPORT", "path": "calc/more.py", "import_spec": "import os"},
        ],
    }
    ended = mission.ended(HEAD + NEED + "OP rename it\n", angel=scripted(answer))
    assert ended.exit_code == 0, ended.message
    run = runs.find(mission.heaven, "last")
    (emit,) = [e.result for e in runs.entries(mission.heaven, run) if e.op == "EMIT"]
    assert emit is not None
    (site,) = fields.records(emit, "unsure")
    assert (site["path"], site["line"]) == ("calc/more.py", 3)
    assert replay(mission.heaven, run).same


def test_leases_are_given_back_when_the_run_ends(mission: Mission) -> None:
    mission.ended(HEAD + "RUN test\n")
    assert mission.heaven.active_leases() == ()


def test_trap_a_page_fault_over_the_governors_budget_is_counted(mission: Mission) -> None:
    """Governor and delta tracker written, tested, and never wired in."""
    mission.ended(HEAD + NEED + "NEED callers Add\nOP x\n", angel=scripted(DOUBLE))
    (first, second) = [
        entry.result
        for entry in runs.entries(mission.heaven, runs.find(mission.heaven, "last"))
        if entry.op.startswith("FAULT")
    ]
    assert first is not None and second is not None
    left = [r["meta"]["budget_remaining"]["pf_calls_left"] for r in (first, second)]  # type: ignore[call-overload,index]
    assert left == [19, 18]


def test_a_run_without_git_pins_the_hash_of_the_tree(mission: Mission) -> None:
    mission.ended(HEAD + "RUN test\n")
    run = runs.find(mission.heaven, "last")
    pinned = runs.entries(mission.heaven, run)[0].result
    assert pinned is not None
    assert pinned["commit"] is None
    again = mission.ended(f"ISA_VERSION 0\nBASE_REV tree:{pinned['tree']}\nRUN test\n")
    assert again.exit_code == 0


def test_an_angel_is_shown_the_outline_and_the_sections_of_a_stored_prompt(
    mission: Mission,
) -> None:
    text = b"# Sums\n\n## Constraints\n\nKeep `Add` as it is called.\n\n## Notes\n\nNone.\n"
    prompt_id = mission.heaven.store_prompt(text).prompt.prompt_id
    program = HEAD + f"PROMPT_REF sha256:{prompt_id}\nNEED prompt {prompt_id[:8]} 1\n{NEED}OP x\n"
    ended = mission.ended(program, angel=scripted(DOUBLE))
    assert ended.exit_code == 0
    (asked,) = [
        one
        for one in runs.entries(mission.heaven, runs.find(mission.heaven, "last"))
        if one.op == "ANGEL"
    ]
    assert asked.result is not None
    pack = mission.heaven.get_blob(str(asked.result["pack"])).decode()
    path = f"prompt:{prompt_id[:12]}"
    assert f"prompt_summary {path} Sums\n" in pack
    assert "2| 1 constraints 45 B   Constraints [planner, builder, reviewer]\n" in pack
    assert f"prompt_section {path}/1 Constraints\n" in pack
    assert "3| Keep `Add` as it is called.\n" in pack and "None." not in pack


def test_an_edit_of_a_prompt_is_refused_and_the_run_told_so(mission: Mission) -> None:
    prompt_id = mission.heaven.store_prompt(b"# Notes\n\nNone.\n").prompt.prompt_id
    edit = edit_answer(
        {
            "op": "replace_line",
            "path": f"prompt:{prompt_id[:12]}/0",
            "lines": [3],
            "content": "Some.\n",
        }
    )
    before = Repository(mission.root).tree()
    program = HEAD + f"NEED prompt {prompt_id} 0\nOP x\n"
    assert mission.ended(program, angel=scripted(edit)).exit_code in (1, 3)
    assert Repository(mission.root).tree() == before
    assert mission.heaven.reconstruct_prompt(prompt_id) == b"# Notes\n\nNone.\n"


def test_a_section_of_two_edits_is_undone_whole_or_not_at_all(mission: Mission) -> None:
    """Somebody changes the file of the first edit: the second one is not undone alone."""
    path = mission.root / "calc/core.py"
    note = edit_answer({"op": "add_file", "path": "docs/note.md", "content": "Broken.\n"})

    def meddle(progress: Progress) -> None:
        if progress.kind == "run":
            path.write_text(path.read_text() + "# by hand\n")

    ended = execute(
        program(HEAD + NEED + "OP break it\nOP note it\nRUN test\n"),
        mission.heaven,
        mission.root,
        angel=scripted(BREAK, note),
        params={},
        check_timeout=60,
        observe=meddle,
    )
    assert isinstance(ended, Ended) and ended.exit_code == 3
    assert "calc/core.py was changed" in (ended.message or "")
    assert "# by hand" in path.read_text() and "return a - b" in path.read_text()
    assert (mission.root / "docs/note.md").exists()
    run = runs.find(mission.heaven, "last")
    assert replay(mission.heaven, run).same
