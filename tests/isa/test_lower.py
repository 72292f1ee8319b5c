"""Sections, checks, handlers, invariants: the shape of an ISA program."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa import lowered
from genesis_ssmp.aa.lowered import Section, Unit
from kit.samples import codes, compile_text

ISA = "ISA_VERSION 0\nBASE_REV HEAD\n"
RENAME = "OP RENAME_SYMBOL a b\n"


def unit_of(text: str, modules: dict[str, str] | None = None) -> Unit:
    compiled = compile_text(ISA + text, modules=modules)
    assert compiled.unit is not None, compiled.diagnostics
    return compiled.unit


def labels(section: Section | Unit) -> list[object]:
    """The labels of a tree, each followed by the list of those within it."""
    children = section.sections if isinstance(section, Unit) else section.body
    out: list[object] = []
    for child in children:
        if isinstance(child, Section):
            out.append(child.label)
            if inner := labels(child):
                out.append(inner)
    return out


def test_what_is_not_said_has_a_default() -> None:
    unit = unit_of(RENAME)
    assert [(s.type, s.value) for s in unit.leases] == [("directory", ".")]
    assert (unit.mode, unit.budget, unit.returns) == ("SOLO", 8000, "edit_ir")


def test_what_is_said_holds_for_the_whole_program_wherever_it_stands() -> None:
    unit = unit_of(
        f"{RENAME}LABEL b\n{RENAME}MODE SWARM\nBUDGET 9\nRETURN macro_ops\nLEASE file:a\n"
    )
    assert (unit.mode, unit.budget, unit.returns) == ("SWARM", 9, "macro_ops")
    assert [s.value for s in unit.leases] == ["a"]


def test_a_label_begins_a_section_beside_the_one_before() -> None:
    assert labels(unit_of("RUN test\nLABEL b\nRUN lint\nLABEL c\nRUN test\n")) == [
        "start",
        "b",
        "c",
    ]


def test_a_label_before_the_first_statement_leaves_no_empty_start() -> None:
    assert labels(unit_of("LABEL b\nRUN lint\n")) == ["b"]


def test_handlers_belong_to_their_section_in_order() -> None:
    unit = unit_of("RUN test\nIF_FAIL RETRY 2\nIF_FAIL ESCALATE\nLABEL b\nRUN lint\nIF_FAIL HALT\n")
    handlers = [[(h.action, h.count) for h in s.handlers] for s in unit.sections]
    assert handlers == [[("RETRY", 2), ("ESCALATE", 0)], [("HALT", 0)]]


def test_run_and_label_and_if_fail_are_executed_not_only_parsed() -> None:
    """All three were seen parsed and dropped."""
    compiled = compile_text(f"{ISA}RUN tests calc\nIF_FAIL RETRY 1\nLABEL b\nRUN lint\n")
    assert compiled.module is not None
    names = [i.op.name for i in compiled.module.code]
    assert names.count("RUN") == 2 and names.count("ENTER") == 2
    assert len(compiled.module.handlers) == 1


def test_a_prompt_is_outlined_at_the_head_of_the_first_section() -> None:
    unit = unit_of("RUN test\nLABEL b\nPROMPT_REF p1\nPROMPT_REF p2\nRUN lint\n")
    head = unit.sections[0].body[:2]
    assert [s.prompt_id for s in head if isinstance(s, lowered.PromptSummary)] == ["p1", "p2"]


def test_a_prompt_alone_is_a_program_too() -> None:
    assert labels(unit_of("PROMPT_REF p1\n")) == ["start"]
    compiled = compile_text(f"{ISA}LABEL b\nPROMPT_REF p1\n")
    assert compiled.unit is not None
    assert labels(compiled.unit) == ["start"]


def test_no_two_sections_have_one_label() -> None:
    unit = unit_of(
        "USE ./m.isa\nUSE ./start.isa\nLABEL m\nUSE ./m.isa\n",
        {f"./{name}.isa": "ISA_VERSION 0\nRUN test\n" for name in ("m", "start")},
    )
    assert labels(unit) == ["start", ["m#2", "start#2"], "m", ["m#3"]]


def test_a_module_without_labels_is_one_section_with_its_handlers() -> None:
    unit = unit_of(
        "USE ./m.isa\nRUN lint\nIF_FAIL HALT\n",
        {"./m.isa": "ISA_VERSION 0\nRUN test\nIF_FAIL RETRY 1\n"},
    )
    assert labels(unit) == ["start", ["m"]]
    inner = unit.sections[0].body[0]
    assert isinstance(inner, Section)
    assert [h.action for h in inner.handlers] == ["RETRY"]
    assert [h.action for h in unit.sections[0].handlers] == ["HALT"]


def test_the_sections_of_a_module_stand_side_by_side_within_it() -> None:
    unit = unit_of(
        "USE ./m.isa\nUSE ./m.isa\n",
        {"./m.isa": "ISA_VERSION 0\nRUN test\nLABEL b\nRUN lint\nIF_FAIL HALT\n"},
    )
    assert labels(unit) == ["start", ["m", ["m/start", "m/b"], "m#2", ["m#2/start", "m#2/b"]]]
    module = unit.sections[0].body[0]
    assert isinstance(module, Section) and module.handlers == ()


def test_a_check_in_a_module_is_a_check_of_the_program() -> None:
    module = {"./m.isa": "ISA_VERSION 0\nRUN test\n"}
    assert codes(compile_text(f"{ISA}USE ./m.isa\nIF_FAIL HALT\n", modules=module)) == []


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (f"{RENAME}IF_FAIL RETRY 1\n", ["ISA0209"]),
        (f"{RENAME}IF_FAIL RETRY 1\nIF_FAIL HALT\n", ["ISA0209"]),
        ("RUN test\nIF_FAIL RETRY 0\n", ["AA0212"]),
        ("RUN test\nIF_FAIL RETRY 101\n", ["AA0212"]),
        ("RUN test\nIF_FAIL RETRY 100\n", []),
        ("RUN test\nIF_FAIL ESCALATE\nIF_FAIL ESCALATE\n", ["ISA0215"]),
        ("RUN test\nIF_FAIL HALT\nIF_FAIL RETRY 1\n", ["ISA0214"]),
        ("RUN test\nIF_FAIL RETRY 1\nOP x\nOP y\n", ["ISA0212"]),
        ("RUN test\nIF_FAIL RETRY 1\nHALT\n", []),
        ("RUN test\nIF_FAIL RETRY 1\nLABEL b\nOP x\n", []),
        ("HALT\nOP x\nOP y\nLABEL b\nOP z\n", ["ISA0213"]),
        ("OP x\nHALT\n", []),
        ("OP x\nLABEL b\n", ["ISA0219"]),
        ("OP x\nLABEL b\nLABEL c\nOP y\n", ["ISA0219"]),
        ("LABEL a:b\nOP x\n", ["ISA0220"]),
        ("MODE DUO\n", ["ISA0204"]),
        ("BUDGET 0\n", ["AA0212"]),
        ("BUDGET 1000000001\n", ["AA0212"]),
        ("BUDGET x\n", ["AA0211"]),
        ("RETURN diff\n", ["AA0217"]),
        ('RUN test """\na\nb\n"""\n', ["AA0219"]),
    ],
)
def test_each_mistake_is_reported_once(lines: str, found: list[str]) -> None:
    assert codes(compile_text(ISA + lines)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Keep it small", []),
        ("mail a@b.c about it", []),
        ("@paths src/** docs/*.md", []),
        ("@public-api-unchanged", []),
        ("@max-lines 200", []),
        ("@tests-not-weakened", []),
        ("@no-new-dependency", []),
        ("@paths", ["ISA0218"]),
        ("@paths ../x", ["AA0210"]),
        ("@public-api-unchanged now", ["ISA0218"]),
        ("@max-lines", ["ISA0218"]),
        ("@max-lines 1 2", ["ISA0218"]),
        ("@max-lines many", ["AA0211"]),
        ("@max-lines 0", ["AA0212"]),
        ("@max-line 5", ["ISA0217"]),
        ("@", ["ISA0217"]),
        ("@ paths", ["ISA0217"]),
    ],
)
def test_invariants(text: str, found: list[str]) -> None:
    assert codes(compile_text(f"{ISA}INVARIANT {text}\n{RENAME}")) == found
    assert codes(compile_text(f'{ISA}INVARIANT "{text}"\n{RENAME}')) == found


def test_a_misspelt_invariant_says_what_was_meant() -> None:
    (found,) = compile_text(f"{ISA}INVARIANT @max-line 5\n{RENAME}").diagnostics
    assert found.hint == "did you mean @max-lines?"
    assert (found.span.column, found.span.length) == (11, 9)


def test_a_checked_invariant_is_passed_on_in_one_spelling() -> None:
    unit = unit_of('INVARIANT "@paths   src/**  docs/**"\nOP x\n')
    invariant = unit.sections[0].body[0]
    assert isinstance(invariant, lowered.Invariant)
    assert invariant.text == "@paths src/** docs/**"


def test_nothing_in_the_isa_that_aa_has_is_missing() -> None:
    text = "LEASE file:a\nNEED tests f\nDO x\nASSERT tests t\nRETURN edit_ir\n"
    assert codes(compile_text(ISA + text)) == []
