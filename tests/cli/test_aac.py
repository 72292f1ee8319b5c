"""The `aac` command: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from genesis_ssmp.cli.aac import main
from syrupy.assertion import SnapshotAssertion

GOOD = """\
ISA_VERSION 0
PARAM old Greet
PARAM new Hello
BASE_REV HEAD

OP RENAME_SYMBOL ${old} ${new}  # no model
RUN test
ASSERT all tests pass
IF_FAIL RETRY 2
"""
TEN_MISTAKES = """\
ISA_VERSION 7
BASE_REV
MODE TRIO
BUDGET many
NEED symdf Foo
OPP Fix it
RUN tset
OP RENAME_SYMBOL Greet
IF_FAIL RETRY 0
INVARIANT @max-lines few
"""


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}"


Aac = Callable[..., Ended]


@pytest.fixture
def aac(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Aac:
    """Runs `aac ARGUMENTS` in a temporary directory, within this process."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "argv", ["aac", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        with pytest.raises(SystemExit) as stop:
            main()
        sys.stdout.flush()
        sys.stderr.flush()
        out, err = capsysbinary.readouterr()
        code = stop.value.code
        assert isinstance(code, int)
        return Ended(code, out.decode(), err.decode())

    return run


def write(path: str, text: str | bytes) -> Path:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text if isinstance(text, bytes) else text.encode())
    return target


def files() -> set[str]:
    return {p.as_posix() for p in Path().rglob("*") if p.is_file()}


# Building


def test_build_writes_bytecode_beside_the_program(aac: Aac, snapshot: SnapshotAssertion) -> None:
    write("p.isa", GOOD)
    assert aac("build", "p.isa") == snapshot
    assert files() == {"p.isa", "p.aab"}


def test_the_same_source_gives_the_same_bytes(aac: Aac) -> None:
    write("p.isa", GOOD)
    aac("build", "p.isa", "-o", "a.aab")
    aac("build", "p.isa", "-o", "b.aab")
    assert Path("a.aab").read_bytes() == Path("b.aab").read_bytes()


def test_parameters_change_the_module(aac: Aac) -> None:
    write("p.isa", GOOD)
    aac("build", "p.isa", "-o", "a.aab")
    assert aac("build", "p.isa", "-o", "b.aab", "--param", "old=X").code == 0
    assert Path("a.aab").read_bytes() != Path("b.aab").read_bytes()


@pytest.mark.parametrize("argument", ["old", "=x", ""])
def test_a_parameter_that_is_no_pair_is_a_usage_error(aac: Aac, argument: str) -> None:
    write("p.isa", GOOD)
    ended = aac("build", "p.isa", "--param", argument)
    assert ended.code == 2
    assert "NAME=VALUE" in ended.err


@pytest.mark.parametrize("stage", ["ast", "expanded", "aa", "plan", "bytecode"])
def test_every_stage_can_be_printed(aac: Aac, stage: str, snapshot: SnapshotAssertion) -> None:
    write("p.isa", GOOD)
    ended = aac("build", "--emit", stage, "p.isa")
    assert ended == snapshot
    assert files() == {"p.isa"}


def test_ten_mistakes_are_ten_errors(aac: Aac, snapshot: SnapshotAssertion) -> None:
    write("p.isa", TEN_MISTAKES)
    ended = aac("build", "p.isa")
    assert ended == snapshot
    assert ended.code == 2
    assert ended.err.count("error[") >= 10


def test_nothing_is_written_when_one_of_several_programs_is_wrong(aac: Aac) -> None:
    write("a.isa", GOOD)
    write("b.isa", TEN_MISTAKES)
    write("old.aab", b"old")
    assert aac("build", "a.isa", "b.isa").code == 2
    assert files() == {"a.isa", "b.isa", "old.aab"}


