"""The tests of a symbol, in every language, through the same page faults."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.index.tests_reach import is_test_file
from genesis_ssmp.proto.pf import Args, Command, Request, Shard

GO = {
    "calc.go": "package calc\n\nfunc Add(a, b int) int { return a + b }\n\nfunc Unused() {}\n",
    "calc_test.go": 'package calc\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n'
    "\tAdd(1, 2)\n}\n\nfunc helper() { Add(3, 4) }\n\nfunc Testify() { Add(1, 1) }\n",
}
TYPESCRIPT = {
    "src/calc.ts": "export function add(a: number, b: number) {\n  return a + b;\n}\n",
    "src/calc.test.ts": 'import { add } from "./calc";\n\ndescribe("calc", () => {\n'
    '  it("adds numbers", () => {\n    add(1, 2);\n  });\n'
    '  it.each([1])("other", () => {});\n});\n',
}


def faults(root: Path, files: dict[str, str], command: Command, args: Args) -> tuple[Shard, ...]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    with Heaven.open(root) as heaven:
        return heaven.fault(Request(command, args)).shards


def test_go_tests_that_call_a_symbol_reach_it(tmp_path: Path) -> None:
    (tests,) = faults(tmp_path, GO, "PF_TESTS", Args(symbol="Add"))
    assert [one.symbol for one in tests.excerpts] == ["TestSum"]
    assert "Add(1, 2)" in tests.excerpts[0].text


def test_typescript_tests_are_found_under_their_titles(tmp_path: Path) -> None:
    (tests,) = faults(tmp_path, TYPESCRIPT, "PF_TESTS", Args(symbol="add"))
    assert tests.excerpts[0].symbol == "calc.adds numbers"
    assert tests.excerpts[0].text.startswith('  it("adds numbers"')
    (found,) = faults(tmp_path, TYPESCRIPT, "PF_SEARCH", Args(query="adds numbers"))
    assert found.excerpts[0].symbol == "calc.adds numbers"


@pytest.mark.parametrize(("files", "name"), [(GO, "Add"), (TYPESCRIPT, "add")])
def test_a_definition_comes_with_its_callers_and_tests(
    tmp_path: Path, files: dict[str, str], name: str
) -> None:
    symdef, callers, tests = faults(tmp_path, files, "PF_SYMDEF", Args(symbol=name))
    assert "return a + b" in symdef.excerpts[0].text
    assert callers.meta.prefetched and callers.excerpts
    assert tests.meta.prefetched and tests.excerpts


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/test_x.py", True),
        ("a/x_test.py", True),
        ("a/testing.py", False),
        ("x_test.go", True),
        ("xtest.go", False),
        ("x.test.ts", True),
        ("x.spec.tsx", True),
        ("x-test.js", True),
        ("src/__tests__/x.js", True),
        ("latest.ts", False),
        ("x.rs", False),
        ("x.txt", False),
    ],
)
def test_the_language_says_which_files_hold_tests(path: str, expected: bool) -> None:
    assert is_test_file(path) is expected
