"""Linking: what is found out about a program before it spends anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.aa.catalogue.link import CODES
from genesis_ssmp.aa.opcodes import Op
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime.link import Linked, link
from kit.mission import program
from kit.modules import Builder
from kit.repository import make_repository

FILES = {
    "app.py": "def greet(name: str) -> str:\n    return 'Hello ' + name\n",
    "a.py": "def helper() -> int:\n    return 1\n",
    "b.py": "def helper() -> int:\n    return 2\n",
    "tests/test_app.py": "from app import greet\n\n\ndef test_it():\n    assert greet('x')\n",
    "conftest.py": "",
    "pyrightconfig.json": "{}",
}
HEAD = "ISA_VERSION 0\nBASE_REV HEAD\n"


@pytest.fixture
def heaven(tmp_path: Path) -> Iterator[Heaven]:
    with Heaven.open(make_repository(tmp_path / "repo", FILES).root) as heaven:
        heaven.store_prompt(b"# Constraints\n\nKeep it polite.\n")
        yield heaven


def linked(heaven: Heaven, text: str, name: str = "test.isa") -> Linked:
    return link(program(text, name).module, heaven, heaven.root, source=text)


@pytest.mark.parametrize("code", [c for c in CODES if c.failing], ids=lambda code: code.code)
def test_both_examples_of_every_link_code_do_what_they_say(heaven: Heaven, code: object) -> None:
    from genesis_ssmp.aa.catalogue import Code

    assert isinstance(code, Code)
    name = f"example.{code.language}"
    failing = linked(heaven, code.failing, name).diagnostics
    assert code.code in [found.code for found in failing]
    assert all(found.severity == code.severity for found in failing if found.code == code.code)
    fixed = linked(heaven, code.fixed, name).diagnostics
    assert [found for found in fixed if found.severity == "error"] == []


def test_all_findings_of_a_program_are_reported_in_one_run(heaven: Heaven) -> None:
    text = HEAD + "NEED symdef gone\nNEED callers helper\nNEED slice no.py 1 2\nOP x\n"
    codes = [found.code for found in linked(heaven, text).diagnostics]
    assert codes == ["AA0801", "AA0802", "AA0803", "AA0805"]


def test_a_line_end_begins_no_line_of_its_own(heaven: Heaven) -> None:
    assert linked(heaven, HEAD + "NEED slice app.py 2 1\nRUN test\n").diagnostics == ()
    (found,) = linked(heaven, HEAD + "NEED slice app.py 3 1\nRUN test\n").diagnostics
    assert (found.code, "has 2 lines" in found.message) == ("AA0803", True)


def test_candidates_of_an_ambiguous_name_are_listed(heaven: Heaven) -> None:
    (found,) = linked(heaven, HEAD + "OP RENAME_SYMBOL helper assist\n").diagnostics
    assert "a.py::helper" in (found.hint or "") and "b.py::helper" in (found.hint or "")


def test_a_name_after_its_path_is_not_ambiguous_with_a_method_of_that_name(heaven: Heaven) -> None:
    code = "def run(): ...\nclass Job:\n    def run(self): ...\n"
    (heaven.root / "job.py").write_text(code)
    both = "LEASE symbol:job.py::run\nNEED symdef job.py::run\nRUN test\n"
    assert linked(heaven, HEAD + both).diagnostics == ()
    (found,) = linked(heaven, HEAD + "NEED symdef run\nRUN test\n").diagnostics
    assert "job.py::run" in (found.hint or "") and "job.py::Job.run" in (found.hint or "")


def test_a_near_name_is_suggested_with_a_caret_under_the_name(heaven: Heaven) -> None:
    (found,) = linked(heaven, HEAD + "NEED symdef gret\nRUN test\n").diagnostics
    assert found.hint == "did you mean greet?"
    assert (found.span.line, found.span.column, found.span.length) == (3, 13, 4)


def test_a_name_that_an_earlier_macro_makes_is_known(heaven: Heaven) -> None:
    for first, then in (("greet", "salute"), ("app.py::greet", "app.py::salute")):
        text = HEAD + f"OP RENAME_SYMBOL {first} salute\nLABEL b\nOP RENAME_SYMBOL {then} hail\n"
        assert linked(heaven, text).diagnostics == ()


def test_the_environment_is_exit_4_and_the_program_exit_2(heaven: Heaven) -> None:
    assert linked(heaven, HEAD + "OP x\n").exit_code == 4
    assert linked(heaven, HEAD + "NEED symdef gone\nOP x\n").exit_code == 2
    assert linked(heaven, HEAD + "RUN test\n").exit_code == 0


def test_a_stored_prompt_links_by_its_id_and_by_the_start_of_it(heaven: Heaven) -> None:
    (entry,) = heaven.prompts()
    for ref in (f"sha256:{entry.prompt_id}", entry.prompt_id[:8]):
        text = HEAD + f"PROMPT_REF {ref}\nNEED prompt {ref} 0\nRUN test\n"
        assert linked(heaven, text).diagnostics == ()


def test_an_unknown_prompt_is_told_with_ids_like_it_and_how_to_store_one(heaven: Heaven) -> None:
    (entry,) = heaven.prompts()
    near = entry.prompt_id[:8] + "00000000"
    (found,) = linked(heaven, HEAD + f"PROMPT_REF {near}\nRUN test\n").diagnostics
    assert found.code == "AA0808" and found.span.line == 3 and found.hint is not None
    assert entry.prompt_id[:12] in found.hint and "aa prompt store FILE" in found.hint


def test_bytecode_that_calls_an_unknown_macro_op_is_refused(heaven: Heaven) -> None:
    from dataclasses import replace

    module = program(HEAD + "OP RENAME_SYMBOL greet salute\n").module
    for old, new in (("RENAME_SYMBOL", "RENAME_WORLD"), ("old", "odd")):
        constants = tuple(new if c == old else c for c in module.constants)
        found = link(replace(module, constants=constants), heaven, heaven.root).diagnostics
        assert [one.code for one in found] == ["AA0813"]


@pytest.mark.parametrize("text", ["@of-the-future", "@max-lines many", "@max-lines", "@paths"])
def test_bytecode_with_an_invariant_that_is_not_checked_here_is_refused(
    heaven: Heaven, text: str
) -> None:
    build = Builder()
    build.head()
    build.emit(Op.INVARIANT, build.pool.text(text))
    build.emit(Op.HALT)
    found = link(build.module(), heaven, heaven.root).diagnostics
    assert [one.code for one in found] == ["AA0810"]
