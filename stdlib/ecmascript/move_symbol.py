"""MOVE_SYMBOL: a definition goes to another file with the imports it needs; imports follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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
from .blocks import behind, line_after
from .cycles import reaches
from .imports import Style, Wanted, after, drop, header, insert, merged, specifier_of, style_of
from .modules import KIN, Given, Modules, Taken
from .move_needs import Needs, needs_of
from .scopes import Variable, text_of
from .spots import sites_of
from .spread import Spread

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...heaven import Heaven

_NAME: Final = "MOVE_SYMBOL"
_TYPES: Final = frozenset({"interface", "type"})


@dataclass(frozen=True, slots=True)
class _Move:
    """What is moved: `start`..`end` are its bytes, whole lines, comments above it among them;
    `given` is how the old file gives it away, None if it does not."""

    symbol: Symbol
    variable: Variable
    statements: tuple[Node, ...]
    start: int
    end: int
    to: str
    given: Given | None

    @property
    def old(self) -> str:
        return self.symbol.path

    @property
    def name(self) -> str:
        return self.symbol.name

    @property
    def inline(self) -> bool:
        """Whether its own statement exports it."""
        return self.given is not None and self.given.statement in self.statements

    def holds(self, start: int) -> bool:
        return self.start <= start < self.end


def expand(args: Mapping[str, str], heaven: Heaven) -> Expansion:
    """Move `args["symbol"]`, which stands at the top level of its file, to the end of `args["to"]`,
    a file that is made if it is not there. Imports that take it from its old file take it from the
    new one; what it needs is imported there, and exported by the old file if it was not. Where it
    is still used in the old file, that imports it; where others reach it through the old file as a
    whole (`ns.name`), that gives it on. Imports that the old file has no more use for go.

    Raises MacroRefused: also where two files would have to load each other.
    """
    return heaven.index.ask(lambda: _expand(args, heaven.index))


def _expand(args: Mapping[str, str], index: SymbolIndex) -> Expansion:
    trees = Trees(index)
    modules = Modules(index, trees)
    move = _read(index, trees, modules, args)
    style = style_of(trees, modules, move.to if move.to in modules.paths else move.old)
    needs = needs_of(index, trees, modules, move.variable, move.old, move.start, move.end, move.to)
    spread = Spread(index, trees, modules, move.name, [(move.old, move.variable)])
    patches, again = _followed(trees, modules, move, spread)
    used = [
        token for token in move.variable.tokens
        if not token.bound and not move.holds(token.start) and not _gives(move, token.start)
    ]  # fmt: skip
    _check_cycles(modules, move, needs, bool(used) or again)
    patches += needs.patches
    patches += drop(trees, move.old, needs.unused)
    if used or again:
        patches += _back(trees, modules, move, bool(used), again, needs)
    patches += _no_more_given(trees, move)
    source = trees.source(move.old)
    patches.append(Patch(move.old, *_gap(source, move), ""))
    text = _text(source, move, style)
    left = sites_of(index, spread.unsure)
    count = 1 + len({one.path for one in patches} - {move.old})
    if move.to not in modules.paths:
        statements = header(style, needs.wanted)
        content = statements + ("\n" if statements else "") + text
        made = EditOp(op="add_file", path=move.to, content=content)
        edit = edit_of(index, patches, "the move")
        return Expansion(EditIR((made, *edit.ops)), count, left)
    for one in needs.wanted:
        patches += insert(trees, modules, move.to, one)
    target = trees.source(move.to)
    gap = "\n" if target.strip() else ""
    patches.append(behind(move.to, target, len(target), gap + text))
    return Expansion(edit_of(index, patches, "the move"), count, left)


def _read(index: SymbolIndex, trees: Trees, modules: Modules, args: Mapping[str, str]) -> _Move:
    wanted = needed(args, _NAME, "symbol")
    symbols = find(index, _NAME, wanted, args.get("in"), args.get("kind"), KIN)
    symbol = symbols[0]
    to = inside(_NAME, needed(args, _NAME, "to"))
    if kin_of(to) != KIN:
        raise MacroRefused(
            "unsupported", f"{to} is no file of TypeScript or JavaScript, where it could stand"
        )
    if not to.endswith(("ts", "tsx")) and symbol.path.endswith(("ts", "tsx")):
        raise MacroRefused("unsupported", f"{symbol.name} is TypeScript, and {to} is not")
    if to == symbol.path:
        raise MacroRefused("nothing", f"{symbol.name} is in {to} already")
    if to not in modules.paths and (index.root / to).exists():
        raise MacroRefused("unsupported", f"{to} could not be read")
    file = modules.file(symbol.path)
    variable = file.scopes.at.get(symbol.name_at.start_byte)
    if variable is None or variable.scope is not file.scopes.top:
        raise MacroRefused(
            "unsupported", f"{symbol.qualname} is not at the top of its file", (listed(symbol),)
        )
    if (
        to in modules.paths
        and symbol.name in modules.file(to).scopes.top.names
        and not any(
            row.source == symbol.path
            and row.variable is not None
            and row.variable.name == symbol.name
            for row in modules.file(to).taken
        )
    ):
        raise MacroRefused("collision", f"{symbol.name} is defined in {to} already")
    statements = tuple(dict.fromkeys(_statement(trees, symbol, one.node) for one in variable.bound))
    source = trees.source(symbol.path)
    starts = [row_of(index, key).start for key in keys_of(index, symbol)]
    start = min([*starts, *(one.start_byte for one in statements)])
    start = source.rfind(b"\n", 0, start) + 1
    end = line_after(source, max(one.end_byte for one in statements))
    root = trees.root(symbol.path)
    for one in root.named_children:
        between = one.start_byte < end and one.end_byte > start and one.type != "comment"
        if between and one not in statements:
            raise MacroRefused(
                    "unsupported", f"{symbol.name} stands in several places of {symbol.path}",
                    (f"{symbol.path}:{one.start_point.row + 1}",),
                )  # fmt: skip
    given = [row for row in file.given if row.variable is variable]
    if len(given) > 1 or any(row.name != symbol.name for row in given):
        raise MacroRefused(
            "unsupported", f"{symbol.path} gives {symbol.name} away as {given[0].name}"
        )
    return _Move(symbol, variable, statements, start, end, to, given[0] if given else None)


def _statement(trees: Trees, symbol: Symbol, node: Node) -> Node:
    """The statement at the top of the file that a declaring token stands in."""
    found = node
    several = False
    while found.parent is not None and found.parent.type != "program":
        if found.type in ("lexical_declaration", "variable_declaration"):
            several = len([o for o in found.named_children if o.type == "variable_declarator"]) > 1
        if found.type.endswith("_pattern"):
            several = True
        found = found.parent
    if found.type in ("lexical_declaration", "variable_declaration"):
        several = len([o for o in found.named_children if o.type == "variable_declarator"]) > 1
    if several or found.type not in (
        "export_statement", "function_declaration", "generator_function_declaration",
        "function_signature", "class_declaration", "abstract_class_declaration",
        "interface_declaration", "type_alias_declaration", "enum_declaration",
        "lexical_declaration", "variable_declaration", "ambient_declaration",
    ):  # fmt: skip
        raise MacroRefused(
            "unsupported", f"{symbol.name} is declared together with others", (listed(symbol),)
        )
    return found


def _text(source: bytes, move: _Move, style: Style) -> str:
    """What is moved, exported."""
    text = source[move.start : move.end].decode().replace("\r\n", "\n").rstrip("\n") + "\n"
    if move.inline:
        return text
    if style.common_js:
        return f"{text}\nexports.{move.name} = {move.name}{style.end}\n"
    body = source[move.start : move.end]
    for one in sorted(move.statements, key=lambda node: -node.start_byte):
        at = one.start_byte - move.start
        body = body[:at] + b"export " + body[at:]
    return body.decode().replace("\r\n", "\n").rstrip("\n") + "\n"


def _gap(source: bytes, move: _Move) -> tuple[int, int]:
    """The lines that go: its own, the blank ones behind it, or before it at the file's end."""
    start, end = move.start, move.end
    while end < len(source) and not source[end : line_after(source, end + 1)].strip():
        end = line_after(source, end + 1)
    while end == len(source) and start > 0:
        above = source.rfind(b"\n", 0, start - 1) + 1
        if source[above:start].strip():
            break
        start = above
    return start, end


