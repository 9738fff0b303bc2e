"""Light, sun, background and paint of a view's own: as asked, and without a trace in the next."""

import colorsys
from collections.abc import Callable
from dataclasses import replace
from math import pi
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lightmould.dataset import images, manifest
from lightmould.dataset.assemble import assemble
from lightmould.formats.asset import read_obj_asset
from lightmould.formats.color import linear_from_srgb
from lightmould.formats.files import file_hash
from lightmould.model import Camera, Dataset, Material, Paint, Sun, ViewLook
from lightmould.rigs import Lens, look_at
from lightmould.settings import Render

if TYPE_CHECKING:
    from tests.blender.conftest import Booth

pytestmark = pytest.mark.blender

MATERIAL = Material("paint", base_color=(0.5, 0.25, 0.1), roughness=0.9, metallic=0.0)
PAINTS = (Paint(hue=2 * pi / 3), Paint(value=3.0, roughness=-0.4, metallic=0.7))
DARK = ViewLook(light_strength=0.0)
SIDE = (slice(20, 28), slice(4, 12)), (slice(20, 28), slice(36, 44))
CORNER = (slice(0, 4), slice(0, 4))


def front(name: str) -> Camera:
    return Lens((48, 48), 0.8).camera(name, look_at((0, 0, 3), (0, 0, 0)))


def spotted(u: float) -> np.ndarray:
    """A light from one place on the horizon alone."""
    light = np.zeros((32, 64, 3), np.float32)
    light[14:18, int(u * 64) - 2 : int(u * 64) + 2] = 60
    return light


LOOKS: dict[str, ViewLook | None] = {
    "plain": None,
    "right": ViewLook(light_turn=pi / 2),
    "turned": ViewLook(light_turn=-pi / 2),
    "own": ViewLook(light_strength=0.5),
    "sun": replace(DARK, sun=Sun((0, 0, 2), 1.5 * pi, color=(1, 0.5, 0.25))),
    "slanted": replace(DARK, sun=Sun((3**0.5, 0, 1), 1.5 * pi)),
    "color": replace(DARK, background="color", background_color=(0.2, 0.4, 0.8)),
    "environment": ViewLook(background="environment", light_turn=pi / 2),
    "painted": replace(DARK, paints=PAINTS),
    "again": None,
}


@pytest.fixture(scope="module")
def shown(open_booth: "Callable[[], Booth]") -> Dataset:
    """Two squares that face the camera, once for each look, by one Blender."""
    booth = open_booth()
    squares = [
        np.array([[x, -1, 0], [x + 1, -1, 0], [x + 1, 1, 0], [x, 1, 0]]) for x in (-1.1, 0.1)
    ]
    corners = [f"v {x:.9g} {y:.9g} {z:.9g}" for square in squares for x, y, z in square]
    faces = ["o left", "usemtl paint", "f 1 2 3 4", "o right", "usemtl paint", "f 5 6 7 8"]
    model = booth.model("\n".join([*corners, *faces, ""]), "newmtl paint\nKd 1 0 1\n")
    asset = replace(read_obj_asset(model), materials=(MATERIAL,))
    images.write_hdr(booth.folder / "side.hdr", spotted(0.75))
    even = booth.folder / "even.hdr"
    images.write_hdr(even, np.full((16, 32, 3), 0.6, np.float32))
    own = replace(LOOKS["own"] or DARK, light=even, light_hash=file_hash(even))
    looks = LOOKS | {"own": own}
    passes = ("instance", "albedo", "roughness", "metallic")
    how = Render(samples=32, denoise=False, light=booth.folder / "side.hdr", passes=passes)
    plan = manifest.with_passes(booth.plan([front(name) for name in looks]), passes)
    views = zip(plan.views, looks.values(), strict=True)
    plan = replace(plan, views=tuple(replace(view, look=look) for view, look in views))
    run = booth.run(booth.ask(model, plan, how, asset))
    assert run.code == 0, run.errors
    for _ in assemble(plan):
        pass
    return manifest.read(plan.folder / manifest.NAME)


def linear(dataset: Dataset, name: str, where: tuple[slice, slice]) -> np.ndarray:
    """Mean linear color of a part of a picture."""
    picture = images.read(dataset.folder / f"color/{name}.png", 3)
    return np.asarray(linear_from_srgb(picture[where]).mean(axis=(0, 1)))


def test_a_light_is_turned_about_the_vertical_and_weighed(shown: Dataset) -> None:
    bright = {name: linear(shown, name, SIDE[1]).max() for name in ("right", "turned", "own")}
    assert bright["turned"] > 0.1
    assert bright["right"] < 0.01 * bright["turned"]
    np.testing.assert_allclose(
        linear(shown, "own", SIDE[0]), 0.3 * np.array(MATERIAL.base_color), atol=0.015
    )


def test_a_sun_gives_its_irradiance_from_its_side_in_its_color(shown: Dataset) -> None:
    color = np.array(MATERIAL.base_color)
    np.testing.assert_allclose(
        linear(shown, "sun", SIDE[0]), 1.5 * color * (1, 0.5, 0.25), rtol=0.06, atol=0.01
    )
    np.testing.assert_allclose(
        linear(shown, "slanted", SIDE[0]), 0.75 * color, rtol=0.1, atol=0.015
    )


def test_a_background_is_as_asked_and_the_mask_tells_the_object(shown: Dataset) -> None:
    np.testing.assert_allclose(linear(shown, "color", CORNER), (0.2, 0.4, 0.8), atol=0.005)
    for name, channels in (("color", 3), ("environment", 3), ("plain", 4), ("again", 4)):
        assert images.read_as_is(shown.folder / f"color/{name}.png").shape[2] == channels
        mask = images.read(shown.folder / f"mask/{name}.png", 1)
        assert 0.3 < mask.mean() < 0.9
    environment = images.read(shown.folder / "color/environment.png", 3)
    assert environment[22:26, 23:25].min() == 1  # between the squares, toward -Z, is the light
    assert environment[CORNER].max() < 0.01


def test_each_object_has_a_paint_of_its_own_and_the_passes_say_so(shown: Dataset) -> None:
    hue, lightness, saturation = colorsys.rgb_to_hsv(*MATERIAL.base_color)
    turned = colorsys.hsv_to_rgb((hue + 1 / 3) % 1, lightness, saturation)
    wanted = {
        "albedo": (turned, (1.0, 0.75, 0.3)),
        "roughness": (0.9, 0.5),
        "metallic": (0.0, 0.7),
    }
    assert shown.instances == ("left", "right")
    for name, values in wanted.items():
        for side, value in zip(SIDE, values, strict=True):
            told = images.read_as_is(shown.folder / f"{name}/painted.exr")[side].mean(axis=(0, 1))
            np.testing.assert_allclose(told, np.atleast_1d(value), atol=2e-3, err_msg=name)


def test_a_look_leaves_no_trace_in_the_views_after_it(shown: Dataset) -> None:
    for path in ("color/{}.png", "albedo/{}.exr", "roughness/{}.exr", "metallic/{}.exr"):
        first, last = (
            images.read_as_is(shown.folder / path.format(name)) for name in ("plain", "again")
        )
        # Their noise differs, as their seeds do.
        assert np.abs(first.mean(axis=(0, 1)) - last.mean(axis=(0, 1))).max() < 0.01
