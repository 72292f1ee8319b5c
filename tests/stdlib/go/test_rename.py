"""RENAME_SYMBOL on Go, through the real index and the real edit engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.go import check, go_files, refused
from kit.renames import carry_out

LIBRARY = """
    package lib

    // Greet says hello.
    func Greet(name string) string { return "hello " + name }

    var again = Greet
"""


def test_uses_follow_over_files_packages_aliases_and_dot_imports(tmp_path: Path) -> None:
    done = check(
        tmp_path,
        "RENAME_SYMBOL",
        {
            "lib/lib.go": (
                LIBRARY,
                LIBRARY.replace("func Greet", "func Hello").replace("= Greet", "= Hello"),
            ),
            "lib/more.go": (
                'package lib\n\nfunc more() string { return Greet("a") }\n',
                'package lib\n\nfunc more() string { return Hello("a") }\n',
            ),
            "plain.go": (
                'package m\n\nimport "example.com/m/lib"\n\nvar A = lib.Greet("a")\n',
                'package m\n\nimport "example.com/m/lib"\n\nvar A = lib.Hello("a")\n',
            ),
            "alias.go": (
                'package m\n\nimport l "example.com/m/lib"\n\nvar B = l.Greet("a")\n',
                'package m\n\nimport l "example.com/m/lib"\n\nvar B = l.Hello("a")\n',
            ),
            "dot/dot.go": (
                'package dot\n\nimport . "example.com/m/lib"\n\nvar C = Greet("a")\n',
                'package dot\n\nimport . "example.com/m/lib"\n\nvar C = Hello("a")\n',
            ),
            "lib/lib_test.go": (
                'package lib_test\n\nimport "example.com/m/lib"\n\n'
                'func ExampleGreet() { lib.Greet("a") }\n\n'
                "func ExampleGreet_twice() {}\n\nfunc ExampleGreeter() {}\n",
                'package lib_test\n\nimport "example.com/m/lib"\n\n'
                'func ExampleHello() { lib.Hello("a") }\n\n'
                "func ExampleHello_twice() {}\n\nfunc ExampleGreeter() {}\n",
            ),
        },
        old="Greet",
        new="Hello",
    )
    assert done.unsure == []


def test_comments_follow_when_asked(tmp_path: Path) -> None:
    done = carry_out(
        tmp_path,
        go_files({"lib.go": LIBRARY}),
        "RENAME_SYMBOL",
        old="Greet",
        new="Hello",
        text="include",
    )
    assert "// Hello says hello." in done.files["lib.go"]


FIELDS = """
    package m

    type Base struct {
    \tid, num int `json:"id"`
    }

    type Top struct {
    \t*Base
    \tall map[string]Base
    }

    func New(id int) *Top {
    \tt := &Top{Base: &Base{id: id}, all: map[string]Base{"id": {id: 1}}}
    \tt.id = t.Base.id
    \tfor _, one := range t.all {
    \t\tone.id++
    \t}
    \tcounts := map[int]string{id: "id"}
    \t_ = counts
    \tvar anything interface{} = t
    \tswitch v := anything.(type) {
    \tcase *Base:
    \t\treturn &Top{Base: &Base{v.id, 2}}
    \tcase *Top:
    \t\tv.id = 3
    \t}
    \treturn t
    }
