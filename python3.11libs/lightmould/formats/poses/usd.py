"""Cameras of USD stages; the only place that knows `pxr`, imported at first use.

A camera's focal length and apertures are in tenths of the scene's unit, and single precision; it
looks along -Z with +Y up, as ours. Z-up stages are turned into our world, units become metres. USD
cameras have no resolution: it is that of the render product that names the camera, else of the
stage's render settings, else the picture's. A camera that moves, or whose lens does, is one camera
for each of its time samples. Written are a camera and a render product for each picture.

Alembic's cameras come this way: make a .usda of the .abc first, with a USD that has its plugin.

Source: https://openusd.org/release/api/class_usd_geom_camera.html and
https://openusd.org/release/api/class_usd_render_product.html.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath, PurePosixPath
from types import ModuleType
from typing import Any

import numpy as np

from lightmould.errors import FormatError, ToolError, at
from lightmould.formats.poses import limits, reading, writing
from lightmould.formats.poses.format import Holds, SizeOf
from lightmould.model import Camera, Poses, Shot
from lightmould.model.arrays import Floats
from lightmould.model.axes import Y_UP_FROM_Z_UP

HOLDS = Holds(depths=True)

FILM = 0.36
"""Horizontal aperture that is written: 36 mm in tenths of a metre."""

_LENS = frozenset(
    {
        *("projection", "focalLength", "horizontalAperture", "verticalAperture"),
        *("horizontalApertureOffset", "verticalApertureOffset", "clippingRange"),
    }
)
_BINARY = b"PXR-USDC"
_PARSED = re.compile(r":(\d+):\d+: (.+?)'[^']*$")
"""Line and reason in what USD says of text that it can't parse."""

_OTHER = re.compile(r"\W", re.ASCII)


def read(data: bytes, source: PurePath, size_of: SizeOf) -> Poses:
    """The cameras of a stage, in the order of their paths.

    Raises:
        FormatError: naming the prim: it is no camera that can be used; or the file is damaged.
        ToolError: usd-core is not installed.
    """
    with _errors(source):
        stage = _stage(data, source)
        resolutions = _resolutions(stage)
        shots = [
            shot
            for prim in stage.Traverse()
            if prim.IsA(_pxr().UsdGeom.Camera)
            for shot in _shots(prim, resolutions, source, size_of)
        ]
    if not shots:
        raise FormatError(source, "no camera", "at least one", "Add cameras to the stage.")
    if len({shot.camera.name for shot in shots}) < len(shots):
        found, fix = "two cameras of one name", "Rename one of them."
        raise FormatError(source, found, "unique names", fix)
    return Poses(tuple(shots))


@contextmanager
def _errors(source: PurePath) -> Iterator[None]:
    """USD's errors as ours."""
    try:
        yield
    except (_pxr().Tf.ErrorException, RuntimeError) as error:
        said = " ".join(str(error).split())
        parsed = _PARSED.search(said)
        where = at(source, int(parsed[1])) if parsed else str(source)
        found = parsed[2] if parsed else said[-160:]
        raise FormatError(where, found, "a USD stage", "Export the stage again.") from None


def _stage(data: bytes, source: PurePath) -> Any:
    pxr = _pxr()
    if data.startswith(_BINARY):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "stage.usdc")
            path.write_bytes(data)
            layer = pxr.Sdf.Layer.OpenAsAnonymous(str(path))
    else:
        layer = pxr.Sdf.Layer.CreateAnonymous(".usda")
        layer.ImportFromString(reading.text_of(data, source))
    if layer is None:
        raise FormatError(source, "damaged data", "a USD stage", "Export the stage again.")
    others = [*layer.GetCompositionAssetDependencies()]
    if others:
        found, fix = f"a reference to {others[0]}", "Flatten the stage: usdcat --flatten."
        raise FormatError(source, found, "a stage of one file", fix)
    return pxr.Usd.Stage.Open(layer)


def _resolutions(stage: Any) -> dict[str, tuple[tuple[int, int], str]]:
    """Resolution and picture by the path of the camera; of the settings by the empty path."""
    render = _pxr().UsdRender
    found: dict[str, tuple[tuple[int, int], str]] = {}
    for prim in stage.Traverse():
        if not prim.IsA(render.SettingsBase):
            continue
        base = render.SettingsBase(prim)
        resolution = base.GetResolutionAttr()
        if not resolution.HasAuthoredValue():
            continue
        size = tuple(int(side) for side in resolution.Get())
        product = prim.IsA(render.Product)
        name = str(render.Product(prim).GetProductNameAttr().Get() or "") if product else ""
        for camera in base.GetCameraRel().GetTargets() or [""]:
            found[str(camera)] = (size[0], size[1]), name
    return found


def _shots(
    prim: Any,
    resolutions: dict[str, tuple[tuple[int, int], str]],
    source: PurePath,
    size_of: SizeOf,
) -> Iterator[Shot]:
    where = f"{source}: {prim.GetPath()}"
    known = resolutions.get(str(prim.GetPath()))
    name = prim.GetDisplayName() or prim.GetName()
    picture = reading.picture(known[1], where) if known and known[1] else None
    times = _times(prim)
    for time in times:
        own = name if len(times) == 1 else f"{name}_{time:04g}"
        size = known or resolutions.get("")
        path = picture or PurePosixPath(f"{own}.png")
        camera = _camera(prim, time, own, size[0] if size else size_of(path), where)
        yield Shot(camera, picture if len(times) == 1 else None)


