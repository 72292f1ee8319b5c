"""Decoding and encoding the three forms of a text: rest of the line, quoted, block."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_DECODED = {"\\": "\\", '"': '"', "n": "\n", "t": "\t"}
_BAD_ESCAPE = re.compile(r'\\\\|\\([^\\"nt])', re.DOTALL)


def unquote(token: str) -> str:
    """The value of `"..."`, quotes included in `token`. An unknown escape stands for itself."""
    inner = token[1:-1]
    if "\\" not in inner:
        return inner
    return _ESCAPE.sub(lambda match: _DECODED.get(match.group(1), match.group()), inner)


def bad_escapes(token: str) -> list[int]:
    """Offsets in `token` of the backslashes that start no known escape."""
    if "\\" not in token:
        return []
    return [match.start() for match in _BAD_ESCAPE.finditer(token) if match.group(1) is not None]


def quote(value: str) -> str:
    """`value` as `"..."`."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t") + '"'


def unblock(token: str) -> str:
    """The value of a block, fences included in `token`.

    The line feed after the opening fence is dropped, and the last line where it holds nothing but
    blanks before the closing one. The lines behind the first lose the blanks that they all start
    with; lines of blanks are empty, and count for nothing in that.
    """
    first, *rest = token[3:-3].split("\n")
    if not rest:
        return first.strip(" \t")
    blanks_only = not rest[-1].strip(" \t")
    if blanks_only:
        rest.pop()
    margins = [line[: len(line) - len(line.lstrip(" \t"))] for line in rest if line.strip(" \t")]
    margin = _common_start(margins)
    dedented = [line[len(margin) :] if line.strip(" \t") else "" for line in rest]
    first = first.lstrip(" \t")
    return "\n".join([first, *dedented] if first else dedented)


def _common_start(texts: list[str]) -> str:
    if not texts:
        return ""
    low, high = min(texts), max(texts)
    for index, character in enumerate(low):
        if high[index] != character:
            return low[:index]
    return low


def block(value: str) -> str | None:
    """`value` with the fences on lines of their own, or None where a block cannot say it."""
    token = f'"""\n{value}\n"""'
    if '"""' in value or unblock(token) != value:
        return None
    return token
