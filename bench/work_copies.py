"""A package's suite, run in a copy of the package that is put back between two trials."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

_LEFT_OUT: Final = (".git", ".heaven", "__pycache__", ".pytest_cache")
_TIMEOUT_S: Final = 300


class WorkCopy:
    """A copy of `package` below the directory `scratch`; nothing is written to `package`."""

    def __init__(self, package: Path, scratch: Path, python: str) -> None:
        self._package = package
        self._python = python
        self._bytecode = scratch / "bytecode"
        ignore = shutil.ignore_patterns(*_LEFT_OUT, "*.pyc")
        self.root = Path(shutil.copytree(package, scratch / "package", ignore=ignore))

    def put_back(self) -> None:
        """Make the copy equal to the package, with no trace of a Heaven. Files are compared by
        their size and time."""
        shutil.rmtree(self.root / ".heaven", ignore_errors=True)
        wanted, there = _stamps(self._package), _stamps(self.root)
        for name in sorted({*wanted, *there}):
            if wanted.get(name) == there.get(name):
                continue
            if name in wanted:
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self._package / name, self.root / name)
            else:
                (self.root / name).unlink()
            self._forget(name)

    def suite(self) -> tuple[bool, str]:
        """Whether the suite passes, and the line that says what failed first. Modules that did not
        change are not compiled again."""
        return run_suite(self.root, self._python, self._bytecode)

    def _forget(self, name: str) -> None:
        # Bytecode knows its source by its time in whole seconds and its size.
        place = self._bytecode.joinpath(*(self.root / name).parent.parts[1:])
        for one in place.glob(f"{Path(name).stem}.*pyc"):
            one.unlink()


def run_suite(root: Path, python: str, bytecode: Path | None = None) -> tuple[bool, str]:
    """Whether the suite of the package at `root` passes, and the line that says what failed first.
    Bytecode is kept at `bytecode`, if that is given."""
    source = root / "src" if (root / "src").is_dir() else root
    environment = {**os.environ, "PYTHONPATH": str(source)}
    if bytecode is None:
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    else:
        environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    try:
        done = subprocess.run(
            [python, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False, f"not done in {_TIMEOUT_S} s"
    lines = (done.stdout + done.stderr).splitlines()
    first = next((line for line in lines if line.startswith(("E  ", "ERROR", "FAILED"))), "")
    return done.returncode == 0, first.strip()


def _stamps(root: Path) -> dict[str, tuple[int, int]]:
    """Size and time of the files below `root`."""
    found: dict[str, tuple[int, int]] = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [one for one in folders if one not in _LEFT_OUT]
        for name in names:
            if not name.endswith(".pyc"):
                stat = (Path(folder) / name).stat()
                where = str((Path(folder) / name).relative_to(root))
                found[where] = stat.st_size, stat.st_mtime_ns
    return found
