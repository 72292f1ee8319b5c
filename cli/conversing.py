"""The commands of `aa debug`: read from a terminal, a pipe, a file or the command line."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NoReturn, TypeAlias

import click

from ..heaven.errors import HeavenError
from ..heaven.records import JsonObject
from ..runtime.caller import Interrupted, Suspended
from ..runtime.debugging import views
from ..runtime.debugging.breakpoints import BadBreakpoint
from ..runtime.debugging.debugger import CannotMove, Debugger, Stop
from ..runtime.errors import RunError
from . import debugger_text as text
from .output import Report

PROMPT: Final = "(aa) "
OnQuit: TypeAlias = Literal["keep", "undo"]


class Left(Exception):
    """The user has finished with a run that is over."""


class Wrong(Exception):
    """A command cannot be done as it was given; `hint` is what to do instead."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def _no_words(_: Debugger) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Command:
    """`names` has the name and its short forms, `does` what `help` says."""

    names: tuple[str, ...]
    usage: str
    does: str
    act: Callable[[Conversation, str], bool]
    """True where the live run has to go on."""

    repeated: bool = False
    """An empty line gives it once more."""

    words: Callable[[Debugger], Sequence[str]] = _no_words
    """What may follow it, for completion."""


class Conversation:
    """Carries out commands at each stop. `lines` are those given beforehand; after them a terminal
    is asked where `prompts` says so."""

    def __init__(
        self,
        report: Report,
        lines: Iterator[str],
        *,
        prompts: bool,
        on_quit: OnQuit,
        commands: Sequence[Command],
    ) -> None:
        self.report = report
        self.commands = commands
        self.root: Path | None = None
        self.on_quit = on_quit
        self.sources: views.Sources = {}
        self.wrong = False
        self.prompting = False
        self._lines = lines
        self.prompts = prompts
        self._waiting: list[str] = []
        self._echoes = False
        self._repeat = ""
        self.listed: int | None = None
        self._debugger: Debugger | None = None
        if prompts:
            self._read_lines_well()

    @property
    def debugger(self) -> Debugger:
        assert self._debugger is not None, "a run comes before its first stop"
        return self._debugger

    @debugger.setter
    def debugger(self, debugger: Debugger) -> None:
        self._debugger = debugger

    def __call__(self, stop: Stop) -> None:
        """Talk until the live run is to go on. Raises Suspended, Interrupted or Left at the end."""
        try:
            self.show_stop(stop)
            while True:
                line = self._next()
                if line is None:
                    self.leave(self.on_quit)
                if self._carry_out(line):
                    return
        except BrokenPipeError as gone:
            if not self.debugger.live:
                raise
            raise Suspended("nobody reads the debugger's output any more") from gone

    def show_stop(self, stop: Stop) -> None:
        self.listed = None
        shown = views.stop_json(self.debugger, stop, self.sources)
        if self.report.format == "json":
            self.tell("stop", shown)
            return
        self.say(text.stop_lines(stop, shown, self.debugger.timeline))

    def say(self, lines: Sequence[str]) -> None:
        for line in lines:
            click.echo(line)

    def tell(self, event: str, shown: JsonObject) -> None:
        """One JSON object on a line of its own."""
        import json

        click.echo(json.dumps({"event": event, **shown}, ensure_ascii=False))

    def answer(self, event: str, shown: JsonObject, lines: Sequence[str]) -> None:
        if self.report.format == "json":
            self.tell(event, shown)
        else:
            self.say(lines)

    # Reading

    def _next(self) -> str | None:
        """The next command, None where there are no more."""
        while not self._waiting:
            line = next(self._lines, None)
            if line is not None:
                self._waiting = _commands(line)
                self._echoes = self.report.format != "json"
                continue
            if not self.prompts:
                return None
            line = self.ask()
            if line is None:
                click.echo()
                return None
            self._echoes = False
            self._waiting = _commands(line) or ([self._repeat] if self._repeat else [])
        command = self._waiting.pop(0)
        if self._echoes:
            click.echo(PROMPT + command)
        return command

    def ask(self, prompt: str = PROMPT) -> str | None:
        while True:
            self.prompting = True
            try:
                return input(prompt)
            except EOFError:
                return None
            except KeyboardInterrupt:
                click.echo("\n`quit` leaves the debugger, `help` lists its commands", err=True)
            finally:
                self.prompting = False

    def _read_lines_well(self) -> None:
        """History and completion, where Python has them."""
        try:
            import readline
        except ImportError:
            return
        readline.set_completer_delims(" \t;")
        readline.set_completer(self._complete)
        edited = "libedit" in (readline.__doc__ or "")
        readline.parse_and_bind("bind ^I rl_complete" if edited else "tab: complete")

    def _complete(self, word: str, number: int) -> str | None:
        import readline

        before = readline.get_line_buffer()[: readline.get_begidx()].split(";")[-1].split()
        if not before:
            known = [one.names[0] for one in self.commands]
        else:
            command = self.named(before[0])
            known = [] if command is None else [*command.words(self.debugger)]
        found = [one for one in known if one.startswith(word)]
        return found[number] + " " if number < len(found) else None

    # Carrying out

    def named(self, name: str) -> Command | None:
        return next((one for one in self.commands if name in one.names), None)

    def unknown(self, name: str) -> Wrong:
        names = [known for one in self.commands for known in one.names]
        close = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]}?" if close else "`help` lists the commands"
        return Wrong(f"there is no command {name!r}", hint)

    def _carry_out(self, line: str) -> bool:
        name, _, rest = line.partition(" ")
        try:
            command = self.named(name)
            if command is None:
                raise self.unknown(name)
            goes = command.act(self, rest.strip())
        except CannotMove as error:
            self._complain(str(error), None)
            return False
        except (Wrong, BadBreakpoint) as error:
            self._complain(str(error), error.hint)
            self._give_up()
            return False
        except BrokenPipeError:
            raise
        except (HeavenError, RunError, OSError) as error:
            # To look at a run must not end it.
            self._complain(str(error), None)
            return False
        self._repeat = line if command.repeated else ""
        return goes

    def _complain(self, message: str, hint: str | None) -> None:
        if self.report.format == "json":
            self.tell("error", {"message": message, "hint": hint})
        else:
            click.echo(f"error: {message}", err=True)
            if hint:
                click.echo(f"  hint: {hint}", err=True)

    def _give_up(self) -> None:
        """Carry out no more of the commands that were given beforehand: what comes after a mistake
        was written for another place, and may go on with the run."""
        self._waiting.clear()
        self._lines = iter(())
        if not self.prompts:
            self.wrong = True
            self.leave("keep")

    def leave(self, way: OnQuit) -> NoReturn:
        if not self.debugger.live:
            raise Left
        if way == "undo":
            raise Interrupted("ended in the debugger")
        raise Suspended("left in the debugger")


def _commands(line: str) -> list[str]:
    """The commands of a line, between semicolons; a line that starts with # has none."""
    if line.lstrip().startswith("#"):
        return []
    return [one for part in line.split(";") if (one := part.strip())]


def terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()
