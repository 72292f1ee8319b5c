"""Definitions of Go, TypeScript, JavaScript and Rust, whatever is in the file."""

from __future__ import annotations

import textwrap

import pytest
from genesis_ssmp.heaven.index.extract import extract
from genesis_ssmp.heaven.index.facts import Definition, FileFacts, dump, load
from genesis_ssmp.heaven.index.languages import language_of
from hypothesis import given, settings
from hypothesis import strategies as st


def facts(path: str, source: str | bytes) -> FileFacts:
    row = language_of(path)
    assert row is not None
    if isinstance(source, str):
        source = textwrap.dedent(source).encode()
    return extract(source, row)


def kinds(path: str, source: str) -> dict[str, str]:
    return {one.qualname: one.kind for one in facts(path, source).definitions}


def named(path: str, source: str, name: str) -> Definition:
    return next(one for one in facts(path, source).definitions if one.qualname == name)


def header(path: str, source: str, name: str) -> str:
    one = named(path, source, name)
    return textwrap.dedent(source).encode()[one.header_start : one.header_end].decode()


def extent(path: str, source: str, name: str) -> str:
    one = named(path, source, name)
    return textwrap.dedent(source).encode()[one.start : one.end].decode()


def test_go_kinds_and_qualified_names() -> None:
    source = """\
        package shop
        import "fmt"
        const Limit, low = 1, 2
        const (
            A = iota
            B
        )
        var one, two int
        type Shop[T any] struct {
            Name, Town string
            *Base
            inner struct{ hidden int }
        }
        type Opener interface {
            Open(at int) (bool, error)
            fmt.Stringer
        }
        type Hours = map[string]int
        type Handler func(w Writer)
        func (s *Shop[T]) Open(at int) (ok bool, err error) {
            local := 1
            const inside = 2
            type nested struct{ field int }
            return local > 0, nil
        }
        func (Hours) Len() int { return 0 }
        func New() *Shop[int] { return nil }
        func init() {}
        func init() {}
    """
    found = facts("shop.go", source).definitions
    assert {one.qualname: one.kind for one in found} == {
        "Limit": "constant",
        "low": "constant",
        "A": "constant",
        "B": "constant",
        "one": "variable",
        "two": "variable",
        "Shop": "type",
        "Shop.Name": "field",
        "Shop.Town": "field",
        "Shop.inner": "field",
        "Opener": "interface",
        "Opener.Open": "method",
        "Hours": "type",
        "Handler": "type",
        "Shop.Open": "method",
        "Shop.Open.nested": "type",
        "Shop.Open.nested.field": "field",
        "Hours.Len": "method",
        "New": "function",
        "init": "function",
    }
    assert [one.overload for one in found if one.name == "init"] == [0, 1]


def test_typescript_kinds_and_qualified_names() -> None:
    source = """\
        export default class Shop<T extends Base> extends Base implements Open {
          static limit = 1;
          readonly #secret: string;
          constructor(private readonly town: Town, plain: number) { super(); this.made = plain; }
          get name(): string { return ""; }
          set name(value: string) {}
          abstract close(): void;
          handler = (event: Event) => { const inside = () => 1; };
        }
        interface Open { at(hour: number): boolean; hours?: { from: number } }
        enum Color { Red, Green = 2 }
        type Pair = { left: string; right(): void };
        type Either = Pair | Shop<Base>;
        function over(a: string): void;
        function over(a: number): void;
        function over(a: unknown) {}
        export const LIMIT = 1, arrow = async (x = { a: 1 }) => x;
        let counter: number, { picked, other: renamed } = thing;
        const worker = { run() {}, stop: () => 1, size: 3 };
        namespace Deep { export function inner() { function nested() {} } }
        const Named = class { method() {} };
        function* many() {}
    """
    found = facts("shop.ts", source).definitions
    assert {one.qualname: one.kind for one in found} == {
        "Shop": "class",
        "Shop.limit": "field",
        "Shop.#secret": "field",
        "Shop.constructor": "method",
        "Shop.town": "field",
        "Shop.made": "field",
        "Shop.name": "method",
        "Shop.close": "method",
        "Shop.handler": "method",
        "Shop.handler.inside": "function",
        "Open": "interface",
        "Open.at": "method",
        "Open.hours": "field",
        "Color": "enum",
        "Color.Red": "constant",
        "Color.Green": "constant",
        "Pair": "type",
        "Pair.left": "field",
        "Pair.right": "method",
        "Either": "type",
        "over": "function",
        "LIMIT": "constant",
        "arrow": "function",
        "counter": "variable",
        "picked": "variable",
        "renamed": "variable",
        "worker": "constant",
        "worker.run": "method",
        "worker.stop": "method",
        "Deep": "namespace",
        "Deep.inner": "function",
        "Deep.inner.nested": "function",
        "Named": "class",
        "Named.method": "method",
        "many": "function",
    }
    assert [one.overload for one in found if one.name == "over"] == [0, 1, 2]
    assert [one.overload for one in found if one.qualname == "Shop.name"] == [0, 1]


