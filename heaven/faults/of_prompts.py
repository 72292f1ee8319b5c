"""What the three commands about prompts show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...proto.pf import Command, Request, ShardKind
from ..errors import PromptDamaged, PromptMissing, SectionMissing
from ..prompts.faults import show_search, show_section, show_summary
from .drafts import Draft, draft
from .refusal import FaultRefused, count_of, needed

if TYPE_CHECKING:
    from ..prompts.store import PromptStore

OF_PROMPTS: Final[dict[Command, ShardKind]] = {
    "PF_PROMPT_SECTION": "prompt_section",
    "PF_PROMPT_SEARCH": "prompt_search",
    "PF_PROMPT_SUMMARY": "prompt_summary",
}
_SEARCH: Final = 20


def prompt_draft(prompts: PromptStore, request: Request) -> Draft:
    """The one shard of a request about a prompt. Raises FaultRefused."""
    args = request.args
    ref = needed(args.prompt_id, "prompt_id")
    try:
        if request.command == "PF_PROMPT_SECTION":
            if args.section_index is None:
                raise FaultRefused("bad_request", "the request needs a section_index")
            shown = show_section(prompts, ref, args.section_index)
        elif request.command == "PF_PROMPT_SEARCH":
            shown = show_search(prompts, ref, needed(args.query, "query"), count_of(args, _SEARCH))
        else:
            shown = show_summary(prompts, ref)
    except PromptMissing as missing:
        raise FaultRefused("unknown", str(missing), missing.near) from None
    except SectionMissing as missing:
        near = str(min(max(missing.index, 0), missing.count - 1))
        raise FaultRefused("unknown", str(missing), (near,) if missing.count else ()) from None
    except PromptDamaged as damaged:
        raise FaultRefused("unknown", str(damaged)) from None
    return draft(
        OF_PROMPTS[request.command],
        shown.key,
        shown.subject,
        shown.excerpts,
        shown.note,
        shown.complete,
        data=shown.data,
        files=shown.files,
    )
