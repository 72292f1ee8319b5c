"""INSERT_IMPORT, ADD_FUNCTION_STUB and ADD_TEST_CASE on Go."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.go import check, go_files, refused
from kit.renames import carry_out

IMPORTS = {
    "none": ("package m\n", "os", 'package m\n\nimport "os"\n'),
    "one": (
        'package m\n\nimport "io"\n', "os", 'package m\n\nimport (\n\t"io"\n\t"os"\n)\n',
    ),
    "sections": (
        'package m\n\nimport (\n\t"fmt"\n\t"os"\n\n\t"example.com/m/x"\n)\n', "net/http",
        'package m\n\nimport (\n\t"fmt"\n\t"net/http"\n\t"os"\n\n\t"example.com/m/x"\n)\n',
    ),
    "a section of its own": (
        'package m\n\nimport (\n\t"fmt"\n)\n', "github.com/a/b",
        'package m\n\nimport (\n\t"fmt"\n\n\t"github.com/a/b"\n)\n',
    ),
    "blank": ('package m\n\nimport "io"\n', '_ "embed"', 'package m\n\nimport (\n\t'
    '_ "embed"\n\t"io"\n)\n'),
    "a name of its own": (
        'package m\n\nimport "io"\n', 'import h "net/http"', 'package m\n\nimport (\n\t'
        '"io"\n\th "net/http"\n)\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", IMPORTS)
def test_an_import_stands_where_gofmt_has_it(tmp_path: Path, case: str) -> None:
    before, text, after = IMPORTS[case]
    done = check(tmp_path, "INSERT_IMPORT", {"a.go": (before, after)}, path="a.go", import_=text)
    # Nothing uses it yet, which does not compile.
    assert len(done.unsure) == (0 if case == "blank" else 1)


def test_an_import_that_is_there_or_whose_name_is_taken_is_refused(tmp_path: Path) -> None:
    files = {"a.go": 'package m\n\nimport "crypto/rand"\n'}
    error = refused(tmp_path, "INSERT_IMPORT", files, path="a.go", import_="crypto/rand")
    assert error.reason == "nothing"
    error = refused(tmp_path, "INSERT_IMPORT", files, path="a.go", import_="math/rand")
    assert error.reason == "collision"


def test_a_stub_panics_and_imports_what_its_header_names(tmp_path: Path) -> None:
    check(
        tmp_path,
        "ADD_FUNCTION_STUB",
        {
            "a.go": (
                "package m\n\ntype T int\n\nfunc last() {}\n",
                'package m\n\nimport "context"\n\ntype T int\n\n'
                'func (t T) Do(ctx context.Context) error {\n\tpanic("not implemented")\n'
                "}\n\nfunc last() {}\n",
            )
        },
        path="a.go",
        signature="func (t T) Do(ctx context.Context) error",
        after="T",
    )


def test_a_stub_in_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = carry_out(
        tmp_path, go_files({"a.go": "package m\n"}), "ADD_FUNCTION_STUB",
        path="deep/new.go", signature="Copy(w io.Writer) error",
    )  # fmt: skip
    assert done.files["deep/new.go"] == (
        'package deep\n\nimport "io"\n\nfunc Copy(w io.Writer) error {\n\t'
        'panic("not implemented")\n}\n'
    )


@pytest.mark.parametrize(
    ("signature", "said"),
    [("func f()", "declared already"), ("f(", "no header"), ("func (x X) g()", "no type X")],
)
def test_a_stub_that_would_not_compile_is_refused(
    tmp_path: Path, signature: str, said: str
) -> None:
    files = {"a.go": "package m\n\nfunc f() {}\n"}
    error = refused(tmp_path, "ADD_FUNCTION_STUB", files, path="a.go", signature=signature)
    assert said in error.message


TABLES = {
    "fields by name": (
        '[]struct {\n\t\tname string\n\t\tin   int\n\t}{\n\t\t{name: "a", in: 1},\n\t}', "in: 2",
        '\t\t{name: "a", in: 1},\n\t\t{name: "b", in: 2},\n',
    ),
    "fields by place": (
        '[]struct {\n\t\tname string\n\t\tin   int\n\t}{\n\t\t{"a", 1},\n\t}', "2",
        '\t\t{"a", 1},\n\t\t{"b", 2},\n',
    ),
    "a map": (
        'map[string]struct{ in int }{\n\t\t"a": {in: 1},\n\t}', "in: 2",
        '\t\t"a": {in: 1},\n\t\t"b": {in: 2},\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_a_row_of_a_table(tmp_path: Path, case: str) -> None:
    table, body, expected = TABLES[case]
    source = (
        f'package m\n\nimport "testing"\n\nfunc TestIt(t *testing.T) {{\n\tcases := {table}\n'
        "\tfor _, tt := range cases {\n\t\t_ = tt\n\t}\n}\n"
    )
    done = carry_out(
        tmp_path,
        go_files({"a_test.go": source}),
        "ADD_TEST_CASE",
        test="TestIt",
        case="b",
        body=body,
    )
    assert expected in done.files["a_test.go"]


def test_a_test_beside_one_without_a_table(tmp_path: Path) -> None:
    source = 'package m\n\nimport "testing"\n\nfunc TestIt(t *testing.T) {}\n'
    check(
        tmp_path,
        "ADD_TEST_CASE",
        {"a_test.go": (source, source + "\nfunc TestIt_empty(t *testing.T) {\n\tt.Skip()\n}\n")},
        test="TestIt",
        case="empty",
        body="t.Skip()",
    )
