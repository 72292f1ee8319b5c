"""How statements are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scopes import AttributeUse, BindingKind, FromImport, Scope, SelfAttribute, Text
from .tree import text_of
from .walk import Walk

if TYPE_CHECKING:
    from tree_sitter import Node


def assignment(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    left = node.child_by_field_name("left")
    right = node.child_by_field_name("right")
    annotation = node.child_by_field_name("type")
    if left is not None:
        if node.type == "augmented_assignment" or left.type not in ("attribute", "subscript"):
            walk.targets(left, "assignment", node, scope, offset)
        else:
            self_attribute(walk, left, right, annotation, scope)
            walk.push(left, scope, offset, False)
    walk.push(annotation, scope, offset, True)
    if scope.kind == "module" and text_of(left) == "__all__":
        exported(walk, right, offset)
    alias = text_of(annotation).rpartition(".")[2] == "TypeAlias"
    walk.push(right, scope, offset, alias)


def self_attribute(
    walk: Walk, left: Node, right: Node | None, annotation: Node | None, scope: Scope
) -> None:
    owner = scope.parent
    receiver = text_of(left.child_by_field_name("object"))
    if scope.kind != "function" or owner is None or owner.kind != "class":
        return
    if left.type == "attribute" and receiver == scope.first_parameter:
        name = text_of(left.child_by_field_name("attribute"))
        owner.attributes.setdefault(name, []).append(SelfAttribute(right, annotation, scope))


def exported(walk: Walk, node: Node | None, offset: int) -> None:
    """Note the strings of an `__all__`."""
    stack = [node] if node is not None else []
    while stack:
        inner = stack.pop()
        if inner.type == "string_content":
            start = inner.start_byte + offset
            end = inner.end_byte + offset
            walk.module.texts.append(Text(text_of(inner), start, end, True, ""))
        stack.extend(inner.named_children)


def expression_statement(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    inner = node.named_children[0] if node.named_children else None
    if inner is not None and inner.type == "call" and scope.kind == "module":
        called = text_of(inner.child_by_field_name("function"))
        if called in ("__all__.extend", "__all__.append"):
            exported(walk, inner.child_by_field_name("arguments"), offset)
    walk.push_all(node.children, scope, offset, types)


def return_(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    given = scope.returns if node.type == "return_statement" else scope.yields
    given.extend(node.named_children[:1] or [node])
    walk.push_all(node.named_children, scope, offset, False)


def for_(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    left = node.child_by_field_name("left")
    if left is not None:
        walk.targets(left, "other", node, scope, offset)
    for child in node.children:
        if child != left:
            walk.push(child, scope, offset, False)


def as_pattern(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    alias = node.child_by_field_name("alias")
    above = node.parent.type if node.parent is not None else ""
    kind: BindingKind = "other"
    if above == "with_item":
        kind = "with"
    elif above == "except_clause":
        kind = "except"
    for child in node.named_children:
        if child == alias:
            walk.targets(child, kind, node, scope, offset)
        elif child.type == "identifier" and above.endswith("pattern"):
            walk.bind(child, "other", node, scope, offset)
        else:
            walk.push(child, scope, offset, False)


def except_clause(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    alias = node.child_by_field_name("alias")
    for child in node.children:
        if child == alias:
            walk.targets(child, "except", node, scope, offset)
        else:
            walk.push(child, scope, offset, False)


def case_pattern(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    for child in node.named_children:
        names = child.named_children
        if child.type == "dotted_name" and len(names) == 1:
            walk.bind(names[0], "other", node, scope, offset)
        else:
            walk.push(child, scope, offset, False)


def dotted_name(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    walk.push(node.named_children[0], scope, offset, False)
    for name in node.named_children[1:]:
        use = AttributeUse(name.start_byte + offset, name.end_byte + offset, scope, None)
        walk.module.uses.setdefault(text_of(name), []).append(use)


def keyword_pattern(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    name, *rest = node.named_children
    use = AttributeUse(name.start_byte + offset, name.end_byte + offset, scope, None)
    walk.module.uses.setdefault(text_of(name), []).append(use)
    for child in rest:
        names = child.named_children
        if child.type == "dotted_name" and len(names) == 1:
            walk.bind(names[0], "other", node, scope, offset)
        else:
            walk.push(child, scope, offset, False)


def splat_pattern(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    walk.targets(node, "other", node, scope, offset)


def global_(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    for child in node.named_children:
        name = walk.token(child, scope, offset)
        if node.type == "global_statement":
            scope.globals.add(name)
        else:
            scope.nonlocals.add(name)


def import_(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    for child in node.children_by_field_name("name"):
        if child.type == "aliased_import":
            alias = child.child_by_field_name("alias")
            dotted = text_of(child.child_by_field_name("name"))
            if alias is not None:
                walk.bind(alias, "import", node, scope, offset, dotted=dotted)
        elif child.named_children:
            first = child.named_children[0]
            walk.bind(first, "import", node, scope, offset, dotted=text_of(first))


def import_from(walk: Walk, node: Node, scope: Scope, offset: int, types: bool) -> None:
    level, dotted = _module_named(node)
    if any(child.type == "wildcard_import" for child in node.children):
        star = FromImport(level, dotted, "*", 0, 0, None, 0, scope, star=True)
        walk.module.imports.append(star)
    for child in node.children_by_field_name("name"):
        aliased = child.type == "aliased_import"
        name = child.child_by_field_name("name") if aliased else child
        alias = child.child_by_field_name("alias") if aliased else None
        if name is None:
            continue
        found = FromImport(
            level,
            dotted,
            text_of(name),
            name.start_byte + offset,
            name.end_byte + offset,
            text_of(alias) if alias is not None else None,
            alias.start_byte + offset if alias is not None else 0,
            scope,
        )
        walk.module.imports.append(found)
        walk.bind(alias or name, "from", node, scope, offset, source=found)


def _module_named(node: Node) -> tuple[int, str]:
    """The dots and the name after `from`."""
    module = node.child_by_field_name("module_name")
    if module is None:
        return 0, "__future__"
    if module.type != "relative_import":
        return 0, text_of(module)
    written = text_of(module)
    dotted = written.lstrip(". \t")
    return written.count(".") - dotted.count("."), dotted
