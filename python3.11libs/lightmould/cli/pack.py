"""`lightmould pack`: a dataset's folder becomes plain arrays."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lightmould.cli import terminal
from lightmould.dataset import pack as packing
from lightmould.dataset.packed import Index
from lightmould.formats import codec

MIB = 1 << 20


def pack(
    dataset: Path,
    *,
    out: Path,
    shard_mib: int = packing.SHARD // MIB,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Pack a dataset into .npz files of plain arrays, and an index (.json) beside them.

    Args:
        dataset: The dataset's folder.
        out: The .npz; where more than one is wanted, they are numbered.
        shard_mib: Most of the pictures in one file, MiB.
        json: Print the index instead of drawing progress.
    """
    with terminal.bar("pack", quiet=json) as told:
        for event in packing.pack(dataset, out, shard_mib * MIB):
            told(event)
    path = packing.index_of(out)
    text = path.read_text(encoding="utf-8")
    if json:
        sys.stdout.write(text)
        return 0
    index = codec.read(Index, text, path)
    sys.stdout.write(f"index {path}\n")
    for shard in index.shards:
        size = f"{shard.views} views, {shard.size / MIB:.1f} MiB"
        sys.stdout.write(f"file  {shard.name}: {size}\n")
    return 0
