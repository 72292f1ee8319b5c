"""The oracle's question as a turn of any angel that talks."""

from __future__ import annotations

from typing import Final

from .protocol import Advice, Angel, Question, Turn

MAX_TOKENS: Final = 2_000

SYSTEM: Final = """\
A program for coding agents has failed a check as often as it may, and escalates to you.
Say in a few sentences what the next attempt should do differently: the likely cause, and where to \
look. Your words are shown to the agent that makes it. Do not write code or edits. If nothing you \
know would help, answer with the single word NONE.
"""


def advise(angel: Angel, question: Question) -> Advice | None:
    """Ask for advice in one turn, without tools; None where there is none to give."""
    pack = f"The section {question.section} failed.\n\n{question.failure}\n"
    if question.detail:
        pack += f"\n{question.detail}\n"
    said = angel.reply(
        Turn(
            mission_id=question.mission_id,
            call=question.call,
            turn=0,
            task="advise",
            returns="advice",
            system=SYSTEM,
            pack=pack,
            messages=(),
            tools=(),
            max_tokens=MAX_TOKENS,
            budget=MAX_TOKENS,
        )
    )
    text = said.text.strip()
    if said.stop == "refusal" or not text or text.rstrip(".").upper() == "NONE":
        return None
    return Advice(text)
