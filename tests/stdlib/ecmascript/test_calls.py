"""WRAP_CALL and REPLACE_CALL in TypeScript and JavaScript."""

from __future__ import annotations

from pathlib import Path

from kit.renames import carry_out, refusal

FILES = {
    "a.ts": "export function f(a: number) { return a }\n"
    "export function g(a: number, b = 1) { return f(a) }\n",
    "b.ts": "import { f } from './a';\nconst x = f(f(1)) + f(2);\nf?.(3);\n"
    "async () => await f(4);\n[1].map(f);\nf`x`;\n",
}


def test_every_call_is_wrapped_and_the_wrapper_imported(tmp_path: Path) -> None:
    done = carry_out(tmp_path, FILES, "WRAP_CALL", func="f", wrapper="g")
    assert done.files["a.ts"] == FILES["a.ts"]
    assert done.files["b.ts"].startswith(
        "import { f, g } from './a';\nconst x = g(f(g(f(1)))) + g(f(2));\ng(f?.(3));\n"
    )
    assert done.unsure == [("a.ts", 2), ("b.ts", 4), ("b.ts", 5), ("b.ts", 6)]


def test_what_is_built_in_wraps_without_an_import(tmp_path: Path) -> None:
    files = {"a.js": "function f() {}\nf();\nString(f());\n"}
    done = carry_out(tmp_path, files, "WRAP_CALL", func="f", wrapper="String")
    assert done.files["a.js"] == "function f() {}\nString(f());\nString(f());\n"


def test_calls_go_to_another_function(tmp_path: Path) -> None:
    done = carry_out(tmp_path, FILES, "REPLACE_CALL", func="f", by="g")
    assert "const x = g(g(1)) + g(2);\ng?.(3);\nasync () => await g(4);" in done.files["b.ts"]
    files = {
        "a.ts": "class A { m(a: number) {} n(a: number) {} o() {} }\nfunction f(a: A) { a.m(1) }\n",
    }
    done = carry_out(tmp_path, files, "REPLACE_CALL", func="A.m", by="A.n")
    assert "a.n(1)" in done.files["a.ts"]
    error = refusal(tmp_path, files, "REPLACE_CALL", func="A.m", by="A.o")
    assert error.reason == "unsupported" and "takes 0 arguments" in error.message
    assert refusal(tmp_path, files, "REPLACE_CALL", func="A.m", by="f").reason == "unsupported"


def test_a_file_that_would_import_itself_in_a_circle_is_refused(tmp_path: Path) -> None:
    files = {
        "a.ts": "export function f() {}\n",
        "b.ts": "import { f } from './a';\nf();\nexport const x = 1;\n",
        "c.ts": "import { x } from './b';\nexport function w(a: void) { return x }\n",
    }
    error = refusal(tmp_path, files, "WRAP_CALL", func="f", wrapper="w")
    assert error.reason == "unsupported" and "which imports it" in error.message