def test_a_directory_stands_for_the_programs_in_it_and_not_for_modules(aac: Aac) -> None:
    write("d/a.isa", GOOD)
    write("d/e/b.isa", GOOD)
    write("d/e/module.isa", "ISA_VERSION 0\nPARAM x\nOP Do ${x}\n")
    write("d/.hidden/c.isa", GOOD)
    ended = aac("build", "d", "-o", "out", "--json")
    assert ended.code == 0
    assert files() >= {"out/a.aab", "out/b.aab"}
    assert [e["output"] for e in ended.json()["built"]] == [  # type: ignore[attr-defined]  # JSON
        "out/a.aab",
        "out/b.aab",
    ]


def test_two_programs_never_go_to_one_file(aac: Aac) -> None:
    write("p.isa", GOOD)
    write("p.aa", "BASE_REV HEAD\nLEASE file:a.py\nDO Fix it\nRETURN edit_ir\n")
    ended = aac("build", "p.isa", "p.aa")
    assert ended.code == 2
    assert "would both be written" in ended.err
    assert files() == {"p.isa", "p.aa"}


def test_a_program_is_never_overwritten(aac: Aac) -> None:
    write("p.isa", GOOD)
    assert aac("build", "p.isa", "-o", "p.isa").code == 2
    assert Path("p.isa").read_text() == GOOD


def test_output_that_cannot_be_written_is_no_traceback(aac: Aac) -> None:
    write("p.isa", GOOD)
    Path("d.aab").mkdir()
    assert aac("build", "p.isa", "-o", "missing/p.aab").code in (0, 4)
    for target in ("/proc/nowhere/p.aab",):
        ended = aac("build", "p.isa", "-o", target)
        assert ended.code == 4
        assert ended.err.startswith("error: ")


def test_json_is_one_object_also_where_writing_fails(aac: Aac) -> None:
    write("p.isa", GOOD)
    ended = aac("build", "--json", "p.isa", "-o", "/proc/nowhere/p.aab")
    assert ended.code == 4
    assert ended.json()["exit_code"] == 4
    assert ended.err == ""


def test_a_link_stays_a_link_and_what_it_leads_to_is_replaced(aac: Aac) -> None:
    write("real/p.isa", UNTIDY)
    Path("p.isa").symlink_to("real/p.isa")
    assert aac("fmt", "p.isa").code == 0
    assert Path("p.isa").is_symlink()
    assert Path("real/p.isa").read_text() != UNTIDY


def test_a_pipe_is_written_to_and_not_replaced_by_a_file(aac: Aac) -> None:
    """Replacing it would take /dev/null away from whoever builds as root."""
    write("p.isa", GOOD)
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert aac("build", "p.isa", "-o", "pipe").code == 0
        received = os.read(reader, 10_000)
    finally:
        os.close(reader)
    assert Path("pipe").is_fifo()
    assert aac("build", "p.isa").code == 0
    assert Path("p.aab").read_bytes() == received


def test_a_used_module_is_found_beside_the_program(aac: Aac) -> None:
    write("d/p.isa", "ISA_VERSION 0\nBASE_REV HEAD\nUSE ./lib/m.isa x=1\n")
    write("d/lib/m.isa", "ISA_VERSION 0\nPARAM x\nOP Do ${x}\nRUN nothing\n")
    ended = aac("check", "d/p.isa")
    assert ended.code == 2
    assert "m.isa:4:5" in ended.err
    assert "RUN nothing" in ended.err


# Bad input

BAD_FILES = {
    "empty.aa": b"",
    "binary.aa": bytes(range(256)),
    "latin1.isa": "OP caf\xe9\n".encode("latin-1"),
    "nul.isa": b"ISA_VERSION 0\0\n",
    "lone_cr.isa": b"ISA_VERSION 0\rBASE_REV HEAD\r",
    "open_block.isa": b'ISA_VERSION 0\nBASE_REV HEAD\nOP """\nnever closed\n',
    "long_line.isa": b"ISA_VERSION 0\nBASE_REV HEAD\nOP " + b"x" * 10_000_000 + b"\n",
}


