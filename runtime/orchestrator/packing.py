"""The prompt compiler: which shards an angel is shown, and the text that shows them.

What stays the same from call to call comes first, so that a provider's prompt cache can keep it:
the header, the invariants, the declared output, the prompt's sections that the role is always
shown. Then the shards in the program's order, as many of the most salient as the budget holds, each
line once; what was left out, by name, so that it can be asked for; earlier failures; the task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ...heaven.prompts.section_types import Role
from ...heaven.records import JsonObject
from .. import fields
from ..pack import HEADER, note_text, render_pack
from ..tokens import count_line, count_tokens, estimate_tokens
from .salience import is_pinned, salience, subject_of

LATEST: Final = 2
"""The version of packing that new runs are made with: 1 shows every shard whole (`render_pack`) and
counts a quarter of the bytes as tokens, 2 is `compile_pack`. A run is replayed and resumed by the
one that it began with, since the pack is part of what its angel was asked."""

_ANSWER: Final = 2_000
"""Tokens of the budget that a pack leaves for the answer, if there are four times as many."""

Line: TypeAlias = tuple[str, str, int]
"""Path, content id of the file, number."""


@dataclass(frozen=True, slots=True)
class Pack:
    """`tokens` is the count of `text`. `kept` are the shards of which every line is in the text,
    `left_out` the others."""

    text: str
    tokens: int
    kept: tuple[JsonObject, ...]
    left_out: tuple[JsonObject, ...]


class PackTooLarge(Exception):
    """The parts that no pack can do without need more than the budget: the program's author should
    raise BUDGET, or shorten the task or the invariants."""

    def __init__(self, needed: int, budget: int) -> None:
        super().__init__(f"the prompt needs at least {needed:,} tokens, and has {budget:,}")
        self.needed = needed
        self.budget = budget


def make_pack(
    version: int,
    task: str,
    returns: str,
    invariants: Sequence[str],
    context: Sequence[JsonObject],
    asked_at: int,
    left: int,
) -> Pack:
    """The pack of a run whose budget has `left` tokens; `asked_at` is the length that its context
    had when its angel was last asked. Raises PackTooLarge."""
    shards = [one for one in context if "excerpts" in one]
    if version < LATEST:
        text = render_pack(task, returns, invariants, context)
        tokens = estimate_tokens(text)
        if tokens > left:
            raise PackTooLarge(tokens, left)
        return Pack(text, tokens, tuple(shards), ())
    counts = Counter(map(subject_of, shards))
    hot = {subject for subject, count in counts.items() if count > 1}
    recent = {subject_of(one) for one in context[asked_at:] if "excerpts" in one}
    for room in (left - min(left // 4, _ANSWER), left):
        try:
            return compile_pack(task, returns, invariants, context, room, hot=hot, recent=recent)
        except PackTooLarge as error:
            # The answer comes out of the same budget; a task that leaves it less has less.
            too_large = error
    raise too_large


def handle_of(shard: JsonObject) -> str:
    """What Heaven calls the shard."""
    return fields.text(fields.record(shard, "meta"), "handle")


def compile_pack(
    task: str,
    returns: str | None,
    invariants: Sequence[str],
    context: Sequence[JsonObject],
    budget: int,
    *,
    role: Role = "builder",
    hot: Collection[str] = (),
    recent: Collection[str] = (),
    header: str = HEADER,
    name_of: Callable[[JsonObject], str] = handle_of,
) -> Pack:
    """The pack of at most `budget` tokens; the same arguments give the same text.

    `context` has shards and notes of failures (without `excerpts`), in the program's order. `hot`
    and `recent` have the subjects that count for more. `name_of` says what a shard is called in the
    text. Without `header` and `returns` these are said elsewhere. Raises PackTooLarge.
    """
    shards = _distinct([one for one in context if "excerpts" in one])
    notes = [one for one in context if "excerpts" not in one]
    pinned = [one for one in shards if is_pinned(one, role)]
    others = [one for one in shards if not is_pinned(one, role)]

    names = {id(one): name_of(one) for one in shards}
    top = [header] if header else []
    if invariants:
        top.append("## Invariants\n" + "".join(f"- {text}\n" for text in invariants))
    if returns is not None:
        top.append(f"## Output\n{returns}\n")
    bottom = [*(note_text(note) for note in notes), f"## Task\n{task}\n"]

    def render(kept: Sequence[JsonObject]) -> str:
        shown = _Shown(names)
        parts = [shown.show(shard) for shard in [*pinned, *kept]]
        left_out = [one for one in others if not any(one is had for had in kept)]
        if left_out:
            titles = "".join(f"- {shown.title(one)}\n" for one in left_out)
            parts.append(f"## Left out: the budget did not hold them\n{titles}")
        return "\n".join([*top, *parts, *bottom])

    bare = count_tokens(render(()))
    if bare > budget:
        raise PackTooLarge(bare, budget)
    kept = _choose(pinned, others, budget - bare, names, hot, recent)
    text = render(_in_order(others, kept))
    tokens = count_tokens(text)
    while tokens > budget:
        # What was chosen last is the least: joined, the lines came out longer than they are apart.
        kept.pop()
        text = render(_in_order(others, kept))
        tokens = count_tokens(text)
    shown = _in_order(shards, [*pinned, *kept])
    left = [one for one in others if not any(one is had for had in kept)]
    return Pack(text, tokens, tuple(shown), tuple(left))


def _choose(
    pinned: Sequence[JsonObject],
    others: Sequence[JsonObject],
    room: int,
    names: Mapping[int, str],
    hot: Collection[str],
    recent: Collection[str],
) -> list[JsonObject]:
    """The most salient shards that fit into `room` tokens, in the order in which they were taken:
    each time the best of what is left, by its lines that are not shown yet."""
    shown = _Shown(names)
    for one in pinned:
        shown.show(one)
    left = list(others)
    kept: list[JsonObject] = []
    while left:
        costs = [shown.cost(one) for one in left]
        scores = [salience(one, cost, hot, recent) for one, cost in zip(left, costs, strict=True)]
        fitting = [place for place, cost in enumerate(costs) if cost <= room]
        if not fitting:
            break
        best = max(fitting, key=lambda place: (scores[place], -place))
        room -= costs[best]
        shown.show(left[best])
        kept.append(left.pop(best))
    return kept


@dataclass(slots=True)
class _Shown:
    """The lines that a text has so far. `names` are those of the shards, by their identity."""

    names: Mapping[int, str]
    known: set[Line] = field(default_factory=set)

    def title(self, shard: JsonObject) -> str:
        return f"{self.names[id(shard)]} {fields.text(shard, 'kind')} {subject_of(shard)}"

    def show(self, shard: JsonObject) -> str:
        """The text of a shard, without lines that are there already; they are from then on."""
        lines, fresh = self._lines(shard)
        self.known.update(fresh)
        return "".join(lines)

    def cost(self, shard: JsonObject) -> int:
        """The tokens that showing it would take, and the blank line after it."""
        return sum(map(count_line, self._lines(shard)[0])) + 1

    def _lines(self, shard: JsonObject) -> tuple[list[str], set[Line]]:
        meta = fields.record(shard, "meta")
        note = fields.optional_text(meta, "note") if "note" in meta else None
        lines = [f"## {self.title(shard)}" + (f" ({note})\n" if note else "\n")]
        added: set[Line] = set()
        for excerpt in fields.records(shard, "excerpts"):
            path, blob = fields.text(excerpt, "path"), fields.text(excerpt, "file_blob")
            start, end = fields.number(excerpt, "start_line"), fields.number(excerpt, "end_line")
            texts = fields.text(excerpt, "text").split("\n")[: end - start + 1]
            fresh = [
                (number, text)
                for number, text in enumerate(texts, start)
                if (path, blob, number) not in self.known and (path, blob, number) not in added
            ]
            added.update((path, blob, number) for number, _ in fresh)
            lines.append(f"{path}:{start}-{end}" + ("\n" if fresh else " (above)\n"))
            width = len(str(end))
            lines.extend(f"{number:>{width}}| {text}\n" for number, text in fresh)
        data = fields.optional_record(shard, "data")
        if data:
            lines.extend(f"{name}: {value}\n" for name, value in data.items())
        return lines, added


def _distinct(shards: Sequence[JsonObject]) -> list[JsonObject]:
    """Each shard once: the same kind, subject and content again says nothing."""
    found: dict[tuple[str, str, str], JsonObject] = {}
    for one in shards:
        blob = fields.optional_text(one, "blob_id") if "blob_id" in one else None
        if fields.text(one, "kind") == "unchanged" or blob is None:
            blob = f"{blob} {len(found)}"
        found.setdefault((fields.text(one, "kind"), subject_of(one), blob), one)
    return list(found.values())


def _in_order(shards: Sequence[JsonObject], kept: Sequence[JsonObject]) -> list[JsonObject]:
    return [one for one in shards if any(one is had for had in kept)]
