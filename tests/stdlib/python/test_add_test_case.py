"""ADD_TEST_CASE: rows of parametrized tests, and functions beside other tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.renames import carry_out, refusal

ROWS = (
    "import pytest\n\n@pytest.mark.parametrize(\n    'a',\n"
    "    [\n        1,\n        2\n    ],\n)\ndef test_a(a): pass\n"
)
PLAIN = (
    "class TestA:\n\tasync def test_a(self, tmp_path) -> None:\n\t\tpass\n\ndef test_b(): pass\n"
)


def test_a_parametrized_test_gets_a_row(tmp_path: Path) -> None:
    done = carry_out(
        tmp_path, {"test_a.py": ROWS}, "ADD_TEST_CASE", test="test_a", case="x", body="3"
    )
    assert '        2,\n        pytest.param(3, id="x")\n    ],' in done.files["test_a.py"]


def test_any_other_test_gets_a_sibling_with_its_parameters(tmp_path: Path) -> None:
    done = carry_out(
        tmp_path, {"test_a.py": PLAIN}, "ADD_TEST_CASE", test="test_a", case="x",
        body="if tmp_path:\n    assert self\n",
    )  # fmt: skip
    assert (
        "\n\n\tasync def test_a_x(self, tmp_path) -> None:\n\t\tif tmp_path:\n\t\t    assert self\n"
        in done.files["test_a.py"]
    )


@pytest.mark.parametrize(
    ("source", "case", "body", "reason"),
    [
        (PLAIN.replace("test_b", "test_a_x"), "y", "", "arguments"),
        (PLAIN, "x", "def (", "syntax"),
        ("def test_a(): pass\ndef test_a_x(): pass\n", "x", "pass", "collision"),
        (ROWS, "x", "3, id='y'", "syntax"),
        (ROWS.replace("2\n", "pytest.param(2, id='x')\n"), "x", "3", "collision"),
        (ROWS.replace("[\n", "list(").replace("2\n    ]", ")"), "x", "3", "unsupported"),
        ("def helper(): pass\ndef test_a(): pass\ndef test_a(): pass\n", "1x", "pass", "name"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    tmp_path: Path, source: str, case: str, body: str, reason: str
) -> None:
    args = {"test": "test_a", "case": case, "body": body}
    assert refusal(tmp_path, {"test_a.py": source}, "ADD_TEST_CASE", **args).reason == reason
