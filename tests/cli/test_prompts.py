"""`aa prompt` as a user sees it, and the programs that name what it stored."""

from __future__ import annotations

import io
import json
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from kit.commands import Aa
from kit.repository import Repository, make_repository

TEXT = b"# Task\n\nSwap them.\r\n\n## Constraints\n\nKeep Add.\n"
ID = sha256(TEXT).hexdigest()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository = make_repository(tmp_path / "repo")
    monkeypatch.chdir(repository.root)
    monkeypatch.delenv("GENESIS_ANGEL", raising=False)
    (tmp_path / "task.md").write_bytes(TEXT)
    return repository


def test_storing_prints_the_id_alone_so_that_it_can_be_piped(
    repository: Repository, aa: Aa
) -> None:
    said = aa("prompt", "store", "../task.md")
    assert (said.code, said.out) == (0, f"sha256:{ID}\n")
    assert said.err == f"2 sections, {len(TEXT)} bytes: 2 new, 0 unchanged\n"
    again = aa("prompt", "store", "../task.md")
    assert again.out == said.out
    assert again.err == f"2 sections, {len(TEXT)} bytes, stored before: 0 new, 2 unchanged\n"


def test_standard_input_is_stored_byte_for_byte(
    repository: Repository, aa: Aa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    assert aa("prompt", "store", "-").out == f"sha256:{ID}\n"
    assert aa("prompt", "show", ID, "--text").out.encode() == TEXT
    with Heaven.open(repository.root, read_only=True) as heaven:
        assert heaven.reconstruct_prompt(ID) == TEXT


def test_what_changed_since_another_prompt_is_said(repository: Repository, aa: Aa) -> None:
    aa("prompt", "store", "../task.md")
    (repository.root / "next.md").write_bytes(TEXT.replace(b"Keep Add", b"Keep both"))
    said = aa("prompt", "store", "next.md", "--since", ID[:8])
    assert said.err.endswith(": 1 new, 1 unchanged, 1 removed\n")
    record = json.loads(aa("prompt", "store", "next.md", "--since", ID[:8], "--json").out)
    assert (record["new"], record["unchanged"], record["removed"]) == ([1], [0], [1])
    assert (record["previous"], record["stored_before"]) == (ID, True)


def test_prompts_are_listed(repository: Repository, aa: Aa) -> None:
    Heaven.open(repository.root).close()
    assert aa("prompt", "list").out == "no prompts yet\n"
    aa("prompt", "store", "../task.md")
    (line,) = aa("prompt", "list").out.splitlines()
    assert line.startswith(ID[:12]) and "2 sections" in line and line.endswith("Task")
    (record,) = json.loads(aa("prompt", "list", "--json").out)["prompts"]
    assert (record["prompt_id"], record["sections"], record["title"]) == (ID, 2, "Task")


def test_a_prompt_is_shown_as_outline_section_and_text(repository: Repository, aa: Aa) -> None:
    aa("prompt", "store", "../task.md")
    assert aa("prompt", "show", ID[:8]).out == (
        "0 spec 21 B Task [planner]\n"
        "1 constraints 26 B   Constraints [planner, builder, reviewer]\n"
    )
    assert aa("prompt", "show", f"sha256:{ID}", "0").out == "# Task\n\nSwap them.\r\n\n"
    assert aa("prompt", "show", ID, "--text").out.encode() == TEXT
    outline = json.loads(aa("prompt", "show", ID, "--json").out)
    assert outline["ok"] and outline["total_bytes"] == len(TEXT)
    assert [one["type"] for one in outline["sections"]] == ["spec", "constraints"]
    section = json.loads(aa("prompt", "show", ID, "1", "--json").out)
    assert (section["title"], section["content"]) == (
        "Constraints",
        "## Constraints\n\nKeep Add.\n",
    )


def test_bytes_that_are_no_text_come_out_as_they_are(repository: Repository, aa: Aa) -> None:
    (repository.root / "raw").write_bytes(b"\xff\n")
    prompt_id = aa("prompt", "store", "raw").out.strip()
    assert json.loads(aa("prompt", "show", prompt_id, "0", "--json").out)["content_base64"] == (
        "/wo="
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "00000000"), ("no prompt '00000000' is stored", f"hint: {ID[:12]} is stored")),
        (("show", ID[:5]), ("8 digits or more",)),
        (("show", ID, "7"), ("2 sections, 0 to 1",)),
        (("show", ID, "1", "--text"), ("give no INDEX",)),
        (("show", ID, "x"), ("'x' is not a valid integer",)),
        (("store", "gone.md"), ("'gone.md' does not exist",)),
        (("store", "."), ("is a directory",)),
        (("store", "../task.md", "--since", "00000000"), ("no prompt '00000000' is stored",)),
        (("store", "huge"), ("4194304 bytes",)),
    ],
)
def test_what_is_wrong_is_said_with_exit_code_2(
    repository: Repository, aa: Aa, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    aa("prompt", "store", "../task.md")
    (repository.root / "huge").write_bytes(b"x" * (4 * 1024 * 1024 + 1))
    said = aa("prompt", *arguments)
    assert said.code == 2 and said.out == ""
    for word in words:
        assert word in said.err


def test_a_wrong_id_with_json_is_one_object(repository: Repository, aa: Aa) -> None:
    aa("prompt", "store", "../task.md")
    record = json.loads(aa("prompt", "show", "00000000", "--json").out)
    assert not record["ok"] and record["exit_code"] == 2
    assert ID[:12] in record["error"]["hint"]


def test_before_anything_is_stored_the_way_to_do_it_is_told(repository: Repository, aa: Aa) -> None:
    said = aa("prompt", "list")
    assert said.code == 4 and "aa prompt store FILE" in said.err


def test_a_damaged_prompt_is_the_environments_fault(repository: Repository, aa: Aa) -> None:
    aa("prompt", "store", "../task.md")
    for blob in (repository.root / ".heaven" / "blobs").rglob("*"):
        if blob.is_file():
            blob.write_bytes(b"torn")
    said = aa("prompt", "show", ID)
    assert said.code == 4 and "store it again" in said.err


def test_a_program_is_refused_until_its_prompt_is_stored_and_then_runs(
    repository: Repository, aa: Aa
) -> None:
    program = f"ISA_VERSION 0\nBASE_REV HEAD\nPROMPT_REF sha256:{ID}\nNEED prompt {ID[:8]} 1\n"
    (repository.root / "p.isa").write_text(program + "RUN test\nASSERT all tests pass\n")
    refused = aa("run", "p.isa")
    assert refused.code == 2 and "AA0808" in refused.err
    assert "aa prompt store FILE" in refused.err
    aa("prompt", "store", "../task.md")
    done = aa("run", "p.isa")
    assert done.code == 0, done.err
    assert "same as recorded" in aa("replay").out
    (repository.root / "p.isa").write_text(program.replace("1\n", "9\n") + "RUN test\n")
    assert "AA0814" in aa("run", "p.isa").err


@pytest.mark.parametrize("name", ["store", "list", "show"])
def test_every_prompt_command_has_help_with_examples(aa: Aa, name: str) -> None:
    said = aa("prompt", name, "--help")
    assert said.code == 0 and f"aa prompt {name}" in said.out.split("Examples:")[1]
