"""`make demo`: the main job on somebody else's code.

Fetches a released package with its own test suite and renames a function across its modules and
tests with `examples/rename.isa`. Then breaks it on purpose, with a rename that makes a test fail,
to show the retry and the rollback. Everything happens in `.demo/`; every command is printed
before it runs, and every exit code and every claim is checked: the demo fails loudly where one does
not hold.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

ROOT: Final = Path(__file__).resolve().parent.parent
DEMO: Final = ROOT / ".demo"
PACKAGE: Final = "click"
VERSION: Final = "8.1.7"
SDIST_SHA256: Final = "ca9853ad459e787e2192211578cc907e7594e294c7ccc834310722b41b9ca6de"
SUITE: Final = ("pytest==8.3.5",)
"""What the package's tests need, at a version of its time."""
LEAST_TESTS: Final = 300
GOOD: Final = ("pass_context", "with_context")
BAD: Final = ("Context.forward", "hand_over")
"""Two renames, (old, new). Tests call the second on a parameter without a type: nothing in the text
proves that it is a Context, so the rename leaves those calls alone, and the tests fail."""
TREE: Final = DEMO / f"{PACKAGE}-{VERSION}"
ENVIRONMENT: Final = DEMO / "environment"
COMMANDS: Final = Path(sys.executable).parent
_SKIPPED: Final = frozenset({".heaven", "__pycache__", ".pytest_cache"})


def main() -> None:
    say("Preparing")
    fetch()
    prepare_suite()
    started = time.monotonic()
    unpack()
    baseline()
    run, line = rename()
    broken()
    audit(run, line)
    say(f"Done in {time.monotonic() - started:.0f} s: every exit code was the expected one.")


def fetch() -> Path:
    """The sdist, through pip, once; its SHA-256 is pinned."""
    DEMO.mkdir(exist_ok=True)
    archive = DEMO / f"{PACKAGE}-{VERSION}.tar.gz"
    if not archive.exists():
        print(f"  fetching {PACKAGE} {VERSION} (source distribution) through pip ...", flush=True)
        pip(
            sys.executable,
            "download",
            "--no-deps",
            "--no-binary=:all:",
            f"--dest={DEMO}",
            f"{PACKAGE}=={VERSION}",
        )
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SDIST_SHA256:
        archive.unlink()
        fail(f"{archive.name} is not the file that was pinned; it was removed")
    return archive


def prepare_suite() -> None:
    """An environment with what the package's tests need, and the package's sources on its path."""
    python = ENVIRONMENT / "bin" / "python"
    ready = ENVIRONMENT / ".ready"
    wanted = "\n".join([*SUITE, str(TREE), sys.version])
    if ready.exists() and ready.read_text(encoding="utf-8") == wanted:
        return
    print("  making an environment for its test suite ...", flush=True)
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    pip(str(python), "install", *SUITE)
    (site,) = ENVIRONMENT.glob("lib/python3*/site-packages")
    (site / "demo.pth").write_text(f"{TREE / 'src'}\n", encoding="utf-8")
    ready.write_text(wanted, encoding="utf-8")


def unpack() -> None:
    """A fresh tree: whatever an earlier demo left is gone."""
    shutil.rmtree(TREE, ignore_errors=True)
    with tarfile.open(DEMO / f"{PACKAGE}-{VERSION}.tar.gz") as archive:
        archive.extractall(DEMO, filter="data")
    print(f"  {PACKAGE} {VERSION} is unpacked in {TREE.relative_to(ROOT)}", flush=True)


def baseline() -> None:
    say("The package's own suite, before anything is changed")
    output = show([str(ENVIRONMENT / "bin" / "python"), "-m", "pytest", "-q"], last=1)
    passed = re.search(r"(\d+) passed", output)
    if passed is None or int(passed[1]) < LEAST_TESTS:
        fail(f"expected a suite of {LEAST_TESTS} tests or more")


def rename() -> tuple[str, str]:
    """Run the program that works; returns the run's id and a changed `PATH:LINE`."""
    say("The program, what it compiles to, and the most it can cost")
    program = shown_path(ROOT / "examples" / "rename.isa")
    show(["cat", program])
    module = shown_path(DEMO / "rename.aab")
    show(["aac", "build", program, "-o", module, *parameters(GOOD)])
    show(["aac", "cost", module])

    say("Running it: rename across modules and tests, then the package's suite")
    before = tree_hash()
    files = contents()
    output = show(["aa", "run", program, *parameters(GOOD)])
    if tree_hash() == before:
        fail("the run reported success and changed nothing")
    run = run_id(output)
    show(["aa", "diff", run], last=40)
    return run, changed_line(files)


