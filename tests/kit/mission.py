"""Compile and run a program on a repository, as `aa run` does, inside the test's process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from genesis_ssmp.aa.encode import encode
from genesis_ssmp.aa.lowered import OutputMode
from genesis_ssmp.aa.source import Source
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.isa.compile import compile_source
from genesis_ssmp.runtime.angels import Angel
from genesis_ssmp.runtime.execute import Ended, Program, Refused, execute
from genesis_ssmp.runtime.outcome import Progress
from genesis_ssmp.stdlib import load


def program(
    text: str,
    name: str = "test.isa",
    params: Mapping[str, str] | None = None,
    *,
    output_mode: OutputMode = "medium",
) -> Program:
    """A compiled program; the test fails where it has errors."""
    source = Source(name, text)
    compiled = compile_source(source, params=params or {}, output_mode=output_mode, loader=load)
    assert compiled.module is not None, compiled.diagnostics
    return Program(name, compiled.module, encode(compiled.module), text)


@dataclass(slots=True)
class Mission:
    """A repository with an open Heaven, and what the last run told its watcher."""

    root: Path
    heaven: Heaven
    progress: list[Progress]

    def run(
        self,
        text: str,
        *,
        name: str = "test.isa",
        angel: Angel | None = None,
        output_mode: OutputMode = "medium",
    ) -> Ended | Refused:
        self.progress.clear()
        return execute(
            program(text, name, output_mode=output_mode),
            self.heaven,
            self.root,
            angel=angel,
            params={},
            check_timeout=60,
            observe=self.progress.append,
        )

    def ended(
        self,
        text: str,
        *,
        name: str = "test.isa",
        angel: Angel | None = None,
        output_mode: OutputMode = "medium",
    ) -> Ended:
        """As `run`; the test fails where the program was refused before it began."""
        result = self.run(text, name=name, angel=angel, output_mode=output_mode)
        assert isinstance(result, Ended), result.diagnostics
        return result
