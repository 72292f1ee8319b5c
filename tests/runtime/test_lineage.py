"""Every line's cause is exact: after fifty runs, with outside edits and moved files in between."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from genesis_ssmp.heaven.records import JsonObject
from genesis_ssmp.runtime.lineage import alike, pairs
from genesis_ssmp.runtime.why import Cause, blame, why
from hypothesis import given
from hypothesis import strategies as st
from kit.angel import edit_answer, scripted
from kit.evidence import Evidence
from kit.mission import Mission

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
RUNS = 50
LINES = 1000


@dataclass
class Model:
    """What each file should say, each line with its author: a run's name, or nobody."""

    chance: random.Random
    files: dict[str, list[tuple[str, str | None]]] = field(default_factory=dict)
    made: int = 0

    def fresh(self, count: int, author: str | None) -> list[tuple[str, str | None]]:
        lines = [(f"v{self.made + n} = {n}\n", author) for n in range(count)]
        self.made += count
        return lines

    def text(self, path: str) -> str:
        return "".join(text for text, _ in self.files[path])

    def place(self) -> tuple[str, int]:
        path = self.chance.choice(sorted(self.files))
        return path, self.chance.randrange(len(self.files[path]))

    def edit(self, author: str | None) -> tuple[str, JsonObject]:
        """Change a file at a place: the path, and the change as an edit operation."""
        path, at = self.place()
        lines = self.files[path]
        end = min(at + self.chance.randrange(1, 4), len(lines) - 1)
        new = self.fresh(self.chance.randrange(1, 4), author)
        content = "".join(text for text, _ in new)
        kind = self.chance.choice(["insert", "replace", "around", "delete"])
        if kind == "insert" or end <= at:
            lines[at:at] = new
            return path, {
                "op": "insert_lines",
                "path": path,
                "lines": [at + 1],
                "content": content,
            }
        if kind == "delete" and len(lines) > 20:
            del lines[at:end]
            return path, {"op": "delete_span", "path": path, "lines": [at + 1, end]}
        # Replacing more than is altered: the lines that stay keep their author.
        kept = lines[at:end] if kind == "around" else []
        content = content + "".join(text for text, _ in kept)
        lines[at:end] = [*new, *kept]
        return path, {
            "op": "replace_span",
            "path": path,
            "lines": [at + 1, end],
            "content": content,
        }


def carry_out(mission: Mission, name: str, paths: Sequence[str], *ops: JsonObject) -> None:
    needs = "".join(f"NEED slice {path} 1 400\n" for path in paths)
    ended = mission.ended(HEAD + needs + "OP change it\n", angel=scripted(edit_answer(*ops)))
    assert (ended.run, ended.exit_code) == (name, 0), ended.message


def test_a_thousand_random_lines_after_fifty_runs(mission: Mission, evidence: Evidence) -> None:
    model = Model(random.Random(11))
    for number in range(4):
        model.files[f"pkg/m{number}.py"] = model.fresh(60, None)
    for path in model.files:
        (mission.root / path).parent.mkdir(exist_ok=True)
        (mission.root / path).write_text(model.text(path))
    moves = 0
    for number in range(1, RUNS + 1):
        name = f"r{number}"
        if number % 10 == 0:
            old, new = sorted(model.files)[0], f"pkg/moved{number}.py"
            model.files[new] = model.files.pop(old)
            moves += 1
            ops: list[JsonObject] = [
                {"op": "add_file", "path": new, "content": model.text(new)},
                {"op": "delete_file", "path": old},
            ]
            carry_out(mission, name, [old], *ops)
        else:
            path, op = model.edit(name)
            carry_out(mission, name, [path], op)
        for _ in range(model.chance.randrange(3)):
            path, _ = model.edit(None)
            (mission.root / path).write_text(model.text(path))
        if number % 13 == 0:
            old, new = sorted(model.files)[-1], f"pkg/aside{number}.py"
            model.files[new] = model.files.pop(old)
            (mission.root / old).rename(mission.root / new)
            moves += 1
    blamed = {path: blame(mission.heaven, mission.root, path) for path in model.files}
    wrong = []
    written = 0
    for _ in range(LINES):
        path, at = model.place()
        row = blamed[path][at]
        text, author = model.files[path][at]
        assert row.text == text.rstrip("\n")
        written += author is not None
        if row.run != author:
            wrong.append((path, row.line, text, author, row.run, row.reason))
    assert wrong == []
    assert written > LINES // 10
    evidence.note("lines", asked=LINES, by_runs=written, wrong=len(wrong), runs=RUNS, moves=moves)
    path, at = next(
        (path, at)
        for path, lines in model.files.items()
        for at, (_, author) in enumerate(lines)
        if author is not None
    )
    cause = why(mission.heaven, mission.root, path, at + 1).cause
    assert isinstance(cause, Cause)
    assert cause.run == model.files[path][at][1]


LINE = st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n"])


@given(st.lists(LINE, max_size=12), st.lists(LINE, max_size=12))
def test_paired_lines_are_the_same_and_in_order(old: list[bytes], new: list[bytes]) -> None:
    paired = pairs(old, new)
    assert len(paired) == len(new)
    known = [(number, line) for number, line in enumerate(paired) if line is not None]
    assert all(new[number] == old[line] for number, line in known)
    assert [line for _, line in known] == sorted({line for _, line in known})
    assert pairs(old, old) == list(range(len(old)))


@pytest.mark.parametrize(
    ("old", "new", "share"),
    [([b"a", b"b"], [b"b", b"a"], 1.0), ([b"a"], [b"a", b"b"], 0.5), ([], [], 0.0)],
)
def test_how_alike_two_files_are(old: list[bytes], new: list[bytes], share: float) -> None:
    assert alike(old, new) == share
