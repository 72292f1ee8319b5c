"""MOVE_SYMBOL on Go."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.go import check, go_files, refused
from kit.renames import carry_out

HOME = """
    package m

    import (
    \t"fmt"
    \t"strings"
    )

    // Upper shouts.
    func Upper(s string) string { return strings.ToUpper(s) }

    // T is a thing.
    type T struct{ Size int }

    // Grow grows it.
    func (t *T) Grow() { t.Size++ }

    func use(t T) { fmt.Println(Upper("a"), t) }
"""


def test_within_a_package_imports_follow(tmp_path: Path) -> None:
    done = carry_out(tmp_path, go_files({"a.go": HOME}), "MOVE_SYMBOL", symbol="Upper", to="b.go")
    assert done.files["b.go"] == (
        'package m\n\nimport "strings"\n\n// Upper shouts.\n'
        "func Upper(s string) string { return strings.ToUpper(s) }\n"
    )
    assert "strings" not in done.files["a.go"] and 'fmt.Println(Upper("a")' in done.files["a.go"]


def test_a_type_takes_its_methods_along(tmp_path: Path) -> None:
    done = carry_out(tmp_path, go_files({"a.go": HOME}), "MOVE_SYMBOL", symbol="T", to="b.go")
    assert done.files["b.go"] == (
        "package m\n\n// T is a thing.\ntype T struct{ Size int }\n\n// Grow grows it.\n"
        "func (t *T) Grow() { t.Size++ }\n"
    )


def test_to_another_package_every_use_is_qualified_anew(tmp_path: Path) -> None:
    check(
        tmp_path,
        "MOVE_SYMBOL",
        {
            "old/old.go": (
                "package old\n\nfunc F() int { return F() }\n\nfunc g() int { return F() }\n",
                'package old\n\nimport "example.com/m/fresh"\n\n'
                "func g() int { return fresh.F() }\n",
            ),
            "a.go": (
                'package m\n\nimport "example.com/m/old"\n\nvar x = old.F()\n',
                'package m\n\nimport "example.com/m/fresh"\n\nvar x = fresh.F()\n',
            ),
            "fresh/f.go": (
                "package fresh\n\nvar G = 1\n",
                "package fresh\n\nvar G = 1\n\nfunc F() int { return F() }\n",
            ),
        },
        symbol="F",
        to="fresh/f.go",
    )


def test_what_it_needs_of_its_old_package_is_qualified(tmp_path: Path) -> None:
    files = {
        "old/old.go": "package old\n\nfunc Help() int { return 1 }\n\n"
        "func F() int { return Help() }\n",
        "a.go": 'package m\n\nimport "example.com/m/old"\n\nvar x = old.F()\n',
    }
    done = carry_out(tmp_path, go_files(files), "MOVE_SYMBOL", symbol="F", to="fresh/f.go")
    assert done.files["fresh/f.go"] == (
        'package fresh\n\nimport "example.com/m/old"\n\nfunc F() int { return old.Help() }\n'
    )


REFUSED = {
    "a helper that is not exported": (
        "package old\n\nfunc help() int { return 1 }\n\nfunc F() int { return help() }\n",
        "uses help, which is not exported",
    ),
    "a circle": (
        "package old\n\nfunc Help() int { return F() }\n\nfunc F() int { return Help() }\n",
        "import each other",
    ),
    "a field that is not exported": (
        "package old\n\ntype F struct{ size int }\n\nfunc g(f F) int { return f.size }\n",
        "F.size is not exported",
    ),
    "a group": ("package old\n\nconst (\n\tF = iota\n\tG\n)\n", "in one group with others"),
    "its name is taken": ("package old\n\nfunc F() {}\n", "declares F"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_not_compile_is_refused(tmp_path: Path, case: str) -> None:
    source, said = REFUSED[case]
    there = "package fresh\n\nfunc F() {}\n" if "taken" in case else "package fresh\n"
    files = {"old/old.go": source, "fresh/f.go": there}
    error = refused(tmp_path, "MOVE_SYMBOL", files, symbol="old/old.go::F", to="fresh/f.go")
    assert said in error.message
