"""Whole ISA programs and modules: what must be there, what may be there once."""

from __future__ import annotations

import pytest
from kit.samples import codes, compile_text

ISA = "ISA_VERSION 0\nBASE_REV HEAD\n"


@pytest.mark.parametrize("keyword", ["ISA_VERSION", "VERSION"])
def test_both_spellings_of_the_version(keyword: str) -> None:
    assert codes(compile_text(f"{keyword} 0\nBASE_REV HEAD\n")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("BASE_REV HEAD\nRUN test\n", ["ISA0201"]),
        ("ISA_VERSION 0\nRUN test\n", ["AA0202"]),
        ("RUN test\n", ["AA0202", "ISA0201"]),
        ("ISA_VERSION 1\nBASE_REV HEAD\n", ["ISA0202"]),
        ("VERSION 0\nISA_VERSION 0\nBASE_REV HEAD\n", ["ISA0203"]),
        (f"{ISA}BASE_REV HEAD\n", ["AA0206"]),
        (f"{ISA}RETURN edit_ir\nRETURN edit_ir\n", ["AA0206"]),
        (f"{ISA}MODE SOLO\nMODE SWARM\n", ["ISA0203"]),
        (f"{ISA}BUDGET 1\nBUDGET 2\n", ["ISA0203"]),
        (f"{ISA}LABEL a\nRUN test\nLABEL a\nRUN test\n", ["ISA0216"]),
        (f"{ISA}LABEL start\nRUN test\n", ["ISA0216"]),
        (f"{ISA}LEASE file:a file:a\n", ["AA0208"]),
    ],
)
def test_what_is_missing_or_said_twice(text: str, found: list[str]) -> None:
    assert codes(compile_text(text)) == found


def test_the_version_that_somebody_tried_to_write_is_not_missing() -> None:
    assert len(codes(compile_text("ISA_VERSOIN 0\nBASE_REV HEAD\n"))) == 1


@pytest.mark.parametrize(
    "line", ["BASE_REV HEAD", "MODE SOLO", "BUDGET 1", "RETURN edit_ir", "HALT"]
)
def test_a_module_does_not_speak_for_the_program(line: str) -> None:
    module = f"ISA_VERSION 0\nRUN test\n{line}\n"
    compiled = compile_text(f"{ISA}USE ./m.isa\n", modules={"./m.isa": module})
    assert codes(compiled) == ["ISA0305"]
    assert (compiled.diagnostics[0].file, compiled.diagnostics[0].span.line) == ("./m.isa", 3)


def test_a_module_says_its_own_version() -> None:
    compiled = compile_text(f"{ISA}USE ./m.isa\n", modules={"./m.isa": "RUN test\n"})
    assert codes(compiled) == ["ISA0201"]
    assert compiled.diagnostics[0].file == "./m.isa"


def test_an_empty_module_is_an_error_in_the_module() -> None:
    compiled = compile_text(f"{ISA}USE ./m.isa\n", modules={"./m.isa": "# nothing\n"})
    assert [(d.code, d.file) for d in compiled.diagnostics] == [("AA0201", "./m.isa")]
