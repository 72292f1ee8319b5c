"""Scripted answers for tests: an angel made from Edit IR, without a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from genesis_ssmp.heaven.records import Json, JsonObject
from genesis_ssmp.runtime.angels.scripted import ScriptedAngel


def edit_answer(*ops: JsonObject, task: str | None = None) -> dict[str, Json]:
    """An answer of output type edit_ir; the manifest is taken from the operations."""
    listed: list[Json] = [dict(op) for op in ops]
    answer: dict[str, Json] = {"output_type": "edit_ir", "edit_ir": {"ops": listed}}
    if task is not None:
        answer["task"] = task
    return answer


def text_answer(text: str, *files: str) -> dict[str, Json]:
    """An answer of output type diff_fallback; `files` are those of its manifest."""
    named: list[Json] = [*files]
    manifest: dict[str, Json] = {"files_touched": named, "symbols_touched": []}
    return {"output_type": "diff_fallback", "diff": text, "manifest": manifest}


def scripted(*answers: JsonObject, advice: Sequence[str] = ()) -> ScriptedAngel:
    """An angel that gives these answers in order."""
    return ScriptedAngel("scripted:test", answers, advice)


def write_script(path: Path, *answers: JsonObject, advice: Sequence[str] = ()) -> Path:
    """The same as a file for `--angel scripted:FILE`."""
    script = {"answers": [dict(answer) for answer in answers], "advice": list(advice)}
    path.write_text(json.dumps(script), encoding="utf-8")
    return path
