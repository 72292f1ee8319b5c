"""Imports of a Python file: what a new one says, where it goes, and whether it is needed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from posixpath import dirname
from typing import TYPE_CHECKING, Final

from ...heaven.index.facts import FileFacts, Import
from ...heaven.index.symbols import SymbolIndex
from ..lists import Listing
from ..patches import Patch
from ..refused import MacroRefused
from ..syntax import Trees, count_errors, parse
from ..targets import place_of

if TYPE_CHECKING:
    from tree_sitter import Node

_DOTTED: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z")
_IMPORTS: Final = ("import_statement", "import_from_statement", "future_import_statement")
_WIDEST: Final = 88


@dataclass(frozen=True, slots=True)
class Wanted:
    """One name to import: `name` of `module` (with its dots), or with an empty `name` the module
    itself. `bound` is what it is to be called in the file."""

    module: str
    name: str
    bound: str

    @property
    def statement(self) -> str:
        if not self.name:
            plain = self.module.partition(".")[0] == self.bound or self.module == self.bound
            return f"import {self.module}" + ("" if plain else f" as {self.bound}")
        return f"from {self.module} import {self.item}"

    @property
    def item(self) -> str:
        return self.name if self.name == self.bound else f"{self.name} as {self.bound}"

    def same(self, row: Import) -> bool:
        """Whether an import of a file does this."""
        module = "." * row.level + row.module
        return (module, row.name, row.bound) == (self.module, self.name, self.bound)


def read_spec(text: str) -> tuple[Wanted, ...]:
    """What an import statement, or the dotted name of a module, asks for. Raises MacroRefused."""
    text = text.strip()
    if _DOTTED.match(text):
        text = f"import {text}"
    root = parse(text.encode(), "x.py")
    node = root.named_children[0] if len(root.named_children) == 1 else None
    if "\n" in text or count_errors(root) or node is None or node.type not in _IMPORTS:
        raise MacroRefused("syntax", f"{text!r} is no import statement")
    if any(one.type == "wildcard_import" for one in node.named_children):
        raise MacroRefused("unsupported", f"{text!r} does not say which names it brings")
    module = node.child_by_field_name("module_name")
    source = "" if module is None or module.text is None else module.text.decode()
    if node.type == "future_import_statement":
        source = "__future__"
    found = []
    for one in node.children_by_field_name("name"):
        alias = one.child_by_field_name("alias")
        inner = one.child_by_field_name("name") or one
        name = (inner.text or b"").decode()
        bound = (alias.text or b"").decode() if alias is not None else ""
        if source:
            found.append(Wanted(source, name, bound or name))
        else:
            found.append(Wanted(name, "", bound or name.partition(".")[0]))
    return tuple(found)


def insert(index: SymbolIndex, trees: Trees, path: str, wanted: Wanted) -> list[Patch]:
    """The patches that import it at the top of the file; none where that is done already.

    For use within the index's `ask`. Raises MacroRefused where its name is taken in the file.
    """
    facts = index.facts_of(path) or FileFacts()
    if any(row.scope == 0 and wanted.same(row) for row in facts.imports):
        return []
    if wanted.module == "__future__" and wanted.name in futures(trees, path):
        return []
    for one in facts.visible(0, wanted.bound).bindings:
        row = facts.imports[one.target] if one.how == "import" else None
        if row is not None and not row.name and not wanted.name:
            tops = {row.module.partition(".")[0], wanted.module.partition(".")[0]}
            if tops == {wanted.bound}:
                continue  # `import a.b` beside `import a.c`
        where = place_of(index, path, one.at)
        raise MacroRefused("collision", f"{wanted.bound} is something else ({where})", (where,))
    statements = leading(trees.root(path))
    source = trees.source(path)
    if wanted.name:
        for node in statements:
            merged = _merged(trees, path, source, node, wanted)
            if merged is not None:
                return merged
    return [_placed(trees, path, source, statements, wanted)]


def futures(trees: Trees, path: str) -> tuple[str, ...]:
    """What a file imports from `__future__`."""
    return tuple(
        trees.text(path, name)
        for node in trees.root(path).named_children
        if node.type == "future_import_statement"
        for name in node.children_by_field_name("name")
    )


def line_patch(path: str, source: bytes, at: int, text: str) -> Patch:
    """Whole lines put in at the start of a line, or at the end of the file."""
    if at >= len(source) and source and not source.endswith(b"\n"):
        return Patch(path, len(source), len(source), "\n" + text.removesuffix("\n"))
    return Patch(path, at, at, text)


def after_line(source: bytes, at: int) -> int:
    """The start of the line behind the one that holds the byte."""
    stop = source.find(b"\n", at)
    return stop + 1 if stop >= 0 else len(source)


def header(wanted: Iterable[Wanted]) -> str:
    """The imports of a new file, a blank line between their sections."""
    order = sorted(wanted, key=lambda one: (_section(one.module), _key(one.module, bool(one.name))))
    lines: list[str] = []
    for number, one in enumerate(order):
        if number and _section(one.module) != _section(order[number - 1].module):
            lines.append("")
        lines.append(one.statement)
    return "".join(f"{line}\n" for line in lines)


def module_of(index: SymbolIndex, path: str, importer: str) -> str:
    """How `importer` names the module that the file `path` is: with dots in front where it is of
    the same package and imports so already."""
    files = set(index.paths()) | {path}
    target, package = _dotted(files, path)
    _, home = _dotted(files, importer)
    facts = index.facts_of(importer) or FileFacts()
    top = package[:1] or target[:1]
    used = [row for row in facts.imports if row.scope == 0 and row.level]
    plain = [row for row in facts.imports if row.module.split(".")[0] in top and not row.level]
    if home and top == home[:1] and (used or not plain):
        common = 0
        last = len(target) - (not path.endswith(("__init__.py", "__init__.pyi")))
        while common < min(len(home), last) and home[common] == target[common]:
            common += 1
        return "." * (len(home) - common + 1) + ".".join(target[common:])
    return ".".join(target)


def reaches(index: SymbolIndex, start: str, goal: str) -> bool:
    """Whether importing the file `start` imports the file `goal`."""
    seen: set[str] = set()
    pending = [start]
    while pending:
        path = pending.pop()
        if path == goal:
            return True
        if path not in seen:
            seen.add(path)
            pending.extend(index.imported_files(path))
    return False


def _dotted(files: set[str], path: str) -> tuple[list[str], list[str]]:
    """The module's name and its package's, as parts."""
    folder = dirname(path)
    names: list[str] = []
    while folder and (f"{folder}/__init__.py" in files or f"{folder}/__init__.pyi" in files):
        folder, _, last = folder.rpartition("/")
        names.insert(0, last)
    while folder and not _is_root(files - {path}, folder):
        folder, _, last = folder.rpartition("/")
        names.insert(0, last)
    stem = path.rpartition("/")[2].rpartition(".")[0]
    return ([*names] if stem == "__init__" else [*names, stem]), names


def _is_root(files: set[str], folder: str) -> bool:
    """Whether modules or packages stand in the directory: their names begin there."""
    return any(
        one.startswith(f"{folder}/")
        and ("/" not in (inside := one[len(folder) + 1 :]) or inside.endswith("/__init__.py"))
        and inside.count("/") < 2
        for one in files
    )


def leading(root: Node) -> list[Node]:
    """The import statements at the top of the file, before any other statement."""
    found = []
    for number, node in enumerate(one for one in root.named_children if one.type != "comment"):
        if node.type in _IMPORTS:
            found.append(node)
        elif number or not _is_docstring(node):
            break
    return found


def _is_docstring(node: Node) -> bool:
    return (
        node.type == "expression_statement"
        and len(node.named_children) == 1
        and node.named_children[0].type in ("string", "concatenated_string")
    )


def _merged(
    trees: Trees, path: str, source: bytes, node: Node, wanted: Wanted
) -> list[Patch] | None:
    """The name among those that a statement takes from the same module."""
    module = node.child_by_field_name("module_name")
    future = node.type == "future_import_statement" and wanted.module == "__future__"
    if not future and (module is None or trees.text(path, module) != wanted.module):
        return None
    names = tuple(node.children_by_field_name("name"))
    if not names:
        return None
    width = node.end_byte - (source.rfind(b"\n", 0, node.start_byte) + 1) + len(wanted.item) + 2
    bracketed = any(one.type == "(" for one in node.children)
    if not bracketed and width > _WIDEST:
        return None
    texts = [trees.text(path, one) for one in names]
    at = len(names)
    for key in (str, str.casefold):
        if texts == sorted(texts, key=key):
            at = sum(key(text) < key(wanted.item) for text in texts)
            break
    return Listing(path, source, node, names).add(at, wanted.item)


def _placed(
    trees: Trees, path: str, source: bytes, statements: list[Node], wanted: Wanted
) -> Patch:
    text = wanted.statement + "\n"
    if not statements:
        return _first(trees, path, source, text)
    mine = _section(wanted.module)
    sections = [_section(_module(trees, path, node)) for node in statements]
    same = [node for node, section in zip(statements, sections, strict=True) if section == mine]
    if same:
        keys = [_key(_module(trees, path, n), n.type != "import_statement") for n in same]
        new = _key(wanted.module, bool(wanted.name))
        if keys == sorted(keys):
            for node, key in zip(same, keys, strict=True):
                if new < key:
                    start = source.rfind(b"\n", 0, node.start_byte) + 1
                    return line_patch(path, source, start, text)
        at = after_line(source, same[-1].end_byte)
        return line_patch(path, source, at, text)
    before = [n for n, section in zip(statements, sections, strict=True) if section < mine]
    if before:
        at = after_line(source, before[-1].end_byte)
        return line_patch(path, source, at, f"\n{text}")
    start = source.rfind(b"\n", 0, statements[0].start_byte) + 1
    return line_patch(path, source, start, f"{text}\n")


def _first(trees: Trees, path: str, source: bytes, text: str) -> Patch:
    """Into a file without imports: behind its docstring, or the comments at its head."""
    at = 0
    for node in trees.root(path).named_children:
        if node.type == "comment" and node.start_point.column == 0:
            at = after_line(source, node.end_byte)
        elif _is_docstring(node):
            at = after_line(source, node.end_byte)
            break
        else:
            break
    rest = source[at:]
    lead = "\n" if at else ""
    trail = "\n" if rest.strip() and not rest.startswith((b"\n", b"\r\n")) else ""
    if not at and source.startswith(b"\xef\xbb\xbf"):
        at = 3
    return line_patch(path, source, at, f"{lead}{text}{trail}")


def _module(trees: Trees, path: str, node: Node) -> str:
    if node.type == "future_import_statement":
        return "__future__"
    named = node.child_by_field_name("module_name") or node.child_by_field_name("name")
    return trees.text(path, named).partition(" ")[0] if named is not None else ""


def _section(module: str) -> int:
    if module.startswith("."):
        return 3
    top = module.partition(".")[0]
    if top == "__future__":
        return 0
    return 1 if top in sys.stdlib_module_names else 2


def _key(module: str, from_import: bool) -> tuple[bool, int, str]:
    dots = len(module) - len(module.lstrip("."))
    return from_import, -dots, module.casefold()
