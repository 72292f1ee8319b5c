"""Answers that are texts of edits, from a scripted angel to the tree, in every output mode."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa.lowered import OutputMode
from genesis_ssmp.heaven.records import Json
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.replay import replay
from kit.angel import edit_answer, scripted, text_answer
from kit.mission import Mission
from kit.repository import Repository

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\nRETURN {}\nNEED symdef Add\nOP Add nothing\n"
PATH = "calc/core.py"
DIFF = """--- a/calc/core.py
+++ b/calc/core.py
@@ -4,2 +4,2 @@
 def Add(a: int, b: int) -> int:
-    return a + b
+    return a + b + 0
"""
BLOCKS = """calc/core.py
<<<<<<< SEARCH
    return a + b
=======
    return a + b + 0
>>>>>>> REPLACE
"""
PATCH = """GENESIS_PATCH_V1
MISSION: m
SYMBOLS: Add
FILES: calc/core.py
### REPLACE calc/core.py 5 5
    return a + b + 0
### END
"""
EDIT = edit_answer(
    {"op": "replace_line", "path": PATH, "lines": [5], "content": "    return a + b + 0\n"}
)
MACRO: dict[str, Json] = {
    "output_type": "macro_ops",
    "macro_ops": [{"kind": "RENAME_SYMBOL", "old_name": "Add", "new_name": "Sum"}],
}
ANSWERS = {
    "edit_ir": EDIT,
    "macro_ops": MACRO,
    "unified diff": text_answer(DIFF, PATH),
    "search/replace": text_answer(BLOCKS, PATH),
    "GENESIS_PATCH_V1": text_answer(PATCH, PATH),
}
WELCOME = {
    ("hard", "edit_ir"): {"edit_ir"},
    ("hard", "macro_ops"): {"macro_ops"},
    ("medium", "edit_ir"): {"edit_ir", "macro_ops"},
    ("medium", "macro_ops"): {"edit_ir", "macro_ops"},
    ("medium", "diff_fallback"): {"edit_ir", "macro_ops", "unified diff"},
    ("soft", "edit_ir"): set(ANSWERS),
    ("soft", "diff_fallback"): set(ANSWERS),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize(("mode", "declared"), WELCOME)
def test_an_output_mode_takes_the_formats_that_it_welcomes_and_no_other(
    mission: Mission, mode: OutputMode, declared: str, answer: str
) -> None:
    before = Repository(mission.root).tree()
    text = HEAD.format(declared)
    ended = mission.ended(text, angel=scripted(ANSWERS[answer]), output_mode=mode)
    if answer in WELCOME[mode, declared]:
        assert (ended.exit_code, ended.message) == (0, None)
        source = (mission.root / PATH).read_text()
        assert ("def Sum(" if answer == "macro_ops" else "return a + b + 0") in source
    else:
        assert ended.exit_code == 1, ended.message
        assert "output mode" in (ended.message or "")
        assert Repository(mission.root).tree() == before


def test_soft_mode_goes_by_what_an_answer_holds(mission: Mission) -> None:
    answer = {**text_answer(DIFF), "output_type": "edit_ir"}
    text = HEAD.format("edit_ir")
    assert mission.ended(text, angel=scripted(answer), output_mode="medium").exit_code == 3
    assert mission.ended(text, angel=scripted(answer), output_mode="soft").exit_code == 0
    assert "return a + b + 0" in (mission.root / PATH).read_text()


def test_a_diff_that_does_not_fit_is_told_to_the_next_attempt_and_mended(mission: Mission) -> None:
    wrong = DIFF.replace("return a + b\n", "return a+b\n")
    text = HEAD.format("diff_fallback") + "RUN test\nIF_FAIL RETRY 1\n"
    ended = mission.ended(text, angel=scripted(text_answer(wrong), text_answer(DIFF)))
    assert ended.exit_code == 0
    (failed,) = [one.text for one in mission.progress if one.kind == "failed"]
    assert "line 5, column 14" in failed and "calc/core.py:5" in failed
    assert "white space only" in failed and "next:" in failed


def test_a_text_about_lines_that_were_not_shown_is_a_conflict(mission: Mission) -> None:
    unseen = DIFF.replace(
        "def Add(a: int, b: int) -> int:", '    """Add the numbers in text."""'
    ).replace("return a + b", "total = 0")
    ended = mission.ended(HEAD.format("diff_fallback"), angel=scripted(text_answer(unseen)))
    assert ended.exit_code == 3
    assert "were not shown" in (ended.message or "") and "PF_SLICE" in (ended.message or "")


def test_a_text_that_touches_more_than_its_manifest_says_is_refused(mission: Mission) -> None:
    for answer in (text_answer(DIFF, "README"), text_answer(PATCH.replace(PATH, "x.py", 1))):
        text = HEAD.format("diff_fallback")
        ended = mission.ended(text, angel=scripted(answer), output_mode="soft")
        assert ended.exit_code == 3
        assert "manifest" in (ended.message or "")


def test_a_diff_over_a_file_that_changed_since_it_was_shown_does_not_overwrite_it(
    mission: Mission,
) -> None:
    path = mission.root / PATH

    class Meddler:
        name = "meddler"

        def reply(self, turn: object) -> object:
            path.write_text(path.read_text().replace("return a + b", "return b + a"))
            return scripted(text_answer(DIFF)).reply(turn)  # type: ignore[arg-type]  # passed on

        def advise(self, question: object) -> None:
            return None

    meddler: object = Meddler()
    ended = mission.ended(HEAD.format("diff_fallback"), angel=meddler)  # type: ignore[arg-type]
    assert ended.exit_code == 3
    assert "return b + a" in path.read_text()


def test_a_renaming_diff_is_replayed_from_its_record(mission: Mission) -> None:
    diff = (
        "diff --git a/calc/core.py b/calc/sums.py\nsimilarity index 90%\n"
        "rename from calc/core.py\nrename to calc/sums.py\n"
        + DIFF.replace("+++ b/calc/core", "+++ b/calc/sums")
    )
    ended = mission.ended(HEAD.format("diff_fallback"), angel=scripted(text_answer(diff)))
    assert ended.exit_code == 0, ended.message
    assert not (mission.root / PATH).exists()
    assert "return a + b + 0" in (mission.root / "calc/sums.py").read_text()
    assert replay(mission.heaven, runs.find(mission.heaven, ended.run)).same


def test_moving_an_executable_file_is_refused_since_its_mode_would_be_lost(
    mission: Mission,
) -> None:
    (mission.root / PATH).chmod(0o755)
    diff = f"diff --git a/{PATH} b/x.py\nrename from {PATH}\nrename to x.py\n"
    ended = mission.ended(HEAD.format("diff_fallback"), angel=scripted(text_answer(diff)))
    assert ended.exit_code == 3
    assert "executable" in (ended.message or "")
    assert (mission.root / PATH).exists()
