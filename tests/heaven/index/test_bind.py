"""References are bound by scopes, imports and the types that the text shows, by nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

import pytest
from genesis_ssmp.heaven.index.symbols import SymbolIndex
from kit.marked import check, write


def test_a_star_import_takes_what_all_lists_and_nothing_else(tmp_path: Path) -> None:
    files = {
        "a.py": """\
            __all__ = ["‹_hidden›"]
            def _hidden(): ...
            def shown(): ...
            """,
        "b.py": """\
            from c import *
            from a import *
            ‹_hidden›()
            shown()
            """,
        "c.py": "def shown(): ...\n",
    }
    check(tmp_path, files, "_hidden")
    listed = {
        "a.py": '__all__ = ["other"]\ndef shown(): ...\ndef other(): ...\n',
        "c.py": "def shown(): ...\n",
        "b.py": "from c import *\nfrom a import *\n‹shown›()\n",
    }
    check(tmp_path / "listed", listed, "c.py::shown")
    added = {
        "a.py": 'import c\n__all__ = ["other"]\n__all__ += c.__all__\nfrom c import *\nother = 1\n',
        "c.py": '__all__ = ["‹shown›"]\ndef shown(): ...\n',
        "b.py": "from a import *\n‹shown›()\n",
    }
    check(tmp_path / "added", added, "shown")


def test_isinstance_tells_what_a_name_is(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                class A:
                    def go(self): ...
                class B:
                    def go(self): ...
                def f(x, y, node, many):
                    if isinstance(x, A) and x.‹go›():
                        x.‹go›()
                    elif isinstance(x, B):
                        x.go()
                    else:
                        x.‹?go›()
                    x.‹?go›() if isinstance(x, (A, int)) else x.‹?go›()
                    if isinstance(node.inner, A):
                        node.inner.‹go›()
                        node.other.‹?go›()
                    [one.‹go›() for one in many if isinstance(one, A)]
                    if isinstance(y, A):
                        y = B()
                        y.go()
                    if not isinstance(x, B):
                        return x.‹?go›()
                    x.go()
                def g(x):
                    if isinstance(x, A) or x.‹?go›():
                        x.‹?go›()
                    assert isinstance(x, A)
                    x.‹go›()
                def h(x):
                    if not isinstance(x, A):
                        raise TypeError
                    x.‹go›()
                """
        },
        "A.go",
    )


def test_an_alias_of_a_union_is_what_it_stands_for(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                import typing as t
                class A:
                    def go(self): ...
                class B:
                    def stop(self): ...
                Either = t.Union["A", B]
                New = A | None
                def f(x: Either, y: t.Optional[Either], z: New):
                    x.‹?go›()
                    y.‹?go›()
                    z.‹go›()
                    z.stop()
                """
        },
        "A.go",
    )


def test_what_built_in_functions_hand_through(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                import typing as t
                class A:
                    def go(self): ...
                def f(many: list[A], named: dict[str, A]):
                    for one in sorted(many): one.‹go›()
                    for number, one in enumerate(many): one.‹go›()
                    for name, one in named.items(): one.‹go›()
                    [one.‹go›() for _, one in named.items()]
                    many[1:][0].‹go›()
                    max(many).‹go›()
                    for one in [A() for _ in many]: one.‹go›()
                    for one in [A()]: one.‹go›()
                """
        },
        "A.go",
    )


