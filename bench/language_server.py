"""Language servers of npm as peers: pyright for Python, TypeScript's own for its languages.

They are asked over the Language Server Protocol what each token stands for, and are fetched for the
run: they are no dependency of the package.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, TypeAlias, cast
from urllib.parse import unquote, urlparse

from bench.python_sites import At

_Json: TypeAlias = "dict[str, object]"
_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Server:
    """An npm package and its command; `language` by the file name's ending."""

    packages: tuple[str, ...]
    command: tuple[str, ...]
    language: Mapping[str, str]


PYRIGHT: Final = Server(
    ("pyright@1.1.414",), ("pyright-langserver", "--stdio"), {"py": "python", "pyi": "python"}
)
TYPESCRIPT: Final = Server(
    ("typescript@5.9.3", "typescript-language-server@5.1.3"),
    ("typescript-language-server", "--stdio"),
    {
        "ts": "typescript",
        "mts": "typescript",
        "cts": "typescript",
        "tsx": "typescriptreact",
        "js": "javascript",
        "mjs": "javascript",
        "cjs": "javascript",
        "jsx": "javascriptreact",
    },
)


def install(server: Server, into: Path) -> Path:
    """Fetch the server; -> its command. Raises CalledProcessError where npm cannot."""
    subprocess.run(
        [
            *("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(into)),
            *server.packages,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return into / "node_modules" / ".bin" / server.command[0]


def ask_server(
    server: Server, command: Path, root: Path, asked: Mapping[str, Sequence[At]]
) -> dict[tuple[str, At], tuple[tuple[str, At], ...]]:
    """What each token stands for: (path, place) of definitions in the tree, path "" for what lies
    outside of it. Progress goes to stderr."""
    found: dict[tuple[str, At], tuple[tuple[str, At], ...]] = {}
    total = sum(map(len, asked.values()))
    told = 0
    with _Client([str(command), *server.command[1:]], root) as client:
        for path, places in asked.items():
            language = server.language[path.rpartition(".")[2]]
            for place, targets in client.definitions(path, language, places):
                found[path, place] = tuple(_place(root, one) for one in targets)
            if len(found) * 20 // total > told:
                told = len(found) * 20 // total
                print(
                    f"{server.command[0]}: {len(found):,} of {total:,} tokens",
                    file=sys.stderr,
                    flush=True,
                )
    return found


def _place(root: Path, target: _Json) -> tuple[str, At]:
    place = cast("_Json", target.get("targetSelectionRange") or target["range"])
    start = cast("dict[str, int]", place["start"])
    where = Path(unquote(urlparse(str(target.get("targetUri") or target["uri"])).path))
    if not where.is_relative_to(root) or "node_modules" in where.parts:
        return "", At(0, 0)
    return where.relative_to(root).as_posix(), At(start["line"] + 1, start["character"])


class _Client:
    """Columns are UTF-16 units on the wire; a place after a character beyond them is off, and says
    nothing."""

    def __init__(self, command: list[str], root: Path) -> None:
        self._root = root
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=root,
        )
        self._number = 0

    def __enter__(self) -> _Client:
        self._request(
            "initialize",
            {
                "processId": None,
                "rootUri": self._root.as_uri(),
                "workspaceFolders": [{"uri": self._root.as_uri(), "name": "root"}],
                "capabilities": {
                    "workspace": {"configuration": True, "workspaceFolders": True},
                    "textDocument": {"definition": {"linkSupport": True}},
                },
            },
        )
        next(self._answers(1))
        self._notify("initialized", {})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    def definitions(
        self, path: str, language: str, places: Sequence[At]
    ) -> Iterator[tuple[At, list[_Json]]]:
        file = self._root / path
        document = {"uri": file.as_uri()}
        text = file.read_text(encoding="utf-8")
        opened = {**document, "languageId": language, "version": 1, "text": text}
        self._notify("textDocument/didOpen", {"textDocument": opened})
        waiting = deque(places)
        while waiting:
            batch = [waiting.popleft() for _ in range(min(_AT_ONCE, len(waiting)))]
            numbers = {
                self._request(
                    "textDocument/definition",
                    {
                        "textDocument": document,
                        "position": {"line": at.line - 1, "character": at.column},
                    },
                ): at
                for at in batch
            }
            for number, result in self._answers(len(batch)):
                given = result if isinstance(result, list) else [result] if result else []
                yield numbers[number], cast("list[_Json]", given)
        self._notify("textDocument/didClose", {"textDocument": document})

    def _request(self, method: str, params: _Json) -> int:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        return self._number

    def _notify(self, method: str, params: _Json) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: _Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _answers(self, count: int) -> Iterator[tuple[int, object]]:
        while count:
            message = self._receive()
            if "method" in message:
                if "id" in message:
                    self._send({"id": message["id"], "result": _reply(message)})
            else:
                count -= 1
                yield cast("int", message["id"]), message.get("result")

    def _receive(self) -> _Json:
        assert self._process.stdout is not None
        length = 0
        while (line := self._process.stdout.readline().strip()) or not length:
            if not line and self._process.poll() is not None:
                raise RuntimeError(f"the language server ended with {self._process.returncode}")
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return cast("_Json", json.loads(self._process.stdout.read(length)))


def _reply(message: _Json) -> object:
    """What a server asks of its client: settings, of which we have none of our own."""
    if message["method"] != "workspace/configuration":
        return None
    items = cast("_Json", message["params"])["items"]
    return [{} for _ in cast("list[object]", items)]
