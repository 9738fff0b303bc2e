"""What a batch of cubes takes: rendered live in Blender, moved over, made into tensors.

    python benchmarks/stream_cubes.py [--batches N]

The scene is that of `examples/stream/cubes.py`, 640 x 480: exact color, depth and ids, corners and
which of them are visible; batches of 4. The bars are for two cores without a GPU.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from lightmould.stream import BlenderLauncher, Connection, StreamDataset, loader

SCENE = Path(__file__).parents[1] / "examples" / "stream" / "cubes.py"
BATCH = 4
WARM = 4  # batches, until shared memory is in use and everything was rendered once
BATCH_BAR_MS, OTHER_BAR = 120.0, 0.05


@dataclass(frozen=True)
class Took:
    """Milliseconds a batch.

    Attributes:
        batch: from one to the next.
        render: of the script in Blender, for one picture after another.
        transfer: to pack, send and unpack.
        wait: in which the consumer had nothing to do.
        other: part of the batch's time in which a Blender does not render.
    """

    batch: float
    render: float
    transfer: float
    wait: float
    other: float


def run(instances: int, batches: int) -> Took:
    """Fetch batches, after some that don't count."""
    with (
        BlenderLauncher(None, SCENE, instances) as launcher,
        Connection(launcher.endpoints) as connection,
    ):
        fetched = iter(loader(StreamDataset(connection, (WARM + batches) * BATCH, seed=7), BATCH))
        for _ in range(WARM):
            next(fetched)
        before, began = connection.stats(), time.perf_counter()
        for _ in fetched:
            pass
        seconds, after = time.perf_counter() - began, connection.stats()
    spent = {
        name: 1000 * (getattr(after, name) - getattr(before, name)) / batches
        for name in ("render_s", "transfer_s", "waited_s")
    }
    batch = 1000 * seconds / batches
    return Took(batch, *spent.values(), other=1 - spent["render_s"] / instances / batch)


def main() -> None:
    """Print a line for one producer, and one for two."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--batches", type=int, default=40)
    options = parser.parse_args()
    torch.set_num_threads(1)  # the other processors render
    for instances in (1, 2):
        took = run(instances, options.batches)
        print(
            f"{instances} Blender{'s' * (instances > 1)}: {took.batch:5.1f} ms a batch,"
            f" bar {BATCH_BAR_MS:g}: {_verdict(took.batch, BATCH_BAR_MS)};"
            f" render {took.render:.1f}, transfer {took.transfer:.1f}, wait {took.wait:.1f} ms;"
            f" not rendering {100 * took.other:.1f} %, bar {100 * OTHER_BAR:g} %:"
            f" {_verdict(took.other, OTHER_BAR)}",
            flush=True,
        )


def _verdict(found: float, bar: float) -> str:
    return "met" if found <= bar else "MISSED"


if __name__ == "__main__":
    main()
