"""What names mean in Go, TypeScript and JavaScript, where the hand-made fixtures do not show it."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_ssmp.heaven.index.symbols import SymbolIndex
from kit.marked import check, write

GO_MOD = "module example.com/a\n"


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    for number, (caller, home) in enumerate((("a", "z"), ("z", "a"))):
        check(
            tmp_path / str(number),
            {
                f"{caller}.ts": f'import {{ ‹greet› }} from "./{home}";\n‹greet›();\n',
                f"{home}.ts": "export function greet() {}\n",
            },
            "greet",
        )
        check(
            tmp_path / f"go{number}",
            {
                f"{caller}.go": "package p\nfunc use() { ‹greet›() }\n",
                f"{home}.go": "package p\nfunc greet() {}\n",
            },
            "greet",
        )


def test_several_definitions_are_several_answers_and_never_the_first_one(tmp_path: Path) -> None:
    _, references = check(
        tmp_path,
        {
            "open_linux.go": "package p\nfunc open() {}\n",
            "open_windows.go": "package p\nfunc open() {}\n",
            "use.go": "package p\nfunc use() { ‹?open›() }\n",
        },
        "open_linux.go::open",
    )
    assert [len(one.candidates) for one in references] == [2]
    assert references[0].confidence == 0.6


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.go", "package p\nfunc f() {}\nfunc g(f int) { f() }\n"),
        ("a.go", "package p\nfunc f() {}\nfunc g() { f := ‹f›; f() }\n"),
        ("a.go", "package p\nfunc f() {}\nfunc g() { ‹f›(); if f := 1; f > 0 { f() }; ‹f›() }\n"),
        ("a.ts", "function f() {}\nfunction g(f: number) { f(); }\n"),
        ("a.ts", "function f() {}\nfunction g() { f(); { let f = 1; f; } const f = 2; }\n"),
        ("a.ts", "function f() {}\nfunction g() { { let f = 1; f; } ‹f›(); }\n"),
        ("a.js", "function f() {}\nfunction g() { f(); { var f = 1; } }\n"),
        ("a.js", "function f() {}\nconst g = ({ f, ...rest }, [h]) => f(rest, h);\n"),
        ("a.js", "function f() {}\ntry { ‹f›() } catch (f) { f }\nfor (const f of x) f;\n"),
        ("a.ts", "function f() {}\nconst x = { f: 1, g: ‹f› };\nx.f;\n"),
    ],
)
def test_a_shadowed_name_is_no_reference(tmp_path: Path, path: str, source: str) -> None:
    check(tmp_path, {path: source}, "f")


def test_modules_that_export_each_other_and_classes_that_extend_themselves(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.ts": 'export * from "./b";\n',
            "b.ts": 'export * from "./a";\nexport class x extends ‹x› { m() { this.gone(); } }\n',
            "c.ts": 'import { ‹x› } from "./a";\nnew ‹x›();\n',
        },
        "x",
    )


def test_an_unknown_receiver_is_low_and_lists_every_candidate(tmp_path: Path) -> None:
    _, references = check(
        tmp_path,
        {
            "a.ts": "class A { run() {} }\nclass B { run() {} }\nfunction f(x) { x.‹?run›(); }\n",
            "a.py": "def f(x):\n    x.run()\n",
        },
        "A.run",
    )
    assert references[0].confidence <= 0.3
    assert len(references[0].candidates) == 2


def test_languages_do_not_refer_to_each_other(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": "class C:\n    def run(self): ...\ndef f(x):\n    x.‹?run›()\n",
            "a.go": "package p\ntype T struct{}\nfunc (T) run() {}\nfunc f(x any) { x.run() }\n",
            "a.ts": "function f(x) { x.run(); }\n",
        },
        "C.run",
    )


def test_an_import_of_another_module_lies_outside(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "go.mod": GO_MOD,
            "log/log.go": "package log\nfunc Print() {}\n",
            "a.go": 'package a\nimport "log"\nfunc f() { log.Print() }\n',
            "b.go": 'package a\nimport "example.com/a/log"\nfunc g() { log.‹Print›() }\n',
        },
        "Print",
    )


def test_a_package_has_the_name_of_its_clause_and_a_nested_module_its_own_path(
    tmp_path: Path,
) -> None:
    check(
        tmp_path,
        {
            "go.mod": GO_MOD,
            "go-tool/x.go": "package tool\nfunc Run() {}\n",
            "a.go": 'package a\nimport "example.com/a/go-tool"\nfunc f() { tool.‹Run›() }\n',
            "sub/go.mod": "module example.org/other // comment\n",
            "sub/b.go": 'package b\nimport "example.com/a/go-tool"\nfunc g() { tool.‹Run›() }\n',
        },
        "Run",
    )


def test_a_change_of_go_mod_is_seen_at_the_next_question(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "go.mod": "module example.com/old\n",
            "b/b.go": "package b\nfunc Run() {}\n",
            "a.go": 'package a\nimport "example.com/a/b"\nfunc f() { b.Run() }\n',
        },
    )
    index = SymbolIndex(tmp_path, None)
    assert index.callers("Run") == ()
    (tmp_path / "go.mod").write_text(GO_MOD)
    assert len(index.callers("Run")) == 1
    index.close()


def test_paths_are_completed_by_extension_index_and_what_sources_compile_to(
    tmp_path: Path,
) -> None:
    check(
        tmp_path,
        {
            "lib/index.ts": "export const f = () => 1;\n",
            "a.ts": 'import { ‹f› } from "./lib";\n‹f›();\n',
            "b.mjs": 'import { ‹f› } from "./lib/index.js";\n‹f›();\n',
            "c/d.tsx": 'import { ‹f› } from "../lib/";\nconst x = <b>{‹f›()}</b>;\n',
            "e.ts": 'import { f } from "lib";\nf();\n',
        },
        "f",
    )


def test_a_default_export_is_found_under_every_name_that_it_is_given(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.ts": "export default function () {}\nclass C {}\nexport { ‹C› as ‹default› };\n",
            "b.ts": 'import ‹Any› from "./a";\nnew ‹Any›();\n',
            "c.js": 'const ‹Other› = require("./a");\nnew ‹Other›();\n',
            "d.ts": 'export { ‹default› as ‹Named› } from "./a";\n',
            "e.ts": 'import { ‹Named› as ‹Last› } from "./d";\nlet x: ‹Last›;\n',
        },
        "C",
    )


def test_rust_is_known_by_name_with_low_confidence(tmp_path: Path) -> None:
    """A language costs one row and one query file; no rules of its own are written for it."""
    _, references = check(
        tmp_path,
        {
            "lib.rs": "pub fn area(side: u32) -> u32 { side }\nfn other(area: u32) { area; }\n",
            "main.rs": "use lib::‹?area›;\nfn main() { ‹?area›(2); shape.‹?area›(); }\n",
            "a.go": "package a\nfunc f() { area() }\n",
        },
        "area",
    )
    assert {one.confidence for one in references} == {0.3}
    assert [one.ref_kind for one in references] == ["import", "call", "call"]


def test_kinds_of_references(tmp_path: Path) -> None:
    _, references = check(
        tmp_path,
        {
            "a.ts": "export class C { p = 1 }\n",
            "b.ts": 'import { ‹C› } from "./a";\nlet c: ‹C› = new ‹C›();\nconst d = ‹C›;\n',
        },
        "C",
    )
    kinds = sorted(one.ref_kind for one in references)
    assert kinds == ["call", "import", "plain", "type"]
    _, fields = check(
        tmp_path / "go",
        {"a.go": "package a\ntype T struct{ n int }\nfunc f(t T) { t.‹n› = t.‹n› }\n"},
        "T.n",
    )
    assert [one.ref_kind for one in fields] == ["assignment", "attribute"]
