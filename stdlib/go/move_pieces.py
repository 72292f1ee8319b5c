"""What moves with a Go declaration, what it needs where it goes, and how its uses name it then."""

from __future__ import annotations

from typing import NamedTuple

from ..occurrences import Token, occurrences
from ..patches import Patch
from ..refused import MacroRefused
from ..targets import listed, place_of
from .blocks import declaration, with_comment
from .calls import scope_at
from .collisions import is_bare
from .imports import ImportEdits, check_local
from .packages import Package, exported
from .scopes import bindings
from .subject import Repository, Subject
from .uses import Uses


class Piece(NamedTuple):
    """Bytes `start`..`end` of a file: a declaration with its comment."""

    path: str
    start: int
    end: int

    def holds(self, path: str, at: int) -> bool:
        return path == self.path and self.start <= at < self.end


def pieces_of(repository: Repository, found: Subject, *, everywhere: bool) -> list[Piece]:
    """The declaration and, of a type, its methods: of the same file, or of the whole package."""
    packages = repository.packages
    key = min(found.keys)
    keys = [key]
    if found.kind in ("type", "interface"):
        members = packages.members(packages.of(key.path), found.name)
        keys += sorted(
            one
            for rows in members.values()
            for one in rows
            if packages.row(one).kind == "method" and packages.row(one).owner < 0
            and (everywhere or one.path == key.path)
        )  # fmt: skip
    pieces = []
    for one in keys:
        node = declaration(repository, one)
        specs = [
            n for n in node.named_children if n.type.endswith("_spec") or n.type == "type_alias"
        ]
        nested = [n for n in node.named_children if n.type.endswith("_spec_list")]
        names = [name for spec in specs for name in spec.children_by_field_name("name")]
        if nested or len(specs) > 1 or len(names) > 1 or node.children[-1].type == ")":
            where = repository.where(one)
            raise MacroRefused(
                "unsupported",
                f"{found.name} ({where}) is declared in one group with others",
                (where,),
            )
        source = repository.trees.source(one.path)
        pieces.append(Piece(one.path, with_comment(source, node), node.end_byte))
    return pieces


def needs(repository: Repository, pieces: list[Piece], target: Package) -> dict[str, str]:
    """The imports that the pieces need, each with the name that is written for it (or "")."""
    packages = repository.packages
    wanted: dict[str, str] = {}
    for one in pieces:
        facts = packages.facts(one.path)
        for use in facts.uses:
            if not one.start <= use.start < one.end or use.on != -1:
                continue
            if bindings(facts, use.scope, use.name, use.start):
                continue
            row = packages.imported(one.path, use.name)
            if row is None or packages.directory(row.path) == target.directory:
                continue
            wanted[row.path] = row.local if row.named else ""
    return wanted


def requalified(
    repository: Repository,
    edits: ImportEdits,
    found: Subject,
    pieces: list[Piece],
    uses: Uses,
    target: Package,
    to: str,
) -> tuple[dict[int, list[tuple[int, int, str]]], list[Patch]]:
    """For a move to another package: the changes within each piece, and those of its uses. Raises
    MacroRefused."""
    packages = repository.packages
    home = packages.of(found.symbols[0].path)
    inner, back = _inside(repository, edits, found, pieces, home, target, to)
    patches: list[Patch] = []
    target_path = packages.import_path(target.directory)
    assert target_path is not None
    for token in sorted(uses.sure):
        if any(one.holds(token.path, token.start) for one in pieces):
            continue
        where = place_of(repository.index, token.path, token.start)
        here = packages.of(token.path)
        if not exported(found.name) and here != target:
            raise MacroRefused(
                "unsupported", f"{found.name} is not exported, and is used in {where}", (where,)
            )
        node = repository.trees.at(*token)
        above = node.parent
        start = token.start
        if not is_bare(repository, token):
            operand = None
            if above is not None and above.type == "selector_expression":
                operand = above.child_by_field_name("operand")
            elif above is not None and above.type == "qualified_type":
                operand = above.child_by_field_name("package")
            text = repository.trees.text(token.path, operand) if operand is not None else ""
            row = packages.imported(token.path, text) if text else None
            if row is None or packages.directory(row.path) != home.directory:
                continue  # the field that an embedded type makes
            assert operand is not None
            start = operand.start_byte
        elif here != home:
            raise MacroRefused("unsupported", f"a dot import brings it in ({where})", (where,))
        if here == home and back and not token.path.endswith("_test.go"):
            raise MacroRefused(
                "unsupported",
                f"{found.name} needs {back} of {home.name}, which uses it ({where}): the packages "
                "would import each other",
                (where,),
            )
        if here == target:
            patches.append(Patch(token.path, start, token.end, found.name))
            continue
        local = edits.need(token.path, target_path, None)
        scope = scope_at(repository, token.path, token.start)
        check_local(repository, token.path, token.start, scope, local)
        patches.append(Patch(token.path, start, token.end, f"{local}.{found.name}"))
    _check_hidden_members(repository, found, pieces)
    return inner, patches


