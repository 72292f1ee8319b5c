"""What is wrong with a refused line of the Genesis ISA."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..aa.mistakes import (
    AA_DIRECTIVES,
    Check,
    Dialect,
    Line,
    check_closed,
    check_text,
    check_words,
    did_you_mean,
    shown,
    task,
    words,
)

RUN_KINDS = ("test", "tests", "lint", "typecheck")
ACTIONS = ("RETRY", "ESCALATE", "HALT")


def _invariant(line: Line) -> None:
    check_text(line, 1, "a text")


def _assert(line: Line) -> None:
    tests = len(line.pieces) > 2 and line.pieces[1].text in ("test", "tests")
    check_text(line, 2 if tests else 1, "a condition")


def _run(line: Line) -> None:
    kinds = "test, lint, typecheck"
    if len(line.pieces) == 1:
        line.report("AA0113", "RUN needs a kind of check", line.end(), f"the kinds are {kinds}")
        return
    kind = line.pieces[1]
    if kind.text not in RUN_KINDS:
        hint = did_you_mean(kind.text, RUN_KINDS) or f"the kinds are {kinds}"
        line.report("ISA0101", f"{kind.shown} is not a kind of RUN", line.span(kind), hint)
        return
    check_text(line, 2, "a pattern")


def _if_fail(line: Line) -> None:
    actions = "RETRY n, ESCALATE, HALT"
    if len(line.pieces) == 1:
        line.report("AA0113", "IF_FAIL needs an action", line.end(), f"the actions are {actions}")
        return
    action = line.pieces[1]
    if action.text not in ACTIONS:
        hint = did_you_mean(action.text, ACTIONS) or f"the actions are {actions}"
        line.report(
            "ISA0102", f"{action.shown} is not an action of IF_FAIL", line.span(action), hint
        )
    elif action.text == "RETRY" and len(line.pieces) == 2:
        hint = "write IF_FAIL RETRY 2 for two more attempts"
        line.report("ISA0103", "RETRY needs a number of attempts", line.end(), hint)
    elif action.text == "RETRY":
        check_words(line, ("N",), None, 2)
    else:
        for piece in line.pieces[2:3]:
            hint = f"write IF_FAIL {action.text}"
            message = f"{action.text} takes no number, nor anything else"
            line.report("ISA0104", message, line.span(piece), hint)


def _use(line: Line) -> None:
    if len(line.pieces) == 1:
        hint = "write USE std.rename old=Greet new=Hello"
        line.report("AA0113", "USE needs a module", line.end(), hint)
        return
    module, *arguments = line.pieces[1:]
    if check_closed(line, module) and module.kind != "word":
        line.report("AA0124", "a word is written without quotes", line.span(module))
    for piece in arguments:
        if not check_closed(line, piece):
            continue
        name, equals, value = piece.text.partition("=")
        if not equals or re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is None:
            hint = 'write name=value, and name="..." where the value has blanks'
            line.report("ISA0105", f"{piece.shown} is not name=value", line.span(piece), hint)
        elif not value:
            hint = f'write {shown(name)}=VALUE without blanks, or {shown(name)}="" for an empty one'
            line.report("ISA0106", f"{shown(name)} is given no value", line.span(piece), hint)
        elif value.startswith('"') and piece.kind == "word":
            hint = 'close it with ", and write \\" for a quote inside'
            line.report("AA0108", "the quoted value is not closed", line.span(piece), hint)
            return


ISA_DIRECTIVES: Mapping[str, Check] = {
    **AA_DIRECTIVES,
    "ISA_VERSION": words("0"),
    "VERSION": words("0"),
    "PROMPT_REF": words("ID"),
    "MODE": words("SOLO|SWARM"),
    "BUDGET": words("TOKENS"),
    "INVARIANT": _invariant,
    "OP": task,
    "RUN": _run,
    "ASSERT": _assert,
    "IF_FAIL": _if_fail,
    "LABEL": words("NAME"),
    "HALT": words(),
    "USE": _use,
}

ISA = Dialect("isa", ISA_DIRECTIVES)
