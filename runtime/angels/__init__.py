"""Angels: stateless workers behind one protocol, chosen by a specification such as `scripted:F`."""

from .protocol import Advice, Angel, Answer, Ask, Question
from .select import configured, open_angel

__all__ = ["Advice", "Angel", "Answer", "Ask", "Question", "configured", "open_angel"]
