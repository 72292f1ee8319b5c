"""How many tokens a text is, without asking anybody.

OpenAI's byte-pair encoding `cl100k_base`, by tiktoken; its vocabulary lies beside this module,
since tiktoken would fetch it at the first use. How close that is to a provider's own count is in
docs/decisions/0034. Both are loaded at the first count (about 0.2 s, once a process).
"""

from __future__ import annotations

import lzma
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tiktoken import Encoding

_VOCABULARY: Final = "cl100k_base.xz"
_SIZE: Final = 100_256
# As OpenAI publishes it: what is never joined into one token.
_PATTERN: Final = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)


def count_tokens(text: str) -> int:
    """The number of tokens of a text, markers that a provider puts around messages not counted."""
    return len(_encoding().encode_ordinary(text))


@lru_cache(maxsize=65_536)
def count_line(line: str) -> int:
    """`count_tokens` of a line that ends in a newline, remembered.

    Joined lines are never more tokens than their lines apart, but for a token where blank ones
    meet, so a sum over lines is what a text may be taken to cost at most.
    """
    return count_tokens(line)


def estimate_tokens(text: str) -> int:
    """A quarter of the bytes, rounded up: the last resort, and what runs were counted by that were
    recorded before there was a tokenizer."""
    return -(-len(text.encode()) // 4)


@cache
def _encoding() -> Encoding:
    from tiktoken import Encoding

    packed = resources.files(__package__).joinpath(_VOCABULARY).read_bytes()
    data = lzma.decompress(packed)
    # The lengths of all tokens in the order of their ranks, then the tokens.
    ranks: dict[bytes, int] = {}
    at = _SIZE
    for rank, length in enumerate(data[:_SIZE]):
        ranks[data[at : at + length]] = rank
        at += length
    return Encoding("cl100k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens={})
