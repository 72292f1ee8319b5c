"""RENAME_SYMBOL in TypeScript and JavaScript, through the real index and the real edit engine."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from kit.renames import Renamed, refusal, rename


def check(root: Path, old: str, new: str, files: dict[str, tuple[str, str]]) -> Renamed:
    """Rename, and compare every file with what it should be."""
    done = rename(root, {name: before for name, (before, _) in files.items()}, old, new)
    for name, (_, after) in files.items():
        assert done.files[name] == dedent(after).removeprefix("\n"), name
    return done


def test_imports_exports_and_namespaces_follow_a_function(tmp_path: Path) -> None:
    done = check(
        tmp_path,
        "greet",
        "hello",
        {
            "a.ts": (
                "export function greet(x: string) { return greet(x) }\nconst o = { greet };\n",
                "export function hello(x: string) { return hello(x) }\n"
                "const o = { greet: hello };\n",
            ),
            "b.ts": (
                "import { greet } from './a';\nimport { greet as g } from './a';\n"
                "import * as ns from './a';\nimport all from './a';\n"
                "greet('1'); g('2'); ns.greet('3'); type T = typeof ns.greet;\n",
                "import { hello } from './a';\nimport { hello as g } from './a';\n"
                "import * as ns from './a';\nimport all from './a';\n"
                "hello('1'); g('2'); ns.hello('3'); type T = typeof ns.hello;\n",
            ),
            "index.ts": (
                "export * from './a';\nexport { greet as other } from './a';\n"
                "export * as A from './a';\n",
                "export * from './a';\nexport { hello as other } from './a';\n"
                "export * as A from './a';\n",
            ),
            "c.ts": (
                "import { greet, other, A } from './index';\n"
                "greet('1'); other('2'); A.greet('3');\n"
                "function f(greet: number) { return greet }\n",
                "import { hello, other, A } from './index';\n"
                "hello('1'); other('2'); A.hello('3');\n"
                "function f(greet: number) { return greet }\n",
            ),
        },
    )
    assert done.unsure == []


def test_common_js_follows(tmp_path: Path) -> None:
    done = check(
        tmp_path,
        "greet",
        "hello",
        {
            "a.js": (
                "function greet() {}\nfunction other() {}\nmodule.exports = { greet, other };\n",
                "function hello() {}\nfunction other() {}\nmodule.exports = { hello, other };\n",
            ),
            "b.js": (
                "const { greet } = require('./a');\nconst a = require('./a');\n"
                "greet(); a.greet(); require('./a').greet();\nexports.x = { greet };\n",
                "const { hello } = require('./a');\nconst a = require('./a');\n"
                "hello(); a.hello(); require('./a').hello();\nexports.x = { greet: hello };\n",
            ),
        },
    )
    assert done.unsure == []


def test_what_exports_alone_defines_is_renamed(tmp_path: Path) -> None:
    check(
        tmp_path,
        "greet",
        "hello",
        {
            "a.js": (
                "exports.greet = function () { return exports.greet };\n",
                "exports.hello = function () { return exports.hello };\n",
            ),
            "b.js": (
                "const { greet: g } = require('./a');\ng();\n",
                "const { hello: g } = require('./a');\ng();\n",
            ),
        },
    )


def test_a_default_export_keeps_the_names_of_its_importers(tmp_path: Path) -> None:
    check(
        tmp_path,
        "greet",
        "hello",
        {
            "a.ts": (
                "export default function greet() {}\n",
                "export default function hello() {}\n",
            ),
            "b.ts": (
                "import greet from './a';\ngreet();\n",
                "import greet from './a';\ngreet();\n",
            ),
        },
    )


def test_an_interface_and_what_implements_it_are_one_family(tmp_path: Path) -> None:
    done = check(
        tmp_path,
        "Shape.area",
        "surface",
        {
            "shape.ts": (
                "export interface Shape { area(): number }\n",
                "export interface Shape { surface(): number }\n",
            ),
            "square.ts": (
                "import { Shape } from './shape';\n"
                "export class Square implements Shape { area() { return 1 } }\n"
                "export class Big extends Square { area() { return super.area() } }\n"
                "export function f(s: Shape, b: Big) { return s.area() + b.area() }\n",
                "import { Shape } from './shape';\n"
                "export class Square implements Shape { surface() { return 1 } }\n"
                "export class Big extends Square { surface() { return super.surface() } }\n"
                "export function f(s: Shape, b: Big) { return s.surface() + b.surface() }\n",
            ),
        },
    )
    assert done.unsure == []


def test_private_names_enum_members_and_parameter_properties(tmp_path: Path) -> None:
    files = {
        "a.ts": "class A { #x = 1; constructor(private y: number) { this.y = y; f({ y }) }\n"
        "get() { return this.#x + this.y } }\nenum E { One = 1, Two = One << 1 }\nE.One;\n"
    }
    assert rename(tmp_path / "1", files, "A.#x", "#z").files["a.ts"] == files["a.ts"].replace(
        "#x", "#z"
    )
    done = rename(tmp_path / "2", files, "E.One", "First")
    assert done.files["a.ts"] == files["a.ts"].replace("One", "First")
    done = rename(tmp_path / "3", files, "A.y", "w")
    assert "private w: number) { this.w = w; f({ y: w })" in done.files["a.ts"]
    assert "this.#x + this.w" in done.files["a.ts"]


def test_a_parameter_is_renamed_in_its_function_alone(tmp_path: Path) -> None:
    done = rename(
        tmp_path,
        {
            "a.ts": "function f(a: number, { b = 1 } = {}) { const g = (a: 1) => a; "
            "return { a, b } }\n"
        },
        "f.a",
        "c",
    )
    assert "function f(c: number, { b = 1 }" in done.files["a.ts"]
    assert "(a: 1) => a; return { a: c, b }" in done.files["a.ts"]


def test_destructured_variables_keep_their_property(tmp_path: Path) -> None:
    check(
        tmp_path,
        "a",
        "z",
        {
            "a.ts": (
                "declare const o: any;\nfunction f({ a = 1 }) { return a }\nexport const a = 1;\n",
                "declare const o: any;\nfunction f({ a = 1 }) { return a }\nexport const z = 1;\n",
            )
        },
    )
    done = rename(tmp_path, {"a.ts": "function f({ a = 1 }) { return a }\n"}, "f.a", "z")
    assert done.files["a.ts"] == "function f({ a: z = 1 }) { return z }\n"


def test_unknown_receivers_strings_and_other_shapes_are_listed(tmp_path: Path) -> None:
    done = rename(
        tmp_path,
        {
            "a.ts": "export class A { run() {} }\n",
            "b.ts": "import { A } from './a';\nexport function f(x: any, a: A) {\n"
            "  x.run();\n  a['run']();\n  g({ run() {} });\n  a.run();\n}\n"
            "interface R { run(): void }\n",
        },
        "A.run",
        "go",
    )
    assert done.unsure == [("b.ts", 3), ("b.ts", 4), ("b.ts", 5), ("b.ts", 8)]
    assert "  a.go();" in done.files["b.ts"]


def test_collisions_capture_and_shadowing_are_refused(tmp_path: Path) -> None:
    cases = {
        "same": "function old() {}\nconst wanted = 1;\n",
        "capture": "function old() {}\nfunction f(wanted: any) { old() }\n",
        "shadow": "function f() { function old() {} ; return wanted }\nconst wanted = 1;\n",
        "global": "function old() {}\nwanted();\n",
    }
    for name, text in cases.items():
        error = refusal(tmp_path / name, {"a.ts": text}, "RENAME_SYMBOL", old="old", new="wanted")
        assert error.reason == "collision", name
    files = {
        "a.ts": "export function old() {}\n",
        "b.ts": "import { old } from './a';\nlet wanted;\n",
    }
    error = refusal(tmp_path / "import", files, "RENAME_SYMBOL", old="old", new="wanted")
    assert error.reason == "collision" and "b.ts:2" in error.message
    files = {
        "a.ts": "export function old() {}\n",
        "b.ts": "export function wanted() {}\n",
        "index.ts": "export * from './a';\nexport * from './b';\n",
    }
    error = refusal(tmp_path / "star", files, "RENAME_SYMBOL", old="old", new="wanted")
    assert error.reason == "collision" and "index.ts" in error.message


def test_what_comes_from_outside_is_refused(tmp_path: Path) -> None:
    text = "class E extends Error { message = '' }\nclass M { toString() { return '' } }\n"
    for old in ("E.message", "M.toString"):
        error = refusal(tmp_path, {"a.ts": text}, "RENAME_SYMBOL", old=old, new="x")
        assert error.reason == "outside"
    files = {
        "a.ts": "import { Base } from 'lib';\nclass E extends Base { run() {} }\n",
        "node_modules/lib/index.d.ts": "export class Base { run(): void }\n",
    }
    error = refusal(tmp_path, files, "RENAME_SYMBOL", old="E.run", new="x")
    assert error.reason == "outside" and "Base" in error.message


def test_a_word_of_the_language_is_no_name(tmp_path: Path) -> None:
    for new in ("class", "a-b", "#x", "await", "1a"):
        error = refusal(tmp_path, {"a.ts": "function f() {}\n"}, "RENAME_SYMBOL", old="f", new=new)
        assert error.reason == "name"


def test_a_component_stays_one(tmp_path: Path) -> None:
    files = {"a.tsx": "export function Foo() { return null }\nconst x = <Foo a={1}></Foo>;\n"}
    done = rename(tmp_path, files, "Foo", "Bar")
    assert done.files["a.tsx"] == files["a.tsx"].replace("Foo", "Bar")
    error = refusal(tmp_path, files, "RENAME_SYMBOL", old="Foo", new="bar")
    assert error.reason == "name"


def test_merged_declarations_are_renamed_together(tmp_path: Path) -> None:
    text = (
        "interface A { x: number }\nclass A {}\nnamespace A { export const y = 1 }\n"
        "type B = A | typeof A.y;\nfunction f<A>(a: A) {}\n"
    )
    done = rename(tmp_path, {"a.ts": text}, "A", "Z")
    want = text.replace("A ", "Z ").replace("= A", "= Z").replace("typeof A", "typeof Z")
    assert done.files["a.ts"] == want


def test_words_in_comments_and_strings_only_when_asked(tmp_path: Path) -> None:
    text = "// greet\nfunction greet() { return 'greet' + `greet ${greet}` }\n"
    done = rename(tmp_path, {"a.ts": text}, "greet", "hello")
    assert done.files["a.ts"] == (
        "// greet\nfunction hello() { return 'greet' + `greet ${hello}` }\n"
    )
    done = rename(tmp_path, {"a.ts": text}, "greet", "hello", text="include")
    assert done.files["a.ts"] == text.replace("greet", "hello")


def test_keys_of_objects_whose_type_is_written_are_renamed(tmp_path: Path) -> None:
    files = {
        "a.ts": "export interface P { x: number }\nexport type Q = Readonly<P> | null;\n",
        "b.ts": "import { P, type Q } from './a';\nconst x = 1;\nconst a: P = { x };\n"
        "const b = { x: 2 } as Q;\nfunction f({ x }: P): P { return { x: x } }\nf({ x: 3 });\n"
        "const g = (): P => ({ x: 4 });\n",
    }
    done = rename(tmp_path, files, "P.x", "y")
    assert done.files["b.ts"] == (
        "import { P, type Q } from './a';\nconst x = 1;\nconst a: P = { y: x };\n"
        "const b = { y: 2 } as Q;\nfunction f({ y: x }: P): P { return { y: x } }\nf({ y: 3 });\n"
        "const g = (): P => ({ y: 4 });\n"
    )
    assert done.unsure == []


def test_members_that_one_use_may_mean_are_renamed_together(tmp_path: Path) -> None:
    text = (
        "interface A { k: 1; x: number }\ninterface B { k: 2; x: number }\n"
        "function f(v: A | B) { return v.x }\n"
    )
    done = rename(tmp_path, {"a.ts": text}, "A.x", "y")
    assert done.files["a.ts"] == text.replace("x:", "y:").replace("v.x", "v.y")


def test_what_is_in_a_type_written_in_place_is_not_taken_for_known(tmp_path: Path) -> None:
    text = "class A { run() {} }\nexport function f(v: { a: A }) { v.a.run() }\n"
    assert rename(tmp_path, {"a.ts": text}, "A.run", "go").unsure == [("a.ts", 2)]


def test_another_types_definition_stays_when_what_is_unsure_is_renamed(tmp_path: Path) -> None:
    text = "interface A { x: 1 }\ninterface B { x: 1 }\nfunction f(v: any, b: B) { v.x; b.x }\n"
    done = rename(tmp_path, {"a.ts": text}, "A.x", "y", unsure="include")
    assert done.files["a.ts"] == text.replace("A { x", "A { y").replace("v.x", "v.y")
    assert done.unsure == [("a.ts", 2)]


def test_names_of_scripts_are_known_everywhere(tmp_path: Path) -> None:
    files = {
        "globals.d.ts": "declare function greet(): void;\ninterface Thing {}\n",
        "a.ts": "export const x: Thing = {};\ngreet();\n",
    }
    done = rename(tmp_path, files, "greet", "hello")
    assert done.files["a.ts"].endswith("hello();\n")


def test_jest_mocks_are_listed(tmp_path: Path) -> None:
    files = {
        "a.js": "export function greet() {}\n",
        "a.test.js": "import * as a from './a';\njest.mock('./a', () => ({ greet: 1 }));\n"
        "a.greet();\n",
    }
    done = rename(tmp_path, files, "greet", "hello")
    assert done.files["a.test.js"].endswith("a.hello();\n")
    assert done.unsure == [("a.test.js", 2)]
