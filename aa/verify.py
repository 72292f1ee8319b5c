"""The verifier: what it accepts, the VM can run without ever finding something it did not expect.

It runs before every execution, also on a module that somebody else built, and trusts nothing but
the types of `Module`. In order, each part relying on those before it: sizes, constants and
operands, sections and handlers, control flow, the worst case.
"""

from __future__ import annotations

from typing import Final

from .cost import cost
from .diagnostic import Diagnostic
from .findings import Findings
from .module import Handler, Module
from .opcodes import Action, Op
from .opsets import opcode_bytes
from .sections import MAX_DEPTH, Section, find_sections
from .verify_flow import check_flow
from .verify_operands import check_constants, check_operands

MAX_INSTRUCTIONS: Final = 1_000_000
MAX_CONSTANTS: Final = 1_000_000
MAX_HANDLERS: Final = 1_000_000
MAX_RETRIES: Final = 100
"""Most attempts of one RETRY handler."""
MAX_EXECUTED: Final = 10**9
"""Most instructions that a run may come to in the worst case."""


def verify(module: Module) -> tuple[Diagnostic, ...]:
    """All that is wrong with a module; empty if it may run. Never raises for a decoded module.

    Each diagnostic has the source line of its instruction and names pc and mnemonic; there are at
    most `findings.MAX_FINDINGS`. Time is linear in the module.
    """
    findings = Findings(module)
    _check_sizes(module, findings)
    if findings:
        return findings.all()
    check_constants(module, findings)
    if not findings:
        check_operands(module, findings)
    ops = opcode_bytes(module.code)
    sections = _check_sections(ops, findings)
    _check_handlers(module, sections, findings)
    if findings:
        return findings.all()
    check_flow(module, ops, sections, findings)
    if not findings:
        _check_worst_case(module, findings)
    return findings.all()


def _check_sizes(module: Module, findings: Findings) -> None:
    for what, size, limit in (
        ("instructions", len(module.code), MAX_INSTRUCTIONS),
        ("constants", len(module.constants), MAX_CONSTANTS),
        ("handlers", len(module.handlers), MAX_HANDLERS),
    ):
        if size > limit:
            findings.on("AA0719", f"{size} {what}, and a module has at most {limit}")
    if not module.code:
        findings.on("AA0718", "the module has no code", "a module ends in HALT")
    if len(module.lines) != len(module.code):
        findings.on("AA0719", f"{len(module.lines)} lines for {len(module.code)} instructions")


def _check_sections(ops: bytes, findings: Findings) -> tuple[Section, ...]:
    sections, unpaired = find_sections(ops)
    for mark in unpaired:
        other = "LEAVE" if ops[mark.pc] == Op.ENTER else "ENTER"
        findings.at("AA0707", mark.pc, f"it has no {other}")
    for section in sections:
        if section.depth > MAX_DEPTH:
            findings.at(
                "AA0708", section.enter, f"sections nest {section.depth} deep, at most {MAX_DEPTH}"
            )
    return sections


def _check_handlers(module: Module, sections: tuple[Section, ...], findings: Findings) -> None:
    leaves = {section.enter: section.leave for section in sections}
    escalated: set[int] = set()
    before = -1
    for index, handler in enumerate(module.handlers):
        name = f"handler {index} ({handler.action.name})"
        if leaves.get(handler.enter) != handler.leave or handler.leave < 0:
            findings.on(
                "AA0709",
                f"{name} covers pc {handler.enter} to {handler.leave}, which is no section",
            )
            continue
        if handler.leave < before:
            findings.at(
                "AA0710",
                handler.enter,
                f"{name} stands behind a handler of a later section",
                "handlers stand in the order in which their sections end",
            )
        before = max(before, handler.leave)
        _check_count(handler, name, findings)
        if handler.action is Action.ESCALATE:
            if handler.enter in escalated:
                findings.at("AA0712", handler.enter, "its section has more than one ESCALATE")
            escalated.add(handler.enter)


def _check_count(handler: Handler, name: str, findings: Findings) -> None:
    if handler.action is Action.RETRY:
        if not 1 <= handler.count <= MAX_RETRIES:
            findings.at(
                "AA0711", handler.enter, f"{name} has count {handler.count}, not 1 to {MAX_RETRIES}"
            )
    elif handler.count != 0:
        findings.at("AA0711", handler.enter, f"{name} has count {handler.count}, not 0")


def _check_worst_case(module: Module, findings: Findings) -> None:
    worst = cost(module).instructions
    if worst > MAX_EXECUTED:
        findings.on(
            "AA0721",
            f"the worst case executes {worst} instructions, and at most {MAX_EXECUTED} are allowed",
            "nested sections multiply their retries: lower the counts or nest less",
        )
