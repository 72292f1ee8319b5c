"""The four prompt endpoints."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final, cast

from ..errors import SectionMissing
from ..heaven import Heaven
from ..prompts.records import prompt_json, stored_json
from ..records import Json
from .messages import PromptText, text_or_base64
from .route import Body, Call, Param, Route


def _store(heaven: Heaven, call: Call) -> dict[str, Json]:
    since = call.query.get("since")
    previous = since if isinstance(since, str) else None
    return stored_json(heaven.store_prompt(cast("bytes", call.body), previous))


def _list(heaven: Heaven, call: Call) -> dict[str, Json]:
    rows: list[Json] = [asdict(one) for one in heaven.prompts()]
    return {"prompts": rows}


def _outline(heaven: Heaven, call: Call) -> dict[str, Json]:
    return prompt_json(heaven.get_prompt(call.path["id"]))


def _section(heaven: Heaven, call: Call) -> dict[str, Json]:
    prompt = heaven.get_prompt(call.path["id"])
    number = call.path["index"]
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise SectionMissing(prompt.prompt_id, -1, len(prompt.sections))
    one = heaven.prompt_section(prompt.prompt_id, int(number))
    content, encoding = text_or_base64(one.content)
    section: dict[str, Json] = asdict(one.section)
    return section | {
        "prompt_id": one.prompt_id,
        "content": content,
        "encoding": encoding,
    }


def _reconstruct(heaven: Heaven, call: Call) -> PromptText:
    prompt = heaven.get_prompt(call.path["id"])
    content = heaven.reconstruct_prompt(prompt.prompt_id)
    return PromptText(prompt.prompt_id, *text_or_base64(content))


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "POST",
        "/prompt/store",
        "Store the body as a prompt, in sections; its outline, and which sections are new.",
        "application/json",
        _store,
        query=(Param("since", "str", "Tell what is new since this prompt.", optional=True),),
        body=Body.RAW,
        errors=(404, 413),
    ),
    Route(
        "GET",
        "/prompts",
        "Every stored prompt, in the order of storing.",
        "application/json",
        _list,
    ),
    Route(
        "GET",
        "/prompt/{id}",
        "The outline of a prompt. The id may be cut to 8 digits or more that only it begins with.",
        "application/json",
        _outline,
        errors=(404,),
    ),
    Route(
        "GET",
        "/prompt/{id}/section/{index}",
        "A section of a prompt, with its text.",
        "application/json",
        _section,
        errors=(404,),
    ),
    Route(
        "GET",
        "/prompt/{id}/reconstruct",
        "A prompt, byte for byte.",
        PromptText,
        _reconstruct,
        errors=(404,),
    ),
)
