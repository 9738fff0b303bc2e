"""What one view of a dataset looks like, in numbers that can be compared with other views'."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import agreement, masks
from lightmould.dataset.consistency import Contradiction, Measures, contradictions
from lightmould.dataset.hull import Mask, Silhouettes
from lightmould.dataset.views import Views
from lightmould.errors import DatasetError
from lightmould.formats.color import linear_from_srgb
from lightmould.model import Camera, Dataset
from lightmould.model.arrays import Floats

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Source: ITU-R BT.709."""

_INSIDE = 64  # pixels away from the contour, without which sharpness can't be told


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One view in numbers.

    Attributes:
        name: of its camera.
        picture: SHA-256 of its color.
        covered: share of the picture that is the object, 0 to 1.
        border: pixels of the picture's border that are the object.
        sharpness: of the object: the Laplacian's mean square over the gradient's, so that contrast
            and paint count for little; None where it is too small.
        exposure: mean linear luminance of the object, as a power of two; None where there is none.
        clipped: share of the object that is as bright as the file can say, 0 to 1.
        silhouette: camera and mask, made smaller.
        contradictions: what can't all be true of it.
    """

    name: str
    picture: str
    covered: float
    border: int
    sharpness: float | None
    exposure: float | None
    clipped: float
    silhouette: Silhouettes
    contradictions: tuple[Contradiction, ...] = ()


def look(views: Views, index: int) -> Look:
    """Read a view, all of its arrays, and measure it.

    Raises:
        FormatError: a file is missing or damaged.
        DatasetError: sizes differ, a number is not what it has to be, or nothing tells where the
            object is.
    """
    camera = views.dataset.views[index].camera
    arrays = {name: views.array(index, name) for name in views.names(index)}
    _check_measures(arrays, camera.name)
    rgb = arrays["rgb"]
    mask = masks.of_arrays(rgb, arrays.get("mask"), f"view {camera.name!r}")
    top = np.iinfo(rgb.dtype).max if rgb.dtype.kind == "u" else 1
    color = rgb[..., :3].astype(np.float32) / np.float32(top)
    linear = linear_from_srgb(color) if views.dataset.color_space == "srgb" else color
    bright = float((linear @ _LUMINANCE)[mask].mean()) if mask.any() else 0.0
    edge = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    full = (rgb[..., :3] >= top).any(axis=2) & mask
    return Look(
        name=camera.name,
        picture=hashlib.sha256(np.ascontiguousarray(rgb).data).hexdigest(),
        covered=float(mask.mean()),
        border=int(edge.sum()),
        sharpness=_sharpness(color @ _LUMINANCE, mask),
        exposure=float(np.log2(bright)) if bright > 0 else None,
        clipped=float(full.sum()) / max(int(mask.sum()), 1) if rgb.dtype.kind == "u" else 0.0,
        silhouette=Silhouettes((camera,), (mask,)).shrunk(agreement.CELLS),
        contradictions=tuple(contradictions(_measures(views.dataset, camera, arrays))),
    )


def contradicted(views: Views, index: int) -> tuple[Contradiction, ...]:
    """What can't all be true of a view, all of whose arrays are read.

    Raises:
        FormatError: a file is missing or damaged.
        DatasetError: sizes differ.
    """
    arrays = {name: views.array(index, name) for name in views.names(index)}
    camera = views.dataset.views[index].camera
    return tuple(contradictions(_measures(views.dataset, camera, arrays)))


def _measures(dataset: Dataset, camera: Camera, arrays: dict[str, NDArray[Any]]) -> Measures:
    rgb, mask = arrays["rgb"], arrays.get("mask")
    alpha = rgb[..., 3] if rgb.shape[2] == 4 else None
    if alpha is not None and alpha.dtype.kind == "u":
        alpha = alpha / np.float32(np.iinfo(alpha.dtype).max)
    return Measures(
        camera,
        dataset.depth_kind,
        dataset.normal_space,
        alpha=alpha,
        mask=None if mask is None else mask > 127,
        depth=arrays.get("depth"),
        normal=arrays.get("normal"),
        passes={name: arrays[name] for name in dataset.passes if name in arrays},
    )


def _check_measures(arrays: dict[str, NDArray[Any]], name: str) -> None:
    """Refuse numbers that can't be a distance, a direction or a color."""
    where, fix = f"view {name!r}", "Render or convert the view again."
    depth, normal, rgb = arrays.get("depth"), arrays.get("normal"), arrays["rgb"]
    if rgb.dtype.kind == "f" and not np.isfinite(rgb).all():
        raise DatasetError(where, "color that is not finite", "finite numbers", fix)
    if depth is not None and not (depth > 0).all():  # NaN is not
        raise DatasetError(where, "depth of NaN, 0 or less", "metres, inf for nothing", fix)
    if normal is not None:
        length = np.linalg.norm(normal.astype(np.float32), axis=2)
        wrong = ~((length == 0) | (np.abs(length - 1) < 1e-2))
        if wrong.any():
            found = f"{int(wrong.sum())} normals that are not of length 1"
            raise DatasetError(where, found, "length 1, or 0 for nothing", fix)


def _sharpness(gray: Floats, mask: Mask) -> float | None:
    """How much of the detail is as fine as pixels are; see `Look.sharpness`."""
    middle = gray[1:-1, 1:-1]
    left, right, above, below = gray[1:-1, :-2], gray[1:-1, 2:], gray[:-2, 1:-1], gray[2:, 1:-1]
    inside = mask.copy()
    for axis in (0, 1):
        for way in (-2, -1, 1, 2):
            inside &= np.roll(mask, way, axis)
    inside = inside[1:-1, 1:-1]
    if inside.sum() < _INSIDE:
        return None
    laplacian = (left + right + above + below - 4 * middle)[inside]
    slope = ((right - left) ** 2 + (below - above) ** 2)[inside] / 4
    total = float(slope.mean())
    return float((laplacian**2).mean()) / total if total > 1e-9 else None
