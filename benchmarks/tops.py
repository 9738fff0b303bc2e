"""Cook the Reconstruct network under a fake PDG, cancel it at random moments, cook it again.

    python benchmarks/tops.py [--cancels 10] [--seed 0] [--out DIR]

The network is the one that the shelf builds, its parameters those of our assets; hou and pdg are
the tests' fakes, everything else is real: the work items' processes, the result server, Blender,
the engine. The ring of `ring.py` is cooked once undisturbed. Then, for each cancel, in a fresh
folder: until a random moment, when the running work items get SIGTERM, or SIGKILL, and nothing else
does; and once more, to its end. Linux only: processes are found in /proc.
"""

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ring import RECONSTRUCTION, ring

from lightmould.formats import codec
from lightmould.formats.files import file_hash
from lightmould.jobs import log
from lightmould.model import Wrote

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from fakes import hou, pdg  # the tests lie beside us
from fakes.pdg_server import LocalScheduler, ResultServer, processes_about

sys.modules["hou"] = hou  # type: ignore[assignment]
from lightmould.houdini import network, tops  # noqa: E402  # they import hou
from lightmould.houdini.wanted import Wanted  # noqa: E402

CHANGED = ("levels", "texture_size", "appearance")
ALONE = 10.0  # seconds in which all processes of a cancelled item have to be gone


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What a cancel did, and what the second cook made of it.

    Attributes:
        top: whose item was at work.
        left: processes that were there seconds later.
        repeated: pictures that were made twice.
        same: whether the mesh has the bytes of the undisturbed one.
    """

    top: str
    left: int
    repeated: int
    same: bool


class Cook:
    """The network of the ring, and the PDG that cooks it.

    Attributes:
        folder: of everything.
        graph: cooks.
    """

    def __init__(self, folder: Path, model: Path, server: ResultServer) -> None:
        self.folder = folder
        hou.reset()
        wanted = codec.parse(codec.write(RECONSTRUCTION), "")
        settings = folder / "settings.json"
        settings.write_text(json.dumps({name: wanted[name] for name in CHANGED}))
        python = {"worker": sys.executable}
        values = {
            "camera_rig": {"count": 10, "test": 2, "size": (64, 64), **python},
            "blender_render": {"batch": 5, "samples": 4, "test_samples": 4, **python},
            "assemble_dataset": python,
            "reconstruct": {"settings": str(settings), **python},
        }
        asked = Wanted(model, folder / "out", values=values)
        self.tops = network.tops(network.build(hou.node("/obj"), "reconstruct", asked))
        run = LocalScheduler(folder, server)
        self.graph = pdg.Graph(self.tops, run, tops.generate, tops.cook_task)

    @property
    def last(self) -> pdg.WorkItem | None:
        """The work item that brought the asset into the scene; None before."""
        items = self.graph.items(self.graph.nodes[-1])
        return items[0] if items and items[0].hasAttrib("lm_node") else None

    def mesh(self) -> str:
        """Hash of the mesh, once it is there."""
        return file_hash(self.folder / "out" / "reconstruct" / "asset" / "mesh" / "mesh.obj")

    def pictures(self) -> Counter[str]:
        """How often each picture was made."""
        logs = (self.folder / "out" / "blender_render").glob(f"*/{log.NAME}")
        events = (record.event for path in logs for record in log.read(path).records)
        return Counter(one.path for one in events if isinstance(one, Wrote) and one.kind == "color")

    @contextmanager
    def cancelled(self, delay: float, how: signal.Signals) -> Iterator[None]:
        """While the block cooks, cancel it after some seconds."""
        timer = threading.Timer(delay, self.graph.cancel, (how,))
        timer.start()
        yield
        timer.cancel()
        timer.join()

    def gone(self) -> int:
        """Processes that are left, once they had their time."""
        give_up = time.monotonic() + ALONE
        while (left := processes_about(self.folder)) and time.monotonic() < give_up:
            time.sleep(0.05)
        return len(left)


def disturb(cook: Cook, delay: float, how: signal.Signals, whole: str) -> Cancelled:
    """Cook a network until it is cancelled, then cook it to its end."""
    with cook.cancelled(delay, how):
        cook.graph.cook()
    top = cook.graph.nodes[-1].name if cook.graph.canceled else "(done before)"
    left = cook.gone()
    told = cook.graph.cook()
    if told.failed or cook.last is None:
        raise SystemExit(f"{cook.folder}: the second cook failed: {told.failed}")
    repeated = sum(count > 1 for count in cook.pictures().values())
    return Cancelled(top, left, repeated, cook.mesh() == whole)


def made(folder: Path) -> Path:
    """A new folder."""
    folder.mkdir(parents=True)
    return folder


def main() -> None:
    """Print a line for each cancel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cancels", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a folder to work in, which is kept")
    options = parser.parse_args()
    chance = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as temporary, ResultServer.serving() as server:
        folder = options.out or Path(temporary)
        whole = Cook(start := made(folder / "undisturbed"), ring(start), server)
        began = time.monotonic()
        told = whole.graph.cook()
        seconds = time.monotonic() - began
        print(f"undisturbed: {seconds:.0f} s, work items {dict(told.ran)}, failed {told.failed}")
        print(f"\n{'':3}{'by':9}{'at':>8}  {'TOP':18}{'left':>5}{'repeated':>9}  mesh")
        for number in range(options.cancels):
            how = (signal.SIGTERM, signal.SIGKILL)[number % 2]
            delay = float(chance.uniform(0, seconds))
            place = made(folder / f"cancelled {number}")
            cook = Cook(place, ring(place), server)
            seen = disturb(cook, delay, how, whole.mesh())
            print(
                f"{number + 1:2} {how.name:9}{delay:6.1f} s  {seen.top:18}{seen.left:5}"
                f"{seen.repeated:9}  {'the same bytes' if seen.same else 'OTHER BYTES'}",
                flush=True,
            )
        print(f"\ncalls that a result server would refuse: {len(server.refused)}")


if __name__ == "__main__":
    main()