def test_what_an_object_gives_as_itself_is_of_its_own_class(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                import pytest
                from typing import Self, TypeVar
                T = TypeVar("T", bound="A")
                class A:
                    def __enter__(self: T) -> T: ...
                    async def __aenter__(self: T) -> T: ...
                    def twice(self) -> Self: ...
                class B(A):
                    def go(self): ...
                class Bad(Exception):
                    def go(self): ...
                with B() as b: b.‹go›()
                async def f():
                    async with B() as b: b.‹go›()
                B().twice().twice().‹go›()
                def test():
                    with pytest.raises(Bad) as caught: ...
                    caught.value.go()
                """
        },
        "B.go",
    )


def test_imports_of_every_form_are_followed(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "pkg/__init__.py": """\
                from .core import ‹greet› as ‹greet›
                from .core import other as other
                __all__ = ["‹greet›", "other"]
                """,
            "pkg/core.py": """\
                def greet(name): return name
                def other(): return ‹greet›("x")
                """,
            "pkg/sub/deep.py": """\
                from ..core import ‹greet›
                from .. import core
                from ... import nothing
                ‹greet›("a")
                core.‹greet›("b")
                """,
            "use.py": """\
                import pkg
                import pkg.core
                import pkg.core as c
                from pkg import ‹greet›, other
                pkg.‹greet›("a")
                pkg.core.‹greet›("b")
                c.‹greet›("c")
                f = ‹greet›
                other(greet=1)
                """,
        },
        "greet",
    )


def test_src_layout_and_star_imports(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "src/pkg/__init__.py": "from .a import *\n",
            "src/pkg/a.py": "LIMIT = 3\n_hidden = 1\n",
            "tests/test_a.py": "from pkg import ‹LIMIT›\nfrom pkg import *\nassert ‹LIMIT› == 3\n",
        },
        "LIMIT",
    )


def test_an_alias_is_followed_and_its_tokens_differ_in_text(tmp_path: Path) -> None:
    files = {
        "a.py": "def greet(): ...\n",
        "b.py": "from a import ‹greet› as ‹hello›\n‹hello›()\n",
        "c.py": "from b import ‹hello›\n‹hello›()\n",
        "d.py": "def hello(): ...\nhello()\n",
    }
    _, found = check(tmp_path, files, "greet")
    texts = {(tmp_path / r.path).read_bytes()[r.at.start_byte : r.at.end_byte] for r in found}
    assert texts == {b"greet", b"hello"}


@pytest.mark.parametrize(
    "source",
    [
        "def greet(): ...\ndef f(greet): greet()\n",
        "def greet(): ...\ndef f(*greet): greet()\n",
        "def greet(): ...\ndef f():\n    greet = 1\n    greet()\n",
        "def greet(): ...\ndef f():\n    greet()\n    del greet\n",
        "def greet(): ...\nx = [greet for greet in y]\n",
        "def greet(): ...\nx = lambda greet: greet()\n",
        "def greet(): ...\ndef f():\n    with y as greet: greet()\n",
        "def greet(): ...\ndef f():\n    try: ...\n    except E as greet: greet()\n",
        "def greet(): ...\ndef f():\n    if (greet := 1): greet()\n",
        "def greet(): ...\ndef f(v):\n    match v:\n        case [greet, *rest]: greet()\n",
        "def greet(): ...\ndef f(v):\n    match v:\n        case {'a': greet}: greet()\n",
        "def greet(): ...\ndef f(v):\n    match v:\n        case A(x=greet): greet()\n",
        "def greet(): ...\ndef f(v):\n    match v:\n        case A() as greet: greet()\n",
        "def greet(): ...\ndef f():\n    for a, (greet, *b) in y: greet()\n",
        "def greet(): ...\ndef f():\n    import greet\n    greet()\n",
        "def greet(): ...\ndef f():\n    def greet(): ...\n    greet()\n",
        "def greet(): ...\ndef f():\n    class greet: ...\n    greet()\n",
        "def greet(): ...\ndef f():\n  greet = 1\n  def g():\n    nonlocal greet\n    greet = 2\n",
        "def greet(): ...\nf(greet=1)\n",
        "def greet(): ...\nclass A:\n    greet = 1\n    x = greet\n",
        "def greet(): ...\ndef f[greet](x: greet): ...\n",
        "def greet(): ...\ntry: ...\nfinally: ''.greet()\n",
        "def greet(): ...\nimport os\nos.greet()\n",
    ],
)
def test_a_shadowed_name_is_no_reference(tmp_path: Path, source: str) -> None:
    check(tmp_path, {"a.py": source}, "a.py::greet" if "class greet" not in source else "greet")


@pytest.mark.parametrize(
    "source",
    [
        "def greet(): ...\ndef f(x=‹greet›): ...\n",
        "def greet(): ...\ndef f(greet=‹greet›): greet()\n",
        "def greet(): ...\n@‹greet›\ndef f(): ...\n",
        "def greet(): ...\n@‹greet›()\nclass A: ...\n",
        "def greet(): ...\nx = [greet() for greet in ‹greet›()]\n",
        "def greet(): ...\nx = [‹greet›(y) for y in z]\n",
        "def greet(): ...\nclass A:\n    def greet(self): ‹greet›()\n",
        "def greet(): ...\nclass A:\n    x = ‹greet›\n    def greet(self): ...\n",
        "def greet(): ...\ndef f():\n    global greet\n    ‹greet› = 2\n    ‹greet›()\n".replace(
            "global greet", "global ‹greet›"
        ),
        "def greet(): ...\nprint(f'{‹greet›():>{‹greet›()}}')\n",
        "def greet(): ...\ndel ‹greet›\n",
        "def greet(): ...\nx = lambda greet=‹greet›: greet\n",
        "def greet(): ...\nmatch x:\n    case ‹greet›.y: ...\n".replace("‹greet›.y", "other.y"),
    ],
)
def test_a_name_is_seen_through_scopes_as_python_sees_it(tmp_path: Path, source: str) -> None:
    check(tmp_path, {"a.py": source}, "greet" if "class A" not in source else "a.greet")


def test_nonlocal_names_belong_to_the_function_outside(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                def outer():
                    def greet(): ...
                    def inner():
                        nonlocal ‹greet›
                        ‹greet› = 1
                    return ‹greet›
                """
        },
        "outer.greet",
    )