def broken() -> None:
    say("Broken on purpose: tests call this method where its type is not known, and will fail")
    program = shown_path(ROOT / "examples" / "rename.isa")
    before = tree_hash()
    output = show(["aa", "run", program, *parameters(BAD)], expect=1)
    if tree_hash() != before:
        fail("the failed run left the tree changed")
    if "retry" not in output.lower():
        fail("the failed run did not retry")
    print(f"  tree before  {before}\n  tree after   {before}  (byte for byte the same)")


def audit(run: str, line: str) -> None:
    say("What happened, why a line is as it is, and the run once more from the log")
    show(["aa", "log"], last=30)
    show(["aa", "why", line])
    before = tree_hash()
    show(["aa", "replay", run])
    if tree_hash() != before:
        fail("the replay changed the tree")


def show(argv: Sequence[str], *, expect: int = 0, last: int | None = None) -> str:
    """Print the command, run it in the package's tree, print its output (its `last` lines).

    Returns the output. Ends the demo where the exit code is not `expect`.
    """
    name = Path(argv[0]).name
    print(f"\n$ {shlex.join([name, *argv[1:]])}", flush=True)
    program = COMMANDS / argv[0]
    full = [str(program) if program.exists() else argv[0], *argv[1:]]
    environment = {
        **os.environ,
        "VIRTUAL_ENV": str(ENVIRONMENT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    collected: list[str] = []
    with subprocess.Popen(
        full,
        cwd=TREE,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            collected.append(line)
            if last is None:
                print(f"  {line}", end="", flush=True)
    if last is not None:
        if len(collected) > last:
            print(f"  ... {len(collected) - last} lines more ...")
        print("".join(f"  {line}" for line in collected[-last:]), end="", flush=True)
    if process.returncode != expect:
        if last is not None:
            print("".join(f"  {line}" for line in collected[:-last]), end="")
        fail(f"exit code {process.returncode}, expected {expect}: {shlex.join(argv)}")
    print(f"  [exit {process.returncode}]", flush=True)
    return "".join(collected)


def parameters(names: tuple[str, str]) -> list[str]:
    old, new = names
    return ["--param", f"old={old}", "--param", f"new={new}"]


def run_id(output: str) -> str:
    found = re.search(r"\brun[ :]+(\w[\w.-]*)", output)
    if found is None:
        fail("the output of `aa run` does not name the run")
    return found[1]


def contents() -> dict[Path, bytes]:
    """Every file of the tree but caches and Heaven's own state."""
    found: dict[Path, bytes] = {}
    for directory, names, files in os.walk(TREE):
        names[:] = [n for n in names if n not in _SKIPPED]
        for name in files:
            path = Path(directory) / name
            found[path.relative_to(TREE)] = (
                os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            )
    return found


def tree_hash() -> str:
    """One SHA-256 over every path, mode and byte, computed here and not by the tool under show."""
    digest = hashlib.sha256()
    for path, data in sorted(contents().items()):
        mode = (TREE / path).lstat().st_mode
        digest.update(f"{path.as_posix()}\0{mode:o}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def changed_line(before: dict[Path, bytes]) -> str:
    """The first changed line in the package's sources, as `PATH:LINE`."""
    changed = [
        f"{path.as_posix()}:{number}"
        for path, data in sorted(contents().items())
        if path.suffix == ".py" and path.parts[0] == "src"
        for number, (old, new) in enumerate(
            zip(before[path].splitlines(), data.splitlines(), strict=False), 1
        )
        if old != new
    ]
    if not changed:
        fail("the rename changed no source file")
    return changed[0]


def shown_path(path: Path) -> str:
    """The path as a person in the package's tree would type it."""
    return os.path.relpath(path, TREE)


def pip(python: str, command: str, *arguments: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check", "--progress-bar=off")
    done = subprocess.run(
        [python, "-m", "pip", command, *quiet, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout)
        fail(f"pip {command} failed; is PyPI reached from here?")


def say(title: str) -> None:
    print(f"\n== {title}", flush=True)


def fail(message: str) -> NoReturn:
    print(f"\ndemo failed: {message}", file=sys.stderr, flush=True)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
