"""Imports of a Go file: one more where gofmt has it, or one less. An import that nothing uses does
not compile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..patches import Patch
from ..refused import MacroRefused
from ..targets import place_of
from .packages import Import, Package
from .scopes import bindings
from .standard import standard_paths
from .subject import Repository

if TYPE_CHECKING:
    from tree_sitter import Node


class ImportEdits:
    """The imports that one macro op adds to files, each once. For use within the index's `ask`."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._wanted: dict[str, dict[str, str]] = {}
        self._dropped: dict[str, dict[int, Import]] = {}
        self._needed: dict[str, set[str]] = {}

    def need(self, path: str, imported: str, local: str | None = None) -> str:
        """The name by which the file `path` knows a package, imported if it is not yet.

        Raises MacroRefused: its name is taken there, or packages would import each other in a
        circle.
        """
        packages = self._repository.packages
        for one in packages.imports(path):
            if one.path == imported and one.local not in ("_", "."):
                self._needed.setdefault(path, set()).add(imported)
                self._dropped.get(path, {}).pop(one.node.start_byte, None)
                return one.local
        wanted = self._wanted.setdefault(path, {})
        if imported in wanted:
            return wanted[imported] or packages.local_name(imported)
        name = local or packages.local_name(imported)
        taken = packages.imported(path, name) is not None or name in packages.scope(
            packages.of(path)
        )
        if taken:
            raise MacroRefused(
                "collision", f"{path} has another {name}: it cannot import {imported}", (path,)
            )
        where = packages.directory(imported)
        mine = packages.of(path)
        if where is not None:
            inner = not path.endswith("_test.go") or packages.importable(mine.directory) == mine
            if where == mine.directory and inner:
                raise MacroRefused("unsupported", f"{path} is of the package {imported} itself")
            if inner and packages.depends(where, mine.directory):
                raise MacroRefused(
                    "unsupported",
                    f"{path} cannot import {imported}, which imports the package of {path}",
                    (path,),
                )
        wanted[imported] = local or ""
        return name

    def need_in_new(self, path: str, imported: str, package: Package) -> str:
        """As `need`, of a file that may not be there yet, in `package`."""
        packages = self._repository.packages
        if self._repository.index.facts_of(path) is not None:
            return self.need(path, imported)
        where = packages.directory(imported)
        if where is not None and packages.depends(where, package.directory):
            raise MacroRefused(
                "unsupported",
                f"{path} cannot import {imported}, which imports {package.name}",
                (path,),
            )
        self._wanted.setdefault(path, {})[imported] = ""
        return packages.local_name(imported)

    def taken(self, path: str) -> dict[str, str]:
        """The imports that a file which is not there yet needs; they are the caller's to write."""
        return self._wanted.pop(path, {})

    def drop_unused(self, path: str, removed: list[tuple[int, int]]) -> None:
        """Give up the imports of a file whose every use lies in the removed stretches (bytes)."""
        for one in self._repository.packages.imports(path):
            if one.local in ("_", ".", "C"):
                continue
            found = uses_of_import(self._repository, path, one.local)
            kept = self._needed.get(path, set())
            if (
                found
                and one.path not in kept
                and all(any(a <= at < b for a, b in removed) for at in found)
            ):
                self._dropped.setdefault(path, {})[one.node.start_byte] = one

    def patches(self) -> list[Patch]:
        found: list[Patch] = []
        for path in sorted({*self._dropped, *self._wanted}):
            gone = list(self._dropped.get(path, {}).values())
            rows = sorted(self._wanted.get(path, {}).items())
            alone = [one for one in gone if not _in_brackets(one)]
            if alone and rows:
                # One declaration without brackets takes the other's place.
                text = "\nimport ".join(spec_text(*row) for row in rows)
                node = alone[0].node
                found.append(Patch(path, node.start_byte, node.end_byte, text))
                gone.remove(alone[0])
                rows = []
            for one in gone:
                found.append(_drop(self._repository, path, one, gone, bool(rows)))
            for imported, local in rows:
                found += insert(self._repository, path, imported, local)
        return found


def _in_brackets(one: Import) -> bool:
    return one.node.parent is not None and one.node.parent.type == "import_spec_list"


def uses_of_import(repository: Repository, path: str, local: str) -> list[int]:
    """Where a file names a package that it imports (bytes)."""
    facts = repository.packages.facts(path)
    return [
        use.start
        for number in facts.names.get(local, ())
        for use in (facts.uses[number],)
        if use.on == -1 and use.imported < 0 and not bindings(facts, use.scope, local, use.start)
    ]


def spec_text(imported: str, local: str) -> str:
    return f'{local} "{imported}"' if local else f'"{imported}"'


