"""Every view to compare with, beside what was found: pictures and metrics.txt, as nvdiffrec."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from lightmould.dataset import images
from lightmould.engine import preview
from lightmould.engine.checkpoint import Arrays
from lightmould.engine.texturing.picture import SAMPLES
from lightmould.engine.train import panels
from lightmould.engine.train.sources import Source
from lightmould.formats.files import write_atomically
from lightmould.formats.nvdiffrec import Config, log


def validate(
    folder: Path, arrays: Arrays, source: Source, config: Config, line: Callable[[str], None]
) -> None:
    """Write `val_000000_ref.png`, `val_000000_opt.png` and so on, and last metrics.txt.

    Args:
        folder: for example `out/bob/validate`.
        arrays: of a stage with textures.
        source: the pictures.
        config: background and panels.
        line: hears nvdiffrec's words.
    """
    line(log.validation_begins())
    rows = []
    for index, camera in enumerate(source.test):
        truth = panels.encoded(source.truth(index), config.background, index)
        found = panels.encoded(preview.seen(arrays, camera, SAMPLES), config.background, index)
        shown = {"ref": truth, "opt": found, **dict(panels.behind(arrays, camera, config))}
        for name, panel in shown.items():
            images.write_png(folder / f"val_{index:06d}_{name}.png", panel)
        mse = float(np.square(found.astype(np.float64) - truth).mean())
        rows.append((mse, -10 * float(np.log10(max(mse, 1e-10)))))
    write_atomically(folder / "metrics.txt", log.scores(rows))
    mse, psnr = (sum(column) / len(rows) for column in zip(*rows, strict=True))
    line(log.validation(mse, psnr))
