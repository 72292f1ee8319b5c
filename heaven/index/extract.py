"""One file to its facts: definitions, scopes, bindings, imports and uses, by one query.

Nothing is bound to another file here, so the order in which files are read cannot matter. What is
particular to a language is in its query file; `reading.py` (Python) and `outline.py` (all others)
know vocabularies of captures only.
"""

from __future__ import annotations

from .facts import FileFacts
from .languages import PYTHON_CALLS, LanguageRow, grammar, query


def extract(source: bytes, language: LanguageRow) -> FileFacts:
    """The facts of a file. A syntax error costs the names around it, never the whole file."""
    # Only here, since an index in which nothing changed reads nothing.
    from tree_sitter import Parser, QueryCursor

    from .outline import Outline
    from .outline_sweep import OutlineSweep
    from .reading import Reading
    from .sweep import Sweep

    tree = Parser(grammar(language)).parse(source)
    if language.binding != "python":
        outline = Outline(source)
        for pattern, captures in QueryCursor(query(language)).matches(tree.root_node):
            outline.collect(pattern, captures)
        return OutlineSweep(outline).run(tree.root_node.has_error)
    reading = Reading(source)
    of_call = QueryCursor(query(PYTHON_CALLS))
    of_call.set_max_start_depth(0)
    reading.read(QueryCursor(query(language)).matches(tree.root_node), of_call.matches)
    return Sweep(reading).run(tree.root_node.has_error)
