"""INSERT_IMPORT: where an import goes, and when it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.renames import carry_out, refusal

HEAD = (
    '"""Doc."""\n\nfrom __future__ import annotations\n\n'
    "import os\nimport sys\n\nfrom .b import a\n\nx = 1\n"
)


@pytest.mark.parametrize(
    ("before", "spec", "after"),
    [
        ("", "os", "import os\n"),
        ("x = 1\n", "import os", "import os\n\nx = 1\n"),
        ("#!/bin/x\n# license\n\nx = 1\n", "os", "#!/bin/x\n# license\n\nimport os\n\nx = 1\n"),
        (HEAD, "re", HEAD.replace("import sys", "import re\nimport sys")),
        (HEAD, "import zlib as z", HEAD.replace("import sys\n", "import sys\nimport zlib as z\n")),
        (HEAD, "import click", HEAD.replace("import sys\n", "import sys\n\nimport click\n")),
        (HEAD, "from .b import c as d", HEAD.replace("b import a", "b import a, c as d")),
        (HEAD, "from __future__ import division",
         HEAD.replace("annotations", "annotations, division")),
        ("from a import (\r\n\tb,  # b\r\n)\r\n", "from a import c",
         "from a import (\r\n\tb,  # b\r\n\tc,\r\n)\r\n"),
        ("import a.b\n", "import a.c", "import a.b\nimport a.c\n"),
        ("import os", "sys", "import os\nimport sys"),
    ],
)  # fmt: skip
def test_an_import_goes_where_its_like_are(
    tmp_path: Path, before: str, spec: str, after: str
) -> None:
    (tmp_path / "m.py").write_bytes(before.encode())
    done = carry_out(tmp_path, {}, "INSERT_IMPORT", path="m.py", import_=spec)
    assert done.files["m.py"] == after


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("import os", "nothing"),
        ("from __future__ import annotations", "nothing"),
        ("from elsewhere import x", "collision"),
        ("import b as os", "collision"),
        ("from b import *", "unsupported"),
        ("print(1)", "syntax"),
        ("import os; import re", "syntax"),
    ],
)
def test_what_is_there_or_taken_or_no_import_is_refused(
    tmp_path: Path, spec: str, reason: str
) -> None:
    error = refusal(tmp_path, {"m.py": HEAD}, "INSERT_IMPORT", path="m.py", import_=spec)
    assert error.reason == reason
