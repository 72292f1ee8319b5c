from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = ["kit.repository", "kit.evidence", "kit.server", "kit.either"]
