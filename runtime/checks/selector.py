"""From `RUN kind selector` to an argument list. Nothing here goes through a shell."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .config import Project
from .stack import CheckUnavailable, Kind, Language, Stack, Tool

_SUFFIXES: dict[str, Language] = {
    ".py": "python",
    ".go": "go",
    ".rs": "rust",
    ".js": "node",
    ".jsx": "node",
    ".mjs": "node",
    ".ts": "node",
    ".tsx": "node",
}


def command(stack: Stack, kind: Kind, selector: str) -> tuple[str, ...]:
    """The command for a check. `selector` "" is everything; see docs of RUN for the other forms.

    A path (`tests/test_x.py`, `./pkg/...`), a node id (`tests/test_x.py::test_y`) or a bare name,
    which the tool matches against its tests' names. Raises CheckUnavailable where no tool is
    installed, and where the selector is something that the tool has no argument for.
    """
    tool = choose(stack, kind, selector)
    return tool.argv + _arguments(tool, stack.root, selector.strip())


def choose(stack: Stack, kind: Kind, selector: str) -> Tool:
    """The tool that the selector speaks of, by its path's language, else the preferred one."""
    tools = stack.of(kind)
    wanted = _language(selector)
    return next((tool for tool in tools if tool.language == wanted), tools[0])


def _language(selector: str) -> Language | None:
    path = selector.strip().split("::")[0]
    if path.endswith("..."):
        return "go"
    return _SUFFIXES.get(Path(path).suffix)


def _arguments(tool: Tool, root: Path, selector: str) -> tuple[str, ...]:
    if selector in (".", "./", "./..."):
        selector = ""
    if selector.startswith("-"):
        # A selector is data: it must not become an option of somebody else's program.
        raise CheckUnavailable(
            tool.kind, f"RUN {tool.kind}: the selector {selector!r} starts with '-'"
        )
    match tool.name:
        case "pytest":
            return ("-p", "no:cacheprovider", "-q", *_pytest(root, selector))
        case "unittest":
            return _unittest(root, selector)
        case "go test" | "go vet" | "go build":
            return _go(tool, root, selector)
        case "cargo test":
            return (selector,) if selector else ()
        case "cargo clippy":
            return ("--", "-D", "warnings")
        case "cargo check":
            return ()
        case "vitest":
            return ("run", *_node_tests(root, selector))
        case "jest":
            return _node_tests(root, selector)
        case "npm":
            return ("--", selector) if selector else ()
        case "ruff":
            return ("check", "--no-cache", selector or ".")
        case "mypy":
            return ("--cache-dir", os.devnull, *_mypy(root, selector))
        case "tsc":
            return ("--noEmit",)
        case "eslint" | "flake8":
            return (selector or ".",)
        case _:
            return (selector,) if selector else ()


def _is_path(root: Path, selector: str) -> bool:
    return "/" in selector or (root / selector).exists()


def _pytest(root: Path, selector: str) -> tuple[str, ...]:
    if not selector:
        return ()
    if "::" in selector or _is_path(root, selector) or selector.endswith(".py"):
        return (selector,)
    return ("-k", selector)


def _unittest(root: Path, selector: str) -> tuple[str, ...]:
    if not selector or not ("::" in selector or _is_path(root, selector)):
        start = next((d for d in ("tests", "test") if (root / d).is_dir()), ".")
        top = ("-t", ".") if (root / start / "__init__.py").is_file() else ()
        wanted = ("-k", selector) if selector else ()
        return ("discover", "-s", start, *top, *wanted)
    path, *names = selector.split("::")
    if not names:
        return ("discover", "-s", path) if (root / path).is_dir() else (path,)
    module = path.removesuffix(".py").strip("./").replace("/", ".")
    return (".".join([module, *names]),)


def _go(tool: Tool, root: Path, selector: str) -> tuple[str, ...]:
    if not selector:
        return ("./...",)
    path = selector.split("::")[0]
    if path.endswith("...") or path.startswith("./") or _is_path(root, path):
        package = _go_package(root, path)
        name = selector.split("::", 1)[1] if "::" in selector else ""
        return ("-run", f"^{re.escape(name)}$", package) if name else (package,)
    return ("-run", selector, "./...") if tool.name == "go test" else ("./...",)


def _go_package(root: Path, path: str) -> str:
    if path.endswith(".go"):
        path = str(Path(path).parent)
    bare = path.removeprefix("./").rstrip("/")
    return f"./{bare}" if bare not in ("", ".") else "."


def _node_tests(root: Path, selector: str) -> tuple[str, ...]:
    if not selector:
        return ()
    if "::" in selector:
        path, name = selector.split("::", 1)
        return (path, "-t", name)
    return (selector,) if _is_path(root, selector) else ("-t", selector)


def _mypy(root: Path, selector: str) -> tuple[str, ...]:
    if selector:
        return (selector,)
    return () if Project.read(root).mypy_knows_its_files() else (".",)
