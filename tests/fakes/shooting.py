"""A small dataset that the fake of Blender renders, and what became of it."""

import sys
from collections import Counter
from pathlib import Path

import fakes.blender
import numpy as np
import pytest

from lightmould.dataset import images, manifest
from lightmould.dataset.assemble import assemble
from lightmould.formats import codec
from lightmould.jobs.shoot.shoot import Means, shoot
from lightmould.model import CameraRig, Command, Dataset, Event, Mesh, Warned, Wrote
from lightmould.model.asset import Asset
from lightmould.rigs import Lens, ring
from lightmould.settings import Render
from lightmould.tools import blender
from lightmould.tools.own import LIBRARY

VIEWS = 6


class Set:
    """A dataset that is to be rendered by the fake."""

    def __init__(self, folder: Path, how: Render, size: tuple[int, int] = (8, 6)) -> None:
        self.folder = folder
        (folder / "model.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
        rig = CameraRig("ring", ring((0, 0, 0), 3, VIEWS, Lens(size, 0.7)).cameras)
        self.plan: Dataset = manifest.plan_rig(folder / "set", rig)
        asset = Asset(Mesh(np.eye(3), np.array([[0, 1, 2]])))
        self.asked = blender.request(asset, folder / "model.obj", self.plan, how)
        self.request = folder / "request.json"
        self.request.write_text(codec.write(self.asked))
        self.said: list[Event] = []

    def destine(self, **fate: object) -> None:
        (self.folder / "fate.json").write_text(codec.write(fate))

    def shoot(self) -> None:
        script = Path(fakes.blender.__file__)
        path = {"PYTHONPATH": str(LIBRARY)}
        bare = (sys.executable, str(script), str(self.request))
        command = Command(
            "Blender", ("/usr/bin/env", *map("=".join, path.items()), *bare), script.parent
        )
        shoot(self.asked, self.plan, Means(command, Path("render.log")), self.said.append)

    @property
    def story(self) -> list[str]:
        return (self.folder / "story.txt").read_text().splitlines()

    @property
    def wrote(self) -> Counter[str]:
        told = [event for event in self.said if isinstance(event, Wrote)]
        return Counter(event.path for event in told if event.kind != "kept")

    @property
    def warnings(self) -> list[str]:
        return [event.message for event in self.said if isinstance(event, Warned)]

    def check_whole(self) -> None:
        """Every file was written once, in all of its life, and is what it should be."""
        files = {path.as_posix() for view in self.plan.views for path in view.paths}
        assert set(self.wrote) == files
        assert set(self.wrote.values()) == {1}
        for _ in assemble(self.plan):
            pass
        manifest.verify(manifest.read(self.plan.folder / manifest.NAME))
        for number, view in enumerate(self.plan.views):
            depth = images.read(self.plan.folder / str(view.depth), 1)
            assert depth == pytest.approx(1 + number / 100)
