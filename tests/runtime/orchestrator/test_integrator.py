"""Landing: cut off at its edges, and the gate's receipts."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest
from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime.edits.journal import landed_edits
from genesis_ssmp.runtime.orchestrator import integrator, swarmlog
from genesis_ssmp.runtime.orchestrator.change import net_change
from genesis_ssmp.runtime.orchestrator.errors import ReceiptRefused
from genesis_ssmp.runtime.orchestrator.plan import Check
from genesis_ssmp.runtime.orchestrator.swarm import Options, resume_swarm, run_swarm
from genesis_ssmp.runtime.orchestrator.swarm_replay import replay_swarm
from genesis_ssmp.runtime.orchestrator.verifier import Failed, Gate, Proof, accept
from genesis_ssmp.runtime.orchestrator.worktree import entries_of
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.angel import edit_answer
from kit.repository import Repository, make_repository
from kit.swarm import FILES, PlanBuilder, returns

PASSING = Check("test", "tests/test_core.py")


def full(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("module", "step", "landed"),
    [(integrator, "land", 0), (swarmlog, "landed", 1)],
    ids=["before the edit", "between the edit and its event"],
)
def test_a_landing_that_was_cut_off_is_done_once(
    module: object, step: str, landed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_repository(tmp_path / "repo", FILES)
    plans = PlanBuilder(tmp_path / "scripts")
    for n in (1, 5):
        text = f"LEASE symbol:f{n}\nNEED symdef f{n}\nOP x\n"
        plans.add(f"m{n}", text, edit_answer(returns(n, f"first + second + {n}")))
    with Heaven.open(home.root) as heaven:
        with monkeypatch.context() as broken:
            broken.setattr(module, step, full)
            with pytest.raises(OSError, match="No space left"):
                run_swarm(
                    heaven,
                    plans.plan(),
                    angel="scripted:{mission}.json",
                    directory=plans.scripts,
                    options=Options(angels=1),
                )
        assert len(list(landed_edits(heaven))) == landed
        ended = resume_swarm(heaven, "s1", options=Options(angels=1))
        assert ended.landed == ("m1", "m5")
        assert len(list(landed_edits(heaven))) == 2
        again = replay_swarm(heaven, swarmlog.find_swarm(heaven, "s1"))
        assert again.same and again.tree == heaven.snapshot().tree_hash


def test_a_receipt_of_another_tree_is_refused() -> None:
    proof = Proof(PASSING, "r" * 64, "a" * 64, 0)
    assert accept(proof, "a" * 64) is proof
    with pytest.raises(ReceiptRefused, match=r"RUN test .* is of tree aaaaaaaaaaaa, not of tree b"):
        accept(proof, "b" * 64)


def test_the_gate_takes_a_receipt_of_the_tree_and_makes_one_where_it_has_none(
    repository: Repository,
) -> None:
    with Heaven.open(repository.root) as heaven:
        manifest = heaven.snapshot()
        entries, tree = entries_of(manifest), manifest.tree_hash
        gate = Gate(heaven, "s1/gate", 60)
        known = Proof(PASSING, "r" * 64, tree, 0)
        assert gate.verify("s1/m", [PASSING], [known], entries, tree) == (known,)
        other = Proof(PASSING, "r" * 64, "0" * 64, 0)
        made = gate.verify("s1/m", [PASSING], [other], entries, tree)
        assert isinstance(made, tuple) and made[0].tree == tree and made[0].passed
        assert heaven.has_blob(made[0].receipt)
        assert not (heaven.state / "worktrees/s1/gate").exists()
        failed = Proof(PASSING, "r" * 64, tree, 1)
        verdict = gate.verify("s1/m", [PASSING], [known, failed], entries, tree)
        assert isinstance(verdict, Failed), "the last receipt of a check is the one that counts"


CONTENTS = st.none() | st.text("ab\n\r\té", max_size=12).map(str.encode)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("xyz"), st.tuples(CONTENTS, CONTENTS)))
def test_a_net_change_makes_exactly_the_later_tree_of_the_earlier_one(
    files: dict[str, tuple[bytes | None, bytes | None]],
) -> None:
    import hashlib
    import tempfile

    from genesis_ssmp.runtime.edits import stage

    class Blobs(dict[str, bytes]):
        def get_blob(self, blob_id: str) -> bytes:
            return self[blob_id]

    blobs = Blobs()
    trees: tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]] = ({}, {})
    for path, pair in files.items():
        for tree, content in zip(trees, pair, strict=True):
            if content is not None:
                digest = hashlib.sha256(content).hexdigest()
                blobs[digest] = content
                tree[path] = ("100644", digest)
    edit = net_change(*trees, blobs)
    assert edit == net_change(*trees, blobs)
    if not edit.ops:
        assert trees[0] == trees[1]
        return
    with tempfile.TemporaryDirectory() as directory:
        for path, (before, _) in files.items():
            if before is not None:
                (Path(directory) / path).write_bytes(before)
        staged = stage(edit, Path(directory), symbols=None, blobs=blobs)  # type: ignore[arg-type]  # no symbols are named
    after = {path: before for path, (before, _) in files.items()}
    after |= {change.path: change.after for change in staged.files}
    assert after == {path: now for path, (_, now) in files.items()}