@pytest.mark.parametrize("command", ["build", "check", "dis", "cost", "fmt"])
@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_input_is_a_diagnostic_and_exit_2(aac: Aac, command: str, name: str) -> None:
    write(name, BAD_FILES[name])
    ended = aac(command, name)
    if command == "fmt" and name == "empty.aa":
        assert ended.code == 0
        return
    assert ended.code == 2, str(ended)[:2000]
    assert "error[" in ended.err
    assert len(ended.err) < 200_000


@pytest.mark.parametrize("command", ["build", "check", "dis", "cost", "fmt", "asm"])
def test_a_missing_file_is_a_diagnostic(aac: Aac, command: str) -> None:
    ended = aac(command, "missing.aasm" if command == "asm" else "missing.isa")
    assert ended.code == 2
    assert "error[AA0100]" in ended.err
    assert "missing" in ended.err


@pytest.mark.parametrize("command", ["build", "check", "dis", "cost", "fmt", "asm"])
def test_a_directory_without_programs_is_an_error(aac: Aac, command: str) -> None:
    Path("d").mkdir()
    assert aac(command, "d").code == 2


def test_a_file_of_another_kind_is_an_error(aac: Aac) -> None:
    write("p.txt", GOOD)
    ended = aac("build", "p.txt")
    assert (ended.code, "neither .aa nor .isa" in ended.err) == (2, True)


def test_hundred_thousand_directives_take_linear_time(aac: Aac) -> None:
    lines = ["ISA_VERSION 0", "BASE_REV HEAD", *(f"LABEL a{i}" for i in range(100_001))]
    write("p.isa", "\n".join(lines))
    ended = aac("check", "p.isa")
    assert ended.code == 2
    assert "100000" in ended.err.replace(",", "")


# Formats


def test_json_is_one_object(aac: Aac, snapshot: SnapshotAssertion) -> None:
    write("p.isa", "ISA_VERSION 0\nBASE_REV HEAD\nOPP x\n")
    ended = aac("check", "--json", "p.isa")
    assert ended.json() == snapshot
    assert ended.err == ""


def test_usage_errors_are_json_too(aac: Aac) -> None:
    ended = aac("build", "--json", "--nonsense")
    assert ended.code == 2
    assert ended.json()["exit_code"] == 2


def test_github_annotations(aac: Aac, snapshot: SnapshotAssertion) -> None:
    write("p.isa", "ISA_VERSION 0\nBASE_REV HEAD\nOPP x\n")
    assert aac("check", "--format", "github", "p.isa") == snapshot


def test_color_is_asked_for_or_not_given(aac: Aac) -> None:
    write("p.isa", "OPP x\n")
    assert "\x1b[" not in aac("check", "p.isa").err
    assert "\x1b[" in aac("check", "--color", "always", "p.isa").err
    assert "\x1b[" not in aac("check", "--color", "never", "p.isa").err


def test_check_in_a_repository_reports_in_the_order_of_the_lines(aac: Aac) -> None:
    write("a.py", "def greet():\n    return 1\n")
    lines = "NEED slice no.py 1 1\nNEED symdef gone\nNEED slice a.py 9 1\nNEED tests gone\n"
    write("p.isa", f"ISA_VERSION 0\nBASE_REV HEAD\n{lines}OP Fix it\n")
    ended = aac("check", "--json", "--repo", ".", "p.isa")
    assert ended.code == 2
    found = ended.json()["diagnostics"]
    assert isinstance(found, list)
    assert [d["line"] for d in found if isinstance(d, dict)] == [3, 4, 5, 6]


# Formatting

UNTIDY = "ISA_VERSION   0\n\n\n\nBASE_REV\tHEAD  # pinned\n  OP   Fix issue #12\n"


