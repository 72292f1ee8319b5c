"""The macro opcodes: operations that a machine carries out without a model.

This table says what each is: its parameters with their types, the languages that it works on, one
line of help and an example. The compiler checks calls against it, `aa op` and the docs show it, and
the runtime reads an angel's `macro_ops` by it. How a macro is carried out is the standard library's
business; here is only how it is called.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from .node import dataclass

ParameterType: TypeAlias = Literal[
    "symbol",  # a definition of the repository: name, Class.method, path::name
    "callee",  # a definition of the repository, or what the language has built in
    "new_name",  # the bare name that a symbol is to have
    "name",  # an identifier
    "path",  # a file or directory of the repository
    "kind",  # a kind of symbol: function, method, class
    "number",  # from 0
    "line",  # from 1
    "choice",
    "text",
]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a macro opcode. `field` is its name in an angel's macro op.

    An `optional` one is written as a word before its value (`in src/app`).
    """

    name: str
    type: ParameterType
    field: str
    doc: str
    optional: bool = False
    choices: tuple[str, ...] = ()

    def placeholder(self) -> str:
        """How usage shows its value."""
        return "|".join(self.choices) if self.choices else self.type.upper()


@dataclass(frozen=True, slots=True)
class Signature:
    """How a macro opcode is called: `NAME positional... [keyword VALUE]...`.

    `suffixes` are the endings of the files that it works on; empty: any text. `example` is a call.
    """

    name: str
    parameters: tuple[Parameter, ...]
    suffixes: tuple[str, ...]
    doc: str
    example: str

    @property
    def positional(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.parameters if not one.optional)

    @property
    def keywords(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.parameters if one.optional)

    def parameter(self, name: str) -> Parameter:
        """Raises KeyError."""
        for one in self.parameters:
            if one.name == name:
                return one
        raise KeyError(name)

    def usage(self, *, switches: bool = True) -> str:
        """One line such as `RENAME_SYMBOL old new [in PATH] [kind KIND] [unsure leave|include]`;
        without `switches`, what is one of a few words is left out."""
        optional = (
            f"[{one.name} {one.placeholder()}]"
            for one in self.parameters
            if one.optional and (switches or not one.choices)
        )
        return " ".join((self.name, *self.positional, *optional))


PYTHON: Final = (".py", ".pyi")
GO: Final = (".go",)
ECMASCRIPT: Final = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_CODE: Final = (*PYTHON, *GO, *ECMASCRIPT)

_IN: Final = Parameter(
    "in", "path", "scope_path", "the file or directory that the definition is in", True
)
_KIND: Final = Parameter(
    "kind", "kind", "symbol_kind", "what is meant: function, method, class", True
)
_UNSURE: Final = Parameter(
    "unsure",
    "choice",
    "unsure",
    "`include` changes the places that only may mean it too; `leave` lists them",
    True,
    ("leave", "include"),
)