def _inside(
    repository: Repository,
    edits: ImportEdits,
    found: Subject,
    pieces: list[Piece],
    home: Package,
    target: Package,
    to: str,
) -> tuple[dict[int, list[tuple[int, int, str]]], str]:
    """What changes in the pieces, and a name of the old package that they need ("" without)."""
    packages = repository.packages
    inner: dict[int, list[tuple[int, int, str]]] = {}
    back = ""
    home_path = packages.import_path(home.directory) or ""
    hidden = {
        name
        for kind in packages.types_with_members(home)
        if kind != found.name
        for name in packages.members(home, kind)
        if not exported(name)
    } - set(packages.members(home, found.name))
    for number, one in enumerate(pieces):
        facts = packages.facts(one.path)
        for use in facts.uses:
            if not one.start <= use.start < one.end:
                continue
            where = place_of(repository.index, one.path, use.start)
            if use.on != -1:
                if use.name in hidden:
                    raise MacroRefused(
                        "unsupported",
                        f"it uses {use.name}, which is not exported ({where})",
                        (where,),
                    )
                continue
            if use.name == found.name or bindings(facts, use.scope, use.name, use.start):
                continue
            row = packages.imported(one.path, use.name)
            if row is not None and packages.directory(row.path) == target.directory:
                end = use.end + 1
                inner.setdefault(number, []).append((use.start, end, ""))
                continue
            if row is not None or use.name not in packages.scope(home):
                continue
            if not is_bare(repository, Token(one.path, use.start, use.end)):
                continue
            if not exported(use.name) or packages.importable(home.directory) != home:
                raise MacroRefused(
                    "unsupported", f"it uses {use.name}, which is not exported ({where})", (where,)
                )
            back = use.name
            local = edits.need_in_new(to, home_path, target)
            check_local(repository, one.path, use.start, use.scope, local)
            inner.setdefault(number, []).append((use.start, use.start, f"{local}."))
    return inner, back


def _check_hidden_members(repository: Repository, found: Subject, pieces: list[Piece]) -> None:
    """Members that are not exported must not be used where the type has been."""
    if found.kind not in ("type", "interface"):
        return
    packages = repository.packages
    home = packages.of(found.symbols[0].path)
    for name, keys in packages.members(home, found.name).items():
        if exported(name):
            continue
        symbols = [
            one
            for key in keys
            for one in repository.index.symbols_in(key.path)
            if one.name_at.start_byte == packages.row(key).name_start
        ]
        seen = occurrences(repository.index, symbols)
        for token in (*seen.sure, *seen.unsure):
            if packages.of(token.path).directory != home.directory:
                continue
            if not any(one.holds(token.path, token.start) for one in pieces):
                where = place_of(repository.index, token.path, token.start)
                raise MacroRefused(
                    "unsupported",
                    f"{found.name}.{name} is not exported, and is used in {where}",
                    tuple(map(listed, symbols)),
                )


def follow(edits: ImportEdits, patches: list[Patch]) -> None:
    """Give up the imports of which the patches take the last use."""
    by_path: dict[str, list[tuple[int, int]]] = {}
    for one in patches:
        by_path.setdefault(one.path, []).append((one.start, one.end))
    for path, stretches in by_path.items():
        edits.drop_unused(path, stretches)
