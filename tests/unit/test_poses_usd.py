"""Cameras of stages that others wrote."""

from pathlib import Path, PurePath

import numpy as np
import pytest

from lightmould.errors import FormatError
from lightmould.formats.poses import usd
from lightmould.model import Camera

pytest.importorskip("pxr")

SOURCE = PurePath("shot.usda")
POSE = "((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (1, 2, 3, 1))"
PLAIN = f"""
    float focalLength = 50
    float horizontalAperture = 36
    float verticalAperture = 24
    float2 clippingRange = (1, 1000)
    matrix4d xformOp:transform = {POSE}
    uniform token[] xformOpOrder = ["xformOp:transform"]
"""


def stage(camera: str = PLAIN, *, up: str = "Y", unit: float = 1.0, more: str = "") -> bytes:
    head = f'#usda 1.0\n(\n metersPerUnit = {unit}\n upAxis = "{up}"\n)\n'
    return f'{head}def Camera "cam"\n{{{camera}}}\n{more}'.encode()


def cameras(data: bytes) -> list[Camera]:
    return [shot.camera for shot in usd.read(data, SOURCE, lambda _: (36, 24)).shots]


def place(camera: Camera) -> list[float]:
    return [float(number) for number in camera.world_from_camera[:3, 3].round(9)]


def test_z_up_stages_are_turned_and_units_become_metres() -> None:
    (camera,) = cameras(stage(up="Z", unit=0.01))
    assert place(camera) == [0.01, 0.03, -0.02]
    assert np.allclose(camera.world_from_camera[:3, 1], (0, 0, -1))
    assert np.allclose((camera.near, camera.far), (0.01, 10.0))
    assert np.allclose(camera.focal, 50)


@pytest.mark.parametrize("moving", ["", ".timeSamples"])
def test_a_lens_with_time_samples_is_read_at_its_times(moving: str) -> None:
    pose = f"{{ 1: {POSE} }}" if moving else POSE
    text = PLAIN.replace("focalLength = 50", "focalLength.timeSamples = { 1: 60, 2: 72 }")
    text = text.replace("verticalAperture = 24", "verticalAperture.timeSamples = { 1: 24 }")
    text = text.replace(f"transform = {POSE}", f"transform{moving} = {pose}")
    first, second = cameras(stage(text))
    assert (first.name, second.name) == ("cam_0001", "cam_0002")
    assert np.allclose([first.focal, second.focal], [(60, 60), (72, 72)])
    assert place(first) == place(second) == [1, 2, 3]


def test_one_time_sample_is_one_camera_of_its_own_name() -> None:
    text = PLAIN.replace("horizontalAperture = 36", "horizontalAperture.timeSamples = { 1001: 18 }")
    (camera,) = cameras(stage(text))
    assert camera.name == "cam"
    assert np.allclose(camera.focal, (100, 50))


def test_the_render_settings_tell_the_size_where_no_product_does() -> None:
    more = 'def RenderSettings "settings" {\n uniform int2 resolution = (720, 480)\n}\n'
    (camera,) = cameras(stage(more=more))
    assert camera.size == (720, 480)
    assert np.allclose(camera.focal, 1000)


def test_a_binary_stage_is_the_same(tmp_path: Path) -> None:
    from pxr import Sdf  # noqa: PLC0415  # only where it is

    layer = Sdf.Layer.CreateAnonymous(".usda")
    layer.ImportFromString(stage().decode())
    path = tmp_path / "shot.usdc"
    layer.Export(str(path))
    (camera,), (same,) = cameras(stage()), cameras(path.read_bytes())
    assert np.array_equal(camera.world_from_camera, same.world_from_camera)
    assert camera.focal == same.focal


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (stage('\n token projection = "orthographic"\n'), r"/cam: found an orthographic camera"),
        (stage(PLAIN.replace("((1, 0", "((2, 0")), r"/cam: found scaled by \[2"),
        (stage(PLAIN.replace("= 50", "= 0")), r"/cam: found .*wanted numbers above 0"),
        (stage(PLAIN.replace("(1, 1000)", "(0, 10)")), r"/cam: found near 0"),
        (stage(more='def "o" (references = @other.usda@) {}\n'), "a reference to other.usda"),
        (b'#usda 1.0\ndef "nothing" {}\n', "found no camera"),
        (b"#usda 1.0\ndef Camera {{\n", r"shot\.usda:2: found "),
    ],
)
def test_a_stage_that_is_no_rig_is_refused_by_its_prim(data: bytes, told: str) -> None:
    with pytest.raises(FormatError, match=told):
        cameras(data)
