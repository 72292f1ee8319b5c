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


JAVASCRIPT_TESTS = (
    'import { add } from "./calc";\n\nit("sums", () => {\n  add(1, 2);\n});\n'
    'it("nothing", () => {});\n'
)
REACHED: dict[str, tuple[dict[str, str], str, list[tuple[str, str]]]] = {
    "python": (
        {
            "src/calc.py": "def add(a, b):\n    return a + b\n",
            "tests/test_calc.py": "from src.calc import add\n\n\ndef test_sum():\n"
            "    assert add(1, 2) == 3\n\n\ndef test_nothing(): ...\n",
            "tests/test_names.py": "def test_add_works():\n    run('add')\n\n\n"
            "def test_else(): ...\n",
        },
        "add",
        [("test_sum", "reference"), ("test_add_works", "name"), ("test_nothing", "import")],
    ),
    "go": (
        {
            "go.mod": "module m\n",
            "calc.go": "package calc\n\nfunc Add(a, b int) int { return a + b }\n",
            "calc_test.go": 'package calc\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n'
            '\tAdd(1, 2)\n}\n\nfunc TestAddWorks(t *testing.T) {\n\trun("Add")\n}\n\n'
            "func TestNothing(t *testing.T) {}\n",
            "sub/sub_test.go": 'package sub\n\nimport "testing"\n\n'
            "func TestElse(t *testing.T) {}\n",
        },
        "Add",
        [("TestSum", "reference"), ("TestAddWorks", "name"), ("TestNothing", "import")],
    ),
    "typescript": (
        {
            "src/calc.ts": "export function add(a: number, b: number) {\n  return a + b;\n}\n",
            "src/calc.test.ts": JAVASCRIPT_TESTS,
            "src/names.spec.ts": 'it("add works", () => {});\nit("else", () => {});\n',
        },
        "add",
        [("sums", "reference"), ("add works", "name"), ("nothing", "import")],
    ),
    "tsx": (
        {
            "src/box.tsx": "export function Box(p: { a: number }) {\n  return <b>{p.a}</b>;\n}\n",
            "src/box.test.tsx": 'import { Box } from "./box";\n\ntest("renders", () => {\n'
            '  render(<Box a={1} />);\n});\ntest("nothing", () => {});\n',
            "src/names.spec.tsx": 'it("box works", () => {});\nit("else", () => {});\n',
        },
        "Box",
        [("renders", "reference"), ("box works", "name"), ("nothing", "import")],
    ),
    "javascript": (
        {
            "src/calc.js": "export function add(a, b) {\n  return a + b;\n}\n",
            "src/calc.test.js": JAVASCRIPT_TESTS,
            "src/__tests__/names.js": 'it("add works", () => {});\nit("else", () => {});\n',
        },
        "add",
        [("sums", "reference"), ("add works", "name"), ("nothing", "import")],
    ),
}


@pytest.mark.parametrize("language", REACHED)
def test_in_each_language_by_reference_then_by_name_then_by_import(
    tmp_path: Path, language: str
) -> None:
    files, name, expected = REACHED[language]
    (tests,) = faults(tmp_path, files, "PF_TESTS", Args(symbol=name))
    assert [one.symbol for one in tests.excerpts] == [test for test, _ in expected]
    sure = [one.confidence for one in tests.excerpts]
    assert sure == sorted(sure, key=lambda one: -(one or 0)) and len(set(sure)) == 3
    with Heaven.open(tmp_path) as heaven:
        (symbol,) = heaven.find_symbols(name)
        found = heaven.index.tests_of(symbol)
        assert [(one.test.qualname, one.how) for one in found] == expected
