"""WRAP_CALL and what it shares with REPLACE_CALL: callees and their imports."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.renames import carry_out, refusal

FILES = {
    "p/__init__.py": "",
    "p/n.py": "def f(x): return x\n",
    "p/m.py": "from .n import f as g\n\ndef k(a):\n    return g(g(a))\n\nmap(g, [])\n",
    "p/w.py": "from . import n\n\ndef wrap(v):\n    return n.f(v)\n\n"
    "def done():\n    return wrap(n.f(1))\n",
}


def test_every_call_is_wrapped_once_and_the_wrapper_imported(tmp_path: Path) -> None:
    done = carry_out(tmp_path, FILES, "WRAP_CALL", func="f", wrapper="wrap")
    assert done.files["p/m.py"].startswith("from .n import f as g\nfrom .w import wrap\n")
    assert "return wrap(g(wrap(g(a))))" in done.files["p/m.py"]
    assert done.files["p/w.py"] == FILES["p/w.py"]
    assert done.unsure == [("p/m.py", 6), ("p/w.py", 4)]


def test_a_builtin_needs_no_import_and_the_standard_library_one(tmp_path: Path) -> None:
    done = carry_out(tmp_path, FILES, "WRAP_CALL", func="f", wrapper="copy.copy")
    assert "import copy\n" in done.files["p/m.py"] and "copy.copy(n.f(1))" in done.files["p/w.py"]
    assert (
        "str(n.f(1))"
        in carry_out(tmp_path, FILES, "WRAP_CALL", func="f", wrapper="str").files["p/w.py"]
    )


@pytest.mark.parametrize(
    ("files", "wrapper", "reason"),
    [
        (FILES, "nothing_such", "unknown"),
        ({"a.py": "def f(): pass\n"}, "str", "nothing"),
        ({"a.py": "def f(): pass\ndef g(str):\n    f()\n"}, "str", "collision"),
        ({"a.py": "async def f(): pass\nasync def g():\n    await f()\n"}, "str", "nothing"),
        ({"a.py": "import b\ndef f(): pass\n", "b.py": "import a\na.f()\n",
          "c.py": "import b\ndef w(x): pass\n"}, "w", "unsupported"),
    ],
)  # fmt: skip
def test_what_cannot_be_wrapped_is_refused(
    tmp_path: Path, files: dict[str, str], wrapper: str, reason: str
) -> None:
    assert refusal(tmp_path, files, "WRAP_CALL", func="f", wrapper=wrapper).reason == reason
