"""The edit engine: an edit lands on the text its author saw, all of it or nothing.

edit = fill_hashes(edit, shown, heaven)             # hashes from what the author was shown
staged = stage(edit, root, symbols=heaven, blobs=heaven)        # or EditRefused; only reads
landed = land(staged, heaven, run=run, owner_id=owner)          # journalled, atomic, durable
undo(landed, heaven, run=run, owner_id=owner)
recover(heaven)                                     # at boot, before anything else
"""

from __future__ import annotations

from .anchors import Proof, anchor_hash, prove, span_hash, with_proof
from .assemble import Hunk
from .conflict import explain as explain_conflict
from .fill import fill_hashes
from .journal import BadJournal, Landed, LandedFile, from_event
from .land import land, leased
from .recover import Conflict, Recovery, recover
from .refusal import Code, EditRefused, LandFailed
from .stage import Drift, FileChange, Staged, stage
from .symbols import SymbolFinder
from .undo import inverse, undo
from .versions import BlobReader

__all__ = [
    "BadJournal",
    "BlobReader",
    "Code",
    "Conflict",
    "Drift",
    "EditRefused",
    "FileChange",
    "Hunk",
    "LandFailed",
    "Landed",
    "LandedFile",
    "Proof",
    "Recovery",
    "Staged",
    "SymbolFinder",
    "anchor_hash",
    "explain_conflict",
    "fill_hashes",
    "from_event",
    "inverse",
    "land",
    "leased",
    "prove",
    "recover",
    "span_hash",
    "stage",
    "undo",
    "with_proof",
]
