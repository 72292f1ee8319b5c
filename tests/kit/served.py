"""`aa serve` and other commands as processes, and a test runner that waits to be told to go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

AA = str(Path(sys.executable).parent / "aa")


@dataclass(frozen=True, slots=True)
class Served:
    process: subprocess.Popen[str]
    announced: dict[str, object]

    @property
    def url(self) -> str:
        return str(self.announced["url"])

    @property
    def token(self) -> str:
        return Path(str(self.announced["token_file"])).read_text().strip()


@contextmanager
def served(root: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """`aa serve` on a free port, killed at the end if it still runs."""
    process = subprocess.Popen(
        [AA, "serve", "--repo", str(root), "--port", "0", "--json", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )
    try:
        assert process.stdout is not None
        text = ""
        while not text.rstrip().endswith("\n}"):
            line = process.stdout.readline()
            assert line, process.communicate()
            text += line
        yield Served(process, json.loads(text))
    finally:
        process.kill()
        process.communicate()


def aa(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A command to its end."""
    return subprocess.run(
        [AA, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **(env or {})},
    )


@contextmanager
def started(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A command that goes on; killed at the end if it still does."""
    process = subprocess.Popen(
        [AA, *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


class Gate:
    """A stand-in for the project's Python whose `-m pytest` says that it began, and waits.

    `environment` is what `aa run` must have in its environment to take it.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self._began, self._go = directory / "began", directory / "go"
        os.mkfifo(self._began)
        os.mkfifo(self._go)
        python = directory / "python"
        python.write_text(
            "#!/bin/sh\n"
            'test "$1" = -c && exit 0\n'
            'env > "$GATE/environment"\n'
            'echo "$$" > "$GATE/began"\n'
            'read code < "$GATE/go"\n'
            'echo "1 passed in 0.01s"\n'
            'exit "$code"\n'
        )
        python.chmod(0o755)
        self.environment = {"GENESIS_PYTHON": str(python), "GATE": str(directory)}
        self._seen = directory / "environment"

    def began(self) -> int:
        """The pid of a check that waits now; returns when one does."""
        return int(self._began.read_text())

    def open(self, code: int = 0) -> None:
        """Let the check that waits end with `code`."""
        self._go.write_text(f"{code}\n")

    def seen(self) -> str:
        """The environment of the last check."""
        return self._seen.read_text()
