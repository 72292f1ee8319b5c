"""Options that several commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from ..aa.lowered import OutputMode

OUTPUT_MODES: Final[tuple[OutputMode, ...]] = ("soft", "medium", "hard")


def _params(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE", context, parameter)
        if name in found:
            raise click.BadParameter(f"{name} is given twice", context, parameter)
        found[name] = text
    return found


output_mode_option = click.option(
    "--output-mode",
    type=click.Choice(OUTPUT_MODES),
    default="medium",
    show_default=True,
    help="What an angel may answer: only the declared type, edits or macro ops, or anything.",
)
param_option = click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_params,
    help="Give a PARAM of the program its value; may be repeated.",
)
repo_option = click.option(
    "--repo",
    metavar="DIR",
    help="The repository; by default the nearest one from here up.",
)
angel_option = click.option(
    "--angel",
    metavar="SPEC",
    help="Who answers OP and DO texts: scripted:FILE, replay:FILE, or record:FILE=SPEC. Also "
    "GENESIS_ANGEL, or genesis.toml.",
)
check_timeout_option = click.option(
    "--check-timeout",
    type=click.FloatRange(min=0.1),
    default=900.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one RUN may take.",
)
quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="Say how the run ended, and nothing before."
)
verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Also print the output of RUN as it comes."
)
