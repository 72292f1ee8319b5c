"""How well the index finds uses, measured against a peer.

    python -m bench.accuracy [PACKAGE...] --count 300 --seed S     Python, against jedi
    python -m bench.accuracy --typescript [PACKAGE...]             against TypeScript's own server
    python -m bench.accuracy --fixtures                            every language, marked by hand

PACKAGE is a name on PyPI (`click==8.5.1`; its source distribution, tests included, is fetched) or
an unpacked directory. Random definitions are drawn; for each, every token of its name in the tree
is put to both. A use counts as claimed from confidence 0.5 on; below, candidates are only listed.
Compared is what the peer resolves: recall is how much of what it binds to the definition we claim,
precision how much of what we claim it binds so. Tokens that bind the name themselves, aliases
under another name, and strings are left out.

Disagreements are printed; those judged by hand stand in `adjudications.jsonl`, and a second figure
leaves out the ones in which the peer is wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Final, Literal, Protocol, cast

from genesis_ssmp.heaven.index.symbols import SymbolIndex
from genesis_ssmp.heaven.records import Symbol

from bench import ecmascript_sites
from bench.language_server import PYRIGHT, TYPESCRIPT, ask_server, install
from bench.python_sites import At, Sites, sites_of

DEFAULT: Final = ("click==8.5.1", "jinja2==3.1.6")
DEFAULT_TYPESCRIPT: Final = ("rxjs@7.8.2",)
CLAIMED: Final = 0.5
RECALL_BAR: Final = 0.95
PRECISION_BAR: Final = 0.90
_ADJUDICATIONS: Final = Path(__file__).with_name("adjudications.jsonl")
_TSCONFIG: Final = """{"compilerOptions": {"target": "esnext", "module": "esnext", "strict": true,
"moduleResolution": "node", "allowJs": true, "jsx": "preserve"}, "include": ["src"]}"""
_HEADINGS: Final = ("", "uses", "recall", "precision", "recall*", "precision*")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """`missed`: the peer binds the token to the symbol, we do not claim it; `extra`: we claim it,
    the peer binds it elsewhere. `peer` says where; `wrong` is who is, once judged."""

    side: Literal["missed", "extra"]
    package: str
    symbol: str
    kind: str
    at: str
    call: bool
    confidence: float
    peer: str
    wrong: str = ""

    def __str__(self) -> str:
        judged = f"  [{self.wrong} wrong]" if self.wrong else ""
        what = "call" if self.call else "use"
        ours = f"ours {self.confidence:.2f}"
        return f"{self.side} {what} {self.at}  of {self.symbol}  {ours}, peer {self.peer}{judged}"


@dataclass(slots=True)
class Tally:
    agreed: int = 0
    disagreed: list[Disagreement] = field(default_factory=list)

    def cells(self) -> tuple[str, ...]:
        return (
            f"{self.agreed + self._count('missed', False):,}",
            *map(_ratio, self.figures(False)),
            *map(_ratio, self.figures(True)),
        )

    def figures(self, adjudicated: bool) -> tuple[float, float]:
        """Recall and precision; adjudicated, what the peer had wrong is left out (missed) or counts
        as agreed (extra)."""
        agreed = self.agreed
        if adjudicated:
            agreed += sum(one.side == "extra" and one.wrong == "peer" for one in self.disagreed)
        missed, extra = self._count("missed", adjudicated), self._count("extra", adjudicated)
        return agreed / max(agreed + missed, 1), agreed / max(agreed + extra, 1)

    def _count(self, side: str, adjudicated: bool) -> int:
        return sum(
            one.side == side and not (adjudicated and one.wrong == "peer") for one in self.disagreed
        )


def _ratio(value: float) -> str:
    return f"{value:.3f}"


@dataclass(frozen=True, slots=True)
class Claim:
    """One token that we give as a use of a symbol."""

    path: str
    at: At
    confidence: float


@dataclass(slots=True)
class Package:
    """A tree and what its files say; `sites` by path."""

    name: str
    root: Path
    sites: dict[str, Sites]

    @property
    def roots(self) -> tuple[str, ...]:
        return ("src", ".") if (self.root / "src").is_dir() else (".",)


def read_package(name: str, root: Path) -> Package:
    sites: dict[str, Sites] = {}
    for file in sorted(root.rglob("*.py")):
        try:
            sites[file.relative_to(root).as_posix()] = sites_of(file.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError) as error:
            print(f"left out: {file}: {error}", file=sys.stderr)
    return Package(name, root, sites)


def fetch(requirement: str, into: Path) -> Path:
    """Download a source distribution and unpack it; -> its directory."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-binary", ":all:", "--dest", str(into), requirement),
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    archive = next(one for one in sorted(into.iterdir()) if one.name.endswith((".gz", ".zip")))
    shutil.unpack_archive(archive, into / "unpacked")
    return next((into / "unpacked").iterdir())


