"""The route table as a page of documentation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from .route import Body, Param, Route
from .routes import ROUTES


def render_routes() -> str:
    """A section for each endpoint, in the order of the table."""
    return "\n".join("\n".join(_section(route)) for route in ROUTES)


def _section(route: Route) -> Iterator[str]:
    yield f"### {route.name}\n"
    yield f"{route.about}\n"
    for param in route.query:
        yield f"- query `{param.name}`{_bounds(param)}: {param.about}"
    if route.query:
        yield ""
    if route.body is Body.RAW:
        yield "Body: the bytes themselves.\n"
    elif isinstance(route.body, type):
        yield f"Body: {_shape(route.body)}{', or a list of them' if route.many else ''}\n"
    if isinstance(route.answer, str):
        yield f"Answer: `{route.answer}`"
    else:
        yield f"Answer: {_shape(route.answer)}{', or a list' if route.many else ''}"
    yield ""


def _bounds(param: Param) -> str:
    parts = []
    if param.required:
        parts.append("needed")
    if param.default is not None and param.default != -1:
        parts.append(f"{param.default} unless said".lower())
    if param.kind == "int" and param.most <= 1_000_000:
        parts.append(f"{param.least} to {param.most}")
    return f" ({', '.join(parts)})" if parts else ""


def _shape(kind: type) -> str:
    """`{owner_id, lease_ids, ttl_seconds?}`, and the name under which OpenAPI has it."""
    if not dataclasses.is_dataclass(kind):
        return "a JSON object"
    names = [
        f.name
        + (
            ""
            if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
            else "?"
        )
        for f in dataclasses.fields(kind)
    ]
    return f"`{{{', '.join(names)}}}` ({kind.__name__})"
