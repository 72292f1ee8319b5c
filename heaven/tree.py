"""What the repository's working tree holds: which files count, and what is in them."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from .canonical import decode_object, encode
from .errors import NotCanonical, TreeUnreadable
from .paths import is_private
from .records import Json

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# Tools' own droppings, left out even where no .gitignore says so (unless git tracks them).
IGNORED_NAMES = frozenset(
    {
        ".venv",
        "venv",
        "node_modules",
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".tox",
        ".nox",
        ".coverage",
        ".DS_Store",
    }
)
IGNORED_ENDINGS = (".pyc", ".egg-info")
_GIT_SECONDS = 60.0


# A file: path; mode; SHA-256 of its bytes, or of a symbolic link's target.
Entry: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The tree at one moment: entries (path, mode, digest) sorted by path.

    `mode` is git's: 100644, 100755 or 120000, a symbolic link.
    """

    entries: tuple[Entry, ...]

    @property
    def tree_hash(self) -> str:
        """SHA-256 over one canonical JSON line `[path,mode,digest]` for each entry."""
        hasher = sha256()
        for entry in self.entries:
            hasher.update(encode([*entry]) + b"\n")
        return hasher.hexdigest()

    def to_json(self) -> bytes:
        """Canonical JSON, fit for a blob."""
        files: list[Json] = [[*entry] for entry in self.entries]
        return encode({"files": files})

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """The manifest that `to_json` wrote. Raises NotCanonical on anything else."""
        files = decode_object(data).get("files")
        entries: list[Entry] = []
        for row in files if isinstance(files, list) else [None]:
            match row:
                case [str(path), "100644" | "100755" | "120000" as mode, str(digest)]:
                    entries.append((path, mode, digest))
                case _:
                    raise NotCanonical("not a manifest of a tree")
        return cls(tuple(entries))

    def changed(self, after: Manifest) -> tuple[str, ...]:
        """The paths whose content, mode or existence differs in `after`, sorted."""
        mine = {entry[0]: entry for entry in self.entries}
        theirs = {entry[0]: entry for entry in after.entries}
        return tuple(sorted(p for p in mine.keys() | theirs.keys() if mine.get(p) != theirs.get(p)))


def list_files(root: Path) -> tuple[str, ...]:
    """The files and symbolic links under `root` that are not ignored: POSIX paths, sorted.

    Where `root` is a git work tree: what git tracks, and what it would add. Elsewhere a walk that
    honours .gitignore files. Never `.git` or `.heaven`, never through a symbolic link; names that
    are not UTF-8 are left out. Raises TreeUnreadable.
    """
    found = _ask_git(root) if (root / ".git").exists() else None
    return tuple(sorted(_walk(root) if found is None else found))


def is_listed(root: Path, path: str) -> bool:
    """Whether `list_files` names the normalised `path`: an ignored file (`.env`) is not shown.

    Raises TreeUnreadable.
    """
    found = _ask_git(root, path) if (root / ".git").exists() else None
    return path in (_walk(root) if found is None else found)


def ignored(root: Path) -> tuple[str, ...] | None:
    """What git ignores, and tools' droppings that it does not: a directory is one entry that ends
    in "/". None outside of a git work tree, where only a second walk could tell."""
    if not (root / ".git").exists():
        return None
    ignoring = _run_git(root, ["-oi", "--directory", "--exclude-standard"])
    others = _run_git(root, ["-o", "--directory", "--exclude-standard"])
    if ignoring is None or others is None:
        return None
    found = {raw.decode(errors="replace") for raw in ignoring.split(b"\0") if raw}
    found.update(
        path
        for path in (raw.decode(errors="replace") for raw in others.split(b"\0"))
        if path and _is_dropping(path.rstrip("/").rpartition("/")[2])
    )
    return tuple(sorted(path for path in found if not is_private(path.partition("/")[0])))


