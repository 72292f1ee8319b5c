"""From the expanded ISA program to the lowered one: sections, checks and handlers take shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..aa import ast as aa
from ..aa import lowered
from ..aa.diagnostic import Diagnostic, Related
from ..aa.lower import (
    DEFAULT_BUDGET,
    Lowered,
    lower_lease,
    lower_return,
    lower_statement,
    lower_test_run,
)
from ..aa.lowered import Handler, Mode, Origin, OutputMode, ReturnType, RunKind, Section, Unit
from ..aa.span import NOWHERE, Span
from ..aa.words import Words, shown
from . import ast
from .conditions import (
    FORMS,
    ExitCode,
    closest,
    number_span,
    parse_condition,
)
from .expand import Expanded, Item, Used
from .invariants import check_invariant

MAX_BUDGET: Final = 1_000_000_000
MAX_RETRIES: Final = 100
MAX_EXIT_CODE: Final = 255

_MODES: Final[dict[str, Mode]] = {"SOLO": "SOLO", "SWARM": "SWARM"}
_RUNS: Final[dict[str, RunKind]] = {
    "test": "test",
    "tests": "test",
    "lint": "lint",
    "typecheck": "typecheck",
}
_LABEL_CHARACTERS: Final = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
)


def lower(
    expanded: Expanded, output_mode: OutputMode, *, unread: frozenset[str] = frozenset()
) -> Lowered:
    """An ISA program as sections; `unread` as in `aa.validate`.

    Without LEASE it leases the whole repository, without RETURN its angels answer in Edit IR.
    """
    program = _Program(expanded.complete, unread)
    program.reserve(item.name.value for item in expanded.items if isinstance(item, ast.Label))
    sections = program.file(expanded.items, "", None)
    start = Origin("", NOWHERE)
    base_origin = program.base_origin or start
    leases = program.leases or [lowered.Scope("directory", ".", base_origin)]
    unit = Unit(
        program.base_rev,
        base_origin,
        program.mode,
        program.budget,
        tuple(leases),
        program.returns,
        program.returns_origin or start,
        output_mode,
        tuple(sections),
    )
    return Lowered(unit, tuple(program.diagnostics))


class _Draft:
    """A section while its lines are read."""

    __slots__ = ("body", "checked", "handlers", "label", "late", "origin", "ran")

    def __init__(self, label: str, origin: Origin) -> None:
        self.label = label
        self.origin = origin
        self.body: list[lowered.Statement | Section] = []
        self.handlers: list[Handler] = []
        self.ran: set[RunKind] = set()
        self.checked = False
        self.late = False
        """A statement after the handlers was reported."""

    def section(self) -> Section:
        return Section(self.label, tuple(self.body), tuple(self.handlers), self.origin)


class _Program:
    """What the whole program says once, and the names of its sections."""

    def __init__(self, complete: bool, unread: frozenset[str]) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.complete = complete
        self.unread = unread
        self.base_rev = ""
        self.base_origin: Origin | None = None
        self.mode: Mode = "SOLO"
        self.budget = DEFAULT_BUDGET
        self.leases: list[lowered.Scope] = []
        self.returns: ReturnType = "edit_ir"
        self.returns_origin: Origin | None = None
        self._names: dict[str, int] = {}

    def reserve(self, labels: Iterable[str]) -> None:
        """Keep the program's own labels from being given to modules."""
        self._names.update(dict.fromkeys(("start", *labels), 1))

    def file(self, items: tuple[Item, ...], file: str, used_at: Related | None) -> list[Section]:
        return _File(self, file, used_at).sections(items)

    def used(self, used: Used) -> tuple[Section, bool]:
        """A module as one section, and whether anything in it is a check.

        If the module has labels, its sections stand side by side within it, so that handlers cover
        what they cover in the module's own text.
        """
        used_at = Related("in the module used here", used.span, used.user)
        sections = self.file(used.items, used.name, used_at)
        label = self._unique(_display(used.name))
        origin = Origin(used.user, used.span)
        checked = any(_has_check(section) for section in sections)
        if len(sections) == 1 and sections[0].label == "start":
            only = sections[0]
            return Section(label, only.body, only.handlers, origin), checked
        inner = tuple(
            Section(
                self._unique(f"{label}/{section.label}"),
                section.body,
                section.handlers,
                section.origin,
            )
            for section in sections
        )
        return Section(label, inner, (), origin), checked

    def _unique(self, name: str) -> str:
        """A label that no other section has: the name, else with `#2` and so on."""
        label = name
        while label in self._names:
            self._names[name] += 1
            label = f"{name}#{self._names[name]}"
        self._names[label] = 1
        return label


