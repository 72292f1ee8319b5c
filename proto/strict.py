"""The configuration that makes an unknown field an error wherever a wire type is validated."""

from __future__ import annotations

from typing import Final, Literal

FORBID: Final[dict[Literal["extra"], Literal["forbid"]]] = {"extra": "forbid"}
