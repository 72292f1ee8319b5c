"""ADD_PARAM and REMOVE_PARAM on Go."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.go import check, refused

PAIR = """
    package m

    import (
    \t"fmt"
    \t"strings"
    )

    type Shape interface{ Area(scale int) int }

    type Box struct{}

    func (b *Box) Area(scale int) int { return scale }

    func Sum(a, b int, rest ...Shape) int {
    \tfor _, one := range rest {
    \t\ta += one.Area(1)
    \t}
    \tfmt.Println(strings.ToUpper("x"))
    \treturn a + (*Box).Area(nil, b)
    }

    var total = Sum(1, 2, &Box{})

    func init() {
    \tgo Sum(1, 2)
    \tdefer Sum(
    \t\t1,
    \t\t2,
    \t)
    }
"""


def test_the_last_parameter_stands_before_a_variadic_one_and_imports_follow(tmp_path: Path) -> None:
    after = (
        PAIR.replace('import (\n    \t"fmt"', 'import (\n    \t"context"\n    \t"fmt"')
        .replace("Sum(a, b int, rest", "Sum(a, b int, ctx context.Context, rest")
        .replace("Sum(1, 2", "Sum(1, 2, context.TODO()")
        .replace("\t\t2,\n", "\t\t2,\n    \t\tcontext.TODO(),\n")
    )  # fmt: skip
    user = 'package u\n\nimport "example.com/m"\n\nvar x = m.Sum(1, 2)\n'
    check(
        tmp_path,
        "ADD_PARAM",
        {
            "a.go": (PAIR, after),
            "u/u.go": (
                user,
                'package u\n\nimport (\n\t"context"\n\n\t"example.com/m"\n)\n\n'
                "var x = m.Sum(1, 2, context.TODO())\n",
            ),
        },
        func="Sum",
        param="ctx",
        type="context.Context",
        argument="context.TODO()",
    )


def test_a_place_among_parameters_of_one_type(tmp_path: Path) -> None:
    after = (
        PAIR.replace("Sum(a, b int, rest", "Sum(a int, s string, b int, rest")
        .replace("Sum(1, 2", 'Sum(1, "", 2').replace("\t\t1,\n", '\t\t1,\n    \t\t"",\n')
    )  # fmt: skip
    check(
        tmp_path, "ADD_PARAM", {"a.go": (PAIR, after)},
        func="Sum", param="s", type="string", argument='""', position="1",
    )  # fmt: skip


@pytest.mark.parametrize("func", ["Shape.Area", "Box.Area"])
def test_an_interface_and_what_fits_it_get_it_together(tmp_path: Path, func: str) -> None:
    after = (
        PAIR.replace("Area(scale int)", "Area(scale int, up bool)")
        .replace("Area(1)", "Area(1, true)")
        .replace("Area(nil, b)", "Area(nil, b, true)")
    )  # fmt: skip
    check(
        tmp_path, "ADD_PARAM", {"a.go": (PAIR, after)},
        func=func, param="up", type="bool", argument="true",
    )  # fmt: skip


VALUES = "package m\n\nfunc f(a int) {}\n\nvar g = f\n"
SPREAD = """
    package m

    func two() (int, int) { return 1, 2 }

    func f(a, b int) {}

    func g() { f(two()) }
