"""What the running Python's standard library says of its classes.

Only modules that do nothing on import are imported, and none but the standard library's own.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from typing import Final

UNSAFE_TO_IMPORT: Final = frozenset(
    {"antigravity", "this", "idlelib", "turtle", "tkinter", "turtledemo"}
)


def outside_class(dotted: str) -> type | None:
    """The class of the standard library with this full name; None where there is none."""
    module, _, name = dotted.rpartition(".")
    if module == "builtins":
        found: object = getattr(builtins, name, None)
    else:
        top = module.split(".")[0]
        if top not in sys.stdlib_module_names or top in UNSAFE_TO_IMPORT:
            return None
        try:
            found = getattr(importlib.import_module(module), name, None)
        except ImportError:
            return None
    return found if isinstance(found, type) else None


def outside_has(dotted: str, name: str) -> bool | None:
    """Whether a class of the standard library has the attribute; None where that is not known."""
    found = outside_class(dotted)
    if found is not None:
        return hasattr(found, name)
    # typing's special forms (NamedTuple, Protocol) are no classes and give a subclass no methods.
    return False if dotted.startswith(("typing.", "typing_extensions.")) else None
