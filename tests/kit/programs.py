"""Hypothesis strategies for valid programs of both languages.

`aa_source()` and `isa_source()` give whole programs as text that parse and have what their language
requires: they are meant to compile. `aa_program()` and `isa_program()` give syntax trees of any
directives in any order, which parse but mostly do not compile.
"""

from __future__ import annotations

import os
from typing import Literal, cast

from genesis_ssmp.aa import ast as aa
from genesis_ssmp.aa.span import NOWHERE
from genesis_ssmp.isa import ast as isa
from hypothesis import strategies as st

SOAK = bool(os.environ.get("GENESIS_SOAK"))


def examples(count: int) -> int:
    """How many examples a test takes: twenty times as many when soaking."""
    return count * 20 if SOAK else count


IDENTIFIERS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
# Longer than any identifier, so that no rename is to the name that is there.
_NEW_NAMES = IDENTIFIERS.map("renamed_to_{}".format)
_PATHS = st.lists(IDENTIFIERS, min_size=1, max_size=3).map("/".join).map(lambda p: p + ".py")
_NUMBERS = st.integers(1, 1000).map(str)

# Words with the characters that make lexing hard: #, quotes, =, :, ${}, letters of other scripts.
_WORD_START = st.sampled_from("abcXYZ019_$-./#=:{}\\@é漢😀'")
_WORD_REST = st.text(st.sampled_from("abcXYZ019_$-./#=:{}\\@é漢😀'\""), max_size=8)
WORDS = st.builds(lambda a, b: a + b, _WORD_START, _WORD_REST).filter(lambda word: word != "#")

# Texts of any characters that a program can hold.
_LINE = st.text(
    st.one_of(
        st.sampled_from("ab #\"\\=:$\t'"),
        st.characters(
            codec="utf-8",
            exclude_categories=("Cc", "Cf", "Zl", "Zp", "Cs"),
            max_codepoint=0x1FFFF,
        ),
    ),
    max_size=24,
)
_VALUES = st.lists(_LINE, min_size=1, max_size=4).map("\n".join).filter(lambda v: v.strip() != "")
_FORMS = st.sampled_from(("rest", "quoted", "block"))


def words(strategy: st.SearchStrategy[str] = WORDS) -> st.SearchStrategy[aa.Word]:
    return st.builds(aa.Word, strategy, st.just(NOWHERE))


def texts(values: st.SearchStrategy[str] = _VALUES) -> st.SearchStrategy[aa.Text]:
    return st.builds(
        aa.Text, values, cast("st.SearchStrategy[aa.TextForm]", _FORMS), st.just(NOWHERE)
    )


def _quoted(values: st.SearchStrategy[str]) -> st.SearchStrategy[aa.Text]:
    return st.builds(aa.Text, values, st.just("quoted"), st.just(NOWHERE))


def _scopes() -> st.SearchStrategy[aa.Scope]:
    types = words(st.sampled_from(("symbol", "module", "file", "directory")))
    return st.builds(aa.Scope, types, words(), st.just(NOWHERE))


_SPAN = st.just(NOWHERE)
_MACRO_NAMES = st.sampled_from(("RENAME_SYMBOL", "ADD_PARAM", "REPLACE_SPAN"))


def _tasks(keyword: Literal["DO", "OP"]) -> st.SearchStrategy[aa.Do]:
    call = st.builds(
        aa.MacroCall,
        words(_MACRO_NAMES),
        st.lists(words(st.one_of(WORDS, _VALUES)), max_size=4).map(tuple),
        _SPAN,
    )
    return st.builds(aa.Do, st.just(keyword), st.one_of(texts(), call), _SPAN)


