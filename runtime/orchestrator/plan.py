"""A plan: programs, and which of them wait for which. As files, as a record, on the wire."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...aa.decode import decode
from ...aa.diagnostic import Diagnostic, has_errors
from ...aa.encode import encode
from ...aa.module import Module
from ...aa.opcodes import CHOICES, Kind, Op
from ...aa.source import Source
from ...heaven import Heaven
from ...heaven.canonical import encode as canonical
from ...heaven.clock import to_text
from ...heaven.leases.scopes import Key, nodes_of, normalise_scope
from ...heaven.records import Json, JsonObject
from ...isa.compile import compile_source
from ...isa.modules import file_loader
from ...proto.leases import Scope
from ...proto.mission import Mission
from ...proto.oracle import Plan, PlanNode
from ...stdlib import load
from .. import fields
from ..errors import RunError
from ..live import scope_type
from .dag import Dag, Node
from .errors import BadPlan

PLAN_FILE: Final = "plan.toml"
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_STANDARD: Final = Path(__file__).parent.parent.parent / "stdlib"


@dataclass(slots=True)
class ProgramsWrong(RunError):
    """Programs of a plan do not compile: their author's to mend. `sources` is by file name."""

    diagnostics: tuple[Diagnostic, ...]
    sources: dict[str, Source]

    def __str__(self) -> str:
        first = self.diagnostics[0]
        return f"{first.file}:{first.span.line}: {first.message}"


@dataclass(frozen=True, slots=True)
class Check:
    """What a program runs and expects to pass: `test`, `lint` or `typecheck`, and what of it."""

    kind: str
    selector: str

    def __str__(self) -> str:
        return f"RUN {self.kind} {self.selector}".rstrip()


@dataclass(frozen=True, slots=True)
class PlannedMission:
    """A program with its place in the plan. `file` is its name in the plan's directory, `code` its
    bytecode; what it leases and spends stands in the program."""

    name: str
    file: str
    source: str
    code: bytes
    module: Module
    depends_on: tuple[str, ...]

    @property
    def scopes(self) -> tuple[Scope, ...]:
        found = (
            Scope(scope_type(_word(Kind.SCOPE, one.operands[0])), self._text(one.operands[1]))
            for one in self.module.code
            if one.op is Op.LEASE
        )
        return tuple(dict.fromkeys(found))

    @property
    def tasks(self) -> tuple[str, ...]:
        """What angels and macro ops are to do, in order."""
        return tuple(
            self._text(one.operands[0])
            for one in self.module.code
            if one.op in (Op.ANGEL, Op.MACRO)
        )

    @property
    def invariants(self) -> tuple[str, ...]:
        """Those that are checked."""
        texts = (self._text(one.operands[0]) for one in self.module.code if one.op is Op.INVARIANT)
        return tuple(dict.fromkeys(text for text in texts if text.startswith("@")))

    @property
    def checks(self) -> tuple[Check, ...]:
        """What must pass when the mission is done. A RUN whose exit code an assertion judges may be
        meant to fail, and is none of them."""
        code = self.module.code
        found = (
            Check(_word(Kind.RUN, one.operands[0]), self._text(one.operands[1]))
            for pc, one in enumerate(code)
            if one.op is Op.RUN and code[pc + 1].op is not Op.ASSERT_EXIT
        )
        return tuple(dict.fromkeys(found))

    def _text(self, index: int) -> str:
        value = self.module.constants[index]
        assert isinstance(value, str), "the verifier holds operand kinds"
        return value


@dataclass(frozen=True, slots=True)
class MissionPlan:
    """`missions` in the order of the plan file. `plan_id` names exactly this plan."""

    plan_id: str
    task: str
    missions: tuple[PlannedMission, ...]

    def dag(self) -> Dag:
        """Raises BadPlan."""
        return Dag([Node(one.name, one.depends_on, one.scopes) for one in self.missions])

    def check(self, heaven: Heaven) -> Dag:
        """The graph, when nothing is wrong with it in this repository. Raises BadPlan, BadScope,
        PathOutside, TreeUnreadable."""
        dag = self.dag()
        dag.check_leases(lambda scope: places(heaven, scope))
        return dag

    def mission(self, name: str) -> PlannedMission:
        return next(one for one in self.missions if one.name == name)

    def record(self) -> dict[str, Json]:
        """The inverse of `read_record`."""
        missions: list[Json] = [
            {
                "name": one.name,
                "file": one.file,
                "source": one.source,
                "code": one.code.hex(),
                "depends_on": list(one.depends_on),
            }
            for one in self.missions
        ]
        return {"plan_id": self.plan_id, "task": self.task, "missions": missions}

    def files(self) -> dict[str, str]:
        """The plan's directory: text by file name."""
        return {PLAN_FILE: _toml(self), **{one.file: one.source for one in self.missions}}

    def wire(self, heaven: Heaven) -> Plan:
        """In the shape of `oracle.schema.json`."""
        now = to_text(heaven.clock.now())
        nodes = [
            PlanNode(
                Mission(
                    mission_id=one.name,
                    base_rev="HEAD",
                    goal=one.tasks[0] if one.tasks else self.task,
                    scopes=one.scopes,
                    lease_ids=(),
                    tasks=one.tasks,
                    created_at=now,
                    token_budget=one.module.budget,
                ),
                one.depends_on,
            )
            for one in self.missions
        ]
        return Plan(self.plan_id, self.task, str(heaven.root), tuple(nodes), now)


