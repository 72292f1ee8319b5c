"""Turns to ask an angel."""

from __future__ import annotations

from genesis_ssmp.runtime.angels import Turn
from genesis_ssmp.runtime.angels.protocol import Message, Tool

SYMDEF = Tool("pf_symdef", "Show a definition.", {"type": "object", "properties": {}})


def turn(*messages: Message, tools: tuple[Tool, ...] = (SYMDEF,), max_tokens: int = 900) -> Turn:
    """The next turn of a conversation."""
    return Turn(
        mission_id="r1", call=0, turn=len(messages) // 2, task="fix it", returns="edit_ir",
        system="You are an angel.", pack="TASK fix it", messages=messages, tools=tools,
        max_tokens=max_tokens, budget=8_000,
    )  # fmt: skip
