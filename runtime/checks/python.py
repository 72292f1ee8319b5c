"""Which Python interpreter checks the project, and which tools it has."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..caller import caller

_PROBE = "import importlib.util as u, sys; sys.exit(u.find_spec(sys.argv[1]) is None)"
_PROBE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Interpreter:
    """`path` starts it; `why` says what chose it."""

    path: str
    why: str

    def has(self, module: str) -> bool:
        """Whether this interpreter can import `module`; one that does not start cannot."""
        if self.path == sys.executable:
            return importlib.util.find_spec(module) is not None
        try:
            # From "/" so that a directory of the project named like the module is not taken for it.
            probe = subprocess.run(
                [self.path, "-c", _PROBE, module],
                cwd="/",
                env=dict(caller().environ),
                capture_output=True,
                timeout=_PROBE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return probe.returncode == 0

    def tool(self, name: str) -> tuple[str, ...] | None:
        """How to start `name`: as a module of this interpreter, beside it, or from PATH."""
        if self.has(name):
            return (self.path, "-m", name)
        beside = Path(self.path).parent / name
        if beside.is_file() and os.access(beside, os.X_OK):
            return (str(beside),)
        on_path = shutil.which(name, path=caller().environ.get("PATH"))
        return (on_path,) if on_path else None


def find_interpreter(root: Path) -> Interpreter:
    """$GENESIS_PYTHON, else the project's own environment, $VIRTUAL_ENV, or our own Python."""
    asker = caller()
    named = asker.environ.get("GENESIS_PYTHON")
    if named:
        return Interpreter(named, "GENESIS_PYTHON")
    candidates = [(root / name, f"{name}/ of the project") for name in (".venv", "venv")]
    active = asker.environ.get("VIRTUAL_ENV")
    if active:
        candidates.append((Path(active), "VIRTUAL_ENV"))
    for directory, why in candidates:
        for name in ("bin/python", "Scripts/python.exe"):
            if (directory / name).exists():
                return Interpreter(str(directory / name), why)
    return Interpreter(asker.python, "the interpreter that runs this program")
