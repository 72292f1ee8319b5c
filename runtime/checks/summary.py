"""One line about a check's output."""

from __future__ import annotations

import re

NO_TESTS_EXIT = 5
"""pytest's exit code for "no tests were collected", used for every tool."""

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PYTEST = re.compile(
    r"^=*\s*((?:\d+ [a-z]+(?:, )?)+|no tests ran)(?: in [\d.]+s?(?: \([\d:]+\))?)?\s*=*$"
)
_CARGO = re.compile(r"test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored")
_CLOSING = re.compile(
    r"^(Found \d+ error.*|Success: .*|All checks passed!.*|Tests?:? +\d+ .*|Tests: .*"
    r"|\d+ errors?, \d+ warnings?.*|.*\d+ problems? \(.*)$"
)


def ran_no_tests(tool: str, output: bytes, selector: str) -> bool:
    """Whether a test run that succeeded did so by running nothing at all."""
    text = output.decode("utf-8", errors="replace")
    match tool:
        case "unittest":
            return re.search(r"^Ran 0 tests", text, re.MULTILINE) is not None
        case "cargo test":
            counts = [sum(map(int, found)) for found in _CARGO.findall(text)]
            return not any(counts)
        case "go test":
            ok = [line for line in text.splitlines() if line.startswith("ok")]
            return all("[no tests to run]" in line for line in ok)
        case _:
            return False


def summarise(
    tool: str, output: bytes, exit_code: int, selector: str, timed_out: bool, timeout: float
) -> str:
    """The tool's own closing line where it has one, else its last line and the exit code."""
    text = _ANSI.sub("", output.decode("utf-8", errors="replace"))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if timed_out:
        return f"{tool}: stopped after {timeout:g} s"
    if exit_code == NO_TESTS_EXIT and tool in ("pytest", "unittest", "cargo test", "go test"):
        return f"{tool}: no tests ran" + (f" (selector {selector!r})" if selector else "")
    closing = _closing(tool, lines)
    if closing is not None:
        return f"{tool}: {closing[:200]}"
    last = f": {lines[-1][:160]}" if lines else " and said nothing"
    return f"{tool}: passed" if exit_code == 0 else f"{tool}: exit code {exit_code}{last}"


def _closing(tool: str, lines: list[str]) -> str | None:
    match tool:
        case "pytest":
            return next((m[1] for x in reversed(lines) if (m := _PYTEST.match(x))), None)
        case "unittest":
            ran = next((x for x in reversed(lines) if x.startswith("Ran ")), None)
            return f"{ran}, {lines[-1]}" if ran else None
        case "go test":
            words = [x.split()[0] for x in lines if x.split()[0] in ("ok", "FAIL") and "\t" in x]
            return (
                f"{words.count('ok')} packages ok, {words.count('FAIL')} failed" if words else None
            )
        case "cargo test":
            found = [_CARGO.search(x) for x in lines]
            sums = [sum(int(m[i]) for m in found if m) for i in (1, 2, 3)]
            if not any(found):
                return None
            return f"{sums[0]} passed, {sums[1]} failed, {sums[2]} ignored"
        case _:
            return next((x for x in reversed(lines) if _CLOSING.match(x)), None)
