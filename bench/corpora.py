"""Real source trees from the registries, fetched once into a cache outside of the repository.

The cache is $GENESIS_CORPORA, or genesis-corpora in the user's cache directory.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 300.0


class CorpusMissing(Exception):
    """A tree cannot be had here: no network, or no such client. Nobody's fault; its rows say so."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """`fetch` is a command that puts one archive into the current directory."""

    name: str
    fetch: tuple[str, ...]


DJANGO = Corpus(
    "Django 5.1",
    (
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
        "--no-build-isolation", "Django==5.1",
    ),
)  # fmt: skip
GO_TOOLS = Corpus("Go x/tools", ("apt-get", "download", "golang-golang-x-tools-dev"))
RXJS = Corpus("RxJS 7.8", ("npm", "pack", "--silent", "rxjs@7.8.2"))


def tree(corpus: Corpus) -> Path:
    """The directory that holds the corpus's files, fetched if it is not there. Raises
    CorpusMissing."""
    base = os.environ.get("GENESIS_CORPORA") or Path(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "genesis-corpora"
    )
    place = Path(base) / corpus.name.replace(" ", "-").replace("/", "-").lower()
    if not place.exists():
        fetching = place.with_suffix(".new")
        shutil.rmtree(fetching, ignore_errors=True)
        (fetching / "archive").mkdir(parents=True)
        (fetching / "tree").mkdir()
        _run(corpus.fetch, fetching / "archive")
        archives = sorted((fetching / "archive").iterdir())
        if len(archives) != 1:
            raise CorpusMissing(f"{corpus.fetch[0]} gave {len(archives)} files")
        _unpack(archives[0], fetching / "tree")
        shutil.rmtree(fetching / "archive")
        fetching.rename(place)
    return place / "tree"


def _unpack(archive: Path, target: Path) -> None:
    if archive.suffix == ".deb":
        _run(("dpkg-deb", "-x", str(archive), str(target)), target)
        return
    try:
        with tarfile.open(archive) as opened:
            opened.extractall(target, filter="data")
    except tarfile.TarError as error:
        raise CorpusMissing(f"{archive.name}: {error}") from error


def _run(command: Sequence[str], where: Path) -> None:
    try:
        subprocess.run(command, cwd=where, check=True, capture_output=True, timeout=_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise CorpusMissing(f"{Path(command[0]).name} failed: {type(error).__name__}") from error
