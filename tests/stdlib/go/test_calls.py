"""WRAP_CALL and REPLACE_CALL on Go."""

from __future__ import annotations

from pathlib import Path

from kit.go import check, refused

SOURCE = """
    package m

    import "strings"

    func Load(name string) (string, error) { return name, nil }

    func Checked(text string, err error) (string, error) { return text, err }

    func Other(name string) (string, error) { return Load(name) }

    func Short(name string) string { return strings.ToUpper(name) }

    func use() {
    \ttext, err := Load("a")
    \tgo Load("b")
    \tdefer Load("c")
    \t_, _ = text, err
    \t_ = Short("d")
    }
"""


def test_every_value_goes_through_the_wrapper_and_go_statements_stay(tmp_path: Path) -> None:
    after = SOURCE.replace('err := Load("a")', 'err := Checked(Load("a"))').replace(
        "return Load(name)", "return Checked(Load(name))"
    )
    done = check(tmp_path, "WRAP_CALL", {"a.go": (SOURCE, after)}, func="Load", wrapper="Checked")
    assert [site.line for site in done.expansion.unsure] == [15, 16]


def test_a_wrapper_of_the_library_is_imported(tmp_path: Path) -> None:
    check(
        tmp_path,
        "WRAP_CALL",
        {
            "a.go": (SOURCE, SOURCE),
            "u/u.go": (
                'package u\n\nimport "example.com/m"\n\nvar x = m.Short("a")\n',
                'package u\n\nimport (\n\t"strings"\n\n\t"example.com/m"\n)\n\n'
                'var x = strings.TrimSpace(m.Short("a"))\n',
            ),
        }
        | {"a.go": (SOURCE, SOURCE.replace('= Short("d")', '= strings.TrimSpace(Short("d"))'))},
        func="Short",
        wrapper="strings.TrimSpace",
    )


def test_a_wrapper_must_take_what_the_function_gives(tmp_path: Path) -> None:
    error = refused(tmp_path, "WRAP_CALL", {"a.go": SOURCE}, func="Load", wrapper="Short")
    assert "takes 1 arguments, and Load gives 2" in error.message


def test_a_wrapper_must_give_what_the_function_gives(tmp_path: Path) -> None:
    source = SOURCE + "\n    func Size(text string) int { return len(text) }\n"
    error = refused(tmp_path, "WRAP_CALL", {"a.go": source}, func="Short", wrapper="Size")
    assert "does not give what Short gives (a.go:18)" in error.message


def test_calls_go_to_the_other_function_and_its_own_body_stays(tmp_path: Path) -> None:
    after = SOURCE
    for letter in "abc":
        after = after.replace(f'Load("{letter}")', f'Other("{letter}")')
    done = check(tmp_path, "REPLACE_CALL", {"a.go": (SOURCE, after)}, func="Load", by="Other")
    assert [str(site) for site in done.expansion.unsure] == ["a.go:9 is in Other itself"]


def test_imports_change_with_the_calls(tmp_path: Path) -> None:
    check(
        tmp_path,
        "REPLACE_CALL",
        {
            "old/old.go": ("package old\n\nfunc F(n int) int { return n }\n",) * 2,
            "fresh/fresh.go": ("package fresh\n\nfunc G(m int) int { return m }\n",) * 2,
            "a.go": (
                'package m\n\nimport (\n\t"fmt"\n\n\t"example.com/m/old"\n)\n\n'
                "func f() { fmt.Println(old.F(1)) }\n",
                'package m\n\nimport (\n\t"fmt"\n\n\t"example.com/m/fresh"\n)\n\n'
                "func f() { fmt.Println(fresh.G(1)) }\n",
            ),
        },
        func="F",
        by="G",
    )


def test_the_other_function_must_take_and_give_the_same(tmp_path: Path) -> None:
    error = refused(tmp_path, "REPLACE_CALL", {"a.go": SOURCE}, func="Load", by="Short")
    assert "(string) (string), not (string) (string, error)" in error.message


def test_packages_do_not_come_to_import_each_other(tmp_path: Path) -> None:
    files = {
        "low/low.go": "package low\n\nfunc F() int { return 1 }\n\nvar x = F()\n",
        "high/high.go": 'package high\n\nimport "example.com/m/low"\n\n'
        "func G() int { return low.F() }\n",
    }
    error = refused(tmp_path, "REPLACE_CALL", files, func="F", by="G")
    assert "imports the package of low/low.go" in error.message