def test_fmt_rewrites_and_is_idempotent(aac: Aac, snapshot: SnapshotAssertion) -> None:
    write("p.isa", UNTIDY)
    assert aac("fmt", "p.isa").code == 0
    once = Path("p.isa").read_text()
    assert once == snapshot
    assert aac("fmt", "--check", "p.isa").code == 0
    assert Path("p.isa").read_text() == once


def test_fmt_check_and_diff_change_nothing(aac: Aac, snapshot: SnapshotAssertion) -> None:
    write("p.isa", UNTIDY)
    assert aac("fmt", "--check", "--diff", "p.isa") == snapshot
    assert aac("fmt", "--check", "p.isa").code == 1
    assert aac("fmt", "--diff", "p.isa").code == 0
    assert Path("p.isa").read_text() == UNTIDY


def test_fmt_formats_standard_input(aac: Aac) -> None:
    ended = aac("fmt", "-", stdin=UNTIDY.encode())
    assert ended.code == 0
    assert "BASE_REV HEAD  # pinned" in ended.out or "BASE_REV HEAD # pinned" in ended.out
    assert aac("fmt", "-", stdin=ended.out.encode()).out == ended.out
    assert aac("fmt", "--check", "-", stdin=UNTIDY.encode()).code == 1


def test_fmt_tells_the_language_of_standard_input_by_its_version(aac: Aac) -> None:
    isa = b"PARAM a b\nBASE_REV HEAD\nVERSION 0\nOP  ${a}\n"
    assert aac("fmt", "-", stdin=isa).out == isa.decode().replace("  ", " ")
    aa = b"BASE_REV HEAD\nDO  x\n"
    assert aac("fmt", "-", stdin=aa).out == aa.decode().replace("  ", " ")
    assert aac("fmt", "-", "--language", "aa", stdin=isa).code == 2


def test_fmt_keeps_a_byte_order_mark_and_line_ends(aac: Aac) -> None:
    write("p.isa", b"\xef\xbb\xbfISA_VERSION 0\r\nBASE_REV  HEAD\r\n")
    assert aac("fmt", "p.isa").code == 0
    assert Path("p.isa").read_bytes() == b"\xef\xbb\xbfISA_VERSION 0\r\nBASE_REV HEAD\r\n"
    assert aac("fmt", "--check", "--diff", "p.isa").code == 0


def test_fmt_leaves_a_file_with_syntax_errors(aac: Aac) -> None:
    write("p.isa", "OPP   x\n")
    assert aac("fmt", "p.isa").code == 2
    assert Path("p.isa").read_text() == "OPP   x\n"


# Bytecode


def test_assembly_goes_back_to_the_same_bytes(aac: Aac) -> None:
    write("p.isa", GOOD)
    aac("build", "p.isa")
    write("p.aasm", aac("dis", "p.aab").out)
    assert aac("asm", "p.aasm", "-o", "again.aab").code == 0
    assert Path("again.aab").read_bytes() == Path("p.aab").read_bytes()
    assert aac("dis", "p.isa").out == aac("dis", "p.aab").out