def insert(repository: Repository, path: str, imported: str, local: str) -> list[Patch]:
    """The import where gofmt and the file's own sections want it; `local` may be empty."""
    trees = repository.trees
    source = trees.source(path)
    text = spec_text(imported, local)
    specs = [one for one in repository.packages.imports(path) if one.path != "C"]
    grouped = [
        one
        for one in specs
        if one.node.parent is not None and one.node.parent.type == "import_spec_list"
    ]
    if grouped:
        return _into_group(repository, path, source, grouped, imported, text)
    if len(specs) == 1:
        spec = specs[0].node
        declaration = spec.parent
        assert declaration is not None
        rows = sorted([(specs[0].path, trees.text(path, spec)), (imported, text)])
        if _is_standard(specs[0].path) != _is_standard(imported):
            rows.sort(key=lambda row: not _is_standard(row[0]))
            body = f"\t{rows[0][1]}\n\n\t{rows[1][1]}\n"
        else:
            body = "".join(f"\t{row[1]}\n" for row in rows)
        return [Patch(path, declaration.start_byte, spec.end_byte, f"import (\n{body})")]
    if specs:
        last = specs[-1].node.parent
        assert last is not None
        return [Patch(path, last.end_byte, last.end_byte, f"\nimport {text}")]
    clause = next((n for n in trees.root(path).named_children if n.type == "package_clause"), None)
    if clause is None:
        raise MacroRefused("unsupported", f"{path} has no package clause", (path,))
    cgo = [one.node.parent for one in repository.packages.imports(path)]
    after = cgo[-1] if cgo and cgo[-1] is not None else clause
    end = source.find(b"\n", after.end_byte)
    end = end if end >= 0 else len(source)
    return [Patch(path, end, end, f"\n\nimport {text}")]


def _into_group(
    repository: Repository,
    path: str,
    source: bytes,
    specs: list[Import],
    imported: str,
    text: str,
) -> list[Patch]:
    last_list = specs[-1].node.parent
    runs: list[list[Import]] = []
    for one in specs:
        if one.node.parent != last_list and one.node.parent != specs[0].node.parent:
            continue
        before = runs[-1][-1].node if runs else None
        if before is not None and before.parent == one.node.parent:
            gap = source[before.end_byte : one.node.start_byte]
            if gap.count(b"\n") < 2 or b"//" in gap:
                runs[-1].append(one)
                continue
        runs.append([one])
    kind = _kind(repository, imported)
    for wanted in (kind, _is_standard(imported)):
        for run in runs:
            if wanted not in (_kind(repository, run[0].path), _is_standard(run[0].path)):
                continue
            if (
                wanted is not True
                and wanted is not False
                and _kind(repository, run[0].path) != kind
            ):
                continue
            before_all = [one for one in run if one.path < imported]
            if before_all and before_all[-1] == run[len(before_all) - 1]:
                return [_line_after(path, source, before_all[-1].node, f"\t{text}\n")]
            if not before_all:
                return [_line_before(path, source, run[0].node, f"\t{text}\n")]
            return [_line_after(path, source, run[-1].node, f"\t{text}\n")]
    if _is_standard(imported):
        return [_line_before(path, source, runs[0][0].node, f"\t{text}\n\n")]
    return [_line_after(path, source, runs[-1][-1].node, f"\n\t{text}\n")]


def _kind(repository: Repository, imported: str) -> str:
    if imported in standard_paths():
        return "standard"
    return "outside" if repository.packages.directory(imported) is None else "own"


def _is_standard(imported: str) -> bool:
    return "." not in imported.partition("/")[0]


def _line_before(path: str, source: bytes, node: Node, text: str) -> Patch:
    start = source.rfind(b"\n", 0, node.start_byte) + 1
    while True:
        above = source.rfind(b"\n", 0, max(start - 1, 0)) + 1
        if start == 0 or not source[above:start].strip().startswith(b"//"):
            break
        start = above
    return Patch(path, start, start, text)


def _line_after(path: str, source: bytes, node: Node, text: str) -> Patch:
    end = source.find(b"\n", node.end_byte) + 1
    if end == 0:
        end = len(source)
    return Patch(path, end, end, text)


def _drop(
    repository: Repository, path: str, one: Import, dropped: list[Import], others_come: bool
) -> Patch:
    """Its line; where no other import comes in its place, the blank lines or brackets around it
    that are left with nothing, too."""
    source = repository.trees.source(path)
    node: Node = one.node
    above = node.parent
    if others_come and above is not None and above.type == "import_spec_list":
        start = source.rfind(b"\n", 0, node.start_byte) + 1
        return Patch(path, start, source.find(b"\n", node.end_byte) + 1, "")
    if above is not None and above.type == "import_spec_list":
        others = [spec for spec in above.named_children if spec.type == "import_spec"]
        gone = {each.node.start_byte for each in dropped}
        if all(spec.start_byte in gone for spec in others):
            if node.start_byte != others[0].start_byte:
                return Patch(path, node.start_byte, node.start_byte, "")
            node = above
    if node.type != "import_spec" or above is None or above.type != "import_spec_list":
        declaration: Node | None = node
        while declaration is not None and declaration.type != "import_declaration":
            declaration = declaration.parent
        assert declaration is not None
        start, end = declaration.start_byte, source.find(b"\n", declaration.end_byte) + 1
        if source[end : end + 1] == b"\n":
            end += 1
        return Patch(path, start, end, "")
    start = source.rfind(b"\n", 0, node.start_byte) + 1
    end = source.find(b"\n", node.end_byte) + 1
    blank_before = source[:start].endswith((b"\n\n", b"(\n"))
    blank_after = source[end : end + 1] == b"\n" or source[end:].lstrip(b" \t").startswith(b")")
    if blank_before and blank_after:
        # A section of its own goes with the blank line beside it.
        if source[end : end + 1] == b"\n":
            end += 1
        elif source[:start].endswith(b"\n\n"):
            start -= 1
    return Patch(path, start, end, "")


def check_local(repository: Repository, path: str, at: int, scope: int, name: str) -> None:
    """Raises MacroRefused where a function's own name hides a package's."""
    hidden = bindings(repository.packages.facts(path), scope, name, at)
    if hidden:
        where = place_of(repository.index, path, hidden[0].at)
        raise MacroRefused("collision", f"{name} is a local name there ({where})", (where,))
