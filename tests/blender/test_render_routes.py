"""Pixels are the same on every way out of Blender, by every engine that renders here."""

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest

from lightmould.dataset import images, manifest, records
from lightmould.jobs.shoot.session import Session
from lightmould.model import Frame, Warned
from lightmould.model.dataset import PassName
from lightmould.rigs import Lens, look_at
from lightmould.settings import EngineName, Render
from lightmould.tools import blender
from lightmould.tools.blender.conversation import Order

if TYPE_CHECKING:
    from tests.blender.conftest import Booth

pytestmark = pytest.mark.blender

CAMERA = Lens((40, 28), 0.8).camera("a", look_at((0.5, 1, 3), (0, 0, 0)))
FRAMES = (Frame("a", "data"), Frame("a", "color"))


def test_pixels_out_of_memory_are_those_of_the_file_bit_by_bit(
    booth: "Booth", tmp_path: Path
) -> None:
    passes = get_args(PassName)
    plan = manifest.with_passes(booth.plan([CAMERA]), passes)
    request = booth.ask(booth.model(booth.ball(12)), plan, Render(samples=4, passes=passes))
    with Session(blender.command(request, booth.blender), None, print, 600.0) as session:
        session.hello()
        ready, route = session.prepare(Order("auto", "auto", tmp_path))
        assert (ready.engine, route) == ("CYCLES", "memory")
        copied, filed = (
            {frame.kind: layers for frame, layers in session.take(way, FRAMES)}
            for way in ("memory", "file")
        )
    assert set(copied["color"]) == {"Combined"}
    assert {"Depth", "Normal", "albedo", "UV"} <= set(copied["data"])
    for kind, layers in copied.items():
        for name, pixels in layers.items():
            channels = pixels.shape[2]
            np.testing.assert_array_equal(filed[kind][name][..., :channels], pixels, err_msg=name)
    assert list(tmp_path.iterdir()) == []


def test_another_engine_makes_the_color_or_is_told_to_be_missing(booth: "Booth") -> None:
    engine: EngineName = "workbench"  # on a processor EEVEE compiles its shaders for a minute
    plan = booth.plan([CAMERA])
    model = booth.model(booth.ball(12))
    run = booth.run(booth.ask(model, plan, Render(samples=1, engine=engine)))
    assert run.code == 0, run.errors
    found = records.read(plan.folder, FRAMES[1])
    assert found is not None
    assert found.device
    if found.engine == "CYCLES":
        assert any(isinstance(event, Warned) for event in run.events)
    else:
        assert engine.upper() in found.engine
    data = records.read(plan.folder, FRAMES[0])
    assert data is not None
    assert data.engine == "CYCLES"
    alpha = images.read(plan.folder / "color/a.png", 4)[..., 3]
    mask = images.read(plan.folder / "mask/a.png", 1)[..., 0]
    assert np.abs(alpha - mask).mean() < 0.05
    assert mask.mean() > 0.2
