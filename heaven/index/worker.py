"""A worker process of `workers.py`: `python -m genesis_ssmp.heaven.index.worker ROOT`."""

from __future__ import annotations

import gc
import signal
import sys
from contextlib import suppress

from msgspec import msgpack

from .prepared import Known, packing, prepare
from .workers import read_frame, write_frame


def main() -> None:
    """Answer each frame of files with one of what they hold, until there are no more."""
    # An interrupt is for the parent, which ends this process by ending its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A file leaves no cycles behind, but so many objects that looking for some costs a third.
    gc.disable()
    root = sys.argv[1]
    source, target = sys.stdin.buffer, sys.stdout.buffer
    pack = packing()[0]
    unpack = msgpack.Decoder(list[Known]).decode
    with suppress(BrokenPipeError):
        while (data := read_frame(source)) is not None:
            write_frame(target, pack([prepare(root, one) for one in unpack(data)]))


if __name__ == "__main__":
    main()
