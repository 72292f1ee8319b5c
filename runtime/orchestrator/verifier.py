"""What shows that a tree is sound: receipts, each for the one tree that it was made for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...heaven import Heaven
from ...heaven.canonical import decode_object
from ...heaven.canonical import encode as canonical
from ...heaven.records import Json, JsonObject
from ...proto import wire
from ...proto.receipts import Receipt
from .. import fields
from ..checks import CheckOutcome, make_receipt, run_check
from ..live import TAIL_LINES, check_kind
from ..record import Record
from ..runs import Run
from .change import Entries
from .errors import ReceiptRefused
from .plan import Check
from .worktree import make_worktree, remove_worktree


@dataclass(frozen=True, slots=True)
class Proof:
    """A receipt (a blob id) of a check on the tree with this hash."""

    check: Check
    receipt: str
    tree: str
    exit_code: int

    @property
    def passed(self) -> bool:
        return self.exit_code == 0

    def json(self) -> dict[str, Json]:
        return {
            "kind": self.check.kind,
            "selector": self.check.selector,
            "receipt": self.receipt,
            "tree": self.tree,
            "exit_code": self.exit_code,
        }


@dataclass(frozen=True, slots=True)
class Failed:
    """A check that did not pass on the tree that was to be. `tail` is the end of its output."""

    check: Check
    summary: str
    tail: str

    def __str__(self) -> str:
        return f"{self.check}: {self.summary}"


def proofs_of(record: Record, run: Run) -> tuple[Proof, ...]:
    """The receipts of a run, oldest first. Raises BlobMissing, BlobDamaged, WireError."""
    found = []
    for event in record.events(after=run.seq, kinds={"receipt"}):
        if event.data.get("run") == run.name and "tree" in event.data:
            stored = fields.text(event.data, "receipt")
            receipt = wire.parse(Receipt, decode_object(record.get_blob(stored)))
            found.append(
                Proof(
                    Check(fields.text(event.data, "kind"), fields.text(event.data, "selector")),
                    stored,
                    fields.text(event.data, "tree"),
                    receipt.exit_code,
                )
            )
    return tuple(found)


def accept(proof: Proof, tree: str) -> Proof:
    """The proof, if it speaks for the tree with this hash. Raises ReceiptRefused."""
    if proof.tree != tree:
        raise ReceiptRefused(tree, proof.tree, str(proof.check))
    return proof


def accepted(proofs: Iterable[Proof], tree: str) -> dict[Check, Proof]:
    """The last receipt of each check that speaks for this tree, passed or not."""
    found: dict[Check, Proof] = {}
    for proof in proofs:
        try:
            found[proof.check] = accept(proof, tree)
        except ReceiptRefused:
            continue
    return found


@dataclass(frozen=True, slots=True)
class Gate:
    """Runs checks on trees that are to be, in a worktree of their own."""

    heaven: Heaven
    worktree: str
    check_timeout: float

    def verify(
        self,
        mission: str,
        checks: Sequence[Check],
        proofs: Iterable[Proof],
        entries: Entries,
        tree: str,
    ) -> tuple[Proof, ...] | Failed:
        """A proof for each of `checks` on the tree of these entries: one of `proofs` that is of
        this tree, else one made here. Raises CheckUnavailable, WorktreeLost, OSError."""
        known = accepted(proofs, tree)
        missing = [check for check in checks if check not in known]
        made: dict[Check, Proof] = {}
        if missing:
            place = make_worktree(self.heaven, self.worktree, entries)
            try:
                for check in missing:
                    outcome = run_check(
                        place,
                        check_kind(check.kind),
                        check.selector,
                        timeout=self.check_timeout,
                    )
                    made[check] = self._proof(mission, check, outcome, tree)
                    if not outcome.passed:
                        return Failed(check, outcome.summary, _tail(outcome.output))
            finally:
                remove_worktree(self.heaven, self.worktree)
        for check in checks:
            proof = known.get(check) or made[check]
            if not proof.passed:
                return Failed(check, f"exit code {proof.exit_code}", "")
        return tuple(known.get(check) or made[check] for check in checks)

    def _proof(self, mission: str, check: Check, outcome: CheckOutcome, tree: str) -> Proof:
        receipt = make_receipt(outcome, mission, self.heaven.clock)
        (stored,) = self.heaven.put_blobs([canonical(wire.dump(receipt))])
        proof = Proof(check, stored, tree, outcome.exit_code)
        said: JsonObject = {"mission": mission, **proof.json()}
        self.heaven.append("receipt", said, sync=False)
        return proof


def _tail(output: bytes) -> str:
    return "\n".join(output.decode("utf-8", "replace").splitlines()[-TAIL_LINES:])
