"""The standard modules: documented, typed, and each run on a real repository with its checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.aa.ast import Param
from genesis_ssmp.aa.cost import cost
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import Json, JsonObject
from genesis_ssmp.isa.parse import parse
from genesis_ssmp.stdlib import load, names
from kit.angel import edit_answer, scripted
from kit.mission import Mission, program
from kit.repository import CALCULATOR, Repository, make_repository

HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"
CORE = "calc/core.py"
TESTS = "tests/test_core.py"

USES = {
    "std.rename": "old=Add new=Sum",
    "std.add_param": 'function=Add name=c default=0 about="added too"',
    "std.deprecate": "old=Add new=Sum",
    "std.split_module": 'from=calc/core.py to=calc/sums.py what="the function Add"',
    "std.add_tests": "symbol=Eval",
    "std.fix_failing_test": f"test={TESTS}::test_add suspect=Add",
    "std.bump_api": 'symbol=Add change="takes its second argument by name only"',
}


def op(name: str, path: str, **fields: Json) -> JsonObject:
    return {"op": name, "path": path, **fields}


ANSWERS: dict[str, list[list[JsonObject]]] = {
    "std.rename": [],
    "std.add_param": [
        [
            op(
                "replace_span",
                CORE,
                lines=[4, 5],
                content="def Add(a: int, b: int, c=0) -> int:\n    return a + b + c\n",
            )
        ],
    ],
    "std.deprecate": [
        [
            op(
                "insert_after_symbol",
                CORE,
                symbol="Sum",
                content=(
                    "\n\ndef Add(a: int, b: int) -> int:\n"
                    '    """Deprecated: use Sum."""\n    import warnings\n\n'
                    '    warnings.warn("use Sum", DeprecationWarning, stacklevel=2)\n'
                    "    return Sum(a, b)\n"
                ),
            )
        ]
    ],
    "std.split_module": [
        [
            op("delete_span", CORE, lines=[4, 7]),
            op("add_file", "calc/sums.py", content="def Add(a: int, b: int) -> int: ...\n"),
        ],
        [
            op("replace_span", CORE, lines=[3, 7], content="from .sums import Add\n\n\n"),
            op(
                "add_file",
                "calc/sums.py",
                content="def Add(a: int, b: int) -> int:\n    return a + b\n",
            ),
        ],
    ],
    "std.add_tests": [
        [op("replace_line", CORE, lines=[13], content="    return int(total)\n")],
        [
            op(
                "add_file",
                "tests/test_eval.py",
                content="from calc import Eval\n\n\ndef test_none():\n    assert Eval('') == 0\n",
            )
        ],
    ],
    "std.fix_failing_test": [
        [op("replace_line", TESTS, lines=[5], content="    pass\n")],
        [op("replace_line", CORE, lines=[5], content="    return a + b\n")],
    ],
    "std.bump_api": [
        [
            op("replace_line", CORE, lines=[4], content="def Add(a: int, *, b: int) -> int:\n"),
            op(
                "replace_line",
                CORE,
                lines=[12],
                content="        total = Add(total, b=int(word))\n",
            ),
            op("replace_line", TESTS, lines=[5], content="    assert Add(1, b=2) == 3\n"),
            op("insert_lines", "CHANGELOG.md", lines=[3], content="- Add takes b by name.\n"),
        ]
    ],
}
"""Answers in order; where there are two, the first breaks a check and is done again."""

CHANGED = {
    "std.rename": {"calc/__init__.py", CORE, TESTS},
    "std.add_param": {CORE},
    "std.deprecate": {"calc/__init__.py", CORE, TESTS},
    "std.split_module": {CORE, "calc/sums.py"},
    "std.add_tests": {"tests/test_eval.py"},
    "std.fix_failing_test": {CORE},
    "std.bump_api": {CORE, TESTS, "CHANGELOG.md"},
}


@pytest.fixture
def mission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mission]:
    # The runs' own pytest needs no plugin, and most of its time is loading them.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    files = {**CALCULATOR, "CHANGELOG.md": "# Changes\n\n"}
    root = make_repository(tmp_path / "repo", files).root
    with Heaven.open(root) as heaven:
        yield Mission(root, heaven, [])


def test_every_module_is_used_here() -> None:
    assert set(USES) == set(ANSWERS) == set(CHANGED) == set(names())


@pytest.mark.parametrize("name", USES)
def test_a_module_says_what_it_does_and_what_each_typed_parameter_is(name: str) -> None:
    source = load(name)
    assert source is not None
    params = [one for one in parse(source).program.directives if isinstance(one, Param)]
    about = source.text.partition("ISA_VERSION")[0]
    assert about.startswith(f"# {name}: ") and f"#   USE {name} " in about
    for param in params:
        assert param.type is not None, param.name.value
        assert re.search(rf"(?m)^# {param.name.value} +\w", about), param.name.value


@pytest.mark.parametrize("name", USES)
def test_the_example_in_the_comment_compiles(name: str) -> None:
    source = load(name)
    assert source is not None
    (example,) = re.findall(r"(?m)^#   (USE .*)$", source.text)
    module = program(f"{HEAD}{example}\n").module
    assert cost(module).rows()


@pytest.mark.parametrize("name", USES)
def test_a_module_runs_and_a_broken_check_is_done_again(mission: Mission, name: str) -> None:
    if name == "std.fix_failing_test":
        path = mission.root / CORE
        path.write_text(path.read_text().replace("return a + b", "return a - b"))
    before = Repository(mission.root).tree()
    angel = scripted(*(edit_answer(*ops) for ops in ANSWERS[name]))
    ended = mission.ended(f"{HEAD}USE {name} {USES[name]}\n", angel=angel)
    assert (ended.exit_code, ended.message) == (0, None)
    retries = [one for one in mission.progress if one.kind == "retry"]
    assert len(retries) == max(len(ANSWERS[name]) - 1, 0)
    after = Repository(mission.root).tree()
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert changed == CHANGED[name]


def test_a_test_that_passes_needs_no_mending(mission: Mission) -> None:
    text = f"{HEAD}USE std.fix_failing_test {USES['std.fix_failing_test']}\n"
    ended = mission.ended(text, angel=scripted())
    assert ended.exit_code == 1
    assert "exit_code is 0" in (ended.message or "")