def _gives(move: _Move, start: int) -> bool:
    """Whether a token only gives the name away: `export {a}`."""
    given = move.given
    return given is not None and given.statement.start_byte <= start < given.statement.end_byte


def _no_more_given(trees: Trees, move: _Move) -> list[Patch]:
    """The old file's `export {a}` without it."""
    if move.given is None or move.inline:
        return []
    for token in move.variable.tokens:
        if not token.bound and _gives(move, token.start):
            row = Taken(
                "reexport", "", None, move.name, token.node, None, "", move.given.statement, False
            )
            node = token.node.parent
            if node is not None and node.type == "object":
                items = tuple(one for one in node.named_children if one.type != "comment")
                rows = Listing(move.old, trees.source(move.old), node, items)
                return rows.remove([items.index(token.node)])
            return drop(trees, move.old, [row])
    return []


def _followed(
    trees: Trees, modules: Modules, move: _Move, spread: Spread
) -> tuple[list[Patch], bool]:
    """The imports of other files that take it from the old one; and whether some reach it through
    the old file as a whole."""
    patches: list[Patch] = []
    again = any(True for _ in spread.namespaces) or bool(spread.unsure)
    if move.given is None:
        return patches, False
    for path in modules.importers(move.old):
        file = modules.file(path)
        style = style_of(trees, modules, path)
        for row in file.taken:
            if row.source != move.old:
                continue
            if row.form == "star" or (row.form == "reexport" and row.name == move.name):
                patches += _given_on(trees, modules, move, path, row, style)
            elif (
                row.name == move.name
                and row.variable is not None
                and row.form in ("import", "require")
            ):
                patches += _taken_from(trees, modules, move, path, row, style)
            elif row.name == move.name:
                again = True
    return patches, again


