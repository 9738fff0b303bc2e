"""What Blender is asked to render, as the script inside it reads it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from math import pi
from pathlib import Path
from typing import Any, TypeAlias

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec
from lightmould.formats.files import file_hash
from lightmould.model import Asset, Camera, Dataset, Map, Material, View, ViewLook
from lightmould.model.axes import Z_UP_FROM_Y_UP
from lightmould.model.camera import check_pinhole
from lightmould.model.dataset import PassName
from lightmould.settings import DeviceName, EngineName, Render
from lightmould.tools.blender.program import SCRIPTS

Row: TypeAlias = tuple[float, float, float, float]

# Blender's lat-long pictures have +X in their center, and +Y, our -Z, belongs there.
_LIGHT_TURN = (0.0, 0.0, -pi / 2)

_BLENDERS: tuple[PassName, ...] = ("instance", "albedo", "roughness", "metallic", "uv")
"""Passes that depth and normal do not tell."""


@dataclass(frozen=True, slots=True)
class RequestedView:
    """One picture.

    Attributes:
        name: the stem of its files.
        key: hash of all that decides its pixels; a view is done when its record has the same.
        size: (width, height), pixels.
        focal: (fx, fy), pixels.
        center: (cx, cy), pixels; (0, 0) is the upper left corner.
        near: clipping distance, metres.
        far: clipping distance, metres.
        world_from_camera: rows of a (4, 4) matrix, Blender's Z-up world.
        samples: paths a pixel.
        seed: of the noise.
        look: light and paint of this view, the sun's direction in Blender's world; None is as the
            request has them.
    """

    name: str
    key: str
    size: tuple[int, int]
    focal: tuple[float, float]
    center: tuple[float, float]
    near: float
    far: float
    world_from_camera: tuple[Row, Row, Row, Row]
    samples: int
    seed: int
    look: ViewLook | None = None


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """All that the render script needs to know; paths are absolute.

    Attributes:
        folder: the dataset's; what is written goes there.
        model: an OBJ file.
        materials: replace those of the model, by name.
        plain: for faces without a material.
        light: lat-long picture in linear color; None is even white light.
        light_turn: Euler angles about X, Y and Z that turn directions for Blender's look-up,
            radians.
        bounces: how often light may bounce.
        denoise: whether pictures are cleaned of noise.
        passes: data pictures beside depth and normal that only Blender can make.
        views: to be rendered, in this order.
        hashes: sha256 of each file, by its path; others are not rendered in its place.
        engine: of the pictures.
        device: of Cycles.
        recycle: views after which Blender is started anew.
        deaths: times that Blender may die at a view before that is set aside.
        allow_missing: views that may be missing in the end because they were.
        frame_minutes: how long Blender may take for a frame.
    """

    folder: Path
    model: Path
    materials: tuple[Material, ...]
    plain: Material
    light: Path | None
    light_turn: tuple[float, float, float]
    bounces: int
    denoise: bool
    passes: tuple[PassName, ...]
    views: tuple[RequestedView, ...]
    hashes: dict[str, str]
    engine: EngineName = "auto"
    device: DeviceName = "auto"
    recycle: int = 500
    deaths: int = 2
    allow_missing: int = 0
    frame_minutes: float = 120.0


def request(asset: Asset, model: Path, plan: Dataset, how: Render) -> RenderRequest:
    """Ask for every view of a planned dataset.

    Args:
        asset: what is seen and by which light; the setting's light stands in where it has none.
        model: the OBJ file that holds the asset's mesh.
        plan: the cameras and where their pictures are to lie.
        how: samples, bounces, denoising, seed and light.

    Raises:
        FormatError: a file is missing, or a material has maps and the mesh no uvs.
        SettingsError: a camera is no pinhole, or views have looks and there is no light.
    """
    if asset.mesh.uvs is None and any(material.maps for material in asset.materials):
        fix = "Unwrap the mesh, or take the maps out of its materials."
        raise FormatError(model, "textures, but no uvs (vt lines)", "uvs for every face", fix)
    light = asset.light or how.light
    if light is None and any(view.look for view in plan.views):
        wanted, fix = "a light that they may change", "Name one."
        raise SettingsError("render.light", "no light, but views with looks", wanted, fix)
    whole = RenderRequest(
        folder=plan.folder.absolute(),
        model=model.absolute(),
        materials=tuple(_absolute(material) for material in asset.materials),
        plain=Material("plain"),
        light=light.absolute() if light else None,
        light_turn=_LIGHT_TURN,
        bounces=how.bounces,
        denoise=how.denoise,
        passes=tuple(name for name in _BLENDERS if name in how.passes),
        views=tuple(_requested(view, number, how) for number, view in enumerate(plan.views)),
        hashes={},
        engine=how.engine,
        device=how.device,
        recycle=how.recycle,
        deaths=how.deaths,
        allow_missing=how.allow_missing,
        frame_minutes=how.frame_minutes,
    )
    whole = replace(whole, hashes={str(path): _content(path) for path in sorted(_files(whole))})
    stage = _stage_hash(whole)
    keyed = (replace(view, key=_key(view, stage)) for view in whole.views)
    return replace(whole, views=tuple(keyed))


def _requested(view: View, number: int, how: Render) -> RequestedView:
    camera: Camera = view.camera
    check_pinhole(camera)
    rows = (Z_UP_FROM_Y_UP @ camera.world_from_camera).tolist()
    noise = view.look.noise if view.look else None
    return RequestedView(
        name=camera.name,
        key="",
        size=camera.size,
        focal=camera.focal,
        center=camera.center,
        near=camera.near,
        far=camera.far,
        world_from_camera=(tuple(rows[0]), tuple(rows[1]), tuple(rows[2]), tuple(rows[3])),
        samples=how.test_samples if view.split == "test" else how.samples,
        seed=((how.seed + number) if noise is None else noise) % 2**31,
        look=None if view.look is None else _in_blender(view.look),
    )


def _in_blender(look: ViewLook) -> ViewLook:
    """A look with its sun in Blender's Z-up world, and the path of its light absolute."""
    light = look.light.absolute() if look.light else None
    if look.sun is None:
        return replace(look, light=light)
    x, y, z = Z_UP_FROM_Y_UP[:3, :3] @ look.sun.toward
    return replace(look, light=light, sun=replace(look.sun, toward=(float(x), float(y), float(z))))


