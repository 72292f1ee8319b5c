"""What a check's process gets to see, and the hash that says in which environment it ran."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from ..caller import caller

_SECRET = re.compile(
    r"(^|_)(API_?KEY|APIKEY|TOKEN|SECRET|SECRETS|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|CREDENTIALS"
    r"|PRIVATE_KEY|ACCESS_KEY|SECRET_KEY|AUTH)(_ID|_FILE|_PATH)?$"
)

_LOCK_FILES = (
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "pylock.toml",
    "Pipfile.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
    "go.mod",
    "go.sum",
    "go.work.sum",
    "Cargo.lock",
    "Gemfile.lock",
)
_TOOL_VERSIONS = (
    ".python-version",
    "runtime.txt",
    ".tool-versions",
    "mise.toml",
    ".mise.toml",
    ".nvmrc",
    ".node-version",
    ".go-version",
    "rust-toolchain",
    "rust-toolchain.toml",
)


def child_environment(root: Path, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a check: `given`, else the caller's, without secrets; no bytecode.

    A `src/` layout gets `src` at the head of PYTHONPATH: an installed older copy of the package
    must not be what is tested instead of the tree.
    """
    source = caller().environ if given is None else given
    kept = {name: value for name, value in source.items() if not is_secret(name)}
    kept["PYTHONDONTWRITEBYTECODE"] = "1"
    # Without it a child's stdout and stderr arrive in another order than they were written.
    kept["PYTHONUNBUFFERED"] = "1"
    if (root / "package.json").is_file():
        kept.setdefault("CI", "true")  # keeps test runners from watching for changes
    if any((root / "src").glob("*/__init__.py")) or any((root / "src").glob("*.py")):
        inherited = kept.get("PYTHONPATH")
        source_directory = str(root / "src")
        kept["PYTHONPATH"] = (
            os.pathsep.join((source_directory, inherited)) if inherited else source_directory
        )
    return kept


def is_secret(name: str) -> bool:
    """Whether an environment variable of this name is likely to hold a secret."""
    return _SECRET.search(name.upper()) is not None


def env_hash(root: Path) -> str:
    """SHA-256 hex over the lock and tool-version files directly in `root`, sorted by name.

    Each contributes its name and its content's SHA-256; a project with none hashes nothing.
    """
    names = {name for name in (*_LOCK_FILES, *_TOOL_VERSIONS) if (root / name).is_file()}
    names |= {path.name for path in root.glob("requirements*.txt") if path.is_file()}
    digest = hashlib.sha256()
    for name in sorted(names):
        content = hashlib.sha256((root / name).read_bytes()).hexdigest()
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()
