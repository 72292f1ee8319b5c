"""MOVE_SYMBOL: a definition goes to another file with the imports it needs; imports follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...heaven.index.facts import Definition, FileFacts, Import
from ...heaven.index.naming import Naming
from ...heaven.index.symbols import SymbolIndex
from ...heaven.records import Symbol
from ...proto.edit_ir import EditIR, EditOp
from ..arguments import needed
from ..files import inside
from ..lists import Listing
from ..patches import Patch, edit_of
from ..refused import Expansion, MacroRefused
from ..syntax import Trees, kin_of
from ..targets import find, keys_of, listed, row_of
from .blocks import whole
from .imports import Wanted, after_line, header, insert, leading, line_patch, module_of, reaches
from .move_needs import needs_of
from .unsure import site_of, unsure_spots

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...heaven import Heaven

_NAME = "MOVE_SYMBOL"


@dataclass(frozen=True, slots=True)
class _Move:
    """What is moved: `start`..`end` are its bytes, whole lines, comments above it among them."""

    symbol: Symbol
    row: Definition
    start: int
    end: int
    to: str


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Move `args["symbol"]`, which is defined once at the top level of its file, to the end of
    `args["to"]`, a file that is made if it is not there. Imports that take it from its old file
    take it from the new one. Where it is still wanted under its old module (that module uses it, or
    others reach it as an attribute of that module), the old file imports it back.

    Raises MacroRefused: also where two files would have to import each other.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    trees = Trees(index)
    move = _read(index, trees, args)
    symbol, source_path = move.symbol, move.symbol.path
    naming = index.naming([symbol])
    needs, back = needs_of(
        index, trees, naming, source_path, move.row, move.start, move.end, move.to
    )
    patches: list[Patch] = []
    changed = [
        patch
        for path in sorted({token.path for token in naming.sure} - {source_path})
        for patch in _follow(index, trees, naming, move, path)
    ]
    again = _wanted_again(index, naming, move)
    if again:
        if back:
            raise MacroRefused(
                "unsupported",
                f"{source_path} still needs {symbol.name} ({again}), and {symbol.name} needs "
                f"{back[0]} of it: the two files would import each other",
                (again, *back),
            )
        _check_cycle(index, move.to, source_path)
        module = module_of(index, move.to, source_path)
        patches.append(_import_back(trees, move, Wanted(module, symbol.name, symbol.name)))
    if back:
        _check_cycle(index, source_path, move.to)
        module = module_of(index, source_path, move.to)
        needs = [*needs, *(Wanted(module, name, name) for name in back)]
    source = trees.source(source_path)
    patches.append(Patch(source_path, *_gap(source, move), ""))
    text = source[move.start : move.end].decode().replace("\r\n", "\n").rstrip("\n") + "\n"
    tokens = {(token.path, token.start) for token in naming.sure}
    spots = [s for s in unsure_spots(index, naming) if (s.path, s.start) not in tokens]
    left = tuple(site_of(index, spot) for spot in spots)
    count = 1 + len(changed)
    if index.facts_of(move.to) is None:
        statements = header(needs)
        body = statements + ("\n\n" if statements else "") + text
        made = EditOp(op="add_file", path=move.to, content=body)
        edit = edit_of(index, [*patches, *changed], "the move")
        return Expansion(EditIR((made, *edit.ops)), count, left)
    for one in needs:
        patches += insert(index, trees, move.to, one)
    target = trees.source(move.to)
    gap = "\n\n" if target.strip() else ""
    patches.append(line_patch(move.to, target, len(target), f"{gap}{text}"))
    return Expansion(edit_of(index, [*patches, *changed], "the move"), count, left)


def _read(index: SymbolIndex, trees: Trees, args: Mapping[str, str]) -> _Move:
    wanted = needed(args, _NAME, "symbol")
    symbols = find(index, _NAME, wanted, args.get("in"), args.get("kind"))
    symbol = symbols[0]
    to = inside(_NAME, needed(args, _NAME, "to"))
    if kin_of(to) != "python":
        raise MacroRefused(
            "unsupported", f"{to} is no Python file, where {symbol.name} could stand"
        )
    keys = keys_of(index, symbol)
    row = row_of(index, keys[0])
    if row.scope != 0 or row.owner >= 0:
        raise MacroRefused(
            "unsupported", f"{symbol.qualname} is not at the top of its file", (listed(symbol),)
        )
    facts = index.facts_of(symbol.path) or FileFacts()
    if len(facts.visible(0, symbol.name).bindings) != 1 or len(keys) != 1:
        raise MacroRefused("unsupported", f"{symbol.name} is bound more than once in {symbol.path}")
    if to == symbol.path:
        raise MacroRefused("nothing", f"{symbol.name} is in {to} already")
    there = index.facts_of(to)
    if there is None and (index.root / to).exists():
        raise MacroRefused("unsupported", f"{to} could not be read")
    mine = there.visible(0, symbol.name).bindings if there is not None else []
    if any(one.how != "import" for one in mine):
        raise MacroRefused("collision", f"{symbol.name} is defined in {to} already")
    node = whole(trees, symbol.path, row)
    if node.parent is None or node.parent.type != "module":
        raise MacroRefused(
            "unsupported", f"{symbol.name} is defined under a condition", (listed(symbol),)
        )
    start, end = _lines(trees.source(symbol.path), node)
    return _Move(symbol, row, start, end, to)


def _lines(source: bytes, node: Node) -> tuple[int, int]:
    """The statement's lines with the comments right above it."""
    start = source.rfind(b"\n", 0, node.start_byte) + 1
    end = after_line(source, max(node.end_byte - 1, 0))
    behind = source[node.end_byte : end].strip()
    if source[start : node.start_byte].strip() or behind[:1] not in (b"", b"#"):
        raise MacroRefused("unsupported", "it shares its line with another statement")
    while start > 0:
        above = source.rfind(b"\n", 0, start - 1) + 1
        if not source[above:start].startswith(b"#") or source[above:start].startswith(b"#!"):
            break
        start = above
    # Comments at the head of the file are the file's.
    return (start if source[:start].strip() else source.rfind(b"\n", 0, node.start_byte) + 1), end


