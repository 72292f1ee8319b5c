"""The effects of a live run: Heaven, the working tree, angels and the project's own tools."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from ..heaven import Heaven
from ..heaven.canonical import decode_object
from ..heaven.errors import LeaseGone, NotLeased, StaleToken
from ..heaven.faults.router import FaultRefused
from ..heaven.records import Json, JsonObject
from ..heaven.tree import Manifest
from ..proto import pf, wire
from ..proto.edit_ir import EditIR
from ..proto.leases import Scope, ScopeType
from . import fields, turns
from .adopt import Trail
from .angels import Angel, AngelError, Question
from .answers import format_refusal
from .attempt import Edit, Tried, edit_of, try_edit
from .checks import Kind as CheckKind
from .checks import make_receipt, run_check
from .edits import EditRefused, Landed, explain_conflict, land, recover, undo
from .edits.before import read
from .edits.conflict import depth_of
from .edits.journal import PREPARED, undo_name
from .errors import LeaseDenied, PlacesTaken, RunDamaged
from .exchange import Prompt, Terms
from .formats import FormatRefused
from .landing import (
    Tree,
    landed_record,
    parse_edit,
    refusal_record,
    refuse,
    track,
)
from .macros import expand_macro
from .revision import pin
from .runs import find
from .undoing import plan_undo

LEASE_SECONDS = 3600.0
TAIL_LINES = 40
"""Lines of a failed check's output that the next attempt is shown."""