"""
ADD_REFUSED = {
    "no argument": ("package m\n\nfunc f() {}\n\nfunc g() { f() }\n"
    "", {}, "arguments", "called 1 times"),
    "a value": (VALUES, {"argument": "0"}, "unsure", "is a value here"),
    "several values": (SPREAD, {"argument": "0"}, "unsure", "what another call gives"),
    "its name is taken": (
        "package m\n\nfunc f(n int) {}\n", {"argument": "0"}, "collision", "parameter n",
    ),
    "its name is used": (
        "package m\n\nvar n int\n\nfunc f() int { return n }\n"
        "", {"argument": "0"}, "collision", "another n",
    ),
    "a name that is nowhere": (
        "package m\n\nfunc f() {}\n\nfunc g() { f() }\n", {"argument": "zero"}, "name", "zero",
    ),
    "a package that is nowhere": (
        "package m\n\nfunc f() {}\n\nfunc g() { f() }\n"
        "", {"argument": "nothing.X"}, "name", "nothing",
    ),
    "no expression": (
        "package m\n\nfunc f() {}\n\nfunc g() { f() }\n"
        "", {"argument": "1, 2"}, "syntax", "one expression",
    ),
    "what go calls": (
        "package main\n\nfunc f() {}\n\nfunc main() { f() }\n"
        "", {"func": "main"}, "unsupported", "by itself",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ADD_REFUSED)
def test_a_parameter_that_would_not_compile_is_refused(tmp_path: Path, case: str) -> None:
    source, more, reason, said = ADD_REFUSED[case]
    args = {"func": "f", "param": "n", "type": "int", **more}
    error = refused(tmp_path, "ADD_PARAM", {"a.go": source}, **args)
    assert (error.reason, said in error.message) == (reason, True), error.message


def test_a_type_is_needed(tmp_path: Path) -> None:
    error = refused(tmp_path, "ADD_PARAM", {"a.go": VALUES}, func="f", param="n")
    assert error.reason == "arguments"


def test_unnamed_parameters_stay_without_use(tmp_path: Path) -> None:
    check(
        tmp_path,
        "ADD_PARAM",
        {
            "a.go": (
                "package m\n\ntype I interface{ F(int) }\n\ntype T int\n\nfunc (T) F(int) {}\n",
                "package m\n\ntype I interface{ F(int, string) }\n\ntype T int\n\n"
                "func (T) F(_ int, s string) {}\n",
            )
        },
        func="I.F",
        param="s",
        type="string",
    )


def test_a_parameter_goes_with_its_arguments_and_the_imports_that_they_used(tmp_path: Path) -> None:
    check(
        tmp_path,
        "REMOVE_PARAM",
        {
            "a.go": (
                """
                package m

                import (
                \t"context"
                \t"fmt"
                )

                type I interface{ Do(ctx context.Context, n int) }

                type T int

                func (T) Do(c context.Context, n int) { fmt.Println(n) }
                """,
                """
                package m

                import (
                \t"fmt"
                )

                type I interface{ Do(n int) }

                type T int

                func (T) Do(n int) { fmt.Println(n) }
                """,
            ),
            "b.go": (
                'package m\n\nimport "context"\n\nvar ctx context.Context\n\n'
                "func g(i I) { i.Do(ctx, 1) }\n",
                'package m\n\nimport "context"\n\nvar ctx context.Context\n\n'
                "func g(i I) { i.Do(1) }\n",
            ),
            "c.go": (
                'package m\n\nimport "os"\n\nfunc h(i I, c int) { i.Do(nil, c) }\n\n'
                "func k(a, b, c int) { k(os.O_APPEND, b, c) }\n",
                'package m\n\nimport "os"\n\nfunc h(i I, c int) { i.Do(c) }\n\n'
                "func k(a, b, c int) { k(os.O_APPEND, b, c) }\n",
            ),
        },
        func="I.Do",
        param="ctx",
    )


REMOVE_REFUSED = {
    "it is used": ("package m\n\nfunc f(n int) int { return n }\n", "n is used"),
    "a call computes it": (
        "package m\n\nfunc one() int { return 1 }\n\nfunc f(n int) {}\n\nfunc g() { f(one()) }\n",
        "computes",
    ),
    "a variable is left": (
        "package m\n\nfunc f(n int) {}\n\nfunc g() {\n\tx := 1\n\tf(x)\n}\n"
        "", "nothing that reads it",
    ),
    "it is a value": ("package m\n\nfunc f(n int) {}\n\nvar v = f\n", "is a value here"),
}  # fmt: skip


@pytest.mark.parametrize("case", REMOVE_REFUSED)
def test_a_parameter_that_is_needed_stays(tmp_path: Path, case: str) -> None:
    source, said = REMOVE_REFUSED[case]
    error = refused(tmp_path, "REMOVE_PARAM", {"a.go": source}, func="f", param="n")
    assert said in error.message


def test_one_of_several_names_goes(tmp_path: Path) -> None:
    check(
        tmp_path,
        "REMOVE_PARAM",
        {
            "a.go": (
                "package m\n\nfunc f(a, b, c int) int { return a + c }\n\nvar x = f(1, 2, 3)\n",
                "package m\n\nfunc f(a, c int) int { return a + c }\n\nvar x = f(1, 3)\n",
            )
        },
        func="f",
        param="b",
    )
