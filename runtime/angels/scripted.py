"""An angel that reads its answers from a file written by hand. It is called what it is: scripted.

The file is JSON:

    {"answers": [{"task": "part of the task text", "output_type": "edit_ir",
                  "edit_ir": {"ops": [...]}, "manifest": {...}}, ...],
     "advice": ["...", ...]}

The n-th entry answers the n-th ANGEL instruction that is carried out in a run; `task`, where given,
must occur in the task that is asked, else the script does not fit the program. `manifest` may be
left out and is then taken from the paths and symbols of the operations.

An entry may spell out the turns of its conversation instead, each an answer as above, or what is
said and called:

    {"turns": [{"text": "I need to see Add.", "calls": [{"name": "pf_symdef",
                                                         "arguments": {"symbol": "Add"}}]},
               {"output_type": "edit_ir", "edit_ir": {"ops": [...]}}]}

A turn may have `stop` and `usage` of its own. After its last turn the angel says nothing more,
which ends the conversation: what it was refused for stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, get_args

from ...heaven.records import Json, JsonObject
from ..errors import AngelUnavailable
from .protocol import Advice, Question, Reply, Stop, ToolCall, Turn, Usage

_SAID: Final = frozenset({"text", "calls", "stop", "usage"})
"""The fields of a turn that is spelled out; one with any other is an answer."""


class ScriptedAngel:
    """Answers by position: stateless, so a resumed run gets the answers it has not had."""

    def __init__(self, name: str, answers: Sequence[JsonObject], advice: Sequence[str]) -> None:
        self._name = name
        self._answers = answers
        self._advice = advice

    @property
    def name(self) -> str:
        return self._name

    @classmethod
    def read(cls, path: Path) -> ScriptedAngel:
        """Raises AngelUnavailable where the file cannot be read or is not a script."""
        try:
            script: object = json.loads(path.read_bytes())
        except OSError as error:
            raise AngelUnavailable(f"cannot read the script {path}: {error.strerror}") from error
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise AngelUnavailable(f"the script {path} is not JSON: {error}") from error
        if not isinstance(script, Mapping):
            raise AngelUnavailable(f"the script {path} is not an object with `answers`")
        unknown = sorted(str(key) for key in script if key not in ("answers", "advice"))
        if unknown:
            raise AngelUnavailable(f"the script {path} has an unknown field {unknown[0]!r}")
        answers = script.get("answers", [])
        advice = script.get("advice", [])
        if not isinstance(answers, list) or not all(isinstance(a, Mapping) for a in answers):
            raise AngelUnavailable(f"`answers` of the script {path} is not a list of objects")
        if not isinstance(advice, list) or not all(isinstance(a, str) for a in advice):
            raise AngelUnavailable(f"`advice` of the script {path} is not a list of texts")
        return cls(f"scripted:{path.name}", answers, advice)

    def reply(self, turn: Turn) -> Reply:
        if turn.call >= len(self._answers):
            raise AngelUnavailable(
                f"{self._name} has {len(self._answers)} answers, and the program asks for "
                f"answer {turn.call + 1}: {turn.task!r}"
            )
        entry = self._answers[turn.call]
        expected = entry.get("task")
        if isinstance(expected, str) and expected not in turn.task:
            raise AngelUnavailable(
                f"answer {turn.call + 1} of {self._name} is for {expected!r}, "
                f"and the program asks {turn.task!r}"
            )
        said: dict[str, Json] = {key: value for key, value in entry.items() if key != "task"}
        turns = self._turns(turn.call, said)
        at = len(turn.messages) // 2
        if at >= len(turns):
            return Reply("")
        chosen = turns[at]
        if chosen and _SAID.issuperset(chosen):
            return self._spelled(turn.call, at, chosen)
        response: dict[str, Json] = {**chosen, "mission_id": turn.mission_id}
        response.setdefault("manifest", _manifest(response))
        return Reply(json.dumps(response, ensure_ascii=False, sort_keys=True))

    def advise(self, question: Question) -> Advice | None:
        if question.call >= len(self._advice):
            return None
        return Advice(self._advice[question.call])

    def _turns(self, call: int, entry: JsonObject) -> Sequence[JsonObject]:
        if "turns" not in entry:
            return [entry]
        turns = entry["turns"]
        listed = turns if isinstance(turns, list) else []
        objects = [one for one in listed if isinstance(one, Mapping)]
        if not objects or len(objects) != len(listed) or len(entry) > 1:
            raise self._misfit(call, "`turns` is not a list of objects, alone beside `task`")
        return objects

    def _spelled(self, call: int, at: int, said: JsonObject) -> Reply:
        text, stop = said.get("text", ""), said.get("stop")
        calls, usage = said.get("calls", []), said.get("usage")
        if not isinstance(text, str) or not isinstance(calls, list):
            raise self._misfit(call, f"turn {at + 1} has no `text`, or `calls` that are no list")
        made: list[ToolCall] = []
        for number, one in enumerate(calls):
            name = one.get("name") if isinstance(one, Mapping) else None
            arguments = one.get("arguments", {}) if isinstance(one, Mapping) else None
            if not isinstance(name, str):
                raise self._misfit(call, f"call {number + 1} of turn {at + 1} has no `name`")
            identity = f"c{call}.{at}.{number}"
            if isinstance(arguments, Mapping):
                made.append(ToolCall(identity, name, dict(arguments)))
            else:
                made.append(ToolCall(identity, name, {}, broken=str(arguments)))
        known: tuple[Stop, ...] = get_args(Stop)
        ended = next((one for one in known if one == stop), "tool_use" if made else "end")
        if stop is not None and ended != stop:
            raise self._misfit(call, f"turn {at + 1} has the unknown `stop` {stop!r}")
        return Reply(text, tuple(made), ended, self._usage(call, at, usage))

    def _usage(self, call: int, at: int, usage: Json) -> Usage | None:
        if usage is None:
            return None
        names = ("tokens_in", "tokens_out", "cached_read", "cached_written")
        counts = dict(usage) if isinstance(usage, Mapping) else {"": None}
        numbers = {name: n for name, n in counts.items() if name in names and isinstance(n, int)}
        if len(numbers) != len(counts) or not {"tokens_in", "tokens_out"} <= set(numbers):
            raise self._misfit(call, f"`usage` of turn {at + 1} is not {', '.join(names)}")
        return Usage(**numbers)

    def _misfit(self, call: int, what: str) -> AngelUnavailable:
        return AngelUnavailable(f"answer {call + 1} of {self._name} is no script: {what}")


def _manifest(response: JsonObject) -> Json:
    """Paths and symbols that the operations name."""
    paths: set[str] = set()
    symbols: set[str] = set()
    edit = response.get("edit_ir")
    ops = edit.get("ops") if isinstance(edit, Mapping) else None
    for op in ops if isinstance(ops, list) else ():
        if isinstance(op, Mapping):
            path, symbol = op.get("path"), op.get("symbol")
            if isinstance(path, str):
                paths.add(path)
            if isinstance(symbol, str):
                symbols.add(symbol)
    files: list[Json] = [*sorted(paths)]
    names: list[Json] = [*sorted(symbols)]
    return {"files_touched": files, "symbols_touched": names}
