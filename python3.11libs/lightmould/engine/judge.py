"""How good a finished reconstruction is: held-out pictures, and the source's surface if known."""

import logging
import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import lightmould
from lightmould.dataset import images
from lightmould.engine import devices, export, stages
from lightmould.engine.checkpoint import Arrays
from lightmould.engine.measure import image, material
from lightmould.engine.measure.material import Known, MaterialErrors, Painted
from lightmould.engine.measure.metrics import Metrics
from lightmould.engine.measure.shape import ShapeDistance, compare
from lightmould.engine.texturing import picture
from lightmould.engine.texturing.look import Look
from lightmould.engine.views import Views
from lightmould.errors import FormatError
from lightmould.formats import obj
from lightmould.formats.asset import read_obj_asset
from lightmould.formats.color import linear_from_srgb, srgb_from_linear
from lightmould.model import Asset, Dataset, Mesh, ViewResult
from lightmould.raster import pool
from lightmould.settings.reconstruction import Device

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judgment:
    """The numbers and the pictures they are about.

    Attributes:
        metrics: for metrics.json.
        views: held-out views, each with its scores and its previews.
        distance: between the found and the true surface; None where no source is known.
        materials: how far the found ones are from the true ones; None where no source is known.
    """

    metrics: Metrics
    views: tuple[ViewResult, ...]
    distance: ShapeDistance | None
    materials: MaterialErrors | None

    @property
    def pictures(self) -> tuple[Path, ...]:
        """The previews' files."""
        every = ((view.found, view.truth, view.error) for view in self.views)
        return tuple(path for paths in every for path in paths if path)


def judge(
    out: Path,
    dataset: Dataset,
    truth: Views,
    arrays: Arrays,
    device: Device,
    seconds: Callable[[], float],
) -> Judgment:
    """Render the held-out views, compare, and write the pictures to `out/previews`.

    Args:
        out: the asset's folder.
        dataset: what was reconstructed.
        truth: its test views, which were held out.
        arrays: of the last stage.
        device: where the stages computed.
        seconds: how long the reconstruction has taken by now, earlier runs included.
    """
    mesh, look = stages.mesh_of(arrays), stages.look_of(arrays)
    corners = stages.corners_of(arrays)
    judged: dict[int, tuple[image.Score, ViewResult]] = {}

    def judge_one(index: int) -> None:
        color, alpha = picture.render(truth.cameras[index], corners, look)
        found = Views(truth.cameras[index : index + 1], color[None], alpha[None])
        pair = encoded(found, 0), encoded(truth, index)
        judged[index] = _judged(out / "previews", truth.cameras[index].name, pair)

    pool.shared().run(judge_one, [(index,) for index in range(len(truth.cameras))])
    scores, results = zip(*(judged[index] for index in sorted(judged)), strict=True)
    mean = image.mean(scores)
    source = _source(dataset)
    distance = compare(mesh, source.mesh, np.random.default_rng(0)) if source else None
    materials = _materials(dataset, mesh, look, source) if source else None
    metrics = Metrics(
        psnr=mean.psnr,
        psnr_full=mean.psnr_full,
        ssim=mean.ssim,
        iou=mean.iou,
        chamfer_rel=distance.chamfer_rel if distance else None,
        seconds=seconds(),
        views_train=len(dataset.of("train")),
        views_test=len(truth.cameras),
        faces=len(mesh.faces),
        device=devices.title(device),
        versions=versions(),
        albedo_error=materials.albedo.median if materials else None,
        albedo_error_scaled=materials.albedo_scaled.median if materials else None,
        roughness_error=materials.roughness.median if materials else None,
        metallic_error=materials.metallic.median if materials else None,
    )
    return Judgment(metrics, results, distance, materials)


def _judged(
    folder: Path, name: str, pair: tuple[NDArray[np.float32], NDArray[np.float32]]
) -> tuple[image.Score, ViewResult]:
    """The score of a picture beside its truth, and the previews of both and of the error."""
    score = image.score(*pair)
    paths = [folder / f"{name}_{kind}.png" for kind in _KINDS]
    for path, shown in zip(paths, (*pair, image.error_picture(*pair)), strict=True):
        images.write_png(path, shown)
    return score, ViewResult(name, score.psnr, score.ssim, score.iou, paths[1], paths[0], paths[2])


def encoded(pictures: Views, index: int) -> NDArray[np.float32]:
    """(H, W, 4) one picture as files hold it: sRGB, straight alpha."""
    alpha, color = pictures.alpha[index], pictures.color[index]
    covered = alpha > 0
    straight = np.clip(color[covered] / alpha[covered][:, None], 0.0, 1.0)
    found = np.zeros((*alpha.shape, 4), np.float32)
    found[covered, :3], found[..., 3] = srgb_from_linear(straight), alpha
    return found


def versions() -> dict[str, str]:
    """The programs that decide the result, by name."""
    parts = ("numpy", "numba", "scipy", "torch", "xatlas")
    known = {name: metadata.version(name) for name in parts}
    return {"lightmould": lightmould.__version__, "python": platform.python_version(), **known}


_KINDS = ("found", "truth", "error")


def _source(dataset: Dataset) -> Asset | None:
    """What was rendered; without materials where their files are gone."""
    if dataset.source is None:
        return None
    path = dataset.folder / dataset.source
    try:
        return read_obj_asset(path)
    except FormatError as error:
        _log.warning("%s The materials are not compared.", error)
        return Asset(obj.read(path.read_bytes(), path).mesh)


def _materials(dataset: Dataset, mesh: Mesh, look: Look, source: Asset) -> MaterialErrors | None:
    if not source.materials:
        return None
    textures = export.textures_of(mesh, look)
    roughness_and_metallic = textures["ks"][..., 1:]
    texture = np.concatenate([linear_from_srgb(textures["kd"]), roughness_and_metallic], axis=-1)
    cameras = tuple(view.camera for view in dataset.of("train"))
    rng = np.random.default_rng(0)
    return material.compare(Painted(mesh, texture), Known(source), cameras, rng)
