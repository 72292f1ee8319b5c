"""The sectioner: five layers, and not a byte lost in any of them."""

from __future__ import annotations

import os
import random
import re
from hashlib import sha256
from itertools import pairwise

import pytest
from genesis_ssmp.heaven.errors import PromptTooLarge
from genesis_ssmp.heaven.prompts.markdown import BLANK, FENCE, FENCED, HEADING, TEXT, read_lines
from genesis_ssmp.heaven.prompts.section_types import PINNED, SCORES, TYPES, roles_of, type_of_title
from genesis_ssmp.heaven.prompts.sectioner import MAX_SECTION_BYTES, Section, section
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.evidence import Evidence

EXAMPLES = 5_000 if os.environ.get("GENESIS_SOAK") else 300

# Lines that a sectioner could trip over, put together in any order and with any line ends.
PIECES = st.sampled_from(
    [
        "# Constraints",
        "## API",
        "### Examples ###",
        "#### deep",
        "   # indented",
        "    # code",
        "#no blank",
        "#",
        "```",
        "````",
        "```python",
        "~~~",
        "    ```",
        "> ```",
        "> # quoted",
        "- ```",
        "You must.",
        "- [ ] done",
        "",
        "   ",
        "\t",
        "text",
        "x" * 700,
        "é😀\u2028\x0b\x85",
        "\r",
        "\ufeff",
        "\x00",
    ]
)
TEXTS = st.one_of(
    st.binary(),
    st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\r\n", "\n\n", "\r", ""])), max_size=60).map(
        lambda rows: "".join(text + end for text, end in rows).encode()
    ),
)


def cut(content: bytes, found: tuple[Section, ...]) -> list[bytes]:
    return [content[one.start_byte : one.end_byte] for one in found]


def outline(text: str) -> list[tuple[str, str]]:
    return [(one.title, one.type) for one in section(text.encode())]


@settings(deadline=None, max_examples=EXAMPLES)
@given(TEXTS)
def test_the_sections_bytes_in_order_are_the_prompt_whatever_it_is(content: bytes) -> None:
    found = section(content)
    pieces = cut(content, found)
    assert b"".join(pieces) == content
    assert all(pieces)
    assert [one.index for one in found] == list(range(len(found)))
    assert [one.blob_id for one in found] == [sha256(piece).hexdigest() for piece in pieces]
    assert all(one.end_byte == after.start_byte for one, after in pairwise(found))
    assert all(one.end_line + 1 == after.start_line for one, after in pairwise(found))
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])
    assert section(content) == found


@settings(deadline=None, max_examples=EXAMPLES)
@given(TEXTS)
def test_no_section_begins_inside_a_fence_and_none_is_too_long_but_for_a_fence_or_a_line(
    content: bytes,
) -> None:
    lines = read_lines(content)
    for one in section(content):
        first, last = one.start_line - 1, one.end_line
        assert lines.kinds[first] != FENCED
        if one.size > MAX_SECTION_BYTES:
            atoms = [n for n in range(first, last) if lines.kinds[n] in (TEXT, FENCE)]
            assert len(atoms) <= 1
        inner = [n for n in range(first + 1, last) if lines.kinds[n] == HEADING]
        assert inner == []


def test_headings_of_three_levels_split_and_deeper_ones_are_text() -> None:
    text = "intro\n# A\na\n## B ##\nb\n### C\n#### D\nd\n"
    assert [(one.level, one.title) for one in section(text.encode())] == [
        (0, ""),
        (1, "A"),
        (2, "B"),
        (3, "C"),
    ]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("# A", "A"),
        ("   #\tA  b", "A b"),
        ("# A #", "A"),
        ("# C#", "C#"),
        ("#", ""),
        ("## ##", ""),
        ("# é\u2028x", "é x"),
    ],
)
def test_a_heading_is_what_commonmark_says(line: str, title: str) -> None:
    (heading,) = read_lines(line.encode()).headings
    assert heading.title == title


@pytest.mark.parametrize("line", ["#A", "    # A", "\t# A", "#### A", "> # A", "\\# A", "a # b"])
def test_no_heading_is_what_commonmark_says_is_none(line: str) -> None:
    assert read_lines(line.encode()).headings == ()


