"""A small real job, done in seconds: a striped ring."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lightmould.dataset import images
from lightmould.jobs import plan
from lightmould.model import Job
from lightmould.settings import Render, Settings
from lightmould.settings.reconstruction import AppearanceLevel, Reconstruction, ShapeLevel

RENDER = Render(
    size=(64, 64), views_train=10, views_test=2, samples=32, test_samples=32, bounces=1, seed=4
)
LEVELS = (ShapeLevel(16, 10, 0, 3), ShapeLevel(24, 10, 0, 3))
APPEARANCE = (AppearanceLevel(0, 20, 2, 1.0, 0.5), AppearanceLevel(0, 20, 2, 0.5, 0.1))
RECONSTRUCTION = Reconstruction(levels=LEVELS, texture_size=128, appearance=APPEARANCE)


@dataclass(frozen=True, slots=True)
class Work:
    """What is done in every folder.

    Attributes:
        model: an OBJ file.
        render: how it is rendered.
        how: how it is reconstructed.
    """

    model: Path
    render: Render = RENDER
    how: Reconstruction = RECONSTRUCTION

    def planned(self, out: Path) -> Job:
        """The job in a folder."""
        return plan.reconstruct(self.model, out, Settings(render=self.render), self.how, os.environ)


def ring(folder: Path) -> Path:
    """Write a textured torus, 0.6 and 0.25 m in radius, as OBJ; returns its path."""
    around, across = 32, 16
    turn, tilt = (np.arange(n) * 2 * np.pi / n for n in (around, across))
    away = 0.6 + 0.25 * np.cos(tilt)
    lines = ["mtllib ring.mtl", "usemtl paint"]
    for a in turn:
        circle = zip(away * np.cos(a), 0.25 * np.sin(tilt), away * np.sin(a), strict=True)
        lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in circle]
    for u in np.linspace(0, 1, around + 1):
        lines += [f"vt {u:.6f} {v:.6f}" for v in np.linspace(0, 1, across + 1)]
    for i, j in np.ndindex(around, across):
        corners = ((i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j))
        lines.append("f " + " ".join(_corner(p, q, around, across) for p, q in corners))
    y, x = np.mgrid[:64, :64] / 64
    paint = np.stack([0.2 + 0.6 * (np.sin(25 * x) > 0), 0.3 + 0.4 * y, 0.5 + 0 * x], axis=-1)
    images.write_png(folder / "stripes.png", paint.astype(np.float32))
    (folder / "ring.mtl").write_text("newmtl paint\nPr 0.6\nmap_Kd stripes.png\n")
    path = folder / "ring.obj"
    path.write_text("\n".join([*lines, ""]))
    return path


def _corner(i: int, j: int, around: int, across: int) -> str:
    return f"{i % around * across + j % across + 1}/{i * (across + 1) + j + 1}"
