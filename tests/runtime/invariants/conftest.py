from __future__ import annotations

from kit.breaches import broken

__all__ = ["broken"]
