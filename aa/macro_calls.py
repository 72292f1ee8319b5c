"""A macro call against its signature: which word is which argument, and is it one at all."""

from __future__ import annotations

from .ast import MacroCall, Word
from .diagnostic import did_you_mean
from .lowered import Macro
from .macros import SIGNATURES, Parameter, Signature
from .words import Words, is_name, shown

_MAX_NUMBER = 1_000_000_000


def lower_macro(call: MacroCall, words: Words) -> Macro | None:
    """The call with its arguments by name, or None where it was reported."""
    signature = SIGNATURES[call.name.value]
    arguments = _matched(call, signature, words)
    if arguments is None:
        return None
    for name, word in arguments.items():
        if not _in_language(signature, signature.parameter(name), word, words):
            return None
    values = {
        name: _value(signature.parameter(name), word, words) for name, word in arguments.items()
    }
    if signature.name == "RENAME_SYMBOL":
        _check_new_name(arguments["old"], arguments["new"], words)
    if "start" in values and not words.open(arguments["start"]):
        _check_order(arguments["start"], arguments["end"], words)
    return Macro(signature.name, tuple(sorted(values.items())), words.origin(call.span))


def _matched(call: MacroCall, signature: Signature, words: Words) -> dict[str, Word] | None:
    needed = signature.positional
    usage = f"usage: {signature.usage(switches=False)}"
    if len(call.args) < len(needed):
        lacking = " and ".join(f"`{name}`" for name in needed[len(call.args) :])
        words.error("AA0215", f"{signature.name} lacks {lacking}", call.span, hint=usage)
        return None
    found = dict(zip(needed, call.args, strict=False))
    rest = call.args[len(needed) :]
    for at in range(0, len(rest), 2):
        keyword = rest[at]
        name = keyword.value.lower()
        if words.open(keyword):
            return None
        if name not in signature.keywords:
            hint = did_you_mean(name, signature.keywords) or usage
            words.error(
                "AA0215",
                f"{signature.name} has no argument {shown(keyword.value)}",
                keyword.span,
                hint=hint,
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


def _in_language(signature: Signature, parameter: Parameter, word: Word, words: Words) -> bool:
    """A file that is named must be of a language that the macro works on."""
    if not signature.suffixes or parameter.type not in ("symbol", "callee", "path"):
        return True
    path, colons, _ = word.value.rpartition("::")
    path = path if colons else (word.value if parameter.type == "path" else "")
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    if words.open(word) or dot <= 0 or name[dot:] in signature.suffixes:
        return True
    if not name[dot + 1 :].isalnum():
        return True  # `..` is no file at all
    if parameter.name == "in":
        return True  # a directory may have a dot in its name
    words.error(
        "AA0214",
        f"{signature.name} has no expansion for *{name[dot:]} in this version",
        word.span,
        hint=f"it works on {', '.join('*' + suffix for suffix in signature.suffixes)}",
    )
    return False


def _value(parameter: Parameter, word: Word, words: Words) -> str:
    if words.open(word):
        return word.value
    value = word.value
    match parameter.type:
        case "symbol" | "callee":
            return words.symbol(word)
        case "path":
            return words.path(word, directory=parameter.name == "in")
        case "number" | "line":
            low = 1 if parameter.type == "line" else 0
            return str(words.number(word, f"`{parameter.name}`", low, _MAX_NUMBER))
        case "choice":
            return words.choice(
                word, {one: one for one in parameter.choices}, "AA0216", f"`{parameter.name}`"
            )
        case "name":
            if not is_name(value):
                words.error("AA0216", f"{shown(value)} is no name", word.span)
        case "kind":
            if not (is_name(value) and value.islower()):
                words.error(
                    "AA0216",
                    f"{shown(value)} is no kind of symbol",
                    word.span,
                    hint="a word such as function, method or class",
                )
        case "text":
            if not value.strip() and parameter.name != "content":
                words.error("AA0216", f"`{parameter.name}` is empty", word.span)
        case _:
            pass
    return value


def _check_new_name(old: Word, new: Word, words: Words) -> None:
    """The new name is a bare one; it may repeat what stands before the old one."""
    if words.open(new):
        return
    bare = new.value
    place = old.value[: max(old.value.rfind("."), old.value.rfind(":")) + 1]
    for prefix in (place, place.rpartition("::")[2]):
        if prefix and bare.startswith(prefix):
            bare = bare[len(prefix) :]
            break
    if not is_name(bare):
        words.error(
            "AA0216",
            f"{shown(new.value)} is no name for a symbol",
            new.span,
            hint="the new name alone, or after the same class and path as the old one",
        )
    elif not words.open(old) and old.value.rpartition("::")[2].rpartition(".")[2] == bare:
        words.error("AA0216", f"{shown(old.value)} already has that name", new.span)


def _check_order(start: Word, end: Word, words: Words) -> None:
    if start.value.isdecimal() and end.value.isdecimal() and int(start.value) > int(end.value):
        words.error("AA0216", f"line {end.value} is before line {start.value}", end.span)
