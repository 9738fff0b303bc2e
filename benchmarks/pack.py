"""Packing a dataset, and what reading its views takes then: `python benchmarks/pack.py DATASET`.

Reads every view with all of its passes, from the folder, from the packed file, and with
`numpy.load`, which has to read whole arrays.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lightmould.dataset.opening import open_views
from lightmould.dataset.pack import pack


def main(dataset: Path) -> None:
    """Print a row for each way."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "set.npz"
        count = len(open_views(dataset).dataset.views)
        rows = {
            "pack": lambda: [*pack(dataset, out)],
            "read the folder": lambda: read_all(dataset),
            "read the packed file": lambda: read_all(out.with_suffix(".json")),
            "numpy.load": lambda: load(out),
        }
        print(f"{count} views")
        print(f"{'what':22}{'s':>8}{'ms a view':>12}")
        for what, work in rows.items():
            seconds = timed(work)
            print(f"{what:22}{seconds:8.2f}{1000 * seconds / count:12.2f}")
        print(f"{out.stat().st_size / 2**20:.1f} MiB")


def read_all(path: Path) -> None:
    """Read every array of every view."""
    views = open_views(path)
    for index in range(len(views.dataset.views)):
        for name in views.names(index):
            views.array(index, name)


def load(path: Path) -> None:
    """Read the arrays as NumPy does."""
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays:
            arrays[name]


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(Path(sys.argv[1]))