def test_methods_by_self_cls_super_and_the_class(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                class Base:
                    def greet(self): return self.‹greet›()
                    @classmethod
                    def make(cls): cls.‹greet›(cls())
                    @staticmethod
                    def plain(self): self.‹?greet›()
                class Sub(Base):
                    def other(self):
                        super().‹greet›()
                        super(Sub, self).‹greet›()
                        def inner(): self.‹greet›()
                        return [self.‹greet›() for _ in ()]
                Base.‹greet›(None)
                Sub.‹greet›(None)
                Sub().‹greet›()
                """,
            "b.py": """\
                class Alone:
                    def run(self): self.greet()
                """,
        },
        "Base.greet",
    )


def test_an_override_is_another_method(tmp_path: Path) -> None:
    files = {
        "a.py": """\
            class Base:
                def greet(self): ...
            class Sub(Base):
                def greet(self): super().‹greet›()
            Base().‹greet›()
            Sub().greet()
            """
    }
    check(tmp_path, files, "Base.greet")
    index = SymbolIndex(tmp_path, None)
    family = index.family(index.find_symbols("Base.greet")[0])
    index.close()
    assert [one.qualname for one in family] == ["Base.greet", "Sub.greet"]


def test_diamonds_are_searched_in_method_resolution_order(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                class A:
                    def greet(self): ...
                class B(A): ...
                class C(A):
                    def greet(self): ...
                class D(B, C): ...
                D().greet()
                B().‹greet›()
                """
        },
        "A.greet",
    )


def test_receivers_whose_type_the_text_shows(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                from __future__ import annotations
                import typing as t
                class Greeter:
                    def greet(self) -> str: ...
                    def itself(self) -> t.Self: ...
                    def __enter__(self) -> Greeter: ...
                class Other:
                    def greet(self): ...
                def make() -> "Greeter": ...
                """,
            "b.py": """\
                import typing as t
                from a import Greeter, Other, make
                class Holder:
                    kept: t.Optional[Greeter]
                    def __init__(self, g: Greeter):
                        self.given = g
                        self.made = Greeter()
                    @property
                    def prop(self) -> Greeter: ...
                    def run(self):
                        self.given.‹greet›()
                        self.made.‹greet›()
                        self.kept.‹greet›()
                        self.prop.‹greet›()
                def f(a: Greeter, b: "Greeter", c: t.Optional["Greeter"], d: Greeter | None,
                      e: Other, k: t.List[Greeter], m: t.Dict[str, Greeter],
                      u: t.Union[Greeter, Other], z):
                    a.‹greet›(); b.‹greet›(); c.‹greet›(); d.‹greet›(); e.greet()
                    x = Greeter()
                    x.‹greet›()
                    make().‹greet›()
                    x.itself().‹greet›()
                    for one in k: one.‹greet›()
                    k[0].‹greet›()
                    m["a"].‹greet›()
                    u.‹?greet›()
                    with Greeter() as w: w.‹greet›()
                    y = x
                    y.‹greet›()
                    z.‹?greet›()
                    v = Greeter() if z else Other()
                    v.‹?greet›()
                    r = Greeter()
                    r = Other()
                    r.‹?greet›()
                """,
        },
        "Greeter.greet",
    )


def test_an_unknown_receiver_is_low_and_lists_every_candidate(tmp_path: Path) -> None:
    _, found = check(
        tmp_path,
        {
            "a.py": "class A:\n    def go(self): ...\nclass B:\n    def go(self): ...\n",
            "b.py": "def go(): ...\ndef f(x):\n    x.‹?go›()\n    go()\n",
        },
        "A.go",
    )
    assert found[0].confidence <= 0.3
    assert len(found[0].candidates) == 2


def test_class_attributes_and_fields(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                class A:
                    limit: int = 1
                    twice = ‹limit› * 2
                    def f(self):
                        self.‹limit› = 2
                        self.‹limit› += 1
                        limit = 3
                        return limit
                A.‹limit›
                A().‹limit›
                a = A()
                a.‹limit› = 5
                """
        },
        "A.limit",
    )