"""


def test_a_field_is_renamed_in_literals_through_embedding_and_in_type_switches(
    tmp_path: Path,
) -> None:
    after = (
        FIELDS.replace("id, num", "key, num").replace("{id: id}", "{key: id}")
        .replace("{id: 1}", "{key: 1}").replace("t.id = t.Base.id", "t.key = t.Base.key")
        .replace("one.id", "one.key").replace("v.id", "v.key")
    )  # fmt: skip
    done = check(tmp_path, "RENAME_SYMBOL", {"a.go": (FIELDS, after)}, old="Base.id", new="key")
    assert done.unsure == []


def test_an_embedded_type_takes_its_field_along(tmp_path: Path) -> None:
    after = FIELDS.replace("Base", "Root")
    check(tmp_path, "RENAME_SYMBOL", {"a.go": (FIELDS, after)}, old="Base", new="Root")


def test_a_parameter_is_no_field_and_a_map_key_is_no_field(tmp_path: Path) -> None:
    after = (
        FIELDS.replace("New(id int)", "New(first int)").replace("{id: id}", "{id: first}")
        .replace('map[int]string{id: "id"}', 'map[int]string{first: "id"}')
    )  # fmt: skip
    check(tmp_path, "RENAME_SYMBOL", {"a.go": (FIELDS, after)}, old="New.id", new="first")


FAMILY = """
    package m

    type Namer interface{ Name(short bool) string }

    type Wider interface {
    \tNamer
    \tOther()
    }

    type A struct{}

    func (a *A) Name(short bool) string { return "a" }

    type B struct{ *A }

    type Unrelated struct{}

    func (Unrelated) Name() string { return "" }

    func Use(n Namer, w Wider, b B, u Unrelated) string {
    \treturn n.Name(true) + w.Name(true) + b.Name(true) + u.Name() + (*A).Name(nil, true)
    }
