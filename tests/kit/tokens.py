"""Counting tokens without a tokenizer: an estimate that never changes between runs.

A model's own tokenizer is a download and a moving target, so tests that compare the cost of two
contexts count here. The rules are those that byte-pair encoders agree on: a short word is one
token, a long one several, digits go in threes, every piece of punctuation counts, and a hexadecimal
digest costs far more than its length in words (a SHA-256 comes to about 40).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_PIECE = re.compile(
    r"(?P<hex>\b(?=\w*\d)[0-9a-f]{16,}\b)|(?P<word>[^\W\d_]+)|(?P<digits>\d+)|\n+|[^\w\s]|_"
)
_LETTERS_A_TOKEN = 8
_DIGITS_A_TOKEN = 3
_HEX_A_TOKEN = 1.6


def count_tokens(text: str) -> int:
    """The estimated number of tokens in `text`; 0 for the empty text."""
    total = 0
    for piece in _PIECE.finditer(text):
        length = piece.end() - piece.start()
        if piece["hex"]:
            total += round(length / _HEX_A_TOKEN)
        elif piece["word"]:
            total += -(-length // _LETTERS_A_TOKEN)
        elif piece["digits"]:
            total += -(-length // _DIGITS_A_TOKEN)
        else:
            total += 1
    return total


@dataclass(slots=True)
class TokenCounter:
    """Adds up tokens under labels, in the order the labels first appear."""

    by_label: dict[str, int] = field(default_factory=dict)

    def add(self, label: str, text: str) -> int:
        """Count `text` under `label`; returns its tokens."""
        tokens = count_tokens(text)
        self.by_label[label] = self.by_label.get(label, 0) + tokens
        return tokens

    @property
    def total(self) -> int:
        return sum(self.by_label.values())