def _gap(source: bytes, move: _Move) -> tuple[int, int]:
    """The lines that go: its own, the blank ones behind it, or before it at the file's end."""
    start, end = move.start, move.end
    while end < len(source) and not source[end : after_line(source, end)].strip():
        end = after_line(source, end)
    while end == len(source) and start > 0:
        above = source.rfind(b"\n", 0, start - 1) + 1
        if source[above:start].strip():
            break
        start = above
    return start, end


def _wanted_again(index: SymbolIndex, naming: Naming, move: _Move) -> str:
    """Why the old file must have the name still; empty where it need not."""
    path = move.symbol.path
    for token in naming.sure:
        if token.path == path:
            if not move.start <= token.start < move.end:
                return f"{path}:{index.lines(path).line(token.start)} uses it"
            continue
        facts = index.facts_of(token.path) or FileFacts()
        for number in facts.names.get(naming.name, ()):
            use = facts.uses[number]
            if use.start == token.start and use.on != -1 and use.imported < 0:
                where = f"{token.path}:{index.lines(token.path).line(token.start)}"
                return f"{where} reaches it through its module"
    for other in index.paths():
        if other != path and naming.comes_with_star(other):
            return f"{other} takes it with *"
    return ""


def _import_back(trees: Trees, move: _Move, wanted: Wanted) -> Patch:
    """The import in the old file, whose own name for it is about to be free."""
    path = move.symbol.path
    source = trees.source(path)
    tops = leading(trees.root(path))
    if tops:
        at = after_line(source, tops[-1].end_byte)
        return line_patch(path, source, at, f"{wanted.statement}\n")
    return line_patch(path, source, move.start, f"{wanted.statement}\n\n\n")


def _follow(
    index: SymbolIndex, trees: Trees, naming: Naming, move: _Move, path: str
) -> list[Patch]:
    """The imports of a file that take it from the old one."""
    facts = index.facts_of(path) or FileFacts()
    patches: list[Patch] = []
    starts = {token.start for token in naming.sure if token.path == path}
    for use in facts.uses:
        if use.start not in starts or use.imported < 0:
            continue
        row = facts.imports[use.imported]
        if row.name != naming.name or use.depth or use.name != naming.name:
            continue
        if move.symbol.path not in index.import_sources(path, row):
            continue
        if path != move.to:
            _check_cycle(index, move.to, path)
        found = _redirected(index, trees, move, path, row, use.start)
        patches += [patch for patch in found if patch not in patches]
    return patches


def _redirected(
    index: SymbolIndex, trees: Trees, move: _Move, path: str, row: Import, at: int
) -> list[Patch]:
    node: Node | None = trees.at(path, at, at + 1)
    while node is not None and node.type != "import_from_statement":
        node = node.parent
    module = node.child_by_field_name("module_name") if node is not None else None
    if node is None or module is None:
        return []
    names = tuple(node.children_by_field_name("name"))
    source = trees.source(path)
    if path == move.to and row.bound != row.name:
        raise MacroRefused(
            "collision", f"{path} imports {row.name} as {row.bound}", (f"{path} {row.bound}",)
        )
    number = next(i for i, one in enumerate(names) if one.start_byte <= at < one.end_byte)
    rest = [] if path == move.to else [module_of(index, move.to, path)]
    if len(names) > 1:
        patches = Listing(path, source, node, names).remove([number])
        start = source.rfind(b"\n", 0, node.start_byte) + 1
        lead = source[start : node.start_byte].decode()
        for new in rest:
            text = f"{lead}{Wanted(new, row.name, row.bound).statement}\n"
            patches.append(line_patch(path, source, after_line(source, node.end_byte - 1), text))
        return patches
    if rest:
        return [Patch(path, module.start_byte, module.end_byte, rest[0])]
    start = source.rfind(b"\n", 0, node.start_byte) + 1
    return [Patch(path, start, after_line(source, node.end_byte - 1), "")]


def _check_cycle(index: SymbolIndex, imported: str, importer: str) -> None:
    if index.facts_of(imported) is not None and reaches(index, imported, importer):
        raise MacroRefused(
            "unsupported",
            f"{importer} would import {imported}, which imports it",
            (importer, imported),
        )
