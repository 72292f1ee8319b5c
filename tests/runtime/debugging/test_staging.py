"""What an output would change is shown before it lands, and nothing is touched to know it."""

from __future__ import annotations

import re

import pytest
from genesis_ssmp.heaven.records import Json
from genesis_ssmp.runtime import fields
from genesis_ssmp.runtime.debugging import views
from genesis_ssmp.runtime.debugging.debugger import Debugger, Stop
from kit.angel import edit_answer, scripted, text_answer
from kit.debugged import Debugged
from kit.mission import program
from kit.repository import Repository

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
ONE = HEAD + "NEED symdef Add\nOP Change it\n"
SWAPPED = "    return b + a\n"
DIFF = (
    "--- a/calc/core.py\n+++ b/calc/core.py\n@@ -4,2 +4,2 @@\n"
    " def Add(a: int, b: int) -> int:\n-    return a + b\n+    return b + a\n"
)


def line(number: int, path: str = "calc/core.py") -> dict[str, Json]:
    return {"op": "replace_line", "path": path, "lines": [number], "content": SWAPPED}


def macro(name: str, **args: Json) -> dict[str, Json]:
    op: dict[str, Json] = {"kind": name, **args}
    return {"output_type": "macro_ops", "macro_ops": [op]}


def staged(debugged: Debugged, text: str, *answers: dict[str, Json]) -> dict[str, Json]:
    """What is staged before the first EMIT, looked at live and again from the record."""
    repository = Repository(debugged.root)
    before = repository.tree()
    found: list[dict[str, Json]] = []

    def talk(debugger: Debugger, stop: Stop) -> None:
        if stop.position == 0:
            debugger.breakpoints.add("EMIT", 0, temporary=True)
        else:
            found.append(views.edits(debugger, debugged.root))
            assert repository.tree() == before
        assert debugger.go("continue") is None

    debugged.live(talk, program(text, output_mode="soft"), scripted(*answers))
    recorded = debugged.recorded()
    recorded.go_to(debugged.stops[1].position)
    assert views.edits(recorded, debugged.root) == found[0]
    shown = found[0]["staged"]
    assert isinstance(shown, dict)
    assert (found[0]["pending"], found[0]["kept"]) == ([], [])
    return shown


@pytest.mark.parametrize(
    ("text", "answer", "added"),
    [
        (ONE, edit_answer(line(5)), "+    return b + a"),
        (ONE, text_answer(DIFF), "+    return b + a"),
        (
            ONE,
            macro("RENAME_SYMBOL", old_name="Eval", new_name="evaluate"),
            "+def evaluate(text: str) -> int:",
        ),
        (HEAD + "OP RENAME_SYMBOL Eval evaluate\n", None, "+def evaluate(text: str) -> int:"),
    ],
)
def test_every_kind_of_output_is_shown_as_a_diff_before_it_lands(
    debugged: Debugged, text: str, answer: dict[str, Json] | None, added: str
) -> None:
    shown = staged(debugged, text, *([answer] if answer else []))
    assert added in fields.text(shown, "diff").splitlines()
    assert shown["reason"] is None
    assert added[1:].strip() in Repository(debugged.root).read("calc/core.py"), "and then it landed"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (edit_answer(line(99)), "EMIT would refuse it: .*99"),
        (edit_answer(line(1, "../../etc/passwd")), "EMIT would refuse it"),
        (
            macro("RENAME_SYMBOL", old_name="nothing", new_name="something"),
            "EMIT would refuse it: RENAME",
        ),
    ],
)
def test_what_emit_would_refuse_is_told_with_the_reason(
    debugged: Debugged, answer: dict[str, Json], reason: str
) -> None:
    shown = staged(debugged, ONE, answer)
    assert shown["diff"] is None
    assert re.match(reason, fields.text(shown, "reason"))