def test_quoted_annotations_are_references_of_kind_type(tmp_path: Path) -> None:
    _, found = check(
        tmp_path,
        {
            "a.py": """\
                import typing as t
                import a
                class Thing: ...
                def f(x: "‹Thing›", y: t.List["‹Thing›"]) -> "‹Thing› | None": ...
                def g(z: "t.Dict[str, a.‹Thing›]", *w: "‹Thing›"): ...
                v: t.Literal["Thing"] = "Thing"
                w: t.Annotated["‹Thing›", "Thing"]
                """
        },
        "Thing",
    )
    assert {one.ref_kind for one in found} == {"type"}


def test_redefinitions_share_their_references(tmp_path: Path) -> None:
    symbol, found = check(
        tmp_path,
        {
            "a.py": """\
                import typing as t
                @t.overload
                def f(x: int) -> int: ...
                @t.overload
                def f(x: str) -> str: ...
                def f(x): return x
                ‹f›(1)
                """
        },
        "f",
    )
    assert symbol.overload == 0
    assert len(found[0].candidates) == 3


def test_property_setters_are_one_name(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                class A:
                    @property
                    def size(self) -> int: ...
                    @‹size›.setter
                    def size(self, value): ...
                    def f(self): self.‹size› = self.‹size› + 1
                """
        },
        "A.size",
    )


def test_trap_several_definitions_are_several_answers_and_never_the_first_one(
    tmp_path: Path,
) -> None:
    _, found = check(
        tmp_path,
        {
            "a.py": "def go(): ...\n",
            "b.py": "def go(): ...\n",
            "c.py": """\
                try:
                    from a import ‹?go›
                except ImportError:
                    from b import go
                ‹?go›()
                """.replace("from a import ‹?go›", "from a import ‹go›"),
        },
        "a.go",
    )
    assert sorted(len(one.candidates) for one in found) == [1, 2]


def test_trap_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    """Trap: references bound while indexing; a caller seen before its definition has none."""
    write(tmp_path, {"a.py": "from z import late\nlate()\n", "m.py": "import z\nz.late()\n"})
    index = SymbolIndex(tmp_path, None)
    index.build()
    (tmp_path / "z.py").write_text("def late(): ...\n")
    before = index.references(index.find_symbols("late")[0])
    (tmp_path / "z.py").write_text("x = 1\ndef late(): ...\n")
    after = index.references(index.find_symbols("late")[0])
    index.close()
    assert len(before) == 3
    assert before == after


def test_modules_that_import_each_other_and_classes_that_inherit_from_themselves(
    tmp_path: Path,
) -> None:
    check(
        tmp_path,
        {
            "a.py": "from b import *\nfrom b import x\nclass A(B): ...\nA().go()\nx.‹?go›()\n",
            "b.py": "from a import *\nfrom a import x\nclass B(A): ...\nB().go()\n",
            "c.py": "class C(C):\n    def go(self): ...\nC().‹go›()\n",
        },
        "C.go",
    )


def test_a_module_with_getattr_hides_what_it_has(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "m.py": "def __getattr__(name): ...\n",
            "a.py": "import m\nclass A:\n    def go(self): ...\nm.‹?go›()\n",
        },
        "A.go",
    )


def test_a_package_that_is_the_repository_itself(tmp_path: Path) -> None:
    """Names by `package-dir` of pyproject.toml, as this project's own are."""
    check(
        tmp_path,
        {
            "pyproject.toml": '[tool.setuptools]\npackage-dir = { "whole" = "." }\n',
            "__init__.py": "",
            "sub/__init__.py": "",
            "sub/a.py": "def go(): ...\n",
            "tests/a.py": "from whole.sub.a import ‹go›\nimport whole.sub\nwhole.sub.a.‹go›()\n",
        },
        "go",
    )


def test_what_functions_return_yield_and_decorate(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                import typing as t
                from contextlib import contextmanager
                class A:
                    def go(self): ...
                    def same(self): return A()
                    def decorate(self, f) -> "A": ...
                def make(): return A()
                def give():
                    yield A()
                @contextmanager
                def scope() -> t.Iterator[A]: ...
                def decorator() -> t.Callable[[t.Any], A]: ...
                make().‹go›()
                give().go()
                for one in give(): one.‹go›()
                with scope() as inner: inner.‹go›()
                @decorator()
                def made(): ...
                made.‹go›()
                A().same().‹?go›()
                def f(d: t.Dict[str, A]):
                    d.get("a").‹go›()
                    for one in d.values(): one.‹go›()
                    next(d.values()).‹go›()
                """
        },
        "A.go",
    )


def test_a_test_is_given_what_its_fixture_gives(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "lib.py": "class Runner:\n    def go(self): ...\n",
            "tests/conftest.py": """\
                import pytest
                from lib import Runner
                @pytest.fixture(scope="function")
                def runner(request): return Runner()
                @pytest.fixture
                def yielded(): yield Runner()
                """,
            "tests/test_a.py": """\
                def test_a(runner, yielded, other):
                    runner.‹go›()
                    yielded.‹go›()
                    other.‹?go›()
                def helper(runner): runner.‹?go›()
                """,
        },
        "Runner.go",
    )


def test_generic_bases_are_followed_and_outside_bases_hide_only_their_own(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                import typing as t
                import unittest
                T = t.TypeVar("T")
                class Base(t.Generic[T], unittest.TestCase):
                    def go(self): ...
                    def run(self): self.assertEqual(1, 1)
                class Sub(Base[int]):
                    def run(self): self.‹go›()
                Sub().‹go›()
                Base[int]().‹go›()
                def f(x: Base[str]): x.‹go›()
                """,
            "b.py": "class Other:\n    def assertEqual(self): ...\n",
        },
        "Base.go",
    )
    index = SymbolIndex(tmp_path, None)
    assert index.references(index.find_symbols("Other.assertEqual")[0]) == ()
    index.close()