def _key(view: RequestedView, stage: str) -> str:
    """Hash of what decides a view's pixels; its own light, too, counts by content."""
    if view.look is not None and view.look.light_hash is not None:
        view = replace(view, look=replace(view.look, light=Path(view.look.light_hash)))
    return _hash(stage + codec.write_line(view))


def _stage_hash(whole: RenderRequest) -> str:
    """Hash of what all views share: by content, so that moving the files changes nothing."""
    scripts = [_content(script) for script in sorted(SCRIPTS.glob("*.py"))]

    def content(path: Path) -> Path:
        return Path(whole.hashes[str(path)])

    by_content = replace(
        whole,
        folder=Path(),
        model=content(whole.model),
        materials=tuple(_mapped(material, content) for material in whole.materials),
        light=content(whole.light) if whole.light else None,
        views=(),
        hashes={},
        engine="cycles" if whole.engine == "auto" else whole.engine,
        device="auto",
        recycle=1,
        deaths=1,
        allow_missing=0,
        frame_minutes=1.0,
    )
    return _hash(codec.write_line(scripts) + codec.write_line(by_content))


def _absolute(material: Material) -> Material:
    return _mapped(material, Path.absolute)


def _mapped(material: Material, change: Callable[[Path], Path]) -> Material:
    """The material with the paths of its maps changed."""
    maps: dict[str, Any] = {
        one.name: replace(value, path=change(value.path))
        for one in fields(material)
        if isinstance(value := getattr(material, one.name), Map)
    }
    return replace(material, **maps)


def _files(whole: RenderRequest) -> set[Path]:
    """All that is read to render."""
    maps = {one.path for material in whole.materials for one in material.maps}
    lights = {whole.light, *(view.look.light for view in whole.views if view.look)}
    return maps | {whole.model} | {light for light in lights if light}


def _content(path: Path) -> str:
    """The hash of a file."""
    try:
        return file_hash(path)
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        raise FormatError(path, found, "a readable file", "Put the file there.") from error


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
