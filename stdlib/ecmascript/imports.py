"""Imports in the way that a file writes them: quotes, semicolons, endings of paths, `require`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import basename, dirname, relpath
from typing import TYPE_CHECKING, Final

from ..lists import Listing
from ..patches import Patch
from ..refused import MacroRefused
from ..syntax import Trees, parse
from .modules import FileModule, ModuleReader, Modules, Taken, source_of_statement
from .scopes import FileScopes, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_ENDINGS: Final = (
    ".d.ts", ".d.mts", ".d.cts", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs",
)  # fmt: skip
_BUILT: Final = {".ts": ".js", ".tsx": ".js", ".mts": ".mjs", ".cts": ".cjs", ".jsx": ".js"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """`import {name as local} from specifier`; `name` may be "default", "*", or "" for none."""

    specifier: str
    name: str
    local: str
    type_only: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """How a file writes imports. `ends` is what its relative paths end with: "" for nothing, ".js"
    for what a file is compiled to, ".ts" for the file itself."""

    quote: str
    end: str
    ends: str
    common_js: bool

    def statement(self, wanted: Wanted) -> str:
        """As one line, without its line ending."""
        source = f"{self.quote}{wanted.specifier}{self.quote}"
        name, local = wanted.name, wanted.local
        if self.common_js:
            if not name:
                return f"require({source}){self.end}"
            renamed = name if name == local else f"{name}: {local}"
            bound = local if name in ("*", "default") else f"{{ {renamed} }}"
            return f"const {bound} = require({source}){self.end}"
        word = "import type" if wanted.type_only else "import"
        if not name:
            return f"{word} {source}{self.end}"
        if name == "default":
            return f"{word} {local} from {source}{self.end}"
        if name == "*":
            return f"{word} * as {local} from {source}{self.end}"
        return f"{word} {{ {_item(name, local)} }} from {source}{self.end}"


def _item(name: str, local: str) -> str:
    return name if name == local else f"{name} as {local}"


def style_of(trees: Trees, modules: Modules, path: str) -> Style:
    """Of a file, or where it has too little to tell, of what is beside it."""
    texts = [path, *(one for one in modules.paths if dirname(one) == dirname(path)),
             *modules.paths[:50]]  # fmt: skip
    quote = end = ends = None
    for one in texts:
        if one not in modules.paths:
            continue
        for row in modules.file(one).taken:
            source = row.statement.child_by_field_name("source")
            if quote is None and source is not None:
                quote = text_of(source)[0]
            if end is None and row.form in ("import", "reexport", "star"):
                end = ";" if text_of(row.statement).endswith(";") else ""
            if ends is None and row.source is not None:
                ends = _ending(row.specifier)
        if one == path or quote is None:
            root = trees.root(one)
            text = text_of(root)
            quote = quote or _quote(text)
            if end is None and root.named_children:
                end = ";" if ";" in text or not text.strip() else ""
        if None not in (quote, end, ends):
            break
    common = path.endswith((".cjs", ".cts")) or (
        path in modules.paths and _is_common(modules, path)
    )
    if path not in modules.paths and path.endswith((".js", ".jsx")):
        beside = [one for one in modules.paths if one.endswith((".js", ".cjs"))]
        common = bool(beside) and all(_is_common(modules, one) for one in beside[:20])
    return Style(quote or "'", ";" if end is None else end, ends or "", common)


def _ending(specifier: str) -> str:
    name = basename(specifier)
    for one in _ENDINGS:
        if name.endswith(one):
            return ".js" if one in (".js", ".mjs", ".cjs", ".jsx") else ".ts"
    return ""


def _quote(text: str) -> str | None:
    single, double = text.count("'"), text.count('"')
    if single == double:
        return None
    return "'" if single > double else '"'


def _is_common(modules: Modules, path: str) -> bool:
    file = modules.file(path)
    if not file.is_module or path.endswith(("ts", "tsx", ".mjs")):
        return False
    root = file.scopes.top.node
    return not any(
        one.type in ("import_statement", "export_statement") for one in root.named_children
    )


def specifier_of(modules: Modules, path: str, target: str, style: Style) -> str:
    """How the file `path` names the file `target`."""
    if path in modules.paths:
        for row in modules.file(path).taken:
            if row.source == target:
                return row.specifier
    found = relpath(target, dirname(path) or ".")
    stem = found
    suffix = ""
    for one in _ENDINGS:
        if found.endswith(one):
            stem, suffix = found.removesuffix(one), one
            break
    if style.ends == ".js" or (style.common_js is False and path.endswith(".mjs")):
        found = stem + _BUILT.get(suffix, suffix.replace(".d", "").replace("ts", "js"))
    elif style.ends == ".ts":
        found = stem + suffix
    else:
        found = stem
        if basename(found) == "index" and not suffix.startswith(".d"):
            found = dirname(found) or "."
    if found in (".", ".."):
        return found
    return found if found.startswith(".") else f"./{found}"


def insert(trees: Trees, modules: Modules, path: str, wanted: Wanted) -> list[Patch]:
    """The import in a file; nothing where it is there. Raises MacroRefused: its name is taken."""
    file = modules.file(path)
    style = style_of(trees, modules, path)
    known = file.scopes.top.names.get(wanted.local) if wanted.local else None
    for row in file.taken:
        same = row.specifier == wanted.specifier
        enough = same and (wanted.type_only or not row.type_only)
        if enough and row.name == wanted.name and row.variable is known and known is not None:
            return []
        if same and not wanted.name and row.form == "import":
            return []
    if known is not None:
        raise MacroRefused(
            "collision",
            f"{wanted.local} is something else in {path}",
            (f"{path}:{known.tokens[0].node.start_point.row + 1} {wanted.local}",),
        )
    joined = merged(trees, path, file.taken, wanted, style)
    if joined is not None:
        return joined
    return [line_at(trees, path, style.statement(wanted))]


def merged(
    trees: Trees, path: str, taken: list[Taken], wanted: Wanted, style: Style
) -> list[Patch] | None:
    """One more name in an import from the same module."""
    if wanted.name in ("", "*", "default"):
        return None
    rows = [one for one in taken if one.specifier == wanted.specifier]
    for row in rows:
        node = row.statement
        if row.form == "require" and row.token is not None and style.common_js:
            pattern = node.child_by_field_name("name")
            if pattern is not None and pattern.type == "object_pattern":
                text = wanted.name
                if wanted.local != wanted.name:
                    text = f"{wanted.name}: {wanted.local}"
                return _list(trees, path, pattern, text)
        if row.form != "import" or row.name == "*":
            continue
        whole_type = any(one.type == "type" for one in node.children)
        if whole_type and not wanted.type_only:
            continue
        clause = next(one for one in node.named_children if one.type == "import_clause")
        named = next((o for o in clause.named_children if o.type == "named_imports"), None)
        text = _item(wanted.name, wanted.local)
        if wanted.type_only and not whole_type:
            text = f"type {text}"
        if named is not None:
            return _list(trees, path, named, text)
        if not whole_type and not any(o.type == "namespace_import" for o in clause.named_children):
            return [Patch(path, clause.end_byte, clause.end_byte, f", {{ {text} }}")]
    return None


def _list(trees: Trees, path: str, node: Node, text: str) -> list[Patch]:
    items = tuple(one for one in node.named_children if one.type != "comment")
    rows = Listing(path, trees.source(path), node, items)
    if not items:
        inside = node.start_byte + 1
        return [Patch(path, inside, node.end_byte - 1, f" {text} ")]
    return rows.add(len(items), text)


def line_at(trees: Trees, path: str, text: str) -> Patch:
    """A new import as a line of its own: behind the imports that are there, or at the top."""
    root, source = trees.root(path), trees.source(path)
    last = None
    for one in root.named_children:
        is_import = one.type == "import_statement" or _requires(one)
        if is_import:
            last = one
    if last is not None:
        return after(path, source, last.end_byte, text)
    at = 0
    for one in root.children:
        directive = (
            one.type == "expression_statement"
            and one.named_children
            and (one.named_children[0].type == "string")
        )
        following = source[one.end_byte : one.end_byte + 4].replace(b"\r", b"")
        header = one.type == "comment" and following.startswith(b"\n\n")
        if one.type != "hash_bang_line" and not directive and not header:
            break
        at = one.end_byte
    if at:
        return after(path, source, at, text)
    gap = "\n" if source.strip() else ""
    mark = 3 if source.startswith(b"\xef\xbb\xbf") else 0
    return Patch(path, mark, mark, f"{text}\n{gap}")


def after(path: str, source: bytes, at: int, text: str) -> Patch:
    """A line behind the one that holds the byte before `at`."""
    end = source.find(b"\n", max(at - 1, 0))
    if end < 0:
        return Patch(path, len(source), len(source), f"\n{text}\n")
    return Patch(path, end + 1, end + 1, f"{text}\n")


def _requires(node: Node) -> bool:
    if node.type not in ("lexical_declaration", "variable_declaration"):
        return False
    return all(
        (value := one.child_by_field_name("value")) is not None
        and text_of(value).startswith("require(")
        for one in node.named_children
        if one.type == "variable_declarator"
    )


def drop(trees: Trees, path: str, rows: Sequence[Taken]) -> list[Patch]:
    """These imported names less; whole statements where nothing of them is left."""
    patches: list[Patch] = []
    statements = {row.statement.id: row.statement for row in rows}
    for number, node in statements.items():
        mine = [row for row in rows if row.statement.id == number]
        patches += _drop(trees, path, node, mine)
    return patches


def _drop(trees: Trees, path: str, node: Node, rows: list[Taken]) -> list[Patch]:
    source = trees.source(path)
    gone = {row.token.start_byte for row in rows if row.token is not None}
    whole = {row.variable.tokens[0].start for row in rows if row.token is None and row.variable}
    holder = next((_holder(row.token) for row in rows if row.token is not None), None)
    patches: list[Patch] = []
    left = 0
    if holder is not None:
        items = tuple(one for one in holder.named_children if one.type != "comment")
        numbers = [
            number for number, one in enumerate(items)
            if any(one.start_byte <= start < one.end_byte for start in gone)
        ]  # fmt: skip
        left += len(items) - len(numbers)
        if left:
            listing = Listing(path, source, holder, items)
            for run in _runs(numbers):
                patches += listing.remove(run)
    clause = next((one for one in node.named_children if one.type == "import_clause"), None)
    for one in clause.named_children if clause is not None else ():
        if one.type == "named_imports":
            named = [o for o in one.named_children if o.type != "comment"]
            if one != holder:
                left += len(named)
            elif not patches and clause is not None and clause.named_child_count > 1:
                first = clause.named_children[0]
                patches.append(Patch(path, first.end_byte, one.end_byte, ""))
        elif one.start_byte in whole or (
            one.named_children and one.named_children[0].start_byte in whole
        ):
            after_it = one.next_named_sibling
            if after_it is not None:
                patches.append(Patch(path, one.start_byte, after_it.start_byte, ""))
        else:
            left += 1
    if left:
        return patches
    if node.type == "variable_declarator" and node.parent is not None:
        rows_of = [o for o in node.parent.named_children if o.type == "variable_declarator"]
        if len(rows_of) > 1:
            return Listing(path, source, node.parent, tuple(rows_of)).remove([rows_of.index(node)])
        node = node.parent
    start = source.rfind(b"\n", 0, node.start_byte) + 1
    end = source.find(b"\n", node.end_byte)
    end = len(source) if end < 0 else end + 1
    if source[start : node.start_byte].strip() or source[node.end_byte : end].strip():
        return [Patch(path, node.start_byte, node.end_byte, "")]
    return [Patch(path, start, end, "")]


def _holder(token: Node) -> Node | None:
    """The list that an imported name is an item of."""
    above = token.parent
    if above is not None and above.type in ("import_specifier", "export_specifier", "pair_pattern"):
        above = above.parent
    return above


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] + 1 == number:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def header(style: Style, wanted: Sequence[Wanted]) -> str:
    """The imports of a file to be made: those of one module in one statement."""
    lines: list[str] = []
    groups: dict[tuple[str, bool], list[Wanted]] = {}
    for one in wanted:
        if one.name in ("default", "*", "") or style.common_js:
            lines.append(style.statement(one))
        else:
            groups.setdefault((one.specifier, one.type_only), []).append(one)
    for (specifier, type_only), items in groups.items():
        names = ", ".join(_item(one.name, one.local) for one in items)
        word = "import type" if type_only else "import"
        source = f"{style.quote}{specifier}{style.quote}"
        lines.append(f"{word} {{ {names} }} from {source}{style.end}")
    return "".join(f"{one}\n" for one in lines)


def read_spec(text: str, path: str) -> tuple[list[Wanted], str]:
    """What an import that is asked for takes; its statement, if it is one. Raises MacroRefused."""
    plain = text.strip()
    if re.fullmatch(r"['\"]?(?:node:)?[@.\w/-]+['\"]?", plain):
        specifier = plain.strip("'\"")
        local = re.sub(r"\W+", "_", basename(specifier.removeprefix("node:")).split(".")[0])
        return [Wanted(specifier, "*", local or "module")], ""
    root = parse(plain.encode(), "x.ts")
    node = root.named_children[0] if root.named_child_count == 1 else None
    if root.has_error or node is None or node.type not in (
        "import_statement", "lexical_declaration", "variable_declaration", "expression_statement",
    ):  # fmt: skip
        raise MacroRefused("syntax", f"{text!r} is no import")
    found = FileModule(FileScopes(root))
    reader = ModuleReader(None, path, found)
    reader.statement(node)
    reader.common_js(root)
    wanted = [
        Wanted(row.specifier, row.name, row.variable.name if row.variable else "", row.type_only)
        for row in found.taken
    ]
    if not wanted and node.type == "import_statement":
        source = source_of_statement(node)
        if source is None:
            first = next((o for o in node.named_children if o.type == "string"), None)
            source = text_of(first)[1:-1] if first is not None else None
        if source is not None:
            wanted = [Wanted(source, "", "")]
    if not wanted:
        raise MacroRefused("syntax", f"{text!r} is no import")
    return wanted, plain
