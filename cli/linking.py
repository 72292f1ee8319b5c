"""`aac check --repo`: the names in compiled programs, looked up in a repository."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from .output import Report

if TYPE_CHECKING:
    from ..aa.module import Module


def link_all(modules: Iterable[tuple[Path, Module]], repository: str, report: Report) -> None:
    """Report unknown and ambiguous names.

    Raises:
        Problem: `repository` is no directory, or its Heaven is in use by another process.
    """
    from ..runtime.link import link
    from .repository import find_root, open_heaven

    root = find_root(repository)
    with open_heaven(root) as heaven:
        for path, module in modules:
            source = report.sources.get(str(path))
            text = None if source is None else source.text
            linked = link(module, heaven, root, source=text, environment=False)
            report.add(linked.diagnostics, source)