def _times(prim: Any) -> list[Any]:
    """The moments at which the camera's place or lens is told; else whenever."""
    geom, moments = _pxr().UsdGeom, set[float]()
    for attribute in prim.GetAuthoredAttributes():
        if attribute.GetName() in _LENS:
            moments |= set(attribute.GetTimeSamples())
    above = prim
    while above:
        if above.IsA(geom.Xformable):
            moments |= set(geom.Xformable(above).GetTimeSamples())
        above = above.GetParent()
    return sorted(moments) or [_pxr().Usd.TimeCode.Default()]


def _camera(prim: Any, time: Any, name: str, size: tuple[int, int], where: str) -> Camera:
    geom = _pxr().UsdGeom
    stage, camera = prim.GetStage(), geom.Camera(prim)
    if camera.GetProjectionAttr().Get(time) != "perspective":
        found, fix = "an orthographic camera", "Make it a perspective one."
        raise FormatError(where, found, "a perspective camera", fix)
    metre = geom.GetStageMetersPerUnit(stage)
    moved = np.array(geom.Xformable(prim).ComputeLocalToWorldTransform(time)).T
    pose = _rigid(moved, where)
    pose[:3, 3] *= metre
    if geom.GetStageUpAxis(stage) == "Z":
        pose = Y_UP_FROM_Z_UP @ pose
    lens = {
        key: float(getattr(camera, f"Get{key}Attr")().Get(time))
        for key in ("FocalLength", "HorizontalAperture", "VerticalAperture")
    }
    if not min(lens.values()) > 0:
        raise FormatError(where, f"{lens}", "numbers above 0", "Correct the lens.")
    focal, wide, high = lens.values()
    right = float(camera.GetHorizontalApertureOffsetAttr().Get(time))
    up = float(camera.GetVerticalApertureOffsetAttr().Get(time))
    near, far = camera.GetClippingRangeAttr().Get(time)
    width, height = size
    return reading.camera(
        where,
        name=name,
        size=size,
        focal=(focal / wide * width, focal / high * height),
        center=(width * (0.5 - right / wide), height * (0.5 + up / high)),
        world_from_camera=pose,
        near=float(near) * metre,
        far=float(far) * metre,
    )


def _rigid(matrix: Floats, where: str) -> Floats:
    """The pose without the scale of its parents, which a camera's picture does not show."""
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    if not lengths.min() > 0 or not np.ptp(lengths) <= 1e-5 * lengths.max():
        found, fix = f"scaled by {lengths.tolist()}", "Take the scale out of the camera."
        raise FormatError(where, found, "the same scale along all axes", fix)
    pose: Floats = matrix.copy()
    pose[:3, :3] /= lengths
    return pose


def write(poses: Poses) -> str:
    """A stage, Y-up, in metres, as .usda.

    Raises:
        SettingsError: naming the camera: a lens or a name that the format can't hold.
        ToolError: usd-core is not installed.
    """
    limits.check(poses, HOLDS)
    pxr = _pxr()
    stage = pxr.Usd.Stage.CreateInMemory()
    pxr.UsdGeom.SetStageUpAxis(stage, pxr.UsdGeom.Tokens.y)
    pxr.UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    pxr.UsdGeom.Scope.Define(stage, "/cameras")
    pxr.UsdGeom.Scope.Define(stage, "/render")
    for number, shot in enumerate(poses.shots):
        identifier = f"c{number:06d}_{_OTHER.sub('_', shot.camera.name)}"
        camera = pxr.UsdGeom.Camera.Define(stage, f"/cameras/{identifier}")
        camera.GetPrim().SetDisplayName(shot.camera.name)
        _set(camera, shot.camera)
        product = pxr.UsdRender.Product.Define(stage, f"/render/{identifier}")
        product.CreateResolutionAttr(pxr.Gf.Vec2i(*shot.camera.size))
        product.CreateCameraRel().SetTargets([camera.GetPath()])
        product.CreateProductNameAttr(writing.picture(shot))
    text: str = stage.GetRootLayer().ExportToString()
    return text


def _set(prim: Any, camera: Camera) -> None:
    gf = _pxr().Gf
    (width, height), (fx, fy), (cx, cy) = camera.size, camera.focal, camera.center
    focal = fx * FILM / width
    high = height * focal / fy
    prim.AddTransformOp().Set(gf.Matrix4d(camera.world_from_camera.T.tolist()))
    prim.CreateFocalLengthAttr(focal)
    prim.CreateHorizontalApertureAttr(FILM)
    prim.CreateVerticalApertureAttr(high)
    prim.CreateHorizontalApertureOffsetAttr((0.5 - cx / width) * FILM)
    prim.CreateVerticalApertureOffsetAttr((cy / height - 0.5) * high)
    prim.CreateClippingRangeAttr(gf.Vec2f(camera.near, camera.far))


def _pxr() -> ModuleType:
    """The `pxr` package with the modules that are used."""
    try:
        import pxr  # noqa: PLC0415
        from pxr import Gf, Sdf, Tf, Usd, UsdGeom, UsdRender  # noqa: F401, PLC0415
    except ImportError as error:
        fix = 'Install it with `pip install "lightmould[usd]"`.'
        raise ToolError("usd-core", str(error), "the Python package", fix) from error
    module: ModuleType = pxr
    return module
