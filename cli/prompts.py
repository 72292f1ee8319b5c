"""`aa prompt`: store prompts in a repository's Heaven, and show them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import repo_option
from .output import Json, Problem, Report, output_options, print_bytes

if TYPE_CHECKING:
    from ..heaven.protocol import HeavenProtocol


@click.group()
def prompt() -> None:
    """Store prompts, and show them by section.

    A stored prompt is cut into sections at its headings. In a program, PROMPT_REF ID shows the
    angel the outline, and NEED prompt ID INDEX a section. An ID is given in full or by its first 8
    or more digits.

    \b
    Examples:
      aa prompt store TASK.md
      aa prompt list
      aa prompt show 3f2a91c0
      aa prompt show 3f2a91c0 2
    """


@prompt.command()
@click.argument(
    "file", metavar="FILE|-", type=click.Path(exists=True, dir_okay=False, allow_dash=True)
)
@click.option("--since", metavar="ID", help="Say what changed since this prompt.")
@repo_option
@output_options
def store(report: Report, file: str, since: str | None, repo: str | None) -> None:
    """Store FILE, or standard input, and print the prompt's id.

    The same text is stored once, and so is each section that several prompts have.

    \b
    Examples:
      aa prompt store TASK.md
      aa prompt store TASK.md --since 3f2a91c0
      git show HEAD:TASK.md | aa prompt store -
    """
    from ..heaven.prompts.records import stored_json

    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    with _heaven(repo) as heaven:
        stored = heaven.store_prompt(content, since)
    report.result |= stored_json(stored)
    if report.format != "json":
        click.echo(f"sha256:{stored.prompt.prompt_id}")
    before = ", stored before" if stored.stored_before else ""
    removed = f", {len(stored.removed)} removed" if stored.previous else ""
    report.say(
        f"{len(stored.prompt.sections)} sections, {len(content)} bytes{before}: "
        f"{len(stored.new)} new, {len(stored.unchanged)} unchanged{removed}"
    )
    report.finish()


@prompt.command("list")
@repo_option
@output_options
def list_(report: Report, repo: str | None) -> None:
    """List the stored prompts, the oldest first.

    \b
    Examples:
      aa prompt list
      aa prompt list --json
    """
    from ..heaven.prompts.records import SHORT

    with _heaven(repo, read_only=True) as heaven:
        entries = heaven.prompts()
    rows: list[Json] = [asdict(one) for one in entries]
    report.result["prompts"] = rows
    if report.format != "json":
        for one in entries:
            size = f"{one.sections:>4} sections {one.total_bytes:>8} B"
            click.echo(f"{one.prompt_id[:SHORT]} {size}  {one.stored_at}  {one.title}".rstrip())
        if not entries:
            click.echo("no prompts yet")
    report.finish()


@prompt.command()
@click.argument("prompt_id", metavar="ID")
@click.argument("index", type=int, required=False, metavar="[INDEX]")
@click.option("--text", is_flag=True, help="Print the whole prompt as it was stored.")
@repo_option
@output_options
def show(report: Report, prompt_id: str, index: int | None, text: bool, repo: str | None) -> None:
    """Print the outline of prompt ID, or its section INDEX (from 0) byte for byte.

    A line of the outline has the section's index, type, size and title, and the roles to which it
    is pinned.

    \b
    Examples:
      aa prompt show 3f2a91c0
      aa prompt show 3f2a91c0 2
      aa prompt show 3f2a91c0 --text > TASK.md
    """
    from ..heaven.prompts.records import outline_text, prompt_json

    if text and index is not None:
        raise Problem("--text prints the whole prompt: give no INDEX with it")
    with _heaven(repo, read_only=True) as heaven:
        if index is not None:
            found = heaven.prompt_section(prompt_id, index)
            content = found.content
            report.result |= {"prompt_id": found.prompt_id, **asdict(found.section)}
        else:
            outline = heaven.get_prompt(prompt_id)
            content = outline_text(outline).encode()
            if text:
                content = heaven.reconstruct_prompt(outline.prompt_id)
            report.result |= prompt_json(outline)
    if report.format == "json":
        if text or index is not None:
            report.result |= _text_or_base64(content)
    else:
        print_bytes(content)
    report.finish()


def _text_or_base64(content: bytes) -> dict[str, Json]:
    try:
        return {"content": content.decode()}
    except UnicodeDecodeError:
        from base64 import b64encode

        return {"content_base64": b64encode(content).decode("ascii")}


@contextmanager
def _heaven(repo: str | None, *, read_only: bool = False) -> Iterator[HeavenProtocol]:
    """The repository's Heaven; what is wrong with an id or a prompt is the caller's doing."""
    from ..heaven import PromptMissing, PromptTooLarge, SectionMissing
    from .repository import ask_heaven, find_root

    with ask_heaven(find_root(repo), read_only=read_only) as heaven:
        try:
            yield heaven
        except PromptMissing as missing:
            near = " or ".join(missing.near[:3])
            hint = f"{near} is stored" if near else "`aa prompt store FILE` stores one"
            raise Problem(str(missing), hint=hint) from None
        except (SectionMissing, PromptTooLarge) as wrong:
            raise Problem(str(wrong)) from None
