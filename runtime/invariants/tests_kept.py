"""`@tests-not-weakened`: no test is removed, skipped, or left with fewer checks or cases.

What counts as a check is syntax: an `assert` that is not true whatever happens, and a call whose
name says that it asserts (`assertEqual`, `pytest.raises`, `expect`, `t.Fatal`, `require.Equal`). A
test that moved, or has another name and the same text, is still there. That a check asks less than
before is not seen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import basename
from typing import TYPE_CHECKING, Final

from ...heaven.index.extract import extract
from ...heaven.index.languages import LanguageRow, grammar, language_of
from ...heaven.index.tests_reach import is_test_file
from ..edits import FileChange, Staged
from .breach import Breach

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...heaven.index.facts import Definition

_NEXT: Final = "change what is tested, and leave the tests as they are or add to them"
_ASSERTS: Final = re.compile(r"_*(assert|expect)|(raises|warns|fail|deprecated_call)\Z")
_GO_ASSERTS: Final = re.compile(r"(Error|Errorf|Fatal|Fatalf|Fail|FailNow)\Z")
_GO_PACKAGES: Final = ("assert.", "require.", "is.")
_SKIPS: Final = re.compile(
    r"(skip|skipif|skipIf|skipUnless|xfail|SkipTest|importorskip|expectedFailure|Skip|Skipf|SkipNow"
    r"|todo|only|failing|xit|xtest|xdescribe|fit|fdescribe)\Z"
)
_ES_SKIPPING: Final = re.compile(
    r"(it|test|describe|suite|context)\b|x(it|test|describe)|f(it|describe)\Z"
)
_TRUE: Final = frozenset({"true", "integer", "string", "tuple"})
_DESELECT: Final = re.compile(
    r"collect_ignore|--ignore|--deselect|norecursedirs|testPathIgnorePatterns|addopts.*[^\w-]-[km]\b"
    r"|pytest_ignore_collect|pytest_collection_modifyitems"
)
_SETTINGS: Final = (
    *("conftest.py", "pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", "package.json"),
    *("jest.config.js", "jest.config.ts", "vitest.config.ts", "vitest.config.js"),
)


@dataclass(slots=True)
class _Test:
    """`text` is the test's own text without its name; `skips` counts what skips it, also on the
    class around it."""

    line: int
    text: bytes
    checks: int = 0
    cases: int = 0
    skips: int = 0


@dataclass(slots=True)
class _File:
    """The tests by qualname (with a number where it occurs again), and skips of the whole file."""

    tests: dict[str, _Test] = field(default_factory=dict)
    helpers: dict[str, _Test] = field(default_factory=dict)
    skips: int = 0


def breaches(staged: Staged) -> list[Breach]:
    before = {one.path: _read(one.path, one.before) for one in staged.files if one.before}
    after = {one.path: _read(one.path, one.after) for one in staged.files if one.after}
    texts = Counter(test.text for file in after.values() for test in file.tests.values())
    kept = Counter(
        test.text
        for path, file in before.items()
        for name, test in file.tests.items()
        if name in after.get(path, _File()).tests
    )
    found: list[Breach] = []
    for path, was in before.items():
        now = after.get(path, _File())
        found += _compare(path, was, now, texts, kept)
    for change in staged.files:
        found += _deselected(change)
    return found


def _compare(
    path: str, was: _File, now: _File, texts: Counter[bytes], kept: Counter[bytes]
) -> Iterator[Breach]:
    if now.skips > was.skips and now.tests:
        yield Breach(path, 1, "all tests of the file are skipped, or some of them", _NEXT)
    for name, test in was.tests.items():
        there = now.tests.get(name)
        if there is None:
            if texts[test.text] > kept[test.text]:
                kept[test.text] += 1
                continue
            yield Breach(path, test.line, f"test {name} is removed", _NEXT, before=True)
        elif there.skips > test.skips:
            yield Breach(path, there.line, f"test {name} is skipped", _NEXT)
        elif there.checks < test.checks:
            message = f"test {name} makes {there.checks} checks and made {test.checks}"
            yield Breach(path, there.line, message, _NEXT)
        elif there.cases < test.cases:
            message = f"test {name} has {there.cases} cases and had {test.cases}"
            yield Breach(path, there.line, message, _NEXT)
    for name, helper in was.helpers.items():
        there = now.helpers.get(name)
        if there is not None and there.checks < helper.checks:
            message = (
                f"{name}, which tests call, makes {there.checks} checks and made {helper.checks}"
            )
            yield Breach(path, there.line, message, _NEXT)


def _deselected(change: FileChange) -> Iterator[Breach]:
    """Lines of the test runner's settings that leave tests out, where there were fewer before."""
    if basename(change.path) not in _SETTINGS or change.after is None:
        return
    known = Counter((change.before or b"").decode("utf-8", "replace").split("\n"))
    for number, line in enumerate(change.after.decode("utf-8", "replace").split("\n"), 1):
        if known[line] > 0:
            known[line] -= 1
        elif _DESELECT.search(line):
            message = f"this line may leave tests out: {line.strip()}"
            yield Breach(change.path, number, message, "leave the test runner's settings alone")


