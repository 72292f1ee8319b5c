"""Annotations are read down to names, inside quotes too."""

from __future__ import annotations

import pytest
from genesis_ssmp.heaven.index.annotations import TypeNode, read_annotation


def shape(text: str) -> str:
    source = text.encode()
    node, _ = read_annotation(source, 0, len(source))

    def show(one: TypeNode) -> str:
        name = "" if one.at < 0 else source[one.at :].decode().partition("[")[0].strip("\"' ]|,)")
        name = name.partition("|")[0].partition(",")[0].strip().strip("\"']")
        inner = ", ".join(show(argument) for argument in one.arguments)
        return {"name": name, "generic": f"{name}<{inner}>", "union": f"({inner})"}.get(
            one.form, "?"
        )

    return show(node)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", "A"),
        ("a.b.A", "A"),
        ("A | None", "A"),
        ("Optional[A]", "A"),
        ("t.Optional['A']", "A"),
        ("A | B", "(A, B)"),
        ("Union[A, B, None]", "(A, B)"),
        ("List[A]", "List<A>"),
        ("Dict[str, A]", "Dict<str, A>"),
        ("Callable[[X, Y], A]", "Callable<?, A>"),
        ("Literal['a', 'b']", "?"),
        ("Annotated[A, 'x', f(1)]", "A"),
        ("ClassVar[A]", "A"),
        ("'A | None'", "A"),
        ("'''A'''", "?"),
        ("None", "?"),
        ("", "?"),
        ("[", "?"),
        ("A[", "A<>"),
    ],
)
def test_shapes(text: str, expected: str) -> None:
    assert shape(text) == expected


def test_names_in_quotes_have_their_places_in_the_file() -> None:
    source = "x: 'é.List[\"no\"]' | t.List['b.C']".encode()
    _, quoted = read_annotation(source, 3, len(source))
    assert [source[one.start : one.end].decode() for one in quoted] == ["é", "List", "b", "C"]
    assert [one.on for one in quoted] == [-1, quoted[0].start, -1, quoted[2].start]


def test_literals_hold_no_names() -> None:
    source = b"t.Literal['A', 'B']"
    assert read_annotation(source, 0, len(source))[1] == []