"""


@pytest.mark.parametrize("old", ["Namer.Name", "A.Name"])
def test_an_interface_and_what_fits_it_are_renamed_together(tmp_path: Path, old: str) -> None:
    after = (
        FAMILY.replace("Name(short bool)", "Title(short bool)").replace("n.Name(", "n.Title(")
        .replace("w.Name(", "w.Title(").replace("b.Name(", "b.Title(")
        .replace("(*A).Name", "(*A).Title")
    )  # fmt: skip
    check(tmp_path, "RENAME_SYMBOL", {"a.go": (FAMILY, after)}, old=old, new="Title")


def test_the_same_name_with_another_signature_is_no_family(tmp_path: Path) -> None:
    after = FAMILY.replace("func (Unrelated) Name", "func (Unrelated) Label").replace(
        "u.Name", "u.Label"
    )
    check(tmp_path, "RENAME_SYMBOL", {"a.go": (FAMILY, after)}, old="Unrelated.Name", new="Label")


def test_twins_under_build_tags_are_one_definition(tmp_path: Path) -> None:
    check(
        tmp_path,
        "RENAME_SYMBOL",
        {
            "a_linux.go": (
                "package m\n\nfunc open() int { return 1 }\n",
                "package m\n\nfunc start() int { return 1 }\n",
            ),
            "a_windows.go": (
                "package m\n\nfunc open() int { return 2 }\n",
                "package m\n\nfunc start() int { return 2 }\n",
            ),
            "b.go": ("package m\n\nvar x = open()\n", "package m\n\nvar x = start()\n"),
        },
        old="open",
        new="start",
    )


def test_what_a_generic_function_gives_back_is_listed(tmp_path: Path) -> None:
    source = """
        package m

        import "slices"

        type T struct{ Size int }

        func Most(all []T) int {
        \tbig := slices.MaxFunc(all, func(a, b T) int { return a.Size - b.Size })
        \treturn big.Size
        }
    """
    done = carry_out(tmp_path, go_files({"a.go": source}), "RENAME_SYMBOL", old="T.Size", new="Len")
    assert done.unsure == [("a.go", 9)]
    assert "a.Len - b.Len" in done.files["a.go"] and "big.Size" in done.files["a.go"]


def test_templates_and_reflection_are_listed(tmp_path: Path) -> None:
    source = """
        package m

        import "reflect"

        type T struct{ Size int }

        const page = "{{.Size}}"

        func get(t T) reflect.Value { return reflect.ValueOf(t).FieldByName("Size") }
    """
    done = carry_out(tmp_path, go_files({"a.go": source}), "RENAME_SYMBOL", old="T.Size", new="Len")
    assert done.unsure == [("a.go", 7), ("a.go", 9)]


REFUSED = {
    "what a type of another package of the library stands for": (
        "package m\n\nimport \"os\"\n\ntype T struct{ os.FileInfo }\n\nfunc (T) Name() string { "
        "return \"\" }\n",
        "T.Name", "Label", "outside", "FileInfo",
    ),
    "String of fmt": (
        "package m\n\ntype T int\n\nfunc (T) String() string { return \"\" }\n"
        "", "T.String", "Text", "outside",
        "fmt.Stringer",
    ),
    "all of sort.Interface": (
        "package m\n\ntype T []int\n\nfunc (t T) Len() int { return 0 }\n\n"
        "func (t T) Less(i, j int) bool { return true }\n\nfunc (t T) Swap(i, j int) {}\n",
        "T.Len", "Size", "outside", "sort.Interface",
    ),
    "main": ("package main\n\nfunc main() {}\n", "main", "start", "name", "by its name"),
    "a keyword": ("package m\n\nfunc f() {}\n", "f", "range", "name", "keyword"),
    "what is built in": ("package m\n\nfunc f() {}\n", "f", "len", "name", "predeclared"),
    "taken in the package": (
        "package m\n\nfunc f() {}\n\nvar g int\n", "f", "g", "collision", "declares g",
    ),
    "an import": (
        "package m\n\nimport \"fmt\"\n\nfunc f() { fmt.Println() }\n"
        "", "f", "fmt", "collision", "import",
    ),
    "hidden by a local": (
        "package m\n\nfunc f() {}\n\nfunc g(h int) { f() }\n", "f", "h", "collision", "local name",
    ),
    "a method where a field is": (
        "package m\n\ntype T struct{ a int }\n\nfunc (T) b() {}\n"
        "", "T.b", "a", "collision", "member a",
    ),
    "a member of what embeds it": (
        "package m\n\ntype T struct{ a int }\n\ntype S struct {\n\tT\n\tb int\n}\n", "T.a", "b",
        "collision", "member b",
    ),
    "an interface without a name": (
        "package m\n\ntype T int\n\nfunc (T) Go(n int) {}\n\n"
        "func f(x interface{ Go(n int) }) { x.Go(1) }\n",
        "T.Go", "Run", "unsupported", "without a name",
    ),
    "a parameter that the body hides": (
        "package m\n\nfunc f(a int) int {\n\tb := 1\n\treturn a + b\n}\n", "f.a", "b", "collision",
        "another b",
    ),
    "a tag": (
        "package m\n\ntype T struct {\n\tA int `json:\"a\"`\n}\n", "T.A", "a", "collision", "tag",
    ),
    "not written in Go": ("package m\n\nfunc f()\n", "f", "g", "outside", "not written in Go"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_reason(tmp_path: Path, case: str) -> None:
    source, old, new, reason, said = REFUSED[case]
    error = refused(tmp_path, "RENAME_SYMBOL", {"a.go": source}, old=old, new=new)
    assert (error.reason, said in error.message) == (reason, True), error.message


def test_an_exported_name_that_is_used_elsewhere_stays_exported(tmp_path: Path) -> None:
    error = refused(
        tmp_path,
        "RENAME_SYMBOL",
        {
            "lib/lib.go": LIBRARY,
            "a.go": 'package m\n\nimport "example.com/m/lib"\n\nvar A = lib.Greet("a")\n',
        },
        old="Greet",
        new="greet",
    )
    assert error.reason == "collision" and error.candidates == ("a.go:5",)


def test_what_the_package_means_by_a_builtin_name_is_not_captured(tmp_path: Path) -> None:
    files = {
        "lib/lib.go": "package lib\n\nfunc Make() int { return 1 }\n",
        "a.go": 'package m\n\nimport . "example.com/m/lib"\n\nfunc f() {}\n\nvar x = Make()\n',
    }
    error = refused(tmp_path, "RENAME_SYMBOL", files, old="f", new="Make")
    assert error.reason == "collision" and "a.go:7" in error.message


def test_a_method_that_another_module_may_ask_for_is_said(tmp_path: Path) -> None:
    source = """
        package m

        import "github.com/other/thing"

        type T struct{}

        func (T) Handle(n int) { thing.Use(T{}) }
    """
    done = carry_out(
        tmp_path, go_files({"a.go": source}), "RENAME_SYMBOL", old="T.Handle", new="Do"
    )
    assert [str(one) for one in done.expansion.unsure] == [
        "a.go:7 github.com/other/thing may ask for a method of this name"
    ]