def aa_directives() -> st.SearchStrategy[aa.Directive]:
    """Any directive of Angel Assembly, with any words and texts."""
    optional = st.one_of(st.none(), words())
    return st.one_of(
        st.builds(aa.BaseRev, words(), _SPAN),
        st.builds(aa.Lease, st.lists(_scopes(), min_size=1, max_size=3).map(tuple), _SPAN),
        st.builds(aa.NeedSymdef, words(), optional, _SPAN),
        st.builds(aa.NeedCallers, words(), optional, _SPAN),
        st.builds(aa.NeedSlice, words(), words(), words(), _SPAN),
        st.builds(aa.NeedSearch, st.one_of(words(), _quoted(_VALUES)), optional, _SPAN),
        st.builds(aa.NeedTests, st.sampled_from(("test", "tests")), words(), _SPAN),
        st.builds(aa.NeedPrompt, words(), words(), _SPAN),
        _tasks("DO"),
        st.builds(aa.AssertTests, texts(), _SPAN),
        st.builds(aa.Return, words(), _SPAN),
        st.builds(
            aa.Param,
            words(IDENTIFIERS),
            st.one_of(st.none(), words(st.sampled_from(("symbol", "path", "int", "text", "x")))),
            st.one_of(st.none(), words(), _quoted(_VALUES)),
            _SPAN,
        ),
    )


def isa_directives() -> st.SearchStrategy[isa.Directive]:
    """Any directive of the Genesis ISA, with any words and texts."""
    argument = st.builds(
        isa.Argument, words(IDENTIFIERS), st.one_of(words(), _quoted(_VALUES)), _SPAN
    )
    kinds = st.sampled_from(("test", "tests", "lint", "typecheck"))
    version: st.SearchStrategy[Literal["ISA_VERSION", "VERSION"]]
    version = st.sampled_from(("ISA_VERSION", "VERSION"))
    return st.one_of(
        aa_directives(),
        st.builds(isa.Version, version, words(), _SPAN),
        st.builds(isa.PromptRef, words(), _SPAN),
        st.builds(isa.Mode, words(), _SPAN),
        st.builds(isa.Budget, words(), _SPAN),
        st.builds(isa.Invariant, texts(), _SPAN),
        _tasks("OP"),
        st.builds(isa.Run, words(kinds), st.one_of(st.none(), texts()), _SPAN),
        st.just(aa.AssertTests(None, NOWHERE)),
        st.builds(isa.Assert, texts(), _SPAN),
        st.builds(isa.IfFail, words(st.just("RETRY")), words(), _SPAN),
        st.builds(isa.IfFail, words(st.sampled_from(("ESCALATE", "HALT"))), st.none(), _SPAN),
        st.builds(isa.Label, words(), _SPAN),
        st.just(isa.Halt(NOWHERE)),
        st.builds(isa.Use, words(), st.lists(argument, max_size=3).map(tuple), _SPAN),
    )


def aa_program() -> st.SearchStrategy[aa.Program]:
    """Any AA directives in any order."""
    return st.lists(aa_directives(), max_size=6).map(lambda all_: aa.Program(tuple(all_), ()))


def isa_program() -> st.SearchStrategy[isa.Program]:
    """Any ISA directives in any order."""
    return st.lists(isa_directives(), max_size=6).map(lambda all_: isa.Program(tuple(all_), ()))


# Source text. Comments, blank lines and odd spacing are strewn in.

_BLANK = st.sampled_from((" ", " ", "  ", "\t"))
_COMMENTS = st.sampled_from(("", "", "", " # why", "  #"))
_BETWEEN = st.sampled_from(("", "", "", "\n", "# a comment\n", "\n\n\n  #another\n"))
_TASK_WORDS = st.sampled_from(("Fix issue #12", "Add a test", "Rename it; keep the API", "a # b"))


@st.composite
def _line(draw: st.DrawFn, *parts: str | st.SearchStrategy[str]) -> str:
    pieces = [part if isinstance(part, str) else draw(part) for part in parts]
    line = pieces[0]
    for piece in pieces[1:]:
        line += draw(_BLANK) + piece
    return draw(_BETWEEN) + line + draw(_COMMENTS) + "\n"


def _scope_words() -> st.SearchStrategy[str]:
    return st.one_of(
        IDENTIFIERS.map("symbol:{}".format),
        _PATHS.map("file:{}".format),
        IDENTIFIERS.map("directory:{}".format),
        IDENTIFIERS.map("module:{}".format),
    )


