"""The commands of `aa debug`: moving, breakpoints, and looking."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ..heaven.records import Json
from ..runtime import fields
from ..runtime.debugging import views
from ..runtime.debugging.debugger import Debugger, Way
from ..runtime.replay import commit_of
from ..runtime.scratch import write_tree as write_files
from . import debugger_text as text
from .conversing import Command, Conversation, OnQuit, Wrong


def move(to: Conversation, way: Way, rest: str) -> bool:
    """Forwards; True where the live run has to go on."""
    stop = to.debugger.go(way, _count(way, rest))
    if stop is not None:
        to.show_stop(stop)
    return stop is None


def move_back(to: Conversation, way: Way, rest: str) -> bool:
    to.show_stop(to.debugger.go_back(way, _count(way, rest)))
    return False


def go_to(to: Conversation, rest: str) -> bool:
    ends = {"start": 0, "end": to.debugger.timeline.last}
    if rest not in ends and not rest.isdecimal():
        raise Wrong("`goto` takes a position, `start` or `end`", "for example `goto 12`")
    position = ends[rest] if rest in ends else int(rest)
    to.show_stop(to.debugger.go_to(position))
    return False


def set_breakpoint(to: Conversation, rest: str, *, temporary: bool = False) -> bool:
    pc = to.debugger.moment().pc
    made = to.debugger.breakpoints.add(rest, pc, temporary=temporary)
    to.answer(
        "breakpoint", views.breakpoint_json(made), [f"breakpoint {made.number}: {made.where}"]
    )
    return False


def delete(to: Conversation, rest: str) -> bool:
    if not rest or rest == "all":
        gone = to.debugger.breakpoints.clear()
    elif all(word.isdecimal() for word in rest.split()):
        gone = tuple(to.debugger.breakpoints.delete(int(word)) for word in rest.split())
    else:
        raise Wrong("`delete` takes numbers of breakpoints, or `all`", "`breakpoints` has them")
    numbers: list[Json] = [one.number for one in gone]
    lines = [f"deleted breakpoint {one.number}: {one.where}" for one in gone]
    to.answer("deleted", {"breakpoints": numbers}, lines or ["no breakpoints"])
    return False


def show_breakpoints(to: Conversation, _: str) -> bool:
    found = to.debugger.breakpoints.all()
    listed: list[Json] = [views.breakpoint_json(one) for one in found]
    to.answer("breakpoints", {"breakpoints": listed}, text.breakpoint_lines(found))
    return False


def show_where(to: Conversation, _: str) -> bool:
    shown = views.place(to.debugger, to.sources)
    to.answer("where", shown, text.where_lines(shown))
    return False


def show_source(to: Conversation, rest: str) -> bool:
    module = to.debugger.timeline.module
    line = module.lines[to.debugger.moment().pc]
    file = str(module.constants[line.file])
    lines = to.sources.get(file, ())
    if not lines:
        name = file or to.debugger.timeline.run.program
        raise Wrong(f"the text of {name} is not there", "`disassemble` shows the instructions")
    if rest and not rest.isdecimal():
        raise Wrong("`list` takes a line number", "for example `list 12`")
    middle = int(rest) if rest else (to.listed or line.line)
    shown = text.list_lines(to.debugger, to.sources, file, middle, line.line)
    if not shown:
        raise Wrong(f"there is no line {middle}", f"the last one is {len(lines)}")
    # Once more without an argument: the lines after these.
    to.listed = min(middle + 2 * text.AROUND + 1, len(lines))
    found: dict[str, Json] = {"file": file or to.debugger.timeline.run.program}
    found |= {"line": line.line, "lines": list(shown)}
    to.answer("list", found, shown)
    return False


def show_instructions(to: Conversation, _: str) -> bool:
    from ..aa.disassemble import disassemble

    pc = to.debugger.moment().pc
    listing = disassemble(to.debugger.timeline.module, to.sources).splitlines()
    shown = [
        f"{'->' if line.split(maxsplit=1)[:1] == [str(pc)] else '  '} {line}".rstrip()
        for line in listing
        if line and not line.startswith((".const", ".format", ".source"))
    ]
    to.answer("disassemble", {"pc": pc, "lines": list(shown)}, shown)
    return False


def show_registers(to: Conversation, _: str) -> bool:
    shown = views.registers(to.debugger)
    to.answer("registers", shown, text.register_lines(shown))
    return False


def show_context(to: Conversation, _: str) -> bool:
    shown = views.context(to.debugger)
    to.answer("context", shown, text.context_lines(shown))
    return False


def show_prompt(to: Conversation, _: str) -> bool:
    angel = fields.optional_record(views.context(to.debugger), "angel")
    if angel is None:
        raise Wrong("no ANGEL comes after this")
    to.answer("prompt", angel, fields.text(angel, "prompt").splitlines())
    return False


def show_edits(to: Conversation, rest: str) -> bool:
    if rest not in ("", "all"):
        raise Wrong("`edits` takes nothing, or `all`")
    shown = views.edits(to.debugger, to.root)
    # Where nothing can be undone any more, what is landed is all there is to see.
    whole = bool(rest) or not (shown["staged"] or shown["pending"])
    to.answer("edits", shown, text.edit_lines(shown, whole=whole))
    return False


def show_log(to: Conversation, _: str) -> bool:
    shown = views.log(to.debugger)
    entries = to.debugger.timeline.entries(to.debugger.at)
    to.answer("log", shown, text.log_lines(entries, to.debugger.timeline.lines))
    return False


def show_info(to: Conversation, rest: str) -> bool:
    topic = next((one for one in INFO if rest and one.startswith(rest)), None)
    if topic is None:
        raise Wrong(f"`info` takes one of {', '.join(INFO)}")
    return INFO[topic](to, "")


def show_value(to: Conversation, rest: str) -> bool:
    found: Json = views.everything(to.debugger, to.sources)
    if not rest:
        assert isinstance(found, dict)
        names: list[Json] = [*found]
        to.answer("print", {"names": names}, [", ".join(found)])
        return False
    for part in rest.replace("[", ".").replace("]", "").split("."):
        found = _part(found, part, rest)
    to.answer("print", {"name": rest, "value": found}, text.value_lines(found))
    return False


def write_tree(to: Conversation, rest: str) -> bool:
    timeline = to.debugger.timeline
    tree = timeline.tree(to.debugger.at)
    if tree is None:
        raise Wrong("the run has not pinned a tree yet", "go on past REV")
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise Wrong(f"`tree` takes a directory: {error}") from None
    if len(words) != 1:
        raise Wrong("`tree` takes the name of a directory that is not there yet")
    target = Path(words[0])
    commit = commit_of(timeline.record, timeline.run)
    try:
        missing = write_files(tree.entries, target, timeline.record, to.root, commit)
    except FileExistsError:
        raise Wrong(f"{target} is there already", "name one that is not") from None
    except OSError as error:
        raise Wrong(f"cannot write {target}: {error.strerror}") from None
    written = len(tree.entries) - len(missing)
    lines = [f"{written} files in {target}"]
    lines += [f"content not kept anywhere: {path}" for path in missing]
    found: dict[str, Json] = {"directory": str(target), "written": written}
    to.answer("tree", found | {"missing": list(missing)}, lines)
    return False


def show_help(to: Conversation, rest: str) -> bool:
    shown = [one for one in to.commands if not rest or rest in one.names]
    if not shown:
        raise to.unknown(rest)
    width = max(len(one.usage) for one in to.commands)
    listed: list[Json] = [{"names": [*one.names], "does": one.does} for one in shown]
    lines = [
        f"{one.usage:<{width}}  {one.does}"
        + (f" ({', '.join(one.names[1:])})" if one.names[1:] else "")
        for one in shown
    ]
    to.answer("help", {"commands": listed}, lines)
    return False


def leave(to: Conversation, rest: str) -> bool:
    """Leave the debugger; a live run is kept or undone, and somebody who is there is asked."""
    ways: dict[str, OnQuit] = {"keep": "keep", "undo": "undo"}
    if rest and rest not in ways:
        raise Wrong("`quit` takes `keep` or `undo`", "keep leaves the run to `aa resume`")
    if rest:
        to.leave(ways[rest])
    if not to.debugger.live or not to.prompts:
        to.leave(to.on_quit)
    name = to.debugger.timeline.run.name
    answer = to.ask(f"keep it for `aa resume {name}`, or undo what it did? [keep/undo/cancel] ")
    word = "keep" if answer is None else answer.strip().lower()
    for way, known in ways.items():
        if word and way.startswith(word):
            to.leave(known)
    return False


def _places(debugger: Debugger) -> Sequence[str]:
    code = debugger.timeline.module.code
    return (*sorted({one.op.name for one in code}), "failure")


def _count(way: Way, rest: str) -> int:
    if not rest:
        return 1
    if way not in ("step", "next"):
        raise Wrong(f"this takes no number, and not {rest!r}", "`help` says what takes one")
    if not rest.isdecimal() or int(rest) == 0:
        raise Wrong(f"{rest!r} is no number of steps", "for example `step 3`")
    return int(rest)


def _part(found: Json, part: str, whole: str) -> Json:
    if isinstance(found, dict) and part in found:
        return found[part]
    if isinstance(found, list) and part.lstrip("-").isdecimal() and -len(found) <= int(part):
        if int(part) < len(found):
            return found[int(part)]
        raise Wrong(f"{whole}: there are {len(found)} of them, counted from 0")
    if isinstance(found, dict):
        close = difflib.get_close_matches(part, found, 1)
        known = f"did you mean {close[0]}?" if close else "there is " + ", ".join(found)
        raise Wrong(f"{whole}: there is no {part!r}", known)
    raise Wrong(f"{whole}: there is no {part!r} in it")


INFO: Final[dict[str, Callable[[Conversation, str], bool]]] = {
    "registers": show_registers,
    "context": show_context,
    "edits": show_edits,
    "log": show_log,
    "breakpoints": show_breakpoints,
}

COMMANDS: Final = (
    Command(
        ("step", "s", "stepi", "si"),
        "step [N]",
        "go on by one instruction, or N; a failure is a stop of its own",
        lambda to, rest: move(to, "step", rest),
        repeated=True,
    ),
    Command(
        ("next", "n"),
        "next [N]",
        "the same, over a section that begins here",
        lambda to, rest: move(to, "next", rest),
        repeated=True,
    ),
    Command(
        ("finish", "fin", "out"),
        "finish",
        "go on until the innermost section is left",
        lambda to, rest: move(to, "finish", rest),
        repeated=True,
    ),
    Command(
        ("continue", "c", "cont"),
        "continue",
        "go on to the next breakpoint, or to the end",
        lambda to, rest: move(to, "continue", rest),
        repeated=True,
    ),
    Command(
        ("back", "bk", "reverse-step", "rs", "rsi"),
        "back [N]",
        "one position backwards, or N",
        lambda to, rest: move_back(to, "step", rest),
        repeated=True,
    ),
    Command(
        ("reverse-next", "rn"),
        "reverse-next [N]",
        "the same, over a section that ends here",
        lambda to, rest: move_back(to, "next", rest),
        repeated=True,
    ),
    Command(
        ("reverse-finish", "rf"),
        "reverse-finish",
        "back to where the innermost section begins",
        lambda to, rest: move_back(to, "finish", rest),
        repeated=True,
    ),
    Command(
        ("reverse-continue", "rc"),
        "reverse-continue",
        "back to the breakpoint before, or to the start",
        lambda to, rest: move_back(to, "continue", rest),
        repeated=True,
    ),
    Command(
        ("goto", "g"),
        "goto N|start|end",
        "look at a position that the run has been at",
        go_to,
    ),
    Command(
        ("break", "b"),
        "break [PLACE]",
        "stop at LINE, FILE:LINE, OPCODE, a section's label, *PC, `failure`; or here",
        set_breakpoint,
        words=_places,
    ),
    Command(
        ("tbreak", "tb"),
        "tbreak [PLACE]",
        "the same, once",
        lambda to, rest: set_breakpoint(to, rest, temporary=True),
    ),
    Command(("delete", "d", "clear"), "delete [N ...]", "delete breakpoints, or all", delete),
    Command(("breakpoints", "bl"), "breakpoints", "list the breakpoints", show_breakpoints),
    Command(
        ("where", "w", "bt", "backtrace"),
        "where",
        "the instruction and the open sections",
        show_where,
    ),
    Command(
        ("list", "l"), "list [LINE]", "the source around here, or LINE", show_source, repeated=True
    ),
    Command(
        ("disassemble", "dis", "x"),
        "disassemble",
        "the program's instructions",
        show_instructions,
    ),
    Command(
        ("registers", "r", "regs"),
        "registers",
        "budget, retries left, leases, counters",
        show_registers,
    ),
    Command(
        ("context", "ctx"),
        "context",
        "the shards that an angel would be shown",
        show_context,
    ),
    Command(
        ("prompt",),
        "prompt",
        "the whole prompt of the next ANGEL, as it would be now",
        show_prompt,
    ),
    Command(
        ("edits", "e"),
        "edits [all]",
        "what is staged, and what has landed, as diffs",
        show_edits,
    ),
    Command(("log",), "log", "the syscalls so far", show_log),
    Command(("info", "i"), "info TOPIC", ", ".join(INFO), show_info, words=lambda _: tuple(INFO)),
    Command(
        ("print", "p"),
        "print [NAME]",
        "a value, for example `print log[0].result`; no NAME lists them",
        show_value,
    ),
    Command(
        ("tree",),
        "tree DIR",
        "write the files as they are here to the new directory DIR",
        write_tree,
    ),
    Command(("help", "h", "?"), "help [COMMAND]", "this", show_help),
    Command(
        ("quit", "q", "exit"),
        "quit [keep|undo]",
        "leave the run to `aa resume`, or undo its edits and end it",
        leave,
    ),
)
