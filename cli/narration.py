"""What `aa run` says while it works: one line an effect, as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..heaven.records import JsonObject
from ..runtime import fields
from ..runtime.outcome import Progress
from .output import Report

UNSURE_SHOWN: Final = 10
"""Places left alone that are listed; `--json` and `aa log` have all."""


class Narrator:
    """Prints the progress of one run. `lines` names the source line of each pc."""

    def __init__(self, report: Report, lines: Mapping[int, str]) -> None:
        self._report = report
        self._lines = lines

    def __call__(self, progress: Progress) -> None:
        name, _, done = progress.kind.partition(".")
        if progress.kind == "validate":
            return
        if done:
            assert progress.result is not None, "a finished effect has its result"
            for text in _finished(name, progress.result):
                self._report.say(f"    {text}")
        elif name == "failed":
            self._report.say(f"  x {progress.text}")
        elif name == "retry":
            self._report.say(f"  . IF_FAIL RETRY: {progress.text}")
        elif name == "undone":
            self._report.say(f"  . undone: {progress.text}")
        else:
            where = self._lines.get(progress.pc, "")
            self._report.say(f"  > {where}  {name.upper()} {_short(progress.text)}".rstrip())


def _finished(name: str, record: JsonObject) -> list[str]:
    if name == "validate":
        return [f"answer sent back: {_short(text)}" for text in rejections(record)]
    refused = fields.optional_record(record, "refused")
    if refused is not None:
        return []
    if name == "rev":
        commit = fields.optional_text(record, "commit")
        tree = fields.text(record, "tree")[:12]
        return [f"tree {tree}" + (f", commit {commit[:12]}" if commit else "")]
    if name == "fault":
        shards = fields.records(record, "shards")
        return [
            f"{fields.text(s, 'kind')}: {fields.text(fields.record(s, 'meta'), 'subject')}, "
            f"{fields.number(fields.record(s, 'meta'), 'bytes')} bytes"
            for s in shards
        ]
    if name == "angel":
        about = "about " if record.get("estimated", True) else ""
        cached = fields.number(record, "cached_read") if "cached_read" in record else 0
        kept = f" ({cached} from the cache)" if cached else ""
        return [
            f"answer of {fields.text(record, 'angel')}: {about}"
            f"{fields.number(record, 'tokens_in')} tokens in{kept}, "
            f"{fields.number(record, 'tokens_out')} out"
        ]
    if name == "macro":
        return _macro(record)
    if name in ("emit", "rollback"):
        changes = fields.records(record, "files")
        verb = "landed in" if name == "emit" else "restored"
        lines = [f"{verb} {len(changes)} file{'' if len(changes) == 1 else 's'}", *_drift(record)]
        return lines + (_unsure(record) if "unsure" in record else [])
    if name == "run":
        return [
            f"{fields.text(record, 'summary')}",
            f"receipt: {receipt_line(record)}",
        ]
    return []


def rejections(verdict: JsonObject) -> list[str]:
    """Why the answer of a turn was not taken, by a recorded answer to VALIDATE."""
    said = [fields.text(one, "message") for one in fields.records(verdict, "wrong")]
    refused = fields.optional_record(verdict, "refused")
    return said if refused is None else [*said, fields.text(refused, "message")]


def _drift(record: JsonObject) -> list[str]:
    """Operations that were not where their author wrote them."""
    if "drift" not in record:
        return []
    found = fields.records(record, "drift")
    return [
        f"operation {fields.number(one, 'op')} {fields.text(one, 'how')}: line "
        f"{fields.number(one, 'seen')} when it was read, {fields.number(one, 'found')} now"
        for one in found
    ]


def _macro(found: JsonObject) -> list[str]:
    return [f"{fields.number(found, 'sure')} places", *_unsure(found)]


def _unsure(found: JsonObject) -> list[str]:
    """What a macro op left alone."""
    unsure = fields.records(found, "unsure")
    lines: list[str] = []
    if unsure:
        lines.append(f"{len(unsure)} more may mean it and were left alone:")
        for site in unsure[:UNSURE_SHOWN]:
            lines.append(
                f"  {fields.text(site, 'path')}:{fields.number(site, 'line')}: "
                f"{fields.text(site, 'text').strip()}  ({fields.text(site, 'why')})"
            )
        if len(unsure) > UNSURE_SHOWN:
            lines.append(f"  ... and {len(unsure) - UNSURE_SHOWN} more (`aa log` has them)")
    return lines


def receipt_line(result: JsonObject) -> str:
    """The receipt in a recorded answer to RUN, its hashes cut to 12 digits."""
    return (
        f"exit {fields.number(result, 'exit_code')}, "
        f"command {fields.text(result, 'command_hash')[:12]}, "
        f"env {fields.text(result, 'env_hash')[:12]}, "
        f"output {fields.text(result, 'stdout_hash')[:12]}"
    )


def _short(text: str) -> str:
    first = text.splitlines()[0] if text else ""
    return first if len(first) <= 100 and first == text else first[:97] + "..."
