"""A small photo booth: models as OBJ text, rendered by whichever Blender this machine has."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from lightmould.dataset import manifest
from lightmould.formats import codec, events
from lightmould.formats.asset import read_obj_asset
from lightmould.jobs.environment import scrubbed
from lightmould.model import Asset, Camera, CameraRig, Command, Dataset, Event
from lightmould.settings import Render
from lightmould.tools import blender, own

SIZE = (64, 64)


@dataclass(frozen=True)
class Run:
    """One run of Blender."""

    code: int
    events: list[Event]
    errors: str


@dataclass(frozen=True)
class Booth:
    """Renders into `folder / "dataset"`."""

    folder: Path
    blender: blender.Blender

    def model(self, obj: str, mtl: str = "") -> Path:
        path = self.folder / "model.obj"
        (self.folder / "model.mtl").write_text(mtl, encoding="utf-8")
        path.write_text(("mtllib model.mtl\n" if mtl else "") + obj, encoding="utf-8")
        return path

    @staticmethod
    def quad(corners: np.ndarray, material: str = "") -> str:
        """A quadrilateral with the whole texture on it, from its lower left corner on."""
        lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in corners]
        lines += ["vt 0 0", "vt 1 0", "vt 1 1", "vt 0 1"]
        lines += [f"usemtl {material}"] if material else []
        return "\n".join([*lines, "f 1/1 2/2 3/3 4/4", ""])

    @staticmethod
    def ball(rings: int = 24) -> str:
        """A sphere of radius 1 with exact normals."""
        around = 2 * rings
        points = [
            (np.sin(p) * np.sin(t), np.cos(p), np.sin(p) * np.cos(t))
            for p in np.linspace(0, np.pi, rings + 1)
            for t in np.arange(around) * 2 * np.pi / around
        ]
        lines = [f"{kind} {x:.9g} {y:.9g} {z:.9g}" for kind in ("v", "vn") for x, y, z in points]
        for i in range(rings):
            for j in range(around):
                a, b = i * around + j, i * around + (j + 1) % around
                c, d = a + around, b + around
                corners = [a, c, d, b] if 0 < i < rings - 1 else [a, c, d] if i == 0 else [a, c, b]
                lines.append("f " + " ".join(f"{k + 1}//{k + 1}" for k in corners))
        return "\n".join([*lines, ""])

    def plan(self, cameras: Sequence[Camera], test: Sequence[Camera] = ()) -> Dataset:
        rigs = CameraRig("train", tuple(cameras)), CameraRig("test", tuple(test))
        return manifest.plan(self.folder / "dataset", *rigs)

    def ask(self, model: Path, plan: Dataset, how: Render, asset: Asset | None = None) -> Path:
        asked = blender.request(asset or read_obj_asset(model), model, plan, how)
        path = self.folder / "request.json"
        path.write_text(codec.write(asked), encoding="utf-8")
        manifest.write(plan, self.folder / "plan.json")
        return path

    def command(self, request: Path) -> Command:
        """Renders the request that was asked for last."""
        return own.render(sys.executable, request, self.folder / "plan.json", self.blender)

    @staticmethod
    def environment(command: Command) -> dict[str, str]:
        """What a runner would give it."""
        return scrubbed(os.environ, command.env)

    def run(self, request: Path) -> Run:
        command = self.command(request)
        done = subprocess.run(
            command.argv, cwd=command.cwd, env=self.environment(command),
            capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        lines = done.stdout.decode(errors="surrogateescape").splitlines()
        said = [event for event in map(events.parse, lines) if event is not None]
        return Run(done.returncode, said, done.stderr.decode(errors="replace"))

    def shoot(
        self, model: Path, cameras: Sequence[Camera], how: Render, asset: Asset | None = None
    ) -> Path:
        """Render, and return the dataset's folder."""
        plan = self.plan(cameras)
        run = self.run(self.ask(model, plan, how, asset))
        assert run.code == 0, run.errors
        return plan.folder


@pytest.fixture(scope="session")
def some_blender() -> blender.Blender:
    found = blender.find(None, os.environ, sys.executable)
    if found.is_python and importlib.util.find_spec("bpy") is None:
        pytest.skip("no Blender: neither LIGHTMOULD_BLENDER, nor blender on PATH, nor bpy")
    return found


@pytest.fixture(scope="module")
def open_booth(
    tmp_path_factory: pytest.TempPathFactory, some_blender: blender.Blender
) -> Callable[[], Booth]:
    """Booths for tests that share a picture."""
    return lambda: Booth(tmp_path_factory.mktemp("größer #1 %d"), some_blender)


@pytest.fixture
def booth(open_booth: Callable[[], Booth]) -> Booth:
    return open_booth()
