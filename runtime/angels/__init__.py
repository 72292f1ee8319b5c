"""Angels: stateless workers behind one protocol, chosen by a specification such as `scripted:F`."""

from .protocol import (
    Advice,
    Angel,
    AngelError,
    AnswerRefused,
    ContextOverflow,
    Message,
    Question,
    Reply,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
    Usage,
)
from .select import configured, open_angel

__all__ = [
    "Advice",
    "Angel",
    "AngelError",
    "AnswerRefused",
    "ContextOverflow",
    "Message",
    "Question",
    "Reply",
    "Tool",
    "ToolCall",
    "ToolResult",
    "Turn",
    "Usage",
    "configured",
    "open_angel",
]
