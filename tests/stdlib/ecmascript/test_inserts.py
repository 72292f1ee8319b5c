"""INSERT_IMPORT, ADD_TEST_CASE and ADD_FUNCTION_STUB in TypeScript and JavaScript."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.renames import carry_out, refusal


@pytest.mark.parametrize(
    ("path", "before", "wanted", "after"),
    [
        ("a.ts", "import a from 'a';\n\nf();\n", "import { b } from 'b'",
         "import a from 'a';\nimport { b } from 'b';\n\nf();\n"),
        ("a.ts", 'import { a } from "a"\n', "import { b as c } from 'a'",
         'import { a, b as c } from "a"\n'),
        ("a.ts", "import a from 'a';\n", "import { b } from 'a'", "import a, { b } from 'a';\n"),
        ("a.ts", "import {\n  a,\n} from 'a';\n", "import { b } from 'a'",
         "import {\n  a,\n  b,\n} from 'a';\n"),
        ("a.ts", "import type { A } from 'a';\n", "import { b } from 'a'",
         "import type { A } from 'a';\nimport { b } from 'a';\n"),
        ("a.ts", "import { a } from 'a';\n", "import type { B } from 'a'",
         "import { a, type B } from 'a';\n"),
        ("a.js", "'use strict';\nconst a = require('a');\nf();\n", "import { b } from 'b'",
         "'use strict';\nconst a = require('a');\nconst { b } = require('b');\nf();\n"),
        ("a.js", "const { a } = require('a');\n", "import { b } from 'a'",
         "const { a, b } = require('a');\n"),
        ("a.ts", "#!/usr/bin/env node\nf()\n", "node:fs",
         "#!/usr/bin/env node\nimport * as fs from 'node:fs'\nf()\n"),
        ("a.ts", "f();\n", "import './x.css'", "import './x.css';\n\nf();\n"),
    ],
)  # fmt: skip
def test_imports_are_written_like_the_files_own(
    tmp_path: Path, path: str, before: str, wanted: str, after: str
) -> None:
    done = carry_out(tmp_path, {path: before}, "INSERT_IMPORT", path=path, import_=wanted)
    assert done.files[path] == after


def test_imports_that_are_there_or_clash_are_refused(tmp_path: Path) -> None:
    files = {"a.ts": "import { a } from 'a';\nconst b = 1;\n"}
    for wanted, reason in (
        ("import { a } from 'a'", "nothing"),
        ("import { b } from 'a'", "collision"),
        ("import {", "syntax"),
        ("const x = 1", "syntax"),
    ):
        error = refusal(tmp_path, files, "INSERT_IMPORT", path="a.ts", import_=wanted)
        assert error.reason == reason, wanted


TESTS = {
    "a.test.ts": "describe('math', () => {\n  it('adds', () => {\n    expect(1 + 1).toBe(2)\n"
    "  })\n\n"
    "  it.each([\n    [1, 2],\n    [2, 3],\n  ])('doubles', (a, b) => {})\n})\n"
}


def test_a_test_stands_behind_another_one(tmp_path: Path) -> None:
    done = carry_out(
        tmp_path, TESTS, "ADD_TEST_CASE", test="adds", case="negative",
        body="const x = await f()\nexpect(x).toBe(-3)",
    )  # fmt: skip
    assert done.files["a.test.ts"].startswith(
        "describe('math', () => {\n  it('adds', () => {\n    expect(1 + 1).toBe(2)\n  })\n\n"
        "  it('negative', async () => {\n    const x = await f()\n    expect(x).toBe(-3)\n  })\n\n"
    )
    error = refusal(tmp_path, TESTS, "ADD_TEST_CASE", test="adds", case="adds", body="f()")
    assert error.reason == "collision"
    error = refusal(tmp_path, TESTS, "ADD_TEST_CASE", test="adds", case="x", body="f(")
    assert error.reason == "syntax"


def test_a_table_gets_a_row(tmp_path: Path) -> None:
    done = carry_out(tmp_path, TESTS, "ADD_TEST_CASE", test="doubles", case="three", body="3, 4")
    assert "    [2, 3],\n    [3, 4],\n  ])" in done.files["a.test.ts"]


def test_a_stub_throws(tmp_path: Path) -> None:
    files = {"a.ts": "export class A {\n  m(): void {}\n}\n", "b.js": 'const a = "x"\n'}
    files["a.ts"] += "f('a', 'b');\n"
    done = carry_out(
        tmp_path, files, "ADD_FUNCTION_STUB", path="a.ts",
        signature="export function parse(text: string): number",
    )  # fmt: skip
    assert done.files["a.ts"].endswith(
        "f('a', 'b');\n\nexport function parse(text: string): number {\n"
        "  throw new Error('not implemented');\n}\n"
    )
    done = carry_out(
        tmp_path, files, "ADD_FUNCTION_STUB", path="a.ts", signature="async n(): Promise<void>",
        after="A.m",
    )  # fmt: skip
    assert (
        "  m(): void {}\n\n  async n(): Promise<void> {\n    throw new Error(" in done.files["a.ts"]
    )
    done = carry_out(tmp_path, files, "ADD_FUNCTION_STUB", path="b.js", signature="f(a)")
    assert done.files["b.js"].endswith(
        '\nfunction f(a) {\n  throw new Error("not implemented")\n}\n'
    )
    done = carry_out(tmp_path, files, "ADD_FUNCTION_STUB", path="new.ts", signature="f(a: number)")
    assert done.files["new.ts"].startswith("function f(a: number) {\n  throw new Error(")
    done = carry_out(tmp_path, files, "ADD_FUNCTION_STUB", path="n.d.ts", signature="f(a: 1): void")
    assert done.files["n.d.ts"] == "declare function f(a: 1): void;\n"


def test_bad_stubs_are_refused(tmp_path: Path) -> None:
    files = {"a.ts": "function f() {}\n"}
    for signature, reason in (("f()", "collision"), ("f(", "syntax"), ("1 + 1", "syntax")):
        error = refusal(tmp_path, files, "ADD_FUNCTION_STUB", path="a.ts", signature=signature)
        assert error.reason == reason, signature
