"""MOVE_SYMBOL in TypeScript and JavaScript."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.renames import carry_out, refusal

FILES = {
    "src/old.ts": "import { h, type T } from './lib/h.js';\nimport * as p from 'path';\n\n"
    "const X = 1;\n\n"
    "// about f\nexport function f(a: T): string {\n  return p.join(h(a), String(X));\n}\n\n"
    "export function k() {\n  return X + p.sep;\n}\n",
    "src/lib/h.ts": "export type T = number;\nexport function h(x: T) { return '' }\n",
    "src/use.ts": 'import { f, k } from "./old.js"\nf(1); k();\n',
    "src/one.ts": "import { f as g } from './old.js';\ng(1);\n",
    "src/index.ts": "export * from './old.js';\n",
}


def test_its_imports_go_along_and_imports_of_it_follow(tmp_path: Path) -> None:
    done = carry_out(tmp_path, FILES, "MOVE_SYMBOL", symbol="f", to="src/lib/new.ts")
    assert done.files["src/lib/new.ts"] == (
        "import * as p from 'path';\nimport { h } from './h.js';\n"
        "import type { T } from './h.js';\n"
        "import { X } from '../old.js';\n\n"
        "// about f\nexport function f(a: T): string {\n  return p.join(h(a), String(X));\n}\n"
    )
    assert done.files["src/old.ts"] == (
        "import * as p from 'path';\n\nexport const X = 1;\n\n"
        "export function k() {\n  return X + p.sep;\n}\n"
    )
    assert done.files["src/use.ts"] == (
        'import { k } from "./old.js"\nimport { f } from "./lib/new.js"\nf(1); k();\n'
    )
    assert done.files["src/one.ts"] == "import { f as g } from './lib/new.js';\ng(1);\n"
    assert done.files["src/index.ts"] == (
        "export * from './old.js';\nexport { f } from './lib/new.js';\n"
    )


def test_into_a_file_that_there_is_which_imports_it(tmp_path: Path) -> None:
    files = {
        "a.ts": "export const one = 1;\nexport const two = 2;\nconst three = two;\n",
        "b.ts": "import { one, two } from './a';\nexport const four = two + one;\n",
    }
    done = carry_out(tmp_path, files, "MOVE_SYMBOL", symbol="one", to="b.ts")
    assert done.files["b.ts"] == (
        "import { two } from './a';\nexport const four = two + one;\n\nexport const one = 1;\n"
    )
    error = refusal(tmp_path, files, "MOVE_SYMBOL", symbol="two", to="b.ts")
    assert error.reason == "unsupported"


def test_the_old_file_imports_what_it_still_uses_and_gives_on_what_is_reached_as_a_whole(
    tmp_path: Path,
) -> None:
    files = {
        "a.ts": "export interface I { x: number }\nexport function f(i: I) { return g() }\n"
        "function g() { return 1 }\n",
        "b.ts": "import * as a from './a';\na.f({ x: 1 });\n",
    }
    done = carry_out(tmp_path, files, "MOVE_SYMBOL", symbol="I", to="c.ts")
    assert done.files["a.ts"].startswith("import type { I } from ")
    assert done.files["c.ts"] == "export interface I { x: number }\n"
    done = carry_out(tmp_path, files, "MOVE_SYMBOL", symbol="g", to="c.ts")
    assert done.files["c.ts"] == "export function g() { return 1 }\n"
    assert "import { g } from './c'" in done.files["a.ts"]
    error = refusal(tmp_path, files, "MOVE_SYMBOL", symbol="f", to="c.ts")
    assert error.reason == "unsupported"


def test_common_js_moves_with_require(tmp_path: Path) -> None:
    files = {
        "a.js": "const x = require('x');\n\nfunction f() { return x }\n\nfunction g() {}\n\n"
        "module.exports = { f, g };\n",
        "b.js": "const { f, g } = require('./a');\nf(); g();\n",
    }
    done = carry_out(tmp_path, files, "MOVE_SYMBOL", symbol="f", to="c.js")
    assert done.files["c.js"] == (
        "const x = require('x');\n\nfunction f() { return x }\n\nexports.f = f;\n"
    )
    assert done.files["a.js"] == "\nfunction g() {}\n\nmodule.exports = { g };\n"
    assert done.files["b.js"] == (
        "const { g } = require('./a');\nconst { f } = require('./c');\nf(); g();\n"
    )


@pytest.mark.parametrize(
    ("files", "symbol", "to", "reason"),
    [
        ({"a.ts": "export function f() {}\n"}, "f", "a.ts", "nothing"),
        ({"a.ts": "export function f() {}\n"}, "f", "b.py", "unsupported"),
        ({"a.ts": "export function f() {}\n", "b.ts": "const f = "
        "1\n"}, "a.ts::f", "b.ts", "collision"),
        ({"a.ts": "export default function f() {}\n"}, "f", "b.ts", "unsupported"),
        ({"a.ts": "export const f = 1, g = 2;\n"}, "f", "b.ts", "unsupported"),
        ({"a.ts": "class A { f() {} }\n"}, "A.f", "b.ts", "unsupported"),
        ({"a.ts": "let n = 0;\nexport function f() { n++ }\n"}, "f", "b.ts", "unsupported"),
        ({"a.ts": "export function f() { return g() }\nexport function g() { return f() }\n"}, "f",
         "b.ts", "unsupported"),
        ({"a.ts": "export function f() { return q }\n", "b.ts": "const q = 1;\n"}, "f", "b.ts",
         "collision"),
    ],
)  # fmt: skip
def test_what_cannot_go_is_refused(
    tmp_path: Path, files: dict[str, str], symbol: str, to: str, reason: str
) -> None:
    assert refusal(tmp_path, files, "MOVE_SYMBOL", symbol=symbol, to=to).reason == reason