def read_typescript(name: str, root: Path, index: SymbolIndex) -> Package:
    sites: dict[str, Sites] = {}
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root).as_posix()
        if path.endswith(ecmascript_sites.ENDINGS) and not path.endswith(".d.ts"):
            source = file.read_bytes().decode("utf-8", errors="replace")
            sites[path] = ecmascript_sites.sites_of(source, index.symbols_in(path))
    return Package(name, root, sites)


def fetch_npm(requirement: str, into: Path) -> Path:
    """Download a package of npm and keep its TypeScript; -> its directory."""
    subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", str(into), requirement],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    shutil.unpack_archive(next(into.glob("*.tgz")), into / "unpacked", filter="data")
    kept = into / requirement.rpartition("@")[0].replace("/", "-").lstrip("@")
    shutil.copytree(into / "unpacked" / "package" / "src", kept / "src")
    (kept / "tsconfig.json").write_text(_TSCONFIG, encoding="utf-8")
    return kept


def draw(package: Package, index: SymbolIndex, count: int, seed: int) -> list[Symbol]:
    """Random definitions, one for each path and qualname, in the order drawn."""
    found: dict[tuple[str, str], Symbol] = {}
    for path in sorted(package.sites):
        for symbol in index.symbols_in(path):
            found.setdefault((path, symbol.qualname), symbol)
    symbols = [found[key] for key in sorted(found)]
    return random.Random(seed).sample(symbols, min(count, len(symbols)))


def claims(package: Package, index: SymbolIndex, symbol: Symbol) -> list[Claim]:
    """Our answer, tokens under other names left out."""
    found = []
    for one in index.references(symbol):
        if one.at.end_byte - one.at.start_byte == len(symbol.name.encode()):
            source = (package.root / one.path).read_bytes()
            if source[one.at.start_byte : one.at.end_byte] == symbol.name.encode():
                start = source.rfind(b"\n", 0, one.at.start_byte) + 1
                column = len(source[start : one.at.start_byte].decode(errors="replace"))
                column -= source.startswith(b"\xef\xbb\xbf") and start == 0
                found.append(Claim(one.path, At(one.at.start_line, column), one.confidence))
    return found


def compare(
    root: Path, name: str, count: int, seed: int, peer_name: str
) -> tuple[dict[str, Tally], int]:
    """Tallies by kind, "all" and "calls" among them; and how many tokens the peer left open."""
    index = SymbolIndex(root, None)
    try:
        start = time.perf_counter()
        index.build()
        built = time.perf_counter() - start
        if peer_name == "typescript":
            package = read_typescript(name, root, index)
        else:
            package = read_package(name, root)
        symbols = draw(package, index, count, seed)
        ours = {}
        for symbol in symbols:
            ours[symbol] = claims(package, index, symbol)
        asked_in = time.perf_counter() - start - built
    finally:
        index.close()
    print(f"index {built:.1f} s, answers {asked_in:.1f} s", file=sys.stderr)
    asked: dict[str, list[At]] = {}
    for name in sorted({symbol.name for symbol in symbols}):
        for path, sites in package.sites.items():
            asked.setdefault(path, []).extend(sites.tokens.get(name, ()))
    asked = {path: places for path, places in asked.items() if places}
    peer = _ask(peer_name, package, asked)
    return _compare(package, ours, peer, _judged(package.name))


def _ask(
    peer: str, package: Package, asked: dict[str, list[At]]
) -> dict[tuple[str, At], tuple[tuple[str, At], ...]]:
    if peer == "jedi":
        from bench.jedi_peer import ask_jedi

        return ask_jedi(package.root, asked, package.roots)
    server = PYRIGHT if peer == "pyright" else TYPESCRIPT
    with tempfile.TemporaryDirectory() as scratch:
        command = install(server, Path(scratch))
        return ask_server(server, command, package.root, asked)


def _compare(
    package: Package,
    ours: dict[Symbol, list[Claim]],
    peer: dict[tuple[str, At], tuple[tuple[str, At], ...]],
    judged: dict[tuple[str, str], str],
) -> tuple[dict[str, Tally], int]:
    tallies: dict[str, Tally] = {"all": Tally(), "calls": Tally()}
    open_tokens = 0
    for symbol, claimed in ours.items():
        me = (symbol.path, symbol.qualname)
        confidences = {(one.path, one.at): one.confidence for one in claimed}
        for path, sites in package.sites.items():
            for at in sites.tokens.get(symbol.name, ()):
                # A parameter is a use of one thing only: of the pytest fixture of its name.
                fixture = at in sites.parameters and symbol.kind == "function"
                if at in sites.binds and not fixture:
                    continue
                confidence = confidences.get((path, at), 0.0)
                targets = _resolved(package, peer.get((path, at), ()))
                if not targets:
                    open_tokens += 1
                    continue
                call = at in sites.calls
                rows = [tallies["all"], tallies.setdefault(symbol.kind, Tally())]
                if call:
                    rows += [tallies["calls"], tallies.setdefault(f"{symbol.kind}, calls", Tally())]
                if me in targets and confidence >= CLAIMED:
                    for row in rows:
                        row.agreed += 1
                elif (me in targets) != (confidence >= CLAIMED):
                    place, name = f"{path}:{at.line}:{at.column}", "::".join(me)
                    other = ", ".join(sorted("::".join(one) or "outside" for one in targets))
                    side: Literal["missed", "extra"] = "missed" if me in targets else "extra"
                    one = Disagreement(
                        side, package.name, name, symbol.kind, place, call, confidence, other,
                        judged.get((name, place), ""),
                    )  # fmt: skip
                    for row in rows:
                        row.disagreed.append(one)
    return tallies, open_tokens


