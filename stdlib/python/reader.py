"""From a file to its scopes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import definitions, expressions, statements
from .scopes import Module, Scope
from .tree import parse
from .walk import Handler, Walk


def read_module(path: str, source: bytes) -> Module:
    """Analyse one file. Anything that does not parse is skipped over, as tree-sitter does."""
    module = Module(path, source, parse(source))
    module.scope = Scope(module, "module", "", None, module.root)
    Walk(module, _HANDLERS).run()
    return module


_HANDLERS: Final[Mapping[str, Handler]] = {
    "identifier": expressions.identifier,
    "attribute": expressions.attribute,
    "member_type": expressions.member_type,
    "keyword_argument": expressions.keyword_argument,
    "call": expressions.call,
    "type": expressions.type,
    "subscript": expressions.subscript,
    "generic_type": expressions.generic_type,
    "string": expressions.string,
    "function_definition": definitions.function,
    "lambda": expressions.lambda_,
    "class_definition": definitions.class_,
    "list_comprehension": expressions.comprehension,
    "set_comprehension": expressions.comprehension,
    "dictionary_comprehension": expressions.comprehension,
    "generator_expression": expressions.comprehension,
    "assignment": statements.assignment,
    "augmented_assignment": statements.assignment,
    "expression_statement": statements.expression_statement,
    "return_statement": statements.return_,
    "yield": statements.return_,
    "named_expression": expressions.named_expression,
    "for_statement": statements.for_,
    "as_pattern": statements.as_pattern,
    "except_clause": statements.except_clause,
    "case_pattern": statements.case_pattern,
    "dotted_name": statements.dotted_name,
    "keyword_pattern": statements.keyword_pattern,
    "splat_pattern": statements.splat_pattern,
    "global_statement": statements.global_,
    "nonlocal_statement": statements.global_,
    "import_statement": statements.import_,
    "import_from_statement": statements.import_from,
    "future_import_statement": statements.import_from,
}
