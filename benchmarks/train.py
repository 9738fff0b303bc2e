"""nvdiffrec's published bob.json through `lightmould train`: milliseconds an iteration.

Needs bob_tri.obj of nvdiffrec's data (Keenan Crane, CC0); its light is replaced by our studio, for
the published one is not ours to ship. Every core works: run it on a machine that is idle. CPU time
is of all threads together, and includes what lies between the iterations.

    python benchmarks/train.py BOB_TRI.OBJ [ITERATIONS]
"""

import json
import re
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean, median

import lightmould
from lightmould.engine import train
from lightmould.engine.train import mapping
from lightmould.formats import nvdiffrec, radiance
from lightmould.model import Event
from lightmould.rigs import studio

PUBLISHED_MS = 247.0
"""Of nvdiffrec's own log of this configuration, on a GPU that it does not name."""

CONFIG = Path(lightmould.__file__).parent / "presets" / "nvdiffrec" / "bob.json"
STEP = re.compile(r"^iter=\s*(\d+).* time=([\d.]+) ms")


def main(arguments: list[str]) -> int:
    """Run, and print the table."""
    data = json.loads(CONFIG.read_text()) | {"ref_mesh": str(Path(arguments[0]).absolute())}
    if len(arguments) > 1:
        data["iter"] = int(arguments[1])
    passes: list[list[float]] = []

    def hear(line: str) -> None:
        found = STEP.match(line)
        if found and found[1] == "0":
            passes.append([])
        elif found:
            passes[-1].append(float(found[2]))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        light = folder / data["envmap"]
        light.parent.mkdir(parents=True)
        light.write_bytes(radiance.write(studio.studio(512)))
        config = nvdiffrec.of(data, CONFIG)
        begun, spent = time.monotonic(), _cpu_seconds()
        out = train.train(config, (folder,), train.Listener(hear, _nothing))
        wall, cpu = time.monotonic() - begun, _cpu_seconds() - spent
        numbers = json.loads((out / "metrics.json").read_text())
    print(f"{'pass':<22}{'mean ms':>10}{'median ms':>11}{'published':>11}{'ratio':>8}")
    for title, told in zip(("shape", "textures, light"), passes, strict=True):
        row = f"{title:<22}{mean(told):>10.1f}{median(told):>11.1f}{PUBLISHED_MS:>11.1f}"
        print(f"{row}{median(told) / PUBLISHED_MS:>8.2f}")
    print(f"{config.iter + 1} iterations a pass, stages of {config.iter // mapping.stages(config)}")
    print(f"{wall:.0f} s in all, {cpu:.0f} s of CPU, the views of the mesh included")
    shown = ("psnr", "psnr_full", "iou", "chamfer_rel", "faces")
    print(", ".join(f"{key} {numbers[key]:.5g}" for key in shown))
    return 0


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _nothing(_: Event) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
