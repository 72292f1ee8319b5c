"""What an endpoint is: its place, what it takes and gives, and who does the work."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias

from ...proto.wire import WireError
from ..heaven import Heaven

Value: TypeAlias = "str | int | bool"


@dataclass(frozen=True, slots=True)
class Param:
    """A field of the query. Without a default it must be given; numbers have bounds."""

    name: str
    kind: Literal["str", "int", "bool"]
    about: str
    default: Value | None = None
    least: int = 0
    most: int = 0
    optional: bool = False

    @property
    def required(self) -> bool:
        return self.default is None and not self.optional

    def parse(self, text: str) -> Value:
        """Raises WireError naming the field."""
        if self.kind == "str":
            return text
        if self.kind == "bool":
            if text in ("true", "false"):
                return text == "true"
            raise WireError(self.name, f"true or false, not {text[:80]!r}")
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise WireError(self.name, f"a whole number, not {text[:80]!r}")
        number = int(text)
        if not self.least <= number <= self.most:
            raise WireError(self.name, f"{number} is not within {self.least} to {self.most}")
        return number


class Body(Enum):
    """How the body is read, where it is not the JSON of a dataclass."""

    NONE = "none"
    RAW = "raw"


class Lane(Enum):
    """Which threads do the work: long questions to the index must not hold up the log."""

    LOOP = "answered at once, by the event loop"
    LOG = "writes to the log, as many with one sync as are waiting"
    STORE = "blobs, and reading the log"
    INDEX = "symbol index and files"
    WAIT = "waits for somebody else's lease"
    STREAM = "a stream, answered by the application"


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Call:
    """One request, parsed: parts of the path, the query with its defaults, the body. `go_on` is
    false when a long wait is of no use any more: the client has gone, the server stops."""

    path: Mapping[str, str]
    query: Mapping[str, Value]
    body: object
    go_on: Callable[[], bool] = _always


@dataclass(frozen=True, slots=True)
class Route:
    """`body` and `answer` are dataclasses of the wire; `answer` a media type where it is no JSON.

    With `many`, a list of bodies is taken as well, and answered in order by a list, in which what
    is refused is a Failure. `run` does the work and returns a wire dataclass or a JSON object;
    None for what the application answers itself. A body that has one of the words of `unless` in it
    is work for its lane.
    """

    method: Literal["GET", "POST"]
    path: str
    about: str
    answer: type | str
    run: Callable[[Heaven, Call], object] | None
    lane: Lane = Lane.STORE
    unless: tuple[tuple[bytes, Lane], ...] = ()
    query: tuple[Param, ...] = ()
    body: type | Body = Body.NONE
    many: bool = False
    open: bool = False
    errors: tuple[int, ...] = field(default=())

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def lane_of(self, body: bytes) -> Lane:
        return next((lane for word, lane in self.unless if word in body), self.lane)

    def pattern(self) -> re.Pattern[str] | None:
        """What the path looks like, None for one without parts that vary."""
        if "{" not in self.path:
            return None
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))
