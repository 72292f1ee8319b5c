"""ADD_FUNCTION_STUB: functions and methods that are yet to be written."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.renames import carry_out, refusal

CLASS = "class A:\n\tdef f(self):\n\t\tpass\n\nx = 1"


def test_at_the_end_behind_a_method_and_in_a_new_file(tmp_path: Path) -> None:
    args = {"path": "a.py", "signature": "async def g(x: int) -> str:"}
    end = carry_out(tmp_path, {"a.py": CLASS}, "ADD_FUNCTION_STUB", **args).files["a.py"]
    assert end == f"{CLASS}\n\n\nasync def g(x: int) -> str:\n\traise NotImplementedError"
    method = carry_out(
        tmp_path,
        {"a.py": CLASS},
        "ADD_FUNCTION_STUB",
        path="a.py",
        signature="g(self)",
        after="A.f",
    ).files["a.py"]
    assert "\t\tpass\n\n\tdef g(self):\n\t\traise NotImplementedError\n\nx = 1" in method
    new = carry_out(tmp_path, {}, "ADD_FUNCTION_STUB", path="b/c.pyi", signature="def g()")
    assert new.files["b/c.pyi"] == "def g():\n    ...\n"


@pytest.mark.parametrize(
    ("signature", "reason"),
    [("g(", "syntax"), ("class G", "syntax"), ("def g(): pass\ndef h()", "arguments"),
     ("def g(): return 1 or lambda", "syntax"), ("def A()", "collision")],
)  # fmt: skip
def test_what_is_no_header_or_taken_is_refused(tmp_path: Path, signature: str, reason: str) -> None:
    args = {"path": "a.py", "signature": signature}
    assert refusal(tmp_path, {"a.py": CLASS}, "ADD_FUNCTION_STUB", **args).reason == reason