def _specifier(modules: Modules, move: _Move, path: str, style: Style) -> str:
    return specifier_of(modules, path, move.to, style)


def _taken_from(
    trees: Trees, modules: Modules, move: _Move, path: str, row: Taken, style: Style
) -> list[Patch]:
    assert row.variable is not None
    local = row.variable.name
    if path == move.to:
        if local != move.name:
            raise MacroRefused("collision", f"{path} imports {move.name} as {local}")
        return drop(trees, path, [row])
    specifier = _specifier(modules, move, path, style)
    rows = [one for one in modules.file(path).taken if one.statement == row.statement]
    known = any(one.specifier == specifier for one in modules.file(path).taken)
    if len(rows) == 1 and not known:
        return [_source(trees, path, row, specifier, style)]
    wanted = Wanted(specifier, row.name, local, row.type_only)
    fresh = [one for one in modules.file(path).taken if one.specifier == specifier]
    if fresh and fresh[0].form == "import" and fresh[0].token is not None:
        found = merged(trees, path, fresh, wanted, style)
        if found is not None:
            return [*drop(trees, path, [row]), *found]
    node = row.statement if row.form == "import" else row.statement.parent or row.statement
    line = after(path, trees.source(path), node.end_byte, style.statement(wanted))
    return [*drop(trees, path, [row]), line]


def _source(trees: Trees, path: str, row: Taken, specifier: str, style: Style) -> Patch:
    """Another specifier in a statement."""
    stack = [row.statement]
    while stack:
        node = stack.pop()
        if node.type == "string" and text_of(node)[1:-1] == row.specifier:
            return Patch(path, node.start_byte + 1, node.end_byte - 1, specifier)
        stack.extend(reversed(node.named_children))
    raise MacroRefused("unsupported", f"an import in {path} is not read", (path,))


