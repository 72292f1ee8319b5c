"""`@no-new-dependency`, in every manifest that is read."""

from __future__ import annotations

import pytest
from kit.breaches import Broken

NAME = "@no-new-dependency"
PYPROJECT = '[project]\nname = "x"\ndependencies = ["click>=8"]\n\n[dependency-groups]\ndev = []\n'
PACKAGE = '{"dependencies": {"left-pad": "1"}, "devDependencies": {}}\n'
GO = "module x.y/z\n\ngo 1.22\n\nrequire (\n\tgithub.com/a/b v1.0.0\n)\n"
NEW = [
    ("pyproject.toml", PYPROJECT, '"click>=8"', '"click>=8", "rich"', "3: rich is a new"),
    ("pyproject.toml", PYPROJECT, "dev = []", 'dev = ["PyYAML>5"]', "6: pyyaml is a new"),
    ("requirements.txt", "click\n", "click\n", "click\nrich==1  # why\n", "2: rich"),
    ("dev-requirements.txt", "click\n", "click\n", "git+https://h/x#egg=rich\n", "rich"),
    ("setup.cfg", "[options]\ninstall_requires =\n  a\n", "  a\n", "  a\n  b>1\n", "b is a new"),
    ("setup.py", "setup(install_requires=['a'])\n", "['a']", "['a', 'b']", "1: b is a new"),
    ("web/package.json", PACKAGE, "{}", '{"vite": "5"}', "vite is a new"),
    ("go.mod", GO, "v1.0.0\n", "v1.0.0\n\tgithub.com/c/d v2.0.0\n", "7: github.com/c/d is a new"),
    ("Cargo.toml", "[dependencies]\na = '1'\n", "a = '1'\n", "a = '1'\nb = '2'\n", "b is a new"),
    ("pyproject.toml", PYPROJECT, "[project]", "[project", "cannot be read any more"),
]
SAME = [
    ("pyproject.toml", PYPROJECT, "click>=8", "Click[extra]>=9"),
    ("requirements.txt", "click\n", "click\n", "click==8 ; python_version > '3'\n# rich\n-r x\n"),
    ("web/package.json", PACKAGE, '"1"', '"2"'),
    ("go.mod", GO, "v1.0.0", "v1.1.0"),
    ("notes.txt", "x\n", "x", "rich"),
]


@pytest.mark.parametrize(("path", "text", "old", "new", "told"), NEW)
def test_a_new_dependency_is_told_with_its_line(
    broken: Broken, path: str, text: str, old: str, new: str, told: str
) -> None:
    assert old in text
    said = broken(NAME, {path: text}, {path: text.replace(old, new, 1)})
    assert said is not None and told in said, said


@pytest.mark.parametrize(("path", "text", "old", "new"), SAME)
def test_another_version_is_no_new_dependency(
    broken: Broken, path: str, text: str, old: str, new: str
) -> None:
    assert old in text
    assert broken(NAME, {path: text}, {path: text.replace(old, new, 1)}) is None


def test_a_dependency_may_move_from_one_manifest_to_another(broken: Broken) -> None:
    after = {"requirements.txt": "", "pyproject.toml": '[project]\ndependencies = ["click"]\n'}
    assert broken(NAME, {"requirements.txt": "click\n"}, after) is None
