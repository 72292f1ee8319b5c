"""Damage to bytecode: to the bytes as a disk or a network does it, to the module as a forger does.

A forger writes the checksum anew. Everything here is a function of the seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Final, TypeVar

from genesis_ssmp.aa.encode import encode
from genesis_ssmp.aa.leb128 import U32_MAX
from genesis_ssmp.aa.module import Handler, Instruction, Line, Module
from genesis_ssmp.aa.opcodes import OPCODES, Action
from genesis_ssmp.aa.pool import canonical

_T = TypeVar("_T")

_DIGEST: Final = 32


def resealed(data: bytes) -> bytes:
    """The bytes with a checksum that fits them."""
    body = data[:-_DIGEST]
    return body + hashlib.sha256(body).digest()


def damaged(data: bytes, seed: int) -> bytes:
    """One flip, cut, insertion, deletion or repetition somewhere in the bytes."""
    random = Random(seed)
    at = random.randrange(len(data))
    kind = random.randrange(6)
    if kind == 0:
        return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
    if kind == 2:
        return data[:at]
    if kind == 3:
        return data[:at] + random.randbytes(random.randint(1, 8)) + data[at:]
    end = min(len(data), at + random.randint(1, 8))
    return data[:at] + data[end:] if kind == 4 else data[:end] + data[at:]


def forged(module: Module, seed: int) -> Module:
    """The module with one to three of its parts changed; it always has bytes."""
    random = Random(seed)
    for _ in range(random.randint(1, 3)):
        module = random.choice(_FORGERIES)(module, random)
    return module


def mutants(module: Module, seeds: range) -> Iterator[bytes]:
    """One file a seed: damaged bytes, damaged bytes with a fitting checksum, forged modules."""
    data = encode(module)
    for seed in seeds:
        if seed % 4 == 0:
            yield damaged(data, seed)
        elif seed % 4 == 1:
            yield resealed(damaged(data[:-_DIGEST], seed) + bytes(_DIGEST))
        elif seed % 4 == 2:
            yield encode(forged(module, seed))
        else:
            yield encode(_tidied(forged(module, seed)))


def _tidied(module: Module) -> Module:
    """The module with its pool in order where that can be done: a forger who knows the rules."""
    try:
        return canonical(module)
    except (IndexError, TypeError, ValueError):
        return module


def _number(random: Random, near: int) -> int:
    choice = random.randrange(4)
    if choice == 0:
        return max(0, near - 1)
    if choice == 1:
        return near + 1
    return random.randrange(8) if choice == 2 else random.choice((0, 127, 128, 10**6, U32_MAX))


def _edited(items: tuple[_T, ...], random: Random, new: Callable[[_T], _T]) -> tuple[_T, ...]:
    """The items with one changed, removed, doubled, or two swapped."""
    if not items:
        return items
    out = list(items)
    at = random.randrange(len(out))
    kind = random.randrange(5)
    if kind <= 1:
        out[at] = new(out[at])
    elif kind == 2:
        del out[at]
    elif kind == 3:
        out.insert(random.randrange(len(out) + 1), out[at])
    else:
        other = random.randrange(len(out))
        out[at], out[other] = out[other], out[at]
    return tuple(out)


def _operand(module: Module, random: Random) -> Module:
    def new(instruction: Instruction) -> Instruction:
        operands = list(instruction.operands)
        if operands:
            at = random.randrange(len(operands))
            operands[at] = min(_number(random, operands[at]), U32_MAX)
        return Instruction(instruction.op, tuple(operands))

    at = random.randrange(len(module.code)) if module.code else 0
    code = tuple(new(item) if pc == at else item for pc, item in enumerate(module.code))
    return replace(module, code=code)


def _instruction(module: Module, random: Random) -> Module:
    def new(pair: tuple[Instruction, Line]) -> tuple[Instruction, Line]:
        op = random.choice(list(OPCODES))
        old = pair[0].operands
        operands = [*old, *(random.randrange(8) for _ in range(4))][: len(OPCODES[op].operands)]
        return Instruction(op, tuple(operands)), pair[1]

    pairs = _edited(tuple(zip(module.code, module.lines, strict=True)), random, new)
    code, lines = tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)
    return replace(module, code=code, lines=lines)


def _handler(module: Module, random: Random) -> Module:
    def new(handler: Handler) -> Handler:
        field = random.choice(("enter", "leave", "action", "count"))
        if field == "action":
            return replace(handler, action=random.choice(list(Action)))
        number = min(_number(random, int(getattr(handler, field))), U32_MAX)
        enter, leave, count = handler.enter, handler.leave, handler.count
        if field == "enter":
            enter = number
        elif field == "leave":
            leave = number
        else:
            count = number
        return Handler(enter, leave, handler.action, count)

    handlers = module.handlers or (Handler(3, 4, Action.RETRY, 1),)
    return replace(module, handlers=_edited(handlers, random, new))


def _constant(module: Module, random: Random) -> Module:
    def new(constant: object) -> object:
        if isinstance(constant, str):
            return random.choice(("", "\0", "..", "x" * 300, constant[:-1], ()))
        return random.choice(("", (), ((0, 0), (0, 0)), ((10**6, 1),)))

    constants: tuple[object, ...] = module.constants
    return replace(module, constants=_edited(constants, random, new))  # type: ignore[arg-type]


def _line(module: Module, random: Random) -> Module:
    if not module.lines:
        return module
    at = random.randrange(len(module.lines))
    line = Line(_number(random, 0) & U32_MAX, min(_number(random, 1), 2**31 - 1))
    lines = tuple(line if pc == at else old for pc, old in enumerate(module.lines))
    return replace(module, lines=lines)


def _meta(module: Module, random: Random) -> Module:
    kind = random.randrange(3)
    if kind == 0:
        return replace(module, output_mode=random.choice(("soft", "medium", "hard")))
    if kind == 1:
        return replace(module, budget=random.choice((0, 1, U32_MAX)))
    return replace(module, language=random.choice(("aa", "isa")))


_FORGERIES: Final = (
    *(_operand, _operand, _operand, _instruction, _instruction, _instruction),
    *(_handler, _handler, _constant, _line, _meta),
)
