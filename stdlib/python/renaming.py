"""Which tokens of a Python program mean a definition, and which may."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..refused import MacroRefused, Site
from .infer import Inference
from .known import FIELD_CLASSES
from .program import Program
from .scopes import AttributeUse, Module, Scope, Text, Token
from .values import Value, decorator_names, outside_class, outside_has

Verdict: TypeAlias = Literal["yes", "no", "maybe"]

_SEVERAL_BASES = re.compile(rb"^[ \t]*class\s+\w+\s*\([^)]*,", re.MULTILINE)
_ENTRY_POINT_FILES = ("pyproject.toml", "setup.cfg")
# "visit_" + name, "visit_%s" % name, f"visit_{name}"
_BUILT = re.compile(rb"""["']([A-Za-z_]\w*_)(?:\{|%[sr]|["']\s*[+%])""")
_BY_NAME = ("getattr", "setattr", "hasattr", "delattr", "attrgetter", "methodcaller", "patch")


@dataclass(slots=True)
class Renaming:
    """The variables that share one name, and every token that stands for one of them.

    `owners` are the scopes whose variable it is: the definition's, and those of the modules that
    import it. For a method, `family` is every class in which it overrides or is overridden.
    """

    program: Program
    old: str
    owners: set[Scope]
    inference: Inference = field(init=False)
    family: set[Scope] = field(default_factory=set)
    starred: set[Scope] = field(default_factory=set)
    modules: list[Module] = field(default_factory=list)
    tokens: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    renamed: list[Token] = field(default_factory=list)
    unsure: list[Site] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inference = Inference(self.program)
        self.modules = list(self.program.containing(self.old))

    def collect(self) -> None:
        """Find everything. Raises MacroRefused where the name is not the repository's own."""
        for scope in self.owners:
            self._check_definition(scope)
        classes = {scope for scope in self.owners if scope.kind == "class"}
        if classes:
            self.family = self._family(classes)
            self.owners |= {one for one in self.family if self.old in one.bindings}
            for one in self.family:
                self._check_bases(one)
        self._follow_imports()
        for module in self.modules:
            self._names(module)
            self._imports(module)
            self._attributes(module)
            self._texts(module)
        self._names_at_run_time()
        self._entry_points()
        self._built_names()
        self.unsure.sort(key=lambda site: (site.path, site.line, site.why))

    def _check_definition(self, scope: Scope) -> None:
        for binding in scope.bindings.get(self.old, []):
            where = f"{scope.module.path}:{scope.module.line_of(binding.start)}"
            if binding.inner is not None and "fixture" in decorator_names(binding.inner):
                raise MacroRefused(
                    "unsupported",
                    f"{self.old} is a pytest fixture ({where}): tests ask for it by the names of "
                    "their parameters, which RENAME_SYMBOL does not follow",
                )
            if binding.kind == "parameter":
                raise MacroRefused(
                    "unsupported",
                    f"{self.old} is a parameter ({where}): callers may pass it by keyword",
                )
            if binding.kind == "assignment" and scope.kind == "class" and self._is_fields(scope):
                raise MacroRefused(
                    "unsupported",
                    f"{self.old} is a field ({where}): its name is a parameter of the constructor",
                )

    def _is_fields(self, scope: Scope) -> bool:
        if any(name in FIELD_CLASSES for name in decorator_names(scope)):
            return True
        lineage = self.inference.lineage(scope)
        if any(name.startswith(("typing.", "pydantic.", "enum.")) for name in lineage.outside):
            return True
        return any(n in FIELD_CLASSES for one in lineage.classes for n in decorator_names(one))

    def _defines(self, scope: Scope) -> bool:
        return self.old in scope.bindings or self.old in scope.attributes

    def _family(self, start: set[Scope]) -> set[Scope]:
        """All classes that define the name and are tied to `start` by inheritance."""
        tied: dict[Scope, set[Scope]] = {}

        def tie(one: Scope, other: Scope) -> None:
            tied.setdefault(one, set()).add(other)
            tied.setdefault(other, set()).add(one)

        modules = dict.fromkeys(self.modules)
        for path in self.program.paths:
            if _SEVERAL_BASES.search(self.program.source(path)):
                modules[self.program.module(path)] = None
        for module in modules:
            for one in module.classes:
                line = [c for c in self.inference.lineage(one).classes if self._defines(c)]
                for other in line[1:]:
                    tie(line[0], other)
        found: set[Scope] = set()
        pending = list(start)
        while pending:
            one = pending.pop()
            if one not in found:
                found.add(one)
                pending.extend(tied.get(one, ()))
        return found

    def _check_bases(self, owner: Scope) -> None:
        lineage = self.inference.lineage(owner)
        where = f"{owner.module.path}:{owner.node.start_point[0] + 1}"
        if lineage.open:
            raise MacroRefused(
                "outside",
                f"a base of {owner.qualname} ({where}) is not a class that can be found: "
                f"it may define {self.old}",
            )
        for base in lineage.outside:
            has = outside_has(base, self.old)
            if has is None:
                raise MacroRefused(
                    "outside",
                    f"{owner.qualname} ({where}) derives from {base}, which is outside the "
                    f"repository and may define {self.old}",
                )
            if has:
                raise MacroRefused(
                    "outside",
                    f"{owner.qualname}.{self.old} ({where}) overrides {base}.{self.old}, which is "
                    "outside the repository",
                )

    def _follow_imports(self) -> None:
        """Add the variables of importing modules until there are no more."""
        growing = True
        while growing:
            growing = False
            for module in self.modules:
                for item in module.imports:
                    owner = item.scope.owner(self.old)
                    follows = (
                        item.name == self.old
                        and item.alias in (None, self.old)
                        and owner is not None
                        and owner not in self.owners
                        and self._imports_it(module, item.dotted, item.level)
                    )
                    if follows and owner is not None:
                        self.owners.add(owner)
                        growing = True
                if module.scope not in self.starred and self._star_imports_it(module):
                    self.starred.add(module.scope)
                    self.owners.add(module.scope)
                    growing = True

    def _imports_it(self, module: Module, dotted: str, level: int) -> bool:
        path = self.program.find(dotted, level, module.path)
        return path is not None and self.program.exported(path, self.old) in self.owners

    def _star_imports_it(self, module: Module) -> bool:
        if self.old in module.scope.bindings:
            return False
        return any(
            self.program.exported(source, self.old) in self.owners
            for source in self.program.star_sources(module)
        )

    def _add(self, module: Module, start: int, end: int) -> None:
        if module.source[start:end] == self.old.encode():
            self.tokens.setdefault(module.path, set()).add((start, end))
        else:
            self._leave(module, start, "written in a way that is not followed")

    def _leave(self, module: Module, start: int, why: str) -> None:
        line, text = module.line_of(start), module.line_text(start)
        self.unsure.append(Site(module.path, line, text, why))

    def owner_of(self, token: Token) -> Scope | None:
        """The scope whose variable a token of the old name stands for."""
        owner = token.scope.owner(self.old)
        if owner is None and token.scope.module.scope in self.starred:
            return token.scope.module.scope
        return owner

    def _names(self, module: Module) -> None:
        for token in module.tokens.get(self.old, []):
            if self.owner_of(token) in self.owners:
                self._add(module, token.start, token.end)
                self.renamed.append(token)

    def _imports(self, module: Module) -> None:
        for item in module.imports:
            if item.name == self.old and self._imports_it(module, item.dotted, item.level):
                self._add(module, item.start, item.end)

    def _attributes(self, module: Module) -> None:
        for use in module.uses.get(self.old, []):
            verdict = self._judge(use)
            if verdict == "yes":
                self._add(module, use.start, use.end)
            elif verdict == "maybe":
                self._leave(module, use.start, "what is before the dot is not known")

    def _judge(self, use: AttributeUse) -> Verdict:
        if use.receiver is None:
            return "maybe"
        verdicts = {
            self._judge_value(value) for value in self.inference.of(use.receiver, use.scope)
        }
        if verdicts == {"yes"}:
            return "yes"
        return "no" if verdicts == {"no"} else "maybe"

    def _judge_value(self, value: Value) -> Verdict:
        match value.kind:
            case "module":
                owner = self.program.exported(value.path, self.old)
                return "yes" if owner is not None and owner in self.owners else "no"
            case "class" | "instance" | "super" if value.scope is not None:
                return self._judge_class(value.scope, value.kind == "super")
            case "foreign":
                return "maybe" if self._may_be(value.name) else "no"
            case "object":
                return "maybe" if self.family else "no"
            case "external" | "function":
                return "no"
            case _:
                return "maybe"

    def _may_be(self, name: str) -> bool:
        """Whether an instance of the external class may be one of the family, derived from it."""
        declared = outside_class(name)
        if declared is None:
            return False
        for one in self.family:
            for base in self.inference.lineage(one).outside:
                above = outside_class(base)
                if above is not None and issubclass(above, declared):
                    return True
        return False

    def _judge_class(self, owner: Scope, beyond: bool) -> Verdict:
        lineage = self.inference.lineage(owner)
        for one in lineage.classes[1:] if beyond else lineage.classes:
            if self._defines(one):
                return "yes" if one in self.family else "no"
        if not self.family:
            return "no"
        # A mixin or a base speaks of what its subclasses have.
        below = any(owner in self.inference.lineage(one).classes for one in self.family)
        return "maybe" if below or beyond else "no"

    def _texts(self, module: Module) -> None:
        in_all = module.scope in self.owners
        for text in module.texts:
            if text.exported and text.value == self.old:
                if in_all:
                    self._add(module, text.start, text.end)
            elif self._asks_for_it(text):
                self._leave(module, text.start, "a name in a string")
        # `loop.name` in a template, `pkg.name` to be patched, a program in quotes.
        used = re.compile(rf"\w[.:]{re.escape(self.old)}(?!\w)".encode())
        for start, end in module.strings:
            for found in used.finditer(module.source, start, end):
                self._leave(module, found.start(), "a use in a string")

    def _names_at_run_time(self) -> None:
        """List where a renamed class, or a base of it, reads the name of its own class."""
        for scope in self.owners:
            for binding in scope.bindings.get(self.old, []):
                if binding.kind != "class" or binding.inner is None:
                    continue
                for one in self.inference.lineage(binding.inner).classes:
                    for use in one.module.uses.get("__name__", []):
                        if use.scope.enclosing_class() is one:
                            self._leave(one.module, use.start, "reads its class's name")

    def _entry_points(self) -> None:
        """List `package.module:name` in the project's own configuration."""
        pattern = re.compile(rf"[:.]{re.escape(self.old)}\b")
        for name in _ENTRY_POINT_FILES:
            try:
                text = (self.program.root / name).read_text("utf-8", errors="replace")
            except OSError:
                continue
            for number, line in enumerate(text.splitlines(), 1):
                if pattern.search(line):
                    why = "a name in the project's configuration"
                    self.unsure.append(Site(name, number, line.strip(), why))

    def _built_names(self) -> None:
        """List where a name that begins like this one is put together for getattr."""
        for path in self.program.paths:
            source = self.program.source(path)
            if b"getattr" not in source and b"globals()" not in source:
                continue
            for found in _BUILT.finditer(source):
                head = found[1].decode()
                if self.old.startswith(head) and self.old != head:
                    self._leave(self.program.module(path), found.start(1), "a name is built here")

    def _asks_for_it(self, text: Text) -> bool:
        """Whether a string is the name itself, given to getattr or one of its kind."""
        function = text.argument_of.rpartition(".")[2]
        return text.value == self.old and (function in _BY_NAME or function == "object")
