"""Small Go modules to change by macro ops."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from genesis_ssmp.stdlib import MacroRefused
from kit.renames import Renamed, carry_out, refusal

GO_MOD = "module example.com/m\n\ngo 1.18\n"


def go_files(files: dict[str, str]) -> dict[str, str]:
    return {"go.mod": GO_MOD, **files}


def check(root: Path, macro: str, files: dict[str, tuple[str, str]], **args: str) -> Renamed:
    """Carry the op out, and compare every file with what it should be."""
    before = go_files({name: old for name, (old, _) in files.items() if old})
    done = carry_out(root, before, macro, **args)
    for name, (_, after) in files.items():
        assert done.files[name] == dedent(after).removeprefix("\n"), name
    return done


def refused(root: Path, macro: str, files: dict[str, str], **args: str) -> MacroRefused:
    return refusal(root, go_files(files), macro, **args)