def test_a_heading_after_a_byte_order_mark_is_one() -> None:
    assert outline("\ufeff# API\n") == [("API", "api")]


def test_a_heading_ends_with_its_line_ending_crlf_too() -> None:
    content = b"# API\r\n\r\nx\r\n# Style\r\ny"
    assert cut(content, section(content)) == [b"# API\r\n\r\nx\r\n", b"# Style\r\ny"]
    assert [one.title for one in section(content)] == ["API", "Style"]


FENCES = [
    "```\n# no\n```",
    "```sh\n# no\n\n# no\n```  ",
    "~~~\n# no\n```\n# no\n~~~",
    "````\n```\n# no\n```\n````",
    "```\n# no\n    ```\n# no\n   ```",
    "``` info ~ `\n".replace(" `", "") + "# no\n`````",
    "> ```\n> # no\n> ```",
    "- ```\n  # no\n  ```",
    "1. x\n\n    ```\n    # no\n\n  # no\n    ```",
]


@pytest.mark.parametrize("fence", FENCES)
def test_a_heading_inside_a_fence_is_text(fence: str) -> None:
    assert [title for title, _ in outline(f"# A\n{fence}\n# B\n")] == ["A", "B"]


def test_a_fence_that_is_never_closed_goes_on_to_the_end() -> None:
    assert [title for title, _ in outline("# A\n```\n# no\n## no\n")] == ["A"]


def test_a_fence_ends_with_the_quotation_or_list_item_that_it_stands_in() -> None:
    assert [title for title, _ in outline("> ```\n> x\n# A\n")] == ["", "A"]
    assert [title for title, _ in outline("1. x\n\n    ```\n    y\n# A\n")] == ["", "A"]


def test_backticks_in_a_line_open_no_fence() -> None:
    assert [title for title, _ in outline("```x``` is code\n# A\n")] == ["", "A"]


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Constraints", "constraints"),
        ("What you must not do", "constraints"),
        ("Non-goals", "constraints"),
        ("Requirements", "constraints"),
        ("Acceptance criteria", "acceptance"),
        ("Definition of Done", "acceptance"),
        ("Test plan", "acceptance"),
        ("Public API", "api"),
        ("The `/pf` endpoints", "api"),
        ("Security", "security"),
        ("AUTHENTICATION", "security"),
        ("Code style", "style"),
        ("2. Conventions", "style"),
        ("Specification", "spec"),
        ("Goals", "spec"),
        ("Examples", "examples"),
        ("Usage:", "examples"),
        ("Glossary", "glossary"),
        ("Terms", "glossary"),
        ("API examples", "api"),
        ("Background", None),
        ("Rapid specialists", None),
        ("", None),
    ],
)
def test_a_title_names_its_type_by_whole_words_the_weightiest_first(
    title: str, kind: str | None
) -> None:
    assert type_of_title(title) == kind


def test_a_section_without_a_telling_title_is_what_the_section_around_it_is() -> None:
    text = "## Constraints\n### Speed\nx\n### Memory\ny\n## Background\nz\n# Z\n"
    assert [kind for _, kind in outline(text)] == ["constraints"] * 3 + ["other"] * 2


def test_the_title_of_the_whole_prompt_hands_nothing_down() -> None:
    text = "# Security fixes\nintro\n## Background\nx\n## API\ny\n"
    assert [kind for _, kind in outline(text)] == ["security", "other", "api"]


def test_text_without_headings_is_told_by_its_lines() -> None:
    assert outline("You must keep the API.\nNever print.\n") == [("", "constraints")]
    assert outline("- [ ] it works\n- [x] it is tested\n") == [("", "acceptance")]
    assert outline("```\nyou must\n```\nPlain.\n") == [("", "other")]