def _resolved(package: Package, targets: Iterable[tuple[str, At]]) -> set[tuple[str, str]]:
    """The definitions that places belong to; what is no definition's place (an import that the peer
    did not follow) says nothing."""
    found = set()
    for path, at in targets:
        if not path:
            found.add(("", ""))
        elif path in package.sites:
            name = package.sites[path].binds.get(at)
            if name is not None:
                found.add((path, name))
    return found


class _Marked(Protocol):
    @property
    def definitions(self) -> int: ...
    @property
    def marked(self) -> int: ...
    @property
    def missing(self) -> tuple[str, ...]: ...
    @property
    def wrong(self) -> tuple[str, ...]: ...
    @property
    def recall(self) -> float: ...
    @property
    def precision(self) -> float: ...


def fixtures() -> bool:
    """Print what the tests measure on the sources that are marked by hand."""
    tests = Path(__file__).resolve().parent.parent / "tests"
    spec = spec_from_file_location("marked", tests / "kit" / "accuracy.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(tests / "kit" / "accuracy.py")
    module = module_from_spec(spec)
    sys.modules["marked"] = module
    spec.loader.exec_module(module)
    measure = cast("Callable[[Path, Path], _Marked]", module.measure)
    rows: list[tuple[str, ...]] = [("", "definitions", "uses", "recall", "precision")]
    met = True
    for source in sorted((tests / "heaven" / "index" / "accuracy").iterdir()):
        with tempfile.TemporaryDirectory() as scratch:
            found = measure(source, Path(scratch))
        for one in found.missing:
            print(f"missed {one}")
        for one in found.wrong:
            print(f"extra {one}")
        met = met and found.recall >= RECALL_BAR and found.precision >= PRECISION_BAR
        counts = (f"{found.definitions}", f"{found.marked}")
        rows.append((source.name, *counts, _ratio(found.recall), _ratio(found.precision)))
    print(_table(rows))
    return met


def _judged(package: str) -> dict[tuple[str, str], str]:
    """Who is wrong, by symbol and place."""
    found = {}
    for line in _ADJUDICATIONS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["package"] == package:
            found[row["symbol"], row["at"]] = row["wrong"]
    return found


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _measure(requirement: str, count: int, seed: int, peer: str) -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        given = Path(requirement)
        local = given.is_dir()
        # A copy: jedi and the index must not see what lies around the tree, nor write to it.
        if local:
            source = given
        elif peer == "typescript":
            source = fetch_npm(requirement, Path(scratch))
        else:
            source = fetch(requirement, Path(scratch))
        root = Path(shutil.copytree(source, Path(scratch) / "tree")).resolve()
        name = source.name
        tallies, open_tokens = compare(root, name, count, seed, peer)
    for one in tallies["all"].disagreed:
        print(one)
    rows: list[tuple[str, ...]] = [_HEADINGS]
    order = sorted(tallies, key=lambda kind: (kind not in ("calls", "all"), kind))
    rows.extend((kind, *tallies[kind].cells()) for kind in order)
    print(
        f"\n{name}: {count} definitions, seed {seed}, against {peer}; "
        f"{open_tokens:,} tokens the peer left open"
    )
    print(_table(rows))
    print()
    recall, precision = tallies["calls"].figures(False)
    return recall >= RECALL_BAR and precision >= PRECISION_BAR


def main(arguments: Sequence[str] | None = None) -> int:
    """Print disagreements and tables; 1 if a bar is missed on callers, as it is before judging."""
    parser = argparse.ArgumentParser(prog="bench.accuracy", description=__doc__)
    parser.add_argument("packages", nargs="*", metavar="PACKAGE")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peer", choices=("jedi", "pyright"), default="jedi")
    parser.add_argument("--typescript", action="store_true", help="packages of npm with a src/")
    parser.add_argument("--fixtures", action="store_true", help="the sources marked by hand")
    given = parser.parse_args(arguments)
    if given.fixtures:
        return 0 if fixtures() else 1
    print(
        f"claimed: confidence >= {CLAIMED}; * after adjudication; bars on calls: recall >= "
        f"{RECALL_BAR}, precision >= {PRECISION_BAR}\n"
    )
    peer = "typescript" if given.typescript else given.peer
    packages = given.packages or (DEFAULT_TYPESCRIPT if given.typescript else DEFAULT)
    met = [_measure(one, given.count, given.seed, peer) for one in packages]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
