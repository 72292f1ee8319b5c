"""The words of a task by what they say about code: paths, traceback places, names, plain words.

A name is whatever could not be a word of prose: it has an underscore, a capital inside, a dot
between names, brackets behind it, or quotes around it. Of plain words the common ones are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ...heaven.words import split_name

_PATH: Final = re.compile(r"(?<![\w/.-])(?:[\w.@-]+/)*[\w@-][\w.@-]*\.[A-Za-z]{1,5}\b(?![\w(])")
_FRAME: Final = re.compile(r'File "([^"\n]+)", line (\d+)(?:, in ([\w<>.]+))?')
_PLACE: Final = re.compile(r"((?:[\w.@-]+/)*[\w@-][\w.@-]*\.[A-Za-z]{1,5}):(\d+)\b")
_ROLE: Final = re.compile(r":[\w:+.-]*:(?=`)")
_QUOTED: Final = re.compile(r"``([^`\n]+)``|`([^`\n]+)`|'([\w.()-]+)'|\"([\w.()-]+)\"")
_NAME: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?:\(\))?")
_FILE_SUFFIXES: Final = """
    py pyi pyx go ts tsx js jsx mjs cjs mts cts rs c h cc cpp hpp java rb php html css scss md rst
    txt toml cfg ini json yaml yml sql sh scm lark isa aa po xml in"""
_SUFFIXES: Final = frozenset(_FILE_SUFFIXES.split())
_COMMON_WORDS: Final = """
    a about above add added adding adds after again all allow allowed allows also an and any are
    as at avoid be because been before being below between both but by bug bugs bugfix can cannot
    case cases cause caused causes change changed changes check code correct correctly could did do
    does doing don done down during each either else ensure error errors even every example feature
    few fix fixed fixes fixing for from further get gets give given gives got had handle handled
    handles handling has have having here how however if implement improve improved improves in
    incorrect incorrectly instead into is issue issues it its itself just like longer made make
    makes making many may might more most must need needs never new no nor not now of off on once
    one only or other our out over own patch possible prevent previously problem properly provide
    raise raised raises reference refs regression release released remove removed removes report
    reported same set should since so some still such support supported supports than thank thanks
    that the their them then there these they this those through to too under until up update
    updated upon us use used user users uses using version very via was we were what when where
    whether which while who why will with within without work worked working works would wrong you
    your closes close closed gh pr pull request see now"""
_COMMON: Final = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True, slots=True)
class Terms:
    """`names` are identifiers as they were written (dotted ones whole); `words` are small letters,
    plain words and the parts of names; `paths` may be the ends of paths; `places` are paths with
    a line (1-based); `pairs` are words that stand side by side. Each in the order of the text,
    once."""

    names: tuple[str, ...]
    words: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    paths: tuple[str, ...]
    places: tuple[tuple[str, int], ...]

    def __bool__(self) -> bool:
        return bool(self.names or self.words or self.paths)


def read_terms(task: str) -> Terms:
    """Any text has terms, if only none."""
    names: dict[str, None] = {}
    words: dict[str, None] = {}
    paths: dict[str, None] = {}
    places: dict[tuple[str, int], None] = {}
    for match in _FRAME.finditer(task):
        places[(match[1], int(match[2]))] = None
        if match[3] and match[3].isidentifier():
            names[match[3]] = None
    for match in _PLACE.finditer(task):
        places[(match[1], int(match[2]))] = None
    for match in _PATH.finditer(task):
        if "/" in match[0] or match[0].rpartition(".")[2] in _SUFFIXES:
            paths[match[0]] = None
    paths.update(dict.fromkeys(path for path, _ in places))
    text = _PATH.sub(lambda m: " " if m[0] in paths else m[0], _FRAME.sub(" ", task))
    text = _ROLE.sub("", text)
    quoted: set[str] = set()
    for match in _QUOTED.finditer(text):
        inner = next(group for group in match.groups() if group)
        quoted.update(one.removesuffix("()") for one in _NAME.findall(inner))
    pairs: dict[tuple[str, str], None] = {}
    before, end = "", 0
    for match in _NAME.finditer(text):
        token = match[0]
        if text[end : match.start()].strip(" -`"):
            before = ""
        name = token.removesuffix("()")
        if name in quoted or token.endswith("()") or _is_name(name):
            names[name] = None
        for part in split_name(name):
            if len(part) > 1 and (part not in _COMMON or name in quoted):
                words[part] = None
                if before:
                    pairs[(before, part)] = None
                before = part
            else:
                before = ""
        end = match.end()
    for path in paths:
        words.update(dict.fromkeys(one for one in split_name(path) if one not in _SUFFIXES))
    return Terms(tuple(names), tuple(words), tuple(pairs), tuple(paths), tuple(places))


def _is_name(token: str) -> bool:
    if "_" in token.strip("_") or token.startswith("_"):
        return True
    if "." in token:
        return all(len(part) > 1 for part in token.split("."))
    return not token.isupper() and any(one.isupper() for one in token[1:])
