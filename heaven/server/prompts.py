"""The four prompt endpoints."""

from __future__ import annotations

from typing import Final, NoReturn

from ..heaven import Heaven
from .failures import Refusal
from .messages import PromptText
from .route import Body, Call, Route


def _missing(heaven: Heaven, call: Call) -> NoReturn:
    raise Refusal(501, "this Heaven keeps no prompts yet")


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "POST",
        "/prompt/store",
        "Store the body as a prompt, in sections.",
        "application/json",
        _missing,
        body=Body.RAW,
        errors=(501,),
    ),
    Route(
        "GET",
        "/prompt/{id}",
        "The outline of a prompt.",
        "application/json",
        _missing,
        errors=(404, 501),
    ),
    Route(
        "GET",
        "/prompt/{id}/section/{index}",
        "A section of a prompt.",
        "application/json",
        _missing,
        errors=(404, 501),
    ),
    Route(
        "GET",
        "/prompt/{id}/reconstruct",
        "A prompt, byte for byte.",
        PromptText,
        _missing,
        errors=(404, 501),
    ),
)
