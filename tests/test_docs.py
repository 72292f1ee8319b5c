"""Nothing that a user can write or see is undocumented, and generated pages are current."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from genesis_ssmp.aa.catalogue import CODES
from genesis_ssmp.aa.macros import SIGNATURES
from genesis_ssmp.aa.opcodes import OPCODES
from genesis_ssmp.cli.aa import cli as aa
from genesis_ssmp.cli.aac import cli as aac

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["bytecode.md", "cli.md", "diagnostics.md", "http.md"])
def test_a_generated_page_is_current(generator: ModuleType, name: str) -> None:
    assert generator.pages()[DOCS / name] == page(name), "run `make generate`"


def test_the_grammar_tables_are_current() -> None:
    from genesis_ssmp.aa.tables import GRAMMARS, serialise, table_file

    for language in GRAMMARS:
        assert table_file(language).read_text("utf-8") == serialise(language), "`make generate`"


def commands() -> Iterator[tuple[str, click.Command]]:
    for name, group in (("aac", aac), ("aa", aa)):
        yield from under(name, group)


def under(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for child, found in command.commands.items():
            yield from under(f"{name} {child}", found)


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=str)
def test_every_command_has_help_with_examples(name: str, command: click.Command) -> None:
    assert command.help, name
    assert "Examples:" in command.help, f"{name} --help has no examples"
    assert f"# {name}\n" in page("cli.md")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]} has no help"
            for spelling in parameter.opts:
                assert spelling in page("cli.md")


@pytest.mark.parametrize("name", ["build", "check", "fmt", "explain", "dis", "asm", "cost", "doc"])
def test_every_compiler_command_speaks_json(name: str) -> None:
    assert "--json" in {o for p in aac.commands[name].params for o in p.opts}


def test_every_runtime_command_speaks_json() -> None:
    for name, command in under("aa", aa):
        if not isinstance(command, click.Group):
            assert "--json" in {o for p in command.params for o in p.opts}, name


def test_every_code_is_in_the_docs() -> None:
    text = page("diagnostics.md")
    assert len(CODES) >= 40
    assert [code for code in CODES if f"### {code}:" not in text] == []


def test_every_endpoint_is_in_the_docs() -> None:
    from genesis_ssmp.heaven.server.routes import ROUTES

    text = page("http.md")
    assert [route.name for route in ROUTES if f"### {route.name}\n" not in text] == []


def test_every_opcode_is_in_the_docs() -> None:
    text = page("bytecode.md")
    assert [op.name for op in OPCODES if f"`{op.name}`" not in text] == []


def keywords() -> list[str]:
    """The directives of both grammars, as their `.lark` files spell them."""
    found = set()
    for grammar in (ROOT / "aa" / "aa.lark", ROOT / "isa" / "isa.lark"):
        text = grammar.read_text(encoding="utf-8")
        found |= set(re.findall(r"^(?:%extend )?(?:line)?\s*[:|] ([A-Z_]+)\b", text, re.MULTILINE))
    return sorted(found)


def test_every_directive_has_a_section_in_the_language_reference() -> None:
    assert len(keywords()) > 15
    headings = re.findall(r"^### (.+)$", page("language.md"), re.MULTILINE)
    words = {word for heading in headings for word in heading.split()}
    assert [k for k in keywords() if k not in words and f"ISA_{k}" not in words] == []


def test_every_macro_op_is_in_the_language_reference() -> None:
    text = page("language.md")
    for signature in SIGNATURES.values():
        assert signature.usage() in text
        assert signature.example in text
        for one in signature.parameters:
            assert f"| `{one.name}` | `{one.field}` |" in text


def links() -> Iterator[tuple[Path, str]]:
    for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)\)", text):
            if not target.startswith(("http:", "https:")):
                yield path, target


def test_links_between_pages_lead_somewhere() -> None:
    broken = [(p.name, t) for p, t in links() if not (p.parent / t).exists()]
    assert broken == []


def test_the_programs_in_the_readme_compile() -> None:
    from genesis_ssmp.aa.source import Source
    from genesis_ssmp.isa.compile import compile_source

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    programs = re.findall(r"^```\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    programs = [text for text in programs if "BASE_REV" in text and "$ " not in text]
    assert len(programs) == 2
    for text in programs:
        name = "readme.isa" if "ISA_VERSION" in text else "readme.aa"
        assert compile_source(Source(name, text)).diagnostics == ()


def test_the_error_output_in_the_readme_is_what_is_printed() -> None:
    from genesis_ssmp.aa.diagnostic import render_text
    from genesis_ssmp.aa.source import Source
    from genesis_ssmp.isa.compile import compile_source

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = "ISA_VERSION 0\nBASE_REV HEAD\n\nNEED symdf Greet\nOP RENAME_SYMBOL Greet\nRUN tests\n"
    compiled = compile_source(Source("broken.isa", text + "IF_FAIL RETRY many\n"))
    assert render_text(compiled.diagnostics, compiled.sources) in readme