def test_javascript_kinds_and_qualified_names() -> None:
    source = """\
        class Queue extends Base { items = []; push = (one) => one; drain() { this.done = true; } }
        exports.start = function (x) {};
        module.exports.stop = () => {};
        module.exports = { list() {}, walk: function () {} };
        var old = function () {};
        const View = () => <Box title="x">{old()}</Box>;
        describe("a queue", () => { it("is empty at first", () => {}); });
    """
    assert kinds("queue.jsx", source) == {
        "Queue": "class",
        "Queue.items": "field",
        "Queue.push": "method",
        "Queue.drain": "method",
        "Queue.done": "field",
        "start": "function",
        "stop": "function",
        "list": "method",
        "walk": "method",
        "old": "function",
        "View": "function",
        "a queue": "suite",
        "a queue.is empty at first": "test",
    }


def test_rust_kinds_and_qualified_names() -> None:
    source = """\
        pub struct Shop<T> { name: String }
        struct Unit;
        enum Color { Red, Green(u8) }
        trait Open { fn open(&self); fn close(&self) {} }
        impl<T> Shop<T> { pub fn new() -> Self { Shop { name: n } } }
        impl Open for Unit { fn open(&self) {} }
        mod deep { pub const LIMIT: u8 = 1; fn inner() { fn nested() {} } }
        type Pair = (u8, u8);
        static COUNT: u8 = 1;
        macro_rules! shout { () => {} }
    """
    assert kinds("shop.rs", source) == {
        "Shop": "type",
        "Shop.name": "field",
        "Unit": "type",
        "Color": "enum",
        "Color.Red": "constant",
        "Color.Green": "constant",
        "Open": "interface",
        "Open.open": "method",
        "Open.close": "method",
        "Shop.new": "method",
        "Unit.open": "method",
        "deep": "namespace",
        "deep.LIMIT": "constant",
        "deep.inner": "function",
        "deep.inner.nested": "function",
        "Pair": "type",
        "COUNT": "variable",
        "shout": "function",
    }


@pytest.mark.parametrize(
    ("path", "source", "name", "expected"),
    [
        ("a.go", "package a\nfunc F(f func() struct{ X int }) {\n}\n", "F",
         "func F(f func() struct{ X int })"),
        ("a.go", "package a\nfunc (t *T) M(a,\n\tb int) (int, error) {\n}\n", "T.M",
         "func (t *T) M(a,\n\tb int) (int, error)"),
        ("a.go", "package a\ntype T struct {\n\tA int\n}\n", "T", "type T struct"),
        ("a.go", "package a\ntype I interface{ M(x struct{}) }\n", "I.M", "M(x struct{})"),
        ("a.ts", "export async function f(a = { b: {} }): Promise<{ x: 1 }> {\n}\n", "f",
         "export async function f(a = { b: {} }): Promise<{ x: 1 }>"),
        ("a.ts", "export const f = (a = {}): A => {\n};\n", "f", "export const f = (a = {}): A"),
        ("a.ts", "class C {\n  m({ a } = { a: {} }): void {\n  }\n}\n", "C.m",
         "m({ a } = { a: {} }): void"),
        ("a.ts", "@dec({ a: 1 })\nexport class C<T = {}> extends B {\n}\n", "C",
         "export class C<T = {}> extends B"),
        ("a.ts", "function f(a: {}): void;\nfunction f(a: any) {}\n", "f",
         "function f(a: {}): void;"),
        ("a.ts", "interface I {\n  p?: { q: 1 };\n}\n", "I.p", "p?: { q: 1 }"),
        ("a.rs", "pub fn f(a: [u8; { 3 }]) -> u8 {\n}\n", "f", "pub fn f(a: [u8; { 3 }]) -> u8"),
    ],
)  # fmt: skip
def test_a_signature_is_not_cut_at_a_brace_inside_it(
    path: str, source: str, name: str, expected: str
) -> None:
    assert header(path, source, name) == expected


