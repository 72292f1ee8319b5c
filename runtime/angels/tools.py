"""What an angel may call: page faults to see more, and the ways to answer.

Every prompt pays for these schemas, so they are short: at most eight tools in at most 1,500 tokens
(a test counts). None has a field for a hash; the runtime fills in what shows that an edit's author
saw the text, from the shard that the operation names.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from ...aa.macros import SIGNATURES
from ...aa.output_mode import admitted
from ...heaven.records import Json, JsonObject
from ...proto.pf import Command
from .protocol import Tool

EDIT_TOOL: Final = "emit_edit_ir"
MACRO_TOOL: Final = "emit_macro_ops"

_TEXT: Final[dict[str, Json]] = {"type": "string"}
_NUMBER: Final[dict[str, Json]] = {"type": "integer"}


def _object(required: tuple[str, ...], **properties: Json) -> dict[str, Json]:
    wanted: list[Json] = [*required]
    schema: dict[str, Json] = {"type": "object", "properties": dict(properties)}
    return {**schema, "required": wanted, "additionalProperties": False}


def _list_of(item: Json) -> dict[str, Json]:
    return {"type": "array", "items": item, "minItems": 1}


_DEPTHS: Final[list[Json]] = ["full", "signature", "summary"]
_COUNT: Final[dict[str, Json]] = {"type": "integer", "minimum": 1}

_FAULTS: Final = (
    Tool(
        "pf_symdef",
        "Show a definition, with its callers and tests. Name: f, Class.method or path::name.",
        _object(("symbol",), symbol=_TEXT, path=_TEXT, depth={"enum": _DEPTHS}),
    ),
    Tool(
        "pf_callers",
        "Show where a symbol is used.",
        _object(("symbol",), symbol=_TEXT, path=_TEXT, top_k=_COUNT),
    ),
    Tool(
        "pf_tests",
        "Show the tests that reach a symbol.",
        _object(("symbol",), symbol=_TEXT, path=_TEXT, top_k=_COUNT),
    ),
    Tool(
        "pf_slice",
        "Show n lines of a file (20 unless said).",
        _object(("path",), path=_TEXT, start_line=_COUNT, n=_COUNT),
    ),
    Tool(
        "pf_search",
        "Search names and text of definitions.",
        _object(("query",), query=_TEXT, top_k=_COUNT),
    ),
)
_PROMPT: Final = Tool(
    "pf_prompt",
    "Show a section of the mission's prompt, search it, or (neither given) list its sections.",
    _object(("prompt_id",), prompt_id=_TEXT, section_index=_NUMBER, query=_TEXT),
)

COMMANDS: Final[dict[str, Command]] = {
    "pf_symdef": "PF_SYMDEF",
    "pf_callers": "PF_CALLERS",
    "pf_tests": "PF_TESTS",
    "pf_slice": "PF_SLICE",
    "pf_search": "PF_SEARCH",
}
"""The command of each page fault; `pf_prompt` has one of three (`command_of`)."""

_OPS: Final[list[Json]] = [
    "replace_span",
    "delete_span",
    "replace_line",
    "insert_lines",
    "replace_symbol",
    "insert_before_symbol",
    "insert_after_symbol",
    "replace_text",
    "template",
    "add_file",
    "delete_file",
]
_EDIT: Final = Tool(
    EDIT_TOOL,
    """\
Answer with edits; all land or none. Each op names the shard that showed what it changes (and \
path, where that shard shows several files).
replace_span, delete_span: lines [first, last]. replace_line: lines [n]. insert_lines: lines [n], \
before line n. replace_symbol, insert_before_symbol, insert_after_symbol: symbol. replace_text: \
find, text that the file has exactly once. template: symbol, template with {{key}}s, instances; \
inserted after symbol. add_file: path, no shard. delete_file. content: the new text, \
whole lines.""",
    _object(
        ("ops",),
        ops=_list_of(
            _object(
                ("op",),
                op={"enum": _OPS},
                shard=_TEXT,
                path=_TEXT,
                lines={"type": "array", "items": _NUMBER, "minItems": 1, "maxItems": 2},
                symbol=_TEXT,
                find=_TEXT,
                content=_TEXT,
                template=_TEXT,
                instances=_list_of({"type": "object", "additionalProperties": _TEXT}),
            )
        ),
    ),
)


@cache
def _macro_tool() -> Tool:
    """From the table of macro ops: its kinds, and their parameters under the names of the wire."""
    usage: list[str] = []
    properties: dict[str, Json] = {"kind": {"enum": [*SIGNATURES]}}
    for signature in SIGNATURES.values():
        words = [signature.name]
        for one in signature.parameters:
            if one.choices:
                choices: list[Json] = [*one.choices]
                properties.setdefault(one.field, {"enum": choices})
            else:
                numeric = one.type in ("number", "line")
                properties.setdefault(one.field, _NUMBER if numeric else _TEXT)
                words.append(f"[{one.field}]" if one.optional else one.field)
        usage.append(" ".join(words))
    listed = "; ".join(usage)
    return Tool(
        MACRO_TOOL,
        f"Answer with operations that a machine works out over the whole repository: {listed}.",
        _object(("ops",), ops=_list_of(_object(("kind",), **properties))),
    )


def offered(mode: str, returns: str, *, prompt: bool = False) -> tuple[Tool, ...]:
    """The tools of a program that declares `returns`, in output mode `mode`; always in one order.

    Macro ops are offered where they are declared or anything goes, not wherever they would be
    admitted: their table is long. `prompt` says that the program refers to a stored prompt.
    """
    kinds = admitted(mode, returns)
    chosen = list(_FAULTS)
    if prompt:
        chosen.append(_PROMPT)
    if "edit_ir" in kinds:
        chosen.append(_EDIT)
    if "macro_ops" in kinds and (returns == "macro_ops" or mode == "soft"):
        chosen.append(_macro_tool())
    return tuple(chosen)


def command_of(name: str, arguments: JsonObject) -> Command | None:
    """The page fault that a call asks for; None where it is not one."""
    if name != _PROMPT.name:
        return COMMANDS.get(name)
    if "section_index" in arguments:
        return "PF_PROMPT_SECTION"
    return "PF_PROMPT_SEARCH" if "query" in arguments else "PF_PROMPT_SUMMARY"


def tools_json(tools: tuple[Tool, ...]) -> list[Json]:
    """`[{name, description, schema}]`, as it is recorded."""
    return [
        {"name": one.name, "description": one.description, "schema": dict(one.schema)}
        for one in tools
    ]
