"""Random renames and random ADD_PARAMs in a real TypeScript package, each judged by its compiler.

    python -m bench.ecmascript_macros PACKAGE_DIR --renames 100 --params 50 --seed S \\
        --typescript NODE_MODULES/typescript/lib/typescript.js [--peer]

PACKAGE_DIR has a tsconfig.json, which may let JavaScript in (`checkJs`). Nothing is written to it.
A trial has passed if the compiler has no error that it has not without it, in the files that
changed and in those that have the name in them (--whole: in any file); with --peer each rename
is compared, token by token, with the one that TypeScript's language service would do. Exit code 1
if there were errors after an op that had listed nothing as unsure.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.heaven.records import Symbol
from genesis_ssmp.runtime.edits import stage
from genesis_ssmp.stdlib import MACROS, MacroRefused

from .macros import Trial
from .renames import VERDICTS, Outcome, Verdict

_ENDINGS: Final = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_KINDS: Final = frozenset(
    {"function", "method", "class", "interface", "type", "enum", "constant", "variable", "field"}
)
_WAYS: Final[tuple[tuple[str, Mapping[str, str]], ...]] = (
    ("default", {"default": "null", "type": "any"}),
    ("argument", {"argument": "null", "type": "any"}),
    ("default and argument", {"default": "null", "argument": "0", "type": "any"}),
    ("argument, first", {"argument": "null", "type": "any", "position": "0"}),
)


class Compiler:
    """TypeScript's language service in a process of its own."""

    def __init__(self, lib: Path, root: Path) -> None:
        script = Path(__file__).with_name("typescript_peer.js")
        self._process = subprocess.Popen(
            ["node", "--max-old-space-size=3000", str(script), str(lib.resolve()), str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._known = Counter(map(_file, self.errors({})))

    def _ask(self, question: Mapping[str, object]) -> dict[str, list[list[object]]]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, list[list[object]]] = json.loads(self._process.stdout.readline())
        return answer

    def errors(self, files: Mapping[str, str], word: str | None = None) -> list[str]:
        """All errors with these files changed; with a word, those of the changed files and of what
        has the word in it."""
        asked = {"check": files} if word is None else {"check": files, "word": word}
        return [str(one) for one in self._ask(asked)["errors"]]

    def fresh(self, files: Mapping[str, str], word: str | None = None) -> list[str]:
        """Those that there are not without the change: of files that have more than they had."""
        found = self.errors(files, word)
        more = Counter(map(_file, found)) - self._known
        return [one for one in found if _file(one) in more]

    def places(self, path: str, offset: int) -> set[tuple[str, int]] | None:
        """Where its own rename would write; offsets in characters."""
        found = self._ask({"rename": [path, offset]})["places"]
        return None if found is None else {(str(one[0]), int(str(one[1]))) for one in found}

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()


def _file(error: str) -> str:
    return error.partition(":")[0]


def candidates(heaven: Heaven, under: str) -> list[Symbol]:
    """What can be renamed, in order."""
    found = {
        (one.path, one.qualname): one
        for path in heaven.list_files()
        if path.endswith(_ENDINGS) and path.startswith(under)
        for one in heaven.symbols_in(path)
        if one.kind in _KINDS and one.name != "constructor"
    }
    return [found[key] for key in sorted(found)]


def trials(symbols: Sequence[Symbol], renames: int, params: int, seed: int) -> list[Trial]:
    """So many of each."""
    chance = random.Random(seed)
    made = [
        Trial(
            one, "RENAME_SYMBOL",
            {"old": f"{one.path}::{one.qualname}", "new": f"{one.name}_renamed"}, "rename",
        )
        for one in chance.sample(list(symbols), min(renames, len(symbols)))
    ]  # fmt: skip
    functions = [one for one in symbols if one.kind in ("function", "method")]
    for number, one in enumerate(chance.sample(functions, min(params, len(functions)))):
        label, more = _WAYS[number % len(_WAYS)]
        if not one.path.endswith(("ts", "tsx")):
            more = {key: value for key, value in more.items() if key != "type"}
        args = {"func": f"{one.path}::{one.qualname}", "param": "added_param", **more}
        made.append(Trial(one, "ADD_PARAM", args, label))
    return made


def judge(
    heaven: Heaven, compiler: Compiler, root: Path, trial: Trial, *, whole: bool
) -> tuple[Outcome, set[tuple[str, int]]]:
    """Expand, stage, and let the compiler look; the places that change, too."""
    start = time.perf_counter()
    try:
        expansion = MACROS[trial.macro](trial.args, heaven)
    except MacroRefused as error:
        seconds = time.perf_counter() - start
        return Outcome(trial.name, "refused", 0, 0, seconds, error.message), set()
    staged = stage(expansion.edit, root, symbols=heaven, blobs=heaven)
    seconds = time.perf_counter() - start
    after = {one.path: (one.after or b"").decode() for one in staged.files}
    new = compiler.fresh(after, None if whole else trial.symbol.name)
    unsure = len(expansion.unsure)
    verdict: Verdict = "passed"
    if new:
        verdict = "failed, unsure sites listed" if unsure else "FAILED SILENTLY"
    note = new[0] if new else ""
    changed: set[tuple[str, int]] = set()
    if trial.macro == "RENAME_SYMBOL":
        changed = _changed(root, after, trial.symbol.name, trial.args["new"])
    if new and unsure and trial.macro == "RENAME_SYMBOL" and trial.args.get("unsure") is None:
        more = replace(trial, args={**trial.args, "unsure": "include"})
        again, _ = judge(heaven, compiler, root, more, whole=whole)
        note = f"[with unsure include: {again.verdict} {again.note[:150]}] {note}"
    return Outcome(trial.name, verdict, expansion.sure, unsure, seconds, note), changed


def _changed(root: Path, after: Mapping[str, str], old: str, new: str) -> set[tuple[str, int]]:
    """Where the new name stands, as offsets in the text before."""
    found: set[tuple[str, int]] = set()
    for path, text in after.items():
        before = (root / path).read_text(encoding="utf-8")
        here = at = 0
        while (here := text.find(new, here)) >= 0:
            # Each earlier place made the text longer by what it put in.
            prefix = text[:here]
            at = _aligned(before, prefix, old, new)
            found.add((path, at))
            here += len(new)
    return found


def _aligned(before: str, prefix: str, old: str, new: str) -> int:
    """The offset in `before` of what follows `prefix` in the text with the new name."""
    plain = prefix.replace(new, old)
    if before.startswith(plain):
        return len(plain)
    at = here = 0
    while here < len(prefix):
        if (
            prefix.startswith(f"{old}: {new}", here) and not before.startswith(f"{old}: {old}", at)
        ) or (prefix.startswith(f"{new}: {old}", here) and not before.startswith(f"{old}: ", at)):
            here, at = here + len(old) + 2 + len(new), at + len(old)
        elif prefix.startswith(new, here):
            here, at = here + len(new), at + len(old)
        else:
            here, at = here + 1, at + 1
    return at if before.startswith(old, at) else at - len(old) - 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do all trials, print a line each and the counts."""
    parser = argparse.ArgumentParser(prog="bench.ecmascript_macros", description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("--renames", type=int, default=100)
    parser.add_argument("--params", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--under", default="src/", help="where the symbols are taken from")
    parser.add_argument("--typescript", type=Path, required=True, help="typescript.js")
    parser.add_argument("--peer", action="store_true", help="compare with TypeScript's renames")
    parser.add_argument("--whole", action="store_true", help="check every file after each op")
    given = parser.parse_args(arguments)
    root = given.package.resolve()
    counts: Counter[tuple[str, Verdict]] = Counter()
    versus: Counter[tuple[str, Verdict]] = Counter()
    compiler = Compiler(given.typescript, root)
    with Heaven.open(root) as heaven:
        symbols = candidates(heaven, given.under)
        made = trials(symbols, given.renames, given.params, given.seed)
        print(f"{len(made)} trials, {len(symbols)} symbols, seed {given.seed}", flush=True)
        for trial in made:
            outcome, changed = judge(heaven, compiler, root, trial, whole=given.whole)
            counts[trial.macro, outcome.verdict] += 1
            said = ""
            if given.peer and trial.macro == "RENAME_SYMBOL" and outcome.verdict != "refused":
                at = trial.symbol.name_at.start_byte
                offset = len((root / trial.symbol.path).read_bytes()[:at].decode())
                theirs = compiler.places(trial.symbol.path, offset)
                said = "peer gave up"
                if theirs is not None:
                    more, less = len(changed - theirs), len(theirs - changed)
                    said = f"peer +{more} -{less}" if more or less else "peer same"
                versus[said.partition("+")[0], outcome.verdict] += 1
                if theirs is not None and changed != theirs:
                    said += f" {sorted(changed - theirs)[:2]} {sorted(theirs - changed)[:2]}"
            print(
                f"{outcome.verdict:28} {trial.label:21} {outcome.symbol}  "
                f"{outcome.changed} places, "
                f"{outcome.unsure} unsure, {outcome.seconds:.2f} s  {said}  {outcome.note[:300]}",
                flush=True,
            )
    compiler.close()
    for macro in ("RENAME_SYMBOL", "ADD_PARAM"):
        row = ", ".join(f"{counts[macro, verdict]} {verdict}" for verdict in VERDICTS)
        print(f"{macro}: {row}")
    for (peer, verdict), count in sorted(versus.items()):
        print(f"{peer}; ours: {count} {verdict}")
    silent = sum(count for (_, verdict), count in counts.items() if verdict == "FAILED SILENTLY")
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
