from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = ["kit.commands", "kit.repository", "kit.evidence", "kit.server", "kit.either"]

# A CI run says whether a change is sound, and must say the same twice; new examples are looked for
# wherever people run the tests, and by `make soak`.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
