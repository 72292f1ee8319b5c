"""Which declared output goes with which output mode."""

from __future__ import annotations

import pytest
from genesis_ssmp.aa.lowered import OutputMode, ReturnType
from genesis_ssmp.aa.opcodes import CHOICES, Kind, Op
from kit.samples import PROGRAMS, codes, compile_sample, compile_text
from syrupy.assertion import SnapshotAssertion

MODES: tuple[OutputMode, ...] = ("soft", "medium", "hard")


@pytest.mark.parametrize(
    ("mode", "returns", "found"),
    [
        ("soft", "edit_ir", []),
        ("soft", "macro_ops", []),
        ("soft", "diff_fallback", []),
        ("medium", "edit_ir", []),
        ("medium", "macro_ops", []),
        ("medium", "diff_fallback", []),
        ("hard", "edit_ir", []),
        ("hard", "macro_ops", []),
        ("hard", "diff_fallback", ["AA0501"]),
    ],
)
def test_hard_mode_takes_no_diff(mode: OutputMode, returns: ReturnType, found: list[str]) -> None:
    text = f"BASE_REV HEAD\nLEASE file:a\nDO x\nRETURN {returns}\n"
    compiled = compile_text(text, "aa", output_mode=mode)
    assert codes(compiled) == found
    assert (compiled.module is None) == (found == ["AA0501"])


@pytest.mark.parametrize("name", PROGRAMS)
def test_output_checks(name: str, snapshot: SnapshotAssertion) -> None:
    """What each mode says of a program, and what its OUTPUT instructions check."""
    lines = []
    for mode in MODES:
        compiled = compile_sample(name, output_mode=mode)
        checks = (
            [i.operands for i in compiled.module.code if i.op is Op.OUTPUT]
            if compiled.module
            else []
        )
        words = [" ".join((CHOICES[Kind.OUTPUT][m], CHOICES[Kind.RETURN][r])) for m, r in checks]
        lines.append(f"{mode}: {', '.join(codes(compiled)) or 'nothing'}; {', '.join(words)}")
    assert "\n".join(lines) == snapshot


def test_a_macro_is_checked_as_edit_ir_whatever_angels_return() -> None:
    """A macro becomes Edit IR: `RETURN macro_ops` must not make its own output fail."""
    text = "BASE_REV HEAD\nLEASE file:a\nDO RENAME_SYMBOL a b\nDO x\nRETURN macro_ops\n"
    module = compile_text(text, "aa", output_mode="hard").module
    assert module is not None
    checked = [CHOICES[Kind.RETURN][i.operands[1]] for i in module.code if i.op is Op.OUTPUT]
    assert checked == ["edit_ir", "macro_ops"]