def test_scores_and_pinned_roles_are_those_of_the_format() -> None:
    assert SCORES == {
        "constraints": 3.0,
        "acceptance": 2.5,
        "api": 2.0,
        "security": 2.0,
        "style": 1.5,
        "spec": 1.0,
        "examples": 1.0,
        "glossary": 0.5,
        "other": 0.0,
    }
    assert PINNED == {
        "planner": ("constraints", "acceptance", "spec"),
        "builder": ("api", "constraints", "examples"),
        "reviewer": ("acceptance", "security", "constraints"),
    }
    assert set(TYPES) == set(SCORES)
    assert roles_of("constraints") == ("planner", "builder", "reviewer")
    assert roles_of("glossary") == ()


def test_a_section_of_4096_bytes_is_whole_and_one_more_byte_splits_it() -> None:
    def of(size: int) -> bytes:
        head = b"# A\n\n" + b"x" * 2_000 + b"\n\n"
        return head + b"y" * (size - len(head))

    assert len(section(of(4_096))) == 1
    content = of(4_097)
    first, second = section(content)
    assert content[second.start_byte :].startswith(b"y")
    assert [(one.title, one.part, one.parts) for one in (first, second)] == [
        ("A", 1, 2),
        ("A", 2, 2),
    ]
    assert first.type == second.type and first.level == second.level


def test_a_long_section_is_split_at_paragraphs_as_few_times_as_they_allow() -> None:
    paragraphs = [f"{n} " + "word " * 180 + "\n\n" for n in range(12)]
    content = ("# Spec\n\n" + "".join(paragraphs)).encode()
    found = section(content)
    assert [one.parts for one in found] == [3] * 3
    assert all(one.size <= MAX_SECTION_BYTES and one.type == "spec" for one in found)
    assert all(re.match(rb"\d+ word", piece) for piece in cut(content, found)[1:])


def test_a_long_paragraph_is_split_at_line_ends_and_a_long_line_not_at_all() -> None:
    lines = "".join(f"- item {n} {'x' * 90}\n" for n in range(100))
    found = section(("# A\n" + lines).encode())
    assert len(found) == 3 and all(one.size <= MAX_SECTION_BYTES for one in found)
    assert [one.size for one in section(b"x" * 10_000)] == [10_000]


def test_a_long_fence_stays_whole_and_its_heading_with_it() -> None:
    fence = "```\n" + "code\n\n# code\n" * 800 + "```\n"
    content = f"before\n\n## Schema\n\n{fence}\nafter\n".encode()
    pieces = cut(content, section(content))
    assert pieces[0] == b"before\n\n"
    assert pieces[1] == f"## Schema\n\n{fence}\n".encode()
    assert pieces[2] == b"after\n"


def test_an_empty_prompt_has_no_sections() -> None:
    assert section(b"") == ()


def test_more_headings_than_allowed_are_refused_at_the_first_too_many() -> None:
    with pytest.raises(PromptTooLarge) as caught:
        section(b"# x\n" * 11, most_headings=10)
    assert (caught.value.what, caught.value.limit) == ("headings", 10)
    assert len(section(b"# x\n" * 10, most_headings=10)) == 10


def test_blank_lines_are_blank_whatever_they_are_blank_with() -> None:
    assert list(read_lines(b"\n \n\t\r\n\r\nx").kinds) == [BLANK] * 4 + [TEXT]


def test_long_random_markdowns_lose_no_byte_and_cut_no_fence(evidence: Evidence) -> None:
    """The same as the property tests, by brute force over long texts."""
    chance = random.Random(7)
    pool = ["# A", "## API", "```", "~~~~", *["x" * 300] * 6, "word", "", "> ```", "    ```", "- y"]
    rounds, sections, split = 10_000 if os.environ.get("GENESIS_SOAK") else 500, 0, 0
    for _ in range(rounds):
        rows = [chance.choice(pool) for _ in range(chance.randrange(120))]
        content = "".join(row + chance.choice(["\n", "\r\n"]) for row in rows).encode()
        found = section(content)
        kinds = read_lines(content).kinds
        assert b"".join(cut(content, found)) == content
        assert all(kinds[one.start_line - 1] != FENCED for one in found)
        sections += len(found)
        split += sum(1 for one in found if one.part > 1)
    assert split
    evidence.note("reconstructed", texts=rounds, sections=sections, of_split_ones=split)
