"""The whole pipeline: every stage of every program, determinism, bad input, speed of growth."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from genesis_ssmp.aa.diagnostic import Diagnostic
from genesis_ssmp.aa.emit import STAGES, missions
from genesis_ssmp.aa.encode import encode
from genesis_ssmp.aa.expand import escaped
from genesis_ssmp.aa.lowered import Task
from genesis_ssmp.aa.pipeline import compile_source as compile_aa
from genesis_ssmp.aa.pipeline import located, source_sha256
from genesis_ssmp.aa.source import Source
from genesis_ssmp.aa.span import Span
from genesis_ssmp.aa.texts import quote
from genesis_ssmp.isa.compile import emit
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kit.programs import examples, isa_source
from kit.samples import BROKEN, PROGRAMS, ROOT, codes, compile_sample, compile_text
from syrupy.assertion import SnapshotAssertion

ISA = "ISA_VERSION 0\nBASE_REV HEAD\n"


@pytest.mark.parametrize("name", PROGRAMS)
def test_tree(name: str, snapshot: SnapshotAssertion) -> None:
    assert emit(compile_sample(name), "ast") == snapshot


@pytest.mark.parametrize("name", PROGRAMS)
def test_missions(name: str, snapshot: SnapshotAssertion) -> None:
    assert emit(compile_sample(name), "aa") == snapshot


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_section_is_an_aa_mission_that_compiles(name: str) -> None:
    unit = compile_sample(name).unit
    assert unit is not None
    for label, text in missions(unit):
        compiled = compile_aa(Source(f"{label}.aa", text))
        assert compiled.module is not None, (text, compiled.diagnostics)
        assert compiled.unit is not None
        assert len(compiled.unit.sections) == 1


@pytest.mark.parametrize("name", [p for p in PROGRAMS if p.endswith(".aa")])
def test_an_aa_program_as_a_mission_is_itself(name: str) -> None:
    """Printing loses nothing: the mission's own mission is the same text."""
    unit = compile_sample(name).unit
    assert unit is not None
    ((label, text),) = missions(unit)
    again = compile_aa(Source("again.aa", text)).unit
    assert again is not None
    assert missions(again) == ((label, text),)


@pytest.mark.parametrize("name", [p for p in PROGRAMS if "use_" not in p])
def test_the_expanded_program_compiles_to_the_same_code(name: str) -> None:
    compiled = compile_sample(name)
    again = compile_text(emit(compiled, "expanded"), compiled.language)
    assert compiled.module is not None and again.module is not None
    assert again.module.code == compiled.module.code
    assert again.module.handlers == compiled.module.handlers


@settings(deadline=None, max_examples=examples(30))
@given(isa_source())
def test_any_program_prints_as_missions_and_as_its_expansion(text: str) -> None:
    compiled = compile_text(text)
    assert compiled.unit is not None and compiled.module is not None
    for label, mission in missions(compiled.unit):
        assert compile_aa(Source(f"{label}.aa", mission)).module is not None, mission
    again = compile_text(emit(compiled, "expanded"))
    assert again.module is not None
    assert again.module.code == compiled.module.code


@settings(deadline=None, max_examples=examples(80))
@given(st.text(st.sampled_from('ab #"\\$\n\t{}=:RENAME_SYMBOL é'), min_size=1, max_size=20))
def test_any_task_survives_being_printed(task: str) -> None:
    assume(task.strip() != "")
    unit = compile_text(f"{ISA}OP {quote(escaped(task))}\n").unit
    assert unit is not None
    ((_label, mission),) = missions(unit)
    again = compile_aa(Source("again.aa", mission)).unit
    assert again is not None, mission
    words = [[s.text for s in u.sections[0].body if isinstance(s, Task)] for u in (unit, again)]
    assert words == [[task], [task]]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_program_still_prints_the_stages_that_exist(name: str) -> None:
    compiled = compile_sample(name)
    assert compiled.module is None
    for stage in STAGES:
        text = emit(compiled, stage)
        assert stage in ("ast", "expanded") or text == ""


def test_the_ten_mistakes_are_all_reported() -> None:
    compiled = compile_sample("tests/programs/ten_mistakes.isa")
    errors = [d for d in compiled.diagnostics if d.severity == "error"]
    assert len({d.span.line for d in errors}) == 10
    assert len(errors) == 10


def test_same_source_same_bytes_whatever_the_hash_seed() -> None:
    program = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from kit.samples import PROGRAMS, compile_sample\n"
        "from genesis_ssmp.aa.encode import encode\n"
        "from hashlib import sha256\n"
        "print(sha256(b''.join(encode(compile_sample(p).module) for p in PROGRAMS)).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "4711")
    }
    assert len(digests) == 1


def test_line_ends_and_a_bom_change_no_byte() -> None:
    text = f"{ISA}OP Line\nRUN test\n"
    plain = compile_text(text).module
    crlf = compile_text(text.replace("\n", "\r\n")).module
    assert plain is not None and crlf is not None
    assert encode(plain) == encode(crlf)
    bom = Source.of_bytes("x.isa", b"\xef\xbb\xbf" + text.encode())
    assert source_sha256(bom) == plain.source_sha256


def test_the_name_of_the_file_changes_no_byte() -> None:
    text = "BASE_REV HEAD\nLEASE file:a\nDO x\nRETURN edit_ir\n"
    one, other = (compile_aa(Source(name, text)).module for name in ("a.aa", "/tmp/b.aa"))
    assert one == other


def test_diagnostics_are_in_order_and_each_stands_once() -> None:
    def found(line: int, file: str = "") -> Diagnostic:
        return Diagnostic("AA0211", "error", "x", Span(line, 1, 1), file)

    source, module = Source("p.isa", ""), Source("m.isa", "")
    given = [found(9), found(1, "./m.isa"), found(2), found(9), found(2)]
    result = located(given, source, [("./m.isa", module)])
    assert [(d.file, d.span.line) for d in result] == [("p.isa", 2), ("p.isa", 9), ("m.isa", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "\ud800",
        '"""',
        'OP """\nnever closed',
        "OP " + "x" * 2_000_000,
        "NEED slice " + "a/" * 100_000 + " 1 1",
        "IF_FAIL\n" * 1000,
        "LABEL a\n" * 1000,
        "${" * 10_000,
        "OP " + "${a" * 10_000,
        "\u2028OP x",
    ],
)
def test_bad_input_is_diagnostics_and_never_a_traceback(text: str) -> None:
    for language in ("aa", "isa"):
        compiled = compile_text(text, language)
        assert compiled.module is None
        assert any(d.severity == "error" for d in compiled.diagnostics)


def test_time_grows_in_line_with_the_program() -> None:
    def seconds(lines: int) -> float:
        text = ISA + "".join(
            f"LABEL s{n}\nNEED slice f.py {n + 1} 1\nOP x\nRUN test\nIF_FAIL RETRY 1\n"
            for n in range(lines // 5)
        )
        start = time.process_time()
        assert codes(compile_text(text)) == []
        return time.process_time() - start

    seconds(500)
    small, large = seconds(2_000), seconds(16_000)
    # Eight times the lines; what is quadratic would take 64 times as long.
    assert large < small * 24