_ROWS: Final = (
    Signature(
        "RENAME_SYMBOL",
        (
            Parameter("old", "symbol", "old_name", "what is renamed; `func.param` is a parameter"),
            Parameter("new", "new_name", "new_name", "its new name"),
            _IN,
            _KIND,
            _UNSURE,
            Parameter(
                "text",
                "choice",
                "text",
                "`include` changes the name in strings and comments too",
                True,
                ("leave", "include"),
            ),
        ),
        _CODE,
        "Rename a symbol or a parameter: its definition and every reference that resolves to it.",
        "RENAME_SYMBOL Context.invoke Context.call",
    ),
    Signature(
        "ADD_PARAM",
        (
            Parameter("func", "symbol", "func_name", "the function or method"),
            Parameter("param", "name", "param_name", "the new parameter"),
            Parameter(
                "type",
                "text",
                "param_type",
                "its annotation; Go needs one, TypeScript too where there is no default",
                True,
            ),
            Parameter(
                "default",
                "text",
                "default",
                "its default value; in Go, which has none, the same as `argument`",
                True,
            ),
            Parameter("argument", "text", "argument", "what every call passes for it", True),
            Parameter(
                "position",
                "number",
                "position",
                "how many parameters stand before it, self not counted; without: the last",
                True,
            ),
            _IN,
            _KIND,
            _UNSURE,
        ),
        _CODE,
        "Add a parameter to a function, its overrides and its calls.",
        "ADD_PARAM Parser.parse strict type bool default False",
    ),
    Signature(
        "REMOVE_PARAM",
        (
            Parameter("func", "symbol", "func_name", "the function or method"),
            Parameter("param", "name", "param_name", "the parameter, which its body does not use"),
            _IN,
            _KIND,
            _UNSURE,
        ),
        _CODE,
        "Remove a parameter from a function, its overrides and its calls.",
        "REMOVE_PARAM Parser.parse strict",
    ),
    Signature(
        "INSERT_IMPORT",
        (
            Parameter("path", "path", "path", "the file"),
            Parameter("import", "text", "import_spec", "the statement, or a module's name"),
        ),
        _CODE,
        "Add an import to a file, where its other imports are.",
        'INSERT_IMPORT src/app.py "from os import path"',
    ),
    Signature(
        "ADD_TEST_CASE",
        (
            Parameter(
                "test",
                "symbol",
                "test_func",
                "the test function that it stands beside, or its title",
            ),
            Parameter("case", "name", "case_name", "the name of the case"),
            Parameter(
                "body",
                "text",
                "case_body",
                "its statements; for a parametrized test, its values",
            ),
            _IN,
        ),
        _CODE,
        "Add a case to a parametrized or table-driven test, or a test after another one.",
        'ADD_TEST_CASE test_add negative "assert add(-1, -2) == -3"',
    ),
    Signature(
        "ADD_FUNCTION_STUB",
        (
            Parameter("path", "path", "path", "the file, made if it is not there"),
            Parameter("signature", "text", "func_sig", "the function's header"),
            Parameter("after", "symbol", "func_name", "the definition that it comes after", True),
        ),
        _CODE,
        "Add a function that raises NotImplementedError, panics, or throws an Error.",
        'ADD_FUNCTION_STUB src/app.py "def parse(text: str) -> int"',
    ),
    Signature(
        "REPLACE_SPAN",
        (
            Parameter("path", "path", "path", "the file"),
            Parameter("start", "line", "start_line", "the first line"),
            Parameter("end", "line", "end_line", "the last line"),
            Parameter("content", "text", "content", "what stands there instead"),
        ),
        (),
        "Replace lines of a file.",
        'REPLACE_SPAN src/app.py 3 4 "x = 1\\n"',
    ),
    Signature(
        "MOVE_SYMBOL",
        (
            Parameter("symbol", "symbol", "old_name", "a definition at the top of its file"),
            Parameter("to", "path", "path", "the file, made if it is not there"),
            _IN,
            _KIND,
        ),
        _CODE,
        "Move a definition to another file; imports of it follow.",
        "MOVE_SYMBOL parse_date src/dates.py",
    ),
    Signature(
        "WRAP_CALL",
        (
            Parameter("func", "symbol", "func_name", "the function that is called"),
            Parameter("wrapper", "callee", "new_name", "the function that gets what it returns"),
            _IN,
            _KIND,
            _UNSURE,
        ),
        _CODE,
        "Wrap every call of a function in a call of another one.",
        "WRAP_CALL read_config validated",
    ),
    Signature(
        "REPLACE_CALL",
        (
            Parameter("func", "symbol", "old_name", "the function that is called"),
            Parameter("by", "callee", "new_name", "the one to call, with the same arguments"),
            _IN,
            _KIND,
            _UNSURE,
        ),
        _CODE,
        "Call another function wherever a function is called.",
        "REPLACE_CALL load_yaml load_toml",
    ),
)

SIGNATURES: Final[dict[str, Signature]] = {row.name: row for row in _ROWS}


def near_miss(word: str) -> str | None:
    """The macro opcode that `word` nearly spells, if it is written like one (`RENAME_SYMBOL`)."""
    if word in SIGNATURES or "_" not in word or not word.isupper() or not word.isidentifier():
        return None
    import difflib

    close = difflib.get_close_matches(word, SIGNATURES, n=1, cutoff=0.8)
    return close[0] if close else None
