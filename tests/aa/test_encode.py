"""Encoding is deterministic, on any Python and hash seed, and refuses what has no bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import genesis_ssmp
import pytest
from genesis_ssmp.aa.assemble import assemble
from genesis_ssmp.aa.decode import decode
from genesis_ssmp.aa.disassemble import disassemble
from genesis_ssmp.aa.encode import Unencodable, encode
from genesis_ssmp.aa.format_version import FORMAT_VERSION, MAGIC
from genesis_ssmp.aa.leb128 import U32_MAX
from genesis_ssmp.aa.module import Instruction, Line, Module
from genesis_ssmp.aa.opcodes import Op
from hypothesis import given, settings
from kit.modules import Builder, any_modules, long_module, modules
from kit.programs import examples

SAMPLE = """\
.language isa
.budget 12000
.line 2
REV "HEAD"
LEASE file "src/größe.py"
ACQUIRE
.line 5
ENTER "start"
MACRO "RENAME_SYMBOL" {new="Hello", old="Greet"}
OUTPUT medium edit_ir
EMIT
.line 300 "std.rename"
RUN test ""
LEAVE
.on_fail RETRY 2
.line 7
HALT
"""

BYTES_OF_SAMPLE = {1: "45624fc38e71ce842bf1c7936d50856dc47160799db06af51907e47c5a4f703a"}
"""SHA-256 of the sample's bytes by format version: a change of the bytes is a new version."""


def sample() -> Module:
    return replace(assemble(SAMPLE), source_sha256="ab" * 32)


@settings(max_examples=examples(80), deadline=None)
@given(modules())
def test_a_module_survives_its_bytes(module: Module) -> None:
    assert decode(encode(module)) == module


@settings(max_examples=examples(80), deadline=None)
@given(any_modules())
def test_so_does_a_module_that_the_verifier_would_refuse(module: Module) -> None:
    assert decode(encode(module)) == module


def test_a_large_module_survives_its_bytes() -> None:
    module = long_module(20_000)
    assert decode(encode(module)) == module


def test_the_bytes_of_a_format_version_never_change() -> None:
    data = encode(sample())
    assert data.startswith(MAGIC)
    assert hashlib.sha256(data).hexdigest() == BYTES_OF_SAMPLE[FORMAT_VERSION]


SCRIPT = """\
import sys
from pathlib import Path
from genesis_ssmp.aa.assemble import assemble
from genesis_ssmp.aa.cost import cost
from genesis_ssmp.aa.decode import decode
from genesis_ssmp.aa.disassemble import disassemble
from genesis_ssmp.aa.encode import encode
from genesis_ssmp.aa.verify import verify
module = assemble(sys.stdin.buffer.read().decode())
assert verify(module) == () and decode(encode(module)) == module
assert encode(assemble(disassemble(module))) == encode(module)
sys.stdout.write(encode(module).hex() + repr(cost(module)))
"""


def _pythons() -> list[tuple[str, dict[str, str]]]:
    """Interpreters on the path that start, each with the environment it needs for that."""
    found: list[tuple[str, dict[str, str]]] = [(sys.executable, {})]
    for version in ("3.11", "3.12", "3.13", "3.14"):
        path = shutil.which(f"python{version}")
        # pyenv's launchers start only the versions that the environment names.
        environment = {"PYENV_VERSION": version}
        if path is not None:
            probe = subprocess.run(
                [path, "-c", ""], env={**os.environ, **environment}, capture_output=True
            )
            if probe.returncode == 0:
                found.append((path, environment))
    return found


def test_the_same_bytes_on_every_python_and_hash_seed(tmp_path: Path) -> None:
    # The package alone, so that no interpreter needs anything installed.
    (tmp_path / "genesis_ssmp").symlink_to(Path(genesis_ssmp.__path__[0]))
    outputs: dict[str, list[str]] = {}
    for python, environment in _pythons():
        for seed in ("0", "1", "4242"):
            result = subprocess.run(
                [python, "-c", SCRIPT],
                input=SAMPLE.encode(),
                capture_output=True,
                env={
                    **os.environ,
                    **environment,
                    "PYTHONHASHSEED": seed,
                    "PYTHONPATH": str(tmp_path),
                    "PYTHONDONTWRITEBYTECODE": "1",
                },
            )
            assert result.returncode == 0, (python, result.stderr.decode())
            outputs.setdefault(result.stdout.decode(), []).append(f"{python} seed {seed}")
    assert len(outputs) == 1, outputs


def test_bytecode_needs_no_third_party_package(tmp_path: Path) -> None:
    (tmp_path / "genesis_ssmp").symlink_to(Path(genesis_ssmp.__path__[0]))
    imports = SCRIPT.split("module =")[0]
    script = imports + "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    result = subprocess.run(
        [sys.executable, "-S", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    loaded = set(result.stdout.split())
    assert loaded <= set(sys.stdlib_module_names) | {"__main__", "genesis_ssmp"}
    assert not loaded & {"json", "asyncio", "logging", "sqlite3", "subprocess"}


def test_equal_programs_are_equal_bytes_whatever_order_they_were_written_in() -> None:
    one, other = Builder(), Builder()
    for build, args in ((one, {"a": "1", "b": "2"}), (other, {"b": "2", "a": "1"})):
        build.head()
        enter = build.emit(Op.ENTER, build.pool.text("s"))
        build.macro("M", args)
        build.leave(enter)
        build.emit(Op.HALT)
    assert encode(one.module()) == encode(other.module())
    assert disassemble(one.module()) == disassemble(other.module())


@pytest.mark.parametrize(
    "change",
    [
        {"budget": -1},
        {"budget": U32_MAX + 1},
        {"source_sha256": "AB" * 32},
        {"source_sha256": "ab"},
        {"source_sha256": "no digest"},
        {"language": "c"},
        {"constants": ("\ud800",)},
        {"constants": (((0, -1),),)},
        {"code": (Instruction(Op.HALT, (1,)),)},
        {"code": (Instruction(Op.REV, (U32_MAX + 1,)),)},
        {"lines": ()},
        {"lines": (Line(0, -1),)},
        {"lines": (Line(0, 2**31),)},
    ],
    ids=str,
)
def test_what_has_no_bytes_is_refused_with_its_reason(change: dict[str, object]) -> None:
    module = Module("aa", "SOLO", "soft", 1, "0" * 64, ("",), (Instruction(Op.HALT, ()),), (), ())
    whole = replace(module, lines=(Line(0, 1),))
    encode(whole)
    with pytest.raises(Unencodable, match=r"\w"):
        encode(replace(whole, **change))  # type: ignore[arg-type]
