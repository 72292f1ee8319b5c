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
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

_SHORTEST = 5
_MOST = 20_000
_TRIES = 6


class _Model:
    """Genesis's own count: the same for every way."""

    def __init__(self) -> None:
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
        self.token_count: Callable[[str], int] = import_module("runtime.tokens").count_tokens


class _Silent:
    def tool_output(self, *_: object, **__: object) -> None:
        return

    tool_warning = tool_error = tool_output

    def read_text(self, name: str, silent: bool = False) -> str | None:
        try:
            return Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None


def _remembering() -> Any:  # a class of another package, which has no types
    """RepoMap with its tags in memory, by content: releases that follow each other share most of
    their files, and nothing is written into the tree that the other ways read."""
    repo_map = import_module("aider.repomap").RepoMap
    parse = repo_map.get_tags_raw
    known: dict[tuple[str, str], list[Any]] = {}

    def tags(self: object, name: str, relative: str) -> list[Any]:
        try:
            digest = sha256(Path(name).read_bytes()).hexdigest()
        except OSError:
            return []
        key = (relative, digest)
        if key not in known:
            if len(known) > _MOST:
                known.clear()
            known[key] = list(parse(self, name, relative))
        return [one._replace(fname=name) for one in known[key]]

    repo_map.get_tags_raw = tags
    repo_map.load_tags_cache = lambda self: setattr(self, "TAGS_CACHE", {})
    return repo_map


def maps(request: dict[str, Any], make: Callable[..., Any], model: _Model) -> list[str]:
    root, words = request["root"], request["words"]
    absolute = [str(Path(root, path)) for path in request["files"]]
    identifiers = set(re.split(r"\W+", words))
    by_stem: dict[str, set[str]] = defaultdict(set)
    for path in request["files"]:
        stem = Path(path).with_suffix("").name.lower()
        if len(stem) >= _SHORTEST:
            by_stem[stem].add(path)
    long = [word.lower() for word in identifiers if len(word) >= _SHORTEST]
    mentioned = {one for word in long for one in by_stem[word]}
    tokens = {token.strip(",.!;:?\"'`()*_") for token in words.split()}
    mentioned.update(one for one in request["files"] if {one, Path(one).name} & tokens)
    found = []
    repo_map = make(1024, root, model, _Silent(), refresh="always")
    for budget in request["budgets"]:
        text, wanted = "", budget
        for _ in range(_TRIES):
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


def main() -> None:
    model, make = _Model(), _remembering()
    for line in sys.stdin:
        print(json.dumps(maps(json.loads(line), make, model)), flush=True)


if __name__ == "__main__":
    main()