def _given_on(
    trees: Trees, modules: Modules, move: _Move, path: str, row: Taken, style: Style
) -> list[Patch]:
    """A file that gives on what the old one gives."""
    if path == move.to:
        return [] if row.form == "star" else drop(trees, path, [row])
    specifier = _specifier(modules, move, path, style)
    taken = modules.file(path).taken
    if row.form == "star":
        if any(one.form == "star" and one.source == move.to for one in taken):
            return []
        item = move.name
    else:
        if len([one for one in taken if one.statement == row.statement]) == 1:
            return [_source(trees, path, row, specifier, style)]
        item = move.name if row.given == move.name else f"{move.name} as {row.given}"
    word = "export type" if move.symbol.kind in _TYPES or row.type_only else "export"
    line = f"{word} {{ {item} }} from {style.quote}{specifier}{style.quote}{style.end}"
    node = row.statement
    patches = [after(path, trees.source(path), node.end_byte, line)]
    if row.form != "star":
        patches = [*drop(trees, path, [row]), *patches]
    return patches


def _back(
    trees: Trees, modules: Modules, move: _Move, used: bool, again: bool, needs: Needs
) -> list[Patch]:
    """What the old file says of it from then on: an import, or that it gives it on."""
    path, source = move.old, trees.source(move.old)
    style = style_of(trees, modules, path)
    specifier = _specifier(modules, move, path, style)
    lines: list[str] = []
    kept = [
        row for row in modules.file(path).taken
        if row.form in ("import", "require") and row not in needs.unused
        and row.statement.start_byte < move.start
    ]  # fmt: skip
    if style.common_js and again:
        raise MacroRefused(
            "unsupported", f"others reach {move.name} through {path} as a whole", (path,)
        )
    if used:
        only = move.symbol.kind in _TYPES
        lines.append(style.statement(Wanted(specifier, move.name, move.name, only)))
    if again:
        word = "export type" if move.symbol.kind in _TYPES else "export"
        quoted = f"{style.quote}{specifier}{style.quote}"
        lines.append(f"{word} {{ {move.name} }} from {quoted}{style.end}")
    if kept:
        node = kept[-1].statement
        node = node if node.type == "import_statement" else node.parent or node
        return [after(path, source, node.end_byte, "\n".join(lines))]
    gap = "" if source[move.end :].lstrip() and needs.unused else "\n"
    top = min([move.start, *(row.statement.start_byte for row in needs.unused)])
    return [Patch(path, top, top, "\n".join(lines) + "\n" + gap)]


def _check_cycles(modules: Modules, move: _Move, needs: Needs, back: bool) -> None:
    """Raises MacroRefused where files would have to load each other that do not yet."""
    runs = move.symbol.kind not in _TYPES
    if back and runs and needs.back:
        raise MacroRefused(
            "unsupported",
            f"{move.old} still needs {move.name}, and {move.name} needs {needs.back[0]} of it: the "
            "two files would import each other",
            needs.back,
        )
    edges = [(move.to, one) for one in needs.loads]
    if back and runs:
        edges.append((move.old, move.to))
    for importer, imported in edges:
        if reaches(modules, imported, importer) and not reaches(modules, importer, imported):
            raise MacroRefused(
                "unsupported",
                f"{importer} would import {imported}, which imports it",
                (importer, imported),
            )
    if not runs:
        return
    for importer in modules.importers(move.old):
        mine = any(
            row.source == move.old and row.name == move.name and not row.type_only
            for row in modules.file(importer).taken
        )
        if not mine or importer == move.to or reaches(modules, move.old, importer):
            continue
        if any(reaches(modules, one, importer) for one in (move.to, *needs.loads)):
            raise MacroRefused(
                "unsupported",
                f"{importer} would import {move.to}, which imports it",
                (importer, move.to),
            )
