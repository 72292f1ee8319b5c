"""A text of edits that an angel answered with, taken as the program's output mode allows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..heaven import Heaven
from ..heaven.records import JsonObject
from ..proto import pf, wire
from . import fields
from .formats import ALL, FormatRefused, Normalised, normalise

_UNREADABLE = frozenset(
    {"unknown_format", "not_welcome", "mixed", "malformed", "cut_off", "no_path", "nothing"}
)
"""Codes that say how the answer is written, not how it fits the files."""


def read_text(output: JsonObject, shown: Sequence[JsonObject], heaven: Heaven) -> Normalised:
    """The Edit IR of an output of the kind diff_fallback. `shown` are the excerpts that its author
    saw, `output["texts"]` the formats that are welcome.

    Raises FormatRefused.
    """
    answer = fields.optional_text(fields.record(output, "response"), "diff")
    if not answer:
        raise FormatRefused(
            "nothing",
            "the answer says diff_fallback and holds no diff",
            next_step="put the text in `diff`",
        )
    names = fields.texts(output, "texts")
    excerpts = [wire.parse(pf.Excerpt, excerpt) for excerpt in shown]
    return normalise(answer, excerpts, heaven, welcome=[one for one in ALL if one in names])


def format_refusal(refused: FormatRefused) -> JsonObject:
    """The recorded answer to EMIT where a text was refused."""
    return {
        "refused": {
            "code": "answer" if refused.code in _UNREADABLE else refused.code,
            "message": str(refused),
            "path": refused.path or None,
            "op": None,
        }
    }


def outside_manifest(
    output: JsonObject, made: Normalised | None, touched: Collection[str]
) -> str | None:
    """The complaint when an answer touches a file that its manifest does not name.

    A text names its files itself, so that beside one an empty manifest is none; what the text's own
    list of files says holds too.
    """
    response = fields.optional_record(output, "response")
    if response is None or fields.text(output, "kind") == "macro_ops":
        return None
    named = set(fields.texts(fields.record(response, "manifest"), "files_touched"))
    if made is None:
        lists = [named]
    else:
        lists = [set(one) for one in (named, made.files or ()) if one]
    for path in touched:
        if any(path not in one for one in lists):
            return f"the answer edits {path}, which its manifest does not name"
    return None
