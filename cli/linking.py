"""`aac check --repo`: the names in compiled programs, looked up in a repository."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..runtime.angels import Angel, configured, open_angel
from ..runtime.errors import AngelUnavailable
from ..runtime.link import link
from .output import Report
from .repository import find_root, open_heaven

if TYPE_CHECKING:
    from ..aa.diagnostic import Diagnostic
    from ..aa.module import Module

NO_ANGEL = "AA0805"
"""Not reported: whoever checks a program need not be able to run it."""


def link_all(modules: Iterable[tuple[Path, Module]], repository: str, report: Report) -> None:
    """Report what would keep these programs from running in the repository.

    Raises:
        Problem: `repository` is no directory, or its Heaven is in use by another process.
    """
    root = find_root(repository)
    angel = _configured_angel(root)
    with open_heaven(root) as heaven:
        for path, module in modules:
            source = report.sources.get(str(path))
            linked = link(module, heaven, root, angel=angel, source=source.text if source else None)
            found = [d for d in linked.diagnostics if d.code != NO_ANGEL]
            report.add(sorted(found, key=_place), source)


def _place(found: Diagnostic) -> tuple[str, int, int]:
    return found.file, found.span.line, found.span.column


def _configured_angel(root: Path) -> Angel | None:
    specification = configured(None, root)
    if not specification:
        return None
    try:
        return open_angel(specification, root)
    except AngelUnavailable:
        return None
