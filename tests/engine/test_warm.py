"""Kernels compiled ahead."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lightmould.engine import warm
from lightmould.settings.presets import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_a_hasty_reconstruction_leaves_no_stage_out(name: str) -> None:
    how = PRESETS[name]
    hasty = warm.hasty(how)
    assert len(hasty.levels) == len(how.levels)
    assert len(hasty.appearance) == len(how.appearance)
    assert (hasty.refine_steps > 0) == (how.refine_steps > 0)


def test_the_ball_is_round_and_faces_outward() -> None:
    ball = warm.ball()
    corners = ball.positions[ball.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert np.linalg.norm(ball.positions, axis=1) == pytest.approx(1.0)
    assert (across * corners.mean(axis=1)).sum(axis=1).min() > -1e-12


@pytest.mark.slow
def test_what_is_warm_compiles_nothing_more(tmp_path: Path) -> None:
    def kernels() -> set[Path]:
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
        command = (sys.executable, "-m", "lightmould.engine", "warm")
        subprocess.Popen(command, env=environment).wait()
        return set(tmp_path.rglob("*.nbc"))

    first = kernels()
    assert len(first) > 50
    assert kernels() == first
