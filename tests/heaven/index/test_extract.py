"""One file to its definitions, whatever is in the file."""

from __future__ import annotations

import re
import textwrap

import pytest
from genesis_ssmp.heaven.index.extract import extract
from genesis_ssmp.heaven.index.facts import Definition, FileFacts, dump, load
from genesis_ssmp.heaven.index.languages import PYTHON_CALLS, TABLE, query_text
from genesis_ssmp.heaven.index.reading import NAMED, NAMED_FIRST
from hypothesis import given, settings
from hypothesis import strategies as st

PYTHON = TABLE[0]


def test_every_call_of_a_name_in_the_query_of_calls_is_asked_with_it() -> None:
    """A word in the query that `reading` does not look for would never be found."""
    words = re.findall(r'"(\w+)"', query_text(PYTHON_CALLS))
    assert len(words) > len(NAMED)
    for word in words:
        assert word.encode().endswith(NAMED) or word.encode() == NAMED_FIRST, word
    assert all(any(word.encode() == one for word in words) for one in (*NAMED, NAMED_FIRST))


def facts(source: str | bytes) -> FileFacts:
    if isinstance(source, str):
        source = textwrap.dedent(source).encode()
    return extract(source, PYTHON)


def defined(source: str) -> dict[str, Definition]:
    return {one.qualname: one for one in facts(source).definitions}


def header(source: str, name: str) -> str:
    text = textwrap.dedent(source).encode()
    one = next(one for one in extract(text, PYTHON).definitions if one.qualname == name)
    return text[one.header_start : one.header_end].decode()


def test_kinds_and_qualified_names() -> None:
    found = defined(
        """\
        LIMIT = 1
        limit: int
        a, (b, *c) = x
        class Outer(Base):
            field = 1
            def method(self, p):
                self.made = local = 1
                def inner(): ...
            class Inner:
                deep: int = 2
        async def run():
            class Local: ...
        with open(p) as handle: ...
        """
    )
    assert {name: one.kind for name, one in found.items()} == {
        "LIMIT": "constant",
        "limit": "variable",
        "a": "variable",
        "b": "variable",
        "c": "variable",
        "Outer": "class",
        "Outer.field": "field",
        "Outer.method": "method",
        "Outer.made": "field",
        "Outer.method.inner": "function",
        "Outer.Inner": "class",
        "Outer.Inner.deep": "field",
        "run": "function",
        "run.Local": "class",
        "handle": "variable",
    }


def test_the_extent_has_the_decorators_and_the_header_does_not() -> None:
    source = "@one\n@two(3)\ndef f(x):\n    return x\n"
    one = defined(source)["f"]
    assert source[one.start : one.end] == source.rstrip("\n")
    assert header(source, "f") == "def f(x)"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a={'x': 1}, b=lambda: {}): ...\n", "def f(a={'x': 1}, b=lambda: {})"),
        ("async def f(\n    a: int,\n    b: str = ':',\n) -> dict[str, int]:\n    ...\n", None),
        ("class f(Base, metaclass=M):\n    x = 1\n", "class f(Base, metaclass=M)"),
        ("class f[T]: ...\n", "class f[T]"),
        ("f = {\n    'a': 1,\n}\n", "f = {"),
    ],
)
def test_trap_the_signature_is_not_cut_at_a_brace_or_colon_of_a_default(
    source: str, expected: str | None
) -> None:
    """Trap: `signature` cut at the first `{` of a default value."""
    assert header(source, "f") == (expected or source.partition(":\n    ...")[0])


def test_redefinitions_are_numbered() -> None:
    found = facts(
        """\
        if x:
            def f(): ...
        else:
            def f(): ...
        f = wrap(f)
        """
    ).definitions
    assert [(one.name, one.overload) for one in found] == [("f", 0), ("f", 1)]


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\xef\xbb\xbfdef f(): ...\n",
        b"def f(:\n  )(\nclass A:\n def g(self): ...\n",
        b"x = '\xff\xfe'\ndef f(): ...\n",
        b"d\xffef f(): ...\n",
        b"def f():\r\n    return 1\r\n",
        b"((((" * 500,
        b"x" + b".y()" * 3000 + b"\n",
        b"x = " + b"f(" * 1000 + b")" * 1000,
        b"def f(): " + b"lambda: " * 500 + b"1\n",
        b"x: " + b"A[" * 500 + b"B" + b"]" * 500 + b"\n",
        b"x: " + b"'" * 501 + b"\n",
        b"if 1:\n\tx = 1\n        y = 2\n",
        b"print 'old'\nexec 'code'\n",
    ],
)
def test_no_source_is_fatal(source: bytes) -> None:
    found = extract(source, PYTHON)
    assert load(dump(found)) == found


def test_what_surrounds_a_syntax_error_is_still_there() -> None:
    found = facts("def good(): ...\n\nx = = 1\n\ndef after(y): return y\n")
    assert found.errors == 1
    assert {"good", "after"} <= {one.name for one in found.definitions}


FRAGMENTS = [
    "class A(B):", "def f(self, x: 'A' = 1, *a, **k) -> B:", "    return self.x", "    pass",
    "    x = [y for y in z if (w := y)]", "from . import a as b", "import a.b, c as d", "try:",
    "with A() as f, B() as (g, h):", "except E as e:", "    global G", "x: A[B] = lambda q: q",
    "    yield A()", "@a.b(c)", "match x:", "    case [a, *b] | A(c=d): pass", "é = 'é'",
    "__all__ = ['f']", "    self.y = A()",
]  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("\n".join))
def test_every_row_points_into_its_tables(source: str) -> None:
    text = source.encode()
    found = extract(text, PYTHON)
    assert load(dump(found)) == found
    for one in found.definitions:
        assert 0 <= one.start <= one.name_start < one.end <= len(text)
        assert text[one.name_start :].startswith(one.name.encode())
        assert one.scope < len(found.scopes) and one.inner < len(found.scopes)
        assert all(-1 <= number < len(found.expressions) for number in one.bases + one.results)
    names = {one.name_start for one in found.definitions}
    for use in found.uses:
        assert text[use.start : use.end] == use.name.encode()
        assert use.start not in names
        assert use.scope < len(found.scopes) and use.on < len(found.expressions)
    assert len({use.start for use in found.uses}) == len(found.uses)
    for binding in found.bindings:
        assert binding.scope < len(found.scopes) and binding.value < len(found.expressions)
    for number, scope in enumerate(found.scopes):
        assert scope.parent < number
    for number, expression in enumerate(found.expressions):
        if expression.op not in ("value", "literal"):
            assert expression.argument < number
