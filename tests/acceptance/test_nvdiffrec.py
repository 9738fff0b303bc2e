"""A real nvdiffrec on a real GPU, where somebody has installed one; a fake one is in `unit`."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import datasets

from lightmould import settings
from lightmould.formats import codec
from lightmould.formats.asset import read_obj_asset
from lightmould.jobs import plan
from lightmould.jobs.run import run
from lightmould.settings.presets import training
from lightmould.tools.nvdiffrec.files import Run

VARIABLES = ("LIGHTMOULD_NVDIFFREC", "LIGHTMOULD_NVDIFFREC_PYTHON")


@pytest.fixture
def installed(tmp_path: Path) -> settings.Settings:
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    if missing:
        pytest.skip(f"no nvdiffrec: {' and '.join(missing)} not set")
    driver = shutil.which("nvidia-smi")
    if driver is None or subprocess.call((driver,), stdout=subprocess.DEVNULL):
        pytest.skip("no NVIDIA GPU: nvidia-smi does not answer")
    return settings.load(tmp_path, os.environ)


def test_a_ball_is_reconstructed_by_nvdiffrec_itself(
    installed: settings.Settings, tmp_path: Path
) -> None:
    datasets.ball(tmp_path / "ball", datasets.cameras(40))
    how = replace(training("draft"), iter=200, texture_res=(256, 256), dmtet_grid=32)
    job = plan.reconstruct(tmp_path / "ball", tmp_path / "out", installed, how, os.environ)
    run(job, lambda _: None)
    done = job.folder / "nvdiffrec" / "run" / "run.json"
    assert codec.read(Run, done.read_bytes(), done).config.iter == 200
    asset = read_obj_asset(job.folder / "asset" / "mesh" / "mesh.obj")
    assert np.ptp(asset.mesh.positions, axis=0) == pytest.approx([2.0] * 3, rel=0.2)