def _need_lines() -> st.SearchStrategy[str]:
    return st.one_of(
        _line("NEED", "symdef", IDENTIFIERS),
        _line("NEED", "symdef", IDENTIFIERS, st.sampled_from(("full", "signature", "summary"))),
        _line("NEED", "callers", IDENTIFIERS),
        _line("NEED", "callers", IDENTIFIERS, _NUMBERS),
        _line("NEED", "slice", _PATHS, _NUMBERS, _NUMBERS),
        _line("NEED", "search", IDENTIFIERS),
        _line("NEED", "search", st.just('"two words"'), _NUMBERS),
        _line("NEED", st.sampled_from(("test", "tests")), IDENTIFIERS),
    )


def _task_lines(keyword: str) -> st.SearchStrategy[str]:
    return st.one_of(
        _line(keyword, _TASK_WORDS.filter(lambda text: "# " not in text)),
        _line(keyword, _TASK_WORDS.map('"{}"'.format)),
        _line(keyword, _TASK_WORDS.map('"""\n    {}\n      and more\n    """'.format)),
        _line(keyword, "RENAME_SYMBOL", IDENTIFIERS, _NEW_NAMES),
        _line(keyword, "RENAME_SYMBOL", IDENTIFIERS, _NEW_NAMES, "in", _PATHS),
    )


@st.composite
def _section(draw: st.DrawFn, label: str | None) -> str:
    text = draw(_line("LABEL", label)) if label is not None else ""
    text += "".join(draw(st.lists(_need_lines(), max_size=2)))
    text += "".join(draw(st.lists(_task_lines("OP"), max_size=2)))
    if draw(st.booleans()):
        kind = draw(st.sampled_from(("test", "tests", "lint", "typecheck")))
        text += draw(_line("RUN", kind))
        assertion = "lint passes" if kind == "lint" else "typecheck passes"
        if kind.startswith("test"):
            assertion = draw(st.sampled_from(("all tests pass", "tests pass", "exit_code == 0")))
        if draw(st.booleans()):
            text += draw(_line("ASSERT", assertion))
        if draw(st.booleans()):
            text += draw(_line("IF_FAIL", "RETRY", st.integers(1, 3).map(str)))
        if draw(st.booleans()):
            text += draw(_line("IF_FAIL", "ESCALATE"))
        if draw(st.booleans()):
            text += draw(_line("IF_FAIL", "HALT"))
    return text


@st.composite
def aa_source(draw: st.DrawFn) -> str:
    """The text of an AA program that compiles."""
    text = draw(_line("BASE_REV", st.sampled_from(("HEAD", "abc123"))))
    text += draw(_line("LEASE", _scope_words(), _scope_words()))
    text += "".join(draw(st.lists(_need_lines(), max_size=3)))
    text += "".join(draw(st.lists(_task_lines("DO"), min_size=1, max_size=3)))
    if draw(st.booleans()):
        text += draw(_line("ASSERT", "tests", IDENTIFIERS))
    return text + draw(_line("RETURN", st.sampled_from(("edit_ir", "macro_ops"))))


@st.composite
def isa_source(draw: st.DrawFn) -> str:
    """The text of an ISA program that compiles."""
    text = draw(_line(st.sampled_from(("ISA_VERSION", "VERSION")), "0"))
    text += draw(_line("BASE_REV", st.sampled_from(("HEAD", "abc123"))))
    if draw(st.booleans()):
        text += draw(_line("MODE", st.sampled_from(("SOLO", "SWARM"))))
    if draw(st.booleans()):
        text += draw(_line("BUDGET", st.sampled_from(("4000", "12000"))))
    if draw(st.booleans()):
        text += draw(_line("LEASE", _scope_words()))
    for invariant in draw(
        st.lists(st.sampled_from(("Keep the API", '"no # here"', "@paths src/**")), max_size=2)
    ):
        text += draw(_line("INVARIANT", invariant))
    text += draw(_section(None))
    for number in range(draw(st.integers(0, 3))):
        text += draw(_section(f"step-{number}"))
    return text