def snapshot(root: Path) -> Manifest:
    """Hash every file that `list_files` names, each read once. Raises TreeUnreadable."""
    entries: list[Entry] = []
    for path in list_files(root):
        where = root / path
        try:
            mode = where.lstat().st_mode
            if stat.S_ISLNK(mode):
                # Path.readlink would tidy the target up.
                target = os.fsencode(os.readlink(where))  # noqa: PTH115
                entries.append((path, "120000", sha256(target).hexdigest()))
            elif stat.S_ISREG(mode):
                digest = sha256(where.read_bytes()).hexdigest()
                entries.append((path, "100755" if mode & 0o100 else "100644", digest))
        except (FileNotFoundError, NotADirectoryError):
            continue  # removed since it was listed
        except OSError as error:
            raise TreeUnreadable(path, error.strerror or str(error)) from error
    return Manifest(tuple(entries))


def _ask_git(root: Path, path: str | None = None) -> list[str] | None:
    """Git's answer, about one path if given; None where git is not there, or will not speak about
    this directory."""
    which = [] if path is None else ["--", f":(literal){path}"]
    answer = _run_git(root, ["-cot", "--exclude-standard", *which])
    if answer is None:
        return None
    paths: set[str] = set()
    for record in answer.split(b"\0"):
        tag, _, raw = record.partition(b" ")
        try:
            path = raw.decode()
        except UnicodeDecodeError:
            continue
        if not path or any(is_private(part) for part in path.split("/")):
            continue
        if tag == b"?" and any(_is_dropping(part) for part in path.split("/")):
            continue
        try:
            mode = (root / path).lstat().st_mode
        except OSError:
            continue  # tracked, but deleted
        if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            paths.add(path)
    return list(paths)


def _run_git(root: Path, options: list[str]) -> bytes | None:
    """What `git ls-files` says, each path ended by a zero byte."""
    # No file-system monitor: the repository's own configuration could make git run a program.
    command = ["git", "-c", "core.fsmonitor=false", "ls-files", "-z", *options]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        answer = subprocess.run(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout


def _is_dropping(name: str) -> bool:
    return name in IGNORED_NAMES or name.endswith(IGNORED_ENDINGS)


def _walk(root: Path) -> Iterator[str]:
    # Each directory comes with the ignore files above it, outermost first.
    pending: list[tuple[str, tuple[tuple[int, GitIgnoreSpec], ...]]] = [("", ())]
    base = os.fspath(root)
    while pending:
        directory, specs = pending.pop()
        try:
            with os.scandir(f"{base}/{directory}") as listing:
                children = list(listing)
        except OSError as error:
            if directory and isinstance(error, FileNotFoundError):
                continue  # removed since it was listed
            raise TreeUnreadable(directory or ".", error.strerror or str(error)) from error
        # A link or a pipe of that name could lead anywhere, or never end.
        for child in children:
            if child.name == ".gitignore" and child.is_file(follow_symlinks=False):
                specs = (*specs, (len(directory), _read_ignores(root, f"{directory}.gitignore")))
        for child in children:
            name = child.name
            path = directory + name
            if _is_dropping(name) or is_private(name) or not _is_utf8(path):
                continue
            if child.is_dir(follow_symlinks=False):
                if not specs or not _is_ignored(path + "/", specs):
                    pending.append((path + "/", specs))
                continue
            wanted = child.is_file(follow_symlinks=False) or child.is_symlink()
            if wanted and not (specs and _is_ignored(path, specs)):
                yield path


def _read_ignores(root: Path, path: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    try:
        text = (root / path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise TreeUnreadable(path, error.strerror or str(error)) from error
    lines = text.splitlines()
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        # git passes over a line that is no pattern (`!` alone), and so the others hold.
        return GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _is_ignored(path: str, specs: tuple[tuple[int, GitIgnoreSpec], ...]) -> bool:
    """The innermost file that has an opinion decides."""
    for start, spec in reversed(specs):
        verdict = spec.check_file(path[start:]).include
        if verdict is not None:
            return verdict
    return False


def _is_utf8(path: str) -> bool:
    if path.isascii():
        return True
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
