"""ADD_PARAM in TypeScript and JavaScript."""

from __future__ import annotations

from pathlib import Path

from kit.renames import carry_out, refusal


def test_a_default_changes_the_definition_alone(tmp_path: Path) -> None:
    files = {
        "a.ts": "export function f(a: number) { return a }\nf(1);\n",
        "b.js": "export const g = x => x;\ng(1);\n",
        "c.ts": "import { f } from './a';\nf(2);\n",
    }
    done = carry_out(
        tmp_path, files, "ADD_PARAM", func="f", param="p", type="boolean", default="false"
    )
    assert done.files["a.ts"].startswith("export function f(a: number, p: boolean = false) {")
    assert done.files["c.ts"] == files["c.ts"] and done.unsure == []
    done = carry_out(tmp_path, files, "ADD_PARAM", func="g", param="p", default="null")
    assert done.files["b.js"] == "export const g = (x, p = null) => x;\ng(1);\n"


def test_an_argument_goes_into_every_call_under_any_name(tmp_path: Path) -> None:
    files = {
        "a.ts": "export default function f(a: number, b?: number) {}\nexport { f as other };\n"
        "f(1);\n",
        "b.ts": "import f, { other } from './a';\nimport * as ns from './a';\n"
        "f(1, 2); other(1); ns.other(3); (f)!(4); f?.(5);\n",
        "c.js": "const { other: o } = require('./a');\no(\n  1,\n  2, // two\n);\n",
    }
    done = carry_out(
        tmp_path, files, "ADD_PARAM", func="f", param="p", type="number", argument="9", default="0"
    )
    assert "f(a: number, b?: number, p: number = 0)" in done.files["a.ts"]
    assert "f(1, undefined, 9);" in done.files["a.ts"]
    assert done.files["b.ts"].endswith(
        "f(1, 2, 9); other(1, undefined, 9); ns.other(3, undefined, 9); (f)!(4, undefined, 9); "
        "f?.(5, undefined, 9);\n"
    )
    assert done.files["c.js"].endswith("o(\n  1,\n  2, // two\n  9,\n);\n")


def test_a_constructor_is_called_by_new_and_by_super(tmp_path: Path) -> None:
    files = {
        "a.ts": "export class A { constructor(x: number) {} }\nclass B extends A {}\n"
        "class C extends B { constructor() { super(1) } }\nnew A(1); new B(2); new C();\n",
    }
    done = carry_out(tmp_path, files, "ADD_PARAM", func="A", param="p", type="number", argument="9")
    assert done.files["a.ts"] == (
        "export class A { constructor(x: number, p: number) {} }\nclass B extends A {}\n"
        "class C extends B { constructor() { super(1, 9) } }\nnew A(1, 9); new B(2, 9); new C();\n"
    )


def test_overloads_interfaces_and_overrides_get_it_too(tmp_path: Path) -> None:
    files = {
        "a.ts": "interface I { m(a: number): void }\n"
        "abstract class A implements I { abstract m(a: number): void }\n"
        "class B extends A { m(a: number) {} }\nfunction f(i: I, b: B) { i.m(1); b.m(2) }\n",
    }
    done = carry_out(
        tmp_path, files, "ADD_PARAM", func="I.m", param="p", type="string", argument="''"
    )
    assert done.files["a.ts"].count("m(a: number, p: string)") == 3
    assert "i.m(1, ''); b.m(2, '')" in done.files["a.ts"]
    done = carry_out(
        tmp_path, files, "ADD_PARAM", func="B.m", param="p", type="string", default="''"
    )
    assert done.files["a.ts"].count("m(a: number, p?: string)") == 2
    assert "m(a: number, p: string = '') {}" in done.files["a.ts"]


def test_what_passes_the_function_on_is_listed_or_refused(tmp_path: Path) -> None:
    files = {"a.ts": "function f(a: number) {}\n[1].forEach(f);\nf(1);\n"}
    done = carry_out(tmp_path, files, "ADD_PARAM", func="f", param="p", default="0")
    assert done.unsure == [("a.ts", 2)]
    error = refusal(tmp_path, files, "ADD_PARAM", func="f", param="p", type="number", argument="0")
    assert error.reason == "unsure"


def test_components_get_properties_and_no_parameters(tmp_path: Path) -> None:
    files = {"a.tsx": "function Foo(props: {}) { return null }\nconst x = <Foo />;\n"}
    done = carry_out(tmp_path, files, "ADD_PARAM", func="Foo", param="p", default="0")
    assert "passes properties, not parameters" in done.expansion.unsure[0].why


def test_bad_parameters_are_refused(tmp_path: Path) -> None:
    text = (
        "function f(a: number, ...r: any[]) { return a }\n"
        "function g(a?: number) { return q }\nconst q = 1;\nf(1); g(1);\n"
    )
    cases = (
        ({"func": "f", "param": "p", "default": "0"}, "arguments"),
        ({"func": "g", "param": "a", "default": "0"}, "collision"),
        ({"func": "g", "param": "q", "default": "0"}, "collision"),
        ({"func": "g", "param": "p", "type": "T", "argument": "0"}, "arguments"),
        ({"func": "g", "param": "p", "argument": "0"}, "arguments"),
        ({"func": "g", "param": "p", "default": "nowhere"}, "unknown"),
        ({"func": "g", "param": "p", "default": "1, 2"}, "syntax"),
        ({"func": "g", "param": "p", "type": "number"}, "arguments"),
        ({"func": "g", "param": "class", "default": "0"}, "name"),
    )
    for args, reason in cases:
        assert refusal(tmp_path, {"a.ts": text}, "ADD_PARAM", **args).reason == reason, args


def test_a_parameter_goes_with_what_calls_pass_for_it(tmp_path: Path) -> None:
    files = {
        "a.ts": "export function f(a: number, b: number) { return a }\nf(1, 2);\n",
        "b.ts": "import { f as g } from './a';\ng(1, 2);\ng(\n  1,\n  2,\n);\n",
    }
    done = carry_out(tmp_path, files, "REMOVE_PARAM", func="f", param="b")
    assert done.files["a.ts"] == "export function f(a: number) { return a }\nf(1);\n"
    assert done.files["b.ts"] == "import { f as g } from './a';\ng(1);\ng(\n  1,\n);\n"


def test_a_parameter_that_is_used_or_computed_stays(tmp_path: Path) -> None:
    files = {
        "a.ts": "function f(a: number, b: number) { return a }\nf(1, h());\n"
        "function h() { return 1 }\n"
    }
    assert refusal(tmp_path, files, "REMOVE_PARAM", func="f", param="a").reason == "unsupported"
    error = refusal(tmp_path, files, "REMOVE_PARAM", func="f", param="b")
    assert error.reason == "unsupported" and "computes" in error.message
    files = {"a.ts": "class A { constructor(private a: number) {} }\nnew A(1);\n"}
    error = refusal(tmp_path, files, "REMOVE_PARAM", func="A", param="a")
    assert "field" in error.message