class LiveEffects:
    """Effects of one run on one repository. `run` is the owner of its leases and edits."""

    def __init__(
        self,
        heaven: Heaven,
        root: Path,
        run: str,
        *,
        angel: Angel | None,
        check_timeout: float,
        on_line: Callable[[str], None] | None = None,
        trail: Trail | None = None,
        questions: int = 0,
    ) -> None:
        """`trail` and `questions` (put to the oracle so far) are those of a run that is resumed."""
        self._heaven = heaven
        self._root = root
        self._run = run
        self._angel = angel
        self._check_timeout = check_timeout
        self._on_line = on_line
        self._landed: list[Landed] = []
        self._tree = Tree({})
        self._wanted: tuple[Scope, ...] = ()
        self._trail = trail or Trail(run)
        self._questions = questions
        self._leases: tuple[str, ...] = ()
        self._tokens: tuple[int, ...] = ()

    def tree_hash(self) -> str:
        """Hash of the pinned tree with the run's edits in it."""
        return self._tree.hash()

    def pin(self, rev: str, recorded: JsonObject | None) -> JsonObject:
        if recorded is not None:
            blob = self._heaven.get_blob(fields.text(recorded, "manifest"))
            entries = Manifest.from_json(blob).entries
            self._tree = Tree({path: (mode, sha) for path, mode, sha in entries})
            return recorded
        pinned = pin(self._root, rev)
        manifest = self._heaven.put_blob(pinned.manifest.to_json())
        self._tree = Tree({path: (mode, sha) for path, mode, sha in pinned.manifest.entries})
        return {
            "rev": rev,
            "commit": pinned.commit,
            "tree": pinned.manifest.tree_hash,
            "manifest": manifest,
        }

    def acquire(self, scopes: Sequence[tuple[str, str]], recorded: JsonObject | None) -> JsonObject:
        # Also where it is recorded: a lease that the run still has is given again as it is.
        self._wanted = tuple(Scope(scope_type(kind), value) for kind, value in scopes)
        denied = self._take()
        if denied:
            raise LeaseDenied(denied)
        acquired: list[Json] = [f"{kind}:{value}" for kind, value in scopes]
        return {"acquired": acquired}

    def _take(self) -> tuple[str, ...]:
        """Lease what the run wants; what it was denied, and then it has nothing new."""
        grant = self._heaven.acquire(
            self._run, self._run, self._wanted, ttl_seconds=LEASE_SECONDS, partial=False
        )
        if not grant.denied:
            self._leases = tuple(lease.lease_id for lease in grant.acquired)
            self._tokens = tuple(lease.fencing_token for lease in grant.acquired)
        return grant.denied

    def _regain(self) -> str | None:
        """Have live leases again after a sleep past their end, or say why not.

        For an undo only. It writes where the files are byte for byte as the run left them, so it
        depends on nothing that was read under the old leases; an edit does, and stays refused.
        """
        try:
            self._heaven.renew(self._run, self._leases, ttl_seconds=LEASE_SECONDS)
        except LeaseGone:
            if self._take():
                holders = self._heaven.holders(self._run, self._wanted)
                by = ", ".join(f"{scope} by {owner}" for scope, owner in holders.items())
                return (
                    f"the run's leases expired, and its places are taken now ({by}); its edits are "
                    f"still in the tree: `aa undo {self._run}` takes them back once they are free"
                )
        return None

    def release(self) -> None:
        """Give the run's leases back; one that expired meanwhile is already gone."""
        with contextlib.suppress(LeaseGone):
            self._heaven.release(self._run, self._leases)
        self._leases = ()

    def keep_leases(self) -> None:
        """Have them still after somebody stopped the run to look at it, however long that took:
        this process has Heaven to itself, so that nobody else can have changed what they cover."""
        if self._leases:
            self._regain()

    def _renew(self) -> None:
        """Keep the leases over a long wait. What is gone by now, EMIT will be refused for."""
        with contextlib.suppress(LeaseGone):
            self._heaven.renew(self._run, self._leases, ttl_seconds=LEASE_SECONDS)

    def fault(self, mission: str, command: str, args: JsonObject) -> JsonObject:
        wanted = {**args, "mission_id": f"{self._run}/{mission}"}
        request = wire.parse(pf.Request, {"type": "request", "command": command, "args": wanted})
        try:
            response = self._heaven.fault(request)
        except FaultRefused as refused:
            candidates: list[Json] = list(refused.candidates)
            return {
                "refused": {
                    "reason": refused.reason,
                    "message": str(refused),
                    "candidates": candidates,
                }
            }
        return wire.dump(response)

    def ask(self, request: JsonObject, prompt: Prompt) -> JsonObject:
        result = turns.ask(self._angel, self._heaven, self._run, request, prompt)
        self._renew()
        return result

    def validate(self, request: JsonObject, terms: Terms) -> JsonObject:
        answer = fields.text(request, "answer")
        return turns.validate(self._heaven, self._root, self._run, answer, terms)

    def expand(self, name: str, args: JsonObject) -> JsonObject:
        return expand_macro(self._heaven, name, args)

    def emit(
        self,
        output: JsonObject,
        invariants: Sequence[str],
        shown: Sequence[JsonObject],
        recorded: JsonObject | None,
    ) -> JsonObject:
        if recorded is not None:
            return self._adopt(recorded)
        if self._trail:
            # It had landed when the process died, and only its result was not written.
            return self._landed_before(output, shown)
        ir = EditIR(())
        try:
            edit = edit_of(output, shown, self._heaven)
            if not isinstance(edit, Edit):
                return edit
            ir = edit.ir
            tried = try_edit(edit, output, invariants, self._heaven, self._root)
            if not isinstance(tried, Tried):
                return tried
            if tried.extra or output.get("kind") != "edit_ir":
                self._prepare(ir, tried.extra)
            landed = land(
                tried.staged, self._heaven, run=self._run, owner_id=self._run, tokens=self._tokens
            )
        except FormatRefused as refused:
            return format_refusal(refused)
        except EditRefused as refused:
            explain_conflict(refused, ir, self._heaven, depth=self._depth())
            return refusal_record(refused)
        except (NotLeased, StaleToken) as refused:
            return refuse("lease", str(refused))
        return self._landed_as(ir, landed, tried.extra)

    def _prepare(self, edit: EditIR, extra: JsonObject) -> None:
        """Into the log before the edit: once it has landed, its macro ops cannot be expanded again,
        nor its operations found where they were."""
        stored = self._heaven.put_blob(_canonical(wire.dump(edit)))
        event: dict[str, Json] = {"run": self._run, "edit": stored, "extra": dict(extra)}
        self._heaven.append(PREPARED, event, sync=False)

    def _landed_before(self, output: JsonObject, shown: Sequence[JsonObject]) -> JsonObject:
        edit: EditIR | None = None
        extra: JsonObject = {}
        for event in self._heaven.events(after=self._trail.since, kinds={PREPARED}):
            if event.data.get("run") == self._run:
                stored = self._heaven.get_blob(fields.text(event.data, "edit"))
                edit = parse_edit(decode_object(stored))
                extra = fields.record(event.data, "extra")
        if edit is None:
            made = edit_of(output, shown, self._heaven)
            if not isinstance(made, Edit):
                raise RunDamaged(self._run, "an edit landed that its record does not have")
            edit = made.ir
        return self._landed_as(edit, self._trail.take(), extra)

    def _landed_as(self, edit: EditIR, landed: Landed, extra: JsonObject) -> JsonObject:
        self._landed.append(landed)
        result = landed_record(edit, landed, extra)
        track(self._tree, result)
        return result

    def _adopt(self, recorded: JsonObject) -> JsonObject:
        """Take over what the process before this one landed."""
        if "files" in recorded:
            changed = fields.records(recorded, "files")
            self._landed.append(self._trail.take() if changed else Landed("", self._run, ()))
            track(self._tree, recorded)
        return recorded

    def check(self, kind: str, selector: str) -> JsonObject:
        outcome = run_check(
            self._root,
            check_kind(kind),
            selector,
            timeout=self._check_timeout,
            on_line=self._on_line,
        )
        self._renew()
        receipt = make_receipt(outcome, self._run, self._heaven.clock)
        output, stored = self._heaven.put_blobs([outcome.output, _canonical(wire.dump(receipt))])
        made: dict[str, Json] = {
            "run": self._run,
            "receipt": stored,
            "kind": kind,
            "selector": selector,
            "tree": self._tree.hash(),
        }
        self._heaven.append("receipt", made, sync=False)
        tail = outcome.output.decode("utf-8", "replace").splitlines()[-TAIL_LINES:]
        argv: list[Json] = list(outcome.argv)
        return {
            "passed": outcome.passed,
            "exit_code": outcome.exit_code,
            "output": output,
            "command_hash": receipt.command_hash,
            "env_hash": receipt.env_hash,
            "stdout_hash": receipt.stdout_hash,
            "summary": outcome.summary,
            "argv": argv,
            "timed_out": outcome.timed_out,
            "tail": "\n".join(tail),
        }

    def roll_back(self, mark: int, recorded: JsonObject | None) -> JsonObject:
        if recorded is not None:
            return self._adopt_undone(mark, recorded)
        files: list[Json] = []
        while self._trail:
            # These were undone when the process died, and only the result was not written.
            while not self._landed.pop().files:
                pass
            files.extend(_undone_files(self._trail.take()))
        changed = self._changed_since(mark)
        if changed is not None:
            # Known before the first of several edits is undone, so that it is all of them or none.
            return refuse("changed", f"{changed} was changed by somebody else since")
        if mark < len(self._landed):
            taken = self._regain()
            if taken is not None:
                return refuse("lease", taken)
        while len(self._landed) > mark:
            try:
                undone = undo(
                    self._landed[-1],
                    self._heaven,
                    run=self._run,
                    owner_id=self._run,
                    tokens=self._tokens,
                )
            except EditRefused as refused:
                return refusal_record(refused)
            except (NotLeased, StaleToken) as refused:
                return refuse("lease", str(refused))
            self._landed.pop()
            files.extend(_undone_files(undone))
        result: dict[str, Json] = {"files": files}
        track(self._tree, result)
        return result

    def take_back(self) -> None:
        """Undo everything that the run landed, as one edit, by what the journal says of it.

        Unlike `roll_back`, it keeps what others changed in the same files since. Raises EditRefused
        where it cannot, LeaseDenied, NotLeased, StaleToken, and what `land` raises.
        """
        recover(self._heaven)
        undoing = plan_undo(self._heaven, find(self._heaven, self._run))
        if not undoing.staged.files:
            return
        taken = self._regain()
        if taken is not None:
            raise PlacesTaken(taken)
        undone = land(
            undoing.staged,
            self._heaven,
            run=undo_name(self._run),
            owner_id=self._run,
            tokens=self._tokens,
        )
        self._landed.clear()
        track(self._tree, {"files": _undone_files(undone)})

    def _adopt_undone(self, mark: int, recorded: JsonObject) -> JsonObject:
        if "files" in recorded:
            while len(self._landed) > mark:
                if self._landed.pop().files:
                    self._trail.take()
            track(self._tree, recorded)
        return recorded

    def _changed_since(self, mark: int) -> str | None:
        """A path that is not as the edits after the first `mark` left it, or None."""
        left = {change.path: change.after for one in self._landed[mark:] for change in one.files}
        for path, after in left.items():
            try:
                now = read(self._root, path, -1)
            except EditRefused:
                return path
            if (None if now is None else now.blob) != after:
                return path
        return None

    def _depth(self) -> int:
        """How deep the run's program is in conflict missions."""
        source = find(self._heaven, self._run).source
        return 0 if source is None else depth_of(self._heaven.get_blob(source).decode())

    def consult(self, request: JsonObject) -> JsonObject:
        question = Question(
            mission_id=self._run,
            call=self._questions,
            section=fields.text(request, "section"),
            failure=fields.text(request, "failure"),
            detail=fields.text(request, "detail"),
        )
        self._questions += 1
        try:
            advice = None if self._angel is None else self._angel.advise(question)
        except AngelError as error:
            return {"refused": {"message": str(error)}}
        if advice is None:
            return {"refused": {"message": "no oracle is there to escalate to"}}
        return {"advice": advice.text}


def _undone_files(undone: Landed) -> list[Json]:
    return [
        {
            "path": change.path,
            "before": change.before,
            "after": change.after,
            "mode": f"{change.mode:o}",
        }
        for change in undone.files
    ]


def _canonical(value: JsonObject) -> bytes:
    from ..heaven.canonical import encode

    return encode(value)


def scope_type(word: str) -> ScopeType:
    known: tuple[ScopeType, ...] = get_args(ScopeType)
    return next(kind for kind in known if kind == word)


def check_kind(word: str) -> CheckKind:
    known: tuple[CheckKind, ...] = get_args(CheckKind)
    return next(kind for kind in known if kind == word)
