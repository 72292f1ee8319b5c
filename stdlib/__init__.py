"""What programs call: macro ops, and the `std.*` modules written in ISA."""

from __future__ import annotations

from .macros import MACROS, Expander
from .modules import load, names
from .refused import Expansion, MacroRefused, Site

__all__ = ["MACROS", "Expander", "Expansion", "MacroRefused", "Site", "load", "names"]
