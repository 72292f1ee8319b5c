"""Whatever changes outside of us, and how: the next answer is about the files as they are."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from genesis_ssmp.heaven.index import watch
from genesis_ssmp.heaven.index.symbols import SymbolIndex
from kit.evidence import Evidence

CHANGES = 3_000 if os.environ.get("GENESIS_SOAK") else 1_000
NAMES = ("alpha", "beta", "gamma", "delta", "epsilon")
DIRECTORIES = ("", "p", "p/q", "r")


class Outside:
    """Someone who changes a small tree behind the index's back."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root = root
        self.chance = chance
        self.made: tuple[Callable[[], str], ...] = (
            self.write, self.write, self.append, self.delete, self.rename, self.rename_directory,
            self.same_size_and_time, self.link, self.mode, self.ignore, self.take_its_place,
        )  # fmt: skip

    def change(self) -> str:
        return self.chance.choice(self.made)()

    def text(self) -> str:
        one, two = self.chance.sample(NAMES, 2)
        module = self.chance.choice(("p.m0", "m1", "p.q.m2", "r.m3"))
        return self.chance.choice(
            (
                f"def {one}(): ...\n{one}()\n",
                f"from {module} import {one}\n\n\ndef {two}():\n    return {one}()\n",
                f"class {one}:\n    def {two}(self):\n        return self.{two}()\n",
                f"import {module}\n{one} = {module}.{two}\n",
                f"def {one}(:\n    {two}\n",
                "",
            )
        )

    def place(self) -> Path:
        where = self.root / self.chance.choice(DIRECTORIES)
        where.mkdir(parents=True, exist_ok=True)
        return where / f"m{self.chance.randrange(4)}.py"

    def files(self) -> list[Path]:
        return sorted(path for path in self.root.rglob("*.py") if not path.is_dir())

    def some(self) -> Path:
        files = self.files()
        return self.chance.choice(files) if files else self.place()

    def write(self) -> str:
        path = self.place()
        if path.is_symlink():
            path.unlink()
        path.write_text(self.text())
        return f"write {path}"

    def append(self) -> str:
        path = self.some()
        if not path.is_symlink():
            with path.open("a") as handle:
                handle.write(self.text())
        return f"append {path}"

    def delete(self) -> str:
        path = self.some()
        path.unlink(missing_ok=True)
        return f"delete {path}"

    def rename(self) -> str:
        source, target = self.some(), self.place()
        if source.exists() or source.is_symlink():
            source.rename(target)
        return f"rename {source} {target}"

    def rename_directory(self) -> str:
        source, target = self.root / "r", self.root / "p" / "s"
        if target.exists():
            source, target = target, source
        if source.exists():
            shutil.rmtree(target, ignore_errors=True)
            target.parent.mkdir(exist_ok=True)
            source.rename(target)
        return f"rename {source} {target}"

    def same_size_and_time(self) -> str:
        path = self.some()
        if path.is_file() and not path.is_symlink():
            before = path.stat()
            one, two = self.chance.sample([name for name in NAMES if len(name) == 5], 2)
            path.write_text(path.read_text().replace(one, two))
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return f"same size and time {path}"

    def take_its_place(self) -> str:
        path, new = self.some(), self.root / "new.tmp"
        if path.is_file() and not path.is_symlink():
            before = path.stat()
            new.write_text(path.read_text()[::-1].replace("\n", " ", 1))
            os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
            new.replace(path)
        return f"put another file of this size and time in the place of {path}"

    def link(self) -> str:
        path = self.some()
        target = self.chance.choice([*self.files(), self.root / "nowhere.py"])
        path.unlink(missing_ok=True)
        path.symlink_to(target)
        return f"link {path} to {target}"

    def mode(self) -> str:
        path = self.some()
        if path.is_file():
            path.chmod(self.chance.choice((0o644, 0o755, 0o600)))
        return f"mode of {path}"

    def ignore(self) -> str:
        lines = [
            name for name in ("m3.py", "/p/q/", "m*.py", "!m1.py") if self.chance.random() < 0.2
        ]
        where = self.root / self.chance.choice(DIRECTORIES)
        if where.is_dir():
            (where / ".gitignore").write_text("".join(f"{line}\n" for line in lines))
        return f"ignore {lines} in {where}"


def answer(index: SymbolIndex, question: int, name: str) -> object:
    match question:
        case 0:
            return index.find_symbols(name)
        case 1:
            return [(one, index.references(one)) for one in index.find_symbols(name)]
        case 2:
            return index.search(name)
        case 3:
            return index.ask(lambda: index.files_with(name))
        case _:
            return index.standing()


@pytest.mark.parametrize("git", [False, True], ids=["walk", "git"])
def test_no_answer_is_stale_after_any_change_from_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Evidence, git: bool
) -> None:
    # Files here tick every few milliseconds: so that most are old enough to be trusted again.
    monkeypatch.setattr(watch, "RACY_NS", 30_000_000)
    root = tmp_path / "tree"
    root.mkdir()
    if git:
        subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    chance = random.Random(20 + git)
    outside = Outside(root, chance)
    for _ in range(12):
        outside.write()
    index = SymbolIndex(root, tmp_path / "index.sqlite")
    done: list[str] = []
    asked = told = 0
    for _ in range(CHANGES // 5 if git else CHANGES * 4 // 5):
        done.append(outside.change())
        if chance.random() < 0.3:
            continue
        question, name = chance.randrange(5), chance.choice(NAMES)
        found = answer(index, question, name)
        fresh = SymbolIndex(root, None)
        assert found == answer(fresh, question, name), (question, name, done[-5:])
        fresh.close()
        asked += 1
        told += bool(found)
    index.close()
    assert told > asked // 3
    evidence.note("changes from outside", git=git, changes=len(done), asked=asked, told=told)
