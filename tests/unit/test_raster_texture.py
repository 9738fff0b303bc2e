from typing import cast

import numpy as np
import pytest

from lightmould.errors import SettingsError
from lightmould.raster import cpu

IMAGE = np.arange(6, dtype=np.float32).reshape(1, 2, 3, 1)  # rows 0 1 2 and 3 4 5


def look(*uv: tuple[float, float], boundary: cpu.Boundary = "wrap") -> list[float]:
    points = np.array(uv, np.float32)[None, None]
    return cpu.texture(IMAGE, points, boundary)[0, 0, :, 0].tolist()


def test_texel_centers_give_texels_and_v_points_up() -> None:
    assert look((0.5 / 3, 0.25), (0.5 / 3, 0.75), (2.5 / 3, 0.75)) == pytest.approx(
        [3, 0, 2], abs=1e-6
    )


def test_halfway_between_texels_is_their_mean() -> None:
    assert look((1 / 3, 0.75), (0.5, 0.5)) == pytest.approx([0.5, 2.5])


def test_wrap_blends_the_border_with_the_opposite_side() -> None:
    assert look((0, 0.75), (1, 0.75), (0.5, 0), (0.5, 1)) == pytest.approx([1, 1, 2.5, 2.5])


def test_clamp_continues_the_border() -> None:
    points = (0, 0.75), (-7, 0.75), (9, -9), (0.5, 40)
    assert look(*points, boundary="clamp") == pytest.approx([0, 0, 5, 1])


def test_a_lookup_that_is_nowhere_is_nan_and_has_no_gradient() -> None:
    uv = np.array([[[[np.nan, 0.5], [0.5, np.inf], [0.5, 0.5]]]], np.float32)
    assert np.isnan(cpu.texture(IMAGE, uv)).ravel().tolist() == [True, True, False]
    grad_image, grad_uv = cpu.texture_backward(IMAGE, uv, np.ones((1, 1, 3, 1), np.float32))
    assert grad_image.sum() == pytest.approx(1)
    assert (grad_uv[0, 0, :2] == 0).all()


def test_an_unknown_boundary_is_an_error() -> None:
    with pytest.raises(SettingsError, match="boundary"):
        look((0, 0), boundary=cast(cpu.Boundary, "mirror"))


def test_astronomical_places_are_looked_up_without_harm() -> None:
    for boundary in ("wrap", "clamp"):
        values = look((1e30, -1e30), (-3e38, 3e38), boundary=boundary)
        assert all(0 <= value <= 5 for value in values)
