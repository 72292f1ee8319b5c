"""Bytecode modules for tests: a builder, sizes to order, and Hypothesis strategies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from genesis_ssmp.aa.encode import LANGUAGES, MODES
from genesis_ssmp.aa.leb128 import U32_MAX
from genesis_ssmp.aa.module import Constant, Handler, Instruction, Line, Module
from genesis_ssmp.aa.opcodes import CHOICES, OPCODES, Action, Kind, Op
from genesis_ssmp.aa.pool import Pool
from hypothesis import strategies as st


class Builder:
    """Writes code instruction by instruction, with the pool in canonical order."""

    def __init__(self, output_mode: str = "medium") -> None:
        self.pool = Pool()
        self.code: list[Instruction] = []
        self.lines: list[Line] = []
        self.handlers: list[Handler] = []
        self.file = ""
        self.line = 1
        self.mode = CHOICES[Kind.OUTPUT].index(output_mode)

    def emit(self, op: Op, *operands: int) -> int:
        """Append an instruction; returns its pc."""
        self.code.append(Instruction(op, operands))
        self.lines.append(Line(self.pool.text(self.file), self.line))
        return len(self.code) - 1

    def head(self, scopes: tuple[str, ...] = (".",)) -> None:
        self.emit(Op.REV, self.pool.text("HEAD"))
        for scope in scopes:
            self.emit(Op.LEASE, 3, self.pool.text(scope))
        self.emit(Op.ACQUIRE)

    def task(self, text: str) -> None:
        self.emit(Op.ANGEL, self.pool.text(text), 0)
        self.land()

    def macro(self, name: str, args: dict[str, str]) -> None:
        self.emit(Op.MACRO, self.pool.text(name), self.pool.record(args.items()))
        self.land()

    def land(self) -> None:
        self.emit(Op.OUTPUT, self.mode, 0)
        self.emit(Op.EMIT)

    def leave(self, enter: int, handlers: tuple[tuple[Action, int], ...] = ()) -> None:
        leave = self.emit(Op.LEAVE)
        self.handlers += (Handler(enter, leave, action, count) for action, count in handlers)

    def module(self, **meta: object) -> Module:
        modes = CHOICES[Kind.OUTPUT]
        fields: dict[str, object] = {
            "language": "isa",
            "mode": "SOLO",
            "output_mode": modes[self.mode],
            "budget": 8000,
            "source_sha256": "0" * 64,
            **meta,
        }
        return Module(
            constants=self.pool.constants(),
            code=tuple(self.code),
            handlers=tuple(self.handlers),
            lines=tuple(self.lines),
            **fields,  # type: ignore[arg-type]
        )


def long_module(tasks: int, retries: int = 2) -> Module:
    """One section of so many tasks: 3 * tasks + 6 instructions."""
    build = Builder()
    build.head()
    enter = build.emit(Op.ENTER, build.pool.text("start"))
    for number in range(tasks):
        build.line = number + 2
        build.task(f"Do thing {number}")
    build.leave(enter, ((Action.RETRY, retries),))
    build.emit(Op.HALT)
    return build.module()


texts: Final = st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12
)
_small: Final = st.integers(1, 3)


@st.composite
def modules(draw: st.DrawFn, most_items: int = 4, deepest: int = 3) -> Module:
    """Modules that the verifier accepts."""
    mode = draw(st.sampled_from(CHOICES[Kind.OUTPUT]))
    build = Builder(mode)
    build.head(tuple(draw(st.lists(texts, min_size=1, max_size=2))))
    for _ in range(draw(st.integers(0, 2))):
        _section(draw, build, most_items, deepest)
    build.emit(Op.HALT)
    return build.module(
        language=draw(st.sampled_from(LANGUAGES)),
        mode=draw(st.sampled_from(MODES)),
        budget=draw(st.integers(0, U32_MAX)),
        source_sha256=draw(st.binary(min_size=32, max_size=32)).hex(),
    )


def _section(draw: st.DrawFn, build: Builder, most_items: int, deepest: int) -> None:
    _advance(draw, build)
    enter = build.emit(Op.ENTER, build.pool.text(draw(texts)))
    ran: set[int] = set()
    for _ in range(draw(st.integers(0, most_items))):
        _advance(draw, build)
        if deepest > 1 and draw(st.integers(0, 3)) == 0:
            _section(draw, build, most_items, deepest - 1)
        else:
            draw(st.sampled_from(_ITEMS))(draw, build, ran)
    actions = draw(
        st.lists(
            st.one_of(
                st.tuples(st.just(Action.RETRY), _small),
                st.tuples(st.just(Action.ESCALATE), st.just(0)),
                st.tuples(st.just(Action.HALT), st.just(0)),
            ),
            max_size=3,
            unique_by=lambda pair: (pair[0], pair[1]),
        )
    )
    build.leave(enter, tuple(actions))


def _advance(draw: st.DrawFn, build: Builder) -> None:
    build.line += draw(st.integers(0, 2))
    build.file = draw(st.sampled_from(("", "", "", "std.rename")))


_Item = Callable[[st.DrawFn, Builder, set[int]], None]


def _task(draw: st.DrawFn, build: Builder, ran: set[int]) -> None:
    build.task(draw(texts))


def _macro(draw: st.DrawFn, build: Builder, ran: set[int]) -> None:
    build.macro(draw(texts), draw(st.dictionaries(texts, texts, max_size=3)))


def _fault(draw: st.DrawFn, build: Builder, ran: set[int]) -> None:
    op = draw(st.sampled_from([op for op in OPCODES if op.name.startswith("FAULT")]))
    operands: list[int] = []
    for operand in OPCODES[op].operands:
        if operand.kind is Kind.TEXT:
            operands.append(build.pool.text(draw(texts)))
        else:
            operands.append(draw(st.integers(1, 1000)) if operand.kind is Kind.INT else 0)
    build.emit(op, *operands)


def _run(draw: st.DrawFn, build: Builder, ran: set[int]) -> None:
    kind = draw(st.integers(0, 2))
    ran.add(kind)
    build.emit(Op.RUN, kind, build.pool.text(draw(st.one_of(st.just(""), texts))))


def _assert(draw: st.DrawFn, build: Builder, ran: set[int]) -> None:
    if not ran:
        build.emit(Op.NOP)
    elif draw(st.booleans()):
        build.emit(Op.ASSERT_PASSED, draw(st.sampled_from(sorted(ran))))
    else:
        build.emit(Op.ASSERT_EXIT, draw(st.integers(0, 1)), draw(st.integers(0, U32_MAX)))


def _invariant(draw: st.DrawFn, build: Builder, ran: set[int]) -> None:
    build.emit(Op.INVARIANT, build.pool.text(draw(texts)))


def _halt(draw: st.DrawFn, build: Builder, ran: set[int]) -> None:
    build.emit(Op.HALT if draw(st.integers(0, 4)) == 0 else Op.NOP)


_ITEMS: Final[tuple[_Item, ...]] = (_task, _macro, _fault, _run, _assert, _invariant, _halt)

_numbers: Final = st.one_of(st.integers(0, 4), st.integers(0, U32_MAX))
_any_text: Final = st.text(st.characters(codec="utf-8"), max_size=8)


@st.composite
def any_modules(draw: st.DrawFn) -> Module:
    """Modules that have bytes, and are most likely refused by the verifier."""
    constants: list[Constant] = draw(
        st.lists(
            st.one_of(_any_text, st.lists(st.tuples(_numbers, _numbers), max_size=3).map(tuple)),
            max_size=6,
        )
    )
    code: list[Instruction] = []
    for op in draw(st.lists(st.sampled_from(list(OPCODES)), max_size=12)):
        operands = tuple(draw(_numbers) for _ in OPCODES[op].operands)
        code.append(Instruction(op, operands))
    handlers = draw(
        st.lists(
            st.builds(Handler, _numbers, _numbers, st.sampled_from(list(Action)), _numbers),
            max_size=3,
        )
    )
    lines = [
        Line(draw(_numbers), draw(st.one_of(st.integers(0, 3), st.integers(0, 2**31 - 1))))
        for _ in code
    ]
    return Module(
        draw(st.sampled_from(LANGUAGES)),
        draw(st.sampled_from(MODES)),
        draw(st.sampled_from(CHOICES[Kind.OUTPUT])),
        draw(_numbers),
        draw(st.binary(min_size=32, max_size=32)).hex(),
        tuple(constants),
        tuple(code),
        tuple(handlers),
        tuple(lines),
    )
