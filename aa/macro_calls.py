"""A macro call against its signature: which word is which argument, and is it one at all."""

from __future__ import annotations

from .ast import MacroCall, Word
from .diagnostic import did_you_mean
from .lowered import Macro
from .macros import SIGNATURES, Signature
from .words import Words, is_name, shown


def lower_macro(call: MacroCall, words: Words) -> Macro | None:
    """The call with its arguments by name, or None where it was reported."""
    signature = SIGNATURES[call.name.value]
    if not signature.implemented:
        words.error(
            "AA0214",
            f"macro opcode {signature.name} has no expansion in this version",
            call.name.span,
            hint="say it in words for an angel, in quotes if it starts with this name",
        )
        return None
    arguments = _matched(call, signature, words)
    if arguments is None:
        return None
    values = {name: _value(name, word, words) for name, word in arguments.items()}
    old, new = arguments["old"], arguments["new"]
    if values["old"].rpartition("::")[2].rpartition(".")[2] == values["new"]:
        words.error("AA0216", f"{shown(old.value)} already has that name", new.span)
    return Macro(signature.name, tuple(sorted(values.items())), words.origin(call.span))


def _matched(call: MacroCall, signature: Signature, words: Words) -> dict[str, Word] | None:
    needed = signature.positional
    usage = f"usage: {signature.usage()}"
    if len(call.args) < len(needed):
        lacking = " and ".join(f"`{name}`" for name in needed[len(call.args) :])
        words.error("AA0215", f"{signature.name} lacks {lacking}", call.span, hint=usage)
        return None
    found = dict(zip(needed, call.args, strict=False))
    rest = call.args[len(needed) :]
    for at in range(0, len(rest), 2):
        keyword = rest[at]
        name = keyword.value
        if words.open(keyword):
            return None
        if name not in signature.keywords:
            hint = did_you_mean(name, signature.keywords) or usage
            words.error(
                "AA0215", f"{signature.name} has no argument {shown(name)}", keyword.span, hint=hint
            )
            return None
        if name in found:
            words.error("AA0215", f"`{name}` is given twice", keyword.span, hint=usage)
            return None
        if at + 1 == len(rest):
            words.error("AA0215", f"`{name}` has no value", keyword.span, hint=usage)
            return None
        found[name] = rest[at + 1]
    return found


def _value(argument: str, word: Word, words: Words) -> str:
    if words.open(word):
        return word.value
    if argument == "old":
        return words.symbol(word)
    if argument == "in":
        return words.path(word, directory=True)
    if argument == "new" and not is_name(word.value):
        words.error(
            "AA0216",
            f"{shown(word.value)} is no name for a symbol",
            word.span,
            hint="the new name alone, without class or path",
        )
    if argument == "kind" and not (is_name(word.value) and word.value.islower()):
        words.error(
            "AA0216",
            f"{shown(word.value)} is no kind of symbol",
            word.span,
            hint="a word such as function, method or class",
        )
    return word.value
