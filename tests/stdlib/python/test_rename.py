"""RENAME_SYMBOL through the real index and the real edit engine."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.stdlib import MACROS, MacroRefused
from kit.renames import Renamed, rename, write_project


def check(
    root: Path, old: str, new: str, files: dict[str, tuple[str, str]], **more: str
) -> Renamed:
    """Rename, and compare every file with what it should be."""
    done = rename(root, {name: before for name, (before, _) in files.items()}, old, new, **more)
    for name, (_, after) in files.items():
        assert done.files[name] == dedent(after).removeprefix("\n"), name
    return done


def refused(root: Path, files: dict[str, str], old: str, new: str, **more: str) -> MacroRefused:
    with pytest.raises(MacroRefused) as caught:
        rename(root, files, old, new, **more)
    return caught.value


def test_definition_calls_imports_and_all_are_renamed_across_files(tmp_path: Path) -> None:
    done = check(
        tmp_path,
        "greet",
        "hello",
        {
            "pkg/__init__.py": (
                "from .core import greet as greet\n__all__ = ['greet', 'other']\n",
                "from .core import hello as hello\n__all__ = ['hello', 'other']\n",
            ),
            "pkg/core.py": (
                "def greet(name):\n    return greet(name[1:])\n",
                "def hello(name):\n    return hello(name[1:])\n",
            ),
            "pkg/use.py": (
                "import pkg\nimport pkg.core as c\nfrom . import core\nfrom pkg import greet\n\n"
                "pkg.greet(1)\nc.greet(2)\ncore.greet(3)\ngreet(4)\npkg.core.greet(5)\n",
                "import pkg\nimport pkg.core as c\nfrom . import core\nfrom pkg import hello\n\n"
                "pkg.hello(1)\nc.hello(2)\ncore.hello(3)\nhello(4)\npkg.core.hello(5)\n",
            ),
            "tests/test_use.py": (
                "from pkg import (\n    greet,\n)\n\ndef test_it():\n    assert greet('a')\n",
                "from pkg import (\n    hello,\n)\n\ndef test_it():\n    assert hello('a')\n",
            ),
        },
    )
    assert done.expansion.sure == 13 and done.unsure == []


def test_strings_comments_and_keyword_arguments_stay(tmp_path: Path) -> None:
    check(
        tmp_path,
        "greet",
        "hello",
        {
            "a.py": (
                """
                def greet(x):  # greet is for greeting
                    '''greet says greet'''
                    return dict(greet=x, y="greet")

                greet(x={"greet": 1}["greet"])
                """,
                """
                def hello(x):  # greet is for greeting
                    '''greet says greet'''
                    return dict(greet=x, y="greet")

                hello(x={"greet": 1}["greet"])
                """,
            )
        },
    )


def test_an_alias_is_left_alone_and_its_source_follows(tmp_path: Path) -> None:
    check(
        tmp_path,
        "a.py::greet",
        "hello",
        {
            "a.py": ("def greet(): pass\n", "def hello(): pass\n"),
            "b.py": (
                "from a import greet as g\ng()\n\ndef greet(): pass\n\ngreet()\n",
                "from a import hello as g\ng()\n\ndef greet(): pass\n\ngreet()\n",
            ),
        },
    )


def test_a_local_of_the_same_name_is_another_variable(tmp_path: Path) -> None:
    check(
        tmp_path,
        "a.py::size",
        "extent",
        {
            "a.py": (
                """
                def size(x): return x

                def one(size):
                    return size + 1

                def two():
                    size = 3
                    return [size for _ in range(2)]

                def three():
                    return size(2), [size for size in range(2)], (lambda size: size)(1)

                def four():
                    global size
                    size = None
                """,
                """
                def extent(x): return x

                def one(size):
                    return size + 1

                def two():
                    size = 3
                    return [size for _ in range(2)]

                def three():
                    return extent(2), [size for size in range(2)], (lambda size: size)(1)

                def four():
                    global extent
                    extent = None
                """,
            )
        },
    )


def test_conditional_definitions_are_one_variable(tmp_path: Path) -> None:
    check(
        tmp_path,
        "fast",
        "quick",
        {
            "a.py": (
                "import sys\nif sys.platform == 'x':\n    def fast(): return 1\nelse:\n"
                "    def fast(): return 2\n\nfast = id(fast)\n",
                "import sys\nif sys.platform == 'x':\n    def quick(): return 1\nelse:\n"
                "    def quick(): return 2\n\nquick = id(quick)\n",
            ),
        },
    )


def test_decorators_defaults_annotations_and_f_strings_are_followed(tmp_path: Path) -> None:
    check(
        tmp_path,
        "Thing",
        "Item",
        {
            "a.py": (
                """
                import typing as t

                class Thing:
                    def clone(self) -> "Thing":
                        return Thing()

                @Thing
                def f(x: t.Optional["Thing"] = Thing()) -> list[Thing]:
                    y: "t.List[Thing]" = []
                    print(f"{Thing!r:>{Thing}} Thing")
                    return t.cast("Thing", y), t.Literal["Thing"]

                T = t.TypeVar("T", bound="Thing")
                def g(x: t.Literal["Thing"]) -> None: ...
                """,
                """
                import typing as t

                class Item:
                    def clone(self) -> "Item":
                        return Item()

                @Item
                def f(x: t.Optional["Item"] = Item()) -> list[Item]:
                    y: "t.List[Item]" = []
                    print(f"{Item!r:>{Item}} Thing")
                    return t.cast("Item", y), t.Literal["Thing"]

                T = t.TypeVar("T", bound="Item")
                def g(x: t.Literal["Thing"]) -> None: ...
                """,
            )
        },
    )


def test_a_method_is_renamed_with_its_overrides_and_typed_receivers(tmp_path: Path) -> None:
    done = check(
        tmp_path,
        "Base.run",
        "start",
        {
            "base.py": (
                """
                class Base:
                    def run(self):
                        return self.run

                    alias = run
                """,
                """
                class Base:
                    def start(self):
                        return self.start

                    alias = start
                """,
            ),
            "middle.py": ("import base\n\nclass Middle(base.Base):\n    pass\n",) * 2,
            "sub.py": (
                """
                from middle import Middle

                class Sub(Middle):
                    def run(self):
                        return super().run()

                class Other:
                    def run(self):
                        return self.run()

                def make() -> Sub:
                    return Sub()

                def use(a: Sub, b: "Middle | None", c, d: Other):
                    a.run(); b.run(); d.run(); Middle().run(); make().run(); Sub.run(a)
                    x = Sub()
                    x.run()
                    with open("f") as f:
                        f.run()
                    c.run()
                """,
                """
                from middle import Middle

                class Sub(Middle):
                    def start(self):
                        return super().start()

                class Other:
                    def run(self):
                        return self.run()

                def make() -> Sub:
                    return Sub()

                def use(a: Sub, b: "Middle | None", c, d: Other):
                    a.start(); b.start(); d.run(); Middle().start(); make().start(); Sub.start(a)
                    x = Sub()
                    x.start()
                    with open("f") as f:
                        f.run()
                    c.run()
                """,
            ),
        },
        unsure="leave",
    )
    assert [line for _, line in done.unsure] == [19, 20]


def test_an_override_names_the_whole_family(tmp_path: Path) -> None:
    done = rename(
        tmp_path,
        {"a.py": "class A:\n    def f(self): pass\nclass B(A):\n    def f(self): pass\n"},
        "B.f",
        "B.g",
    )
    assert done.files["a.py"].count("def g") == 2
    bare = rename(tmp_path, {"b.py": ""}, "f", "g")
    assert bare.expansion.sure == 2


def test_a_class_with_two_unrelated_bases_ties_their_methods(tmp_path: Path) -> None:
    done = rename(
        tmp_path,
        {
            "a.py": "class A:\n    def f(self): pass\n",
            "b.py": "class B:\n    def f(self): pass\n",
            "c.py": "from a import A\nfrom b import B\nclass C(A, B):\n    pass\n",
        },
        "A.f",
        "g",
    )
    assert "def g" in done.files["b.py"]


def test_property_setters_and_overloads_go_together(tmp_path: Path) -> None:
    check(
        tmp_path,
        "Box.width",
        "breadth",
        {
            "a.py": (
                """
                import typing as t

                class Box:
                    @property
                    def width(self): return self._width

                    @width.setter
                    def width(self, value): self._width = value

                    @width.deleter
                    def width(self): del self._width

                b = Box()
                b.width = b.width + 1
                del b.width
                """,
                """
                import typing as t

                class Box:
                    @property
                    def breadth(self): return self._width

                    @breadth.setter
                    def breadth(self, value): self._width = value

                    @breadth.deleter
                    def breadth(self): del self._width

                b = Box()
                b.breadth = b.breadth + 1
                del b.breadth
                """,
            )
        },
    )


def test_nested_functions_and_closures(tmp_path: Path) -> None:
    check(
        tmp_path,
        "outer.inner",
        "within",
        {
            "a.py": (
                "def outer():\n    def inner(): return inner\n    def user():\n"
                "        nonlocal inner\n        inner = inner()\n    return inner\n"
                "def inner(): pass\ninner()\n",
                "def outer():\n    def within(): return within\n    def user():\n"
                "        nonlocal within\n        within = within()\n    return within\n"
                "def inner(): pass\ninner()\n",
            )
        },
    )


def test_star_imports_carry_the_name(tmp_path: Path) -> None:
    check(
        tmp_path,
        "greet",
        "hello",
        {
            "a.py": ("def greet(): pass\n", "def hello(): pass\n"),
            "b.py": ("from a import *\n\ngreet()\n", "from a import *\n\nhello()\n"),
            "c.py": ("import b\nb.greet()\n", "import b\nb.hello()\n"),
            "d.py": ("greet()\n", "greet()\n"),
        },
    )


def test_match_statements_and_walrus_bind_names(tmp_path: Path) -> None:
    check(
        tmp_path,
        "kind",
        "sort",
        {
            "a.py": (
                """
                def kind(x): return x

                def one(x):
                    match x:
                        case kind: return kind

                def two(x):
                    match x:
                        case [kind.A, 1]: return kind(x)

                def three(x):
                    [(kind := y) for y in x]
                    return kind
                """,
                """
                def sort(x): return x

                def one(x):
                    match x:
                        case kind: return kind

                def two(x):
                    match x:
                        case [sort.A, 1]: return sort(x)

                def three(x):
                    [(kind := y) for y in x]
                    return kind
                """,
            )
        },
    )


def test_unproved_receivers_and_names_in_strings_are_listed_and_left(tmp_path: Path) -> None:
    files = {
        "a.py": "class A:\n    def go(self): pass\n",
        "b.py": (
            "import a\n\ndef f(x):\n    x.go()\n    getattr(x, 'go')\n    print('go')\n    a.A.go\n"
        ),
    }
    with pytest.raises(MacroRefused) as caught:
        rename(tmp_path, files, "A.go", "walk")
    assert caught.value.reason == "unsure" and caught.value.candidates == ("b.py:4",)
    done = rename(tmp_path, files, "A.go", "walk", unsure="leave")
    assert done.unsure == [("b.py", 4), ("b.py", 5)]
    assert done.files["b.py"] == files["b.py"].replace("a.A.go", "a.A.walk")
    assert done.expansion.unsure[0].text == "x.go()"
    assert "string" in done.expansion.unsure[1].why


def test_what_a_decorator_returns_is_not_taken_for_the_function(tmp_path: Path) -> None:
    files = {
        "a.py": (
            "from x import wrap\n\nclass A:\n    def go(self): pass\n\nclass Deco:\n"
            "    def __init__(self, f): pass\n    def go(self): pass\n\n"
            "@wrap\ndef f(): pass\n\n@Deco\ndef g(): pass\n\nf.go()\ng.go()\n"
        )
    }
    done = rename(tmp_path, files, "A.go", "walk", unsure="leave")
    assert done.unsure == [("a.py", 16)]
    done = rename(tmp_path, files, "Deco.go", "walk", unsure="leave")
    assert done.files["a.py"].endswith("g.walk()\n")


def test_an_instance_of_an_outside_base_may_be_ours(tmp_path: Path) -> None:
    files = {
        "a.py": (
            "class Oops(OSError):\n    def show(self): pass\n\n"
            "def f(e: Exception, p: KeyError, s: str):\n    e.show()\n    p.show()\n"
            "    s.show()\n"
            "    try: f()\n    except Oops as o: o.show()\n"
        )
    }
    done = rename(tmp_path, files, "Oops.show", "tell", unsure="leave")
    assert done.unsure == [("a.py", 5)]
    assert "o.tell()" in done.files["a.py"]


def test_elements_of_annotated_containers_and_inferred_results_are_known(tmp_path: Path) -> None:
    files = {
        "a.py": (
            "import typing as t\n\nclass A:\n    def go(self): pass\n"
            "    def __enter__(self) -> 'A':\n        return self\n\n"
            "def make():\n    return A()\n\n"
            "def f(many: t.List[A], *rest: int):\n    for one in many:\n        one.go()\n"
            "    [x.go() for x in many]\n    make().go()\n    with A() as a:\n        a.go()\n"
            "    (y := A()).go()\n    z = make() if many else None\n    z.go()\n"
            "    rest.go()\n"
        )
    }
    done = rename(tmp_path, files, "A.go", "walk")
    assert done.unsure == []
    assert done.files["a.py"].count("walk") == 7
    assert "rest.go()" in done.files["a.py"]


def test_where_a_class_reads_its_own_name_is_listed(tmp_path: Path) -> None:
    files = {
        "a.py": (
            "class Base:\n    def name(self): return type(self).__name__\nclass Sub(Base): pass\n"
        )
    }
    assert rename(tmp_path, files, "Sub", "Other").unsure == [("a.py", 2)]


def test_names_that_are_built_for_getattr_are_listed(tmp_path: Path) -> None:
    files = {
        "a.py": "class A:\n    def visit_name(self): pass\n",
        "b.py": (
            "def walk(a, k):\n    getattr(a, f'visit_{k}')\n    m = 'visit_' + k\n"
            "    n = 'visit_%s' % k\n    o = f'other_{k}'\n"
        ),
    }
    done = rename(tmp_path, files, "A.visit_name", "visit_title")
    assert done.unsure == [("b.py", 2), ("b.py", 3), ("b.py", 4)]


def test_uses_in_templates_programs_and_dotted_paths_are_listed(tmp_path: Path) -> None:
    files = {
        "a.py": 'def go():\n    """see a.go"""\n',
        "b.py": (
            "T = '{{ a.go }}'\nP = f'import a; {T}; a.go()'\npatch('a.go')\nE = 'a:go'\n"
            "N = 'a.going go'\n"
        ),
    }
    done = rename(tmp_path, files, "go", "walk")
    assert done.unsure == [("b.py", 1), ("b.py", 2), ("b.py", 3), ("b.py", 4)]


def test_entry_points_are_listed(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "[project.scripts]\ntool = 'pkg.cli:main'\n# main\n",
        "pkg/cli.py": "def main(): pass\n",
    }
    assert rename(tmp_path, files, "main", "start").unsure == [("pyproject.toml", 2)]


def test_pytest_fixtures_tell_what_a_parameter_is(tmp_path: Path) -> None:
    done = rename(
        tmp_path,
        {
            "lib.py": "class Runner:\n    def go(self): pass\n",
            "tests/conftest.py": (
                "import pytest\nfrom lib import Runner\n\n@pytest.fixture\ndef runner(request):\n"
                "    return Runner()\n\n@pytest.fixture\ndef other():\n    yield Runner()\n"
            ),
            "tests/test_a.py": "def test_a(runner, other):\n    runner.go()\n    other.go()\n",
        },
        "Runner.go",
        "walk",
    )
    assert done.files["tests/test_a.py"].count(".walk()") == 2
    assert done.unsure == []


def test_crlf_bom_and_a_missing_final_newline_survive(tmp_path: Path) -> None:
    write_project(tmp_path, {})
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfdef f():\r\n\tpass\r\n\r\n\r\n\r\n\r\n\r\nf()")
    with Heaven.open(tmp_path) as heaven:
        from genesis_ssmp.runtime.edits import stage

        expansion = MACROS["RENAME_SYMBOL"]({"old": "f", "new": "long_name"}, heaven)
        staged = stage(expansion.edit, tmp_path, symbols=heaven, blobs=heaven)
    assert staged.files[0].after == (
        b"\xef\xbb\xbfdef long_name():\r\n\tpass\r\n\r\n\r\n\r\n\r\n\r\nlong_name()"
    )


def test_macro_ops_carry_real_anchors(tmp_path: Path) -> None:
    done = rename(tmp_path, {"a.py": "def f():\n    f()\n\n\nf()\n"}, "f", "g")
    assert [op.lines for op in done.expansion.edit.ops] == [(1, 2), (5, 5)]
    for op in done.expansion.edit.ops:
        assert op.op == "replace_span"
        for digest in (op.anchor_hash, op.span_hash, op.base_blob):
            assert digest is not None and len(digest) == 64


@pytest.mark.parametrize("place", ["b", "./b/", "b/m.py"])
def test_in_and_kind_narrow_the_choice(tmp_path: Path, place: str) -> None:
    files = {"a/m.py": "def f(): pass\n", "b/m.py": "class X:\n    def f(self): pass\n"}
    done = rename(tmp_path, files, "f", "g", in_=place)
    assert "def g(self)" in done.files["b/m.py"]
    assert "def f" in done.files["a/m.py"]
    assert "def g" in rename(tmp_path, files, "f", "g", kind="function").files["a/m.py"]


def test_an_ambiguous_name_is_refused_with_its_candidates(tmp_path: Path) -> None:
    files = {"a.py": "def f(): pass\n", "b.py": "x = 1\nclass X:\n    def f(self): pass\n"}
    error = refused(tmp_path, files, "f", "g")
    assert error.reason == "ambiguous"
    assert error.candidates == ("a.py:1 f", "b.py:3 X.f")


def test_an_unknown_name_is_refused_with_near_ones(tmp_path: Path) -> None:
    error = refused(tmp_path, {"a.py": "def make_context(): pass\n"}, "make_contxt", "g")
    assert error.reason == "unknown" and "make_context" in error.candidates


def test_a_name_that_is_elsewhere_is_shown_where_it_is(tmp_path: Path) -> None:
    files = {"a.py": "class A:\n    def go(self): pass\nclass B(A): pass\n"}
    for old in ("B.go", "b.py::go", "../x.py::go", "/etc/x.py::A.go"):
        assert refused(tmp_path, files, old, "walk").reason == "unknown"
    assert refused(tmp_path, files, "B.go", "walk").candidates == ("a.py:2 A.go",)
    assert refused(tmp_path, files, "go", "walk", in_="lib").candidates == ("a.py:2 A.go",)


def test_a_rename_in_0_files_is_not_a_success(tmp_path: Path) -> None:
    error = refused(tmp_path, {"a.py": "x = 'greet'  # greet\n"}, "greet", "hello")
    assert error.reason == "unknown"


@pytest.mark.parametrize(
    "new", ["class", "1a", "a b", "a-b", "", "f", "__call__", "x.y", "a::b", "__p"]
)
def test_a_new_name_that_cannot_be_is_refused(tmp_path: Path, new: str) -> None:
    error = refused(tmp_path, {"a.py": "def f(): pass\n"}, "f", new)
    assert error.reason in ("name", "arguments")


def test_the_new_name_may_repeat_the_old_qualification(tmp_path: Path) -> None:
    files = {"a.py": "class A:\n    def f(self): pass\n    def h(self): pass\n"}
    assert "def g(" in rename(tmp_path, files, "A.f", "A.g").files["a.py"]
    assert "def g(" in rename(tmp_path, files, "a.py::A.f", "a.py::A.g").files["a.py"]
    assert "def g(" in rename(tmp_path, files, "a.py::A.f", "A.g").files["a.py"]
    assert refused(tmp_path, files, "A.f", "B.g").reason == "name"


def test_special_methods_are_refused(tmp_path: Path) -> None:
    files = {"a.py": "class A:\n    def __len__(self): return 1\n"}
    assert refused(tmp_path, files, "A.__len__", "size").reason == "name"


def test_private_names_stay_private(tmp_path: Path) -> None:
    files = {"a.py": "class A:\n    def __f(self): return self.__f\n"}
    assert rename(tmp_path, files, "A.__f", "__g").files["a.py"].count("__g") == 2
    assert refused(tmp_path, files, "A.__f", "g").reason == "name"


@pytest.mark.parametrize(
    ("base", "method"),
    [
        ("import io\nclass A(io.StringIO)", "write"),
        ("class A(Exception)", "with_traceback"),
        ("import unittest\nclass A(unittest.TestCase)", "setUp"),
        ("import somewhere\nclass A(somewhere.B)", "anything"),
        ("class A(make())", "anything"),
    ],
)
def test_an_override_of_something_outside_the_repository_is_refused(
    tmp_path: Path, base: str, method: str
) -> None:
    files = {"a.py": f"{base}:\n    def {method}(self): pass\n"}
    assert refused(tmp_path, files, f"A.{method}", "g").reason == "outside"


def test_a_known_outside_base_without_the_name_is_no_obstacle(tmp_path: Path) -> None:
    files = {"a.py": "import io\nclass A(io.StringIO):\n    def mine(self): pass\n"}
    assert rename(tmp_path, files, "A.mine", "ours").expansion.sure == 1


def test_pytest_fixtures_and_fields_are_refused(tmp_path: Path) -> None:
    fixture = {"conftest.py": "import pytest\n@pytest.fixture\ndef runner(): return 1\n"}
    assert refused(tmp_path, fixture, "runner", "walker").reason == "unsupported"


def test_another_language_is_refused_not_half_done(tmp_path: Path) -> None:
    error = refused(tmp_path, {"a.rs": "fn greet() {}\n"}, "greet", "hello")
    assert error.reason in ("unknown", "unsupported")


def test_a_file_with_syntax_errors_elsewhere_is_still_renamed_in(tmp_path: Path) -> None:
    files = {"a.py": "def f(): pass\nf()\ndef (:\n", "b.py": "from a import f\nf()\n"}
    done = rename(tmp_path, files, "f", "g")
    assert done.files["b.py"] == "from a import g\ng()\n"


def test_deep_expressions_do_not_exhaust_the_stack(tmp_path: Path) -> None:
    chain = "x = (" + "\n + ".join(["f()"] * 3000) + ")"
    dots = "y = (f" + "\n.a" * 3000 + "\n.f)"
    done = rename(tmp_path, {"a.py": f"def f(): pass\n{chain}\n{dots}\n"}, "f", "g")
    assert done.expansion.sure == 3002


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.rs", "fn greet() {}\n"),
    ],
)
def test_another_language_is_refused_by_name(tmp_path: Path, path: str, source: str) -> None:
    error = refused(
        tmp_path, {path: source, "b.py": "greet = 1\n"}, "greet", "hello", **{"in": path}
    )
    assert error.reason == "unsupported"
    assert path in str(error) and "*.py" in str(error)


def test_a_mixin_speaks_of_what_a_class_has_from_its_other_base(tmp_path: Path) -> None:
    files = {
        "a.py": (
            "class Mixin:\n    def show(self): return self.first_word()\n\n"
            "class Base:\n    def first_word(self): pass\n\n"
            "class Both(Mixin, Base): pass\n"
        )
    }
    done = rename(tmp_path, files, "Base.first_word", "head")
    assert "self.head()" in done.files["a.py"] and done.unsure == []
    files["b.py"] = "class Unrelated:\n    def first_word(self): pass\n"
    with pytest.raises(MacroRefused) as caught:
        rename(tmp_path, files, "Base.first_word", "head")
    assert caught.value.candidates == ("a.py:2",)
