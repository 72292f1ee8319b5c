"""Runs recorded when an angel's call was one request and one answer still replay.

The bundles in `recorded/` were written by that version: retries with a question to the oracle, a
diff, two answers that the next attempt mended, an edit that was refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from genesis_ssmp.heaven.canonical import encode
from genesis_ssmp.heaven.records import Event
from genesis_ssmp.runtime import runs
from genesis_ssmp.runtime.bundle import Bundle
from genesis_ssmp.runtime.errors import ReplayDivergence
from genesis_ssmp.runtime.replay import replay as replay_run
from genesis_ssmp.runtime.trace import trace
from genesis_ssmp.runtime.whole import answered_whole

RECORDED = Path(__file__).parent / "recorded"
CALLS = {"retries": 4, "text": 1, "mended": 3, "refused": 1}


@pytest.mark.parametrize("name", CALLS)
def test_a_run_of_whole_answers_replays_to_the_same_tree_and_head(name: str) -> None:
    bundle = Bundle(RECORDED / f"{name}.bundle")
    run = runs.find(bundle, "last")
    replayed = replay_run(bundle, run)
    assert replayed.same
    assert replayed.outcome is not None
    assert (replayed.outcome.angel_calls, replayed.outcome.tokens) == (CALLS[name], run.tokens)
    asked = [entry for entry in runs.entries(bundle, run) if entry.op == "ANGEL"]
    assert len(asked) == CALLS[name] and all(answered_whole(one) for one in asked)
    assert sum(step.tokens_in > 0 for step in trace(bundle, run).steps) == CALLS[name]


def test_a_changed_task_of_such_a_run_is_a_divergence() -> None:
    bundle = Bundle(RECORDED / "text.bundle")
    run = runs.find(bundle, "last")

    class Changed:
        """The record, with another task in its question."""

        get_blob = bundle.get_blob

        def events(self, after: int = 0, kinds: Collection[str] | None = None) -> Iterator[Event]:
            return map(self.changed, bundle.events(after, kinds))

        def changed(self, event: Event) -> Event:
            if event.data.get("op") != "ANGEL":
                return event
            operands = dict(event.data["operands"])  # type: ignore[arg-type]  # an object
            operands["task"] = "Another"
            key = sha256(encode(operands)).hexdigest()
            return replace(event, data={**event.data, "operands": operands, "key": key})

    with pytest.raises(ReplayDivergence, match="Another"):
        replay_run(Changed(), run)