class _File:
    """One file's lines become sections; LABEL ends one and begins the next."""

    def __init__(self, program: _Program, file: str, used_at: Related | None) -> None:
        self._program = program
        self._words = Words(file, program.complete, used_at)
        self._prompts: list[lowered.Statement] = []
        self._done: list[_Draft] = []
        self._draft = _Draft("start", self._words.origin(Span(1, 1, 0)))
        self._label: ast.Label | None = None
        self._halt: Span | None = None
        self._unreachable = False

    def sections(self, items: tuple[Item, ...]) -> list[Section]:
        if items:
            self._draft.origin = self._words.origin(items[0].span)
        for item in items:
            self._item(item)
        self._close()
        if self._prompts:
            if not self._done:
                self._done.append(_Draft("start", self._prompts[0].origin))
            self._done[0].body[:0] = self._prompts
        self._program.diagnostics += self._words.diagnostics
        return [draft.section() for draft in self._done]

    def _item(self, item: Item) -> None:
        words, program = self._words, self._program
        match item:
            case aa.NeedSymdef() | aa.NeedCallers() | aa.NeedSlice() | aa.NeedSearch():
                self._add(lower_statement(item, words), item.span)
            case aa.NeedTests() | aa.NeedPrompt() | aa.Do():
                self._add(lower_statement(item, words), item.span)
            case ast.Run():
                self._run(item)
            case ast.Assert():
                self._assert(item)
            case aa.AssertTests():
                self._assert_tests(item)
            case ast.IfFail():
                self._if_fail(item)
            case Used():
                section, checked = program.used(item)
                self._draft.checked |= checked
                self._add(section, item.span)
            case ast.Invariant():
                text = check_invariant(item.text, words)
                self._add(lowered.Invariant(text, words.origin(item.span)), item.span)
            case ast.Label():
                self._begin(item)
            case ast.Halt():
                self._reachable(item.span)
                self._draft.body.append(lowered.Halt(words.origin(item.span)))
                self._halt = self._halt or item.span
            case ast.PromptRef():
                origin = words.origin(item.span)
                self._prompts.append(lowered.PromptSummary(item.prompt_id.value, origin))
            case aa.BaseRev():
                if program.base_origin is None:
                    program.base_rev = words.revision(item.rev)
                    program.base_origin = words.origin(item.span)
            case aa.Lease():
                program.leases += lower_lease(item, words)
            case aa.Return():
                program.returns = lower_return(item, words)
                program.returns_origin = words.origin(item.span)
            case ast.Mode():
                program.mode = words.choice(item.mode, _MODES, "ISA0204", "mode")
            case ast.Budget():
                program.budget = words.number(item.tokens, "the budget", 1, MAX_BUDGET)
            case ast.Version() | ast.Use() | aa.Param():
                pass

    def _begin(self, label: ast.Label) -> None:
        name = label.name
        bad = set(name.value) - _LABEL_CHARACTERS
        if bad and not self._words.open(name):
            self._words.error(
                "ISA0220",
                f"{shown(name.value)} is no name for a label",
                name.span,
                hint="letters, digits, `_`, `-` and `.`",
            )
        self._close()
        self._label = label
        self._draft = _Draft(name.value, self._words.origin(label.span))

    def _close(self) -> None:
        """End the section. One without a statement is left out: there is nothing to run in it."""
        draft = self._draft
        words = self._words
        if draft.handlers and not draft.checked and "RUN" not in self._program.unread:
            words.error(
                "ISA0209",
                f"IF_FAIL in section {draft.label}, which checks nothing",
                draft.handlers[0].origin.span,
                hint="add RUN test before it",
            )
        if draft.body:
            self._done.append(draft)
        elif self._label is not None and not draft.handlers:
            words.warning(
                "ISA0219", f"section {draft.label} is empty", self._label.span, hint="remove it"
            )

    def _add(self, item: lowered.Statement | Section | None, span: Span) -> None:
        self._reachable(span)
        draft = self._draft
        if draft.handlers and not draft.late:
            draft.late = True
            first = Related("its handlers begin here", draft.handlers[0].origin.span, self._file)
            self._words.warning(
                "ISA0212",
                "this line follows an IF_FAIL, and is still in the section that it covers",
                span,
                hint="begin a new section with LABEL",
                related=(first,),
            )
        if item is not None:
            draft.body.append(item)

    def _reachable(self, span: Span) -> None:
        if self._halt is not None and not self._unreachable:
            self._unreachable = True
            self._words.warning(
                "ISA0213",
                "nothing from here on is run: the program halts before",
                span,
                related=(Related("it halts here", self._halt, self._file),),
            )

    @property
    def _file(self) -> str:
        return self._words.file

    def _ran(self, kind: RunKind) -> None:
        self._draft.ran.add(kind)
        self._draft.checked = True

    def _run(self, run: ast.Run) -> None:
        words = self._words
        kind = _RUNS[run.kind.value]
        selector = "" if run.pattern is None else words.line(run.pattern, "a pattern")
        self._add(lowered.Run(kind, selector, words.origin(run.span)), run.span)
        self._ran(kind)

    def _assert_tests(self, directive: aa.AssertTests) -> None:
        selector, span = directive.selector, directive.span
        if selector is None:
            run = lowered.Run("test", "", self._words.origin(span))
        else:
            run = lower_test_run(selector, self._words, span)
        self._add(run, span)
        self._ran("test")

    def _assert(self, directive: ast.Assert) -> None:
        words, text = self._words, directive.condition
        condition = parse_condition(text.value)
        if condition is None:
            # Whatever it was meant to be, it was meant to be a check.
            self._draft.checked = True
            if not words.open(text):
                best = closest(text.value)
                words.error(
                    "ISA0206",
                    f"{shown(text.value)} is no condition",
                    text.span,
                    hint=f"did you mean `{best}`?" if best else "one of " + "; ".join(FORMS),
                )
        elif isinstance(condition, ExitCode):
            place = number_span(text.span, condition) if text.form == "rest" else text.span
            number = aa.Word(condition.number, place)
            code = words.number(number, "the exit code", 0, MAX_EXIT_CODE)
            if not self._draft.ran:
                self._without_run("an exit code", "RUN", text.span)
            origin = words.origin(directive.span)
            self._add(lowered.AssertExit(condition.comparison, code, origin), directive.span)
            self._draft.checked = True
        else:
            self._passed(condition.kind, directive.span, text.span)

    def _passed(self, kind: RunKind, span: Span, place: Span) -> None:
        if kind not in self._draft.ran:
            self._without_run("the tests" if kind == "test" else kind, f"RUN {kind}", place)
        self._add(lowered.AssertPassed(kind, self._words.origin(span)), span)
        self._draft.checked = True

    def _without_run(self, what: str, run: str, span: Span) -> None:
        if "RUN" in self._program.unread:
            return
        hint = "add RUN test" if run == "RUN" else f"add {run}"
        self._words.error(
            "ISA0207" if run != "RUN" else "ISA0208",
            f"section {self._draft.label} asserts on {what}, and has no {run} before it",
            span,
            hint=f"{hint} before this line",
        )

    def _if_fail(self, directive: ast.IfFail) -> None:
        words, draft = self._words, self._draft
        origin = words.origin(directive.span)
        last = draft.handlers[-1] if draft.handlers else None
        if last is not None and last.action == "HALT":
            halt = Related("it halts here", last.origin.span, self._file)
            words.warning(
                "ISA0214",
                "this handler is never tried: the one before it halts",
                directive.span,
                related=(halt,),
            )
        match directive.action.value:
            case "RETRY":
                count = directive.count
                number = 1
                if count is not None:
                    number = words.number(count, "the number of retries", 1, MAX_RETRIES)
                draft.handlers.append(Handler("RETRY", number, origin))
            case "ESCALATE":
                first = next((h for h in draft.handlers if h.action == "ESCALATE"), None)
                if first is not None:
                    related = Related("first given here", first.origin.span, self._file)
                    words.error(
                        "ISA0215",
                        f"section {draft.label} escalates twice",
                        directive.span,
                        hint="the oracle is asked once for a section",
                        related=(related,),
                    )
                draft.handlers.append(Handler("ESCALATE", 0, origin))
            case _:
                draft.handlers.append(Handler("HALT", 0, origin))


def _display(name: str) -> str:
    """`./modules/rename.isa` is the section `modules/rename`, `std.rename` itself."""
    if name.endswith(".isa"):
        return name.removeprefix("./").removesuffix(".isa")
    return name


def _has_check(section: Section) -> bool:
    kinds = (lowered.Run, lowered.AssertPassed, lowered.AssertExit)
    return any(
        _has_check(item) if isinstance(item, Section) else isinstance(item, kinds)
        for item in section.body
    )
