"""The stable head of every prompt: what an angel is, and how it answers.

The same bytes for every mission that wants the same kind of answer, so that a provider's prompt
cache can keep it.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from ...aa.output_mode import admitted, texts
from .tools import EDIT_TOOL, MACRO_TOOL, offered

_HEADER: Final = """\
You change source code in a repository: you work out one answer, which a machine checks and lands.

What you are shown comes in shards: `## s2 symdef Name`, then `path:first-last` and the lines. The \
number and `| ` before a line are not part of its text.
- If you need to see more, call the pf_ tools, several in one turn where you can. What is left of \
the allowance stands with each result.
- Change only lines that you were shown, and nothing that the task does not need. Every invariant \
holds.
- All operations of an answer address the files as they were shown: do not shift line numbers.
- Never write hashes. Name the shard and the lines; the rest is filled in.
- An answer lands whole or not at all. If it is refused you are told why: send all of it again, \
mended.
"""
_WAYS: Final = {
    "edit_ir": f"Call {EDIT_TOOL} once, with all operations.",
    "macro_ops": f"Call {MACRO_TOOL} for what it can do; it finds every place by itself.",
}
_INSTEAD: Final = "Where you cannot call tools, write the tool's arguments as one JSON object."
_TEXTS: Final = {
    "unified_diff": """\
unified diff, with the shown text as context:
--- a/path
+++ b/path
@@ -first,count +first,count @@""",
    "search_replace": """\
search/replace blocks, the path on the line before each:
<<<<<<< SEARCH
the shown lines, exactly
=======
the new lines
>>>>>>> REPLACE""",
    "genesis_patch_v1": """\
GENESIS_PATCH_V1:
GENESIS_PATCH_V1
MISSION: id
SYMBOLS: a, b
FILES: x.py
### REPLACE path first last
the new lines
### END
(also ### ADD path, ### DELETE path first last, ### INSERT_AFTER path symbol)""",
}
"""By the name of the format, how it looks; a tool takes less and is safer, so these come last."""


@cache
def header(mode: str, returns: str) -> str:
    """The system prompt of a program that declares `returns`, in output mode `mode`."""
    kinds = admitted(mode, returns)
    names = {tool.name for tool in offered(mode, returns)}
    ways = [
        way
        for kind, way in _WAYS.items()
        if kind in kinds and (EDIT_TOOL if kind == "edit_ir" else MACRO_TOOL) in names
    ]
    if ways:
        ways.append(_INSTEAD)
    if "diff_fallback" in kinds:
        welcome = [_TEXTS[one] for one in reversed(texts(mode))]
        also = "Or answer" if ways else "Answer"
        ways.append(f"{also} in plain text, in one of these forms only:\n" + "\n\n".join(welcome))
    return f"{_HEADER}\n## How to answer\n" + "\n".join(ways) + "\n"