def test_damaged_bytecode_is_refused_with_a_code(aac: Aac) -> None:
    write("p.isa", GOOD)
    aac("build", "p.isa")
    data = bytearray(Path("p.aab").read_bytes())
    data[len(data) // 2] ^= 0xFF
    write("p.aab", bytes(data))
    for command in ("dis", "cost"):
        ended = aac(command, "p.aab")
        assert ended.code == 2
        assert "error[AA06" in ended.err


def test_assembly_errors_are_diagnostics(aac: Aac) -> None:
    write("p.aasm", "nonsense here\n")
    ended = aac("asm", "p.aasm")
    assert ended.code == 2
    assert "error[AA06" in ended.err
    assert files() == {"p.aasm"}


def test_cost_is_a_table_and_json(aac: Aac, snapshot: SnapshotAssertion) -> None:
    write("p.isa", GOOD)
    ended = aac("cost", "p.isa")
    assert ended == snapshot
    found = aac("cost", "--json", "p.isa").json()["cost"]
    assert isinstance(found, dict)
    assert found["runs"] == 3
    assert found["angel_calls"] == 0


def test_a_program_with_an_open_parameter_is_priced_with_its_value(aac: Aac) -> None:
    write("p.isa", "ISA_VERSION 0\nBASE_REV HEAD\nPARAM what\nOP Do ${what}\n")
    for command in ("cost", "dis"):
        assert aac(command, "p.isa").code == 2
        assert aac(command, "p.isa", "--param", "what=it").code == 0
    aac("build", "p.isa", "--param", "what=it")
    ended = aac("cost", "p.aab", "--param", "what=it")
    assert (ended.code, "built in" in ended.err) == (2, True)


# Explaining


def test_explain_prints_a_page(aac: Aac) -> None:
    ended = aac("explain", "aa0111")
    assert ended.code == 0
    assert "AA0111" in ended.out


def test_explain_suggests_a_code(aac: Aac) -> None:
    ended = aac("explain", "AA011")
    assert ended.code == 2
    assert "did you mean AA" in ended.err


def test_explain_lists_every_code(aac: Aac) -> None:
    listed = aac("explain", "--list").out.splitlines()
    assert len(listed) >= 40
    assert len(aac("explain", "--list", "--json").json()["codes"]) == len(listed)  # type: ignore[arg-type]  # JSON
    assert aac("explain").code == 2


def test_doc_describes_a_module(aac: Aac) -> None:
    write("m.isa", '# Renames.\n# Twice.\nISA_VERSION 0\nPARAM old\nPARAM suite ""\nOP Do ${old}\n')
    ended = aac("doc", "./m.isa")
    assert ended.code == 0
    assert "Renames.\nTwice." in ended.out
    assert "USE ./m.isa old=... [suite='']" in ended.out
    assert aac("doc", "std.nothing").code == 2
    assert aac("doc").code == 0


def test_doc_of_a_standard_module(aac: Aac, snapshot: SnapshotAssertion) -> None:
    assert aac("doc", "std.rename").out == snapshot
    params = aac("doc", "std.add_tests", "--json").json()["params"]
    assert isinstance(params, list)
    assert params[:2] == [
        {"name": "symbol", "type": "symbol", "default": None},
        {"name": "where", "type": "path", "default": "tests"},
    ]


def test_version_names_the_bytecode_format(aac: Aac) -> None:
    ended = aac("--version")
    assert ended.code == 0
    assert "bytecode format 1" in ended.out


# As a process


def process(*arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [str(Path(sys.executable).parent / "aac"), *arguments]
    return subprocess.run(command, capture_output=True, check=False, **options)  # type: ignore[call-overload,no-any-return]  # options are run's


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    program = tmp_path / "p.isa"
    program.write_text(GOOD + "".join(f"LABEL l{i}\nOP Do {i}\n" for i in range(5000)))
    aac = Path(sys.executable).parent / "aac"
    read_end, write_end = os.pipe()
    with subprocess.Popen(
        [str(aac), "dis", str(program)], stdout=write_end, stderr=subprocess.PIPE
    ) as running:
        os.close(write_end)
        os.read(read_end, 10)
        os.close(read_end)
        _, err = running.communicate(timeout=60)
    assert err == b""
    assert running.returncode == 141


def test_output_is_utf8_or_escaped_but_never_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "p.isa").write_text("OPP é\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    ended = process("check", "p.isa", cwd=tmp_path, env=environment)
    assert ended.returncode == 2
    assert b"Traceback" not in ended.stderr


def test_the_bytes_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    (tmp_path / "p.isa").write_text(GOOD, encoding="utf-8")
    made = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        process("build", "p.isa", "-o", seed, cwd=tmp_path, env=environment)
        made.append((tmp_path / seed).read_bytes())
    assert made[0] == made[1]
