"""`aac check --repo`: the names in compiled programs, looked up in a repository."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from .output import ENVIRONMENT, Problem, Report

if TYPE_CHECKING:
    from ..aa.module import Module


def link_all(modules: Iterable[tuple[Path, Module]], repository: str, report: Report) -> None:
    """Report unknown and ambiguous names.

    Raises:
        Problem: `repository` is no directory, or its Heaven is in use by another process.
    """
    from ..heaven import Heaven, HeavenInUse
    from ..runtime.link import link

    root = Path(repository)
    if not root.is_dir():
        raise Problem(f"{repository} is not a directory", ENVIRONMENT)
    try:
        heaven = Heaven.open(root)
    except HeavenInUse as busy:
        raise Problem(str(busy), ENVIRONMENT, "wait for it, or check without --repo") from None
    with heaven:
        for path, module in modules:
            report.add(link(module, heaven), report.sources.get(str(path)))
