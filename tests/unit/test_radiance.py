from pathlib import Path

import numpy as np
import pytest

from lightmould.dataset import images
from lightmould.errors import SettingsError
from lightmould.formats import radiance
from lightmould.rigs import studio


def test_a_light_reads_back_within_a_mantissa_step(tmp_path: Path) -> None:
    light = studio.studio(16)
    path = tmp_path / "light.hdr"
    path.write_bytes(radiance.write(light))
    found = images.read(path, 3)
    step = light.max(axis=2, keepdims=True) / 128
    assert (np.abs(found - light) <= step).all()


def test_black_stays_black_and_large_values_stay_large(tmp_path: Path) -> None:
    picture = np.zeros((2, 3, 3))
    picture[0, 1] = (1e4, 1.0, 0.0)
    path = tmp_path / "light.hdr"
    path.write_bytes(radiance.write(picture))
    found = images.read(path, 3)
    assert not found[1].any()
    np.testing.assert_allclose(found[0, 1, 0], 1e4, rtol=0.01)


@pytest.mark.parametrize(
    "picture", [np.zeros((4, 4)), np.full((1, 1, 3), -1.0), np.full((1, 1, 3), np.nan)]
)
def test_what_is_no_light_is_refused(picture: np.ndarray) -> None:
    with pytest.raises(SettingsError):
        radiance.write(picture)