def places(heaven: Heaven, scope: Scope) -> Collection[Key]:
    """What a scope covers now. Raises BadScope, PathOutside, TreeUnreadable."""
    nodes = nodes_of(
        normalise_scope(scope),
        heaven.root,
        lambda name: [(one.path, one.qualname) for one in heaven.find_symbols(name)],
    )
    return [node.key for node in nodes]


def make_plan(task: str, missions: Sequence[PlannedMission]) -> MissionPlan:
    """A plan named after its content: the same plan has the same id. Raises BadPlan."""
    parts: list[Json] = [task]
    for one in missions:
        parts.append([one.name, one.source, *one.depends_on])
    identifier = "p" + hashlib.sha256(canonical(parts)).hexdigest()[:12]
    plan = MissionPlan(identifier, task, tuple(missions))
    plan.dag()
    return plan


def compile_mission(
    name: str, file: str, text: str, depends_on: Sequence[str], directory: Path | None = None
) -> PlannedMission:
    """`directory` is where USE ./module.isa looks. Raises ProgramsWrong, BadPlan."""
    if not _NAME.fullmatch(name):
        raise BadPlan((f"{name!r} is no name for a mission: letters, digits, `_`, `.` and `-`",))
    source = Source(file, text)
    loader = load if directory is None else file_loader(directory, _STANDARD)
    compiled = compile_source(source, loader=loader)
    module = compiled.module
    if module is None or has_errors(compiled.diagnostics):
        raise ProgramsWrong(compiled.diagnostics, {file: source, **compiled.sources})
    return PlannedMission(name, file, text, encode(module), module, tuple(depends_on))


def read_plan(directory: Path) -> MissionPlan:
    """The plan in a directory, or of its plan file. Raises BadPlan, ProgramsWrong."""
    file = directory / PLAN_FILE if directory.is_dir() else directory
    directory = file.parent
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadPlan((f"cannot read {file}: {error.strerror}",)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadPlan((f"{file}: {error}",)) from None
    problems = [f"{file}: unknown field {key!r}" for key in table if key not in _PLAN_FIELDS]
    task = table.get("task")
    rows = table.get("mission")
    if not isinstance(task, str):
        problems.append(f"{file}: `task` is not a text")
    if not isinstance(rows, list) or not rows:
        problems.append(f"{file}: there is no [[mission]]")
    if problems:
        raise BadPlan(tuple(problems))
    assert isinstance(task, str) and isinstance(rows, list)
    read = [_read_row(file, number, row) for number, row in enumerate(rows, 1)]
    missions: list[PlannedMission] = []
    wrong: list[Diagnostic] = []
    sources: dict[str, Source] = {}
    for name, program, depends_on in read:
        try:
            text = _program_file(directory, program).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadPlan((f"mission {name}: cannot read {program}: {error}",)) from None
        try:
            missions.append(compile_mission(name, program, text, depends_on, directory))
        except ProgramsWrong as bad:
            wrong.extend(bad.diagnostics)
            sources |= bad.sources
    if wrong:
        raise ProgramsWrong(tuple(wrong), sources)
    return make_plan(task, missions)


_PLAN_FIELDS: Final = frozenset({"plan_id", "task", "mission"})
_ROW_FIELDS: Final = frozenset({"name", "program", "depends_on"})


def _read_row(file: Path, number: int, row: object) -> tuple[str, str, tuple[str, ...]]:
    if not isinstance(row, Mapping):
        raise BadPlan((f"{file}: mission {number} is not a table",))
    unknown = [key for key in row if key not in _ROW_FIELDS]
    if unknown:
        raise BadPlan((f"{file}: mission {number} has an unknown field {unknown[0]!r}",))
    name, program, depends_on = row.get("name"), row.get("program"), row.get("depends_on", [])
    if not isinstance(name, str) or not isinstance(program, str):
        raise BadPlan((f"{file}: mission {number} needs `name` and `program`, both texts",))
    if not isinstance(depends_on, list) or not all(isinstance(one, str) for one in depends_on):
        raise BadPlan((f"{file}: `depends_on` of mission {name} is not a list of names",))
    return name, program, tuple(depends_on)


def _program_file(directory: Path, program: str) -> Path:
    where = directory / program
    if Path(program).is_absolute() or ".." in Path(program).parts:
        raise BadPlan((f"{program} is not in the plan's directory",))
    return where


def read_record(record: JsonObject) -> MissionPlan:
    """Raises FieldError, BadModule."""
    missions = []
    for row in fields.records(record, "missions"):
        code = bytes.fromhex(fields.text(row, "code"))
        missions.append(
            PlannedMission(
                fields.text(row, "name"),
                fields.text(row, "file"),
                fields.text(row, "source"),
                code,
                decode(code),
                fields.texts(row, "depends_on"),
            )
        )
    return MissionPlan(fields.text(record, "plan_id"), fields.text(record, "task"), tuple(missions))


def _toml(plan: MissionPlan) -> str:
    lines = [
        "# Missions and what each waits for; those that need not wait are done at once. What a",
        "# mission leases, spends and does stands in its program. `aa swarm` takes this directory.",
        f"plan_id = {_quoted(plan.plan_id)}",
        f"task = {_quoted(plan.task)}",
    ]
    for one in plan.missions:
        waits = ", ".join(_quoted(name) for name in one.depends_on)
        lines += [
            "",
            "[[mission]]",
            f"name = {_quoted(one.name)}",
            f"program = {_quoted(one.file)}",
            f"depends_on = [{waits}]",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # A basic string of TOML is a JSON string, but for DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _word(kind: Kind, operand: int) -> str:
    return CHOICES[kind][operand]
