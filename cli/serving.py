"""`aa serve`: Heaven over HTTP until it is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .output import ENVIRONMENT, Problem, Report, output_options, print_json

if TYPE_CHECKING:
    from ..heaven.discovery import ServerInfo


@click.command()
@click.option(
    "--repo",
    metavar="DIR",
    help="The repository; by default the nearest one from here up.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Where to listen; another address than a loopback one needs --allow-remote.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4444,
    show_default=True,
    metavar="N",
    help="The port; 0 takes a free one.",
)
@click.option(
    "--allow-remote",
    is_flag=True,
    help="Listen where other machines can connect: unencrypted, guarded by the token alone.",
)
@output_options
def serve(report: Report, repo: str | None, host: str, port: int, allow_remote: bool) -> None:
    """Serve Heaven of the repository over HTTP until SIGINT (Ctrl-C) or SIGTERM.

    The address and the token file are in .heaven/server.json, where other commands find them. What
    was answered is on disk, however the server ends.

    \b
    Examples:
      aa serve
      aa serve --port 0 --json
      aa serve --repo ../other --port 4445
    """
    from ..heaven.server.serving import HttpServer, NotLoopback
    from ..runtime.dead import close_dead
    from ..runtime.hosted import Runs
    from .repository import find_root, open_heaven

    def ready(info: ServerInfo) -> None:
        if report.format == "json":
            print_json(
                {
                    "ok": True,
                    "exit_code": 0,
                    "diagnostics": [],
                    "url": info.url,
                    "pid": info.pid,
                    "token_file": info.token_file,
                }
            )
        else:
            click.echo(f"serving {root} at {info.url}")
            click.echo(f"token in {info.token_file}; Ctrl-C stops")

    root = find_root(repo)
    runs = Runs()
    with open_heaven(root) as heaven:
        for dead in close_dead(heaven):
            report.say(str(dead))
        try:
            server = HttpServer(
                heaven,
                host=host,
                port=port,
                allow_remote=allow_remote,
                host_runs=runs,
                on_ready=ready,
            )
        except NotLoopback as error:
            raise Problem(
                f"{error}: other machines could connect", hint="--allow-remote if they should"
            ) from None
        except OSError as error:
            raise Problem(
                f"cannot listen on {host} port {port}: {error.strerror or error}",
                ENVIRONMENT,
                "name another port; --port 0 takes a free one",
            ) from None
        server.run()
    if report.format != "json":
        for name in runs.cut_short:
            report.say(f"run {name} was interrupted, and its edits are undone (`aa log {name}`)")
        report.say("stopped; everything that was answered is on disk")
    raise SystemExit(0)
