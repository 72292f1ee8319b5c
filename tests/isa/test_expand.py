"""USE: modules in place, with their own parameters, and always an end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from genesis_ssmp.aa.source import Source
from genesis_ssmp.isa.compile import compile_source, emit
from genesis_ssmp.isa.expand import MAX_DEPTH
from genesis_ssmp.isa.modules import file_loader, resolve
from kit.samples import PROGRAMS, codes, compile_sample, compile_text
from syrupy.assertion import SnapshotAssertion

ISA = "ISA_VERSION 0\nBASE_REV HEAD\n"
GREET = "ISA_VERSION 0\nPARAM old\nPARAM new hello\nOP RENAME_SYMBOL ${old} ${new}\n"


@pytest.mark.parametrize("name", [p for p in PROGRAMS if p.endswith(".isa")])
def test_expanded(name: str, snapshot: SnapshotAssertion) -> None:
    assert emit(compile_sample(name), "expanded") == snapshot


@pytest.mark.parametrize(
    ("name", "user", "resolved"),
    [
        ("std.rename", "", "std.rename"),
        ("std.edits.rename", "./a.isa", "std.edits.rename"),
        ("./a.isa", "", "./a.isa"),
        ("./x/../a.isa", "", "./a.isa"),
        ("./b.isa", "./lib/a.isa", "./lib/b.isa"),
        ("../b.isa", "./lib/a.isa", "./b.isa"),
        ("../b.isa", "", "../b.isa"),
        ("./b.isa", "../lib/a.isa", "../lib/b.isa"),
        ("a.isa", "", None),
        ("/a.isa", "", None),
        ("./a", "", None),
        (".\\a.isa", "", None),
        ("std.", "", None),
        ("std.Rename", "", None),
        ("./b.isa", "std.rename", None),
    ],
)
def test_a_module_has_one_name(name: str, user: str, resolved: str | None) -> None:
    assert resolve(name, user) == resolved


def test_arguments_are_filled_in_by_the_user_first() -> None:
    compiled = compile_text(
        f"{ISA}PARAM who Greet\nUSE ./m.isa old=${{who}} new=${{who}}2\n",
        modules={"./m.isa": GREET},
    )
    assert "OP RENAME_SYMBOL Greet Greet2" in emit(compiled, "expanded")


def test_a_parameter_of_the_program_is_unknown_in_a_module() -> None:
    module = "ISA_VERSION 0\nOP Mend ${who}\n"
    compiled = compile_text(
        f"{ISA}PARAM who x\nOP ${{who}}\nUSE ./m.isa\nUSE ./m.isa\n", modules={"./m.isa": module}
    )
    assert [(d.code, d.file) for d in compiled.diagnostics] == [("AA0301", "./m.isa")]


@pytest.mark.parametrize(
    ("use", "found"),
    [
        ("USE ./m.isa old=a", []),
        ('USE ./m.isa old=a new="b"', []),
        ("USE ./m.isa", ["ISA0308"]),
        ("USE ./m.isa old=a nwe=b", ["ISA0306"]),
        ("USE ./m.isa old=a old=b", ["ISA0307"]),
        ("USE ./x.isa old=a", ["ISA0301"]),
        ("USE std.nothing old=a", ["ISA0301"]),
        ("USE m old=a", ["ISA0309"]),
        ("USE ./m.isa old=${who}", ["AA0301"]),
        ("USE ./m.isa old=a new=a", ["AA0216"]),
    ],
)
def test_each_mistake_is_reported_once(use: str, found: list[str]) -> None:
    assert codes(compile_text(f"{ISA}{use}\n", modules={"./m.isa": GREET})) == found


def test_a_wrong_value_is_reported_in_the_module_and_shows_who_gave_it() -> None:
    compiled = compile_text(
        f'{ISA}USE ./m.isa old=a\nUSE ./m.isa old="a b"\n', modules={"./m.isa": GREET}
    )
    (found,) = compiled.diagnostics
    assert (found.code, found.file, found.span.line) == ("AA0213", "./m.isa", 4)
    assert [(r.file, r.span.line) for r in found.related] == [("program.isa", 4)]


def test_a_mistake_in_a_module_is_reported_once_however_often_it_is_used() -> None:
    module = "ISA_VERSION 0\nPARAM unused x\nNEED callers f many\nNEDE f\n"
    compiled = compile_text(
        f"{ISA}USE ./m.isa\n" + "USE ./m.isa\n" * 5, modules={"./m.isa": module}
    )
    assert len(codes(compiled)) == len({(d.code, d.span, d.related) for d in compiled.diagnostics})
    assert codes(compiled).count("AA0305") == 1
    assert codes(compiled).count("AA0111") + codes(compiled).count("ISA0111") == 1


def test_a_circle_is_an_error_that_names_the_chain() -> None:
    modules = {
        "./a.isa": "ISA_VERSION 0\nUSE ./b.isa\n",
        "./b.isa": "ISA_VERSION 0\nUSE ./sub/../a.isa\n",
    }
    compiled = compile_text(f"{ISA}USE ./a.isa\n", modules=modules)
    (found,) = compiled.diagnostics
    assert found.code == "ISA0302"
    assert "./a.isa -> ./b.isa -> ./a.isa" in found.message


def test_deep_recursion_ends_in_a_diagnostic() -> None:
    modules = {f"./m{n}.isa": f"ISA_VERSION 0\nUSE ./m{n + 1}.isa\n" for n in range(200)}
    compiled = compile_text(f"{ISA}USE ./m0.isa\n", modules=modules)
    assert codes(compiled)[0] in ("AA0402", "ISA0303")
    assert codes(compiled).count("ISA0303") == 1
    assert f"the limit is {MAX_DEPTH}" in next(
        d.message for d in compiled.diagnostics if d.code == "ISA0303"
    )


@pytest.mark.parametrize("payload", ["", "NEED tests f\nOP x\n"])
def test_a_fan_out_bomb_is_bounded_in_size_and_time(payload: str) -> None:
    """Each module uses the next one twice: 2**30 copies if nobody counted."""
    modules = {
        f"./m{n}.isa": f"ISA_VERSION 0\n{payload}USE ./m{n + 1}.isa\nUSE ./m{n + 1}.isa\n"
        for n in range(30)
    }
    modules["./m30.isa"] = "ISA_VERSION 0\nRUN test\n"
    start = time.process_time()
    compiled = compile_text(f"{ISA}USE ./m0.isa\n", modules=modules)
    assert codes(compiled).count("ISA0304") == 1
    assert compiled.module is None
    assert time.process_time() - start < 20


def test_modules_come_from_files_beside_the_program(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "std").mkdir()
    (tmp_path / "lib" / "a.isa").write_text("ISA_VERSION 0\nUSE ./b.isa\nUSE std.c\n")
    (tmp_path / "lib" / "b.isa").write_text("ISA_VERSION 0\nRUN test\n")
    (tmp_path / "std" / "c.isa").write_text("ISA_VERSION 0\nRUN lint\n")
    source = Source(str(tmp_path / "p.isa"), f"{ISA}USE ./lib/a.isa\n")
    compiled = compile_source(source, loader=file_loader(tmp_path, tmp_path / "std"))
    assert codes(compiled) == []
    assert list(compiled.sources) == [
        source.name,
        *(str(tmp_path / p) for p in ("lib/a.isa", "lib/b.isa", "std/c.isa")),
    ]
    assert compiled.module is not None
    assert not any(str(tmp_path) in c for c in compiled.module.constants if isinstance(c, str))


def test_a_module_that_is_no_text_is_reported_where_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "a.isa").write_bytes(b"\0\1\2")
    source = Source(str(tmp_path / "p.isa"), f"{ISA}USE ./a.isa\n")
    compiled = compile_source(source, loader=file_loader(tmp_path))
    assert codes(compiled) == ["AA0102"]
    assert compiled.diagnostics[0].related[0].span.line == 3


def test_without_a_loader_no_module_is_known() -> None:
    assert codes(compile_source(Source("p.isa", f"{ISA}USE ./a.isa\n"))) == ["ISA0301"]
