"""An angel that reads its answers from a file written by hand. It is called what it is: scripted.

The file is JSON:

    {"answers": [{"task": "part of the task text", "output_type": "edit_ir",
                  "edit_ir": {"ops": [...]}, "manifest": {...}}, ...],
     "advice": ["...", ...]}

The answer to the n-th angel call of a run is the n-th entry; `task`, where given, must occur in the
task that is asked, else the script does not fit the program. `manifest` may be left out and is then
taken from the paths and symbols of the operations.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...heaven.records import Json, JsonObject
from ..errors import AngelUnavailable
from .protocol import Advice, Answer, Ask, Question


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

    def answer(self, ask: Ask) -> Answer:
        if ask.call >= len(self._answers):
            raise AngelUnavailable(
                f"{self._name} has {len(self._answers)} answers, and the program asks for "
                f"answer {ask.call + 1}: {ask.task!r}"
            )
        entry = self._answers[ask.call]
        expected = entry.get("task")
        if isinstance(expected, str) and expected not in ask.task:
            raise AngelUnavailable(
                f"answer {ask.call + 1} of {self._name} is for {expected!r}, "
                f"and the program asks {ask.task!r}"
            )
        response: dict[str, Json] = {k: v for k, v in entry.items() if k != "task"}
        response["mission_id"] = ask.mission_id
        response.setdefault("manifest", _manifest(response))
        return Answer(response)

    def advise(self, question: Question) -> Advice | None:
        if question.call >= len(self._advice):
            return None
        return Advice(self._advice[question.call])


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
