"""Running a check: detect, command, process, and what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...heaven.clock import Clock, to_text
from ...proto.receipts import Receipt
from .environment import child_environment, env_hash
from .process import run_process
from .selector import choose, command
from .stack import CheckUnavailable, Kind, Stack, detect
from .summary import NO_TESTS_EXIT, ran_no_tests, summarise

DEFAULT_TIMEOUT = 900.0


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What a check came to.

    `output` is stdout and stderr in the order written, with its middle left out where it is longer
    than 512 KiB; `output_hash` is the SHA-256 hex of all of it. `exit_code` is the tool's, but 5
    where no test ran, 124 where time ran out and 128 + n for signal n. `seconds` is wall time.
    """

    exit_code: int
    passed: bool
    output: bytes
    output_hash: str
    argv: tuple[str, ...]
    env_hash: str
    summary: str
    timed_out: bool
    seconds: float


def run_check(
    root: Path,
    kind: Kind,
    selector: str = "",
    *,
    timeout: float = DEFAULT_TIMEOUT,
    on_line: Callable[[str], None] | None = None,
    stack: Stack | None = None,
) -> CheckOutcome:
    """Run the project's own tests, linter or type checker in `root`.

    `timeout` is in seconds. `on_line` gets every line of output as it comes, without its end.
    Raises CheckUnavailable (the environment's fault) where there is no tool to run or it does not
    start. A failing check is an outcome, not an exception.
    """
    stack = stack or detect(root)
    tool = choose(stack, kind, selector)
    argv = command(stack, kind, selector)
    environment = child_environment(root)
    where = env_hash(root)
    try:
        done = run_process(argv, cwd=root, env=environment, timeout=timeout, on_line=on_line)
    except OSError as error:
        raise CheckUnavailable(
            kind, f"RUN {kind}: {argv[0]} does not start: {error.strerror or error}"
        ) from error
    exit_code = done.exit_code
    if exit_code == 0 and kind == "test" and ran_no_tests(tool.name, done.output, selector):
        exit_code = NO_TESTS_EXIT
    return CheckOutcome(
        exit_code=exit_code,
        passed=exit_code == 0 and not done.timed_out,
        output=done.output,
        output_hash=done.output_hash,
        argv=argv,
        env_hash=where,
        summary=summarise(tool.name, done.output, exit_code, selector, done.timed_out, timeout),
        timed_out=done.timed_out,
        seconds=done.seconds,
    )


def make_receipt(outcome: CheckOutcome, mission_id: str, clock: Clock) -> Receipt:
    """The wire form of an outcome, stamped with what `clock` says now."""
    spoken = "\0".join(outcome.argv).encode("utf-8", errors="surrogateescape")
    return Receipt(
        mission_id=mission_id,
        env_hash=outcome.env_hash,
        command_hash=hashlib.sha256(spoken).hexdigest(),
        stdout_hash=outcome.output_hash,
        exit_code=outcome.exit_code,
        timestamp=to_text(clock.now()),
    )