def _read(path: str, source: bytes | None) -> _File:
    row = language_of(path)
    file = _File()
    if row is None or not source or not is_test_file(path):
        return file
    from tree_sitter import Parser

    definitions = extract(source, row).definitions
    around = [one for one in definitions if one.kind in ("class", "suite")]
    extents: list[tuple[int, int, _Test]] = []
    for definition in definitions:
        if definition.kind not in ("function", "method", "test"):
            continue
        test = _Test(
            source.count(b"\n", 0, definition.name_start) + 1,
            _apart_from_name(definition, source),
        )
        home = file.tests if _is_test(row, definition, around, source) else file.helpers
        home[_unique(home, definition.qualname)] = test
        extents.append((definition.start, definition.end, test))
    classes = [
        (one.start, one.end, [test for at, _, test in extents if one.start <= at < one.end])
        for one in around
    ]
    _count(file, row, Parser(grammar(row)).parse(source).root_node, extents, classes)
    return file


def _apart_from_name(definition: Definition, source: bytes) -> bytes:
    """The text of a definition by which it is known again where it moved or is called otherwise."""
    behind = definition.name_start + len(definition.name.encode())
    return source[definition.start : definition.name_start] + source[behind : definition.end]


def _unique(known: dict[str, _Test], name: str) -> str:
    number, unique = 1, name
    while unique in known:
        number += 1
        unique = f"{name}#{number}"
    return unique


def _is_test(
    row: LanguageRow, definition: Definition, around: list[Definition], source: bytes
) -> bool:
    """Whether it is run as a test. A method is where its class is: by its name, or by a base."""
    if definition.kind == "test":
        return True
    if re.match(row.tests, definition.name) is None:
        return False
    if definition.kind == "function":
        return True
    outer = definition.qualname.rpartition(".")[0]
    return any(
        one.qualname == outer
        and (one.name.startswith("Test") or b"(" in source[one.header_start : one.header_end])
        for one in around
    )


def _count(
    file: _File,
    row: LanguageRow,
    root: Node,
    extents: list[tuple[int, int, _Test]],
    classes: list[tuple[int, int, list[_Test]]],
) -> None:
    for node in _nodes(root):
        at = node.start_byte
        inner = [one for one in extents if one[0] <= at < one[1]]
        test = min(inner, key=lambda one: one[1] - one[0])[2] if inner else None
        kind, name = _kind(row, node)
        if kind == "check" and test is not None:
            test.checks += 1
        elif kind == "cases" and test is not None:
            test.cases += _cases(node)
        elif kind == "skip":
            around = [one for one in classes if one[0] <= at < one[1]]
            if test is not None and not _of_suite(name):
                test.skips += 1
            elif around:
                for one in min(around, key=lambda one: one[1] - one[0])[2]:
                    one.skips += 1
            else:
                file.skips += 1


def _of_suite(name: str) -> bool:
    return name.startswith(("describe", "suite", "context", "xdescribe", "fdescribe"))


def _nodes(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.named_children))


def _kind(row: LanguageRow, node: Node) -> tuple[str, str]:
    """ "check", "skip", "cases" or "", and the name that says so."""
    if node.type == "assert_statement":
        asked = node.named_children[0] if node.named_children else None
        return ("" if asked is None or asked.type in _TRUE else "check"), "assert"
    if node.type == "decorator":
        inner = node.named_children[0] if node.named_children else None
        if inner is not None and inner.type != "call":
            name = _text(inner)
            return ("skip" if _SKIPS.match(name.rpartition(".")[2]) else ""), name
        return "", ""
    if node.type == "assignment" and _text(node.child_by_field_name("left")) == "pytestmark":
        marks = _text(node.child_by_field_name("right"))
        return ("skip" if re.search(r"\b(skip|skipif|xfail)\b", marks) else ""), "pytestmark"
    if node.type not in ("call", "call_expression"):
        return "", ""
    if any(_text(one).startswith("pytestmark") for one in _above(node)):
        return "", ""
    name = _text(node.child_by_field_name("function"))
    last = name.rpartition(".")[2]
    if last == "parametrize":
        return "cases", name
    if row.binding == "ecmascript":
        if _SKIPS.match(last) and _ES_SKIPPING.match(name):
            return "skip", name
        return ("check" if _ASSERTS.match(name) else ""), name
    if row.binding == "go":
        if _SKIPS.match(last):
            return "skip", name
        return ("check" if _GO_ASSERTS.match(last) or name.startswith(_GO_PACKAGES) else ""), name
    if _SKIPS.match(last):
        return "skip", name
    return ("check" if _ASSERTS.match(last) else ""), name


def _above(node: Node) -> Iterator[Node]:
    above = node.parent
    while above is not None and above.type not in ("module", "block"):
        if above.type == "assignment":
            yield above
        above = above.parent


def _cases(node: Node) -> int:
    """The cases that a `parametrize` writes out; 0 where they are computed."""
    arguments = node.child_by_field_name("arguments")
    given = [one for one in arguments.named_children if one.type != "comment"] if arguments else []
    if len(given) < 2 or given[1].type not in ("list", "tuple"):
        return 0
    return sum(one.type != "comment" for one in given[1].named_children)


def _text(node: Node | None) -> str:
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")
