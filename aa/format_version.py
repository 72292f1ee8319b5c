"""The version of the `.aab` format, with every change of it and its reason.

Whoever changes what bytes `encode` writes for some module raises the number by one and adds a row;
a module of another version is refused (AA0602), never guessed at: it is rebuilt from its source.

    1  The first format: meta, constants, code, handlers, lines, SHA-256.
"""

from __future__ import annotations

from typing import Final

MAGIC: Final = b"\0aab"
"""Starts with NUL, so that no text tool takes a module for text."""

FORMAT_VERSION: Final = 1