def test_the_extent_has_the_comments_and_decorators_directly_above() -> None:
    go = "package a\n\n// far\n\n// F does.\n// It does.\nfunc F() {}\n"
    assert extent("a.go", go, "F") == "// F does.\n// It does.\nfunc F() {}"
    block = "package a\nvar x = 1 // of x\nfunc F() {}\n"
    assert extent("a.go", block, "F") == "func F() {}"
    script = "/** Doc. */\n@one\n@two()\nexport class C {\n  // of m\n  @three\n  m() {}\n}\n"
    assert extent("a.ts", script, "C") == script.rstrip("\n")
    assert extent("a.ts", script, "C.m") == "// of m\n  @three\n  m() {}"
    assert header("a.ts", script, "C.m") == "m()"


def test_the_extent_of_one_name_of_many_is_its_own() -> None:
    assert extent("a.ts", "export const a = 1;\n", "a") == "export const a = 1;"
    assert extent("a.ts", "export const a = 1, b = () => 2;\n", "b") == "b = () => 2"
    assert extent("a.go", "package a\nconst (\n\tX = 1\n\tY = 2\n)\n", "Y") == "Y = 2"


def test_a_syntax_error_costs_what_is_around_it_only() -> None:
    for path, source in {
        "a.go": "package a\nfunc One() {}\nfunc Two( {\nfunc Three() {}\n",
        "a.ts": "function One() {}\nconst Two = (((;\nfunction Three() {}\n",
        "a.rs": "fn One() {}\nfn Two( {\nfn Three() {}\n",
    }.items():
        found = facts(path, source)
        assert found.errors
        assert "One" in {one.name for one in found.definitions}


def test_facts_are_stored_and_loaded_as_they_are() -> None:
    for path, source in {
        "a.go": "package a\nfunc (t *T) M() (x, y T) { return t.N().P, T{A: 1} }\n",
        "a.ts": "export class A extends B<C> { m(): Map<K, V[]> { return this.n(new D()) } }\n",
        "a.js": "const { a, b: c } = require('./x'); module.exports = { a };\n",
        "a.rs": "impl A { fn b(c: D) -> E { c.f() } }\n",
    }.items():
        known = facts(path, source)
        assert load(dump(known)) == known


def test_a_name_that_the_parser_supposes_is_no_definition() -> None:
    for path, source in {"a.js": "class A { = 1 }\n", "a.ts": "class { m() {} }\n"}.items():
        assert all(one.name for one in facts(path, source).definitions)


_WORDS = st.sampled_from(
    [
        "package",
        "func",
        "type",
        "struct",
        "class",
        "export",
        "default",
        "const",
        "import",
        "from",
        "this",
        "new",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "=>",
        ":",
        "=",
        ",",
        ";",
        "a",
        "b",
        "C",
        ".",
        "...",
        "*",
        "&",
        "//",
        "/*",
        "*/",
        "'",
        '"',
        "`",
        "fn",
        "impl",
        "let",
        "interface",
        "extends",
        "require",
        "module",
        "exports",
    ]
)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["a.go", "a.ts", "a.tsx", "a.js", "a.rs"]),
    st.lists(_WORDS, max_size=40),
    st.sampled_from(" \n"),
)
def test_any_text_is_read(path: str, words: list[str], between: str) -> None:
    source = between.join(words).encode()
    for one in facts(path, source).definitions:
        assert 0 <= one.start <= one.name_start < one.end <= len(source)
        assert one.header_start <= one.header_end


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(["a.go", "a.ts", "a.js", "a.rs"]), st.binary(max_size=200))
def test_any_bytes_are_read(path: str, source: bytes) -> None:
    facts(path, source)