@pytest.mark.parametrize(
    ("line", "uses"), [("x = f()\nx.y()\n", 2), ("x = x.y()\n", 2), ("def x(): ...\nx()\n", 1)]
)
def test_trap_a_reference_query_does_not_grow_with_the_square_of_the_assignments(
    tmp_path: Path, line: str, uses: int
) -> None:
    """Names that are bound thousands of times (generated data, long scripts) took minutes."""

    def work(times: int) -> int:
        (tmp_path / "a.py").write_text(line * times)
        index = SymbolIndex(tmp_path, None)
        (symbol, *_) = index.find_symbols("x")
        steps = 0

        def count(_frame: FrameType, _event: str, _argument: object) -> None:
            nonlocal steps
            steps += 1

        sys.setprofile(count)
        try:
            found = index.references(symbol)
        finally:
            sys.setprofile(None)
        index.close()
        assert len(found) >= uses * times - 1
        return steps

    assert work(400) < 3 * work(200)


def test_casts_choices_and_what_starts_as_none_show_their_type(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                import typing as t
                class A:
                    def greet(self): ...
                class Holder:
                    def __init__(self):
                        self.late = None
                    def fill(self):
                        self.late = A()
                        self.late.‹greet›()
                def f(x, y):
                    t.cast("A", x).‹greet›()
                    t.cast(t.Optional[A], x).‹greet›()
                    z = A() if x else None
                    z.‹greet›()
                    (A() or A()).‹greet›()
                    (A() or y).‹?greet›()
                    ("%s" % x).greet()
                """
        },
        "A.greet",
    )


def test_types_in_quotes_outside_of_annotations_are_references(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                import typing as t
                from typing import TypeAlias, TypeVar, cast
                class A: ...
                T = TypeVar("T", bound="‹A›")
                U = t.TypeVar("U", "‹A›", "int")
                N = t.NewType("A", "‹A›")
                S: TypeAlias = "t.List[‹A›]"
                R: t.TypeAlias = "t.Dict[str, ‹A›]"
                def f(x): return cast("‹A›", x), t.cast("A", x, 1), dict(other="A")
                """
        },
        "A",
    )


def test_what_a_pattern_matches_by_keyword_is_an_attribute_of_something(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "a.py": """\
                class A:
                    size = 1
                def f(x):
                    match x:
                        case A(‹?size›=size): return size
                """
        },
        "A.size",
    )


def test_a_directory_does_not_hide_the_standard_library(tmp_path: Path) -> None:
    files = {
        "tests/typing/check.py": "x = 1\n",
        "tests/test_a.py": "",
        "a.py": """\
            import typing as t
            class A(t.Generic[t.Any]):
                def greet(self): self.‹greet›()
            """,
    }
    check(tmp_path, files, "A.greet")
    index = SymbolIndex(tmp_path, None)
    naming = index.naming(index.find_symbols("A.greet"))
    assert naming.line(next(iter(naming.classes))).outside == ("typing.Generic",)
    index.close()
