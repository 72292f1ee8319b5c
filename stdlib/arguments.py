"""Arguments of a macro op, as the compiler, an angel or the command line gives them: all texts."""

from __future__ import annotations

from collections.abc import Mapping

from .refused import MacroRefused


def needed(args: Mapping[str, str], macro: str, name: str) -> str:
    """The argument without blanks around it. Raises MacroRefused where there is none."""
    value = args.get(name, "").strip()
    if not value:
        raise MacroRefused("arguments", f"{macro} needs {name}")
    return value


def number(args: Mapping[str, str], macro: str, name: str, low: int) -> int | None:
    """A decimal number from `low` up; None where it is not given. Raises MacroRefused."""
    value = args.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal()) or int(value) < low:
        raise MacroRefused("arguments", f"{macro}: {name} is a number from {low}, not {value!r}")
    return int(value)


def line(value: str, macro: str, name: str) -> str:
    """A text that must be one line. Raises MacroRefused."""
    if "\n" in value or "\r" in value:
        raise MacroRefused("arguments", f"{macro}: {name} must be one line")
    return value.strip()
