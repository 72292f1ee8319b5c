"""aider's RepoMap, asked over a pipe: for the Python that aider-chat is installed for.

A line of JSON in, `{root, files, words, budgets}`; one out, the map for each budget. What aider
does before it asks for a map is done here as it does it: every word of the message is a mentioned
identifier, and a file whose name is one of them, or stands in the message, a mentioned file. The
map's `map_tokens` are the budget, and a map that came out longer than that, which RepoMap allows by
15 %, is asked for again with less.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from importlib import import_module
from pathlib import Path

from aider.repomap import RepoMap

_SHORTEST = 5


def _counter():
    """Genesis's own count: the same for every way."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    return import_module("runtime.tokens").count_tokens


class _Model:
    def __init__(self) -> None:
        self._count = _counter()

    def token_count(self, text: str) -> int:
        return self._count(text)


class _Silent:
    def tool_output(self, *_: object, **__: object) -> None:
        return

    tool_warning = tool_error = tool_output

    def read_text(self, name: str, silent: bool = False) -> str | None:
        try:
            return Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None


def maps(request: dict, model: _Model) -> list[str]:
    root, words = request["root"], request["words"]
    absolute = [str(Path(root, path)) for path in request["files"]]
    identifiers = set(re.split(r"\W+", words))
    by_stem: dict[str, set[str]] = defaultdict(set)
    for path in request["files"]:
        stem = Path(path).with_suffix("").name.lower()
        if len(stem) >= _SHORTEST:
            by_stem[stem].add(path)
    mentioned = {one for word in identifiers if len(word) >= _SHORTEST for one in by_stem[word.lower()]}
    tokens = {token.strip(",.!;:?\"'`()*_") for token in words.split()}
    mentioned.update(path for path in request["files"] if path in tokens or Path(path).name in tokens)
    found = []
    repo_map = RepoMap(1024, root, model, _Silent(), refresh="always")
    for budget in request["budgets"]:
        text, wanted = "", budget
        for _ in range(6):
            repo_map.max_map_tokens = wanted
            text = repo_map.get_repo_map([], absolute, mentioned, identifiers, True) or ""
            size = model.token_count(text)
            if size <= budget:
                break
            wanted = int(wanted * budget / size * 0.98)
        else:
            text = ""
        found.append(text)
    return found


RepoMap.load_tags_cache = lambda self: setattr(self, "TAGS_CACHE", {})


def main() -> None:
    model = _Model()
    for line in sys.stdin:
        print(json.dumps(maps(json.loads(line), model)), flush=True)


if __name__ == "__main__":
    main()
