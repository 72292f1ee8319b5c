"""Which repository a command works on, and its Heaven."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .output import ENVIRONMENT, Problem

if TYPE_CHECKING:
    from ..heaven import Heaven, HeavenInUse
    from ..heaven.client import HeavenClient
    from ..heaven.protocol import HeavenProtocol

_MARKS: Final = (
    ".heaven",
    ".git",
    "genesis.toml",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "package.json",
    "go.mod",
    "Cargo.toml",
)
"""A directory with one of these is a repository's root; the nearest one upwards is taken."""


def find_root(option: str | None) -> Path:
    """The directory given with --repo, else the nearest marked one from here up.

    Raises:
        Problem: there is none.
    """
    if option is not None:
        root = Path(option)
        if not root.is_dir():
            raise Problem(f"{option} is not a directory", ENVIRONMENT)
        return root.resolve()
    here = Path.cwd()
    for directory in (here, *here.parents):
        if any((directory / mark).exists() for mark in _MARKS):
            return directory
    raise Problem(
        f"{here} is not in a repository",
        ENVIRONMENT,
        "go into one, or name it with --repo DIR",
    )


@contextmanager
def open_heaven(root: Path, *, read_only: bool = False) -> Iterator[Heaven]:
    """The repository's Heaven, opened here; its errors turned into problems with exit codes."""
    from ..heaven import Heaven

    with explained(root), Heaven.open(root, read_only=read_only) as heaven:
        yield heaven


@contextmanager
def open_or_read(root: Path) -> Iterator[Heaven]:
    """The repository's Heaven, for what only reads it: to write, where nobody else does, since a
    writer keeps the index that it builds; else as a reader."""
    from ..heaven import Heaven, HeavenInUse

    with explained(root):
        try:
            opened = Heaven.open(root)
        except HeavenInUse:
            opened = Heaven.open(root, read_only=True)
        with opened as heaven:
            yield heaven


@contextmanager
def ask_heaven(root: Path, *, read_only: bool) -> Iterator[HeavenProtocol]:
    """The server of the repository where one runs, else its Heaven, opened here."""
    with heaven_or_server(root, read_only=read_only) as heaven:
        yield heaven


@contextmanager
def heaven_or_server(root: Path, *, read_only: bool = False) -> Iterator[Heaven | HeavenClient]:
    """As `ask_heaven`, for whoever must know which of the two it is."""
    from ..heaven import Heaven, HeavenInUse

    with explained(root):
        client = _client(root)
        if client is None:
            try:
                opened = Heaven.open(root, read_only=read_only)
            except HeavenInUse:
                # By a server that has begun to answer since we looked, perhaps.
                client = _client(root)
                if client is None:
                    raise
        if client is not None:
            with client:
                yield client
        else:
            with opened:
                yield opened


def _client(root: Path) -> HeavenClient | None:
    # A client takes as long to import as all of Heaven.
    from ..heaven.discovery import find_server

    if find_server(root) is None:
        return None
    from ..heaven.client import HeavenClient

    return HeavenClient.find(root)


@contextmanager
def explained(root: Path) -> Iterator[None]:
    """What goes wrong inside, turned into problems with exit codes."""
    from ..heaven import HeavenError, HeavenInUse, NoHeaven
    from ..runtime.errors import NoSuchRun, RunError

    try:
        yield
    except HeavenInUse as busy:
        raise _in_use(root, busy) from None
    except NoHeaven:
        raise Problem(
            f"nothing was run or stored in {root} yet",
            ENVIRONMENT,
            "`aa run PROGRAM` starts its log, and so does `aa prompt store FILE`",
        ) from None
    except HeavenError as error:
        raise Problem(str(error), ENVIRONMENT) from None
    except NoSuchRun as error:
        raise Problem(str(error)) from None
    except RunError as error:
        raise Problem(str(error), ENVIRONMENT) from None


def _in_use(root: Path, busy: HeavenInUse) -> Problem:
    from ..heaven.discovery import find_server

    server = find_server(root)
    if server is None:
        return Problem(str(busy), ENVIRONMENT, "wait for it to end, or stop it")
    return Problem(
        f"{root} is served at {server.url} by pid {server.pid}",
        ENVIRONMENT,
        f"stop the server first: kill {server.pid}",
    )
