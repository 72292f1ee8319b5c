"""Runs as the log has them: how one starts, ends, and is read back."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..heaven import Heaven
from ..heaven.canonical import decode_object, encode_decoded
from ..heaven.errors import BlobMissing
from ..heaven.records import Event, Json, JsonObject
from . import fields
from .door import Entry
from .edits.journal import LANDED, STAGED, edit_id_of, undo_name
from .errors import NoSuchRun, RunDamaged
from .limits import Limits, limits_of
from .outcome import Outcome
from .record import Record

EXIT_CODES = {"done": 0, "failed": 1, "conflict": 3}
"""Outcome status to exit code (seed of the command line's contract)."""

PRUNED = "run_pruned"
"""The event that says that a run's contents were given up."""

GIVEN_UP = "run_given_up"
"""The event that says that a run's edits are about to be taken back, and why."""

INTERRUPTED = "interrupted"
"""The status of a run whose process died: its edits are in the tree, and it can be resumed."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run. The fields from `status` to `tokens` are None until it ends; `resumed` counts how
    often it went on after its process had died, `undone` says that it was taken back since.
    `given_up` says why it took its edits back itself, `kept` that it could not. `seq` and `last`
    are the events with which it began and ended. `mission` (`s1/m3`) is set where a swarm did it,
    in a worktree of its own.

    `module` and `source` are blob ids (`source` is None where bytecode was run without its text).
    """

    name: str
    seq: int
    program: str
    module: str
    source: str | None
    angel: str | None
    params: dict[str, str]
    started: str
    limits: Limits
    status: str | None = None
    exit_code: int | None = None
    message: str | None = None
    head: str | None = None
    tree: str | None = None
    finished: str | None = None
    steps: int | None = None
    angel_calls: int | None = None
    tokens: int | None = None
    turns: int | None = None
    rejects: int | None = None
    resumed: int = 0
    undone: bool = False
    given_up: str | None = None
    kept: bool = False
    last: int | None = None
    mission: str | None = None

    @property
    def resumable(self) -> bool:
        """Whether it was cut off: its process died, and nobody took its edits back."""
        return (
            self.status in (None, INTERRUPTED)
            and not self.undone
            and self.given_up is None
            and self.mission is None
        )

    @property
    def being_undone(self) -> bool:
        """Whether its edits were being taken back, and nobody has said how that ended."""
        return self.status is None and self.given_up is not None


def start(
    heaven: Heaven,
    *,
    program: str,
    module: bytes,
    source: str | None,
    angel: str | None,
    params: dict[str, str],
    limits: Limits | None = None,
) -> Run:
    """Record that a run begins. Names count up from `r1` in each repository."""
    name = next_name(heaven)
    blobs = heaven.put_blobs([module] if source is None else [module, source.encode()])
    parameters: dict[str, Json] = {key: params[key] for key in sorted(params)}
    data: dict[str, Json] = {
        "run": name,
        "program": program,
        "module": blobs[0],
        "source": None if source is None else blobs[1],
        "angel": angel,
        "params": parameters,
        "limits": (limits or Limits()).record(),
    }
    return _started(heaven.append("run_started", data))


def next_name(heaven: Heaven) -> str:
    """The name of the next run."""
    count = sum(1 for _ in heaven.events(kinds={"run_started"}))
    return f"r{count + 1}"


def finish(heaven: Heaven, run: Run, outcome: Outcome, head: str, tree: str) -> None:
    """Record how a run ended."""
    failure = outcome.failure
    data: dict[str, Json] = {
        "run": run.name,
        "status": outcome.status,
        "exit_code": EXIT_CODES[outcome.status],
        "message": outcome.stuck or (failure.message if failure else None),
        "head": head,
        "tree": tree,
        "steps": outcome.steps,
        "angel_calls": outcome.angel_calls,
        "tokens": outcome.tokens,
        "turns": outcome.turns,
        "rejects": outcome.rejects,
    }
    heaven.append("run_finished", data)


def give_up(heaven: Heaven, run: Run, message: str) -> None:
    """Record that a run is taken back, before it is: whoever finds it half done goes on with it."""
    heaven.append(GIVEN_UP, {"run": run.name, "message": message})


def abandon(heaven: Heaven, run: Run, message: str, *, kept: bool = False) -> None:
    """Record that the environment ended a run (a lease denied, a tool missing). `kept` says that
    its edits are still in the tree."""
    data: dict[str, Json] = {
        "run": run.name,
        "status": "abandoned",
        "exit_code": 4,
        "message": message,
    }
    if kept:
        data["kept"] = True
    heaven.append("run_finished", data)


def resume(heaven: Heaven, run: Run, angel: str | None, doubt: Entry | None) -> None:
    """Record that a cut-off run goes on. `doubt` is the syscall that its process died in."""
    data: dict[str, Json] = {
        "run": run.name,
        "angel": angel,
        "in_doubt": None if doubt is None else {"seq": doubt.seq, "pc": doubt.pc, "op": doubt.op},
    }
    heaven.append("run_resumed", data)


def close_interrupted(
    heaven: Heaven, spared: str | None = None, known: Iterable[Run] | None = None
) -> tuple[Run, ...]:
    """End, in the log, the runs whose process died: nobody but the caller has this Heaven open.
    `spared` is left as it is, to be resumed. `known` are all runs, where the caller has them.

    Their leases are released, so that they do not stand in the way until they expire. Their edits
    stay in the tree: taking them back now could undo what somebody has built on them since.
    """
    dead = tuple(
        run
        for run in (all_runs(heaven) if known is None else known)
        if run.status is None and not run.being_undone and run.name != spared
    )
    for run in dead:
        interrupt(heaven, run)
    return dead


def interrupt(heaven: Heaven, run: Run, message: str = "its process ended before it did") -> None:
    """Record that a run is cut off, and free its leases. It can be resumed."""
    free_leases(heaven, run)
    data: dict[str, Json] = {
        "run": run.name,
        "status": INTERRUPTED,
        "exit_code": 4,
        "message": message,
    }
    heaven.append("run_finished", data)


def free_leases(heaven: Heaven, run: Run) -> None:
    """Give back what a run has leased."""
    held = [lease.lease_id for lease in heaven.active_leases() if lease.owner_id == run.name]
    if held:
        heaven.release(run.name, held)


def all_runs(heaven: Record) -> tuple[Run, ...]:
    """Every run of this repository, oldest first."""
    runs: dict[str, Run] = {}
    undoing: dict[str, str] = {}
    kinds = {"run_started", "run_resumed", GIVEN_UP, "run_finished", STAGED, LANDED}
    for event in heaven.events(kinds=kinds):
        if event.kind == LANDED:
            taken_back = runs.get(undoing.pop(edit_id_of(event), ""))
            if taken_back is not None:
                runs[taken_back.name] = replace(taken_back, undone=True)
            continue
        name = fields.text(event.data, "run")
        if event.kind == STAGED:
            if name.startswith(undo_name("")):
                undoing[edit_id_of(event)] = name.removeprefix(undo_name(""))
            continue
        if event.kind == "run_started":
            runs[name] = _started(event)
        elif event.kind == "run_resumed":
            run = runs[name]
            runs[name] = replace(_started_of(run), resumed=run.resumed + 1)
        elif name in runs and event.kind == GIVEN_UP:
            runs[name] = replace(runs[name], given_up=fields.text(event.data, "message"))
        elif name in runs:
            runs[name] = _finished(runs[name], event)
    return tuple(runs.values())


def cut_off_before(heaven: Record, module: bytes, params: Mapping[str, str]) -> Run | None:
    """The newest run of this bytecode with these parameters, if it was cut off.

    One that is followed by another run of the same program is left out: that one began anew, and
    what the older one wanted is done, or out of date.
    """
    wanted = hashlib.sha256(module).hexdigest()
    for run in reversed(all_runs(heaven)):
        if run.module == wanted and run.params == params:
            return run if run.resumable else None
    return None


def find(heaven: Record, name: str) -> Run:
    """The run of this name; `last` is the newest. Raises NoSuchRun."""
    runs = all_runs(heaven)
    if name == "last" and runs:
        return runs[-1]
    for run in runs:
        if run.name == name:
            return run
    raise NoSuchRun(name)


def pruned_runs(record: Record) -> frozenset[str]:
    """The runs whose contents were given up: they are listed, and nothing more."""
    return frozenset(str(event.data.get("run")) for event in record.events(kinds={PRUNED}))


def entries(heaven: Record, run: Run, ops: Collection[str] | None = None) -> tuple[Entry, ...]:
    """The syscalls of a run in order, only those of opcodes `ops` if given, results read and
    checked. Reads the log from the run's first event to its last. Raises RunDamaged."""
    try:
        return tuple(_entries(heaven, run, ops))
    except BlobMissing as missing:
        lost = f"{missing}: dropped by `aa gc`, or lost (`aa fsck` tells)"
        raise RunDamaged(run.name, lost) from None


def _entries(heaven: Record, run: Run, ops: Collection[str] | None) -> Iterator[Entry]:
    pending: Entry | None = None
    kinds = {"syscall_intent", "syscall_result"}
    for event in heaven.events(after=run.seq, kinds=kinds):
        if run.last is not None and event.seq > run.last:
            break
        if event.data.get("run") != run.name:
            continue
        seq = fields.number(event.data, "seq")
        if event.kind == "syscall_intent":
            if pending is not None and (ops is None or pending.op in ops):
                yield pending
            pending = _intent(event)
        elif pending is None or pending.seq != seq:
            raise RunDamaged(run.name, f"result {seq} has no intent before it")
        else:
            if ops is None or pending.op in ops:
                result, identifier = _result(heaven, run, event.data), event.data["result"]
                yield replace(pending, result=result, result_id=str(identifier))
            pending = None
    if pending is not None and (ops is None or pending.op in ops):
        yield pending


def _intent(event: Event) -> Entry:
    data = event.data
    return Entry(
        fields.number(data, "seq"),
        fields.number(data, "pc"),
        fields.text(data, "op"),
        fields.text(data, "key"),
        fields.record(data, "operands"),
        None,
        event.seq,
    )


def _result(heaven: Record, run: Run, data: JsonObject) -> JsonObject:
    value = fields.optional_record(data, "value")
    identifier = fields.text(data, "result")
    if value is None:
        return decode_object(heaven.get_blob(identifier))
    if hashlib.sha256(encode_decoded(value)).hexdigest() != identifier:
        raise RunDamaged(run.name, "a result is not what its hash says")
    return value


def _started(event: Event) -> Run:
    params = fields.record(event.data, "params")
    return Run(
        name=fields.text(event.data, "run"),
        seq=event.seq,
        program=fields.text(event.data, "program"),
        module=fields.text(event.data, "module"),
        source=fields.optional_text(event.data, "source"),
        angel=fields.optional_text(event.data, "angel"),
        params={key: fields.text(params, key) for key in params},
        started=event.time,
        limits=limits_of(fields.optional_record(event.data, "limits")),
        mission=fields.optional_text(event.data, "mission") if "mission" in event.data else None,
    )


def _started_of(run: Run) -> Run:
    """The run as it was before anything ended it."""
    return Run(
        run.name,
        run.seq,
        run.program,
        run.module,
        run.source,
        run.angel,
        run.params,
        run.started,
        run.limits,
        mission=run.mission,
    )


def _finished(run: Run, event: Event) -> Run:
    data = event.data
    ended = "head" in data
    return Run(
        run.name,
        run.seq,
        run.program,
        run.module,
        run.source,
        run.angel,
        run.params,
        run.started,
        run.limits,
        status=fields.text(data, "status"),
        exit_code=fields.number(data, "exit_code"),
        message=fields.optional_text(data, "message"),
        head=fields.text(data, "head") if ended else None,
        tree=fields.text(data, "tree") if ended else None,
        finished=event.time,
        steps=fields.number(data, "steps") if ended else None,
        angel_calls=fields.number(data, "angel_calls") if ended else None,
        tokens=fields.number(data, "tokens") if ended else None,
        turns=fields.number(data, "turns") if "turns" in data else None,
        rejects=fields.number(data, "rejects") if "rejects" in data else None,
        resumed=run.resumed,
        undone=run.undone,
        given_up=run.given_up,
        kept=data.get("kept") is True,
        last=event.seq,
        mission=run.mission,
    )
