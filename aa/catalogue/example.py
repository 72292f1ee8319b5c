"""An example of the catalogue as what it takes to compile it.

# aac build --output-mode hard --param name=value     the command, on the first line if it matters
...                                                    the program
# file: ./greet.isa                                    begins another file, which USE finds
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from ..node import dataclass

_COMMAND: Final = "# aac build "
_FILE: Final = "# file: "


@dataclass(frozen=True, slots=True)
class Example:
    """`modules` maps a module's name to its text; `output_mode` is "" where none is given."""

    program: str
    modules: dict[str, str]
    output_mode: str
    params: dict[str, str]


def read_example(text: str) -> Example:
    """Take an example's text apart."""
    program: list[str] = []
    modules: dict[str, list[str]] = {}
    part = program
    for line in text.splitlines(keepends=True):
        if line.startswith(_FILE):
            part = modules.setdefault(line.removeprefix(_FILE).strip(), [])
        part.append(line)
    output_mode, params = "", {}
    words = program[0].split() if program and program[0].startswith(_COMMAND) else []
    for option, value in pairwise(words):
        if option == "--output-mode":
            output_mode = value
        elif option == "--param":
            name, _, setting = value.partition("=")
            params[name] = setting
    texts = {name: "".join(lines) for name, lines in modules.items()}
    return Example("".join(program), texts, output_mode, params)
